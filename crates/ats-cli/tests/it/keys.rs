//! The keys that credentials are sealed with: where they lie, and how they change.

use std::fs;

use ats_core::IntegrationId;
use ats_store::{
    NewSubscription, Segment, Store, seal_webhook_secret,
    sqlite::SqliteStore,
    vault::{KeyRing, KeySource},
};
use secrecy::ExposeSecret;

use crate::support::{Bench, KEY, ended};

/// A key for a variable: version 1, 32 bytes of nothing in base64.
const OLD: &str = "1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Version 2, 32 times the byte 1.
const NEW: &str = "2:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

const READ: [&str; 5] = ["sync", "acme", "--only", "users", "--json"];

#[test]
fn without_the_key_the_program_says_so_and_stops() {
    let bench = Bench::connected();
    let key = bench.path("ats.db.key");
    fs::rename(&key, bench.path("kept")).unwrap();
    let asked = bench.requests();
    let message = bench.json(&["sync", "acme"]).failed(1, "key_missing");
    assert!(message.contains("ats.db.key") && message.contains("ATS_ENCRYPTION_KEY"));
    assert_eq!(bench.requests(), asked);
    assert!(!key.exists(), "no other key is made in its place");
    let url = bench.simulator.base_url();
    let flags = ["--base-url", &url, "--api-key-env", KEY];
    let other = bench.json(&[&["connect", "ashby", "--name", "other"], &flags[..]].concat());
    other.failed(1, "key_missing");
    let status = bench.json(&["status", "acme"]).ok();
    assert!(status["integrations"][0]["credentials_problem"].is_string());
    fs::rename(bench.path("kept"), &key).unwrap();
    bench.json(&["sync", "acme", "--only", "users"]).ok();
}

#[test]
fn credentials_that_are_entered_again_get_a_new_key() {
    let bench = Bench::connected();
    fs::remove_file(bench.path("ats.db.key")).unwrap();
    bench.connect("acme");
    bench.json(&["sync", "acme", "--only", "users"]).ok();
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let bench = Bench::connected();
    let key = bench.path("ats.db.key");
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let message = bench.json(&["sync", "acme"]).failed(1, "key_exposed");
    assert!(message.contains("chmod 600"), "{message}");
}

#[test]
fn the_key_in_the_file_can_be_rotated() {
    let bench = Bench::connected();
    let before = fs::read_to_string(bench.path("ats.db.key")).unwrap();
    let document = bench.json(&["keys", "rotate"]).ok();
    assert_eq!(
        (&document["version"], &document["resealed"]),
        (&2.into(), &1.into())
    );
    assert_eq!(document["source"], "file");
    let after = fs::read_to_string(bench.path("ats.db.key")).unwrap();
    assert_ne!(before, after);
    bench.json(&["sync", "acme", "--only", "users"]).ok();
    fs::write(bench.path("ats.db.key"), before).unwrap();
    bench
        .json(&["sync", "acme"])
        .failed(1, "credentials_sealed");
}

#[test]
fn secrets_of_webhooks_are_sealed_anew_too() {
    let bench = Bench::connected();
    let ring = || {
        let file = bench.path("ats.db.key");
        let variable = None;
        KeyRing::load(&KeySource { variable, file }).unwrap()
    };
    let id = IntegrationId::derive("ashby", "acme");
    let segment = Segment("a".to_owned());
    let secret = seal_webhook_secret(&ring(), &id, &segment, &"signed-with".into()).unwrap();
    let store = SqliteStore::open(&bench.path("ats.db")).unwrap();
    let at = store.integration(&id).unwrap().unwrap().created_at;
    let new = NewSubscription {
        event: "offerDelete".to_owned(),
        segment: segment.clone(),
        url: String::new(),
        secret,
        at,
    };
    store.add_subscription(&id, &new).unwrap();
    bench.json(&["keys", "rotate"]).ok();
    let kept = store.subscription_at(&segment).unwrap().unwrap();
    let secrets = kept.secrets(&ring(), at).unwrap();
    assert_eq!(secrets[0].expose_secret(), "signed-with");
}

#[test]
fn a_key_in_the_variable_can_be_replaced() {
    let bench = Bench::small();
    let run = |arguments: &[&str], keys: &str| {
        let mut command = bench.command(arguments);
        command.env("ATS_ENCRYPTION_KEY", keys);
        ended(command, b"")
    };
    let url = bench.simulator.base_url();
    let connect = ["connect", "ashby", "--name", "acme", "--json"];
    run(
        &[&connect[..], &["--base-url", &url, "--api-key-env", KEY]].concat(),
        OLD,
    )
    .ok();
    assert!(!bench.path("ats.db.key").exists(), "the variable is enough");
    run(&READ, NEW).failed(1, "credentials_sealed");
    run(&READ, "1:short").failed(1, "key_unusable");
    let document = run(&["keys", "rotate", "--json"], &format!("{NEW},{OLD}")).ok();
    assert_eq!(
        (&document["version"], &document["resealed"]),
        (&2.into(), &1.into())
    );
    assert_eq!(document["source"], "variable");
    run(&READ, NEW).ok();
    run(&READ, OLD).failed(1, "credentials_sealed");
}
