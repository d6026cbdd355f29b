//! Webhooks on their way out: nothing is lost, nothing is told twice, and each integration keeps its
//! order.

use std::collections::BTreeSet;

use ats_core::{IntegrationId, ModelKind, Timestamp};
use ats_store::{
    Changed, INTEGRATION_DELETED, Issue, NewEvent, OutgoingDelivery, OutgoingDepth,
    OutgoingProgress, OutgoingQuery, OutgoingState, PRODUCTION, Platform, Replay, WebhookEndpoint,
    vault::KeyRing,
};

use super::{
    build::{at, bundle, candidate},
    mirror::Mirror,
};

const SOME: OutgoingQuery = OutgoingQuery {
    endpoint: None,
    environment: None,
    integration: None,
    state: None,
    before: None,
    limit: 99,
};

fn endpoint(store: &dyn Platform, environment: &str, events: Option<&[&str]>) -> WebhookEndpoint {
    let keys = KeyRing::generate().unwrap();
    let events = events.map(|events| events.iter().map(|event| (*event).to_owned()).collect());
    let made =
        WebhookEndpoint::generate(&keys, environment, "https://x.example", events, at(1)).unwrap();
    store.save_endpoint(&made.0).unwrap();
    made.0
}

fn id(name: &str) -> IntegrationId {
    IntegrationId::derive("ashby", name)
}

fn event(name: &str, integration: Option<&str>, at: Timestamp) -> NewEvent {
    NewEvent {
        id: name.to_owned(),
        environment: PRODUCTION.to_owned(),
        integration: integration.map(id),
        kind: "data-changed".to_owned(),
        body: format!("body of {name}"),
        at,
    }
}

fn due(store: &dyn Platform, now: i64) -> Vec<OutgoingDelivery> {
    store.due_outgoing(at(now), 99).unwrap()
}

fn names(deliveries: &[OutgoingDelivery]) -> Vec<&str> {
    let deliveries = deliveries.iter();
    deliveries.map(|one| one.event.id.as_str()).collect()
}

fn settle(store: &dyn Platform, one: &OutgoingDelivery, state: OutgoingState, not_before: i64) {
    let progress = OutgoingProgress {
        state,
        attempts: one.progress.attempts + 1,
        not_before: at(not_before),
        since: one.progress.since,
        outcome: Some("500".to_owned()),
        tried_at: Some(at(not_before)),
    };
    store.settle_outgoing(one.key, &progress).unwrap();
}

pub(crate) fn endpoints_come_back_as_they_were_saved(store: &dyn Platform) {
    let keys = KeyRing::generate().unwrap();
    let mut first = endpoint(store, PRODUCTION, None);
    let second = endpoint(
        store,
        "development",
        Some(&["sync-finished", "data-changed"]),
    );
    assert_eq!(store.endpoints().unwrap(), [first.clone(), second.clone()]);
    let (other, _) =
        WebhookEndpoint::generate(&keys, "staging", "https://y.example", None, at(2)).unwrap();
    first.previous = Some((other.secret, at(9)));
    first.url = other.url;
    first.events = Some(BTreeSet::from(["a".to_owned()]));
    store.save_endpoint(&first).unwrap();
    assert_eq!(store.endpoints().unwrap(), [first.clone(), second.clone()]);
    assert!(store.remove_endpoint(&first.id).unwrap());
    assert!(!store.remove_endpoint(&first.id).unwrap());
    assert_eq!(store.endpoints().unwrap(), [second]);
}

pub(crate) fn an_event_goes_to_all_who_listen_to_it(store: &dyn Platform) {
    assert_eq!(store.emit(&event("nobody", None, at(1))).unwrap(), 0);
    let all = endpoint(store, PRODUCTION, None);
    let some = endpoint(store, PRODUCTION, Some(&["data-changed"]));
    let others = endpoint(store, PRODUCTION, Some(&["sync-finished"]));
    endpoint(store, "development", None);
    assert_eq!(store.emit(&event("e", Some("a"), at(2))).unwrap(), 2);
    let found = store.outgoing(&SOME).unwrap();
    let to: BTreeSet<&str> = found.iter().map(|one| one.endpoint.as_str()).collect();
    assert_eq!(to, BTreeSet::from([all.id.as_str(), some.id.as_str()]));
    assert!(
        found
            .iter()
            .all(|one| one.event == event("e", Some("a"), at(2)))
    );
    // A test goes where it is sent, whatever is heard there.
    store
        .emit_to(&others.id, &event("test", None, at(3)))
        .unwrap();
    let query = OutgoingQuery {
        endpoint: Some(others.id),
        ..SOME
    };
    assert_eq!(names(&store.outgoing(&query).unwrap()), ["test"]);
    store.remove_endpoint(&all.id).unwrap();
    assert_eq!(names(&store.outgoing(&SOME).unwrap()), ["test", "e"]);
}

