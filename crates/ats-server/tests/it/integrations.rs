//! Integrations over the API: what they offer, how they are switched, mapped, linked and ended.

use ats_store::{CustomField, IntegrationState, ScopeConfig, ScopeSetting, ScopeSettings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, assert_schema};

fn path(bench: &Bench, rest: &str) -> String {
    format!("/v1/integrations/{}{rest}", bench.integration.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_integration_tells_what_it_offers_and_what_is_switched_off() {
    let bench = Bench::start().await;
    let config = ScopeConfig {
        id: "111111111111111111111111".to_owned(),
        environment: "production".to_owned(),
        name: "lean".to_owned(),
        is_default: true,
        settings: ScopeSettings {
            models: [
                ("offers", ScopeSetting::Disabled),
                ("tags", ScopeSetting::Optional),
            ]
            .map(|(name, setting)| (name.to_owned(), setting))
            .into(),
            ..ScopeSettings::default()
        },
    };
    let platform = bench.app.platform();
    platform.save_scope_config(&config).unwrap();
    let mut one = bench.integration.clone();
    one.settings.scope = config.settings.scope(&["tags".to_owned()].into());
    platform.save_integration(&one).unwrap();
    let answer = bench.get(&path(&bench, "")).await;
    assert_schema("get_integrations_integration_id.response", &answer.json());
    let data = answer.data();
    let models = data["read_models"].as_array().unwrap();
    let model = |id: &str| models.iter().find(|model| model["id"] == id).unwrap();
    assert_eq!(data["scope_config"]["name"], "lean");
    assert_eq!(model("ats_offers")["scope_config_setting"], "DISABLED");
    assert_eq!(model("ats_offers")["is_available"], false);
    assert_eq!(model("ats_tags")["scope_config_setting"], "OPTIONAL");
    assert_eq!(model("ats_tags")["opted_out_by_customer"], true);
    assert_eq!(model("ats_jobs")["is_available"], true);
    assert_eq!(models.len(), 16);
    let actions = data["write_actions"].as_array().unwrap();
    let create = actions
        .iter()
        .find(|action| action["id"] == "ats_create_application")
        .unwrap();
    let inputs = create["fields"].as_array().unwrap();
    assert!(
        inputs
            .iter()
            .any(|input| input["id"] == "candidate.first_name")
    );
    let answer = bench.get("/v1/ats/offers").await;
    assert_eq!(answer.code(), "INTEGRATION.MODEL_DISABLED");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_integration_serves_nothing_until_it_is_enabled() {
    let bench = Bench::start().await;
    for (value, code) in [(false, "INTEGRATION.INACTIVE"), (true, "")] {
        let body = json!({ "value": value });
        let answer = bench
            .send(Method::PUT, &path(&bench, "/enabled"), Some(body))
            .await;
        assert_schema(
            "put_integrations_integration_id_enabled.response",
            &answer.json(),
        );
        let answer = bench.get("/v1/ats/jobs").await;
        match code {
            "" => assert_eq!(answer.status, 200),
            code => assert_eq!(answer.code(), code),
        }
    }
    let answer = bench
        .send(Method::PUT, &path(&bench, "/enabled"), Some(json!({})))
        .await;
    assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_integration_is_gone_with_everything_of_it() {
    let bench = Bench::start().await;
    let answer = bench
        .send(Method::DELETE, &path(&bench, ""), Some(json!({})))
        .await;
    assert_schema(
        "delete_integrations_integration_id.response",
        &answer.json(),
    );
    let answer = bench.get(&path(&bench, "")).await;
    assert_schema("error_general.response", &answer.json());
    assert_eq!(answer.code(), "PLATFORM.INTEGRATION_NOT_FOUND");
    assert_eq!(
        bench.get("/v1/ats/jobs").await.code(),
        "PLATFORM.INTEGRATION_NOT_FOUND"
    );
    assert!(bench.app.platform().integrations().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_of_the_vendor_is_shown_or_mapped_as_it_is_told() {
    let bench = Bench::start().await;
    let platform = bench.app.platform();
    let custom = CustomField {
        id: "222222222222222222222222".to_owned(),
        environment: "production".to_owned(),
        model: "ats_candidates".to_owned(),
        key: "start".to_owned(),
        label: Some("Start".to_owned()),
        description: None,
    };
    platform.save_custom_field(&custom).unwrap();
    let answer = bench
        .get(&path(&bench, "/integration-fields?page_size=2000"))
        .await;
    assert_schema(
        "get_integrations_integration_id_integration_fields.response",
        &answer.json(),
    );
    let data = answer.data();
    let fields = data["results"].as_array().unwrap();
    let mut paged = Vec::new();
    let mut cursor = String::new();
    loop {
        let data = bench
            .get(&path(
                &bench,
                &format!("/integration-fields?page_size=3{cursor}"),
            ))
            .await
            .data();
        paged.extend(data["results"].as_array().unwrap().clone());
        match data["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(&paged, fields);
    let candidates = bench.walk("candidates", 250, "").await;
    assert!(
        candidates
            .iter()
            .all(|one| one["integration_fields"] == json!([]))
    );
    assert!(
        candidates
            .iter()
            .all(|one| one["custom_fields"]["start"].is_null())
    );
    let field = fields
        .iter()
        .find(|field| field["model"] == "ats_candidates")
        .unwrap();
    let id = field["id"].as_str().unwrap();
    let one = path(&bench, &format!("/integration-fields/{id}"));
    let body = json!({ "enable_passthrough": true });
    let answer = bench.send(Method::PATCH, &one, Some(body)).await;
    assert_schema(
        "patch_integrations_integration_id_integration_fields_integration_field_id.response",
        &answer.json(),
    );
    assert_eq!(answer.data()["is_passthrough_enabled"], true);
    let mapping = path(&bench, &format!("/custom-fields/{}", custom.id));
    let body = json!({ "integration_field_id": id });
    let answer = bench.send(Method::PUT, &mapping, Some(body)).await;
    assert_schema(
        "put_integrations_integration_id_custom_fields_custom_field_id.response",
        &answer.json(),
    );
    let answer = bench.get(&path(&bench, "/custom-fields")).await;
    assert_schema(
        "get_integrations_integration_id_custom_fields.response",
        &answer.json(),
    );
    assert_eq!(answer.data()["results"][0]["integration_field"]["id"], id);
    let candidates = bench.walk("candidates", 250, "").await;
    let mut values = 0;
    for one in &candidates {
        let shown = one["integration_fields"].as_array().unwrap();
        assert_eq!(shown.len(), 1);
        assert_eq!(one["custom_fields"]["start"], shown[0]["value"]);
        values += usize::from(!shown[0]["value"].is_null());
    }
    assert!(
        values > 0 || candidates.is_empty(),
        "no candidate has a value in {field}"
    );
    let other = fields
        .iter()
        .find(|field| field["model"] != "ats_candidates")
        .unwrap();
    let body = json!({ "integration_field_id": other["id"] });
    let answer = bench.send(Method::PUT, &mapping, Some(body)).await;
    assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_made_for_a_customer_and_only_for_what_is_here() {
    let bench = Bench::start().await;
    let body = json!({
        "end_user_email": "ada@example.com",
        "end_user_organization_name": "Acme",
        "integration_category": "HRIS", "language": "en", "link_type": "EMBEDDED",
        "enable_filtering": false, "enable_field_mapping": false,
    });
    let answer = bench.post("/v1/connect/create-link", body.clone()).await;
    assert_schema("post_connect_create_link.response", &answer.json());
    let link = answer.data()["link"].as_str().unwrap().to_owned();
    assert!(link.starts_with(&format!("{}/connect/", bench.base)));
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    for body in [
        with("end_user_email", json!("nobody")),
        with("end_user_organization_name", json!(" ")),
        with("integration_tool", json!("greenhouse")),
        with("link_type", json!("PAPER")),
        with("scope_config_id", json!("nonsense")),
        with("enable_filtering", json!(true)),
    ] {
        let answer = bench.post("/v1/connect/create-link", body).await;
        assert_schema("error_general.response", &answer.json());
        assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
    }
    let answer = bench.post(&path(&bench, "/relink"), json!({})).await;
    assert_schema(
        "post_integrations_integration_id_relink.response",
        &answer.json(),
    );
    let body = json!({ "link_type": "EMBEDDED" });
    let answer = bench.post(&path(&bench, "/setup-link"), body).await;
    assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
    let answer = bench.get("/v1/connect/integration-by-token/nonsense").await;
    assert_schema("error_general.response", &answer.json());
    assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connectors_stand_in_their_category_with_what_they_have() {
    let bench = Bench::start().await;
    let answer = bench.get("/v1/tools/ats").await;
    assert_schema("get_tools_category.response", &answer.json());
    let data = answer.data();
    assert_eq!(data["tools"][0]["id"], "ashby");
    let models = data["tools"][0]["coverage"]["read_models"]
        .as_array()
        .unwrap();
    assert!(
        models
            .iter()
            .any(|model| model["coverage_status"] == "SUPPORTED")
    );
    let icon = data["tools"][0]["assets"]["icon_url"].as_str().unwrap();
    let icon = bench.client.get(icon).send().await.unwrap();
    assert_eq!(icon.status(), 200);
    assert_eq!(icon.headers()["content-type"], "image/svg+xml");
    let empty = bench.get("/v1/tools/hris").await;
    assert_schema("get_tools_category.response", &empty.json());
    assert_eq!(empty.data()["tools"], json!([]));
    assert_eq!(
        bench.get("/v1/tools/wishes").await.code(),
        "PLATFORM.INPUT_INVALID"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_connector_offers_is_said_to_be_lacking() {
    let bench = Bench::start().await;
    let application = bench.walk("applications", 1, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let interviews = format!("/v1/ats/applications/{application}/interviews");
    let cases = [
        (Method::POST, interviews.clone(), json!({ "title": "Talk" })),
        (Method::PATCH, interviews, json!({ "interview_id": "x" })),
        (
            Method::POST,
            "/v1/ats/import-tracked-application".to_owned(),
            json!({ "tracked_at": null, "greenhouse": { "id_type": "application_id", "application_id": "1" } }),
        ),
    ];
    for (method, path, body) in cases {
        let answer = bench.send(method, &path, Some(body)).await;
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), "INTEGRATION.ACTION_NOT_AVAILABLE", "{path}");
    }
    let answer = bench.get("/v1/ats/actions/ats_create_application").await;
    assert_eq!(
        answer.data()["attachment_restrictions"]["types"]["CV"]["is_supported"],
        true
    );
    assert_eq!(
        bench.get("/v1/ats/actions/x").await.code(),
        "PLATFORM.INPUT_INVALID"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_credentials_keep_the_mirror_readable_and_let_nothing_be_done() {
    let bench = Bench::start().await;
    let mut one = bench.integration.clone();
    one.state = IntegrationState::Invalid;
    bench.app.platform().save_integration(&one).unwrap();
    assert_eq!(bench.get("/v1/ats/jobs").await.status, 200);
    let candidate = bench.walk("candidates", 1, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/ats/candidates/{candidate}/tags");
    let answer = bench.post(&path, json!({ "tag": { "name": "x" } })).await;
    assert_eq!(answer.code(), "INTEGRATION.AUTHENTICATION_INVALID");
    assert_eq!(
        bench
            .get(&format!("/v1/integrations/{}", one.id))
            .await
            .data()["status"],
        "INVALID"
    );
}
