//! The stream of postings: a complete read of all listings, and details of what is new or changed.
//!
//! No field of a posting says whether and where it is published: only the listings that hold it
//! do. So each is read, and a bundle keeps one row for every listing. What the rows mean belongs to
//! `posting`.

use std::collections::{HashMap, HashSet};

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, ErrorKind, Known, Mapped, ModelKind, Next, PageRequest, RawJson, RawPage,
    Reject, Related, Result, Stream,
};
use ats_http::Lane;
use serde_json::json;

use super::posting::{self, BOARD_ID, BOARDS, INFO, LIST, UNPUBLISHED, board_variant};
use crate::{
    client::{Body, Client, lane},
    listing::{ROW, object, side_by_side, with_ids},
};

/// Name of the stream.
pub(crate) const STREAM: &str = "postings";

/// Postings and their questions, found by their job.
#[derive(Debug)]
pub(crate) struct Postings {
    client: Client,
}

impl Postings {
    /// The stream.
    pub(crate) fn boxed(client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            client: client.clone(),
        })
    }
}

#[async_trait]
impl Stream for Postings {
    fn name(&self) -> &'static str {
        STREAM
    }

    fn models(&self) -> &'static [ModelKind] {
        &[ModelKind::JobPosting, ModelKind::ScreeningQuestion]
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let lane = lane(request);
        let mut found = self.listings(lane).await?;
        self.details(&mut found, known, lane).await?;
        let next = Next::Done { checkpoint: None };
        Ok(RawPage {
            bundles: found.bundles,
            rejects: found.rejects,
            next,
        })
    }

    fn map(&self, bundle: &Bundle, _: &dyn Related) -> Mapped {
        posting::map(bundle)
    }
}

impl Postings {
    async fn listings(&self, lane: Lane) -> Result<Found> {
        let mut found = Found::default();
        let boards = self.client.whole(BOARDS, Body::new(), lane).await?;
        let (boards, rejects) = with_ids(BOARDS, boards);
        found.rejects.extend(rejects);
        let rows = self.client.whole(LIST, Body::new(), lane).await?;
        found.add(rows, None, None);
        if let Some(rows) = self.with_unpublished(lane).await? {
            found.add(rows, Some(UNPUBLISHED), None);
        }
        let of_board = |board: &str| {
            self.client
                .whole(LIST, object(json!({ BOARD_ID: board })), lane)
        };
        let calls = boards.iter().map(|(id, _)| of_board(id)).collect();
        for ((id, board), rows) in boards.iter().zip(side_by_side(calls).await?) {
            let board = Document::new(BOARDS, ROW, board.clone()).variant(id.clone());
            found.add(rows, Some(&board_variant(id)), Some(&board));
        }
        Ok(found)
    }

