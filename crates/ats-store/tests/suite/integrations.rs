//! Integrations: what is kept of them, what they track, and the latest moment.

use std::{collections::BTreeMap, time::Duration};

use ats_core::{Checkpoint, ModelKind};
use ats_store::{
    DeletionReason, Error, IntegrationState, PassKind, PassState, Problem, Settings, Store,
    Tracked, WalkStart, vault::Sealed,
};

use super::{
    build::{at, bundle, candidate, integration},
    mirror::Mirror,
};

pub(crate) fn an_integration_comes_back_as_it_was_saved(store: &dyn Store) {
    let mut saved = integration("first");
    saved.base_url = Some("http://127.0.0.1:1/".to_owned());
    saved.state = IntegrationState::Disabled;
    saved.settings = Settings {
        remote_data: false,
        sync_only_created: true,
        delta_interval: Duration::from_secs(60),
        full_interval: Duration::from_secs(3600),
        default_source: Some("Referral \"x\"".to_owned()),
        switches: BTreeMap::from([("screening_answers".to_owned(), false)]),
        ..Settings::default()
    };
    assert_eq!(store.integration(&saved.id).unwrap(), None);
    store.save_integration(&saved).unwrap();
    assert_eq!(store.integration(&saved.id).unwrap(), Some(saved));
}

pub(crate) fn saving_again_replaces_all_but_the_beginning(store: &dyn Store) {
    let mut saved = integration("first");
    store.save_integration(&saved).unwrap();
    saved.base_url = Some("http://127.0.0.1:2/".to_owned());
    saved.state = IntegrationState::Disabled;
    saved.credentials = Sealed(vec![0, 255, 7]);
    saved.settings.remote_data = false;
    saved.credentials_changed_at = at(50);
    saved.created_at = at(40);
    store.save_integration(&saved).unwrap();
    saved.created_at = at(1);
    assert_eq!(store.integrations().unwrap(), [saved]);
}

