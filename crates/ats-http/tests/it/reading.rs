//! Reads: what is retried, how long the waits are, and what is left when nothing helps.

use ats_core::{ErrorKind, Recovery};
use ats_http::{CallKind, RetryPolicy, Stats, Verdict, testing::FakeClock};

use crate::support::{builder, call, ok, read, requests, seconds, server, status};

#[tokio::test]
async fn a_server_error_is_retried_until_an_answer_comes() {
    let clock = FakeClock::new();
    let server = server(vec![status(503), status(500), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let response = read(&client).await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(requests(&server).await, 3);
    assert_eq!(
        client.stats(),
        Stats {
            sent: 3,
            retried: 2,
            throttled: 0,
            waited: seconds(0),
        }
    );
    let waits = clock.waits();
    assert_eq!(waits.len(), 2);
    assert!(
        waits[0] <= seconds(1) && waits[1] <= seconds(2),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_server_that_stays_down_is_unavailable_after_six_attempts() {
    let clock = FakeClock::new();
    let down = status(502).insert_header("x-request-id", "req-7");
    let server = server(vec![down]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = read(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::Unavailable);
    assert_eq!(error.operation(), "thing.list");
    assert_eq!(error.context("attempts"), Some("6"));
    assert_eq!(error.context("status"), Some("502"));
    assert_eq!(error.context("request id"), Some("req-7"));
    assert_eq!(requests(&server).await, 6);
}

#[tokio::test]
async fn the_waits_of_a_call_keep_below_the_backoff_ceilings() {
    for seed in 0..20 {
        let clock = FakeClock::new();
        let server = server(vec![status(500)]).await;
        let client = builder(&server.uri(), &clock)
            .jitter_seed(seed)
            .build()
            .unwrap();
        read(&client).await.unwrap_err();
        let waits = clock.waits();
        assert_eq!(waits.len(), 5);
        for (wait, ceiling) in waits.iter().zip([1, 2, 4, 8, 16]) {
            assert!(*wait <= seconds(ceiling), "seed {seed}: {waits:?}");
        }
    }
}

#[tokio::test]
async fn retry_after_in_seconds_is_obeyed() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "17"), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    read(&client).await.unwrap();

    assert_eq!(clock.waits(), vec![seconds(17)]);
    assert_eq!(
        client.stats(),
        Stats {
            sent: 2,
            retried: 1,
            throttled: 1,
            waited: seconds(17),
        }
    );
}

#[tokio::test]
async fn retry_after_as_a_date_is_obeyed() {
    let clock = FakeClock::new();
    // The fake clock stands at 22:13:20.
    let date = "Tue, 14 Nov 2023 22:14:05 GMT";
    let server = server(vec![status(429).insert_header("retry-after", date), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    read(&client).await.unwrap();

    assert_eq!(clock.waits(), vec![seconds(45)]);
}

#[tokio::test]
async fn a_server_in_maintenance_says_when_to_come_back() {
    let clock = FakeClock::new();
    let server = server(vec![status(503).insert_header("retry-after", "12"), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    read(&client).await.unwrap();

    assert_eq!(clock.waits(), vec![seconds(12)]);
    // It is not about the rate, so the limit stays.
    assert_eq!(client.limiter().snapshot().limit, 4);
    assert_eq!(client.stats().throttled, 0);
}

#[tokio::test]
async fn a_garbage_retry_after_falls_back_to_backoff() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "soon"), ok()]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    read(&client).await.unwrap();

    let waits = clock.waits();
    assert_eq!(waits.len(), 1);
    assert!(waits[0] <= seconds(1), "{waits:?}");
}

#[tokio::test]
async fn an_absurd_retry_after_is_told_and_not_waited_for() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "86400")]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = read(&client).await.unwrap_err();

    assert_eq!(
        error.kind(),
        &ErrorKind::RateLimited {
            retry_after: Some(seconds(86_400))
        }
    );
    assert_eq!(
        error.recovery(),
        Recovery::Retry {
            after: Some(seconds(86_400))
        }
    );
    assert_eq!(
        error.message(),
        "the vendor asks for fewer requests; try again in 86400 s"
    );
    assert_eq!(clock.waits(), vec![]);
    assert_eq!(client.limiter().snapshot().paused_for, seconds(0));
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn throttling_that_does_not_end_is_rate_limited() {
    let clock = FakeClock::new();
    let server = server(vec![status(429)]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = read(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::RateLimited { retry_after: None });
    assert_eq!(requests(&server).await, 6);
    assert_eq!(client.stats().throttled, 6);
}

#[tokio::test]
async fn the_budget_ends_retrying_before_the_attempts_do() {
    let clock = FakeClock::new();
    let server = server(vec![status(429).insert_header("retry-after", "100")]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = read(&client).await.unwrap_err();

    // Five minutes hold three waits of a hundred seconds.
    assert_eq!(clock.waits(), vec![seconds(100); 3]);
    assert_eq!(
        error.kind(),
        &ErrorKind::RateLimited {
            retry_after: Some(seconds(100))
        }
    );
}

#[tokio::test]
async fn a_policy_of_one_attempt_retries_nothing() {
    let clock = FakeClock::new();
    let server = server(vec![status(500), ok()]).await;
    let policy = RetryPolicy {
        attempts: 1,
        ..RetryPolicy::default()
    };
    let client = builder(&server.uri(), &clock)
        .retry(policy)
        .build()
        .unwrap();

    let error = read(&client).await.unwrap_err();

    assert_eq!(error.kind(), &ErrorKind::Unavailable);
    assert_eq!(requests(&server).await, 1);
}

#[tokio::test]
async fn a_client_error_is_an_answer_for_the_connector() {
    let clock = FakeClock::new();
    for code in [400, 401, 403, 404, 409, 422] {
        let server = server(vec![status(code).set_body_string(r#"{"code":"no"}"#)]).await;
        let client = builder(&server.uri(), &clock).build().unwrap();

        let response = read(&client).await.unwrap();

        assert_eq!(response.status(), code);
        assert!(!response.is_success());
        assert_eq!(response.body().as_ref(), br#"{"code":"no"}"#);
        assert_eq!(requests(&server).await, 1);
    }
    assert_eq!(clock.waits(), vec![]);
}

/// Says what a vendor means that answers everything with 200.
fn judge(response: &ats_http::Response) -> Verdict {
    let text = String::from_utf8_lossy(response.body());
    if text.contains("slow_down") {
        Verdict::RetryRateLimited { after: None }
    } else if text.contains("wait_nine") {
        Verdict::RetryRateLimited {
            after: Some(seconds(9)),
        }
    } else if text.contains("broken") {
        Verdict::RetryUnavailable
    } else {
        Verdict::Done
    }
}

#[tokio::test]
async fn an_answer_that_is_judged_retryable_is_retried_like_its_status_twin() {
    let clock = FakeClock::new();
    let said = |text: &str| status(200).set_body_string(text);
    let answers = vec![
        said("slow_down").insert_header("retry-after", "5"),
        said("wait_nine").insert_header("retry-after", "5"),
        said("broken"),
        said("fine"),
    ];
    let server = server(answers).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let response = client
        .post_json_judged(call(CallKind::Read), judge)
        .await
        .unwrap();

    assert_eq!(response.body().as_ref(), b"fine");
    assert_eq!(
        client.stats(),
        Stats {
            sent: 4,
            retried: 3,
            throttled: 2,
            waited: seconds(14),
        }
    );
    let waits = clock.waits();
    assert_eq!(waits[..2], [seconds(5), seconds(9)]);
    assert!(waits[2] <= seconds(4), "{waits:?}");
    assert_eq!(client.limiter().snapshot().throttled_count, 2);
}

#[tokio::test]
async fn an_answer_that_is_judged_throttled_for_ever_is_rate_limited() {
    let clock = FakeClock::new();
    let server = server(vec![status(200).set_body_string("wait_nine")]).await;
    let client = builder(&server.uri(), &clock).build().unwrap();

    let error = client
        .post_json_judged(call(CallKind::Read), judge)
        .await
        .unwrap_err();

    assert_eq!(
        error.kind(),
        &ErrorKind::RateLimited {
            retry_after: Some(seconds(9))
        }
    );
    assert_eq!(error.context("status"), Some("200"));
}

#[tokio::test]
async fn a_judged_write_is_sent_again_only_if_it_was_throttled() {
    let clock = FakeClock::new();
    for (text, kind, sent) in [
        ("slow_down", ErrorKind::RateLimited { retry_after: None }, 6),
        ("broken", ErrorKind::OutcomeUnknown, 1),
    ] {
        let server = server(vec![status(200).set_body_string(text)]).await;
        let client = builder(&server.uri(), &clock).build().unwrap();
        let error = client
            .post_json_judged(call(CallKind::Write), judge)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &kind);
        assert_eq!(requests(&server).await, sent);
    }
}
