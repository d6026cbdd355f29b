//! Subscriptions to a vendor's events, and the inbox.

use ats_core::IntegrationId;
use ats_store::{
    DeliveryProgress, DeliveryState, Error, NewDelivery, NewSubscription, PreviousSecret, Problem,
    Segment, Store, StoredSubscription, SubscriptionState, vault::Sealed,
};

use super::{build::at, mirror::Mirror};

/// A subscription whose address ends in `segment`.
pub(crate) fn subscribe(store: &dyn Store, id: &IntegrationId, segment: &str) -> i64 {
    let new = NewSubscription {
        event: "offerDelete".to_owned(),
        segment: Segment(segment.to_owned()),
        url: format!("https://us.example/{segment}"),
        secret: Sealed(format!("secret of {segment}").into_bytes()),
        at: at(5),
    };
    store.add_subscription(id, &new).unwrap()
}

/// Takes a delivery in that came at so many seconds.
pub(crate) fn accept(store: &dyn Store, id: &IntegrationId, key: &str, seconds: i64) -> bool {
    let new = NewDelivery {
        dedupe_key: key.to_owned(),
        event: "offerDelete".to_owned(),
        effects: format!("[\"{key}\"]"),
        at: at(seconds),
    };
    store.accept_delivery(id, &new).unwrap()
}

fn found(store: &dyn Store, segment: &str) -> Option<StoredSubscription> {
    store.subscription_at(&Segment(segment.to_owned())).unwrap()
}

pub(crate) fn a_subscription_comes_back_as_it_was_saved(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let key = subscribe(store, &mirror.id, "a");
    let mut expected = StoredSubscription {
        key,
        integration: mirror.id.clone(),
        event: "offerDelete".to_owned(),
        vendor_id: None,
        segment: Segment("a".to_owned()),
        url: "https://us.example/a".to_owned(),
        secret: Sealed(b"secret of a".to_vec()),
        previous: None,
        state: SubscriptionState::Pending,
        created_at: at(5),
        renewed_at: None,
    };
    assert_eq!(found(store, "a"), Some(expected.clone()));
    for (state, until) in [
        (SubscriptionState::Active, Some(at(9))),
        (SubscriptionState::Ending, None),
    ] {
        expected.vendor_id = Some("w1".to_owned());
        expected.url = "https://elsewhere.example/a".to_owned();
        expected.secret = Sealed(vec![0, 255]);
        expected.previous = Some(PreviousSecret {
            secret: Sealed(vec![7]),
            until,
        });
        expected.state = state;
        expected.renewed_at = Some(at(8));
        store.save_subscription(&expected).unwrap();
        assert_eq!(found(store, "a"), Some(expected.clone()));
    }
    store.remove_subscription(key).unwrap();
    store.remove_subscription(key).unwrap();
    assert_eq!(found(store, "a"), None);
    assert_ne!(subscribe(store, &mirror.id, "b"), key, "no key comes twice");
}

pub(crate) fn a_segment_belongs_to_one_subscription(store: &dyn Store) {
    let (first, second) = (Mirror::new(store), Mirror::named(store, "second"));
    let keys = [
        subscribe(store, &first.id, "a"),
        subscribe(store, &second.id, "b"),
        subscribe(store, &first.id, "c"),
    ];
    let again = NewSubscription {
        event: "offerDelete".to_owned(),
        segment: Segment("a".to_owned()),
        url: String::new(),
        secret: Sealed(Vec::new()),
        at: at(6),
    };
    let twice = store.add_subscription(&second.id, &again);
    assert!(matches!(twice, Err(Error::Database { .. })), "{twice:?}");
    let of = |id: &IntegrationId| -> Vec<i64> {
        let all = store.subscriptions(id).unwrap().into_iter();
        all.map(|one| one.key).collect()
    };
    assert_eq!(of(&first.id), [keys[0], keys[2]]);
    assert_eq!(of(&second.id), [keys[1]]);
    assert_eq!(found(store, "b").unwrap().integration, second.id);
    assert_eq!(found(store, "d"), None);
}

