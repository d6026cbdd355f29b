//! Writes: sent again only when nothing was done, and honest about what is not known afterwards.

use std::{
    sync::{Arc, Mutex, atomic::Ordering},
    time::{Duration, Instant, SystemTime},
};

use ats_core::{ErrorKind, Recovery};
use ats_http::{Clock, Stats, testing::FakeClock};
use futures_util::future::BoxFuture;
use tokio::net::TcpSocket;

use crate::support::{
    Act, OK, builder, ok, raw_server, read, requests, seconds, serve, server, status, write,
};

#[tokio::test]
async fn a_write_that_meets_a_server_error_is_unknown_and_sent_once() {
    for code in [408, 500, 503] {
        let clock = FakeClock::new();
        let server = server(vec![status(code), ok()]).await;
        let client = builder(&server.uri(), &clock).build().unwrap();

        let error = write(&client).await.unwrap_err();

        assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
        assert_eq!(error.recovery(), Recovery::ReadBack);
        assert!(
            error
                .message()
                .contains("read back before sending it again")
        );
        assert_eq!(requests(&server).await, 1);
        assert_eq!(
            client.stats(),
            Stats {
                sent: 1,
                retried: 0,
                throttled: 0,
                waited: seconds(0),
            }
        );
        assert_eq!(clock.waits(), vec![]);
    }
}

#[tokio::test]
async fn a_throttled_write_was_not_done_and_is_sent_again_after_the_wait() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "30"), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    assert_eq!(write(&client).await.unwrap().status(), 200);

    assert_eq!(requests(&server).await, 2);
    assert_eq!(clock.waits(), vec![seconds(30)]);
    assert_eq!(
        client.stats(),
        Stats {
            sent: 2,
            retried: 1,
            throttled: 1,
            waited: seconds(30),
        }
    );
    assert_eq!(client.limiter().snapshot().limit, 2);
}

#[tokio::test]
async fn a_write_that_stays_throttled_says_so_and_tells_the_wish() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "30")]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();

    assert_eq!(
        error.kind(),
        &ErrorKind::RateLimited {
            retry_after: Some(seconds(30))
        }
    );
    assert_eq!(requests(&server).await, 6);
    assert_eq!(clock.waits(), vec![seconds(30); 5]);
}

#[tokio::test]
async fn a_wish_that_is_too_long_ends_a_write_at_once() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "601")]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();

    assert!(
        matches!(error.kind(), ErrorKind::RateLimited { .. }),
        "{error}"
    );
    assert_eq!(requests(&server).await, 1);
    assert_eq!(clock.waits(), vec![]);
}

