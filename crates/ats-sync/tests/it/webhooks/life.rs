//! Subscriptions: made, renewed and ended, whatever the vendor answers.

use std::{collections::BTreeSet, time::Duration};

use ats_core::ErrorKind;
use ats_simulator::{DeliveryState, FaultKind, ashby};
use ats_store::{Store, SubscriptionState};
use ats_sync::{Received, Standing, Subscribed};
use secrecy::ExposeSecret;

use super::desk::{Desk, Given};

const BODY: &[u8] = br#"{"action":"offerDelete","webhookActionId":"1","data":{}}"#;

/// How many stand so, and nothing else.
fn all_stand(all: &[Subscribed], expected: &str) -> usize {
    for one in all {
        assert_eq!(format!("{:?}", one.standing), expected, "{}", one.event);
    }
    all.len()
}

fn at_the_vendor(desk: &Desk) -> Vec<String> {
    desk.bench.simulator.read(|world| world.ids("webhooks"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_gets_an_address_and_a_secret_of_its_own() {
    let desk = Desk::closed(true).await;
    let made = desk.subscribing().create(&desk.address).await.unwrap();
    let count = all_stand(&made, "Active");
    // The vendor tries the address before it answers.
    assert_eq!(desk.heard().await, vec![Received::Ping; count]);
    let kept = desk.subscribing().list().await.unwrap();
    let segments: BTreeSet<&str> = kept.iter().map(|one| one.segment.0.as_str()).collect();
    assert_eq!(segments.len(), count);
    assert!(segments.iter().all(|segment| segment.len() == 32));
    let now = desk.bench.clock.date();
    let secrets: BTreeSet<String> = kept
        .iter()
        .map(|one| {
            one.secrets(&desk.keys, now).unwrap()[0]
                .expose_secret()
                .to_owned()
        })
        .collect();
    assert_eq!(secrets.len(), count);
    assert!(secrets.iter().all(|secret| secret.len() == 64));
    assert!(
        kept.iter()
            .all(|one| one.state == SubscriptionState::Active)
    );
    let again = desk.subscribing().create(&desk.address).await.unwrap();
    assert_eq!(all_stand(&again, "Unchanged"), count);
    assert_eq!(at_the_vendor(&desk).len(), count);
    let looked = desk.subscribing().look().await.unwrap();
    assert_eq!(all_stand(&looked, "Active"), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_vendor_does_not_offer_is_no_failure() {
    let desk = Desk::closed(false).await;
    let made = desk.subscribing().create(&desk.address).await.unwrap();
    let (refused, active): (Vec<_>, Vec<_>) = made
        .into_iter()
        .partition(|one| matches!(one.standing, Standing::NotOffered));
    let refused: Vec<&str> = refused.iter().map(|one| one.event.as_str()).collect();
    assert_eq!(refused, ["jobCreate", "jobUpdate", "jobPostingDelete"]);
    all_stand(&active, "Active");
    assert_eq!(desk.subscribing().list().await.unwrap().len(), active.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_to_what_a_lost_answer_left_behind() {
    let desk = Desk::closed(true).await;
    desk.bench
        .inject("webhook.create", 0, 2, FaultKind::ApplyThenReset);
    let made = desk.subscribing().create(&desk.address).await.unwrap();
    let count = all_stand(&made, "Active");
    assert_eq!(at_the_vendor(&desk).len(), count + 2, "two are orphans");
    desk.bench.full().await;
    desk.heard().await;
    desk.bench.simulator.clear_deliveries();
    let id = desk
        .bench
        .simulator
        .read(|world| world.ids("applications")[0].clone());
    desk.bench.simulator.edit(|world| {
        world.insert("applications", {
            let mut copy = world.get("applications", &id).cloned().unwrap();
            copy["id"] = "ff000000-0000-4000-8000-00000000aaaa".into();
            copy
        });
    });
    let mut heard = desk.heard().await;
    heard.sort_by_key(|answer| *answer != Received::Accepted);
    assert_eq!(
        heard,
        [Received::Accepted, Received::Unknown, Received::Unknown]
    );
    let sent = desk.bench.simulator.deliveries().into_iter();
    let given_up = sent.filter(|sent| sent.state == DeliveryState::GivenUp);
    assert!(
        given_up
            .map(|sent| sent.attempts)
            .all(|tries| tries == [410])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_process_that_died_left_half_made_is_made_anew() {
    let desk = Desk::closed(true).await;
    desk.subscribing().create(&desk.address).await.unwrap();
    let mut kept = desk.subscribing().list().await.unwrap();
    let dead = &mut kept[0];
    (dead.state, dead.vendor_id) = (SubscriptionState::Pending, None);
    desk.bench.store.save_subscription(dead).unwrap();
    let made = desk.subscribing().create(&desk.address).await.unwrap();
    assert_eq!(all_stand(&made[..1], "Active"), 1);
    all_stand(&made[1..], "Unchanged");
    assert_eq!(
        desk.bench.store.subscription_at(&dead.segment).unwrap(),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_before_is_good_for_a_day() {
    let desk = Desk::open().await;
    let (segment, old) = desk.line("offerDelete");
    let count = at_the_vendor(&desk).len();
    let renewed = desk.subscribing().renew(&desk.address).await.unwrap();
    assert_eq!(all_stand(&renewed, "Active"), count);
    assert_eq!(desk.heard().await, vec![Received::Ping; count]);
    let (same, new) = desk.line("offerDelete");
    assert_eq!(same, segment);
    assert_ne!(new.expose_secret(), old.expose_secret());
    let with_old = Given::signed(&ashby::signature(old.expose_secret(), BODY));
    let with_new = Given::signed(&ashby::signature(new.expose_secret(), BODY));
    assert_eq!(desk.call(BODY, &with_old), Received::Accepted);
    assert_eq!(desk.call(BODY, &with_new), Received::Duplicate);
    desk.bench.clock.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(desk.call(BODY, &with_old), Received::Forged);
    assert_eq!(desk.call(BODY, &with_new), Received::Duplicate);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_renewal_whose_answer_is_lost_both_secrets_stay_good() {
    for kind in [FaultKind::ApplyThenReset, FaultKind::Reset] {
        let desk = Desk::open().await;
        let (_, old) = desk.line("offerDelete");
        desk.bench.inject("webhook.update", 0, 99, kind.clone());
        let renewed = desk.subscribing().renew(&desk.address).await.unwrap();
        let is_unknown = |one: &Subscribed| matches!(&one.standing, Standing::Failed(_));
        assert!(renewed.iter().all(is_unknown), "{renewed:?}");
        desk.bench.clock.advance(Duration::from_secs(48 * 60 * 60));
        let (_, new) = desk.line("offerDelete");
        for secret in [&old, &new] {
            let headers = Given::signed(&ashby::signature(secret.expose_secret(), BODY));
            assert_ne!(desk.call(BODY, &headers), Received::Forged, "{kind:?}");
        }
        // The next renewal brings the same new secret to an end.
        desk.bench.simulator.clear_faults();
        let renewed = desk.subscribing().renew(&desk.address).await.unwrap();
        all_stand(&renewed, "Active");
        assert_eq!(
            desk.line("offerDelete").1.expose_secret(),
            new.expose_secret()
        );
        desk.bench.clock.advance(Duration::from_secs(48 * 60 * 60));
        let headers = Given::signed(&ashby::signature(old.expose_secret(), BODY));
        assert_eq!(desk.call(BODY, &headers), Received::Forged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_has_no_more_or_has_switched_off_is_mended_by_renewing() {
    let desk = Desk::open().await;
    let ids = at_the_vendor(&desk);
    desk.bench.simulator.edit(|world| {
        world.remove("webhooks", &ids[0]);
        world.update("webhooks", &ids[1], |hook| hook["enabled"] = false.into());
    });
    let looked = desk.subscribing().look().await.unwrap();
    assert!(matches!(looked[0].standing, Standing::Gone));
    assert!(matches!(looked[1].standing, Standing::Off));
    let renewed = desk.subscribing().renew(&desk.address).await.unwrap();
    all_stand(&renewed, "Active");
    all_stand(&desk.subscribing().look().await.unwrap(), "Active");
    assert_eq!(at_the_vendor(&desk).len(), ids.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_any_more_once_it_has_ended() {
    let desk = Desk::open().await;
    let (segment, secret) = desk.line("offerDelete");
    let headers = Given::signed(&ashby::signature(secret.expose_secret(), BODY));
    // The vendor does not confirm it, and is called upon again.
    desk.bench.inject("webhook.delete", 0, 99, FaultKind::Reset);
    let ended = desk.subscribing().remove().await.unwrap();
    assert!(
        ended
            .iter()
            .all(|one| matches!(one.standing, Standing::Failed(_)))
    );
    assert_eq!(desk.call_at(&segment, BODY, &headers), Received::Unknown);
    assert_eq!(desk.bench.engine().listener(&segment).unwrap(), None);
    all_stand(&desk.subscribing().look().await.unwrap(), "Ended");
    desk.bench.simulator.clear_faults();
    let ended = desk.subscribing().remove().await.unwrap();
    all_stand(&ended, "Ended");
    assert_eq!(at_the_vendor(&desk), Vec::<String>::new());
    assert_eq!(desk.subscribing().list().await.unwrap(), []);
    assert_eq!(desk.call_at(&segment, BODY, &headers), Received::Unknown);
    assert!(desk.subscribing().remove().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_told_once() {
    let desk = Desk::closed(true).await;
    let simulator = &desk.bench.simulator;
    simulator.revoke(&simulator.key(), "apiKeysWrite");
    let made = desk.subscribing().create(&desk.address).await.unwrap();
    let [one] = made.as_slice() else {
        panic!("{made:?}");
    };
    let Standing::Failed(error) = &one.standing else {
        panic!("{one:?}");
    };
    assert!(
        matches!(error.kind(), ErrorKind::PermissionMissing { .. }),
        "{error}"
    );
    assert_eq!(desk.subscribing().list().await.unwrap(), []);
}
