//! Files of candidates and applications.

use ats_core::{Attachment, AttachmentType, ErrorKind, Outcome, Output, Target};
use ats_http::{DownloadPolicy, Downloader};
use serde_json::{Value, json};

use crate::vendor::{Book, Vendor, application, candidate, remote, warnings};

/// `%PDF-1.4 planted`
const DATA: &str = "JVBERi0xLjQgcGxhbnRlZA==";

fn cv() -> Value {
    json!({ "name": "cv.pdf", "content_type": "application/pdf", "data": DATA, "type": "CV" })
}

fn to_candidate(number: u8, attachment: &Value) -> Value {
    json!({ "candidate_id": remote(&candidate(number)), "attachment": attachment })
}

fn files(outcome: &Outcome) -> &[Attachment] {
    match &outcome.output {
        Output::Attachments(files) => files,
        other => panic!("{other:?} are no files"),
    }
}

/// The files of a candidate, as the action reads them.
async fn files_of(vendor: &Vendor, number: u8) -> Vec<Attachment> {
    let input = json!({ "candidate_id": remote(&candidate(number)) });
    let outcome = vendor
        .act("get_candidate_attachments", input)
        .await
        .unwrap();
    files(&outcome).to_vec()
}

async fn bytes(file: &Attachment) -> Vec<u8> {
    let policy = DownloadPolicy {
        allow_private_network: true,
    };
    let spooled = Downloader::new(policy)
        .download("test", "file", &file.data_url)
        .await
        .unwrap();
    spooled.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn the_first_cv_becomes_the_resume_and_is_read_back() {
    let vendor = Vendor::start().await;
    let outcome = vendor
        .act("add_attachment_to_candidate", to_candidate(2, &cv()))
        .await
        .unwrap();
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    assert_eq!(outcome.touched, [Target::new("candidates", candidate(2))]);
    let files = files_of(&vendor, 2).await;
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(files[0].kind, AttachmentType::Cv);
    assert_eq!(files[0].file_name, "cv.pdf");
    assert_eq!(files[0].content_type, "application/pdf");
    assert_eq!(bytes(&files[0]).await, b"%PDF-1.4 planted");
    let handle = vendor.sent("file.createFileUploadHandle");
    assert_eq!(handle["contentLength"], 16);
    assert_eq!(handle["fileUploadContext"], "CandidateResume");
}

#[tokio::test]
async fn a_resume_that_is_there_is_never_replaced() {
    let vendor = Vendor::start().await;
    let before = vendor.document("candidates", &candidate(1))["resumeFileHandle"].clone();
    let input = json!({ "application_id": remote(&application(1)), "attachment": cv() });
    let outcome = vendor
        .act("add_attachment_to_application", input)
        .await
        .unwrap();
    assert!(
        warnings(&outcome)[0].contains("not replaced"),
        "{outcome:?}"
    );
    assert_eq!(
        outcome.warnings[0].input.as_deref(),
        Some("attachment.type")
    );
    assert_eq!(
        outcome.touched,
        [
            Target::new("candidates", candidate(1)),
            Target::new("applications", application(1)),
        ]
    );
    let after = vendor.document("candidates", &candidate(1));
    assert_eq!(after["resumeFileHandle"], before);
    assert_eq!(after["fileHandles"].as_array().unwrap().len(), 3);
    assert_eq!(vendor.calls("candidate.uploadResume"), 0);
}

#[tokio::test]
async fn a_lost_answer_attaches_no_second_file() {
    let vendor = Vendor::start().await;
    for (endpoint, name) in [
        ("candidate.uploadResume", "first.pdf"),
        ("candidate.uploadFile", "second.pdf"),
    ] {
        vendor.lose_answer(endpoint);
        let mut attachment = cv();
        attachment["name"] = json!(name);
        vendor
            .act("add_attachment_to_candidate", to_candidate(2, &attachment))
            .await
            .unwrap();
    }
    let names: Vec<_> = files_of(&vendor, 2)
        .await
        .into_iter()
        .map(|file| (file.file_name, file.kind))
        .collect();
    let expected = [
        ("first.pdf".to_owned(), AttachmentType::Cv),
        ("second.pdf".to_owned(), AttachmentType::Other),
    ];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn an_attempt_that_died_is_ended_in_its_way() {
    let vendor = Vendor::start().await;
    let add = "add_attachment_to_candidate";
    vendor.act(add, to_candidate(2, &cv())).await.unwrap();
    // The résumé that is there now was this attempt's own.
    let book = Book::default();
    book.forget_answer("attach", json!({ "files": [], "is_resume": true }));
    let outcome = vendor
        .attempt(&book, add, to_candidate(2, &cv()))
        .await
        .unwrap();
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    assert_eq!(files_of(&vendor, 2).await.len(), 1);
    // Once confirmed, nothing is sent any more.
    vendor.simulator.clear_log();
    vendor
        .attempt(&book, add, to_candidate(2, &cv()))
        .await
        .unwrap();
    assert_eq!(vendor.endpoints(), [""; 0]);
}

#[tokio::test]
async fn a_file_is_fetched_from_its_address_and_its_type_found() {
    let vendor = Vendor::start().await;
    let url = files_of(&vendor, 3).await[0].data_url.clone();
    let attachment = json!({ "name": "Cover letter", "data_url": url, "type": "COVER_LETTER" });
    let outcome = vendor
        .act("add_attachment_to_candidate", to_candidate(2, &attachment))
        .await
        .unwrap();
    assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
    let files = files_of(&vendor, 2).await;
    assert_eq!(files[0].kind, AttachmentType::CoverLetter);
    assert_eq!(files[0].content_type, "application/pdf");
    assert!(bytes(&files[0]).await.starts_with(b"%PDF"));
}

#[tokio::test]
async fn a_private_address_is_refused_before_anything_is_sent() {
    let vendor = Vendor::guarded().await;
    let url = format!("{}/secret", vendor.simulator.base_url());
    let attachment = json!({ "name": "cv.pdf", "data_url": url, "type": "CV" });
    let error = vendor
        .act("add_attachment_to_candidate", to_candidate(2, &attachment))
        .await
        .unwrap_err();
    let field = Some("attachment.data_url".to_owned());
    assert_eq!(*error.kind(), ErrorKind::InputInvalid { field });
    assert_eq!(vendor.endpoints(), [""; 0]);
}

#[tokio::test]
async fn what_is_about_a_cover_letter_is_lost_without_the_name() {
    let vendor = Vendor::start().await;
    let mut attachment = cv();
    attachment["type"] = json!("COVER_LETTER");
    let outcome = vendor
        .act("add_attachment_to_candidate", to_candidate(2, &attachment))
        .await
        .unwrap();
    assert!(
        warnings(&outcome)[0].contains("reads back as OTHER"),
        "{outcome:?}"
    );
    assert_eq!(vendor.calls("candidate.uploadResume"), 0);
}

#[tokio::test]
async fn the_files_of_an_application_come_once_each_with_what_they_are() {
    let vendor = Vendor::start().await;
    let input = json!({ "application_id": remote(&application(1)) });
    let outcome = vendor
        .act("get_application_attachments", input)
        .await
        .unwrap();
    let files = files(&outcome);
    let kept = vendor.document("candidates", &candidate(1));
    let own = vendor.document("applications", &application(1));
    assert_eq!(
        files[0].remote_id,
        own["resumeFileHandle"]["id"].as_str().unwrap()
    );
    assert_eq!(files[0].kind, AttachmentType::Cv);
    let mut ids: Vec<_> = files.iter().map(|file| &*file.remote_id).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{ids:?}");
    for file in kept["fileHandles"].as_array().unwrap() {
        assert!(ids.contains(&file["id"].as_str().unwrap()), "{ids:?}");
    }
    for file in files {
        assert_eq!(file.application.as_deref(), Some(&*application(1)));
        assert_eq!(file.candidate.as_deref(), Some(&*candidate(1)));
        assert!(file.content_type.contains('/'), "{file:?}");
    }
}

#[tokio::test]
async fn a_dry_run_shows_no_bytes() {
    let vendor = Vendor::start().await;
    let (outcome, book) = vendor
        .plan("add_attachment_to_candidate", to_candidate(2, &cv()))
        .await;
    outcome.unwrap();
    let planned = book.planned();
    let endpoints: Vec<_> = planned.iter().map(|(endpoint, _)| &**endpoint).collect();
    assert_eq!(
        endpoints,
        [
            "file.createFileUploadHandle",
            "<url of the upload handle>",
            "candidate.uploadResume"
        ]
    );
    assert_eq!(
        planned[0].1,
        json!({
            "fileUploadContext": "CandidateResume", "filename": "cv.pdf",
            "contentType": "application/pdf", "contentLength": 16,
        })
    );
    let text = format!("{planned:?}");
    assert!(!text.contains("planted") && !text.contains(DATA), "{text}");
    // A file that would be fetched is not.
    let attachment =
        json!({ "name": "a.pdf", "data_url": "http://127.0.0.1:9/a", "type": "OTHER" });
    let input = json!({ "application_id": remote(&application(1)), "attachment": attachment });
    let (outcome, _) = vendor.plan("add_attachment_to_application", input).await;
    outcome.unwrap();
}
