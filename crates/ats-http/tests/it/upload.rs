//! Files sent to a target that the vendor named.

use std::sync::atomic::Ordering;

use ats_core::{ErrorKind, Result};
use ats_http::{
    Auth, CallKind, Client, Content, DownloadPolicy, Downloader, Part, Stats, Upload,
    testing::FakeClock,
};
use wiremock::{Mock, MockServer, matchers::path};

use crate::support::{Act, OK, builder, ok, raw_server, requests, seconds, server, status};

const BYTES: &[u8] = b"%PDF-1.4\n\x00\xff";

fn client(base_url: &str, clock: &FakeClock) -> Client {
    builder(base_url, clock)
        .auth(Auth::Bearer("canary-key".into()))
        .header("x-version", "2")
        .user_agent("tests")
        .build()
        .unwrap()
}

fn cv(content: impl Into<Content>) -> Part {
    Part::file(
        "file",
        "Lebenslauf \"Jürgen\" 履歴書.pdf",
        "application/pdf",
        content,
    )
}

fn fields() -> Vec<(String, String)> {
    [
        ("key", "uploads/1"),
        ("x-amz-meta", "ü"),
        ("acl", "private"),
        ("key2", ""),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

async fn send(client: &Client, url: &str, kind: CallKind) -> Result<()> {
    send_part(client, url, kind, &cv(BYTES.to_vec())).await
}

async fn send_part(client: &Client, url: &str, kind: CallKind, file: &Part) -> Result<()> {
    client
        .upload(Upload {
            operation: "file.upload",
            url,
            fields: &fields(),
            file,
            kind,
        })
        .await
}

/// The form that is to be sent, byte by byte.
fn expected(boundary: &str) -> Vec<u8> {
    let mut form = String::new();
    for (name, value) in fields() {
        form.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    form.push_str(&format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; \
         filename=\"Lebenslauf \\\"Jürgen\\\" 履歴書.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
    ));
    let mut form = form.into_bytes();
    form.extend_from_slice(BYTES);
    form.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    form
}

#[tokio::test]
async fn the_fields_come_in_order_and_the_file_last_without_anything_of_the_client() {
    let target = server(vec![status(204)]).await;
    let client = client("http://127.0.0.1:1", &FakeClock::new());
    let url = format!("{}/bucket?sig=1", target.uri());

    send(&client, &url, CallKind::Read).await.unwrap();

    let request = &target.received_requests().await.unwrap()[0];
    assert_eq!(request.method.as_str(), "POST");
    assert_eq!(request.url.query(), Some("sig=1"));
    let header = |name: &str| request.headers.get(name).unwrap().to_str().unwrap();
    let boundary = header("content-type").strip_prefix("multipart/form-data; boundary=");
    let expected = expected(boundary.unwrap());
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        String::from_utf8_lossy(&expected)
    );
    assert_eq!(request.body, expected);
    assert_eq!(header("content-length"), expected.len().to_string());
    assert_eq!(header("user-agent"), "tests");
    let mut names: Vec<_> = request.headers.keys().map(ToString::to_string).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "accept-encoding",
            "content-length",
            "content-type",
            "host",
            "user-agent"
        ]
    );
    assert_eq!(header("accept"), "*/*");
}

#[tokio::test]
async fn a_downloaded_file_is_passed_on_at_each_attempt_anew() {
    let clock = FakeClock::new();
    let bytes: Vec<u8> = (0..200_000_u32).map(|n| (n % 251) as u8).collect();
    let source = server(vec![status(200).set_body_bytes(bytes.clone())]).await;
    let target = server(vec![status(500), status(204)]).await;
    let private = DownloadPolicy {
        allow_private_network: true,
    };
    let file = Downloader::new(private)
        .download("create_candidate", "data_url", &source.uri())
        .await
        .unwrap();
    let client = client("http://127.0.0.1:1", &clock);

    send_part(&client, &target.uri(), CallKind::Read, &cv(file))
        .await
        .unwrap();

    let received = target.received_requests().await.unwrap();
    assert_eq!(received.len(), 2);
    for request in received {
        let found = request.body.windows(bytes.len()).any(|part| part == bytes);
        assert!(found, "{} bytes", request.body.len());
        let length = request.headers.get("content-length").unwrap();
        assert_eq!(length.to_str().unwrap(), request.body.len().to_string());
    }
    let (sent, retried, throttled) = (2, 1, 0);
    assert_eq!(
        client.stats(),
        Stats {
            sent,
            retried,
            throttled,
            waited: seconds(0),
        }
    );
}

