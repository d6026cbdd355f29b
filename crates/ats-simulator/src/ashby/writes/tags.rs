//! Tags: `candidateTag.create`, `candidateTag.archive`, `candidate.addTag`, `candidate.removeTag`.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::{Desk, id_of, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::{flag, render, text};

const MISSING: &str = "candidate_tag_not_found";

/// The tag with exactly this title, archived or not, or a new one.
pub(crate) fn create_tag(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let title = ask.text("title").unwrap_or_default();
    let known = desk
        .world
        .collection("candidate_tags")
        .values()
        .find(|tag| text(tag, "title") == Some(title))
        .map(|tag| id_of(tag).to_owned());
    let id = known.unwrap_or_else(|| {
        let tag = json!({ "title": title, "isArchived": false });
        desk.world.insert("candidate_tags", tag)
    });
    show(desk, &id)
}

pub(crate) fn archive_tag(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("tagId").unwrap_or_default();
    desk.find("candidate_tags", id, MISSING)?;
    desk.world
        .update("candidate_tags", id, |tag| tag["isArchived"] = json!(true));
    show(desk, id)
}

fn show(desk: &Desk<'_>, id: &str) -> Written {
    let tag = desk.find("candidate_tags", id, MISSING)?;
    Ok(render::plain(&desk.view(), &Ask::default(), tag))
}

/// A tag that is already there stays there once.
pub(crate) fn add_tag(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let (candidate, tag) = pair(desk, ask)?;
    if flag(&tag, "isArchived") {
        return Err(Refusal::invalid("The tag is archived"));
    }
    let id = id_of(&candidate);
    if !has(&candidate, id_of(&tag)) {
        let tag = render::plain(&desk.view(), ask, tag);
        desk.world
            .update("candidates", id, |candidate| push(candidate, "tags", tag));
    }
    desk.show_candidate(id)
}

/// A tag that is not there is no error.
pub(crate) fn remove_tag(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let (candidate, tag) = pair(desk, ask)?;
    let (id, tag) = (id_of(&candidate), id_of(&tag));
    if has(&candidate, tag) {
        desk.world.update("candidates", id, |candidate| {
            if let Some(tags) = candidate["tags"].as_array_mut() {
                tags.retain(|known| known["id"] != tag);
            }
        });
    }
    desk.show_candidate(id)
}

fn pair(desk: &Desk<'_>, ask: &Ask) -> Result<(Value, Value), Refusal> {
    let candidate = desk.candidate(ask.text("candidateId").unwrap_or_default())?;
    let tag = ask.text("tagId").unwrap_or_default();
    Ok((candidate, desk.find("candidate_tags", tag, MISSING)?))
}

pub(super) fn has(candidate: &Value, tag: &str) -> bool {
    let tags = candidate["tags"].as_array();
    tags.is_some_and(|tags| tags.iter().any(|known| known["id"] == tag))
}
