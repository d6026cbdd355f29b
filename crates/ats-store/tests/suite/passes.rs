//! Passes and walks: how they begin, go on after an interruption, begin again and end.

use std::time::Duration;

use ats_core::{Checkpoint, PageCursor, Usage};
use ats_store::{
    NewPass, PassEnd, PassKind, PassState, Problem, Store, Walk, WalkStart, WalkState,
};

use super::{
    build::{bundle, candidate},
    mirror::Mirror,
};

fn problem(kind: &str) -> Problem {
    Problem {
        kind: kind.to_owned(),
        message: format!("{kind}: do something"),
    }
}

fn token(text: &str) -> Checkpoint {
    Checkpoint(text.to_owned())
}

fn only_walk(mirror: &Mirror<'_>) -> Walk {
    let mut walks = mirror.last_pass().walks;
    assert_eq!(walks.len(), 1);
    walks.remove(0)
}

pub(crate) fn a_pass_comes_back_with_its_walks(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let began = mirror.now();
    let start = WalkStart::Since(token("old"));
    let jobs = mirror.walk_from("jobs", &start);
    let jobs_began = mirror.now();
    let candidates = mirror.walk("candidates");
    let rows = [
        bundle("1", "").gives(candidate("1")).loses("/a"),
        bundle("1", ""),
        bundle("2", ""),
    ];
    let page = mirror.page("candidates").bundles(rows).reject("no id");
    page.but(|page| page.left_out = 4)
        .goes_on(candidates, "page 2")
        .commit();
    mirror.page("jobs").ends(jobs, Some("new")).commit();
    store.complete_walk(jobs, None, mirror.tick()).unwrap();
    let jobs_ended = mirror.now();
    let end = PassEnd {
        state: PassState::Cancelled,
        ended_at: mirror.tick(),
        problem: Some(problem("stopped")),
    };
    store.end_pass(mirror.pass.get(), &end).unwrap();

    let pass = mirror.last_pass();
    assert_eq!(pass.key, mirror.pass.get());
    assert_eq!((pass.kind, pass.whole), (PassKind::Full, true));
    assert_eq!(
        (pass.state, pass.problem.clone()),
        (PassState::Cancelled, end.problem)
    );
    assert_eq!(
        (pass.started_at, pass.ended_at),
        (began, Some(end.ended_at))
    );
    let expected = Walk {
        key: jobs,
        stream: "jobs".to_owned(),
        start,
        state: WalkState::Complete,
        cursor: None,
        pages: 1,
        rows: 0,
        distinct_ids: 0,
        rejects: 0,
        losses: 0,
        swept: 0,
        checkpoint: Some(token("new")),
        problem: None,
        started_at: jobs_began,
        ended_at: Some(jobs_ended),
    };
    assert_eq!(pass.walks[0], expected);
    let walk = &pass.walks[1];
    assert_eq!(
        (walk.state, &walk.start),
        (WalkState::Open, &WalkStart::Full)
    );
    assert_eq!(walk.cursor, Some(PageCursor("page 2".to_owned())));
    assert_eq!((walk.pages, walk.rows, walk.distinct_ids), (1, 8, 2));
    assert_eq!((walk.rejects, walk.losses), (1, 1));
    assert_eq!(store.pass(&mirror.id, &pass.id).unwrap(), Some(pass));
}

pub(crate) fn passes_come_latest_first_and_each_to_its_own(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    let first = mirror.pass.get();
    let second = mirror.begin(PassKind::Delta);
    let keys = |limit| -> Vec<i64> {
        let passes = store.passes(&mirror.id, limit).unwrap();
        passes.iter().map(|pass| pass.key).collect()
    };
    assert_eq!(keys(9), [second, first]);
    assert_eq!(keys(1), [second]);
    let theirs = other.last_pass();
    assert_eq!(store.pass(&mirror.id, &theirs.id).unwrap(), None);
    assert_eq!(store.pass(&mirror.id, "unheard of").unwrap(), None);
    assert_eq!(other.last_pass().kind, PassKind::Full);
}

pub(crate) fn what_was_asked_of_the_vendor_adds_up(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let usage = |requests, retries, throttled, waited_ms| Usage {
        requests,
        retries,
        throttled,
        waited: Duration::from_millis(waited_ms),
    };
    let add = |usage| store.add_usage(mirror.pass.get(), usage).unwrap();
    add(usage(10, 2, 1, 250));
    add(usage(5, 0, 3, 1_500));
    assert_eq!(mirror.last_pass().usage, usage(15, 2, 4, 1_750));
}

