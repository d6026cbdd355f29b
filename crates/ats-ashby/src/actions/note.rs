//! Notes. Ashby keeps them on candidates only, so a note on an application names its job.

use ats_core::{Outcome, Output, Result, action::AddNoteToApplication};
use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    desk::{APPLICATION, Desk, remote},
    step::{Settling, Step},
};

/// An application, as far as a note needs it.
#[derive(Debug, Deserialize)]
struct Subject {
    candidate: Linked,
    job: Option<Titled>,
}

#[derive(Debug, Deserialize)]
struct Linked {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Titled {
    title: Option<String>,
}

#[derive(Debug, Deserialize)]
struct WireNote {
    id: String,
    content: Option<String>,
}

/// Adds a note to an application.
pub(super) async fn on_application(
    desk: &Desk<'_>,
    input: &AddNoteToApplication,
) -> Result<Outcome> {
    let application = remote("application_id", &input.application_id)?;
    let mut outcome = Outcome::from(Output::Done);
    add(desk, application, &input.content, &mut outcome).await?;
    Ok(outcome)
}

/// Adds a plain note to an application's candidate, with the job in front of it.
pub(super) async fn add(
    desk: &Desk<'_>,
    application: &str,
    text: &str,
    _outcome: &mut Outcome,
) -> Result<()> {
    let subject: Subject = desk
        .named(APPLICATION, "application_id", application)
        .await?;
    let text = match subject.job.and_then(|job| job.title) {
        Some(title) => format!("[{title}] {text}"),
        None => text.to_owned(),
    };
    let note = json!({ "type": "text/plain", "value": text });
    on_candidate(desk, "note", &subject.candidate.id, note).await
}

/// Adds a note of HTML to a candidate, once. Ashby takes b, i, u, a, lists and code.
pub(super) async fn html(desk: &Desk<'_>, name: &str, candidate: &str, html: &str) -> Result<()> {
    let note = json!({ "type": "text/html", "value": html });
    on_candidate(desk, name, candidate, note).await
}

// doc: begin note
/// Adds a note to a candidate, once. `name` tells the steps of one action apart.
pub(super) async fn on_candidate(
    desk: &Desk<'_>,
    name: &str,
    candidate: &str,
    note: Value,
) -> Result<()> {
    // Another action's note of the same text would look like ours.
    let _held = match desk.is_dry() {
        true => None,
        false => {
            let name = format!("notes of {candidate}");
            Some(desk.context.journal.hold(&name).await?)
        }
    };
    let text = letters(note["value"].as_str().unwrap_or_default());
    let body = json!({ "candidateId": candidate, "note": note, "sendNotifications": false });
    let look = Box::new(|| -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(same_notes(*desk, candidate, &text))
    });
    Step::new(
        desk,
        name,
        "candidate.createNote",
        body,
        Settling::New(look),
    )
    .assumed("<new note>")
    .run(desk)
    .await?;
    Ok(())
}
// doc: end

/// The ids of a candidate's notes that say `text`, given as its [`letters`].
async fn same_notes(desk: Desk<'_>, candidate: &str, text: &str) -> Result<Vec<String>> {
    let body = json!({ "candidateId": candidate });
    let notes: Vec<WireNote> = desk.listed("candidate.listNotes", body).await?;
    let same = |note: &WireNote| letters(note.content.as_deref().unwrap_or_default()) == text;
    let same = notes.into_iter().filter(same);
    Ok(same.map(|note| note.id).collect())
}

/// What is left of a note however the vendor prints it: neither tags nor punctuation nor white
/// space.
fn letters(note: &str) -> String {
    let plain = unescape(note);
    let mut letters = String::with_capacity(plain.len());
    let mut rest = &*plain;
    while let Some((before, after)) = rest.split_once('<') {
        letters.push_str(before);
        let is_tag = after.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        rest = match after.split_once('>') {
            Some((_, behind)) if is_tag => behind,
            _ => after,
        };
    }
    letters.push_str(rest);
    letters.retain(char::is_alphanumeric);
    letters
}

/// Pairs of a character that means something in HTML and how it is written there.
const ESCAPED: [(char, &str); 5] = [
    ('<', "&lt;"),
    ('>', "&gt;"),
    ('"', "&quot;"),
    ('\'', "&#39;"),
    ('&', "&amp;"),
];

/// A text as HTML shows it, in an attribute too.
pub(super) fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match ESCAPED.iter().find(|(plain, _)| *plain == c) {
            Some((_, escaped)) => html.push_str(escaped),
            None => html.push(c),
        }
    }
    html
}

fn unescape(html: &str) -> String {
    let mut text = html.to_owned();
    for (plain, escaped) in ESCAPED {
        text = text.replace(escaped, plain.encode_utf8(&mut [0; 4]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_html() {
        let html = escape(r#"<script src="x">'&amp;'</script>"#);
        assert_eq!(
            html,
            "&lt;script src=&quot;x&quot;&gt;&#39;&amp;amp;&#39;&lt;/script&gt;"
        );
        assert_eq!(unescape(&html), r#"<script src="x">'&amp;'</script>"#);
    }

    #[test]
    fn a_note_is_known_again_however_it_is_printed() {
        let ours = r#"<b>Test result</b>: <a href="https://a.de/?x=1&amp;y=2">A &lt; B</a>"#;
        for theirs in [
            ours,
            "Test result: A &lt; B",
            "Test\u{a0}result:\n<a href=\"https://a.de/\">A &lt; B</a><br/>",
            "<p>Test result: A < B</p>",
        ] {
            assert_eq!(letters(theirs), letters(ours), "{theirs}");
        }
        assert_ne!(letters("Test result: A > C"), letters(ours));
        let plain = "[Engineer] 3 < 4 & 5 > 2";
        assert_eq!(letters(&escape(plain)), letters(plain));
    }
}
