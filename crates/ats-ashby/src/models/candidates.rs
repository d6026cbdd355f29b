//! Candidates and the tags they carry, from `candidate.list`.
//!
//! The source's name comes from the list of sources, so that a renamed source reaches every
//! candidate. Applications belong elsewhere.

use std::collections::HashSet;

use ats_core::{
    Document, Mapped, ModelKind, Reference, Related,
    model::{Candidate, EmailAddress, PhoneNumber, RemoteData, SocialMedia},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    listing::{Listing, One, Paging, no_group},
    models::{
        custom_fields::{WireValue, custom_fields},
        place::{self, WireHome},
        reference,
    },
    wire::{self, instant, lose, text},
};

/// Candidates. Ashby API reference, `candidate.list`.
pub(crate) const LISTING: Listing = Listing {
    name: "candidates",
    endpoint: "candidate.list",
    paging: Paging::Token,
    one: One::Info("candidate.info", "id"),
    body: || json!({}),
    models: &[ModelKind::Candidate, ModelKind::CandidateTag],
    uses: &["sources", "custom_fields"],
    group: no_group,
    map,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCandidate {
    id: Option<String>,
    name: Option<String>,
    company: Option<String>,
    position: Option<String>,
    source: Option<WireSource>,
    email_addresses: Option<Vec<Option<WireContact>>>,
    phone_numbers: Option<Vec<Option<WireContact>>>,
    social_links: Option<Vec<Option<WireLink>>>,
    tags: Option<Vec<Option<WireTag>>>,
    location: Option<WireHome>,
    custom_fields: Option<Vec<Option<WireValue>>>,
    profile_url: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
struct WireSource {
    id: Option<String>,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireContact {
    value: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    is_primary: Option<bool>,
}

#[derive(Deserialize)]
struct WireLink {
    url: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct WireTag {
    id: Option<String>,
}

fn map(document: &Document, related: &dyn Related) -> Mapped {
    let mut mapped = Mapped::default();
    let Some(wire) = wire::read::<WireCandidate>(document, &mut mapped) else {
        return mapped;
    };
    if let Some(candidate) = candidate(wire, document, related, &mut mapped) {
        mapped.records.push(candidate.into());
    }
    mapped
}

fn candidate(
    wire: WireCandidate,
    document: &Document,
    related: &dyn Related,
    mapped: &mut Mapped,
) -> Option<Candidate> {
    let WireCandidate {
        id,
        name,
        company,
        position,
        source,
        email_addresses,
        phone_numbers,
        social_links,
        tags,
        location,
        custom_fields: values,
        profile_url,
        created_at,
        updated_at,
    } = wire;
    let remote_id = text(id)?;
    let (first_name, last_name) = split_name(name);
    let (custom_fields, integration_fields) = custom_fields(
        values,
        "Candidate",
        document,
        "/customFields",
        related,
        mapped,
    );
    Some(Candidate {
        remote_id,
        first_name,
        last_name,
        company: text(company),
        title: text(position),
        // The vendor hides jobs, not candidates.
        confidential: None,
        source: source.and_then(|source| source_name(source, related)),
        phone_numbers: contacts(phone_numbers, document, "/phoneNumbers", mapped)
            .map(|(phone_number, kind)| PhoneNumber { phone_number, kind })
            .collect(),
        email_addresses: contacts(email_addresses, document, "/emailAddresses", mapped)
            .map(|(email_address, kind)| EmailAddress {
                email_address,
                kind,
            })
            .collect(),
        social_media: social_media(social_links, document, mapped),
        location: location.and_then(|home| place::of_home(home, document, mapped)),
        custom_fields,
        integration_fields,
        remote_url: text(profile_url),
        remote_created_at: instant(created_at, document, "/createdAt", mapped),
        remote_updated_at: instant(updated_at, document, "/updatedAt", mapped),
        remote_data: Some(RemoteData::of([document])),
        tags: tag_references(tags, document, mapped),
    })
}

/// The vendor keeps one name. Its first word is taken for the given name.
fn split_name(name: Option<String>) -> (Option<String>, Option<String>) {
    let Some(name) = text(name) else {
        return (None, None);
    };
    match name.split_once(char::is_whitespace) {
        Some((first, rest)) => (Some(first.to_owned()), text(Some(rest.to_owned()))),
        None => (Some(name), None),
    }
}

fn source_name(source: WireSource, related: &dyn Related) -> Option<String> {
    let WireSource { id, title } = source;
    let shared = text(id).and_then(|id| reference::name_of(related, "sources", &id, "title"));
    shared.or_else(|| text(title))
}

/// Values with their kinds, the main one first.
fn contacts(
    contacts: Option<Vec<Option<WireContact>>>,
    document: &Document,
    path: &str,
    mapped: &mut Mapped,
) -> impl Iterator<Item = (String, Option<String>)> + use<> {
    let (mut main, mut others) = (Vec::new(), Vec::new());
    for (index, contact) in contacts.into_iter().flatten().enumerate() {
        let Some(WireContact {
            value,
            kind,
            is_primary,
        }) = contact
        else {
            continue;
        };
        let Some(value) = text(value) else {
            lose(document, &format!("{path}/{index}/value"), "a text", mapped);
            continue;
        };
        let kind = text(kind);
        if kind
            .as_deref()
            .is_some_and(|kind| !matches!(kind, "Personal" | "Work" | "Other"))
        {
            lose(
                document,
                &format!("{path}/{index}/type"),
                "Personal, Work or Other",
                mapped,
            );
        }
        let list = if is_primary == Some(true) {
            &mut main
        } else {
            &mut others
        };
        list.push((value, kind.map(|kind| kind.to_uppercase())));
    }
    main.into_iter().chain(others)
}

fn social_media(
    links: Option<Vec<Option<WireLink>>>,
    document: &Document,
    mapped: &mut Mapped,
) -> Vec<SocialMedia> {
    let mut social_media = Vec::new();
    for (index, link) in links.into_iter().flatten().enumerate() {
        let Some(WireLink { url, kind }) = link else {
            continue;
        };
        let Some(url) = text(url) else {
            lose(
                document,
                &format!("/socialLinks/{index}/url"),
                "a web address",
                mapped,
            );
            continue;
        };
        let kind = text(kind);
        if kind.as_deref().is_some_and(|kind| !SITES.contains(&kind)) {
            lose(
                document,
                &format!("/socialLinks/{index}/type"),
                "a known site",
                mapped,
            );
        }
        let has_usernames = matches!(kind.as_deref(), Some("LinkedIn" | "GitHub" | "Twitter"));
        social_media.push(SocialMedia {
            username: if has_usernames { username(&url) } else { None },
            link: Some(url),
            kind: kind.map(|kind| kind.to_uppercase()),
        });
    }
    social_media
}

const SITES: &[&str] = &[
    "LinkedIn",
    "GitHub",
    "Twitter",
    "Medium",
    "StackOverflow",
    "YouTube",
    "CodePen",
    "Website",
];

/// The last part of the address's path. People enter addresses with and without a scheme.
fn username(url: &str) -> Option<String> {
    let address = url.split_once("://").map_or(url, |(_, address)| address);
    let address = address.split(['?', '#']).next()?;
    let (_host, path) = address.split_once('/')?;
    path.rsplit('/')
        .find_map(|segment| text(Some(segment.to_owned())))
}

fn tag_references(
    tags: Option<Vec<Option<WireTag>>>,
    document: &Document,
    mapped: &mut Mapped,
) -> Vec<Reference> {
    let mut seen = HashSet::new();
    let mut references = Vec::new();
    for (index, tag) in tags.into_iter().flatten().enumerate() {
        let Some(WireTag { id }) = tag else { continue };
        match text(id) {
            Some(id) if seen.insert(id.clone()) => references.push(Reference::remote(id)),
            Some(_) => {}
            None => lose(
                document,
                &format!("/tags/{index}/id"),
                "the id of a tag",
                mapped,
            ),
        }
    }
    references
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ats_core::{Bundle, Record, Shelf};
    use serde_json::Value;

    use super::*;

    fn map_row(row: &Value, related: &Shelf) -> (Candidate, Vec<String>) {
        let mapped = map(&Document::new("candidate.list", "/results/*", row), related);
        let losses = mapped.losses.iter().map(|loss| loss.path.clone()).collect();
        let record = mapped.records.into_iter().next();
        let Some(Record::Candidate(candidate)) = record else {
            panic!("{record:?}")
        };
        (*candidate, losses)
    }

    #[test]
    fn a_name_is_split_at_its_first_space() {
        let split = |name: &str| split_name(Some(name.into()));
        let names = |first: &str, last: Option<&str>| (Some(first.into()), last.map(Into::into));
        assert_eq!(
            split(" Ada \t King  Noel "),
            names("Ada", Some("King  Noel"))
        );
        assert_eq!(split("Cher"), names("Cher", None));
        assert_eq!(split("  "), (None, None));
    }

    #[test]
    fn a_username_is_the_end_of_the_path() {
        let name = |url| username(url);
        assert_eq!(
            name("https://www.linkedin.com/in/ada//?trk=1"),
            Some("ada".into())
        );
        assert_eq!(name("github.com/ada#repos"), Some("ada".into()));
        assert_eq!(name("https://twitter.com/"), None);
        assert_eq!(name("https://twitter.com"), None);
    }

    #[test]
    fn the_main_contact_comes_first_and_an_odd_one_costs_only_itself() {
        let row = json!({ "id": "c", "emailAddresses": [
            { "value": " not an address ", "type": "Work", "isPrimary": false },
            { "value": { "a": 1 }, "type": "Work", "isPrimary": true },
            { "value": "ada@example.com", "type": "Home", "isPrimary": true },
        ]});
        let (candidate, losses) = map_row(&row, &Shelf::default());
        let email = |address: &str, kind: &str| EmailAddress {
            email_address: address.into(),
            kind: Some(kind.into()),
        };
        let expected = [
            email("ada@example.com", "HOME"),
            email("not an address", "WORK"),
        ];
        assert_eq!(candidate.email_addresses, expected);
        assert_eq!(
            losses,
            ["/emailAddresses/1/value", "/emailAddresses/2/type"]
        );
    }

    #[test]
    fn a_renamed_source_wins_over_the_embedded_copy() {
        let row = json!({ "id": "c", "source": { "id": "s", "title": "Old" } });
        let mut shelf = Shelf::default();
        assert_eq!(map_row(&row, &shelf).0.source.as_deref(), Some("Old"));
        let source = Document::new("source.list", "/results/*", &json!({ "title": "New" }));
        shelf.put("sources", Arc::new(Bundle::new("s", vec![source])));
        assert_eq!(map_row(&row, &shelf).0.source.as_deref(), Some("New"));
    }
}
