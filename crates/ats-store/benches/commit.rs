//! How fast pages of candidates are committed into a fresh file, new ones and unchanged ones, on one
//! core. A figure counts only if the store holds afterwards what it was given.

#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has to stop"
)]

use std::time::Duration;

use ats_core::{
    Bundle, BundleRef, Document, Id, IntegrationId, Lookup, ModelKind, PageCursor, Timestamp,
};
use ats_store::{
    BundleCommit, Cause, Documents, Integration, IntegrationState, MappedCommit, NewPass,
    PageCommit, PassKind, Progress, RecordCommit, Settings, Store, WalkStart, bundle_hash,
    lookup_hash, pack, sqlite::SqliteStore, vault::Sealed,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use serde_json::{Value, json};
use tempfile::TempDir;

const BUNDLES: usize = 20_000;
const PAGE: usize = 1000;

fn now() -> Timestamp {
    Timestamp::parse("2026-01-02T03:04:05.678Z").unwrap()
}

/// A text of `length` letters that looks like no other.
fn text(seed: usize, length: usize) -> String {
    let mut state = seed as u64 + 1;
    let letter = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        char::from(b'a' + ((state >> 33) % 26) as u8)
    };
    (0..length).map(letter).collect()
}

/// A document of about 2 KB with as much repetition as a vendor's has.
fn document(number: usize) -> Value {
    let contact = |kind: &str| {
        json!({ "value": format!("{}@example.com", text(number, 12)), "type": kind,
            "isPrimary": kind == "Personal", "isVerified": false, "updatedBy": null })
    };
    let field = |field: usize| {
        json!({ "id": text(field, 36), "title": text(field + 50, 20), "isPrivate": false,
            "valueType": "String", "value": text(number + field, 24) })
    };
    json!({
        "id": text(number, 36), "name": text(number + 1, 20), "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-01-03T03:04:05.678Z", "position": text(number + 2, 30),
        "primaryEmailAddress": contact("Personal"),
        "emailAddresses": [contact("Personal"), contact("Work")],
        "customFields": (0..7).map(field).collect::<Vec<_>>(),
        "location": { "city": text(number % 50, 10), "country": "Ireland" },
    })
}

fn bundle(integration: &IntegrationId, number: usize) -> BundleCommit {
    let id = |model: ModelKind, key: &str| Id::derive([integration.as_str(), model.name(), key]);
    let key = text(number, 36);
    let document = Document::new("candidate.list", "/results/*", &document(number));
    let bundle = Bundle::new(key.clone(), vec![document]);
    let content = json!({
        "remote_id": key, "first_name": text(number, 10), "last_name": text(number + 1, 12),
        "title": text(number + 2, 800), "company": null, "source": text(number % 20, 16),
    });
    let record = |model, key: &str, content: String| RecordCommit {
        model,
        id: id(model, key),
        content,
        fields: None,
        hash: bundle_hash(&bundle),
        raw_hash: Some(bundle_hash(&bundle)),
        documents: None,
        archived: false,
        candidate: None,
    };
    let tag = text(number % 100, 36);
    let joined = json!({
        "candidate_id": id(ModelKind::Candidate, &key),
        "tag_id": id(ModelKind::Tag, &tag),
    });
    let looked_up = [
        ("sources", number % 20),
        ("tags", number % 100),
        ("fields", 0),
    ];
    let mut lookups = looked_up.map(|(stream, id)| {
        let (stream, id) = (stream.into(), id.to_string());
        lookup_hash(integration, &Lookup::Bundle(BundleRef { stream, id }))
    });
    lookups.sort_unstable();
    let records = vec![
        record(ModelKind::Candidate, &key, content.to_string()),
        record(
            ModelKind::CandidateTag,
            &format!("{key}/{tag}"),
            joined.to_string(),
        ),
    ];
    BundleCommit {
        id: key,
        group: None,
        hash: bundle_hash(&bundle),
        documents: Documents::Packed(pack(&bundle.documents)),
        mapped: Some(MappedCommit {
            lookups: lookups.to_vec(),
            records,
            losses: Vec::new(),
        }),
        cause: Cause::Fetched,
    }
}

/// A fresh file with an integration, and pages for its first walk.
struct Fresh {
    _folder: TempDir,
    store: SqliteStore,
    integration: IntegrationId,
    pages: Vec<PageCommit>,
}

