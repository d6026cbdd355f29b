//! The calls of `webhook.*`, the signature, and what each event names.

use ats_core::{Connection, Effect, ErrorKind, Headers};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

use super::*;

struct One(&'static str, String);

impl Headers for One {
    fn get(&self, name: &str) -> Option<&str> {
        name.eq_ignore_ascii_case(self.0).then_some(self.1.as_str())
    }
}

fn webhooks(base_url: String) -> AshbyWebhooks {
    let connection = Connection {
        credentials: [("api_key".to_owned(), "canary".into())].into(),
        base_url: Some(base_url),
        ..Connection::default()
    };
    AshbyWebhooks::new(&Client::new(&connection).unwrap())
}

fn offline() -> AshbyWebhooks {
    webhooks("http://127.0.0.1:9".to_owned())
}

async fn answering(answer: Value) -> (MockServer, AshbyWebhooks) {
    let server = MockServer::start().await;
    let response = ResponseTemplate::new(200).set_body_json(answer);
    let mock = Mock::given(matchers::any()).respond_with(response);
    mock.mount(&server).await;
    let webhooks = webhooks(server.uri());
    (server, webhooks)
}

async fn asked(server: &MockServer) -> (String, Value) {
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 1);
    let path = requests[0].url.path().to_owned();
    (path, requests[0].body_json().unwrap())
}

fn found() -> Value {
    json!({ "success": true, "results": {
        "id": "w1", "enabled": true, "requestUrl": "https://a/b", "webhookType": "offerDelete",
        "secretToken": "canary",
    } })
}

fn refused(code: &str) -> Value {
    json!({ "success": false, "errorInfo": { "code": code, "message": "no" } })
}

#[tokio::test]
async fn each_call_is_sent_as_the_vendor_documents_it() {
    let secret = SecretString::from("canary");
    let (server, webhooks) = answering(found()).await;
    let made = webhooks.subscribe("offerDelete", "https://a/b", &secret);
    let made = made.await.unwrap();
    let expected = Subscription {
        id: "w1".to_owned(),
        event: "offerDelete".to_owned(),
        url: "https://a/b".to_owned(),
        enabled: true,
    };
    assert_eq!(made, expected);
    let body = json!({
        "webhookType": "offerDelete", "requestUrl": "https://a/b", "secretToken": "canary",
    });
    assert_eq!(asked(&server).await, ("/webhook.create".to_owned(), body));

    let (server, webhooks) = answering(found()).await;
    let renewed = webhooks.renew("w1", "https://a/b", &secret).await.unwrap();
    assert_eq!(renewed, expected);
    let body = json!({
        "webhookId": "w1", "enabled": true, "requestUrl": "https://a/b", "secretToken": "canary",
    });
    assert_eq!(asked(&server).await, ("/webhook.update".to_owned(), body));

    let (server, webhooks) = answering(found()).await;
    assert_eq!(webhooks.subscription("w1").await.unwrap(), Some(expected));
    let body = json!({ "webhookId": "w1" });
    assert_eq!(
        asked(&server).await,
        ("/webhook.info".to_owned(), body.clone())
    );

    let (server, webhooks) =
        answering(json!({ "success": true, "results": { "webhookId": "w1" } })).await;
    webhooks.unsubscribe("w1").await.unwrap();
    assert_eq!(asked(&server).await, ("/webhook.delete".to_owned(), body));
}

#[tokio::test]
async fn what_is_gone_already_is_no_error_and_a_nameless_answer_is_a_lost_one() {
    let (_server, webhooks) = answering(refused("webhook_not_found")).await;
    webhooks.unsubscribe("w1").await.unwrap();
    assert_eq!(webhooks.subscription("w1").await.unwrap(), None);
    let secret = SecretString::from("canary");
    let error = webhooks.renew("w1", "https://a/b", &secret).await;
    assert_eq!(*error.unwrap_err().kind(), ErrorKind::NotFound);

    let (_server, webhooks) = answering(refused("missing_endpoint_permission")).await;
    let error = webhooks.unsubscribe("w1").await.unwrap_err();
    let permission = Some("apiKeysWrite".to_owned());
    assert_eq!(*error.kind(), ErrorKind::PermissionMissing { permission });

    let answer = json!({ "success": true, "results": { "secretToken": "canary" } });
    let (_server, webhooks) = answering(answer).await;
    let made = webhooks.subscribe("offerDelete", "https://a/b", &secret);
    let error = made.await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::OutcomeUnknown);
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
}

