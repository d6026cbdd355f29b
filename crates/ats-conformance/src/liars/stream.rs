//! A stream that lies: what it asks for, what it passes on, and what it makes of a bundle.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use ats_core::{
    Bundle, Checkpoint, Connector, Document, Error, ErrorKind, Known, Mapped, ModelKind, Next,
    PageCursor, PageRequest, RawJson, RawPage, Record, Reference, Related, Result, Shelf, Start,
    Stream,
};

use super::{Lie, connector::lock};
use crate::{Remote, toy::ToyRemote};

/// One stream of a connector that lies.
pub(super) struct LyingStream {
    pub(super) lie: Lie,
    pub(super) index: usize,
    pub(super) honest: Arc<dyn Connector>,
    pub(super) toy: ToyRemote,
    /// Whether a stream of the connector has met trouble.
    pub(super) sulking: Arc<AtomicBool>,
    pub(super) memory: Mutex<Memory>,
}

/// What a stream should not remember.
#[derive(Debug, Default)]
pub(super) struct Memory {
    cursor: Option<PageCursor>,
    cursors: BTreeSet<String>,
    given: BTreeMap<String, Bundle>,
    count: u64,
    last: Option<String>,
}

impl fmt::Debug for LyingStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LyingStream")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

const EMPTY: RawPage = RawPage {
    bundles: Vec::new(),
    rejects: Vec::new(),
    next: Next::Done { checkpoint: None },
};

/// What a liar makes of an error.
pub(super) fn distort(lie: Lie, toy: &ToyRemote, error: Error) -> Error {
    let as_another = |kind| Error::new(kind, error.operation(), "out of order");
    match (lie, error.kind()) {
        (Lie::CallsExpiryAnOutage, ErrorKind::CheckpointExpired)
        | (Lie::CallsThrottlingAnOutage, ErrorKind::RateLimited { .. })
        | (Lie::CallsABadKeyAnOutage, ErrorKind::CredentialsRejected) => {
            as_another(ErrorKind::Unavailable)
        }
        (Lie::CallsLostCursorsMalformed, ErrorKind::CursorExpired) => {
            as_another(ErrorKind::Malformed {
                path: String::new(),
            })
        }
        (Lie::NamesAnotherPermission, ErrorKind::PermissionMissing { .. }) => {
            let permission = Some("anotherPermission".to_owned());
            as_another(ErrorKind::PermissionMissing { permission })
        }
        (Lie::NamesNoOperation, kind) => Error::new(kind.clone(), "fetch", "out of order"),
        (Lie::LeaksTheKeyInErrors, _) => error.with("key", toy.secret()),
        _ => error,
    }
}

impl LyingStream {
    fn honest(&self) -> &dyn Stream {
        self.honest.streams()[self.index]
    }

    /// What it asks the honest stream for.
    fn asked(&self, request: &PageRequest) -> PageRequest {
        let mut request = request.clone();
        match self.lie {
            Lie::IgnoresTheCheckpoint => request.start = Start::Full,
            Lie::RemembersTheCursor if request.cursor.is_some() => {
                request.cursor = lock(&self.memory).cursor.clone();
            }
            Lie::HidesRepeatedCursors => {
                if let Some(PageCursor(cursor)) = &mut request.cursor {
                    *cursor = cursor
                        .split_once('|')
                        .map_or("", |(_, rest)| rest)
                        .to_owned();
                }
            }
            _ => {}
        }
        request
    }

    async fn ask(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        let honest = self.honest();
        match self.lie {
            Lie::RefetchesDetails => honest.fetch(request, &Shelf::default()).await,
            Lie::AsksTwice => {
                honest.fetch(request, known).await?;
                honest.fetch(request, known).await
            }
            Lie::NeverTriesAgain => {
                // One trouble more than the vendor has in store leaves no attempt that succeeds.
                let before = self.toy.requests().len();
                let page = honest.fetch(request, known).await;
                let after = self.toy.requests();
                let troubled = after[before..].iter().any(|sent| sent.status != 200);
                if troubled && page.is_ok() {
                    return Err(Error::new(ErrorKind::Unavailable, "list", "out of order"));
                }
                page
            }
            Lie::KeepsStaleDetails => {
                let mut page = honest.fetch(request, known).await?;
                for bundle in &mut page.bundles {
                    let before = known.bundle(honest.name(), &bundle.id).await?;
                    let details = before.and_then(|before| before.documents.get(1).cloned());
                    if let (Some(details), Some(stale)) = (details, bundle.documents.get_mut(1)) {
                        *stale = details;
                    }
                }
                Ok(page)
            }
            Lie::FetchesAfterARename => {
                let page = honest.fetch(request, known).await?;
                if honest.name() == "sources" && !page.bundles.is_empty() {
                    self.honest.streams()[3]
                        .fetch(&full(), &Shelf::default())
                        .await?;
                }
                Ok(page)
            }
            _ => honest.fetch(request, known).await,
        }
    }

