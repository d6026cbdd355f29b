//! `candidate.create` and `candidate.update`.
//!
//! <https://developers.ashbyhq.com/reference/candidatecreate>: no candidate is ever found again by
//! its e-mail, each call makes a new one.

use serde_json::{Value, json};

use super::Written;
use crate::ashby::desk::{Desk, push};
use crate::ashby::envelope::Refusal;
use crate::ashby::request::Ask;
use crate::ashby::{kind, text};

pub(crate) fn create_candidate(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let source = desk.named(ask, "sourceId", "sources")?;
    let user = desk.named(ask, "creditedToUserId", "users")?;
    let name = ask.text("name").unwrap_or_default();
    let mut candidate = blank(desk, name);
    if let Some(created) = ask.text("createdAt") {
        candidate["createdAt"] = json!(created);
    }
    candidate["source"] = source.unwrap_or_default();
    candidate["creditedToUser"] = user.unwrap_or_default();
    if let Some(mail) = ask.text("email") {
        set_primary(&mut candidate, MAIL, mail);
    }
    for mail in ask.array("alternateEmailAddresses") {
        add_alternate(&mut candidate, mail.as_str().unwrap_or_default());
    }
    if let Some(number) = ask.text("phoneNumber") {
        set_primary(&mut candidate, PHONE, number);
    }
    for (property, kind) in [
        ("linkedInUrl", "LinkedIn"),
        ("githubUrl", "GitHub"),
        ("website", "Website"),
    ] {
        if let Some(url) = ask.text(property) {
            set_link(&mut candidate, kind, url);
        }
    }
    if let Some(place) = ask.value("location") {
        candidate["location"] = location(desk, place);
    }
    let id = desk.world.insert("candidates", candidate);
    desk.show_candidate(&id)
}

/// A candidate with a name and nothing else. The search does not know of it at once.
pub(super) fn blank(desk: &mut Desk<'_>, name: &str) -> Value {
    let (own, now) = (desk.world.new_id(), desk.world.now());
    json!({
        "id": own,
        "createdAt": now,
        "updatedAt": now,
        "name": name,
        "emailAddresses": [],
        "phoneNumbers": [],
        "socialLinks": [],
        "tags": [],
        "applicationIds": [],
        "fileHandles": [],
        "customFields": [],
        "profileUrl": format!(
            "https://app.ashbyhq.com/candidate-searches/new/right-side/candidates/{own}"
        ),
        "source": null,
        "creditedToUser": null,
        "timezone": null,
        "fraudStatus": null,
        "_searches": desk.memory.searches(),
    })
}

pub(crate) fn update_candidate(desk: &mut Desk<'_>, ask: &Ask) -> Written {
    let id = ask.text("candidateId").unwrap_or_default();
    desk.candidate(id)?;
    let source = desk.named(ask, "sourceId", "sources")?;
    let user = desk.named(ask, "creditedToUserId", "users")?;
    check_links(ask)?;
    let place = ask.value("location").map(|place| location(desk, place));
    desk.world.update("candidates", id, |candidate| {
        for (member, value) in [
            ("source", source),
            ("creditedToUser", user),
            ("location", place),
        ] {
            if let Some(value) = value {
                candidate[member] = value;
            }
        }
        for member in ["name", "createdAt"] {
            if let Some(value) = ask.value(member) {
                candidate[member] = value.clone();
            }
        }
        if let Some(mail) = ask.text("email") {
            set_primary(candidate, MAIL, mail);
        }
        if let Some(mail) = ask.text("alternateEmail") {
            add_alternate(candidate, mail);
        }
        if let Some(number) = ask.text("phoneNumber") {
            set_primary(candidate, PHONE, number);
        }
        update_links(candidate, ask);
    });
    desk.show_candidate(id)
}

/// A list of links replaces all of them; the single ones are ignored then.
fn update_links(candidate: &mut Value, ask: &Ask) {
    if let Some(links) = ask.value("socialLinks") {
        let links = links.as_array().into_iter().flatten();
        candidate["socialLinks"] = links
            .map(|link| json!({ "type": link["type"], "url": link["url"] }))
            .collect();
        return;
    }
    for (property, kind) in [
        ("linkedInUrl", "LinkedIn"),
        ("githubUrl", "GitHub"),
        ("websiteUrl", "Website"),
    ] {
        if let Some(url) = ask.text(property) {
            set_link(candidate, kind, url);
        }
    }
}

fn check_links(ask: &Ask) -> Result<(), Refusal> {
    let links = ask.array("socialLinks").iter();
    for url in links.filter_map(|link| text(link, "url")) {
        if !kind::is_url(url) {
            return Err(Refusal::invalid("socialLinks: url must be a valid URL"));
        }
    }
    Ok(())
}

/// The list of one sort of contact, and the member that shows its primary one.
type Contact = (&'static str, &'static str);

const MAIL: Contact = ("emailAddresses", "primaryEmailAddress");
const PHONE: Contact = ("phoneNumbers", "primaryPhoneNumber");

pub(super) fn set_mail(candidate: &mut Value, mail: &str) {
    set_primary(candidate, MAIL, mail);
}

pub(super) fn set_phone(candidate: &mut Value, number: &str) {
    set_primary(candidate, PHONE, number);
}

/// The primary contact becomes this one; the one before it goes.
fn set_primary(candidate: &mut Value, (list, primary): Contact, value: &str) {
    let contact = json!({ "value": value, "type": "Personal", "isPrimary": true });
    if let Some(known) = candidate[list].as_array_mut() {
        known.retain(|known| known["isPrimary"] != true && known["value"] != value);
        known.insert(0, contact.clone());
    }
    candidate[primary] = contact;
}

fn add_alternate(candidate: &mut Value, mail: &str) {
    let known = candidate["emailAddresses"].as_array();
    if !known.is_some_and(|known| known.iter().any(|known| known["value"] == mail)) {
        let contact = json!({ "value": mail, "type": "Other", "isPrimary": false });
        push(candidate, "emailAddresses", contact);
    }
}

fn set_link(candidate: &mut Value, kind: &str, url: &str) {
    let links = candidate["socialLinks"].as_array_mut();
    match links
        .into_iter()
        .flatten()
        .find(|link| link["type"] == kind)
    {
        Some(link) => link["url"] = json!(url),
        None => push(
            candidate,
            "socialLinks",
            json!({ "type": kind, "url": url }),
        ),
    }
}

pub(super) fn location(desk: &mut Desk<'_>, place: &Value) -> Value {
    let parts: Vec<(&str, &str)> = [
        ("City", "city"),
        ("Region", "region"),
        ("Country", "country"),
    ]
    .into_iter()
    .filter_map(|(kind, member)| Some((kind, text(place, member)?)))
    .collect();
    let names: Vec<&str> = parts.iter().map(|(_, name)| *name).collect();
    let components: Vec<Value> = parts
        .iter()
        .map(|(kind, name)| json!({ "type": kind, "name": name }))
        .collect();
    json!({
        "id": desk.world.new_id(),
        "locationSummary": names.join(", "),
        "locationComponents": components,
    })
}
