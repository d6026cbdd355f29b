//! `candidate.createNote`. A note belongs to the candidate, and no call finds it again to change it.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::Desk;
use crate::ashby::envelope::Refusal;
use crate::ashby::render;
use crate::ashby::request::Ask;
use crate::ashby::text;

/// The tags that a note in HTML may have; others are stripped.
const ALLOWED: [&str; 9] = ["b", "i", "u", "a", "ul", "ol", "li", "code", "pre"];

pub(crate) fn create_note(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let candidate = ask.text("candidateId").unwrap_or_default();
    let content = content(ask.value("note").unwrap_or(&Value::Null))?;
    desk.candidate(candidate)?;
    let private = ask.flag("isPrivate");
    if private && !desk.key.private_fields {
        let message = "The API key may not write private notes";
        return Err(Refusal::invalid(message));
    }
    let now = desk.world.now();
    let created = ask.text("createdAt").unwrap_or(&now);
    // The real author is the user that the key belongs to; here it is the key itself.
    let note = json!({
        "createdAt": created,
        "isPrivate": private,
        "content": content,
        "author": {
            "id": "0a9e0000-0000-4000-8000-000000000001",
            "firstName": "API",
            "lastName": desk.key.name,
        },
        "_candidateId": candidate,
    });
    let id = desk.world.insert("notes", note);
    let note = desk.find("notes", &id, "note_not_found")?;
    Ok(render::plain(&desk.view(), ask, note))
}

fn content(note: &Value) -> Result<String, Refusal> {
    let (kind, value) = match note {
        Value::String(text) => ("text/plain", Some(&**text)),
        note => (text(note, "type").unwrap_or_default(), text(note, "value")),
    };
    match (kind, value) {
        (_, Some(value)) if value.trim().is_empty() => {
            Err(Refusal::invalid("note must not be empty"))
        }
        ("text/plain", Some(value)) => Ok(value.to_owned()),
        ("text/html", Some(value)) => Ok(strip(value)),
        _ => Err(Refusal::invalid(
            "note must be a string, or have a type of text/plain or text/html and a value",
        )),
    }
}

/// Drops every tag that is not allowed, and keeps what stands between tags.
fn strip(html: &str) -> String {
    let mut kept = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        kept.push_str(before);
        let Some((tag, behind)) = after.split_once('>') else {
            kept.push_str("&lt;");
            rest = after;
            continue;
        };
        let name = tag.trim_start_matches('/');
        let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
        let name = name.unwrap_or_default().to_ascii_lowercase();
        if ALLOWED.contains(&&*name) {
            kept.push('<');
            kept.push_str(tag);
            kept.push('>');
        }
        rest = behind;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::strip;

    #[test]
    fn only_the_tags_that_a_note_may_have_stay() {
        let html = "<p>Hi <b>you</b><br/> <a href=\"https://example.com\">x</a></p> 1 < 2";
        let expected = "Hi <b>you</b> <a href=\"https://example.com\">x</a> 1 &lt; 2";
        assert_eq!(strip(html), expected);
    }
}