    /// `None` if the vendor does not know the switch: it is younger than the endpoint.
    async fn with_unpublished(&self, lane: Lane) -> Result<Option<Vec<RawJson>>> {
        match self
            .client
            .whole(LIST, object(json!({ UNPUBLISHED: true })), lane)
            .await
        {
            Ok(rows) => Ok(Some(rows)),
            Err(error) if matches!(error.kind(), ErrorKind::InputRejected { .. }) => {
                tracing::warn!(
                    endpoint = LIST,
                    switch = UNPUBLISHED,
                    "the vendor refuses the switch; unpublished postings are left out",
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Adds the detail documents: the known ones where nothing changed, else fetched ones.
    async fn details(&self, found: &mut Found, known: &dyn Known, lane: Lane) -> Result<()> {
        let mut due = Vec::new();
        for (index, bundle) in found.bundles.iter_mut().enumerate() {
            let before = known.bundle(STREAM, &bundle.id).await?;
            match before.and_then(|before| unchanged_detail(&before, bundle)) {
                Some(detail) => bundle.documents.push(detail),
                None => due.push(index),
            }
        }
        let due: HashSet<usize> = due.into_iter().collect();
        let due = found
            .bundles
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| due.contains(index));
        let due: Vec<&mut Bundle> = due.map(|(_, bundle)| bundle).collect();
        let calls = due.iter().map(|bundle| self.detail(bundle, lane)).collect();
        let details = side_by_side(calls).await?;
        for (bundle, detail) in due.into_iter().zip(details) {
            bundle.documents.extend(detail);
        }
        Ok(())
    }

    /// The detail document of the posting; `None` if it vanished since it was listed.
    async fn detail(&self, bundle: &Bundle, lane: Lane) -> Result<Option<Document>> {
        let mut body = object(json!({ "jobPostingId": bundle.id }));
        if is_unpublished(bundle) {
            body.insert(UNPUBLISHED.into(), true.into());
        }
        match self.client.read(INFO, body, lane).await {
            Ok(answer) => Ok(Some(Document::new(INFO, "/results", answer.results))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Postings on their way from several listings into one bundle each.
#[derive(Default)]
struct Found {
    bundles: Vec<Bundle>,
    places: HashMap<String, usize>,
    rejects: Vec<Reject>,
}

impl Found {
    /// Adds the rows of one listing, and to each posting the board that it came from.
    fn add(&mut self, rows: Vec<RawJson>, variant: Option<&str>, board: Option<&Document>) {
        let (rows, rejects) = with_ids(LIST, rows);
        self.rejects.extend(rejects);
        for (id, row) in rows {
            let row = Document::new(LIST, ROW, row);
            let row = match variant {
                Some(variant) => row.variant(variant),
                None => row,
            };
            let bundle = self.bundle(id);
            if bundle
                .documents_of(LIST)
                .any(|document| document.variant == row.variant)
            {
                continue;
            }
            bundle.group = bundle.group.take().or_else(|| posting::job_of(&row));
            bundle.documents.push(row);
            bundle.documents.extend(board.cloned());
        }
    }

    fn bundle(&mut self, id: String) -> &mut Bundle {
        let next = self.bundles.len();
        let place = *self.places.entry(id.clone()).or_insert(next);
        if place == next {
            self.bundles.push(Bundle::new(id, Vec::new()));
        }
        &mut self.bundles[place]
    }
}

/// The detail document of `before` if the rows are still the same.
fn unchanged_detail(before: &Bundle, now: &Bundle) -> Option<Document> {
    let same = before.documents_of(LIST).eq(now.documents_of(LIST));
    before.document(INFO).filter(|_| same).cloned()
}

fn is_unpublished(bundle: &Bundle) -> bool {
    bundle
        .documents_of(LIST)
        .all(|row| row.variant.as_deref() == Some(UNPUBLISHED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, title: &str) -> RawJson {
        RawJson::from(&json!({ "id": id, "jobId": "j", "title": title }))
    }

    fn found(title: &str) -> Found {
        let mut found = Found::default();
        found.add(vec![row("1", title), row("2", "b")], None, None);
        found.add(
            vec![row("1", title), row("3", "c")],
            Some(UNPUBLISHED),
            None,
        );
        found
    }

    #[test]
    fn a_posting_is_one_bundle_with_a_row_for_each_listing() {
        let found = found("a");
        let shown = found.bundles.iter().map(|bundle| {
            let variants = bundle.documents.iter().map(|row| row.variant.as_deref());
            (
                bundle.id.as_str(),
                variants.collect::<Vec<_>>(),
                is_unpublished(bundle),
            )
        });
        let expected = [
            ("1", vec![None, Some(UNPUBLISHED)], false),
            ("2", vec![None], false),
            ("3", vec![Some(UNPUBLISHED)], true),
        ];
        assert_eq!(shown.collect::<Vec<_>>(), expected);
        assert!(
            found
                .bundles
                .iter()
                .all(|bundle| bundle.group.as_deref() == Some("j"))
        );
    }

    #[test]
    fn details_are_used_again_only_while_every_row_is_the_same() {
        let mut before = found("a").bundles;
        before[0]
            .documents
            .push(Document::new(INFO, "/results", row("1", "detail")));
        let again = |now: &Found| unchanged_detail(&before[0], &now.bundles[0]).is_some();
        assert!(again(&found("a")));
        assert!(!again(&found("A")), "the row changed");
        let mut unlisted = Found::default();
        unlisted.add(vec![row("1", "a")], Some(UNPUBLISHED), None);
        assert!(!again(&unlisted), "one listing no longer holds it");
    }
}
