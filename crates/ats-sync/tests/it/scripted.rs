//! Streams that a test writes itself, for what a real connector and a real vendor never do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use ats_core::{
    Access, Action, ActionContext, Actions, Bundle, Connector, Document, Features, Known, Manifest,
    Mapped, ModelKind, Next, Outcome, PageCursor, PageRequest, Passthrough, RawPage, Reads, Record,
    Related, Result, Stream, Usage, Webhooks,
    model::{RejectionReason, RemoteData},
};
use ats_store::{PassState, WalkState};
use serde_json::{Value, json};

use crate::bench::{Bench, full, problem, walk};

/// How a scripted stream makes a record of a bundle.
type Map = fn(&Bundle, &dyn Related) -> Mapped;

/// A stream whose pages stand in the test.
#[derive(Debug, Clone)]
struct Scripted {
    name: &'static str,
    uses: &'static [&'static str],
    pages: Vec<Vec<Bundle>>,
    map: Map,
}

#[async_trait]
impl Stream for Scripted {
    fn name(&self) -> &'static str {
        self.name
    }

    fn models(&self) -> &'static [ModelKind] {
        &[ModelKind::RejectionReason]
    }

    fn uses(&self) -> &'static [&'static str] {
        self.uses
    }

    async fn fetch(&self, request: &PageRequest, _: &dyn Known) -> Result<RawPage> {
        let cursor = request.cursor.as_ref();
        let page: usize = cursor.map_or(0, |cursor| cursor.0.parse().unwrap());
        Ok(RawPage {
            bundles: self.pages[page].clone(),
            rejects: Vec::new(),
            next: if page + 1 < self.pages.len() {
                Next::Page(PageCursor((page + 1).to_string()))
            } else {
                Next::Done { checkpoint: None }
            },
        })
    }

    async fn fetch_one(&self, _: &str, _: &dyn Known) -> Result<Option<Bundle>> {
        unreachable!("nothing is fetched alone here")
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        (self.map)(bundle, related)
    }
}

/// The real connector, with other streams.
#[derive(Debug)]
struct Other {
    inner: Arc<dyn Connector>,
    streams: Vec<Scripted>,
}

#[async_trait]
impl Connector for Other {
    fn manifest(&self) -> &'static Manifest {
        self.inner.manifest()
    }

    async fn check(&self) -> Result<Access> {
        self.inner.check().await
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.streams
            .iter()
            .map(|stream| stream as &dyn Stream)
            .collect()
    }

    fn reads(&self) -> Reads<'_> {
        self.inner.reads()
    }

    fn actions(&self) -> Actions {
        self.inner.actions()
    }

    fn features(&self) -> Features {
        self.inner.features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        self.inner.perform(action, context).await
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        self.inner.passthrough()
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.inner.webhooks()
    }

    fn usage(&self) -> Usage {
        Usage::default()
    }
}

fn bundle(id: &str, name: &str) -> Bundle {
    let document = Document::new("reason.list", "/results/*", &json!({ "name": name }));
    Bundle::new(id, vec![document])
}

fn name(bundle: &Bundle) -> String {
    let document = bundle.documents[0].body.to_value();
    document["name"].as_str().unwrap().to_owned()
}

fn reason(id: &str, name: String, shown: &[&Document]) -> Mapped {
    let record = Record::from(RejectionReason {
        remote_id: id.to_owned(),
        name: Some(name),
        remote_data: Some(RemoteData::of(shown.iter().copied())),
        archived: false,
    });
    Mapped {
        records: vec![record],
        losses: Vec::new(),
    }
}

/// The name as the bundle has it.
fn plain(bundle: &Bundle, _: &dyn Related) -> Mapped {
    reason(&bundle.id, name(bundle), &[&bundle.documents[0]])
}

fn stream(name: &'static str, pages: Vec<Vec<Bundle>>) -> Scripted {
    Scripted {
        name,
        uses: &[],
        pages,
        map: plain,
    }
}

