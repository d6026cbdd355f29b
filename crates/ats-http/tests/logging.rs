//! A canary in the log. It has a process to itself, because what is logged is decided once for all
//! threads, and other tests would get in the way.

use std::{
    io, slice,
    sync::{Arc, Mutex, PoisonError},
};

use ats_http::{
    Auth, Call, CallKind, Client, DownloadPolicy, Downloader, Lane, Part, RawBody, RawCall, Upload,
    testing::FakeClock,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tracing_subscriber::{filter::LevelFilter, fmt::MakeWriter};
use url::Url;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

const USER: &str = "canary-user-4711";
const PASSWORD: &str = "canary-password-4711";
/// `canary-user-4711:canary-password-4711` in base64.
const ENCODED: &str = "Y2FuYXJ5LXVzZXItNDcxMTpjYW5hcnktcGFzc3dvcmQtNDcxMQ==";
/// Stands for personal data in bodies.
const PERSON: &str = "canary-person-4711";

#[expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic as the test does"
)]
fn client(base_url: &str) -> Client {
    Client::builder(Url::parse(base_url).unwrap())
        .clock(Arc::new(FakeClock::new()))
        .request_id_header("x-request-id")
        .auth(Auth::Basic {
            user: USER.into(),
            password: PASSWORD.into(),
        })
        .build()
        .unwrap()
}

fn call(body: &Value) -> Call<'_, Value> {
    let operation = "thing.list";
    Call {
        operation,
        path: operation,
        body,
        kind: CallKind::Write,
        lane: Lane::Full,
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

/// Calls, uploads and downloads with a secret in every place that may hold one.
#[expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic as the test does"
)]
async fn everything_else(client: &Client, base_url: &str) {
    let pair = [("x-person".to_owned(), PERSON.to_owned())];
    let file = Part::file("file", format!("{PERSON}.pdf"), "a/b", PERSON.to_owned());
    let url = format!("{base_url}/{PERSON}?signature={PASSWORD}");
    for body in [
        RawBody::Text(PERSON),
        RawBody::Parts(slice::from_ref(&file)),
    ] {
        let call = RawCall {
            operation: "passthrough",
            method: "POST",
            path: &format!("/{PERSON}"),
            query: &pair,
            headers: &pair,
            body,
            kind: CallKind::Write,
            lane: Lane::Write,
        };
        client.raw(call).await.unwrap();
    }
    let upload = Upload {
        operation: "file.upload",
        url: &url,
        fields: &pair,
        file: &file,
        kind: CallKind::Write,
    };
    client.upload(upload).await.unwrap_err();
    let private = DownloadPolicy {
        allow_private_network: true,
    };
    let download = Downloader::new(private);
    download
        .download("create", "data_url", &url)
        .await
        .unwrap_err();
}

#[tokio::test]
async fn no_secret_is_logged_at_any_level() {
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .init();
    let person = json!({"name": PERSON});
    let answers = vec![
        // A vendor that repeats the key where nobody expects it.
        ResponseTemplate::new(429).insert_header("x-request-id", format!("req-{USER}")),
        ResponseTemplate::new(500).set_body_json(&person),
        ResponseTemplate::new(200)
            .set_body_json(&person)
            .insert_header("x-request-id", "req-2"),
    ];
    let server = MockServer::start().await;
    for answer in answers {
        Mock::given(any())
            .respond_with(answer)
            .up_to_n_times(1)
            .mount(&server)
            .await;
    }
    let client = client(&server.uri());
    client
        .post_json(Call {
            kind: CallKind::Read,
            ..call(&person)
        })
        .await
        .unwrap();

    let dropping = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let broken = self::client(&format!("http://{}", dropping.local_addr().unwrap()));
    let (outcome, ()) = tokio::join!(broken.post_json(call(&person)), async {
        drop(dropping.accept().await.unwrap());
    });
    outcome.unwrap_err();

    everything_else(&client, &server.uri()).await;

    let text = log.text();
    for secret in [USER, PASSWORD, ENCODED, PERSON] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // The log was there, and says what it should.
    for expected in [
        "attempt failed",
        "answered",
        r#"operation="thing.list""#,
        "attempt=3",
        "status=429",
        "status=200",
        "elapsed_ms=",
        r#"request_id="req-2""#,
        r#"request_id="req-***""#,
        "cause=Lost",
        r#"operation="passthrough""#,
        r#"operation="file.upload""#,
    ] {
        assert!(text.contains(expected), "no {expected} in {text}");
    }
}
