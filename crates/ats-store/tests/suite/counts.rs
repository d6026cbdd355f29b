//! What is counted and reported beside records: losses, rejects, documents that are not kept.

use ats_core::ModelKind;
use ats_store::{Cause, PassKind, Store};
use serde_json::json;

use super::{
    build::{Brought, bundle, candidate},
    mirror::Mirror,
};

fn losses(mirror: &Mirror<'_>) -> Vec<(String, String)> {
    let losses = mirror.store.losses(&mirror.id, 100).unwrap();
    let rows = losses.into_iter().map(|loss| (loss.bundle, loss.path));
    rows.collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = expected.iter().map(|&(a, b)| (a.to_owned(), b.to_owned()));
    pairs.collect()
}

pub(crate) fn losses_are_those_of_the_bundles_as_they_are_mapped_now(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = mirror.walk("candidates");
    let rows = [
        bundle("2", "").loses("/b").loses("/a"),
        bundle("1", "").loses("/c"),
    ];
    mirror.put("candidates", walk, rows);
    assert_eq!(
        losses(&mirror),
        pairs(&[("1", "/c"), ("2", "/a"), ("2", "/b")])
    );
    let row = &store.losses(&mirror.id, 1).unwrap()[0];
    assert_eq!(
        (row.stream.as_str(), row.endpoint.as_str()),
        ("candidates", "thing.list")
    );
    assert_eq!(row.expected, "a date");
    let rows = [bundle("2", "x").loses("/d"), bundle("1", "").unmapped()];
    mirror.put("candidates", walk, rows);
    assert_eq!(losses(&mirror), pairs(&[("1", "/c"), ("2", "/d")]));
    let again = bundle("2", "x").stored();
    mirror.page("candidates").bundles([again]).commit();
    assert_eq!(losses(&mirror), pairs(&[("1", "/c")]));
    assert_eq!(mirror.last_pass().walks[0].losses, 4);
}

pub(crate) fn losses_and_rejects_are_counted_for_the_model_of_the_stream(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let page = mirror
        .page("jobs")
        .bundles([bundle("1", "").loses("/a").loses("/b")]);
    page.reject("no id")
        .but(|page| page.model = Some(ModelKind::Job))
        .commit();
    let page = mirror
        .page("sources")
        .bundles([bundle("1", "").loses("/a")]);
    page.but(|page| page.model = None).commit();
    let tallies = mirror.last_pass().tallies;
    assert_eq!(tallies.len(), 1);
    let tally = tallies[&ModelKind::Job];
    assert_eq!((tally.losses, tally.rejects), (2, 1));
}

pub(crate) fn rejects_are_those_of_the_last_walk_of_each_stream(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let rejects = || -> Vec<(String, String)> {
        let rejects = store.rejects(&mirror.id, 100).unwrap().into_iter();
        rejects
            .map(|reject| (reject.stream, reject.reason))
            .collect()
    };
    for (stream, reasons) in [("users", ["x", "y"]), ("jobs", ["a", "b"])] {
        let walk = mirror.walk(stream);
        for reason in reasons {
            mirror
                .page(stream)
                .reject(reason)
                .goes_on(walk, reason)
                .commit();
        }
    }
    assert_eq!(
        store.rejects(&mirror.id, 1).unwrap()[0].endpoint,
        "thing.list"
    );
    let all = [("jobs", "a"), ("jobs", "b"), ("users", "x"), ("users", "y")];
    assert_eq!(rejects(), pairs(&all));
    mirror.begin(PassKind::Delta);
    let walk = mirror.walk("jobs");
    mirror.page("jobs").reject("c").ends(walk, None).commit();
    assert_eq!(
        rejects(),
        pairs(&[("jobs", "c"), ("users", "x"), ("users", "y")])
    );
    mirror.walk("users");
    assert_eq!(rejects(), pairs(&[("jobs", "c")]));
    let before = &store.passes(&mirror.id, 2).unwrap()[1];
    assert_eq!(before.walks[0].rejects, 2, "history keeps the number");
}

/// The bundles of candidates that are there, with whether their documents are.
fn kept(mirror: &Mirror<'_>) -> (u64, Vec<String>) {
    let bundles = mirror.store.bundles(&mirror.id, "candidates", None, 100);
    let ids = bundles.unwrap().into_iter().map(|stored| stored.bundle.id);
    let count = mirror
        .store
        .count_bundles(&mirror.id, "candidates")
        .unwrap();
    (count, ids.collect())
}

