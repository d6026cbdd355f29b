//! Values that cannot be: cursors, sizes, dates, names that do not exist.

use reqwest::Method;
use serde_json::{Value, json};

use super::{INPUT, Refusals};
use crate::support::Bench;

#[tokio::test(flavor = "multi_thread")]
async fn parameters_of_lists_are_refused_by_name() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let first = bench.get("/v1/ats/users?page_size=1").await.data();
    let of_users = first["next"].as_str().unwrap();
    let long = "c".repeat(5000);
    let mut bad = vec![
        format!("candidates?cursor={of_users}"),
        format!("users?cursor={long}"),
        format!("users?cursor={of_users}x"),
    ];
    for query in [
        "cursor=nonsense",
        "cursor=%00",
        "cursor=%FF%FE",
        "cursor=eyJ9",
        "page_size=0",
        "page_size=-1",
        "page_size=251",
        "page_size=ten",
        "page_size=1e3",
        "page_size=99999999999999999999",
        "page_size=7.5",
        "updated_after=yesterday",
        "updated_after=2024-13-01",
        "updated_after=2024-02-30",
        "updated_after=2024-01-01T25:00:00Z",
        "updated_after=2024-01-01T00:00:00%2B99:00",
        "updated_after=1704067200",
        "include_deleted=maybe",
        "ignore_unsupported_filters=2",
    ] {
        bad.push(format!("users?{query}"));
    }
    bad.push("applications?outcomes=FIRED".to_owned());
    bad.push("applications?outcomes=PENDING,FIRED".to_owned());
    bad.push("applications?remote_created_after=soon".to_owned());
    bad.push("candidates?first_name=%FF%FE".to_owned());
    for query in bad {
        let answer = bench.get(&format!("/v1/ats/{query}")).await;
        let name = query
            .split_once('?')
            .unwrap()
            .1
            .split('=')
            .next()
            .unwrap()
            .to_owned();
        refusals.add(&answer, INPUT, &query);
        let message = answer.json()["error"]["message"].to_string();
        assert!(
            message.contains(&name),
            "{query}: {message} does not name `{name}`"
        );
    }
    refusals.are_logged(bench).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_repeated_goes_on_and_of_a_single_value_the_last_counts() {
    let bench = Bench::start().await;
    let count = async |query: &str| {
        let found = bench.get(&format!("/v1/ats/{query}")).await.data();
        found["results"].as_array().unwrap().len()
    };
    let open = count("jobs?statuses=OPEN").await;
    let closed = count("jobs?statuses=CLOSED").await;
    assert!(open > 0 && closed > 0, "{open} {closed}");
    let both = count("jobs?statuses=OPEN&statuses=CLOSED").await;
    assert_eq!(both, open + closed);
    let users = bench.get("/v1/ats/users?page_size=2").await.data();
    let id = |place: usize| users["results"][place]["id"].as_str().unwrap();
    let query = format!("users?ids={}&ids={}", id(0), id(1));
    assert_eq!(count(&query).await, 2);
    assert_eq!(count("users?page_size=2&page_size=1").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_are_read_in_every_form_that_clients_send() {
    let bench = Bench::start().await;
    for date in [
        "2024-01-01",
        "2024-01-01Z",
        "2024-01-01T00:00:00",
        "2024-01-01T00:00:00Z",
        "2024-01-01T00:00:00.1Z",
        "2024-01-01T00:00:00.123Z",
        "2024-01-01T00:00:00.123456",
        "2024-01-01T00:00:00.123456Z",
        "2024-01-01T02:00:00%2B02:00",
        "2024-01-01T02:00:00.123456%2B02:00",
        "2023-12-31T19:00:00-05:00",
        "2024-01-01%2000:00:00",
    ] {
        let data = bench
            .get(&format!("/v1/ats/users?updated_after={date}"))
            .await
            .data();
        assert_ne!(data["results"], json!([]), "{date}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn integrations_and_links_refuse_what_cannot_be() {
    let bench = Bench::start().await;
    let mut refusals = Refusals::default();
    let home = format!("/v1/integrations/{}", bench.integration.id);
    let link = |change: Value| {
        let mut body = json!({
            "end_user_email": "ada@example.com",
            "end_user_organization_name": "Example Inc.",
            "integration_category": "ATS",
            "integration_tool": "ashby",
        });
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        (
            Method::POST,
            "/v1/connect/create-link".to_owned(),
            Some(body),
        )
    };
    let nothing = "111111111111111111111111";
    let put = |tail: &str, body: Value| (Method::PUT, format!("{home}{tail}"), Some(body));
    let patch = |tail: &str, body: Value| (Method::PATCH, format!("{home}{tail}"), Some(body));
    let post = |tail: &str, body: Value| (Method::POST, format!("{home}{tail}"), Some(body));
    let get = |path: String| (Method::GET, path, None);
    for (method, path, body) in [
        link(json!({ "end_user_email": "nobody" })),
        link(json!({ "end_user_organization_name": "" })),
        link(json!({ "end_user_origin_id": "" })),
        link(json!({ "integration_category": "CRM" })),
        link(json!({ "integration_tool": "no-such-tool" })),
        link(json!({ "language": "xx" })),
        link(json!({ "link_type": "POSTCARD" })),
        link(json!({ "scope_config_id": nothing })),
        put("/enabled", json!({})),
        put("/enabled", json!({ "value": "yes" })),
        patch(
            &format!("/integration-fields/{nothing}"),
            json!({ "enable_passthrough": true }),
        ),
        put(
            &format!("/custom-fields/{nothing}"),
            json!({ "integration_field_id": null }),
        ),
        post("/relink", json!({ "language": "xx" })),
        post("/relink", json!({ "scope_config_id": nothing })),
        post("/setup-link", json!({})),
        post("/setup-link", json!({ "link_type": "EMBEDDED" })),
        get(format!("{home}/integration-fields?page_size=2001")),
        get(format!("{home}/integration-fields?cursor=nonsense")),
        get(format!("{home}/custom-fields?page_size=0")),
        get("/v1/connect/integration-by-token/nonsense".to_owned()),
        get("/v1/tools/crm".to_owned()),
        get("/v1/changes?since=nonsense".to_owned()),
    ] {
        let what = format!("{method} {path} {body:?}");
        let answer = bench.send(method, &path, body).await;
        refusals.add(&answer, INPUT, &what);
    }
    refusals.are_logged(bench).await;
}
