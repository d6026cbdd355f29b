//! What the lists of the unified API ask of a store: pages of one model, filters, and the answers
//! that a server has made of records.
//!
//! An answer is the text of one record as its list shows it. The server makes it and the store keeps
//! it, so that a page is put together from texts and nothing is parsed. The store must not know what
//! is in an answer, but it knows whose changes can be seen in it, and drops it in the same
//! transaction as such a change.

use std::{fmt, ops::Range, str::FromStr};

use ats_core::{Id, IntegrationId, ModelKind, Timestamp};

use crate::StoredRecord;

/// Which records of a model, and how many at once.
///
/// # Order
/// Without `updated_after` records stand by their keys; with it by the moment that they or what
/// belongs to them last changed, and then by their keys. Either way a walk that goes on at
/// [`Page::next`] neither skips nor doubles a record that does not change meanwhile. One that changes
/// may come again, since it moves to the end, and is not skipped.
#[derive(Debug, Clone, PartialEq)]
pub struct ListQuery {
    /// The model.
    pub model: ModelKind,
    /// All of these have to hold.
    pub filters: Vec<Filter>,
    /// Only records that changed at this moment or later, or with which something changed that the
    /// list shows as belonging to them.
    pub updated_after: Option<Timestamp>,
    /// Whether records with a tombstone are wanted.
    pub include_deleted: bool,
    /// Where the page before ended.
    pub after: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

impl ListQuery {
    /// All living records of a model, the first `limit` of them.
    pub fn new(model: ModelKind, limit: usize) -> Self {
        Self {
            model,
            filters: Vec::new(),
            updated_after: None,
            include_deleted: false,
            after: None,
            limit,
        }
    }
}

/// What a record has to be like. Of several values any will do; without a value nothing does.
///
/// Fields are named as in the record's content.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Filter {
    /// One of these records.
    Ids(Vec<Id>),
    /// One of those that the vendor calls so.
    RemoteIds(Vec<String>),
    /// A field is one of these texts, to the letter.
    Is {
        /// The field.
        field: &'static str,
        /// The texts.
        values: Vec<String>,
    },
    /// A field is one of these texts, whatever the case.
    IsIgnoringCase {
        /// The field.
        field: &'static str,
        /// The texts.
        values: Vec<String>,
    },
    /// A field contains one of these texts, whatever the case.
    Contains {
        /// The field.
        field: &'static str,
        /// The texts.
        values: Vec<String>,
    },
    /// A field that is a moment is this one or a later one.
    Since {
        /// The field.
        field: &'static str,
        /// The moment.
        moment: Timestamp,
    },
    /// One of the `email_addresses`, or the `email`, is one of these, whatever the case.
    Email(Vec<String>),
    /// It refers to one of these records, such as an application to its job, its candidate or its
    /// stage.
    RefersTo(Vec<Id>),
    /// A candidate with a living application that refers to one of these, such as a job.
    WithApplicationOf(Vec<Id>),
    /// An interview or an offer whose application refers to one of these, such as a job.
    OfApplicationOf(Vec<Id>),
}

/// Where a page ends, and the next one begins. As text it is short and says nothing about a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// For a list by moments: the last record's, in milliseconds since 1970.
    pub touched: Option<i64>,
    /// The last record's key.
    pub key: i64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.touched {
            None => write!(f, "{}", self.key),
            Some(touched) => write!(f, "{touched}.{}", self.key),
        }
    }
}

/// The text is no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no place in a list; take `next` of the page before as it is")]
pub struct InvalidPlace;

impl FromStr for Place {
    type Err = InvalidPlace;

    fn from_str(text: &str) -> Result<Self, InvalidPlace> {
        let number = |text: &str| text.parse().map_err(|_| InvalidPlace);
        match text.split_once('.') {
            None => Ok(Self {
                touched: None,
                key: number(text)?,
            }),
            Some((touched, key)) => Ok(Self {
                touched: Some(number(touched)?),
                key: number(key)?,
            }),
        }
    }
}

/// A page of a list. Its answers stand in the text that was handed over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// The records in their order.
    pub rows: Vec<Row>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Place>,
    /// The last change that the page saw, as [`Store::last_change`](crate::Store::last_change) gives
    /// it: answers made for rows that have none are saved with it.
    pub as_of: i64,
}

/// One record of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// Its answer stands here in the text.
    Answer(Range<usize>),
    /// It has no answer: this is what one is made of.
    Record(Box<StoredRecord>),
}

impl Page {
    /// Whether every record has an answer. Then what was added to the text are the elements of a JSON
    /// array, with commas between them.
    pub fn is_whole(&self) -> bool {
        self.without_answer().next().is_none()
    }

    /// The records without an answer.
    pub fn without_answer(&self) -> impl Iterator<Item = &StoredRecord> {
        self.rows.iter().filter_map(|row| match row {
            Row::Answer(_) => None,
            Row::Record(record) => Some(&**record),
        })
    }

    /// Puts the elements of a JSON array together: answers from the text that was handed over, and
    /// what was made of the records without one, in their order.
    pub fn put_together<'a>(
        &self,
        text: &'a [u8],
        made: impl IntoIterator<Item = &'a [u8]>,
    ) -> Vec<u8> {
        let mut made = made.into_iter();
        let mut array = Vec::with_capacity(text.len() + self.rows.len() * 64);
        for row in &self.rows {
            let answer = match row {
                Row::Answer(range) => text.get(range.clone()),
                Row::Record(_) => made.next(),
            };
            let Some(answer) = answer else { continue };
            if !array.is_empty() {
                array.push(b',');
            }
            array.extend_from_slice(answer);
        }
        array
    }
}

/// Our id of the record that the vendor calls so.
pub fn record_id(integration: &IntegrationId, model: ModelKind, remote_id: &str) -> Id {
    Id::derive([integration.as_str(), model.name(), remote_id])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_from_its_text() {
        for (place, text) in [
            (
                Place {
                    touched: None,
                    key: 7,
                },
                "7",
            ),
            (
                Place {
                    touched: Some(-5),
                    key: 12,
                },
                "-5.12",
            ),
        ] {
            assert_eq!(place.to_string(), text);
            assert_eq!(text.parse(), Ok(place));
        }
        for text in ["", "a", "1.", ".1", "1.2.3", "9999999999999999999"] {
            assert_eq!(text.parse::<Place>(), Err(InvalidPlace), "{text}");
        }
    }

    #[test]
    fn a_page_is_put_together_in_its_order() {
        let record = || Row::Record(Box::new(record()));
        let page = Page {
            rows: vec![Row::Answer(1..2), record(), Row::Answer(3..4), record()],
            ..Page::default()
        };
        assert!(!page.is_whole());
        assert_eq!(page.without_answer().count(), 2);
        let made = [&b"2"[..], b"4"];
        assert_eq!(page.put_together(b"[1,3", made), b"1,2,3,4");
        assert_eq!(Page::default().put_together(b"", []), b"");
    }

    fn record() -> StoredRecord {
        StoredRecord {
            key: 1,
            model: ModelKind::Tag,
            id: Id::derive(["a"]),
            content: "{}".to_owned(),
            fields: None,
            changed_at: Timestamp::parse("2026-01-02").unwrap(),
            remote_deleted_at: None,
            reason: None,
            bundle: None,
            documents: None,
            pass: 1,
        }
    }
}
