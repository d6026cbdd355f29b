//! From a checked request to the text of an answer: walks a collection page by page. Knows no
//! single endpoint, and keeps nothing: rendered pages are kept by `pages`.

use bytes::Bytes;
use serde_json::{Value, json};

use super::endpoints::{Endpoint, Work};
use super::envelope::{self, Refusal};
use super::keep::{Keep, created_late_enough};
use super::pages::{Page, Pages};
use super::paging::{Clerk, Walk, scope};
use super::render::Row;
use super::request::{Ask, Paging};
use super::view::View;
use crate::fault::FaultKind;

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
        Work::List { .. } | Work::Nested { .. } | Work::Write(_) => endpoint.work.paging(),
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
    Ok(envelope::close(page.text, &rest))
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
        Work::Info { .. } | Work::Answer(_) | Work::Write(_) => {
            nested(ask, Vec::new(), walk, limit)
        }
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
    text: Vec<u8>,
    rows: usize,
    limit: usize,
    last: u64,
}

impl Writer {
    fn new(limit: usize) -> Self {
        Self {
            text: envelope::open(b"["),
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
            self.text.push(b',');
        }
        // A document always prints: its keys are texts.
        let _ = serde_json::to_writer(&mut self.text, row);
        self.rows += 1;
        self.last = place;
    }

    fn finish(mut self, more: bool) -> Page {
        self.text.push(b']');
        Page {
            text: self.text,
            next: more.then_some(self.last),
        }
    }
}
