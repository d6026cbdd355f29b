//! Files: announced, posted to the storage, attached, and fetched again.

use ats_simulator::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::client::{
    announce, basic, done, form, nothing, path_of, post_file, post_form, refused, send, send_bytes,
    small, upload, walk, where_,
};

const PDF: &[u8] = b"%PDF-1.4 \0\xff binary";

#[tokio::test]
async fn a_file_is_attached_and_can_be_fetched_without_a_key() {
    let simulator = small().await;
    let id = simulator.read(|world| world.ids("candidates")[0].clone());
    let before = done(&simulator, "candidate.info", json!({ "id": id })).await;
    let (_, token) = walk(&simulator, "candidate.list", nothing()).await;
    let handle = upload(&simulator, "CandidateFiles", "letter.pdf", PDF).await;
    let body = json!({ "candidateId": id, "fileHandle": handle });
    let after = done(&simulator, "candidate.uploadFile", body.clone()).await;
    let count = before["fileHandles"].as_array().expect("files").len();
    let file = &after["fileHandles"][count];
    assert_eq!(file["name"], "letter.pdf");
    assert_ne!(file["handle"], handle, "a file has a handle of its own");
    assert_eq!(after["resumeFileHandle"], before["resumeFileHandle"]);
    let again = done(&simulator, "candidate.uploadFile", body).await;
    assert_eq!(
        again["fileHandles"].as_array().expect("files").len(),
        count + 2
    );
    let delta = done(&simulator, "candidate.list", json!({ "syncToken": token })).await;
    assert_eq!(delta[0], again);
    let info = json!({ "fileHandle": file["handle"] });
    let url = done(&simulator, "file.info", info).await["url"].clone();
    let path = path_of(&simulator, url.as_str().expect("a link"));
    let got = send(simulator.address(), "GET", &path, &[], "")
        .await
        .expect("an answer");
    assert_eq!((got.status, &*got.body), (200, PDF));
    assert_eq!(got.header("content-type"), Some("application/pdf"));
    let kept = simulator.read(|world| {
        let files = world.collection("files");
        files.get(file["id"].as_str().expect("an id")).cloned()
    });
    let kept = kept.expect("the file");
    assert_eq!(kept["length"], PDF.len());
    assert_eq!(kept["contentType"], "application/pdf");
    assert_eq!(kept["sha256"].as_str().expect("a digest").len(), 64);
    // HEAD is not what the link was signed for, and a key beside the signature is one too many.
    let credentials = basic(&simulator.key());
    for (method, headers, status) in [
        ("HEAD", vec![], 403),
        ("GET", vec![("authorization", &*credentials)], 400),
    ] {
        let got = send(simulator.address(), method, &path, &headers, "").await;
        assert_eq!(got.expect("an answer").status, status, "{method}");
    }
    simulator.expire_file_links();
    let got = send(simulator.address(), "GET", &path, &[], "")
        .await
        .expect("an answer");
    assert_eq!(got.status, 403);
}

#[tokio::test]
async fn a_resume_becomes_the_primary_one_and_the_old_one_stays() {
    let simulator = small().await;
    let id = where_(&simulator, "candidates", |c| {
        c["resumeFileHandle"].is_object()
    })[0]
        .clone();
    let before = done(&simulator, "candidate.info", json!({ "id": id })).await;
    let handle = upload(&simulator, "CandidateResume", "cv.pdf", PDF).await;
    let body = json!({ "candidateId": id, "resumeHandle": handle });
    let after = done(&simulator, "candidate.uploadResume", body).await;
    assert_eq!(after["resumeFileHandle"]["name"], "cv.pdf");
    let files = after["fileHandles"].as_array().expect("files");
    assert!(files.contains(&before["resumeFileHandle"]));
    assert!(files.contains(&after["resumeFileHandle"]));
}