pub(crate) fn documents_can_be_dropped_and_come_back(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = || bundle("1", "").group("g").gives(candidate("c"));
    mirror.bring("candidates", [row().dropped()]);
    assert_eq!(kept(&mirror), (1, vec![]));
    assert_eq!(store.bundle(&mirror.id, "candidates", "1").unwrap(), None);
    assert!(
        store
            .group(&mirror.id, "candidates", "g")
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store.giver(&mirror.id, &mirror.candidate("c")).unwrap(),
        None
    );
    assert_eq!(
        store
            .remote_data(&mirror.id, &mirror.candidate("c"))
            .unwrap(),
        None
    );
    let states = store.bundle_states(&mirror.id, "candidates", &["1"]);
    let state = states.unwrap()[0].unwrap();
    assert_eq!((state.hash, state.kept), (row().hash(), false));
    let changed_at = mirror.candidate("c").changed_at;
    // The integration shows raw documents again: the same bundle, with its documents.
    mirror.bring("candidates", [row()]);
    assert_eq!(kept(&mirror), (1, vec!["1".to_owned()]));
    mirror.bring("candidates", [row().unmapped()]);
    assert_eq!(kept(&mirror), (1, vec!["1".to_owned()]));
    mirror.bring("candidates", [row().unmapped().dropped()]);
    assert_eq!(kept(&mirror), (1, vec![]));
    assert_eq!(mirror.candidate("c").changed_at, changed_at);
    mirror.bring(
        "candidates",
        [bundle("1", "new").gives(candidate("c")).dropped()],
    );
    let states = store.bundle_states(&mirror.id, "candidates", &["1"]);
    assert_eq!(states.unwrap()[0].unwrap().hash, bundle("1", "new").hash());
}

pub(crate) fn what_is_due_without_documents_has_to_be_read_again(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let row = |id| bundle(id, "").looks_up("sources", "s");
    mirror.bring("candidates", [row("1").dropped(), row("2")]);
    let again = || store.streams_to_read_again(&mirror.id).unwrap();
    assert!(again().is_empty());
    mirror.bring("sources", [bundle("s", "")]);
    assert_eq!(again(), ["candidates"]);
    assert_eq!(mirror.due_of("candidates"), ["2"]);
    mirror.bring("candidates", [row("1").dropped()]);
    assert!(again().is_empty());
}

pub(crate) fn everything_can_be_made_due(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    mirror.bring("candidates", [bundle("1", ""), bundle("2", "").dropped()]);
    mirror.bring("users", [bundle("3", "")]);
    other.bring("users", [bundle("4", "")]);
    assert_eq!(store.mark_all_due(&mirror.id, &Cause::Remap).unwrap(), 3);
    assert_eq!(mirror.due(), pairs(&[("candidates", "1"), ("users", "3")]));
    let due = store.due(&mirror.id, 1).unwrap();
    assert_eq!((due.len(), &due[0].cause), (1, &Cause::Remap));
    assert_eq!(due[0].bundle, bundle("1", "").whole());
    assert!(other.due().is_empty());
    let again: Vec<Brought> = vec![bundle("1", "").stored().because(Cause::Remap)];
    mirror.page("candidates").list(again).commit();
    assert_eq!(mirror.due(), pairs(&[("users", "3")]));
}

pub(crate) fn a_layout_is_shared_by_the_records_that_name_it(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let definitions = json!([{ "id": "f", "key": "k", "type": "TEXT", "label": "L" }]);
    for mirror in [&mirror, &other] {
        let rows = ["1", "2"].map(|id| bundle(id, "").gives(candidate(id).fields(7, &json!([id]))));
        let page = mirror.page("candidates").bundles(rows);
        page.layout(7, &definitions)
            .layout(7, &definitions)
            .commit();
    }
    let shown = json!([{ "id": "f", "key": "k", "type": "TEXT", "value": "2", "label": "L" }]);
    for mirror in [&mirror, &other] {
        let fields = mirror.candidate("2").integration_fields().unwrap().unwrap();
        assert_eq!(fields.parse::<serde_json::Value>().unwrap(), shown);
    }
    store.erase_integration(&other.id).unwrap();
    let fields = mirror.candidate("2").integration_fields().unwrap().unwrap();
    assert_eq!(fields.parse::<serde_json::Value>().unwrap(), shown);
}