#[tokio::test]
async fn a_write_that_is_lost_on_its_second_attempt_is_not_sent_a_third_time() {
    let clock = FakeClock::new();
    let server = server(vec![status(429), status(500), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
    assert_eq!(error.context("attempts"), Some("2"));
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn a_refused_write_is_an_answer() {
    let clock = FakeClock::new();
    let server = server(vec![status(422)]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();
    assert_eq!(write(&client).await.unwrap().status(), 422);
}

#[tokio::test]
async fn a_dropped_connection_leaves_a_write_unknown_and_a_read_retried() {
    let clock = FakeClock::new();
    let (url, seen) = raw_server(vec![Act::Drop, Act::Drop, Act::Send(OK)]).await;
    let client = builder(&url, &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        !cause.is_empty() && !cause.contains("thing.list"),
        "{cause}"
    );
    assert_eq!(seen.load(Ordering::SeqCst), 1);

    assert_eq!(read(&client).await.unwrap().status(), 200);
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_truncated_body_leaves_a_write_unknown_and_a_read_retried() {
    let clock = FakeClock::new();
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":";
    let (url, seen) = raw_server(vec![Act::Send(half), Act::Send(half), Act::Send(OK)]).await;
    let client = builder(&url, &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
    assert!(
        error.message().starts_with("the answer was cut off"),
        "{error}"
    );
    assert_eq!(seen.load(Ordering::SeqCst), 1);

    assert_eq!(read(&client).await.unwrap().body().as_ref(), b"{}");
    assert_eq!(seen.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_truncated_body_that_stays_truncated_is_unavailable() {
    let clock = FakeClock::new();
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"success\":";
    let (url, seen) = raw_server(vec![Act::Send(half)]).await;
    let client = builder(&url, &clock).build().unwrap();
    assert_eq!(
        read(&client).await.unwrap_err().kind(),
        &ErrorKind::Unavailable
    );
    assert_eq!(seen.load(Ordering::SeqCst), 6);
}

#[tokio::test]
async fn a_server_that_never_answers_leaves_a_write_unknown() {
    let clock = FakeClock::new();
    let (url, seen) = raw_server(vec![Act::Hang]).await;
    // The server never answers, so any timeout ends the same way; a short one ends soon.
    let timeout = Duration::from_millis(200);
    let client = builder(&url, &clock).read_timeout(timeout).build().unwrap();

    let error = write(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::OutcomeUnknown);
    assert!(
        error.message().contains("did not answer in time"),
        "{error}"
    );
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

/// A server that begins to listen while the client waits.
#[derive(Debug)]
struct Opening {
    clock: FakeClock,
    socket: Arc<Mutex<Option<TcpSocket>>>,
}

impl Clock for Opening {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn wall(&self) -> SystemTime {
        self.clock.wall()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let (socket, wait) = (Arc::clone(&self.socket), self.clock.sleep(duration));
        Box::pin(async move {
            if let Some(socket) = socket.lock().unwrap().take() {
                serve(socket.listen(8).unwrap(), vec![Act::Send(OK)]);
            }
            wait.await;
        })
    }
}

/// A port that nobody listens on and nobody else can take.
fn closed_port() -> (TcpSocket, String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    (socket, url)
}

#[tokio::test]
async fn a_write_that_found_no_server_was_not_sent_and_is_tried_again() {
    let (socket, url) = closed_port();
    let clock = FakeClock::new();
    let opening = Opening {
        clock: clock.clone(),
        socket: Arc::new(Mutex::new(Some(socket))),
    };
    let client = builder(&url, &clock)
        .clock(Arc::new(opening))
        .build()
        .unwrap();

    assert_eq!(write(&client).await.unwrap().status(), 200);
    assert_eq!(client.stats().sent, 2);
    assert_eq!(clock.waits().len(), 1);
}

#[tokio::test]
async fn a_write_that_never_found_a_server_was_not_sent() {
    let clock = FakeClock::new();
    let (_socket, url) = closed_port();
    let client = builder(&url, &clock).build().unwrap();

    let error = write(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::Unavailable);
    assert_eq!(
        error.message(),
        format!("could not connect to {url}; try again later")
    );
    assert_eq!(client.stats().sent, 6);
}

#[tokio::test]
async fn an_oversized_answer_leaves_a_write_unknown() {
    let clock = FakeClock::new();
    let server = server(vec![status(200).set_body_string("x".repeat(11))]).await;
    let client = builder(&server.uri(), &clock)
        .response_cap(10)
        .build()
        .unwrap();
    assert_eq!(
        write(&client).await.unwrap_err().kind(),
        &ErrorKind::OutcomeUnknown
    );
}

#[tokio::test]
async fn a_redirect_is_an_error_and_is_not_followed() {
    let cases = [
        (307, ErrorKind::ConfigInvalid),
        (308, ErrorKind::ConfigInvalid),
        (302, ErrorKind::OutcomeUnknown),
        (303, ErrorKind::OutcomeUnknown),
    ];
    for (code, kind) in cases {
        let clock = FakeClock::new();
        let moved =
            status(code).insert_header("location", "https://user:pass@elsewhere.example/?token=x");
        let server = server(vec![moved, ok()]).await;
        let client = builder(&server.uri(), &clock).build().unwrap();

        let error = write(&client).await.unwrap_err();

        assert_eq!(error.kind(), &kind);
        assert!(
            error
                .message()
                .contains("redirects to https://elsewhere.example"),
            "{error}"
        );
        assert!(!error.to_string().contains("pass") && !error.to_string().contains("token"));
        assert_eq!(requests(&server).await, 1);
    }
}
