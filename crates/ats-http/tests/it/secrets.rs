//! Canaries: everything that can be printed is printed, and no secret may be in it.

use std::error::Error as StdError;

use ats_http::{Auth, CallKind, Client, RetryPolicy, testing::FakeClock};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::support::{Act, builder, call, raw_server, read, server, status, write};

const USER: &str = "canary-user-4711";
const PASSWORD: &str = "canary-password-4711";
/// `canary-user-4711:canary-password-4711` in base64.
const ENCODED: &str = "Y2FuYXJ5LXVzZXItNDcxMTpjYW5hcnktcGFzc3dvcmQtNDcxMQ==";
/// Stands for personal data in bodies.
const PERSON: &str = "canary-person-4711";

fn assert_clean(text: &str) {
    for secret in [USER, PASSWORD, ENCODED, PERSON] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

/// The error in every form that a caller can print.
fn everything(error: &ats_core::Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(" {cause} {cause:?}"));
        source = cause.source();
    }
    text
}

fn auth() -> Auth {
    Auth::Basic {
        user: USER.into(),
        password: PASSWORD.into(),
    }
}

#[tokio::test]
async fn no_error_tells_a_secret() {
    let clock = FakeClock::new();
    let echo = |code: u16| {
        status(code)
            .set_body_string(format!("{USER} {PASSWORD} {ENCODED} {PERSON}"))
            .insert_header("x-request-id", ENCODED)
            .insert_header(
                "location",
                format!("https://{USER}:{PASSWORD}@example.com/{PERSON}"),
            )
    };
    for code in [307, 303, 429, 500] {
        let server = server(vec![echo(code)]).await;
        let client = builder(&server.uri(), &clock).auth(auth()).build().unwrap();
        assert_clean(&everything(&read(&client).await.unwrap_err()));
        assert_clean(&everything(&write(&client).await.unwrap_err()));
    }

    let server = server(vec![echo(200)]).await;
    let client = builder(&server.uri(), &clock).auth(auth()).build().unwrap();
    let response = read(&client).await.unwrap();
    assert_clean(&format!("{response:?} {response:#?}"));
    assert_clean(&everything(
        &response.json::<Value>("thing.list").unwrap_err(),
    ));

    let once = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::default()
    };
    for act in [
        Act::Drop,
        Act::Send("canary-person-4711 is no HTTP\r\n\r\n"),
    ] {
        let (url, _) = raw_server(vec![act]).await;
        let client = builder(&url, &clock)
            .auth(auth())
            .retry(once.clone())
            .build()
            .unwrap();
        assert_clean(&everything(&read(&client).await.unwrap_err()));
    }
}

#[test]
fn no_error_of_a_build_tells_a_secret() {
    let url = Url::parse(&format!("https://{USER}:{PASSWORD}@example.com/?{PERSON}")).unwrap();
    assert_clean(&format!("{:?}", Client::builder(url.clone()).auth(auth())));
    assert_clean(&everything(&Client::builder(url).build().unwrap_err()));

    let url = Url::parse("https://example.com").unwrap();
    let pasted = Auth::Bearer(format!("{USER}\n").into());
    assert_clean(&everything(
        &Client::builder(url.clone())
            .auth(pasted)
            .build()
            .unwrap_err(),
    ));
    let header = Client::builder(url).header("x-key", format!("{USER}\n"));
    assert_clean(&format!("{header:?}"));
    assert_clean(&everything(&header.build().unwrap_err()));
}

#[test]
fn nothing_shows_a_secret_when_it_is_debugged() {
    let client = builder("http://127.0.0.1:1", &FakeClock::new())
        .header("x-key", USER)
        .auth(auth())
        .build()
        .unwrap();
    assert_clean(&format!("{client:?} {client:#?}"));
    assert_clean(&format!("{:?}", auth()));
    let body = json!({"name": PERSON});
    let call = ats_http::Call {
        body: &body,
        ..call(CallKind::Write)
    };
    assert_clean(&format!("{call:?} {call:#?}"));
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(rename = "number")]
    _number: u32,
    #[serde(rename = "kind")]
    _kind: Kind,
}

#[derive(Debug, Deserialize)]
enum Kind {
    One,
    Two,
}

#[test]
fn no_decoding_error_quotes_the_body() {
    let _ = (Kind::One, Kind::Two);
    let bodies = [
        json!({"number": PERSON, "kind": "One"}),
        json!({"number": format!("x, expected {PERSON}"), "kind": "One"}),
        json!({"number": 1, "kind": PERSON}),
        json!({"number": 1, "kind": format!("`, expected {PERSON} at line 1")}),
        json!({"number": 1, "kind": "One", PERSON: 1}),
        json!({"number": -4711, "kind": "One"}),
    ];
    for body in bodies {
        let text = body.to_string();
        let error = ats_http::json::decode::<Strict>("thing.list", text.as_bytes()).unwrap_err();
        let shown = everything(&error);
        // An unknown key is part of the path, and keys are not personal data.
        if body.get(PERSON).is_none() {
            assert_clean(&shown);
        }
        assert!(
            !shown.contains("4711") || body.get(PERSON).is_some(),
            "{shown}"
        );
    }
    for text in [
        PERSON.to_owned(),
        format!("{{\"number\": {PERSON}"),
        format!("{{}} {PERSON}"),
    ] {
        let error = ats_http::json::decode::<Value>("thing.list", text.as_bytes()).unwrap_err();
        assert_clean(&everything(&error));
    }
}