pub(crate) fn events_of_one_integration_keep_their_order(store: &dyn Platform) {
    endpoint(store, PRODUCTION, None);
    for (name, integration) in [
        ("a1", Some("a")),
        ("a2", Some("a")),
        ("b1", Some("b")),
        ("x", None),
        ("y", None),
    ] {
        store.emit(&event(name, integration, at(1))).unwrap();
    }
    assert_eq!(names(&due(store, 0)), [""; 0]);
    assert_eq!(store.next_outgoing(at(0)).unwrap(), Some(at(1)));
    let first = due(store, 1);
    assert_eq!(names(&first), ["a1", "b1", "x", "y"]);
    assert_eq!(store.next_outgoing(at(1)).unwrap(), None);
    let depth = |waiting, dead| OutgoingDepth { waiting, dead };
    assert_eq!(store.outgoing_depth().unwrap(), depth(5, 0));
    // What waits for its next try holds up what follows it, and nothing else.
    settle(store, &first[0], OutgoingState::Waiting, 6);
    settle(store, &first[1], OutgoingState::Delivered, 1);
    assert_eq!(names(&due(store, 5)), ["x", "y"]);
    assert_eq!(store.next_outgoing(at(5)).unwrap(), Some(at(6)));
    assert_eq!(names(&due(store, 6)), ["a1", "x", "y"]);
    settle(store, &first[0], OutgoingState::Dead, 6);
    assert_eq!(names(&due(store, 6)), ["a2", "x", "y"]);
    let dead = OutgoingQuery {
        state: Some(OutgoingState::Dead),
        ..SOME
    };
    let dead = store.outgoing(&dead).unwrap();
    assert_eq!(names(&dead), ["a1"]);
    assert_eq!(store.outgoing_depth().unwrap(), depth(3, 1));
    assert_eq!(dead[0].progress.outcome.as_deref(), Some("500"));
    assert_eq!(dead[0].progress.attempts, 1);
}

pub(crate) fn changes_are_told_once_and_none_is_left_out(store: &dyn Platform) {
    endpoint(store, PRODUCTION, None);
    let mirror = Mirror::new(store);
    let other = Mirror::named(store, "other");
    let tell = |mirror: &Mirror<'_>, name: &str, most: usize| -> Option<Changed> {
        let mut told = None;
        let done = store.emit_changes(&mirror.id, most, &mut |changed| {
            told = Some(changed.clone());
            Some(event(name, None, at(9)))
        });
        assert_eq!(done.unwrap(), told.is_some());
        told
    };
    assert_eq!(tell(&mirror, "none", 9), None);
    let row = |id: &str, text: &str| bundle(id, text).gives(candidate(id).with("title", text));
    mirror.bring("candidates", [row("1", "a"), row("2", "a"), row("3", "a")]);
    other.bring("candidates", [row("9", "a")]);
    let told = tell(&mirror, "first", 2).unwrap();
    assert_eq!(told.models, BTreeSet::from([ModelKind::Candidate]));
    assert_eq!(
        (told.records.len(), told.has_more, told.since),
        (2, true, 0)
    );
    assert_eq!(told.records[0].1, mirror.candidate("1").id);
    assert_eq!(tell(&mirror, "again", 9), None);
    mirror.bring("candidates", [row("1", "b"), row("2", "a"), row("3", "a")]);
    mirror.bring("candidates", [row("1", "c"), row("2", "a"), row("3", "a")]);
    let second = tell(&mirror, "second", 9).unwrap();
    assert_eq!(second.since, told.position);
    assert_eq!(
        second.records,
        [(ModelKind::Candidate, mirror.candidate("1").id)]
    );
    assert!(!second.has_more);
    assert_eq!(tell(&other, "other", 9).unwrap().records.len(), 1);
    assert_eq!(
        names(&store.outgoing(&SOME).unwrap()),
        ["other", "second", "first"]
    );
    // What is not worth an event is passed over for good.
    mirror.bring("candidates", [row("1", "d"), row("2", "a"), row("3", "a")]);
    assert!(!store.emit_changes(&mirror.id, 9, &mut |_| None).unwrap());
    assert_eq!(tell(&mirror, "third", 9), None);
}

