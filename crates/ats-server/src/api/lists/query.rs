//! What a request asks of a list.

use ats_core::{ModelKind, Timestamp};
use ats_store::{Filter, ListQuery, Place};
use chrono::{DateTime, TimeDelta, Utc};

use super::{
    cursor, moment,
    table::{FilterOf, List},
};
use crate::ApiError;

/// A client's clock may be ahead of ours by a little. Too much is harmless, since clients upsert.
const LEEWAY_SECONDS: i64 = 2;

const USUAL_PAGE: usize = 100;
const LARGEST_PAGE: usize = 250;

/// What every list can be asked.
pub(super) const COMMON: &[(&str, &str)] = &[
    (
        "cursor",
        "Where the page begins: `data.next` of the page before.",
    ),
    (
        "page_size",
        "How many records at most, from 1 to 250; 100 unless it is said.",
    ),
    (
        "updated_after",
        "Only records that changed since, or with which something changed that they show.",
    ),
    (
        "include_deleted",
        "`true` shows records too that the vendor has no more.",
    ),
    (
        "ignore_unsupported_filters",
        "`true` leaves filters out that the connector cannot serve; otherwise they match nothing.",
    ),
    ("ids", "Comma list: only records with one of these ids."),
    (
        "remote_ids",
        "Comma list: only records with one of these ids of the vendor.",
    ),
];

/// What is asked.
pub(super) struct Asked {
    page_size: usize,
    after: Option<Place>,
    updated_after: Option<Timestamp>,
    include_deleted: bool,
    pub(super) ignore_unsupported: bool,
    pub(super) ids: Option<String>,
    pub(super) remote_ids: Option<String>,
    /// Filters with the text that was given.
    pub(super) filters: Vec<(&'static FilterOf, String)>,
    pub(super) model: ModelKind,
}

impl Asked {
    /// Understands a query. Parameters that no list has are left alone, and so are empty ones. Where
    /// one is repeated, a list goes on; of what can only be said once, the last word counts.
    pub(super) fn read(
        query: Vec<(String, String)>,
        list: &'static List,
        model: ModelKind,
    ) -> Result<Self, ApiError> {
        let mut asked = Self {
            page_size: USUAL_PAGE,
            after: None,
            updated_after: None,
            include_deleted: false,
            ignore_unsupported: false,
            ids: None,
            remote_ids: None,
            filters: Vec::new(),
            model,
        };
        let mut after = None;
        for (name, value) in query {
            if value.is_empty() {
                continue;
            }
            // What was no UTF-8 could not be found, and would look as if nothing matched.
            if value.contains(char::REPLACEMENT_CHARACTER) {
                return Err(ApiError::input(format!("`{name}` must be UTF-8")));
            }
            match name.as_str() {
                "cursor" => after = Some(value),
                "page_size" => asked.page_size = page_size(&value)?,
                "updated_after" => asked.updated_after = Some(moment::parse(&name, &value)?),
                "include_deleted" => asked.include_deleted = truth(&name, &value)?,
                "ignore_unsupported_filters" => asked.ignore_unsupported = truth(&name, &value)?,
                "ids" => go_on(&mut asked.ids, value),
                "remote_ids" => go_on(&mut asked.remote_ids, value),
                other => {
                    if let Some(filter) = list.filters.iter().find(|filter| filter.name == other) {
                        asked.filter(filter, value);
                    }
                }
            }
        }
        if let Some(text) = after {
            asked.after = Some(cursor::read(list, &text, asked.updated_after.is_some())?);
        }
        Ok(asked)
    }

    fn filter(&mut self, filter: &'static FilterOf, value: String) {
        let mut before = self.filters.iter_mut();
        match before.find(|(one, _)| one.name == filter.name) {
            Some((_, text)) if filter.takes_a_list() => {
                text.push(',');
                text.push_str(&value);
            }
            Some((_, text)) => *text = value,
            None => self.filters.push((filter, value)),
        }
    }

    pub(super) fn into_query(self, model: ModelKind, filters: Vec<Filter>) -> ListQuery {
        let earlier = |at: Timestamp| {
            Timestamp::from(DateTime::<Utc>::from(at) - TimeDelta::seconds(LEEWAY_SECONDS))
        };
        ListQuery {
            model,
            filters,
            updated_after: self.updated_after.map(earlier),
            include_deleted: self.include_deleted,
            after: self.after,
            limit: self.page_size,
        }
    }
}

/// Adds to a comma list that may have begun.
fn go_on(list: &mut Option<String>, value: String) {
    match list {
        Some(text) => {
            text.push(',');
            text.push_str(&value);
        }
        None => *list = Some(value),
    }
}

fn page_size(text: &str) -> Result<usize, ApiError> {
    let size = text.trim().parse().ok();
    size.filter(|size| (1..=LARGEST_PAGE).contains(size))
        .ok_or_else(|| {
            ApiError::input(format!(
                "`page_size` must be a whole number from 1 to {LARGEST_PAGE}"
            ))
        })
}

fn truth(name: &str, text: &str) -> Result<bool, ApiError> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(ApiError::input(format!("`{name}` must be true or false"))),
    }
}
