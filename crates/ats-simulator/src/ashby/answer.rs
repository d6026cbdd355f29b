//! From a checked request to the text of an answer: walks a collection page by page, and keeps
//! rendered pages in memory so that a repeated walk costs a copy. Knows no single endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use serde_json::{Value, json};

use super::endpoints::{Endpoint, Work};
use super::envelope::{self, Refusal};
use super::keep::{Keep, created_late_enough};
use super::paging::{Clerk, Walk, scope};
use super::render::Row;
use super::request::{Ask, Paging};
use super::view::View;
use crate::fault::FaultKind;
use crate::lock;

/// The rendered pages kept in memory may take so many bytes.
const KEPT_BYTES: usize = 1 << 30;

/// The rows of one page as a JSON array, and the place of its last row when more follow.
#[derive(Clone, Debug)]
struct Page {
    rows: Arc<str>,
    next: Option<u64>,
}

/// Rendered pages of the world at one revision.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    revision: u64,
    bytes: usize,
    pages: HashMap<String, Page>,
}

impl Pages {
    fn get(&self, revision: u64, name: &str) -> Option<Page> {
        let mut kept = lock(&self.kept);
        if kept.revision != revision {
            *kept = Kept {
                revision,
                ..Kept::default()
            };
        }
        kept.pages.get(name).cloned()
    }

    fn put(&self, revision: u64, name: String, page: &Page) {
        let mut kept = lock(&self.kept);
        if kept.revision == revision && kept.bytes + page.rows.len() <= KEPT_BYTES {
            kept.bytes += page.rows.len();
            kept.pages.insert(name, page.clone());
        }
    }
}

/// Answers a request that passed every check.
pub(crate) fn answer(
    clerk: &Clerk,
    pages: &Pages,
    view: &View<'_>,
    endpoint: &Endpoint,
    ask: &Ask,
    harm: Option<&FaultKind>,
) -> Result<Bytes, Refusal> {
    let paging = match endpoint.work {
        Work::Answer(find) => return Ok(envelope::success(&find(view, ask)?.to_string(), &[])),
        Work::Info {
            collection,
            param,
            missing,
            keep,
            row,
        } => {
            let found = find(view, ask, collection, param, keep);
            let document = found.ok_or_else(|| Refusal::not_found(missing))?;
            return Ok(envelope::success(
                &row(view, ask, document).to_string(),
                &[],
            ));
        }
        Work::List { paging, .. } | Work::Nested { paging, .. } => paging,
    };
    let properties = ask.scope();
    let scope = scope(endpoint.name, &properties);
    let walk = clerk.walk(
        scope,
        ask.text("cursor"),
        ask.text("syncToken"),
        view.world.revision(),
    )?;
    if harm == Some(&FaultKind::EmptyMiddlePage) {
        let rest = [("moreDataAvailable", json!(true)), next(clerk, scope, walk)];
        return Ok(envelope::success("[]", &rest));
    }
    let page = page(pages, view, endpoint, ask, &properties, walk)?;
    let rest = match (paging, page.next) {
        (Paging::Single, _) => vec![],
        (_, Some(after)) => {
            vec![
                ("moreDataAvailable", json!(true)),
                next(clerk, scope, Walk { after, ..walk }),
            ]
        }
        (_, None) => {
            let more = ("moreDataAvailable", json!(false));
            let token = ("syncToken", json!(clerk.token(scope, walk.began)));
            if paging.has_token() {
                vec![more, token]
            } else {
                vec![more]
            }
        }
    };
    Ok(envelope::success(&page.rows, &rest))
}

fn next(clerk: &Clerk, scope: u64, walk: Walk) -> (&'static str, Value) {
    ("nextCursor", json!(clerk.cursor(scope, walk)))
}

fn find(view: &View<'_>, ask: &Ask, collection: &str, param: &str, keep: Keep) -> Option<Value> {
    let document = view
        .world
        .collection(collection)
        .document(ask.text(param)?)?;
    let value = document.peek();
    keep(view, &Ask::default(), &value).then(|| value.into_owned())
}

fn page(
    pages: &Pages,
    view: &View<'_>,
    endpoint: &Endpoint,
    ask: &Ask,
    properties: &str,
    walk: Walk,
) -> Result<Page, Refusal> {
    let limit = match endpoint.work.paging().is_paged() {
        true => ask
            .limit()
            .min(view.options.page_size_cap.unwrap_or(usize::MAX).max(1)),
        false => usize::MAX,
    };
    let name = format!(
        "{} {properties} {} {} {limit} {} {:?}",
        endpoint.name, view.key.confidential, view.key.private_fields, walk.after, walk.since
    );
    let revision = view.world.revision();
    if let Some(page) = pages.get(revision, &name) {
        return Ok(page);
    }
    let page = match endpoint.work {
        Work::List {
            collection,
            keep,
            row,
            ..
        } => list(view, ask, collection, keep, row, walk, limit),
        Work::Nested { rows, .. } => nested(ask, rows(view, ask)?, walk, limit),
        Work::Info { .. } | Work::Answer(_) => nested(ask, Vec::new(), walk, limit),
    };
    pages.put(revision, name, &page);
    Ok(page)
}

/// One page of a collection.
fn list(
    view: &View<'_>,
    ask: &Ask,
    collection: &str,
    keep: Keep,
    row: Row,
    walk: Walk,
    limit: usize,
) -> Page {
    let mut writer = Writer::new(limit);
    for (place, document) in view.world.collection(collection).after(walk.after) {
        if walk.since.is_some_and(|since| document.revision() <= since) {
            continue;
        }
        let value = document.peek_row();
        if !created_late_enough(ask, &value) || !keep(view, ask, &value) {
            continue;
        }
        if writer.is_full() {
            return writer.finish(true);
        }
        writer.push(place, &row(view, ask, value.into_owned()));
    }
    writer.finish(false)
}

/// One page of rows that are counted from one.
fn nested(ask: &Ask, rows: Vec<(u64, Value)>, walk: Walk, limit: usize) -> Page {
    let mut writer = Writer::new(limit);
    for (place, (revision, row)) in (1..).zip(rows) {
        let unchanged = walk.since.is_some_and(|since| revision <= since);
        if place <= walk.after || unchanged || !created_late_enough(ask, &row) {
            continue;
        }
        if writer.is_full() {
            return writer.finish(true);
        }
        writer.push(place, &row);
    }
    writer.finish(false)
}

/// Collects the rows of one page.
struct Writer {
    text: String,
    rows: usize,
    limit: usize,
    last: u64,
}

impl Writer {
    fn new(limit: usize) -> Self {
        Self {
            text: "[".to_owned(),
            rows: 0,
            limit,
            last: 0,
        }
    }

    fn is_full(&self) -> bool {
        self.rows >= self.limit
    }

    fn push(&mut self, place: u64, row: &Value) {
        if self.rows > 0 {
            self.text.push(',');
        }
        self.text.push_str(&row.to_string());
        self.rows += 1;
        self.last = place;
    }

    fn finish(mut self, more: bool) -> Page {
        self.text.push(']');
        Page {
            rows: self.text.into(),
            next: more.then_some(self.last),
        }
    }
}