pub(crate) fn a_delivery_is_taken_once(store: &dyn Store) {
    let (first, second) = (Mirror::new(store), Mirror::named(store, "second"));
    assert!(accept(store, &first.id, "a", 10));
    assert!(!accept(store, &first.id, "a", 11));
    assert!(accept(store, &second.id, "a", 12));
    let all = store.deliveries(&first.id, 9).unwrap();
    assert_eq!(all.len(), 1);
    let mut progress = DeliveryProgress {
        state: DeliveryState::Waiting,
        attempts: 0,
        not_before: at(10),
        problem: None,
    };
    assert_eq!(all[0].received_at, at(10));
    assert_eq!(
        (all[0].event.as_str(), all[0].effects.as_str()),
        ("offerDelete", "[\"a\"]")
    );
    assert_eq!(all[0].progress, progress);
    progress.state = DeliveryState::Done;
    store.settle_deliveries(&[(all[0].key, progress)]).unwrap();
    assert!(
        !accept(store, &first.id, "a", 13),
        "it is known once it is done, too"
    );
}

pub(crate) fn deliveries_wait_in_their_order_until_their_moment(store: &dyn Store) {
    let (first, second) = (Mirror::new(store), Mirror::named(store, "second"));
    for (key, seconds) in [("a", 30), ("b", 10), ("c", 20)] {
        accept(store, &first.id, key, seconds);
    }
    accept(store, &second.id, "x", 1);
    let due = |seconds, limit| -> Vec<(i64, String)> {
        let due = store.due_deliveries(&first.id, at(seconds), limit).unwrap();
        due.into_iter().map(|one| (one.key, one.effects)).collect()
    };
    let names = |seconds, limit| -> String {
        let due = due(seconds, limit).into_iter();
        due.map(|(_, effects)| effects.replace(['[', ']', '"'], ""))
            .collect()
    };
    assert_eq!(names(9, 9), "");
    assert_eq!(names(20, 9), "bc");
    assert_eq!(
        names(30, 9),
        "abc",
        "the earliest that was accepted comes first"
    );
    assert_eq!(names(30, 2), "ab");
    assert_eq!(store.next_delivery(&first.id).unwrap(), Some(at(10)));
    assert_eq!(store.waiting_deliveries(&first.id).unwrap(), 3);
    let keys: Vec<i64> = due(30, 9).into_iter().map(|(key, _)| key).collect();
    let progress = |state, seconds, problem: Option<&str>| DeliveryProgress {
        state,
        attempts: 3,
        not_before: at(seconds),
        problem: problem.map(|kind| Problem {
            kind: kind.to_owned(),
            message: "why".to_owned(),
        }),
    };
    let settled = [
        (keys[0], progress(DeliveryState::Done, 30, None)),
        (
            keys[1],
            progress(DeliveryState::Waiting, 50, Some("unavailable")),
        ),
        (
            keys[2],
            progress(DeliveryState::Failed, 20, Some("malformed")),
        ),
    ];
    store.settle_deliveries(&settled).unwrap();
    assert_eq!(names(49, 9), "");
    assert_eq!(names(50, 9), "b");
    assert_eq!(store.next_delivery(&first.id).unwrap(), Some(at(50)));
    assert_eq!(store.waiting_deliveries(&first.id).unwrap(), 1);
    let mut all = store.deliveries(&first.id, 9).unwrap();
    all.sort_by_key(|one| one.key);
    let after: Vec<_> = all.into_iter().map(|one| (one.key, one.progress)).collect();
    assert_eq!(after, settled);
    assert_eq!(store.deliveries(&first.id, 1).unwrap()[0].key, keys[0]);
    store
        .settle_deliveries(&[(keys[1], progress(DeliveryState::Done, 50, None))])
        .unwrap();
    assert_eq!(store.next_delivery(&first.id).unwrap(), None);
}

pub(crate) fn old_deliveries_are_forgotten(store: &dyn Store) {
    let (first, second) = (Mirror::new(store), Mirror::named(store, "second"));
    for (key, seconds) in [("a", 10), ("b", 20), ("c", 30)] {
        accept(store, &first.id, key, seconds);
        accept(store, &second.id, key, seconds);
    }
    assert_eq!(store.prune_deliveries(&first.id, at(20)).unwrap(), 1);
    assert_eq!(store.deliveries(&first.id, 9).unwrap().len(), 2);
    assert_eq!(store.deliveries(&second.id, 9).unwrap().len(), 3);
    assert!(accept(store, &first.id, "a", 40), "nobody remembers it");
}
