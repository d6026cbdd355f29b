//! Who is believed: only what the vendor has signed, byte for byte.

use ats_simulator::{DeliveryFault, DeliveryFaultKind, ashby};
use ats_store::{DeliveryState, Segment};
use ats_sync::{LONGEST_BODY, Received};
use secrecy::ExposeSecret;

use super::desk::{Desk, Given};

const BODY: &str = r#"{"action":"offerDelete","webhookActionId":"1","data":{"offer":{"id":"ö"}}}"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_is_over_the_raw_bytes() {
    let desk = Desk::open().await;
    let same = [
        BODY.to_owned(),
        r#"{"webhookActionId":"1","data":{"offer":{"id":"ö"}},"action":"offerDelete"}"#.to_owned(),
        BODY.replace('ö', "\\u00f6"),
        BODY.replace(':', " :\n\t"),
        format!("{BODY}\n"),
        format!("\r\n {BODY}"),
    ];
    let (_, secret) = desk.line("offerDelete");
    let of_first = ashby::signature(secret.expose_secret(), BODY.as_bytes());
    for (index, body) in same.iter().enumerate() {
        let expected = match index {
            0 => Received::Accepted,
            _ => Received::Duplicate,
        };
        assert_eq!(desk.signed_call(body.as_bytes()), expected, "{body}");
        if index > 0 {
            let moved = desk.call(body.as_bytes(), &Given::signed(&of_first));
            assert_eq!(moved, Received::Forged, "{body}");
        }
    }
    assert_eq!(desk.inbox().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_by_the_vendor_leaves_no_trace() {
    let desk = Desk::open().await;
    let (segment, secret) = desk.line("offerDelete");
    let signature = ashby::signature(secret.expose_secret(), BODY.as_bytes());
    for place in 0..BODY.len() {
        let mut body = BODY.as_bytes().to_vec();
        body[place] ^= 1;
        let forged = desk.call(&body, &Given::signed(&signature));
        assert_eq!(forged, Received::Forged, "byte {place}");
    }
    let (_, other) = desk.line("offerCreate");
    let of_other = ashby::signature(other.expose_secret(), BODY.as_bytes());
    for headers in [
        Given::default(),
        Given::signed(""),
        Given::signed("sha256="),
        Given::signed(&signature.to_uppercase()),
        Given::signed(&signature[..70]),
        Given::signed(&of_other),
        Given::signed(&ashby::signature("", BODY.as_bytes())),
    ] {
        let forged = desk.call(BODY.as_bytes(), &headers);
        assert_eq!(forged, Received::Forged, "{headers:?}");
    }
    let elsewhere = Segment(segment.0.replace(|_| true, "0"));
    let unknown = desk.call_at(&elsewhere, BODY.as_bytes(), &Given::signed(&signature));
    assert_eq!(unknown, Received::Unknown);
    assert_eq!(desk.inbox(), []);
    let genuine = desk.call(BODY.as_bytes(), &Given::signed(&signature));
    assert_eq!(genuine, Received::Accepted);
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_that_go_wrong_on_the_way_are_refused_or_taken_once() {
    use DeliveryFaultKind::{Duplicate, Huge, Tampered, UnknownEvent, Unsigned, WrongSecret};
    for (kind, expected) in [
        (Tampered, vec![Received::Forged]),
        (WrongSecret, vec![Received::Forged]),
        (Unsigned, vec![Received::Forged]),
        (UnknownEvent, vec![Received::Accepted]),
        (Huge(4_000_000), vec![Received::Accepted]),
        (Duplicate, vec![Received::Accepted, Received::Duplicate]),
    ] {
        let desk = Desk::open().await;
        desk.bench
            .simulator
            .inject_delivery(DeliveryFault::once(kind));
        desk.bench.apply("edit a job", 0);
        let mut heard = desk.heard().await;
        heard.sort_by_key(|answer| *answer != Received::Accepted);
        assert_eq!(heard, expected, "{kind:?}");
        desk.bench.simulator.clear_log();
        let report = desk.work_all().await;
        let accepted = usize::from(expected[0] == Received::Accepted);
        assert_eq!(report.done, accepted, "{kind:?}");
        let is_understood = accepted == 1 && kind != UnknownEvent;
        let walked = desk.bench.requests().contains_key("job.list");
        assert_eq!(walked, is_understood, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_comes_again_later_changes_nothing() {
    let desk = Desk::open().await;
    desk.change("archive an application", 0).await;
    desk.work_all().await;
    let sent = desk.bench.simulator.deliveries();
    let sent: Vec<_> = sent
        .iter()
        .filter(|sent| sent.action_id.is_some())
        .collect();
    assert!(!sent.is_empty());
    let before = desk.bench.stored();
    for old in sent {
        let segment = Segment(old.url.rsplit('/').next().unwrap().to_owned());
        let headers = Given::signed(old.signature.as_deref().unwrap());
        let replayed = desk.call_at(&segment, &old.body, &headers);
        assert_eq!(replayed, Received::Duplicate);
    }
    desk.bench.simulator.clear_log();
    assert_eq!(desk.work_all().await.done, 0);
    assert!(desk.bench.requests().is_empty());
    assert_eq!(desk.bench.stored(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_genuine_call_that_says_nothing_is_not_asked_for_again() {
    let desk = Desk::open().await;
    for body in ["", "[]", "{}", "{\"action\":7}", "{\"action\":\"x", "\u{0}"] {
        let received = desk.signed_call(body.as_bytes());
        assert_eq!(received, Received::Unreadable, "{body}");
    }
    let ping = br#"{"action":"ping","data":{"webhookActionType":"another"}}"#;
    assert_eq!(desk.signed_call(ping), Received::Ping);
    assert_eq!(desk.signed_call(ping), Received::Ping);
    assert_eq!(desk.inbox(), []);
    for event in [
        "offerDelete",
        "candidateMerge",
        "candidateDelete",
        "applicationUpdate",
    ] {
        let body = format!("{{\"action\":\"{event}\"}}");
        assert_eq!(desk.signed_call(body.as_bytes()), Received::Accepted);
    }
    assert_eq!(desk.work_all().await.done, 4);
    assert_eq!(desk.in_state(DeliveryState::Done), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_without_end_is_refused_before_it_is_looked_at() {
    let desk = Desk::open().await;
    let body = vec![b' '; LONGEST_BODY + 1];
    assert_eq!(desk.signed_call(&body), Received::TooLong);
    assert_eq!(desk.signed_call(&body[1..]), Received::Unreadable);
}
