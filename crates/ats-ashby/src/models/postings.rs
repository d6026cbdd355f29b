//! The stream of postings: a complete read of all listings, and details of what is new or changed.
//!
//! No field of a posting says whether and where it is published: only the listings that hold it
//! do. So each is read, and a bundle keeps one row for every listing. What the rows mean belongs to
//! `posting`.
//!
//! The vendor sends the listings whole. Their postings are handed out in portions, in the order of
//! their ids, each with its details: all details at once would be more than a page may hold. The
//! cursor is the last id of a page, so that a walk goes on behind it whatever the vendor added,
//! dropped or sorted anew since.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use ats_core::{
    Bundle, Document, ErrorKind, Known, Mapped, ModelKind, Next, PageCursor, PageRequest, RawJson,
    RawPage, Reject, Related, Result, Stream,
};
use ats_http::Lane;
use serde_json::json;

use super::posting::{self, BOARD_ID, BOARDS, INFO, LIST, UNPUBLISHED, board_variant};
use crate::{
    client::{Body, Client, lane},
    listing::{ROW, object, only_walked, side_by_side, with_ids},
};

/// Name of the stream.
pub(crate) const STREAM: &str = "postings";

/// So many postings make a page: a round number of calls that are made side by side.
const PORTION: usize = 128;

/// Postings and their questions, found by their job.
#[derive(Debug)]
pub(crate) struct Postings {
    client: Client,
    portion: usize,
    /// What the last page left over. It only saves requests: without it the listings are read again.
    rest: Mutex<Option<Rest>>,
}

/// Listed postings that no page has brought yet, in the order of their ids.
#[derive(Debug)]
struct Rest {
    cursor: PageCursor,
    bundles: VecDeque<Bundle>,
}