fn signed(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn is_genuine(header: &'static str, value: String, body: &[u8], secret: &str) -> bool {
    offline().is_genuine(&One(header, value), body, &SecretString::from(secret))
}

#[test]
fn the_signature_is_hmac_sha256_over_the_raw_bytes() {
    // RFC 4231, test case 2.
    let text = b"what do ya want for nothing?";
    let known = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert!(is_genuine(
        "Ashby-Signature",
        known.to_owned(),
        text,
        "Jefe"
    ));
    for body in [
        &b"{\"b\":1,\"a\":2}"[..],
        b"{ \"b\" : 1,\n\"a\":2 }\n",
        "{\"a\":\"\\u00e4\"}".as_bytes(),
        "{\"a\":\"\u{e4}\"}".as_bytes(),
        b"",
        b"\xff\xfe",
    ] {
        let signature = signed("s", body);
        assert!(is_genuine("Ashby-Signature", signature.clone(), body, "s"));
        let longer = [body, b"\n"].concat();
        assert!(!is_genuine("Ashby-Signature", signature, &longer, "s"));
    }
}

#[test]
fn anything_but_the_right_signature_is_refused() {
    let body = b"{\"action\":\"ping\"}";
    let right = signed("s", body);
    let digits = right.strip_prefix("sha256=").unwrap().to_owned();
    assert!(is_genuine("ashby-signature", right.clone(), body, "s"));
    for wrong in [
        digits.clone(),
        format!("sha1={digits}"),
        format!("sha256={}", &digits[..62]),
        format!("sha256={digits}00"),
        "sha256=".to_owned(),
        "sha256=not hexadecimal".to_owned(),
        String::new(),
        signed("another", body),
        signed("", body),
    ] {
        assert!(
            !is_genuine("Ashby-Signature", wrong.clone(), body, "s"),
            "{wrong}"
        );
    }
    assert!(!is_genuine("X-Signature", right.clone(), body, "s"));
    for place in 0..body.len() {
        let mut changed = body.to_vec();
        changed[place] ^= 1;
        assert!(!is_genuine("Ashby-Signature", right.clone(), &changed, "s"));
    }
}

fn told(event: &str, data: Value) -> String {
    let body = json!({ "action": event, "webhookActionId": "1", "data": data }).to_string();
    let delivery = offline().read(body.as_bytes()).unwrap();
    assert_eq!(delivery.event, event);
    let effects = delivery.effects.iter().map(|effect| match effect {
        Effect::Read(target) => format!("read {} {}", target.stream, target.id),
        Effect::Gone(target) => format!("gone {} {}", target.stream, target.id),
        Effect::Merged { from, into } => format!("{} {} into {}", from.stream, from.id, into.id),
        Effect::Walk(stream) => format!("walk {stream}"),
    });
    effects.collect::<Vec<_>>().join(", ")
}

#[test]
fn each_event_names_what_is_to_be_read() {
    let application = json!({ "application": { "id": "a", "candidate": { "id": "c" } } });
    let both = "read candidates c, read applications a";
    for event in [
        "applicationSubmit",
        "applicationUpdate",
        "candidateStageChange",
        "candidateHire",
        "pushToHRIS",
    ] {
        assert_eq!(told(event, application.clone()), both, "{event}");
    }
    let mut hired = application.clone();
    hired["offer"] = json!({ "id": "o" });
    assert_eq!(
        told("candidateHire", hired),
        format!("{both}, read offers o")
    );
    let ids = |from: &str, into: &str| json!({ "id": from, "other": into });
    let cases = [
        (
            "candidateDelete",
            json!({ "candidate": ids("c", "") }),
            "gone candidates c",
        ),
        (
            "candidateMerge",
            json!({ "deletedCandidate": ids("c", ""), "mergedCandidate": ids("d", "") }),
            "candidates c into d",
        ),
        (
            "candidateMerge",
            json!({ "sourceCandidateId": "c", "destinationCandidateId": "d" }),
            "candidates c into d",
        ),
        (
            "candidateMerge",
            json!({ "sourceCandidateId": "c" }),
            "gone candidates c",
        ),
        (
            "candidateMerge",
            json!({ "sourceCandidateId": "c", "destinationCandidateId": "c" }),
            "read candidates c",
        ),
        (
            "interviewPlanTransition",
            json!({ "jobId": "j" }),
            "walk plans, walk stages, walk jobs, walk applications",
        ),
        ("interviewScheduleCreate", json!({}), "walk interviews"),
        ("interviewScheduleUpdate", json!({}), "walk interviews"),
        ("jobCreate", json!({}), "walk jobs"),
        ("jobUpdate", json!({}), "walk jobs"),
        ("openingCreate", json!({}), "walk jobs"),
        ("jobPostingUpdate", json!({}), "walk postings"),
        ("jobPostingPublish", json!({}), "walk postings"),
        ("jobPostingUnpublish", json!({}), "walk postings"),
        (
            "jobPostingDelete",
            json!({ "jobPosting": ids("p", "") }),
            "gone postings p",
        ),
        (
            "offerCreate",
            json!({ "offer": ids("o", "") }),
            "read offers o",
        ),
        (
            "offerUpdate",
            json!({ "offer": ids("o", "") }),
            "read offers o",
        ),
        (
            "offerDelete",
            json!({ "offer": { "id": "o", "applicationId": "a" } }),
            "gone offers o, read applications a",
        ),
        (
            "signatureRequestUpdate",
            json!({ "relatedEntityType": "application", "applicationId": "a" }),
            "read applications a",
        ),
        (
            "signatureRequestUpdate",
            json!({ "offerId": "o" }),
            "read offers o",
        ),
        (
            "surveySubmit",
            json!({ "surveySubmission": { "surveyType": "EEOC", "applicationId": "a" } }),
            "read applications a",
        ),
        (
            "surveySubmit",
            json!({ "surveySubmission": { "surveyType": "Questionnaire", "applicationId": "a" } }),
            "read applications a, walk survey_submissions",
        ),
        (
            "takeHomeAssignmentSubmitted",
            json!({ "applicationId": "a" }),
            "read applications a",
        ),
        ("ping", json!({ "webhookActionType": "anything" }), ""),
        ("somethingNew", json!({ "candidate": ids("c", "") }), ""),
    ];
    for (event, data, expected) in cases {
        assert_eq!(told(event, data.clone()), expected, "{event} {data}");
    }
}

#[test]
fn every_member_may_be_missing_or_odd() {
    let streams = [
        "plans",
        "stages",
        "jobs",
        "applications",
        "interviews",
        "postings",
    ];
    for event in EVENTS.iter().map(|event| event.name).chain(["ping", "?"]) {
        for data in [
            json!(null),
            json!([1]),
            json!({}),
            json!({ "application": 7, "offer": { "id": "" }, "candidate": { "id": null } }),
            json!({ "application": { "id": "x".repeat(201), "candidate": [] } }),
            json!({ "deletedCandidate": "c", "mergedCandidate": { "id": "a\nb" } }),
        ] {
            let effects = told(event, data);
            let walks = |effect: &str| {
                effect.is_empty()
                    || effect == "walk survey_submissions"
                    || streams
                        .iter()
                        .any(|stream| effect == format!("walk {stream}"))
            };
            assert!(effects.split(", ").all(walks), "{event}: {effects}");
        }
    }
    for body in [
        &b""[..],
        b"[]",
        b"{}",
        b"{\"action\":7}",
        b"{\"action\":\"\"}",
        b"\xff",
        b"{\"action\":\"canary",
    ] {
        let error = offline().read(body).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Malformed { .. }));
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

fn key(body: &Value) -> String {
    let body = body.to_string();
    offline().read(body.as_bytes()).unwrap().dedupe_key
}

#[test]
fn what_has_the_same_key_is_the_same() {
    let event = |action: &str, id: Value, application: &str, title: &str| {
        json!({
            "action": action,
            "webhookActionId": id,
            "data": { "application": { "id": application, "title": title } },
        })
    };
    let first = key(&event("applicationUpdate", json!("1"), "a", "x"));
    let again = key(&event("applicationUpdate", json!("1"), "a", "y"));
    assert_eq!(first, again, "a repetition may show a later state");
    for other in [
        event("applicationUpdate", json!("2"), "a", "x"),
        event("applicationSubmit", json!("1"), "a", "x"),
        event("applicationUpdate", json!("1"), "b", "x"),
        event("applicationUpdate", json!(null), "a", "x"),
    ] {
        assert_ne!(key(&other), first, "{other}");
    }
    let nameless = |title: &str| key(&event("applicationUpdate", json!(null), "a", title));
    assert_eq!(nameless("x"), nameless("x"));
    assert_ne!(
        nameless("x"),
        nameless("y"),
        "only the body tells them apart"
    );
}

#[test]
fn every_stream_that_an_event_names_is_one_of_the_connector() {
    let connection = Connection {
        credentials: [("api_key".to_owned(), "canary".into())].into(),
        ..Connection::default()
    };
    let connector = crate::Ashby::new(&connection).unwrap();
    use events::{
        APPLICATIONS, CANDIDATES, INTERVIEWS, JOBS, OFFERS, PLANS, POSTINGS, STAGES, SURVEYS,
    };
    for name in [
        APPLICATIONS,
        CANDIDATES,
        INTERVIEWS,
        JOBS,
        OFFERS,
        PLANS,
        POSTINGS,
        STAGES,
        SURVEYS,
    ] {
        let streams = ats_core::Connector::streams(&connector);
        assert!(streams.iter().any(|stream| stream.name() == name), "{name}");
    }
}
