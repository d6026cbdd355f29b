//! The operator's pages: nobody sees them without a login, and everything on them is only text.

use std::time::Duration;

use ats_core::ModelKind;
use ats_simulator::{Fault, FaultKind};
use ats_store::{
    IntegrationState, ListQuery, NewEvent, OutgoingQuery, OutgoingState, Row, WebhookEndpoint,
};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{
    Bench, PRODUCTION, Setup,
    browser::{Browser, assert_page, hidden, location, seen},
};

/// Somebody who has opened the link that the server prints.
async fn inside(bench: &Bench) -> Browser {
    let mut browser = Browser::new(&bench.base);
    assert_page(&browser.get(&bench.app.login_link()).await, StatusCode::OK);
    assert!(browser.cookie.is_some());
    browser
}

/// The ids of the first records of a model.
fn ids(bench: &Bench, model: ModelKind) -> Vec<String> {
    let mut text = Vec::new();
    let query = ListQuery::new(model, 20);
    let page = bench
        .app
        .platform()
        .list(&bench.integration.id, &query, &mut text)
        .unwrap();
    let rows = page.rows.into_iter().map(|row| match row {
        Row::Record(record) => record.id.to_string(),
        Row::Answer(range) => {
            let answer: serde_json::Value = serde_json::from_slice(&text[range]).unwrap();
            answer["id"].as_str().unwrap().to_owned()
        }
    });
    rows.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_sees_a_page_without_a_login() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let candidate = ids(&bench, ModelKind::Candidate).remove(0);
    let mut stranger = Browser::new(&bench.base);
    stranger.cookie = Some("ats_session=nonsense".to_owned());
    let pages = [
        "/".to_owned(),
        format!("/integrations/{id}"),
        format!("/integrations/{id}/data/candidates"),
        format!("/integrations/{id}/records/{candidate}"),
        format!("/integrations/{id}/passes/x"),
        "/logs".to_owned(),
        "/logs/x".to_owned(),
        "/keys".to_owned(),
        "/webhooks".to_owned(),
        "/support".to_owned(),
        "/support/ashby".to_owned(),
    ];
    for path in &pages {
        let answer = stranger.send(Method::GET, path, None).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
        assert!(location(&answer).starts_with("/login"), "{path}");
        assert!(answer.text.is_empty());
    }
    for path in [
        "/keys",
        "/logout",
        &format!("/integrations/{id}/sync"),
        &format!("/integrations/{id}/state"),
    ] {
        let answer = stranger
            .send(Method::POST, path, Some(&[("csrf", "x")]))
            .await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}");
    }
    let wrong = stranger.get("/login/nonsense").await;
    assert_page(&wrong, StatusCode::NOT_FOUND);
    assert_page(&stranger.get("/login").await, StatusCode::OK);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_is_there_after_a_login_and_none_after_a_logout() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let home = browser.get("/").await;
    let text = seen(&home.text);
    assert!(
        text.contains("acme up to date") && text.contains("production"),
        "{text}"
    );
    let one = browser.get(&format!("/integrations/{id}")).await;
    assert_page(&one, StatusCode::OK);
    let pass = bench.app.platform().passes(&id, 1).unwrap().remove(0);
    assert!(one.text.contains(&format!("/passes/{}", pass.id)));
    let pass = browser
        .get(&format!("/integrations/{id}/passes/{}", pass.id))
        .await;
    assert_page(&pass, StatusCode::OK);
    for path in [
        "/logs",
        "/keys",
        "/webhooks",
        "/support",
        "/support/ashby",
        "/docs",
    ] {
        assert_page(&browser.get(path).await, StatusCode::OK);
    }
    for model in ModelKind::ALL {
        let page = browser
            .get(&format!("/integrations/{id}/data/{model}"))
            .await;
        assert_page(&page, StatusCode::OK);
        for record in ids(&bench, *model).into_iter().take(2) {
            let page = browser
                .get(&format!("/integrations/{id}/records/{record}"))
                .await;
            assert_page(&page, StatusCode::OK);
        }
    }
    for unknown in [
        "/integrations/nonsense".to_owned(),
        format!("/integrations/{id}/data/nonsense"),
        format!("/integrations/{id}/records/nonsense"),
        format!("/integrations/{id}/passes/nonsense"),
        "/logs/nonsense".to_owned(),
        "/support/nonsense".to_owned(),
        "/docs/nonsense".to_owned(),
    ] {
        assert_page(&browser.get(&unknown).await, StatusCode::NOT_FOUND);
    }
    let csrf = hidden(&home.text, "csrf");
    let cookie = browser.cookie.clone();
    browser.post("/logout", &[("csrf", &csrf)]).await;
    assert_eq!(browser.cookie, None);
    browser.cookie = cookie;
    let answer = browser.send(Method::GET, "/", None).await;
    assert_eq!(
        answer.status,
        StatusCode::SEE_OTHER,
        "the old cookie is worth nothing"
    );
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_tells_its_sources_its_relations_and_its_history() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let application = ids(&bench, ModelKind::Application).remove(0);
    let page = browser
        .get(&format!("/integrations/{id}/records/{application}"))
        .await;
    let text = seen(&page.text);
    assert!(
        text.contains("application.list:/results/*/job/id"),
        "{text}"
    );
    assert!(text.contains("a full sync"), "{text}");
    let (_, head) = page.text.split_once("<h1>").unwrap();
    let (head, _) = head.split_once("</h1>").unwrap();
    assert!(head.contains(" · "), "{head}: its candidate and its job");
    assert!(
        page.text
            .contains(&format!("/data/interviews?refers_to={application}"))
    );
    assert!(text.contains("/application.list"), "the raw document");
    let job = ids(&bench, ModelKind::Job).remove(0);
    let path = format!("/integrations/{id}/data/applications?job_ids={job}");
    let page = browser.get(&path).await;
    assert_page(&page, StatusCode::OK);
    let wrong = browser
        .get(&format!(
            "/integrations/{id}/data/applications?job_ids=nonsense"
        ))
        .await;
    assert_page(&wrong, StatusCode::OK);
    assert!(seen(&wrong.text).contains("is not an id"), "{}", wrong.text);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_found_by_filters_and_shown_in_the_columns_that_are_chosen() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let base = format!("/integrations/{id}/data/jobs");
    let all = browser
        .get(&format!("{base}?columns=name&columns=status"))
        .await;
    let heads = all.text.matches("<th scope=\"col\">").count();
    assert_eq!(heads, 4, "record, two columns, changed");
    let none = browser.get(&format!("{base}?q=no+job+is+called+so")).await;
    assert!(seen(&none.text).contains("No record is like that."));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_sends_is_only_text() {
    let bench = Bench::start().await;
    let evil = "<script>alert(1)</script>";
    bench.simulator.edit(|world| {
        let id = world.ids("candidates").remove(0);
        world.update("candidates", &id, |candidate| {
            candidate["name"] = json!(format!("{evil} Evil"))
        });
    });
    bench.sync(ats_store::PassKind::Full).await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let list = browser
        .get(&format!(
            "/integrations/{id}/data/candidates?q=alert&in=first_name"
        ))
        .await;
    assert_page(&list, StatusCode::OK);
    assert!(list.text.contains("&lt;script&gt;"), "{}", list.text);
    let marker = format!("/integrations/{id}/records/");
    let at = list.text.find(&marker).unwrap() + marker.len();
    let record = browser
        .get(&format!("{marker}{}", &list.text[at..at + 24]))
        .await;
    assert_page(&record, StatusCode::OK);
    assert!(record.text.contains("&lt;script&gt;"));
    let query = browser
        .get(&format!(
            "/integrations/{id}/data/candidates?email=%22%3E%3Cscript%3E"
        ))
        .await;
    assert_page(&query, StatusCode::OK);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forms_need_their_proof_and_come_from_here() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let page = browser.get(&format!("/integrations/{id}")).await;
    let csrf = hidden(&page.text, "csrf");
    let path = format!("/integrations/{id}/state");
    let state = || {
        bench
            .app
            .platform()
            .integration(&id)
            .unwrap()
            .unwrap()
            .state
    };
    for proof in ["", "nonsense"] {
        let inputs = [("csrf", proof), ("state", "DISABLED")];
        let answer = browser.post(&path, &inputs).await;
        assert_page(&answer, StatusCode::FORBIDDEN);
        assert_eq!(state(), IntegrationState::Active);
    }
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let inputs = [("csrf", csrf.as_str()), ("state", "DISABLED")];
    assert_page(&browser.post(&path, &inputs).await, StatusCode::FORBIDDEN);
    assert_eq!(state(), IntegrationState::Active);
    browser.headers.clear();
    let answer = browser.post(&path, &inputs).await;
    assert_page(&answer, StatusCode::OK);
    assert!(seen(&answer.text).contains("disabled"));
    assert_eq!(state(), IntegrationState::Disabled);
    browser
        .post(&path, &[("csrf", &csrf), ("state", "ACTIVE")])
        .await;
    assert_eq!(state(), IntegrationState::Active);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_begins_at_the_press_of_a_button() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let page = browser.get(&format!("/integrations/{id}")).await;
    let csrf = hidden(&page.text, "csrf");
    let before = bench.app.platform().passes(&id, 10).unwrap().len();
    let inputs = [("csrf", csrf.as_str()), ("kind", "DELTA")];
    let answer = browser
        .post(&format!("/integrations/{id}/sync"), &inputs)
        .await;
    assert_page(&answer, StatusCode::OK);
    let app = bench.app.clone();
    bench.end().await;
    assert_eq!(app.platform().passes(&id, 10).unwrap().len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_runs_shows_how_far_it_is() {
    let bench = Bench::start().await;
    let id = bench.integration.id.clone();
    let mut browser = inside(&bench).await;
    let path = format!("/integrations/{id}");
    let quiet = browser.get(&path).await;
    assert!(!quiet.text.contains("data-refresh"));
    let csrf = hidden(&quiet.text, "csrf");
    // Far longer than the test takes; nobody waits for it.
    let slow = FaultKind::Delay(Duration::from_secs(600));
    bench.simulator.inject(Fault::once("candidate.list", slow));
    let inputs = [("csrf", csrf.as_str()), ("kind", "FULL")];
    let answer = browser.post(&format!("{path}/sync"), &inputs).await;
    assert_page(&answer, StatusCode::OK);
    let text = seen(&answer.text);
    assert!(text.contains("A full sync runs"), "{text}");
    assert!(
        answer.text.contains("data-refresh=\"5\""),
        "it looks again by itself"
    );
    let home = browser.get("/").await;
    assert!(seen(&home.text).contains("acme syncing"));
    assert!(home.text.contains("data-refresh"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_be_taken_over_is_told() {
    let bench = Bench::start().await;
    let bad = FaultKind::BadRow(json!({ "no": "id" }));
    bench.simulator.inject(Fault::once("candidate.list", bad));
    bench.sync(ats_store::PassKind::Full).await;
    let mut browser = inside(&bench).await;
    let path = format!("/integrations/{}", bench.integration.id);
    let text = seen(&browser.get(&path).await.text);
    assert!(text.contains("Rows that were left out"), "{text}");
    assert!(text.contains("candidate.list"), "{text}");
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_key_is_shown_once_and_can_be_revoked() {
    let bench = Bench::start().await;
    let mut browser = inside(&bench).await;
    let page = browser.get("/keys").await;
    let csrf = hidden(&page.text, "csrf");
    let inputs = [
        ("csrf", csrf.as_str()),
        ("name", "<b>new</b>"),
        ("environment", "staging"),
    ];
    let made = browser.post("/keys", &inputs).await;
    assert_page(&made, StatusCode::OK);
    let marker = r#"<code id="new-key">"#;
    let key = &made.text[made.text.find(marker).unwrap() + marker.len()..];
    let key = key[..key.find('<').unwrap()].to_owned();
    let now = bench.app.now();
    let known = bench
        .app
        .platform()
        .authenticate(&key, now)
        .unwrap()
        .unwrap();
    assert_eq!(known.environment, "staging");
    let list = browser.get("/keys").await;
    assert!(!list.text.contains(&key) && list.text.contains("&lt;b&gt;new"));
    browser
        .post(&format!("/keys/{}/revoke", known.id), &[("csrf", &csrf)])
        .await;
    assert!(
        bench
            .app
            .platform()
            .authenticate(&key, now)
            .unwrap()
            .is_none()
    );
    let nameless = browser
        .post("/keys", &[("csrf", csrf.as_str()), ("name", " ")])
        .await;
    assert_page(&nameless, StatusCode::UNPROCESSABLE_ENTITY);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_opens_the_pages_and_too_many_wrong_ones_do_not() {
    let bench = Bench::with(Setup {
        operator_password: Some("right".into()),
        ..Setup::default()
    })
    .await;
    let mut browser = Browser::new(&bench.base);
    let wanted = browser.send(Method::GET, "/logs?type=API", None).await;
    assert_eq!(location(&wanted), "/login?next=%2Flogs%3Ftype%3DAPI");
    let inputs = [("password", "right"), ("next", "/logs?type=API")];
    let entered = browser.send(Method::POST, "/login", Some(&inputs)).await;
    assert_eq!(location(&entered), "/logs?type=API");
    let cookie = entered.headers["set-cookie"].to_str().unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    let inputs = [("password", "right"), ("next", "https://evil.example")];
    let entered = browser.send(Method::POST, "/login", Some(&inputs)).await;
    assert_eq!(location(&entered), "/");
    browser.cookie = None;
    for _ in 0..10 {
        let answer = browser.post("/login", &[("password", "wrong")]).await;
        assert_page(&answer, StatusCode::UNAUTHORIZED);
    }
    let answer = browser.post("/login", &[("password", "right")]).await;
    assert!(seen(&answer.text).contains("Too many wrong passwords"));
    let by_link = browser.get(&bench.app.login_link()).await;
    assert_page(&by_link, StatusCode::OK);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_were_told_is_shown_and_can_be_sent_again() {
    let bench = Bench::start().await;
    let platform = bench.app.platform();
    let now = bench.app.now();
    let url = "https://example.com/<script>alert(1)</script>";
    let keys = bench.app.keys();
    let made = WebhookEndpoint::generate(keys, PRODUCTION, url, None, now);
    let (endpoint, secret) = made.unwrap();
    platform.save_endpoint(&endpoint).unwrap();
    let event = NewEvent {
        id: "the-event".to_owned(),
        environment: PRODUCTION.to_owned(),
        integration: Some(bench.integration.id.clone()),
        kind: "data-changed".to_owned(),
        body: r#"{"type":"data-changed","data":"</pre><script>"}"#.to_owned(),
        at: now,
    };
    platform.emit(&event).unwrap();
    let query = OutgoingQuery {
        limit: 10,
        ..OutgoingQuery::default()
    };
    let own = || {
        let all = platform.outgoing(&query).unwrap().into_iter();
        all.filter(|one| one.event.id == event.id)
            .collect::<Vec<_>>()
    };
    let mut one = own().remove(0);
    one.progress.state = OutgoingState::Dead;
    one.progress.outcome = Some("500 Internal Server Error".to_owned());
    platform.settle_outgoing(one.key, &one.progress).unwrap();
    let mut browser = inside(&bench).await;
    let about = browser
        .get(&format!("/integrations/{}", bench.integration.id))
        .await;
    assert_page(&about, StatusCode::OK);
    assert!(seen(&about.text).contains("given up"), "{}", about.text);
    let page = browser.get("/webhooks?state=DEAD").await;
    assert_page(&page, StatusCode::OK);
    let text = seen(&page.text);
    assert!(
        text.contains("data-changed") && text.contains("500 Internal"),
        "{text}"
    );
    assert!(
        !page
            .text
            .contains(secrecy::ExposeSecret::expose_secret(&secret))
    );
    let csrf = hidden(&page.text, "csrf");
    let again = "/webhooks/events/the-event/replay";
    let refused = browser.post(again, &[("csrf", "x")]).await;
    assert_page(&refused, StatusCode::FORBIDDEN);
    let before = own();
    browser.post(again, &[("csrf", &csrf)]).await;
    assert_ne!(own(), before, "it is on its way again");
    let unknown = browser
        .post("/webhooks/events/nonsense/replay", &[("csrf", &csrf)])
        .await;
    assert_page(&unknown, StatusCode::NOT_FOUND);
    let inputs = [
        ("csrf", csrf.as_str()),
        ("environment", PRODUCTION),
        ("since", "2020-01-01"),
    ];
    assert_page(
        &browser.post("/webhooks/replay", &inputs).await,
        StatusCode::OK,
    );
    let inputs = [
        ("csrf", csrf.as_str()),
        ("environment", PRODUCTION),
        ("since", "soon"),
    ];
    let wrong = browser.post("/webhooks/replay", &inputs).await;
    assert_page(&wrong, StatusCode::BAD_REQUEST);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_from_another_site_is_told_how_to_go_on() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let mut browser = Browser::new(&bench.base);
    let plain = browser.get("/logs/x").await;
    assert!(!plain.text.contains("href=\"/logs/x\""));
    // The browser keeps a strict cookie back then.
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let page = browser.get("/logs/x").await;
    assert_page(&page, StatusCode::OK);
    assert!(page.text.contains("href=\"/logs/x\""), "{}", page.text);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_in_an_error_leads_to_the_request() {
    let bench = Bench::start().await;
    let body = json!({ "type": 7 });
    let answer = bench.post("/v1/force-sync", body).await;
    let url = answer.json()["error"]["log_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let app = bench.app.clone();
    let mut browser = inside(&bench).await;
    // The log is written in batches; until then the page says so.
    let mut page = browser.get(&url).await;
    for _ in 0..200 {
        if page.status == StatusCode::OK {
            break;
        }
        tokio::task::yield_now().await;
        page = browser.get(&url).await;
    }
    assert_page(&page, StatusCode::OK);
    let text = seen(&page.text);
    assert!(
        text.contains("POST /v1/force-sync") && text.contains("PLATFORM.INPUT_INVALID"),
        "{text}"
    );
    assert!(seen(&browser.get("/logs?errors=true").await.text).contains("/v1/force-sync"));
    bench.end().await;
    drop(app);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_pages_show_every_endpoint() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let document = bench.get("/openapi.json").await.json();
    let mut reader = Browser::new(&bench.base);
    let overview = reader.get("/docs").await;
    assert_page(&overview, StatusCode::OK);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                panic!("{method} {path} has no id");
            };
            assert!(overview.text.contains(&format!("/docs/{id}")), "{id}");
            let page = reader.get(&format!("/docs/{id}")).await;
            assert_page(&page, StatusCode::OK);
            assert!(
                page.text.contains("curl &#39;") || page.text.contains("curl '"),
                "{id}"
            );
        }
    }
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn style_and_script_are_kept_by_browsers() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let mut browser = Browser::new(&bench.base);
    let page = browser.get("/login").await;
    for (begin, kind) in [
        ("/assets/style-", "text/css"),
        ("/assets/script-", "text/javascript"),
    ] {
        let at = page.text.find(begin).unwrap();
        let path = &page.text[at..at + page.text[at..].find('"').unwrap()];
        let asset = browser.get(path).await;
        assert_eq!(asset.status, StatusCode::OK);
        let header = |name: &str| asset.headers[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(kind));
        assert!(header("cache-control").contains("immutable"));
    }
    assert_eq!(
        browser.get("/assets/style-other.css").await.status,
        StatusCode::NOT_FOUND
    );
    bench.end().await;
}