#[tokio::test]
async fn forms_with_a_file_are_still_taken() {
    let simulator = small().await;
    let id = simulator.read(|world| world.ids("candidates")[0].clone());
    for (endpoint, part) in [
        ("candidate.uploadFile", "file"),
        ("candidate.uploadResume", "resume"),
    ] {
        let file = (part, Some(("cv; new.pdf", "application/pdf")), PDF);
        let parts = [("candidateId", None, id.as_bytes()), file];
        let answer = post_form(&simulator, endpoint, &parts).await.json();
        let files = answer["results"]["fileHandles"].as_array().expect("files");
        assert_eq!(files.last().expect("a file")["name"], "cv; new.pdf");
        let bare = post_form(&simulator, endpoint, &parts[..1]).await;
        assert_eq!(bare.code(), "invalid_input");
        let log = simulator.log();
        let sketch = json!([
            { "name": "candidateId", "filename": null, "contentType": null, "length": 36 },
            {
                "name": part, "filename": "cv; new.pdf",
                "contentType": "application/pdf", "length": PDF.len(),
            },
        ]);
        assert_eq!(log[log.len() - 2].request, sketch);
    }
    let parts: [crate::client::Part<'_>; 1] = [("name", None, b"A")];
    let answer = post_form(&simulator, "candidate.create", &parts).await;
    assert_eq!(answer.status, 415, "other endpoints take JSON only");
}

#[tokio::test]
async fn a_handle_is_only_good_for_what_it_was_made_for() {
    let simulator = small().await;
    let id = simulator.read(|world| world.ids("candidates")[0].clone());
    let resume = upload(&simulator, "CandidateResume", "cv.pdf", PDF).await;
    let empty = announce(&simulator, "CandidateFiles", "a.pdf", 3).await["handle"].clone();
    for handle in [json!(resume), empty, json!("nonsense")] {
        let body = json!({ "candidateId": id, "fileHandle": handle });
        let code = refused(&simulator, "candidate.uploadFile", body).await;
        assert_eq!(code, "invalid_input", "{handle}");
    }
    let info = json!({ "fileHandle": resume });
    assert_eq!(
        refused(&simulator, "file.info", info).await,
        "invalid_input"
    );
    for body in [
        json!({ "filename": "a.pdf", "contentType": "application/pdf", "contentLength": 1 }),
        json!({
            "fileUploadContext": "Other", "filename": "a.pdf",
            "contentType": "application/pdf", "contentLength": 1,
        }),
        json!({
            "fileUploadContext": "CandidateFiles", "filename": "../a.pdf",
            "contentType": "application/pdf", "contentLength": 1,
        }),
        json!({
            "fileUploadContext": "CandidateFiles", "filename": "a.pdf",
            "contentType": "application/pdf", "contentLength": 0,
        }),
    ] {
        let code = refused(&simulator, "file.createFileUploadHandle", body).await;
        assert_eq!(code, "invalid_input");
    }
}

#[tokio::test]
async fn the_storage_takes_exactly_what_was_announced() {
    let simulator = small().await;
    let announced = announce(&simulator, "CandidateFiles", "a.pdf", PDF.len()).await;
    let short = post_file(&simulator, &announced, &PDF[1..]).await;
    assert_eq!(short.status, 400, "{short:?}");
    let long = post_file(&simulator, &announced, &[PDF, b"!"].concat()).await;
    assert_eq!(long.status, 400);
    let mut lacking = announced.clone();
    lacking["fields"]
        .as_object_mut()
        .expect("fields")
        .remove("Policy");
    assert_eq!(post_file(&simulator, &lacking, PDF).await.status, 403);
    let mut more = announced.clone();
    more["fields"]["acl"] = json!("public");
    assert_eq!(post_file(&simulator, &more, PDF).await.status, 403);
    let mut forged = announced.clone();
    forged["fields"]["X-Amz-Signature"] = json!("0");
    assert_eq!(post_file(&simulator, &forged, PDF).await.status, 403);
    let kinds = [("text/plain", 403, true), ("application/pdf", 400, false)];
    for (kind, status, last) in kinds {
        let fields = announced["fields"].as_object().expect("fields");
        let mut parts: Vec<crate::client::Part<'_>> = fields
            .iter()
            .map(|(name, value)| (&**name, None, value.as_str().expect("text").as_bytes()))
            .collect();
        let place = if last { parts.len() } else { 0 };
        parts.insert(place, ("file", Some(("a.pdf", kind)), PDF));
        let (body, kind) = form(&parts);
        let path = path_of(&simulator, announced["url"].as_str().expect("an address"));
        let headers = [("content-type", &*kind)];
        let answer = send_bytes(simulator.address(), "POST", &path, &headers, &body).await;
        assert_eq!(answer.expect("an answer").status, status);
        let credentials = basic(&simulator.key());
        let headers = [("content-type", &*kind), ("authorization", &*credentials)];
        let answer = send_bytes(simulator.address(), "POST", &path, &headers, &body).await;
        assert_eq!(
            answer.expect("an answer").status,
            400,
            "a key is sent to the storage"
        );
    }
    simulator.expire_uploads();
    assert_eq!(post_file(&simulator, &announced, PDF).await.status, 403);
}

#[tokio::test]
async fn faults_hit_the_storage_too() {
    let simulator = small().await;
    let announced = announce(&simulator, "CandidateFiles", "a.pdf", PDF.len()).await;
    let stored = |simulator: &ats_simulator::Simulator| {
        simulator.read(|world| {
            let uploads = world.collection("uploads");
            uploads
                .values()
                .any(|upload| upload["sha256"] != Value::Null)
        })
    };
    let status = FaultKind::Status {
        code: 503,
        body: String::new(),
        content_type: "text/plain".to_owned(),
    };
    simulator.inject(Fault::once("upload/candidate-files", status));
    assert_eq!(post_file(&simulator, &announced, PDF).await.status, 503);
    assert!(!stored(&simulator));
    assert_eq!(post_file(&simulator, &announced, PDF).await.status, 204);
    assert!(stored(&simulator));
}