pub(crate) fn an_interrupted_pass_goes_on_where_it_stopped(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = |stream| {
        let walk = mirror.walk(stream);
        mirror.put(stream, walk, [bundle("1", "")]);
        walk
    };
    let (failed, open, done) = (walk("candidates"), walk("jobs"), walk("users"));
    mirror.page("users").ends(done, None).commit();
    store
        .complete_walk(done, Some(&problem("guard")), mirror.tick())
        .unwrap();
    store
        .fail_walk(failed, &problem("unreachable"), mirror.tick())
        .unwrap();
    mirror.end(PassState::PartiallyFailed);
    let walks = mirror.last_pass().walks;
    assert_eq!(
        (walks[0].state, &walks[0].problem),
        (WalkState::Failed, &Some(problem("unreachable")))
    );
    assert_eq!(walks[0].ended_at.is_some(), walks[0].key == failed);

    store.resume_pass(mirror.pass.get()).unwrap();
    let pass = mirror.last_pass();
    assert_eq!((pass.state, pass.ended_at), (PassState::Running, None));
    assert_eq!((pass.resumed, pass.problem), (1, None));
    let states: Vec<_> = pass
        .walks
        .iter()
        .map(|walk| (walk.key, walk.state))
        .collect();
    let expected = [
        (failed, WalkState::Open),
        (open, WalkState::Open),
        (done, WalkState::Complete),
    ];
    assert_eq!(states, expected);
    let first = &pass.walks[0];
    assert_eq!((&first.problem, first.ended_at), (&None, None));
    assert_eq!(first.cursor, Some(PageCursor("next".to_owned())));
    assert_eq!(pass.walks[2].problem, Some(problem("guard")));
}

pub(crate) fn a_restarted_walk_counts_from_zero_and_has_seen_nothing(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let walk = mirror.walk_from("candidates", &WalkStart::Since(token("old")));
    let rows = [
        bundle("1", "").gives(candidate("1")).loses("/a"),
        bundle("2", "").gives(candidate("2")),
    ];
    let page = mirror.page("candidates").bundles(rows).reject("no id");
    page.goes_on(walk, "page 2").commit();
    store
        .fail_walk(walk, &problem("expired"), mirror.tick())
        .unwrap();
    store.restart_walk(walk, &WalkStart::Full).unwrap();

    let again = only_walk(&mirror);
    assert_eq!(
        (again.state, again.start),
        (WalkState::Open, WalkStart::Full)
    );
    assert_eq!((again.cursor, again.checkpoint), (None, None));
    assert_eq!((again.problem, again.ended_at), (None, None));
    let counts = (again.pages, again.rows, again.distinct_ids);
    assert_eq!((counts, again.rejects, again.losses), ((0, 0, 0), 0, 0));
    assert_eq!(store.rejects(&mirror.id, 9).unwrap(), []);

    let row = bundle("2", "").gives(candidate("2"));
    let page = mirror.page("candidates").bundles([row]);
    page.ends(walk, Some("new")).commit();
    assert_eq!(only_walk(&mirror).distinct_ids, 1);
    assert_eq!(store.missing(walk).unwrap().bundles, 1);
}

pub(crate) fn a_checkpoint_moves_only_when_its_walk_is_complete(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let now = || store.checkpoints(&mirror.id).unwrap();
    let end = |checkpoint| {
        let walk = mirror.walk("candidates");
        mirror.page("candidates").ends(walk, checkpoint).commit();
        walk
    };
    let walk = end(Some("first"));
    assert!(now().is_empty(), "the walk is not complete");
    store.complete_walk(walk, None, mirror.tick()).unwrap();
    assert_eq!(now()["candidates"], token("first"));
    let walk = end(Some("second"));
    store
        .fail_walk(walk, &problem("odd"), mirror.tick())
        .unwrap();
    assert_eq!(now()["candidates"], token("first"));
    let walk = end(Some("third"));
    store
        .complete_walk(walk, Some(&problem("guard")), mirror.tick())
        .unwrap();
    assert_eq!(now()["candidates"], token("third"));
    let walk = end(None);
    store.complete_walk(walk, None, mirror.tick()).unwrap();
    assert!(now().is_empty(), "there is nowhere to start from");
}

pub(crate) fn only_a_whole_pass_from_the_beginning_is_a_full_pass(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let last = || store.last_full_pass(&mirror.id).unwrap();
    let pass = |kind, whole, streams: &[(&str, bool)], state| {
        let new = NewPass {
            id: format!("{:?}", mirror.tick()),
            kind,
            whole,
            started_at: mirror.now(),
        };
        let began = mirror.now();
        mirror.pass.set(store.begin_pass(&mirror.id, &new).unwrap());
        for (stream, from_beginning) in streams {
            let walk = match from_beginning {
                true => mirror.walk(stream),
                false => mirror.walk_from(stream, &WalkStart::Since(token("x"))),
            };
            mirror.page(stream).ends(walk, None).commit();
            store.complete_walk(walk, None, mirror.tick()).unwrap();
        }
        mirror.end(state);
        began
    };
    let (full, done) = (PassKind::Full, PassState::Succeeded);
    pass(full, false, &[("users", true)], done);
    assert_eq!(last(), None, "a pass over some models is none");
    let first = pass(full, true, &[("users", true), ("jobs", true)], done);
    assert_eq!(last(), Some(first));
    pass(PassKind::Delta, true, &[("users", true)], done);
    pass(full, true, &[("users", true), ("jobs", false)], done);
    pass(full, true, &[("users", true)], PassState::PartiallyFailed);
    assert_eq!(last(), Some(first));
    let second = pass(full, true, &[("jobs", true)], done);
    assert_eq!(
        last(),
        Some(second),
        "a stream that is no more is not waited for"
    );
    mirror.begin(full);
    mirror.walk("users");
    assert_eq!(last(), Some(second), "it still runs");
}