impl Postings {
    /// The stream.
    pub(crate) fn boxed(client: &Client) -> Box<dyn Stream> {
        Box::new(Self {
            client: client.clone(),
            portion: PORTION,
            rest: Mutex::default(),
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
        let (mut rest, rejects) = self.listed(request.cursor.as_ref(), lane).await?;
        let later = rest.split_off(self.portion.min(rest.len()));
        let mut bundles = Vec::from(rest);
        self.details(&mut bundles, known, lane).await?;
        let next = match bundles.last() {
            Some(last) if !later.is_empty() => {
                let cursor = PageCursor(last.id.clone());
                self.keep(Rest {
                    cursor: cursor.clone(),
                    bundles: later,
                });
                Next::Page(cursor)
            }
            _ => Next::Done { checkpoint: None },
        };
        Ok(RawPage {
            bundles,
            rejects,
            next,
        })
    }

    async fn fetch_one(&self, _: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        Err(only_walked(STREAM))
    }

    fn map(&self, bundle: &Bundle, _: &dyn Related) -> Mapped {
        posting::map(bundle)
    }
}

impl Postings {
    /// The listed postings behind the cursor, and the rows without an id, which belong to the first
    /// page.
    async fn listed(
        &self,
        cursor: Option<&PageCursor>,
        lane: Lane,
    ) -> Result<(VecDeque<Bundle>, Vec<Reject>)> {
        let kept = self.kept().take();
        let Some(cursor) = cursor else {
            let found = self.listings(lane).await?;
            return Ok((sorted(found.bundles), found.rejects));
        };
        if let Some(rest) = kept.filter(|rest| rest.cursor == *cursor) {
            return Ok((rest.bundles, Vec::new()));
        }
        let mut bundles = sorted(self.listings(lane).await?.bundles);
        bundles.retain(|bundle| bundle.id > cursor.0);
        Ok((bundles, Vec::new()))
    }

    fn keep(&self, rest: Rest) {
        *self.kept() = Some(rest);
    }

    fn kept(&self) -> MutexGuard<'_, Option<Rest>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
    async fn details(&self, bundles: &mut [Bundle], known: &dyn Known, lane: Lane) -> Result<()> {
        let mut due = HashSet::new();
        for (index, bundle) in bundles.iter_mut().enumerate() {
            let before = known.bundle(STREAM, &bundle.id).await?;
            match before.and_then(|before| unchanged_detail(&before, bundle)) {
                Some(detail) => bundle.documents.push(detail),
                None => {
                    due.insert(index);
                }
            }
        }
        let due = bundles
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
            // Listings mostly tell the same of a posting: one text is enough.
            let same = bundle.documents_of(LIST).find(|one| one.body == row.body);
            let row = match same.map(|one| one.body.clone()) {
                Some(body) => Document { body, ..row },
                None => row,
            };
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

fn sorted(mut bundles: Vec<Bundle>) -> VecDeque<Bundle> {
    bundles.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    bundles.into()
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
    use std::sync::Arc;

    use ats_core::{Connection, Shelf, Start};
    use ats_http::testing::FakeClock;
    use serde_json::Value;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

    use super::*;

    /// A vendor with one board and these postings.
    async fn vendor(ids: &[&str]) -> MockServer {
        let server = MockServer::start().await;
        let rows: Vec<Value> = ids.iter().map(|id| json!({ "id": id })).collect();
        let answers = [
            (BOARDS, json!([{ "id": "board" }, {}])),
            (LIST, json!(rows)),
            (INFO, json!({ "title": "t" })),
        ];
        for (endpoint, results) in answers {
            let answer = json!({ "success": true, "results": results });
            Mock::given(matchers::path(format!("/{endpoint}")))
                .respond_with(ResponseTemplate::new(200).set_body_json(answer))
                .mount(&server)
                .await;
        }
        server
    }

    fn in_twos(server: &MockServer) -> Postings {
        let connection = Connection {
            credentials: [("api_key".to_owned(), "canary".into())].into(),
            base_url: Some(server.uri()),
            clock: Some(Arc::new(FakeClock::new())),
            ..Connection::default()
        };
        Postings {
            client: Client::new(&connection).unwrap(),
            portion: 2,
            rest: Mutex::default(),
        }
    }

    async fn page(postings: &Postings, cursor: Option<&str>) -> RawPage {
        let request = PageRequest {
            start: Start::Full,
            cursor: cursor.map(|cursor| PageCursor(cursor.to_owned())),
        };
        postings.fetch(&request, &Shelf::default()).await.unwrap()
    }

    /// The ids of a page, and the cursor behind it.
    fn told(page: &RawPage) -> (String, Option<&str>) {
        let ids: Vec<&str> = page
            .bundles
            .iter()
            .map(|bundle| bundle.id.as_str())
            .collect();
        let next = match &page.next {
            Next::Page(cursor) => Some(cursor.0.as_str()),
            Next::Done { .. } => None,
        };
        (ids.concat(), next)
    }

    async fn asked(server: &MockServer, endpoint: &str) -> usize {
        let requests = server.received_requests().await.unwrap();
        let path = format!("/{endpoint}");
        requests
            .iter()
            .filter(|request| request.url.path() == path)
            .count()
    }

    #[tokio::test]
    async fn details_come_in_portions_and_the_listings_are_read_once() {
        let server = vendor(&["d", "a", "e", "b", "c"]).await;
        let postings = in_twos(&server);
        let first = page(&postings, None).await;
        assert_eq!(told(&first), ("ab".to_owned(), Some("b")));
        assert_eq!(asked(&server, INFO).await, 2, "of this page only");
        let second = page(&postings, Some("b")).await;
        assert_eq!(told(&second), ("cd".to_owned(), Some("d")));
        let third = page(&postings, Some("d")).await;
        assert_eq!(told(&third), ("e".to_owned(), None));
        let rejects = [&first, &second, &third].map(|page| page.rejects.len());
        assert_eq!(rejects, [1, 0, 0], "the board without an id is told once");
        let lists = [asked(&server, LIST).await, asked(&server, BOARDS).await];
        assert_eq!(lists, [3, 1]);
        assert_eq!(asked(&server, INFO).await, 5);
    }

    #[tokio::test]
    async fn a_walk_goes_on_behind_its_cursor_whatever_is_remembered() {
        let server = vendor(&["e", "d", "b", "a"]).await;
        let other = in_twos(&server);
        assert_eq!(
            told(&page(&other, Some("b")).await),
            ("de".to_owned(), None)
        );
        // The posting of the cursor is gone, and another walk left something else over.
        let first = page(&other, None).await;
        assert_eq!(told(&first), ("ab".to_owned(), Some("b")));
        let behind = page(&other, Some("c")).await;
        assert_eq!(told(&behind), ("de".to_owned(), None));
        assert!(behind.rejects.is_empty());
        assert_eq!(told(&page(&other, Some("e")).await), (String::new(), None));
    }

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
