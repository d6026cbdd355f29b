//! `ats serve` and `ats api-keys`: a server that says where it is, answers, and ends when it is told.

use std::{
    fs,
    io::{BufRead, BufReader},
};

use serde_json::Value;

use crate::{
    served::Served,
    support::{Bench, end_of, interrupt},
};

/// What a monitor finds of a server that has done nothing yet but answer.
const FIGURES: [&str; 10] = [
    "ats_request_seconds",
    "ats_mirror_age_seconds",
    "ats_integrations 1",
    "ats_passes_running 0",
    "ats_inbox_waiting 0",
    "ats_outbox_waiting 0",
    "ats_outbox_dead 0",
    "ats_request_log_waiting",
    "ats_vendor_requests_total",
    "ats_vendor_wait_milliseconds_total",
];

#[test]
fn a_server_answers_until_it_is_told_to_end() {
    let bench = Bench::synced();
    let made = bench.json(&["api-keys", "create", "--name", "test"]).ok();
    assert_eq!(made["environment"], "production");
    let key = format!("Bearer {}", made["key"].as_str().unwrap());
    let integrations = bench.json(&["integrations", "list"]).ok();
    let id = integrations["integrations"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let served = Served::start(&bench, "127.0.0.1:0");
    assert_eq!(served.get("/healthz", &[]).0, 200);
    assert_eq!(served.get("/readyz", &[]).0, 200);
    let (status, body) = served.get(
        "/v1/ats/jobs",
        &[("authorization", &key), ("x-integration-id", &id)],
    );
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert!(!body["data"]["results"].as_array().unwrap().is_empty());
    let (_, figures) = served.get("/metrics", &[]);
    for figure in FIGURES {
        assert!(figures.contains(figure), "{figure} is not in\n{figures}");
    }
    // What an action asks is counted once, however often a monitor looks.
    let asked = || {
        let (_, figures) = served.get("/metrics", &[]);
        let counted = |line: &&str| line.starts_with("ats_vendor_requests_total{");
        let line = figures.lines().find(counted).unwrap().to_owned();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!(asked(), 0);
    let headers = [("authorization", &*key), ("x-integration-id", &*id)];
    let (_, body) = served.get("/v1/ats/applications?page_size=1", &headers);
    let body: Value = serde_json::from_str(&body).unwrap();
    let application = body["data"]["results"][0]["id"].as_str().unwrap();
    let before = bench.requests();
    let path = format!("/v1/ats/applications/{application}/attachments");
    assert_eq!(served.get(&path, &headers).0, 200);
    let sent = (bench.requests() - before) as u64;
    assert!(sent > 0);
    assert_eq!((asked(), asked()), (sent, sent));
    let key_id = made["id"].as_str().unwrap();
    bench.json(&["api-keys", "revoke", key_id]).ok();
    let (status, _) = served.get("/v1/check-api-key", &[("authorization", &key)]);
    assert_eq!(status, 401);
    served.end();
}

#[test]
fn the_demo_serves_links_that_lead_to_a_second_integration() {
    let bench = Bench::small();
    let mut child = bench.start(&["demo", "--serve", "--candidates", "60", "--json"]);
    let printed = BufReader::new(child.stdout.take().unwrap());
    let mut documents = serde_json::Deserializer::from_reader(printed).into_iter::<Value>();
    let links = documents.next().unwrap().unwrap();
    let text = |name: &str| links[name].as_str().unwrap().to_owned();
    let served = Served {
        child,
        address: text("server").replace("http://", ""),
    };
    let key = format!("Bearer {}", text("api_key"));
    let (status, _) = served.get(
        "/v1/ats/candidates",
        &[
            ("authorization", &key),
            ("x-integration-id", &text("integration_id")),
        ],
    );
    assert_eq!(status, 200);
    // The vendor is on this machine, so the page has to ask for its address.
    let page = text("connect_link").replace(&text("server"), "");
    let (status, body) = served.get(&format!("{page}/key?tool=ashby"), &[]);
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("Vendor address"), "{body}");
    served.end();
}

#[test]
fn keys_are_listed_without_their_texts_and_an_unknown_one_is_named() {
    let bench = Bench::small();
    let made = bench
        .json(&["api-keys", "create", "--name", "a", "--environment", "dev"])
        .ok();
    let listed = bench.json(&["api-keys", "list"]).ok();
    assert_eq!(listed["api_keys"][0]["id"], made["id"]);
    assert!(!listed.to_string().contains(made["key"].as_str().unwrap()));
    let message = bench
        .json(&["api-keys", "revoke", "nobody"])
        .failed(2, "unknown_api_key");
    assert!(message.contains("ats api-keys list"), "{message}");
    bench
        .json(&["api-keys", "create", "--name", " "])
        .failed(2, "bad_name");
}

#[test]
fn settings_come_from_a_file_and_one_that_is_not_there_is_named() {
    let bench = Bench::synced();
    let file = bench.folder.path().join("ats.toml");
    fs::write(&file, "bind = \"127.0.0.1:0\"\nno_schedule = true\n").unwrap();
    let config = file.to_str().unwrap();
    let mut child = bench.start(&["serve", "--config", config]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(
        first.starts_with("listening on http://127.0.0.1:"),
        "{first}"
    );
    std::thread::spawn(move || lines.for_each(drop));
    interrupt(&child);
    assert_eq!(end_of(child).code, Some(0));
    fs::write(&file, "bindd = \"127.0.0.1:0\"\n").unwrap();
    let message = bench
        .json(&["--config", config, "status"])
        .failed(2, "bad_config");
    assert!(
        message.contains("`bindd`") && message.contains("public_url"),
        "{message}"
    );
    fs::remove_file(&file).unwrap();
    bench
        .json(&["--config", config, "status"])
        .failed(2, "bad_config");
}

#[test]
fn an_address_that_is_taken_is_told() {
    let bench = Bench::synced();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let ended = bench.json(&["serve", "--bind", &address]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(ended.stdout.contains("--bind"), "{ended:?}");
}
