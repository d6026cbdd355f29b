//! Notes on applications.

use serde_json::{Value, json};

use crate::vendor::{Book, Vendor, application, candidate, remote};

fn note(text: &str) -> Value {
    json!({
        "application_id": remote(&application(1)), "content": text, "content_type": "PLAIN_TEXT",
    })
}

fn contents(vendor: &Vendor) -> Vec<String> {
    let notes = vendor.documents("notes").into_iter();
    notes
        .map(|note| note["content"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_note_names_the_job_and_notifies_nobody() {
    let vendor = Vendor::start().await;
    vendor
        .act("add_note_to_application", note("Strong in <Rust> & SQL"))
        .await
        .unwrap();
    assert_eq!(
        vendor.sent("candidate.createNote"),
        json!({
            "candidateId": candidate(1),
            "note": {
                "type": "text/plain",
                "value": "[Backend Engineer (Rust) – Platform] Strong in <Rust> & SQL",
            },
            "sendNotifications": false,
        })
    );
}

#[tokio::test]
async fn a_lost_answer_writes_no_second_note_and_a_second_call_does() {
    let vendor = Vendor::start().await;
    for _ in 0..2 {
        vendor.lose_answer("candidate.createNote");
        vendor
            .act("add_note_to_application", note("Same words"))
            .await
            .unwrap();
    }
    assert_eq!(contents(&vendor).len(), 2);
}

#[tokio::test]
async fn a_colleague_s_new_note_is_not_taken_for_ours() {
    let vendor = Vendor::start().await;
    let book = Book::default();
    // An earlier attempt died before it reached the vendor; meanwhile somebody wrote a note.
    book.forget_answer("note", json!([]));
    vendor.simulator.edit(|world| {
        world.insert(
            "notes",
            json!({
                "createdAt": "2026-11-25T12:00:00.000Z", "isPrivate": false,
                "content": "Something else", "_candidateId": candidate(1),
                "author": { "id": "0a9e0000-0000-4000-8000-000000000002", "firstName": "A", "lastName": "B" },
            }),
        )
    });
    vendor
        .attempt(&book, "add_note_to_application", note("Ours"))
        .await
        .unwrap();
    let contents = contents(&vendor);
    assert_eq!(contents.len(), 2, "{contents:?}");
    // Now it is known, and not sent again.
    vendor
        .attempt(&book, "add_note_to_application", note("Ours"))
        .await
        .unwrap();
    assert_eq!(vendor.calls("candidate.createNote"), 1);
}
