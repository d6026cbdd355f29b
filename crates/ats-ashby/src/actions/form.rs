//! Filling in the form of a posting: which input goes into which field, and what is missing.
//!
//! It sends nothing.

use ats_core::{AttachmentType, Error, Warning};
use serde_json::json;

use super::{
    answers::{Answered, Content, is_supported},
    desk::invalid,
    files, links,
    profile::{Told, place},
    sheet::{Field, Sheet},
    wish::Wish,
};
use crate::models::form::LOCATION_PATH;

const NAME: &str = "_systemfield_name";
const EMAIL: &str = "_systemfield_email";
const PHONE: &str = "_systemfield_phone";
const RESUMES: &[&str] = &["_systemfield_resume", "_systemfield_pre_parsed_resume"];

/// A form that was filled in.
pub(super) struct Filled<'s> {
    /// What stands in it.
    pub(super) entries: Vec<Entry<'s>>,
    /// The fields that the form demands and nobody filled.
    pub(super) missing: Vec<&'s Field>,
    /// The places in the input of the attachments that went into the form.
    pub(super) used: Vec<usize>,
    /// What it says of the candidate.
    pub(super) told: Told,
    /// What the caller should know.
    pub(super) warnings: Vec<Warning>,
}

/// A field with what stands in it.
pub(super) struct Entry<'s> {
    /// The field.
    pub(super) field: &'s Field,
    /// What stands in it.
    pub(super) content: Content,
    /// The input it came from.
    pub(super) input: String,
}

impl<'s> Filled<'s> {
    fn put(&mut self, field: Option<&'s Field>, content: Content, input: &str) -> bool {
        let Some(field) = field.filter(|field| !self.has(field)) else {
            return false;
        };
        let input = input.to_owned();
        self.entries.push(Entry {
            field,
            content,
            input,
        });
        true
    }

    fn has(&self, field: &Field) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| entry.field.path == field.path)
    }

    /// A demanded field that no input of the API can fill.
    pub(super) fn unfillable(&self) -> Option<&'s Field> {
        let can = |field: &Field| field.is_profile() || is_supported(&field.kind);
        self.missing.iter().copied().find(|field| !can(field))
    }

    /// Demanded fields are not filled.
    pub(super) fn incomplete(&self) -> Error {
        let asked = self.missing.iter().map(|field| {
            let from = match field.path.as_str() {
                PHONE => " (candidate.phone_number)",
                LOCATION_PATH => " (candidate.location)",
                path if RESUMES.contains(&path) => " (an attachment of the type CV)",
                _ => "",
            };
            format!("`{}`{from}", field.title())
        });
        let asked: Vec<String> = asked.collect();
        let path = match self
            .missing
            .iter()
            .all(|field| RESUMES.contains(&&*field.path))
        {
            true => "attachments",
            false => "screening_question_answers",
        };
        invalid(
            path,
            format_args!("the job demands an answer to {}", asked.join(", ")),
        )
    }
}

/// Fills a form in; `None` for one that has no place for a name and an address.
///
/// `has_resume` tells whether the vendor has a candidate with a résumé, which must not be replaced
/// unless the form demands one.
pub(super) fn fill<'s>(
    sheet: &'s Sheet,
    wish: &Wish<'_>,
    answers: &[Answered<'s>],
    has_resume: bool,
) -> Option<Filled<'s>> {
    let (name, email) = (sheet.field(NAME)?, sheet.field(EMAIL)?);
    let candidate = wish.candidate;
    let mut filled = Filled {
        entries: Vec::new(),
        missing: Vec::new(),
        used: Vec::new(),
        told: Told::default(),
        warnings: Vec::new(),
    };
    let text = |text: &str| Content::Value(json!(text.trim()));
    filled.put(Some(name), text(&wish.name()), "candidate.first_name");
    filled.put(
        Some(email),
        text(&candidate.email_address),
        "candidate.email_address",
    );
    if let Some(number) = &candidate.phone_number {
        let field = sheet.field(PHONE);
        filled.told.phone = filled.put(field, text(number), "candidate.phone_number");
    }
    if let Some(location) = &candidate.location {
        let (field, place) = (sheet.field(LOCATION_PATH), Content::Value(place(location)));
        filled.told.location = filled.put(field, place, "candidate.location");
    }
    for answered in answers {
        let (field, content) = (answered.field, answered.content.clone());
        filled.put(Some(field), content, &answered.input);
    }
    for link in links::read(&candidate.social_links) {
        let mut fields = sheet.fields.iter();
        let field = fields.find(|field| takes_link(field, link.kind) && !filled.has(field));
        filled.put(field, text(link.url), "candidate.social_links");
    }
    add_files(&mut filled, sheet, wish, has_resume);
    let fields = sheet.fields.iter().filter(|field| field.is_required);
    filled.missing = fields.filter(|field| !filled.has(field)).collect();
    Some(filled)
}

/// Whether a field asks for a link of this kind. Of the fields for any text, only those count whose
/// title is little more than the name of the site.
fn takes_link(field: &Field, kind: &str) -> bool {
    let title = field.title().to_lowercase();
    let is_asked = match kind {
        "LinkedIn" => title.contains("linkedin"),
        "GitHub" => title.contains("github"),
        "Website" => title.contains("website") || title.contains("portfolio"),
        _ => false,
    };
    let is_short = kind != "Website" && title.split_whitespace().count() <= 3;
    let fits = field.kind == "Url" || field.kind == "String" && is_short;
    is_asked && fits && !field.is_profile() && !field.is_sensitive()
}

/// Puts the first CV and the first cover letter into the form.
fn add_files<'s>(filled: &mut Filled<'s>, sheet: &'s Sheet, wish: &Wish<'_>, has_resume: bool) {
    let first = |kind| wish.attachments.iter().position(|file| file.kind == kind);
    let put = |filled: &mut Filled<'s>, index: usize, field: &'s Field| {
        let content = Content::File(wish.attachments[index].file());
        if filled.put(Some(field), content, &format!("attachments[{index}]")) {
            filled.used.push(index);
        }
    };
    if let Some(index) = first(AttachmentType::CoverLetter) {
        let mut fields = sheet.fields.iter().filter(|field| field.kind == "File");
        let field = fields.find(|field| files::names_cover_letter(field.title()));
        if let Some(field) = field {
            put(filled, index, field);
        }
    }
    let Some(index) = first(AttachmentType::Cv) else {
        return;
    };
    let own = RESUMES.iter().find_map(|path| sheet.field(path));
    let other = || {
        let mut fields = sheet.fields.iter();
        fields.find(|field| field.kind == "File" && field.is_required && !filled.has(field))
    };
    match own {
        Some(field) if has_resume && !field.is_required => {}
        Some(field) => {
            put(filled, index, field);
            if has_resume {
                filled.warnings.push(Warning::about(
                    format!("attachments[{index}].type"),
                    "the candidate has a résumé already; the job's form demands one, so that Ashby \
                     shows the new one first and keeps the old one among the candidate's files",
                ));
            }
        }
        None => {
            if let Some(field) = other() {
                put(filled, index, field);
            }
        }
    }
}

#[cfg(test)]
mod tests;