#[tokio::test]
async fn a_lost_answer_is_unknown_for_a_write_and_tried_again_for_a_read() {
    let clock = FakeClock::new();
    let (url, seen) = raw_server(vec![Act::Drop, Act::Drop, Act::Send(OK)]).await;
    let client = client("http://127.0.0.1:1", &clock);

    let error = send(&client, &url, CallKind::Write).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
    assert_eq!(seen.load(Ordering::SeqCst), 1);

    send(&client, &url, CallKind::Read).await.unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_target_that_stays_broken_is_unavailable_and_nobody_elses_matter() {
    let clock = FakeClock::new();
    for (code, kind) in [
        (500, ErrorKind::Unavailable),
        (
            429,
            ErrorKind::RateLimited {
                retry_after: Some(seconds(3)),
            },
        ),
    ] {
        let target = server(vec![status(code).insert_header("retry-after", "3")]).await;
        let client = client("http://127.0.0.1:1", &clock);
        let error = send(&client, &target.uri(), CallKind::Read)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &kind);
        assert_eq!(requests(&target).await, 6);
        // The limiter learns about the vendor's API, and this is not it.
        let limiter = client.limiter().snapshot();
        assert_eq!((limiter.throttled_count, limiter.limit), (0, 4));
    }
}

#[tokio::test]
async fn a_refusal_tells_what_to_do_and_no_secret() {
    let refused = ErrorKind::InputRejected { field: None };
    let late = ErrorKind::Unavailable;
    let cases = [
        (400, "EntityTooLarge", refused.clone()),
        (413, "", refused),
        (403, "AccessDenied", late.clone()),
        (404, "canary 4711", late.clone()),
        (307, "TemporaryRedirect", late),
    ];
    for (code, word, kind) in cases {
        let body = format!("<Error><Code>{word}</Code><Message>canary-4711</Message></Error>");
        let answer = status(code)
            .set_body_string(body)
            .insert_header("location", "http://127.0.0.1:1/canary-4711");
        let target = server(vec![answer]).await;
        let client = client("http://127.0.0.1:1", &FakeClock::new());
        let url = format!("{}/canary-4711?sig=canary-4711", target.uri());

        let error = send(&client, &url, CallKind::Write).await.unwrap_err();

        assert_eq!(error.kind(), &kind);
        assert_eq!(error.context("status"), Some(code.to_string().as_str()));
        let shown = (!word.is_empty() && !word.contains(' ')).then_some(word);
        assert_eq!(error.context("code"), shown);
        assert!(error.message().starts_with(&target.uri()), "{error}");
        assert!(
            !format!("{error} {error:?}").contains("canary"),
            "{error:?}"
        );
        assert_eq!(requests(&target).await, 1);
    }
}

#[tokio::test]
async fn an_answer_that_says_yes_and_breaks_off_is_a_yes() {
    let half = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n<PostResponse>";
    let (url, _) = raw_server(vec![Act::Send(half)]).await;
    let client = client("http://127.0.0.1:1", &FakeClock::new());
    send(&client, &url, CallKind::Write).await.unwrap();
}

#[tokio::test]
async fn a_target_that_is_none_is_the_vendors_fault() {
    let secure = client("https://api.example.com", &FakeClock::new());
    let plain = client("http://127.0.0.1:1", &FakeClock::new());
    for (client, url) in [
        (&secure, "http://files.example/"),
        (&secure, "/uploads"),
        (&secure, "https://key:pw@files.example/"),
        (&plain, "file:///etc/hosts"),
        (&plain, ""),
    ] {
        let error = send(client, url, CallKind::Read).await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Malformed { .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_part_that_would_break_the_form_is_not_sent() {
    let target = server(vec![ok()]).await;
    let client = client("http://127.0.0.1:1", &FakeClock::new());
    for part in [
        Part::file("file", "a\r\nb.pdf", "application/pdf", Vec::new()),
        Part::file("fi\nle", "a.pdf", "application/pdf", Vec::new()),
        Part::file("", "a.pdf", "application/pdf", Vec::new()),
        Part::file("file", "a.pdf", "pdf\r\nx: y", Vec::new()),
    ] {
        let error = send_part(&client, &target.uri(), CallKind::Read, &part).await;
        let error = error.unwrap_err();
        assert_eq!(
            error.kind(),
            &ErrorKind::InputInvalid { field: None },
            "{error}"
        );
        assert!(!error.to_string().contains(['\r', '\n']), "{error}");
    }
    assert_eq!(client.stats().sent, 0);
    assert_eq!(requests(&target).await, 0);
}

#[tokio::test]
async fn uploads_and_calls_run_beside_each_other() {
    let server = MockServer::start().await;
    for at in ["/upload", "/thing.list"] {
        Mock::given(path(at))
            .respond_with(ok())
            .mount(&server)
            .await;
    }
    let client = client(&server.uri(), &FakeClock::new());
    let url = format!("{}/upload", server.uri());
    // Connectors send from tasks that move between threads.
    let other = client.clone();
    let task = tokio::spawn(async move { send(&other, &url, CallKind::Read).await });
    crate::support::read(&client).await.unwrap();
    task.await.unwrap().unwrap();
    assert_eq!(client.stats().sent, 2);
}
