//! Erasing an integration: all of it, and nothing else.

use ats_core::ModelKind;
use ats_store::{Error, Segment, Store, Tracked};
use serde_json::json;

use super::{
    build::{application, bundle, candidate},
    mirror::Mirror,
    webhooks,
};

/// An integration with something of everything, all of which says `word`.
pub(crate) fn fill<'a>(store: &'a dyn Store, word: &str) -> Mirror<'a> {
    let mirror = Mirror::named(store, word);
    let definitions = json!([{ "id": "f", "key": "k", "type": "TEXT", "label": word }]);
    let said = |id: &str| format!("{word} {id}");
    let row = |id: &str, text: &str| {
        let shown = candidate(&said(id)).with("title", said(text));
        let shown = shown.fields(7, &json!([said(text)])).raw(text);
        bundle(&said(id), &said(text))
            .group(word)
            .looks_up("sources", "s")
            .gives(shown)
            .loses(&said("loss"))
    };
    let walk = mirror.walk("candidates");
    for text in ["first", "second"] {
        let rows = ["1", "2", "3", "4"].map(|id| row(id, text));
        let page = mirror
            .page("candidates")
            .bundles(rows)
            .layout(7, &definitions);
        page.reject(word).goes_on(walk, word).commit();
    }
    let walk = mirror.bring("candidates", ["1", "2", "3"].map(|id| row(id, "third")));
    let at = mirror.tick();
    let reason = ats_store::DeletionReason::Gone;
    store.sweep(walk, reason, at, 9).unwrap();
    for owner in ["1", "2"] {
        let shown = application(&said("a"), &said(owner));
        let row = bundle(&said("a"), owner).gives(shown.clone());
        mirror.bring("applications", [row, bundle("rival", owner).gives(shown)]);
    }
    mirror.bring("sources", [bundle("s", word)]);
    store.complete_walk(walk, None, mirror.tick()).unwrap();
    let tracked = [Tracked {
        model: ModelKind::Candidate,
        remote_id: word.to_owned(),
    }];
    store.track(&mirror.id, &tracked, &[]).unwrap();
    webhooks::subscribe(store, &mirror.id, word);
    webhooks::accept(store, &mirror.id, word, 9);
    mirror
}

pub(crate) fn erasing_takes_all_of_one_integration_and_nothing_of_another(store: &dyn Store) {
    let kept = fill(store, "kept");
    let log = kept.log();
    let candidates = kept.all(ModelKind::Candidate);
    let (due, losses) = (kept.due(), store.losses(&kept.id, 99).unwrap());
    let rejects = store.rejects(&kept.id, 99).unwrap();
    let passes = store.passes(&kept.id, 99).unwrap();
    let erased = fill(store, "erased");
    let record = erased.candidate("erased 1");
    store.erase_integration(&erased.id).unwrap();

    assert_eq!(store.integration(&erased.id).unwrap(), None);
    let unknown = store.record(&erased.id, &record.id);
    assert!(matches!(unknown, Err(Error::UnknownIntegration { .. })));
    assert_eq!(store.count_bundles(&erased.id, "candidates").unwrap(), 0);

    let segment = |word: &str| store.subscription_at(&Segment(word.to_owned())).unwrap();
    assert_eq!(segment("erased"), None);
    assert!(segment("kept").is_some());
    assert_eq!(store.deliveries(&kept.id, 9).unwrap().len(), 1);

    assert_eq!(store.integrations().unwrap().len(), 1);
    assert_eq!(kept.log(), log);
    assert_eq!(kept.all(ModelKind::Candidate), candidates);
    assert_eq!(
        (kept.due(), store.losses(&kept.id, 99).unwrap()),
        (due, losses)
    );
    assert_eq!(store.rejects(&kept.id, 99).unwrap(), rejects);
    assert_eq!(store.passes(&kept.id, 99).unwrap(), passes);
    assert_eq!(store.tracked(&kept.id).unwrap().len(), 1);
    assert_eq!(store.count_bundles(&kept.id, "candidates").unwrap(), 3);
}

pub(crate) fn an_integration_that_was_erased_can_be_connected_again(store: &dyn Store) {
    let erased = fill(store, "again");
    store.erase_integration(&erased.id).unwrap();
    let again = Mirror::named(store, "again");
    assert_eq!(again.all(ModelKind::Candidate), []);
    assert!(again.log().is_empty() && again.due().is_empty());
    assert_eq!(store.checkpoints(&again.id).unwrap().len(), 0);
    assert_eq!(store.tracked(&again.id).unwrap(), []);
    assert_eq!(store.subscriptions(&again.id).unwrap(), []);
    assert_eq!(store.deliveries(&again.id, 9).unwrap(), []);
    assert_eq!(store.losses(&again.id, 9).unwrap(), []);
    assert_eq!(store.passes(&again.id, 9).unwrap().len(), 1);
    assert!(again.last_pass().tallies.is_empty());
    again.bring(
        "candidates",
        [bundle("again 1", "").gives(candidate("again 1"))],
    );
    assert_eq!(again.tally().created, 1);
    assert_eq!(again.log().len(), 1);
}
