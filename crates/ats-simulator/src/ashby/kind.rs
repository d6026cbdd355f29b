//! The types of request properties: what fits and how Ashby refuses what does not. Knows no
//! endpoint.

use chrono::{DateTime, NaiveDate};
use serde_json::Value;

use super::envelope::Refusal;
use super::request::{MAX_LIMIT, Param};

/// The type of one request property.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Bool,
    Text,
    /// Text that is not blank.
    Filled,
    Mail,
    Mails,
    /// An absolute `http` or `https` address.
    Url,
    Uuid,
    UuidOrNull,
    /// A stage, or the words for the first one of a type.
    StageId,
    Uuids,
    /// A whole number from 1 to 100.
    Limit,
    /// A whole number, not below zero.
    Whole,
    /// Milliseconds since 1970.
    Millis,
    /// An ISO date with or without a time.
    Time,
    /// One word of a list.
    One(&'static [&'static str]),
    /// An array of words of a list.
    Many(&'static [&'static str]),
    /// As `Many`, with at least one word.
    Some(&'static [&'static str]),
    /// An object with these members, others ignored.
    Object(&'static [Param]),
    /// An array of such objects.
    Objects(&'static [Param]),
    /// An object with any members.
    Map,
    /// What the endpoint checks itself.
    Any,
}

impl Kind {
    /// Whether a part of a form holds the value as it is, rather than as JSON text.
    pub(crate) fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text
                | Self::Filled
                | Self::Mail
                | Self::Url
                | Self::Uuid
                | Self::StageId
                | Self::Time
                | Self::One(_)
        )
    }

    pub(crate) fn check(self, name: &str, value: &Value) -> Result<(), Refusal> {
        match self {
            Self::Object(members) if value.is_object() => {
                return check_members(name, members, value);
            }
            Self::Objects(members) if value.is_array() => {
                for (place, item) in value.as_array().into_iter().flatten().enumerate() {
                    Self::Object(members).check(&format!("{name}[{place}]"), item)?;
                }
                return Ok(());
            }
            _ if self.fits(value) => return Ok(()),
            _ => {}
        }
        Err(Refusal::invalid(format!(
            "{name} must be {}",
            self.wanted()
        )))
    }

    fn fits(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::Bool => value.is_boolean(),
            Self::Text => value.is_string(),
            Self::Filled => text.is_some_and(|text| !text.trim().is_empty()),
            Self::Mail => text.is_some_and(is_mail),
            Self::Mails => all(value, |item| item.as_str().is_some_and(is_mail)),
            Self::Url => text.is_some_and(is_url),
            Self::Uuid => text.is_some_and(is_uuid),
            Self::UuidOrNull => value.is_null() || text.is_some_and(is_uuid),
            Self::StageId => text.is_some_and(|t| t == "FirstPreInterviewScreen" || is_uuid(t)),
            Self::Uuids => all(value, |item| item.as_str().is_some_and(is_uuid)),
            Self::Limit => value
                .as_u64()
                .is_some_and(|limit| (1..=MAX_LIMIT as u64).contains(&limit)),
            Self::Whole => value.is_u64(),
            Self::Millis => value.is_i64() || value.is_u64(),
            Self::Time => text.is_some_and(is_time),
            Self::One(words) => is_word(value, words),
            Self::Many(words) => all(value, |item| is_word(item, words)),
            Self::Some(words) => {
                all(value, |item| is_word(item, words))
                    && value.as_array().is_some_and(|list| !list.is_empty())
            }
            Self::Object(_) | Self::Map => value.is_object(),
            Self::Objects(_) => value.is_array(),
            Self::Any => true,
        }
    }

    fn wanted(self) -> String {
        let fixed = match self {
            Self::Bool => "a boolean",
            Self::Text => "a string",
            Self::Filled => "a string that is not empty",
            Self::Mail => "an e-mail address",
            Self::Mails => "an array of e-mail addresses",
            Self::Url => "a valid URL",
            Self::Uuid => "a uuid",
            Self::UuidOrNull => "a uuid or null",
            Self::StageId => "a uuid or FirstPreInterviewScreen",
            Self::Uuids => "an array of uuids",
            Self::Limit => "a whole number from 1 to 100",
            Self::Whole => "a whole number that is not negative",
            Self::Millis => "whole milliseconds since 1970",
            Self::Time => "an ISO date",
            Self::Object(_) | Self::Map => "an object",
            Self::Objects(_) => "an array of objects",
            Self::Any => "anything",
            Self::One(words) => return format!("one of {}", words.join(", ")),
            Self::Many(words) => return format!("an array of {}", words.join(", ")),
            Self::Some(words) => {
                return format!("an array of at least one of {}", words.join(", "));
            }
        };
        fixed.to_owned()
    }
}

fn check_members(name: &str, members: &[Param], value: &Value) -> Result<(), Refusal> {
    for member in members {
        let path = format!("{name}.{}", member.name);
        match value.get(member.name) {
            Some(found) => member.kind.check(&path, found)?,
            None if member.required => {
                return Err(Refusal::invalid(format!("{path} is required")));
            }
            None => {}
        }
    }
    Ok(())
}

fn all(value: &Value, fits: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(fits))
}

fn is_word(value: &Value, words: &[&str]) -> bool {
    value.as_str().is_some_and(|word| words.contains(&word))
}

pub(crate) fn is_mail(text: &str) -> bool {
    let letters = !text.chars().any(char::is_whitespace);
    letters
        && text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !host.contains('@')
        })
}

pub(crate) fn is_url(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty()
            && !rest.starts_with(['/', '?', '#'])
            && !rest.contains(char::is_whitespace)
    })
}

/// `YYYY-MM-DD`, and nothing else.
pub(crate) fn is_day(text: &str) -> bool {
    text.len() == 10 && NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

fn is_time(text: &str) -> bool {
    is_day(text) || DateTime::parse_from_rfc3339(text).is_ok()
}

pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
