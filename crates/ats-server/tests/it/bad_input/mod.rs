//! What nobody should send. Each gets the right code, leaves a line in the request log that helps, and
//! is never a failure of the server.

mod bodies;
mod paths;
mod values;

use ats_core::ModelKind;
use ats_store::RecordQuery;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, answer, api_key, assert_schema, connect};

const INPUT: &str = "PLATFORM.INPUT_INVALID";
const KEY: &str = "PLATFORM.AUTHENTICATION_INVALID";
const UNKNOWN: &str = "PLATFORM.INTEGRATION_NOT_FOUND";

/// What was refused so far. At the end each must have its line in the request log.
#[derive(Default)]
struct Refusals(Vec<Refusal>);

struct Refusal {
    what: String,
    id: String,
    code: &'static str,
    status: u16,
}

impl Refusals {
    /// The answer is a refusal in the API's own form, with this code.
    #[track_caller]
    fn add(&mut self, answer: &Answer, code: &'static str, what: &str) {
        let what = what.chars().take(200).collect::<String>();
        let status = answer.status;
        assert!(status.is_client_error(), "{what}: {status} {}", answer.text);
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), code, "{what}: {}", answer.text);
        let id = answer.headers["x-request-id"].to_str().unwrap().to_owned();
        let error = &answer.json()["error"];
        let url = error["log_url"].as_str().unwrap_or_default();
        assert!(url.ends_with(&id), "{what}: {url} is not the line of {id}");
        self.0.push(Refusal {
            what,
            id,
            code,
            status: status.as_u16(),
        });
    }

    /// Ends the server, which writes what it has to write, and looks at the lines.
    async fn are_logged(self, bench: Bench) {
        let app = bench.app.clone();
        bench.end().await;
        assert!(!self.0.is_empty());
        for Refusal {
            what,
            id,
            code,
            status,
        } in self.0
        {
            let line = app.platform().log_entry(&id).unwrap();
            let line = line
                .unwrap_or_else(|| panic!("{what}: no line in the request log"))
                .entry;
            assert_eq!(
                (line.code.as_deref(), line.status),
                (Some(code), status),
                "{what}"
            );
            let message = line.message.unwrap_or_default();
            assert!(message.len() > 10, "{what}: `{message}` does not help");
        }
    }
}

/// The id of some living record.
fn some(bench: &Bench, model: ModelKind) -> String {
    let query = RecordQuery {
        model,
        include_deleted: false,
        changed_since: None,
        after: 0,
        limit: 1,
    };
    let found = bench.app.platform().records(&bench.integration.id, query);
    found.unwrap()[0].id.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_or_wrong_is_refused_on_every_endpoint() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let integration = bench.integration.id.to_string();
    let paths = [
        (Method::GET, "/v1/check-api-key"),
        (Method::GET, "/v1/ats/users"),
        (Method::POST, "/v1/ats/candidates"),
        (Method::POST, "/v1/force-sync"),
        (Method::GET, "/v1/tools/ats"),
        (Method::POST, "/v1/connect/create-link"),
        (
            Method::GET,
            "/v1/integrations/ashby:111111111111111111111111",
        ),
    ];
    let long = "k".repeat(5000);
    for (method, path) in paths {
        for key in [None, Some(""), Some("wrong"), Some("ключ"), Some(&long)] {
            let answer = bench
                .send_as(method.clone(), path, None, key, Some(&integration))
                .await;
            refusals.add(&answer, KEY, &format!("{path} with {key:?}"));
        }
        let request = bench
            .client
            .request(method, format!("{}{path}", bench.base));
        let other = request
            .basic_auth(&bench.key, None::<&str>)
            .send()
            .await
            .unwrap();
        refusals.add(&answer(other).await, KEY, path);
    }
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_another_tenant_is_answered_as_what_is_not_there() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let settings = Default::default();
    let other = connect(
        &bench.app,
        &bench.simulator,
        "other",
        "development",
        settings,
    );
    let strangers = [
        other.id.as_str(),
        "ashby:111111111111111111111111",
        "lever:111111111111111111111111",
        "nonsense",
        "../../etc/passwd",
        "ashby:' OR 1=1 --",
    ];
    for (method, path) in [
        (Method::GET, "/v1/ats/users"),
        (Method::POST, "/v1/ats/candidates"),
        (Method::POST, "/v1/force-sync"),
        (Method::POST, "/v1/passthrough/ashby/v1"),
    ] {
        let mut bodies = Vec::new();
        for id in strangers {
            let body = (method == Method::POST).then(|| json!({}));
            let answer = bench
                .send_as(method.clone(), path, body, Some(&bench.key), Some(id))
                .await;
            refusals.add(&answer, UNKNOWN, &format!("{path} of {id}"));
            bodies.push(without_line(&answer));
        }
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "{path}: {bodies:#?}");
    }
    for (method, tail) in [
        (Method::GET, ""),
        (Method::DELETE, ""),
        (Method::PUT, "/enabled"),
    ] {
        let mut bodies = Vec::new();
        for id in [other.id.as_str(), "ashby:111111111111111111111111"] {
            let path = format!("/v1/integrations/{id}{tail}");
            let body = (method != Method::GET).then(|| json!({ "value": false }));
            let answer = bench.send(method.clone(), &path, body).await;
            refusals.add(&answer, UNKNOWN, &path);
            bodies.push(without_line(&answer));
        }
        assert_eq!(bodies[0], bodies[1], "{method} {tail}");
    }
    let key = api_key(&bench.app, "development");
    let found = bench
        .send_as(
            Method::GET,
            "/v1/ats/users",
            None,
            Some(&key),
            Some(other.id.as_str()),
        )
        .await;
    assert_ne!(found.code(), UNKNOWN, "its own key reaches it");
    refusals.are_logged(bench).await;
}

/// An answer without what differs from request to request.
fn without_line(answer: &Answer) -> (u16, Value) {
    let mut body = answer.json();
    body["error"]["log_url"].take();
    (answer.status.as_u16(), body)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_another_tenant_is_as_unknown_as_one_that_is_not_there() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let stranger = Bench::start().await;
    let theirs = some(&stranger, ModelKind::Candidate);
    let mut bodies = Vec::new();
    // The two benches have the same integration, and so the same ids: one that both have is no stranger.
    let foreign = format!("{}z", &theirs[..23]);
    for id in [foreign.as_str(), "111111111111111111111111"] {
        let path = format!("/v1/ats/candidates/{id}/tags");
        let answer = bench.post(&path, json!({ "tag": { "name": "A" } })).await;
        refusals.add(&answer, INPUT, &path);
        bodies.push(
            answer.json()["error"]["message"]
                .to_string()
                .replace(id, "ID"),
        );
    }
    assert_eq!(bodies[0], bodies[1]);
    for ids in [
        "111111111111111111111111",
        "x",
        "%00",
        "..%2F..",
        "%27%20OR%201=1",
    ] {
        let data = bench
            .get(&format!("/v1/ats/candidates?ids={ids}"))
            .await
            .data();
        assert_eq!(data["results"], json!([]), "{ids}");
    }
    refusals.are_logged(bench).await;
}
