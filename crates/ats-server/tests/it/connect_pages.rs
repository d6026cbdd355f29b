//! The connect flow as a customer goes through it, without a script.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant, SystemTime},
};

use ats_core::{Clock, IntegrationId};
use ats_http::SystemClock;
use ats_simulator::{KeySpec, Simulator};
use ats_store::{
    EndUser, Integration, IntegrationState, Link, LinkKind, ScopeConfig, ScopeSetting,
    ScopeSettings,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::BoxFuture;
use reqwest::{Method, StatusCode};

use crate::support::{
    Bench, PRODUCTION, Setup,
    browser::{Browser, assert_page, hidden, location, seen},
};

pub(crate) const TOKEN: &str = "the-token-of-a-link";

/// A clock that can be set forward.
#[derive(Debug, Default)]
struct Ahead(Mutex<Duration>);

impl Ahead {
    fn by(&self, hours: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(hours * 60 * 60);
    }
}

impl Clock for Ahead {
    fn now(&self) -> Instant {
        SystemClock.now()
    }

    fn wall(&self) -> SystemTime {
        SystemClock.wall() + *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        SystemClock.sleep(duration)
    }
}

pub(crate) fn link(bench: &Bench) -> Link {
    let now = bench.app.now();
    Link {
        kind: LinkKind::Connect,
        environment: PRODUCTION.to_owned(),
        end_user: EndUser {
            organization_name: "Globex".to_owned(),
            creator_email: Some("it@globex.example".to_owned()),
            origin_id: Some("globex-1".to_owned()),
        },
        integration: None,
        connector: Some("ashby".to_owned()),
        language: "en".to_owned(),
        scope_config: None,
        embedded: true,
        created_at: now,
        expires_at: (DateTime::<Utc>::from(now) + TimeDelta::hours(1)).into(),
        used_at: None,
    }
}

pub(crate) async fn unread() -> Bench {
    Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await
}

pub(crate) fn give(bench: &Bench, link: &Link) -> Browser {
    bench.app.platform().add_link(TOKEN, link).unwrap();
    Browser::new(&bench.base)
}

pub(crate) fn path(rest: &str) -> String {
    format!("/connect/{TOKEN}{rest}")
}

/// Tries a key and gives the page that follows.
pub(crate) async fn try_key(
    browser: &mut Browser,
    simulator: &Simulator,
    key: &str,
) -> crate::support::Answer {
    let url = simulator.base_url();
    let inputs = [
        ("tool", "ashby"),
        ("credential-api_key", key),
        ("base_url", url.as_str()),
    ];
    browser.post(&path("/check"), &inputs).await
}

pub(crate) fn connected(bench: &Bench) -> Integration {
    let all = bench.app.platform().integrations().unwrap();
    let mut new = all.into_iter().filter(|one| one.id != bench.integration.id);
    let found = new.next().unwrap();
    assert!(new.next().is_none(), "one integration, not more");
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_connects_from_the_first_page_to_the_last() {
    let bench = unread().await;
    let mut browser = give(&bench, &link(&bench));

    let first = browser.get(&format!("{}?sdkv=1.3.0", path(""))).await;
    assert_page(&first, StatusCode::OK);
    let text = seen(&first.text);
    assert!(
        text.contains("127.0.0.1 asks for access to the recruiting data of Globex"),
        "{text}"
    );
    let frames = first.headers["content-security-policy"].to_str().unwrap();
    assert!(
        frames.contains("frame-ancestors *"),
        "an embedded link stands in a frame"
    );

    let guide = browser.get(&path("/key")).await;
    assert_page(&guide, StatusCode::OK);
    let text = seen(&guide.text);
    assert!(
        text.contains("Admin &gt; Integrations &gt; API Keys"),
        "{text}"
    );
    assert!(
        text.contains("Jobs: Read") && text.contains("Reading: "),
        "the table of boxes"
    );
    assert!(guide.text.contains(r#"type="password""#));

    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    assert_page(&scope, StatusCode::OK);
    assert!(
        seen(&scope.text).contains("Everything works."),
        "{}",
        scope.text
    );
    assert!(!scope.text.contains(&key), "the key is never shown");

    let attempt = hidden(&scope.text, "attempt");
    let done = browser
        .post(&path("/connect"), &[("attempt", &attempt)])
        .await;
    assert_page(&done, StatusCode::OK);
    let one = connected(&bench);
    assert_eq!(
        (one.name.as_str(), one.environment.as_str()),
        ("Globex", PRODUCTION)
    );
    assert_eq!(one.end_user.origin_id.as_deref(), Some("globex-1"));
    assert_eq!(one.state, IntegrationState::Active);
    let opened = bench
        .app
        .keys()
        .open_credentials(&one.credentials, &one.id)
        .unwrap();
    let opened: Vec<&str> = opened
        .values()
        .map(secrecy::ExposeSecret::expose_secret)
        .collect();
    assert_eq!(opened, [key.as_str()]);

    let marker = r#"data-activation-token=""#;
    let token = &done.text[done.text.find(marker).unwrap() + marker.len()..];
    let token = &token[..token.find('"').unwrap()];
    let now = bench.app.now();
    let activation = bench
        .app
        .platform()
        .activation(token, now)
        .unwrap()
        .unwrap();
    assert_eq!(activation.integration, one.id);

    let again = browser
        .post(&path("/connect"), &[("attempt", &attempt)])
        .await;
    assert!(
        again.text.contains(token),
        "a form that is sent twice gives the same answer"
    );
    connected(&bench);
    let used = browser.get(&path("")).await;
    assert_page(&used, StatusCode::GONE);
    assert!(seen(&used.text).contains("This link was used already"));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_told_and_another_one_can_be_tried() {
    let bench = unread().await;
    let mut browser = give(&bench, &link(&bench));
    let refused = try_key(&mut browser, &bench.simulator, "nonsense").await;
    assert_page(&refused, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        seen(&refused.text).contains("Ashby does not know this key"),
        "{}",
        refused.text
    );
    assert!(
        !refused.text.contains("nonsense"),
        "what was entered is not shown"
    );
    let missing = try_key(&mut browser, &bench.simulator, "  ").await;
    assert_page(&missing, StatusCode::UNPROCESSABLE_ENTITY);
    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    assert!(seen(&scope.text).contains("Everything works."));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_permission_is_named_with_its_box_and_found_once_it_is_ticked() {
    let bench = unread().await;
    let permissions = Simulator::all_permissions().into_iter();
    let lesser = permissions.filter(|permission| *permission != "offersRead");
    let key = bench.simulator.add_key(KeySpec::new("lesser", lesser));
    let mut browser = give(&bench, &link(&bench));
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    assert_page(&scope, StatusCode::OK);
    let text = seen(&scope.text);
    assert!(text.contains("Something is missing"), "{text}");
    assert!(text.contains("Offers missing Tick Offers: Read"), "{text}");
    assert!(text.contains("Jobs works"), "{text}");

    let whole = Simulator::all_permissions().into_iter();
    let better = bench.simulator.add_key(KeySpec::new("whole", whole));
    let other = try_key(&mut browser, &bench.simulator, &better).await;
    assert!(seen(&other.text).contains("Everything works."));
    let attempt = hidden(&scope.text, "attempt");
    let again = browser
        .post(&path("/check"), &[("attempt", &attempt)])
        .await;
    assert!(
        seen(&again.text).contains("Something is missing"),
        "the first key is tried again"
    );
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_optional_can_be_left_out_and_nothing_else() {
    let bench = unread().await;
    let names = |names: &[(&str, ScopeSetting)]| -> BTreeMap<String, ScopeSetting> {
        names
            .iter()
            .map(|(name, setting)| ((*name).to_owned(), *setting))
            .collect()
    };
    let settings = ScopeSettings {
        models: names(&[
            ("offers", ScopeSetting::Optional),
            ("interviews", ScopeSetting::Disabled),
        ]),
        fields: BTreeMap::from([(
            "candidates".to_owned(),
            names(&[
                ("phone_numbers", ScopeSetting::Optional),
                ("company", ScopeSetting::Optional),
            ]),
        )]),
        actions: names(&[("reject_application", ScopeSetting::Optional)]),
    };
    let config = ScopeConfig {
        id: "config".to_owned(),
        environment: PRODUCTION.to_owned(),
        name: "Careful".to_owned(),
        is_default: true,
        settings,
    };
    bench.app.platform().save_scope_config(&config).unwrap();
    let mut browser = give(&bench, &link(&bench));
    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    let text = seen(&scope.text);
    assert!(
        text.contains("Offers (optional)") && !text.contains("Interviews"),
        "{text}"
    );
    let attempt = hidden(&scope.text, "attempt");
    let inputs = [
        ("attempt", attempt.as_str()),
        ("share", "candidates.company"),
        ("share", "reject_application"),
    ];
    browser.post(&path("/connect"), &inputs).await;
    let settings = connected(&bench).settings;
    assert_eq!(settings.scope_config.as_deref(), Some("config"));
    let scope = settings.scope;
    assert_eq!(
        scope.models_off,
        ["interviews", "offers"].map(str::to_owned).into()
    );
    assert_eq!(
        scope.fields_off["candidates"],
        ["phone_numbers".to_owned()].into()
    );
    assert!(scope.actions_off.is_empty());
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn links_that_expired_or_never_were_lead_nowhere() {
    let clock = Arc::new(Ahead::default());
    let bench = Bench::with(Setup {
        mirrored: false,
        clock: Arc::<Ahead>::clone(&clock),
        ..Setup::default()
    })
    .await;
    let mut browser = give(&bench, &link(&bench));
    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    let attempt = hidden(&scope.text, "attempt");
    clock.by(2);
    for page in [
        browser.get(&path("")).await,
        browser.get(&path("/key")).await,
        browser
            .post(&path("/connect"), &[("attempt", &attempt)])
            .await,
        try_key(&mut browser, &bench.simulator, &key).await,
    ] {
        assert_page(&page, StatusCode::GONE);
        assert!(seen(&page.text).contains("This link has expired"));
    }
    let unknown = browser.get("/connect/nonsense").await;
    assert_page(&unknown, StatusCode::NOT_FOUND);
    assert_eq!(bench.app.platform().integrations().unwrap().len(), 1);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_renew_replaces_the_key_and_makes_the_integration_active_again() {
    let bench = unread().await;
    let mut dead = bench.integration.clone();
    dead.state = IntegrationState::Invalid;
    bench.app.platform().save_integration(&dead).unwrap();
    let renewing = Link {
        kind: LinkKind::Relink,
        integration: Some(dead.id.clone()),
        embedded: false,
        ..link(&bench)
    };
    let mut browser = give(&bench, &renewing);
    let first = browser.get(&path("")).await;
    assert!(seen(&first.text).contains("Renew the connection to Ashby"));
    let frames = first.headers["content-security-policy"].to_str().unwrap();
    assert!(frames.contains("frame-ancestors 'none'"));
    let key = bench
        .simulator
        .add_key(KeySpec::new("new", Simulator::all_permissions()));
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    let attempt = hidden(&scope.text, "attempt");
    let done = browser
        .post(&path("/connect"), &[("attempt", &attempt)])
        .await;
    assert_page(&done, StatusCode::OK);
    assert!(seen(&done.text).contains("You can close this window."));
    assert!(!done.text.contains("data-activation-token"));
    let all = bench.app.platform().integrations().unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].state, IntegrationState::Active);
    assert_ne!(all[0].credentials, dead.credentials);
    assert_eq!(all[0].name, dead.name);
    let date = |one: &Integration| one.created_at.to_string();
    assert_eq!(date(&all[0]), date(&dead));
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_renew_keeps_what_is_off_unless_it_names_a_scope_config() {
    let bench = unread().await;
    let mut one = bench.integration.clone();
    one.settings.scope.models_off = ["offers".to_owned()].into();
    bench.app.platform().save_integration(&one).unwrap();
    let config = ScopeConfig {
        id: "config".to_owned(),
        environment: PRODUCTION.to_owned(),
        name: "Other".to_owned(),
        is_default: true,
        settings: ScopeSettings {
            models: [("interviews".to_owned(), ScopeSetting::Disabled)].into(),
            ..ScopeSettings::default()
        },
    };
    bench.app.platform().save_scope_config(&config).unwrap();
    for (token, named, off) in [
        ("plain", None, "offers"),
        ("named", Some("config"), "interviews"),
    ] {
        let renewing = Link {
            kind: LinkKind::Relink,
            integration: Some(one.id.clone()),
            scope_config: named.map(str::to_owned),
            ..link(&bench)
        };
        bench.app.platform().add_link(token, &renewing).unwrap();
        let mut browser = Browser::new(&bench.base);
        let (key, url) = (bench.simulator.key(), bench.simulator.base_url());
        let inputs = [
            ("credential-api_key", key.as_str()),
            ("base_url", url.as_str()),
        ];
        let scope = browser
            .post(&format!("/connect/{token}/check"), &inputs)
            .await;
        let attempt = hidden(&scope.text, "attempt");
        let done = browser
            .post(
                &format!("/connect/{token}/connect"),
                &[("attempt", &attempt)],
            )
            .await;
        assert_eq!(done.status, 200);
        let kept = bench
            .app
            .platform()
            .integration(&one.id)
            .unwrap()
            .unwrap()
            .settings;
        assert_eq!(kept.scope.models_off, [off.to_owned()].into());
        assert_eq!(kept.scope_changed_at.is_some(), named.is_some());
    }
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_customers_of_one_name_get_two_integrations() {
    let bench = unread().await;
    let mut ids = Vec::new();
    for token in ["one", "two"] {
        bench.app.platform().add_link(token, &link(&bench)).unwrap();
        let mut browser = Browser::new(&bench.base);
        let (key, url) = (bench.simulator.key(), bench.simulator.base_url());
        let inputs = [
            ("credential-api_key", key.as_str()),
            ("base_url", url.as_str()),
        ];
        let scope = browser
            .post(&format!("/connect/{token}/check"), &inputs)
            .await;
        let attempt = hidden(&scope.text, "attempt");
        let path = format!("/connect/{token}/connect");
        let done = browser.post(&path, &[("attempt", &attempt)]).await;
        assert_eq!(done.status, 200);
    }
    for one in bench.app.platform().integrations().unwrap() {
        if one.id != bench.integration.id {
            ids.push((one.name.clone(), one.id.clone()));
        }
    }
    let expected = |name: &str| (name.to_owned(), IntegrationId::derive("ashby", name));
    assert_eq!(ids, [expected("Globex"), expected("Globex 2")]);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_is_refused_and_names_are_only_text() {
    let bench = unread().await;
    let mut evil = link(&bench);
    evil.end_user.organization_name = "<script>alert(1)</script>".to_owned();
    let mut browser = give(&bench, &evil);
    for rest in ["", "/key"] {
        let page = browser.get(&path(rest)).await;
        assert_page(&page, StatusCode::OK);
        assert!(page.text.contains("&lt;script&gt;alert(1)"));
    }
    let key = bench.simulator.key();
    browser.headers = vec![("sec-fetch-site", "cross-site".to_owned())];
    let refused = try_key(&mut browser, &bench.simulator, &key).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    browser.headers = vec![("origin", "https://evil.example".to_owned())];
    let refused = try_key(&mut browser, &bench.simulator, &key).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    browser.headers = vec![
        ("sec-fetch-site", "same-origin".to_owned()),
        ("origin", "null".to_owned()),
    ];
    let taken = try_key(&mut browser, &bench.simulator, &key).await;
    assert_eq!(taken.status, StatusCode::OK);
    bench.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_belongs_to_its_link() {
    let bench = unread().await;
    let mut browser = give(&bench, &link(&bench));
    bench
        .app
        .platform()
        .add_link("other", &link(&bench))
        .unwrap();
    let key = bench.simulator.key();
    let scope = try_key(&mut browser, &bench.simulator, &key).await;
    let attempt = hidden(&scope.text, "attempt");
    let other = browser
        .post("/connect/other/connect", &[("attempt", &attempt)])
        .await;
    assert_page(&other, StatusCode::GONE);
    let url = bench.simulator.base_url();
    let inputs = [
        ("credential-api_key", key.as_str()),
        ("base_url", url.as_str()),
    ];
    let answer = browser
        .send(Method::POST, &path("/check"), Some(&inputs))
        .await;
    assert!(location(&answer).starts_with(&path("/scope/")));
    assert_eq!(bench.app.platform().integrations().unwrap().len(), 1);
    bench.end().await;
}