pub(crate) fn what_was_sent_can_be_sent_again(store: &dyn Platform) {
    let first = endpoint(store, PRODUCTION, None);
    for (name, when) in [("e1", 1), ("e2", 2), ("e3", 3)] {
        store.emit(&event(name, Some("a"), at(when))).unwrap();
        let one = due(store, when).remove(0);
        settle(store, &one, OutgoingState::Delivered, when);
    }
    let again = |replay: Replay| store.replay(&replay, at(50)).unwrap();
    assert_eq!(again(Replay::Event("unknown".to_owned())), 0);
    assert_eq!(again(Replay::Event("e2".to_owned())), 1);
    let replayed = due(store, 50);
    assert_eq!(names(&replayed), ["e2"]);
    assert_eq!(replayed[0].progress.attempts, 0);
    assert_eq!(replayed[0].progress.since, at(50));
    assert_eq!(replayed[0].event, event("e2", Some("a"), at(2)));
    // Whoever listens now hears it too, and nothing is there twice.
    let second = endpoint(store, PRODUCTION, None);
    let since = |environment: &str| Replay::Since {
        environment: environment.to_owned(),
        moment: at(2),
    };
    assert_eq!(again(since("development")), 0);
    assert_eq!(again(since(PRODUCTION)), 4);
    let mut heads = due(store, 50);
    heads.sort_by_key(|one| one.endpoint == second.id);
    assert_eq!(names(&heads), ["e2", "e2"]);
    assert_eq!(heads[0].endpoint, first.id);
    assert_eq!(store.outgoing(&SOME).unwrap().len(), 5);
}

pub(crate) fn what_is_old_is_forgotten_once_nobody_waits_for_it(store: &dyn Platform) {
    endpoint(store, PRODUCTION, None);
    for (name, integration, state) in [
        ("delivered", "a", Some(OutgoingState::Delivered)),
        ("dead", "b", Some(OutgoingState::Dead)),
        ("waiting", "c", None),
    ] {
        store.emit(&event(name, Some(integration), at(1))).unwrap();
        let found = due(store, 1);
        let one = found.iter().find(|one| one.event.id == name).unwrap();
        if let Some(state) = state {
            settle(store, one, state, 1);
        }
    }
    store.emit(&event("new", Some("d"), at(10))).unwrap();
    assert_eq!(store.prune_outbox(at(1)).unwrap(), 0);
    assert_eq!(store.prune_outbox(at(10)).unwrap(), 2);
    assert_eq!(names(&store.outgoing(&SOME).unwrap()), ["new", "waiting"]);
}

pub(crate) fn an_issue_is_told_when_it_begins_and_when_it_ends(store: &dyn Platform) {
    endpoint(store, PRODUCTION, None);
    let one = Mirror::new(store).id.clone();
    let note = |is_open: bool, now: i64| -> Option<Issue> {
        let mut told = None;
        let done = store.note_issue(&one, "wrong", is_open, at(now), &mut |issue| {
            told = Some(issue.clone());
            event(&format!("at {now}"), None, at(now))
        });
        assert_eq!(done.unwrap(), told.is_some());
        told
    };
    assert_eq!(note(false, 1), None);
    let opened = note(true, 2).unwrap();
    assert_eq!((opened.opened_at, opened.resolved_at), (at(2), None));
    assert_eq!(note(true, 3), None);
    let resolved = note(false, 4).unwrap();
    assert_eq!(resolved.id, opened.id);
    assert_eq!(
        (resolved.opened_at, resolved.resolved_at),
        (at(2), Some(at(4)))
    );
    assert_eq!(note(false, 5), None);
    assert_ne!(note(true, 6).unwrap().id, opened.id);
    let told = store.outgoing(&SOME).unwrap();
    assert_eq!(names(&told), ["at 6", "at 4", "at 2"]);
}

pub(crate) fn erasing_takes_events_but_the_one_that_tells_of_it(store: &dyn Platform) {
    endpoint(store, PRODUCTION, None);
    let kept = Mirror::named(store, "kept");
    let erased = Mirror::named(store, "erased");
    for (mirror, name) in [(&kept, "kept"), (&erased, "erased")] {
        let mut about = event(name, None, at(1));
        about.integration = Some(mirror.id.clone());
        store.emit(&about).unwrap();
        mirror.bring("candidates", [bundle("1", "a").gives(candidate("1"))]);
        store.emit_changes(&mirror.id, 9, &mut |_| None).unwrap();
    }
    let mut deleted = event("deleted", None, at(2));
    deleted.integration = Some(erased.id.clone());
    deleted.kind = INTEGRATION_DELETED.to_owned();
    store.emit(&deleted).unwrap();
    store.erase_integration(&erased.id).unwrap();
    assert_eq!(names(&store.outgoing(&SOME).unwrap()), ["deleted", "kept"]);
    assert_eq!(names(&due(store, 9)), ["kept", "deleted"]);
    // One of the same name begins from nothing.
    let again = Mirror::named(store, "erased");
    again.bring("candidates", [bundle("1", "a").gives(candidate("1"))]);
    let told = store.emit_changes(&again.id, 9, &mut |_| Some(event("new", None, at(3))));
    assert!(told.unwrap());
}