async fn pass(bench: &Bench, streams: Vec<Scripted>) -> ats_store::Pass {
    let connector = Other {
        inner: bench.connector(),
        streams,
    };
    bench.pass_with(&full(), Arc::new(connector)).await
}

/// The names that are stored, by remote id.
fn names(bench: &Bench) -> BTreeMap<String, Value> {
    let shown = bench.shown().into_values();
    shown
        .map(|(_, _, json)| {
            let id = json["remote_id"].as_str().unwrap().to_owned();
            (id, json["name"].clone())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_row_that_comes_twice_the_last_one_counts() {
    let bench = Bench::small().await;
    let pages = vec![
        vec![bundle("1", "a"), bundle("1", "b")],
        vec![bundle("2", "c")],
    ];
    let first = pass(&bench, vec![stream("reasons", pages)]).await;
    let found = walk(&first, "reasons");
    assert_eq!((found.pages, found.distinct_ids), (2, 2));
    assert_eq!(names(&bench)["1"], "b");

    // What is stored already comes last, after something else: the store alone cannot tell.
    for _ in 0..20 {
        let pages = vec![
            vec![bundle("1", "x")],
            vec![bundle("1", "b")],
            vec![bundle("2", "c")],
        ];
        let again = pass(&bench, vec![stream("reasons", pages)]).await;
        assert_eq!(again.state, PassState::Succeeded);
        assert_eq!(names(&bench)["1"], "b");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_that_panics_fails_its_stream_and_nothing_else() {
    let bench = Bench::small().await;
    let mut bad = stream(
        "bad",
        vec![
            vec![bundle("1", "a")],
            vec![bundle("2", "boom")],
            vec![bundle("3", "c")],
        ],
    );
    bad.map = |bundle, related| {
        assert_ne!(name(bundle), "boom", "on purpose");
        plain(bundle, related)
    };
    let good = stream("good", vec![vec![bundle("4", "d")]]);
    let found = pass(&bench, vec![bad.clone(), good.clone()]).await;
    assert_eq!(found.state, PassState::PartiallyFailed);
    assert_eq!(walk(&found, "bad").state, WalkState::Failed);
    assert_eq!(problem(&found, "bad"), "unexpected");
    let ids: BTreeSet<String> = names(&bench).into_keys().collect();
    assert!(
        ids.contains("4") && !ids.contains("2") && !ids.contains("3"),
        "{ids:?}"
    );
    bad.map = plain;
    let mended = pass(&bench, vec![bad, good]).await;
    assert_eq!(mended.state, PassState::Succeeded);
    assert_eq!(names(&bench).len(), 4);
}

/// The name of a bundle of `words`, and the members of its group.
fn looks_up(bundle: &Bundle, related: &dyn Related) -> Mapped {
    let word = related.get("words", &bundle.id);
    let group = related.group("words", &bundle.id);
    let word_text = word.as_deref().map_or("none".to_owned(), |word| {
        name(word).chars().take(8).collect()
    });
    let mut shown = vec![&bundle.documents[0]];
    let other = word.as_deref().map(|word| &word.documents[0]);
    shown.extend(other);
    reason(&bundle.id, format!("{word_text} {}", group.len()), &shown)
}

fn words(count: usize, size: usize) -> Scripted {
    let text = |index: usize| format!("word-{index:03}{}", ".".repeat(size));
    let word = |index: usize| {
        let document = Document::new("word.list", "/results/*", &json!({ "name": text(index) }));
        // Two of three words of a kind share a group that is called like the first of them.
        let group = (index % 3 < 2).then(|| (index - index % 3).to_string());
        Bundle::new(index.to_string(), vec![document]).in_group(group)
    };
    let bundles: Vec<Bundle> = (0..count).map(word).collect();
    let mut words = stream(
        "words",
        bundles.chunks(100).map(<[Bundle]>::to_vec).collect(),
    );
    words.map = |_, _| Mapped::default();
    words
}

#[tokio::test(flavor = "multi_thread")]
async fn look_ups_find_the_same_however_large_the_stream_is() {
    // Small enough to be held in memory, and too large.
    for (count, size) in [(300, 10), (300, 60_000)] {
        let bench = Bench::small().await;
        let mut users = stream(
            "users",
            (0..400_usize)
                .map(|index| bundle(&index.to_string(), "x"))
                .collect::<Vec<_>>()
                .chunks(50)
                .map(<[Bundle]>::to_vec)
                .collect(),
        );
        users.uses = &["words"];
        users.map = looks_up;
        let found = pass(&bench, vec![words(count, size), users]).await;
        assert_eq!(found.state, PassState::Succeeded);
        let names = names(&bench);
        for index in 0..400 {
            let expected = match index {
                _ if index >= count => "none 0".to_owned(),
                _ if index % 3 == 0 => format!("word-{index:03} 2"),
                _ => format!("word-{index:03} 0"),
            };
            assert_eq!(names[&index.to_string()], expected, "{index} of {count}");
        }
        // The raw documents of another bundle are found there.
        let shown = bench.shown().into_values();
        let mut shown = shown.filter(|(.., json)| json["remote_id"] == "3");
        let (.., json) = shown.next().unwrap();
        let documents = json["remote_data"].as_object().unwrap();
        assert_eq!(documents.len(), 2);
        assert!(
            documents["/word.list"]["name"]
                .as_str()
                .unwrap()
                .starts_with("word-003")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stream_does_not_name_is_not_found() {
    let bench = Bench::small().await;
    let mut users = stream("users", vec![vec![bundle("1", "x")]]);
    users.map = looks_up;
    pass(&bench, vec![words(3, 1), users]).await;
    assert_eq!(names(&bench)["1"], "none 0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_made_up_from_parts_is_shown_too() {
    let bench = Bench::small().await;
    let mut made_up = stream("reasons", vec![vec![bundle("1", "a")]]);
    made_up.map = |bundle, _| {
        let whole = json!({ "whole": bundle.documents[0].body.to_value() });
        let document = Document::new("reason.list", "/results/*", &whole);
        reason(&bundle.id, name(bundle), &[&document])
    };
    pass(&bench, vec![made_up]).await;
    let (.., json) = bench.shown().into_values().next().unwrap();
    assert_eq!(
        json["remote_data"],
        json!({ "/reason.list": { "whole": { "name": "a" } } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_two_streams_give_is_the_last_streams_as_long_as_it_gives_it() {
    let bench = Bench::small().await;
    let a = |name: &str| stream("a", vec![vec![bundle("1", name)]]);
    let b = |name: &str| stream("b", vec![vec![bundle("1", name)]]);
    let nothing = stream("b", vec![Vec::new()]);
    pass(&bench, vec![a("of a"), b("of b")]).await;
    assert_eq!(names(&bench)["1"], "of b");
    pass(&bench, vec![a("of a, new"), b("of b")]).await;
    assert_eq!(names(&bench)["1"], "of b");
    let handed_over = pass(&bench, vec![a("of a, new"), nothing]).await;
    assert_eq!(names(&bench)["1"], "of a, new");
    let tally = handed_over.tallies[&ModelKind::RejectionReason];
    assert_eq!((tally.updated, tally.deleted), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_that_no_record_shows_moves_no_date() {
    let bench = Bench::small().await;
    let alone = stream("reasons", vec![vec![bundle("1", "a")]]);
    let mut with_more = bundle("1", "a");
    let more = Document::new("reason.info", "/results", &json!({ "more": true }));
    with_more.documents.push(more);
    let beside = stream("reasons", vec![vec![with_more]]);
    pass(&bench, vec![alone.clone()]).await;
    let before = bench.stored()[0].changed_at;
    for streams in [vec![beside], vec![alone]] {
        let found = pass(&bench, streams).await;
        assert_eq!(found.tallies[&ModelKind::RejectionReason].unchanged, 1);
        assert_eq!(bench.stored()[0].changed_at, before);
        let (.., json) = bench.shown().into_values().next().unwrap();
        assert_eq!(
            json["remote_data"],
            json!({ "/reason.list": { "name": "a" } })
        );
    }
}