pub(crate) fn integrations_stand_by_connector_and_name(store: &dyn Store) {
    for (connector, name) in [("toy", "a"), ("ashby", "b"), ("ashby", "a")] {
        let mut saved = integration(name);
        saved.id = ats_core::IntegrationId::derive(connector, name);
        saved.connector = connector.to_owned();
        store.save_integration(&saved).unwrap();
    }
    let names = store.integrations().unwrap().into_iter();
    let names: Vec<_> = names.map(|it| (it.connector, it.name)).collect();
    let expected = [("ashby", "a"), ("ashby", "b"), ("toy", "a")];
    assert_eq!(names, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
}

pub(crate) fn an_unknown_integration_is_named(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let page = mirror.page("candidates").into_inner();
    let unknown = integration("unheard of").id;
    let is_named = |result: Result<(), Error>| match result {
        Err(Error::UnknownIntegration { id }) => assert_eq!(id, unknown.as_str()),
        other => panic!("{other:?}"),
    };
    is_named(store.commit(&[ats_store::PageCommit {
        integration: unknown.clone(),
        ..page
    }]));
    is_named(store.lock(&unknown, "us").map(drop));
    is_named(store.erase_integration(&unknown));
    is_named(store.due(&unknown, 1).map(drop));
    is_named(store.counts(&unknown).map(drop));
    is_named(store.checkpoints(&unknown).map(drop));
    is_named(store.track(&unknown, &[], &[]));
    assert_eq!(store.latest(&unknown).unwrap(), None);
}

pub(crate) fn what_is_tracked_is_kept_once(store: &dyn Store) {
    let (first, second) = (Mirror::new(store), Mirror::named(store, "second"));
    let tracked = |model, remote_id: &str| Tracked {
        model,
        remote_id: remote_id.to_owned(),
    };
    let both = [
        tracked(ModelKind::Candidate, "2"),
        tracked(ModelKind::Application, "1"),
    ];
    store.track(&first.id, &both, &[]).unwrap();
    store.track(&first.id, &both[..1], &[]).unwrap();
    let mut found = store.tracked(&first.id).unwrap();
    found.sort();
    let mut expected = both.to_vec();
    expected.sort();
    assert_eq!(found, expected);
    assert_eq!(store.tracked(&second.id).unwrap(), []);
}

pub(crate) fn tracking_something_new_lets_the_named_streams_be_read_again(store: &dyn Store) {
    let mirror = Mirror::new(store);
    for stream in ["candidates", "applications", "jobs"] {
        let walk = mirror.walk(stream);
        mirror.page(stream).ends(walk, Some("token")).commit();
        store.complete_walk(walk, None, mirror.tick()).unwrap();
    }
    let names = || -> Vec<String> { store.checkpoints(&mirror.id).unwrap().into_keys().collect() };
    let tracked = [Tracked {
        model: ModelKind::Candidate,
        remote_id: "1".to_owned(),
    }];
    let track = |streams: &[&str]| store.track(&mirror.id, &tracked, streams).unwrap();
    track(&["candidates", "applications"]);
    assert_eq!(names(), ["jobs"]);
    track(&["jobs"]);
    assert_eq!(names(), ["jobs"], "it was tracked already");
}

pub(crate) fn a_walk_that_was_under_way_does_not_bring_a_forgotten_checkpoint_back(
    store: &dyn Store,
) {
    let mirror = Mirror::new(store);
    let names = || -> Vec<String> { store.checkpoints(&mirror.id).unwrap().into_keys().collect() };
    let complete = |walk| {
        mirror.page("candidates").ends(walk, Some("token")).commit();
        store.complete_walk(walk, None, mirror.tick()).unwrap();
    };
    let track = |remote_id: &str| {
        let tracked = Tracked {
            model: ModelKind::Candidate,
            remote_id: remote_id.to_owned(),
        };
        store
            .track(&mirror.id, &[tracked], &["candidates"])
            .unwrap();
    };
    let walk = mirror.walk("candidates");
    track("1");
    complete(walk);
    assert!(names().is_empty(), "the walk may have left it out");
    let again = mirror.walk("candidates");
    track("2");
    store.restart_walk(again, &WalkStart::Full).unwrap();
    complete(again);
    assert_eq!(names(), ["candidates"], "it began again after that");
}

pub(crate) fn the_latest_moment_moves_with_everything_and_never_back(store: &dyn Store) {
    let saved = integration("first");
    store.save_integration(&saved).unwrap();
    let latest = || store.latest(&saved.id).unwrap();
    assert_eq!(latest(), Some(at(2)), "its credentials were replaced then");
    let mirror = Mirror::new(store);
    let moved = |what: &str| assert_eq!(latest(), Some(mirror.now()), "{what}");
    moved("a pass began");
    let walk = mirror.walk("candidates");
    moved("a walk began");
    mirror.put("candidates", walk, [bundle("1", "").gives(candidate("c"))]);
    moved("a page was committed");
    let gone = mirror.bring("candidates", []);
    let at_sweep = mirror.tick();
    store
        .sweep(gone, DeletionReason::Gone, at_sweep, 10)
        .unwrap();
    moved("a sweep set a tombstone");
    store.complete_walk(gone, None, mirror.tick()).unwrap();
    moved("a walk was complete");
    let problem = Problem {
        kind: "odd".to_owned(),
        message: "it is odd".to_owned(),
    };
    store.fail_walk(walk, &problem, mirror.tick()).unwrap();
    moved("a walk failed");
    mirror.end(PassState::Failed);
    moved("a pass ended");
    let high = latest();
    let new = ats_store::NewPass {
        id: "early".to_owned(),
        kind: PassKind::Full,
        whole: true,
        started_at: at(3),
    };
    let pass = store.begin_pass(&mirror.id, &new).unwrap();
    let start = WalkStart::Since(Checkpoint("token".to_owned()));
    store
        .begin_walk(&mirror.id, pass, "candidates", &start, at(4))
        .unwrap();
    assert_eq!(latest(), high);
}