fn fresh(pages: &[PageCommit]) -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("ats.db")).unwrap();
    let integration = pages[0].integration.clone();
    store
        .save_integration(&Integration {
            id: integration.clone(),
            connector: "ashby".to_owned(),
            name: "bench".to_owned(),
            base_url: None,
            state: IntegrationState::Active,
            environment: ats_store::PRODUCTION.to_owned(),
            end_user: ats_store::EndUser::default(),
            credentials: Sealed(Vec::new()),
            settings: Settings::default(),
            created_at: now(),
            credentials_changed_at: now(),
        })
        .unwrap();
    let mut fresh = Fresh {
        _folder: folder,
        store,
        integration,
        pages: pages.to_vec(),
    };
    fresh.next_walk("first");
    fresh
}

impl Fresh {
    /// Lets the pages belong to a new pass and walk.
    fn next_walk(&mut self, id: &str) {
        let new = NewPass {
            id: id.to_owned(),
            kind: PassKind::Full,
            whole: true,
            started_at: now(),
        };
        let pass = self.store.begin_pass(&self.integration, &new).unwrap();
        let start = WalkStart::Full;
        let walk = self
            .store
            .begin_walk(&self.integration, pass, "candidates", &start, now())
            .unwrap();
        for page in &mut self.pages {
            page.pass = pass;
            page.progress = Some(Progress {
                walk,
                next: Ok(PageCursor("next".to_owned())),
            });
        }
    }

    fn commit(self) -> Self {
        for page in &self.pages {
            self.store.commit(std::slice::from_ref(page)).unwrap();
        }
        self
    }

    fn filled(pages: &[PageCommit]) -> Self {
        let mut filled = fresh(pages).commit();
        filled.next_walk("second");
        filled
    }

    /// What the last pass counted, and what is there.
    fn check(&self, created: usize, unchanged: usize) {
        let pass = self.store.passes(&self.integration, 1).unwrap().remove(0);
        for model in [ModelKind::Candidate, ModelKind::CandidateTag] {
            let tally = pass.tallies[&model];
            assert_eq!(tally.created, created as u64);
            assert_eq!((tally.unchanged, tally.updated), (unchanged as u64, 0));
        }
        assert_eq!(pass.walks[0].distinct_ids, BUNDLES as u64);
        for page in &self.pages {
            let bundle = &page.bundles[PAGE / 2];
            let found = self
                .store
                .bundle_states(&self.integration, "candidates", &[&bundle.id])
                .unwrap();
            assert!(found[0].is_some_and(|state| state.hash == bundle.hash && state.kept));
        }
        let record = &self.pages[0].bundles[7].mapped;
        if let Some(record) = record.as_ref().map(|mapped| &mapped.records[0]) {
            let found = self.store.record(&self.integration, &record.id).unwrap();
            assert_eq!(found.unwrap().content, record.content);
        }
    }
}

fn pages() -> Vec<PageCommit> {
    let integration = IntegrationId::derive("ashby", "bench");
    let bundles: Vec<BundleCommit> = (0..BUNDLES)
        .map(|number| bundle(&integration, number))
        .collect();
    let page = |bundles: &[BundleCommit]| PageCommit {
        integration: integration.clone(),
        pass: 0,
        at: now(),
        stream: "candidates".to_owned(),
        model: Some(ModelKind::Candidate),
        shared: false,
        progress: None,
        bundles: bundles.to_vec(),
        rejects: Vec::new(),
        left_out: 0,
        layouts: Vec::new(),
    };
    bundles.chunks(PAGE).map(page).collect()
}

/// The same pages as an engine commits them when it found them as they were stored.
fn unchanged(pages: &[PageCommit]) -> Vec<PageCommit> {
    let mut pages = pages.to_vec();
    for bundle in pages.iter_mut().flat_map(|page| &mut page.bundles) {
        bundle.documents = Documents::AsStored;
        bundle.mapped = None;
    }
    pages
}

fn commit(criterion: &mut Criterion) {
    let new = pages();
    let same = unchanged(&new);
    fresh(&new).commit().check(BUNDLES, 0);
    Fresh::filled(&new).commit().check(0, BUNDLES);

    let mut group = criterion.benchmark_group("commit");
    group
        .throughput(Throughput::Elements(BUNDLES as u64))
        .sample_size(10)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(5));
    group.bench_function("new", |bencher| {
        bencher.iter_batched(|| fresh(&new), Fresh::commit, BatchSize::PerIteration);
    });
    group.bench_function("unchanged", |bencher| {
        let filled = || {
            let mut filled = Fresh::filled(&new);
            filled.pages = same.clone();
            filled.next_walk("third");
            filled
        };
        bencher.iter_batched(filled, Fresh::commit, BatchSize::PerIteration);
    });
    group.bench_function("mapped again", |bencher| {
        let filled = || Fresh::filled(&new);
        bencher.iter_batched(filled, Fresh::commit, BatchSize::PerIteration);
    });
    group.finish();
}

criterion_group!(benches, commit);
criterion_main!(benches);