    /// What it passes on of a page.
    fn pass_on(&self, request: &PageRequest, mut page: RawPage) -> RawPage {
        let memory = &mut *lock(&self.memory);
        memory.count += 1;
        let done = matches!(page.next, Next::Done { .. });
        match self.lie {
            Lie::ForgetsTheLastPage if done && request.cursor.is_some() => page.bundles.clear(),
            Lie::RepeatsARow => page.bundles.extend(page.bundles.first().cloned()),
            Lie::EndsEarly if !done => {
                let checkpoint = self.toy.vendor.token_of_now();
                page.next = Next::Done {
                    checkpoint: Some(Checkpoint(checkpoint)),
                };
            }
            Lie::EndsAtAnEmptyPage if page.bundles.is_empty() => page.next = EMPTY.next,
            Lie::HidesRepeatedCursors => {
                if let Next::Page(PageCursor(cursor)) = &mut page.next {
                    *cursor = format!("{}|{cursor}", memory.count);
                }
            }
            Lie::EndsAtARepeatedCursor => {
                if let Next::Page(PageCursor(cursor)) = &page.next
                    && !memory.cursors.insert(cursor.clone())
                {
                    page.next = EMPTY.next;
                }
            }
            Lie::RemembersTheCursor => {
                memory.cursor = match &page.next {
                    Next::Page(cursor) => Some(cursor.clone()),
                    Next::Done { .. } => None,
                };
            }
            Lie::GivesOnlyOnce => page.bundles.retain(|bundle| {
                memory
                    .given
                    .insert(bundle.id.clone(), bundle.clone())
                    .is_none()
            }),
            Lie::KeepsTheDead => {
                memory
                    .given
                    .extend(page.bundles.iter().map(|one| (one.id.clone(), one.clone())));
                if done && request.start == Start::Full {
                    page.bundles = memory.given.values().cloned().collect();
                }
            }
            Lie::BringsNoChanges if request.start != Start::Full => page.bundles.clear(),
            Lie::StampsTheEnd if done => {
                let checkpoint = self.toy.vendor.token_of_now();
                page.next = Next::Done {
                    checkpoint: Some(Checkpoint(checkpoint)),
                };
            }
            Lie::DropsThePageForARow if !page.rejects.is_empty() => page.bundles.clear(),
            Lie::DropsRowsInSilence => page.rejects.clear(),
            Lie::StampsDocuments => {
                for bundle in &mut page.bundles {
                    stamp(bundle, memory.count);
                }
            }
            _ => {}
        }
        page
    }

    /// What it makes of an error.
    async fn fail(&self, error: Error, known: &dyn Known) -> Result<RawPage> {
        let missing = matches!(error.kind(), ErrorKind::PermissionMissing { .. });
        let expired = *error.kind() == ErrorKind::CheckpointExpired;
        let cut = matches!(error.kind(), ErrorKind::Malformed { path } if path == "/cursor");
        match self.lie {
            Lie::SwallowsErrors => Ok(EMPTY),
            Lie::ForgivesMissingPermissions if missing => Ok(EMPTY),
            Lie::EndsWithoutCursor if cut => Ok(EMPTY),
            Lie::RestartsOnItsOwn if expired => self.honest().fetch(&full(), known).await,
            lie => Err(distort(lie, &self.toy, error)),
        }
    }

    /// What it makes of a record.
    fn retell(&self, record: &mut Record, bundle: &Bundle) {
        let memory = &mut *lock(&self.memory);
        match (self.lie, record) {
            (Lie::ShowsCopies, Record::Candidate(candidate)) => {
                let row = bundle
                    .documents
                    .first()
                    .map(|document| document.body.to_value());
                candidate.source = row.and_then(|row| Some(row["sourceName"].as_str()?.to_owned()));
            }
            (Lie::CountsItsMappings, Record::Candidate(candidate)) => {
                memory.count += 1;
                candidate.company = Some(memory.count.to_string());
            }
            (Lie::CarriesOver, Record::Candidate(candidate)) => {
                // The same bundle twice in a row is not noticed; another one before it is.
                let own = candidate.remote_id.clone();
                if memory.last.as_ref() != Some(&own) {
                    candidate.company.clone_from(&memory.last);
                }
                memory.last = Some(own);
            }
            (Lie::RefersToNobody, Record::Application(application)) => {
                application.candidate_id = Some(Reference::remote("nobody"));
            }
            _ => {}
        }
    }
}

fn full() -> PageRequest {
    PageRequest {
        start: Start::Full,
        cursor: None,
    }
}

/// Writes a number into the bundle's first document.
fn stamp(bundle: &mut Bundle, number: u64) {
    if let Some(Document { body, .. }) = bundle.documents.first_mut() {
        let mut value = body.to_value();
        value["stamp"] = number.into();
        *body = RawJson::from(&value);
    }
}

#[async_trait]
impl Stream for LyingStream {
    fn name(&self) -> &'static str {
        self.honest().name()
    }

    fn models(&self) -> &'static [ModelKind] {
        match self.lie {
            Lie::ClaimsTooMuch if self.name() == "sources" => &[ModelKind::Offer],
            _ => self.honest().models(),
        }
    }

    fn uses(&self) -> &'static [&'static str] {
        match self.lie {
            Lie::UsesALaterStream if self.name() == "sources" => &["applications"],
            _ => self.honest().uses(),
        }
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        if self.lie == Lie::SulksAfterTrouble && self.sulking.load(Ordering::Relaxed) {
            return Err(Error::new(
                ErrorKind::Unexpected,
                self.name(),
                "not any more",
            ));
        }
        match self.ask(&self.asked(request), known).await {
            Ok(page) => Ok(self.pass_on(request, page)),
            Err(error) => {
                self.sulking.store(true, Ordering::Relaxed);
                self.fail(error, known).await
            }
        }
    }

    async fn fetch_one(&self, id: &str, known: &dyn Known) -> Result<Option<Bundle>> {
        let mut found = self.honest().fetch_one(id, known).await?;
        if self.lie == Lie::ForgetsDetailsAlone
            && let Some(bundle) = &mut found
        {
            bundle.documents.truncate(1);
        }
        Ok(found)
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        if self.lie == Lie::LooksElsewhere {
            related.get("applications", "a00000");
        }
        let mut mapped = self.honest().map(bundle, related);
        for record in &mut mapped.records {
            self.retell(record, bundle);
        }
        if self.lie == Lie::MapsTwice {
            mapped.records.extend(mapped.records.clone());
        }
        mapped
    }
}
