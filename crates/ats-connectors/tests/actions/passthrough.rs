//! Calls of Ashby's own API.

use ats_core::{
    ErrorKind, FileInput, PassthroughAnswer, PassthroughBody, PassthroughCall, PassthroughPart,
    Result,
};
use serde_json::{Value, json};

use crate::vendor::{Vendor, candidate};

async fn call(vendor: &Vendor, path: &str, body: PassthroughBody) -> Result<PassthroughAnswer> {
    let passthrough = vendor.connector.passthrough().unwrap();
    assert_eq!(passthrough.apis(), ["v1"]);
    let call = PassthroughCall {
        method: "POST".to_owned(),
        path: path.to_owned(),
        body,
        ..PassthroughCall::default()
    };
    passthrough.call(&call).await
}

fn json_of(answer: &PassthroughAnswer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

#[tokio::test]
async fn an_answer_comes_unchanged_with_the_stored_key() {
    let vendor = Vendor::start().await;
    let body = PassthroughBody::Json(json!({ "id": candidate(2) }));
    let answer = call(&vendor, "/candidate.info", body).await.unwrap();
    assert_eq!(answer.status, 200);
    let url = format!("{}/candidate.info", vendor.simulator.base_url());
    assert_eq!(answer.url, url);
    assert_eq!(json_of(&answer)["results"]["name"], "Prince");
    let headers = answer.headers.iter();
    let mut types = headers.filter(|(name, _)| name == "content-type");
    assert!(
        types
            .next()
            .is_some_and(|(_, value)| value.starts_with("application/json"))
    );
}

#[tokio::test]
async fn a_refusal_is_an_answer() {
    let vendor = Vendor::with(&["offersRead"]).await;
    let body = PassthroughBody::Text("{}".to_owned());
    let answer = call(&vendor, "/offer.list", body).await.unwrap();
    assert_eq!(answer.status, 403);
    assert_eq!(
        json_of(&answer)["errorInfo"]["code"],
        "missing_endpoint_permission"
    );
    let answer = call(&vendor, "/no.such", PassthroughBody::Json(json!({}))).await;
    assert_eq!(answer.unwrap().status, 404);
}

#[tokio::test]
async fn no_call_leaves_the_vendor() {
    let vendor = Vendor::start().await;
    for path in [
        "https://evil.example/x",
        "//evil.example/x",
        "/../x",
        "candidate.info",
    ] {
        let error = call(&vendor, path, PassthroughBody::Empty)
            .await
            .unwrap_err();
        let field = Some("path".to_owned());
        assert_eq!(*error.kind(), ErrorKind::InputInvalid { field }, "{path}");
    }
    assert_eq!(vendor.endpoints(), [""; 0]);
}

#[tokio::test]
async fn a_form_carries_files() {
    let vendor = Vendor::start().await;
    let file = FileInput {
        name: "portfolio.txt".to_owned(),
        content_type: None,
        data: Some("hello".into()),
        data_url: None,
    };
    let parts = vec![
        (
            "candidateId".to_owned(),
            PassthroughPart::Text(candidate(2)),
        ),
        ("file".to_owned(), PassthroughPart::File(file)),
    ];
    let answer = call(
        &vendor,
        "/candidate.uploadFile",
        PassthroughBody::Multipart(parts),
    )
    .await
    .unwrap();
    let answer = json_of(&answer);
    assert_eq!(answer["success"], true, "{answer}");
    assert_eq!(answer["results"]["fileHandles"][0]["name"], "portfolio.txt");
}
