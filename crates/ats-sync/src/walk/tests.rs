//! Tables: what a walk wants next, for everything that may happen to it.

use ats_core::Checkpoint;
use ats_store::MissingOfModel;

use super::*;

const RULES: Rules = Rules {
    reached: true,
    accept_deletions: false,
};

fn begun(start: Start) -> Input {
    Input::Begun(Begun {
        start,
        cursor: None,
        rejects: 0,
        ended: false,
    })
}

fn since() -> Start {
    Start::Since(Checkpoint("t".to_owned()))
}

fn page(cursor: &str) -> Input {
    Input::Fetched(Ok(Brought {
        next: Next::Page(PageCursor(cursor.to_owned())),
        rejects: 0,
    }))
}

fn last() -> Input {
    Input::Fetched(Ok(Brought {
        next: Next::Done { checkpoint: None },
        rejects: 0,
    }))
}

fn problem(kind: &str) -> Problem {
    Problem {
        kind: kind.to_owned(),
        message: String::new(),
    }
}

fn failed(recovery: Recovery) -> Input {
    Input::Fetched(Err(Failure {
        recovery,
        unreachable: false,
        problem: problem("some"),
    }))
}

fn retry(after: Option<u64>) -> Input {
    let after = after.map(Duration::from_secs);
    failed(Recovery::Retry { after })
}

fn missing(bundles: u64) -> Input {
    Input::Measured(Missing {
        bundles,
        ..Missing::default()
    })
}

/// Feeds inputs to a walk that is about to begin, and shows the effects of each.
fn feed(inputs: &[Input]) -> (Walk, Vec<String>) {
    let mut walk = Walk::default();
    walk.begin();
    let mut shown = Vec::new();
    for input in inputs {
        let (next, effects) = walk.step(input.clone(), RULES);
        walk = next;
        shown.push(effects.iter().map(show).collect::<Vec<_>>().join(" "));
    }
    (walk, shown)
}

fn show(effect: &Effect) -> String {
    match effect {
        Effect::Fetch(request) => {
            let start = match &request.start {
                Start::Full => "full",
                Start::Since(_) => "since",
            };
            let cursor = request.cursor.as_ref().map_or("first", |cursor| &cursor.0);
            format!("fetch {start} {cursor}")
        }
        Effect::Drop => "drop".to_owned(),
        Effect::Keep => "keep".to_owned(),
        Effect::Pause(pause) => format!("pause {}", pause.as_secs()),
        Effect::Restart(Start::Full) => "restart full".to_owned(),
        Effect::Restart(Start::Since(_)) => "restart since".to_owned(),
        Effect::Measure => "measure".to_owned(),
        Effect::Sweep => "sweep".to_owned(),
        Effect::Complete(problem) => match problem {
            Some(problem) => format!("complete {}", problem.kind),
            None => "complete".to_owned(),
        },
        Effect::Fail(problem) => format!("fail {}", problem.kind),
    }
}

fn check(inputs: &[Input], expected: &[&str]) -> Walk {
    let (walk, shown) = feed(inputs);
    assert_eq!(shown, expected);
    walk
}

#[test]
fn the_next_page_is_asked_for_while_the_last_is_stored() {
    check(
        &[
            begun(since()),
            page("2"),
            Input::Stored,
            last(),
            Input::Stored,
            Input::Closed,
        ],
        &[
            "fetch since first",
            "keep fetch since 2",
            "",
            "keep",
            "complete",
            "",
        ],
    );
}

#[test]
fn pages_do_not_pile_up_unstored() {
    check(
        &[
            begun(since()),
            page("2"),
            page("3"),
            page("4"),
            page("5"),
            page("6"),
            page("7"),
            Input::Stored,
            page("8"),
            last(),
        ],
        &[
            "fetch since first",
            "keep fetch since 2",
            "keep fetch since 3",
            "keep fetch since 4",
            "keep fetch since 5",
            "keep fetch since 6",
            "keep",
            "fetch since 7",
            "keep",
            // Nobody asked for this one.
            "",
        ],
    );
}

#[test]
fn only_a_walk_from_the_beginning_sweeps() {
    let swept = |done| Input::Swept { done };
    let ended = [begun(Start::Full), last(), Input::Stored];
    let shown = ["fetch full first", "keep", "measure"];
    let then = |inputs: &[Input], expected: &[&str]| {
        check(
            &[&ended[..], inputs].concat(),
            &[&shown[..], expected].concat(),
        )
    };
    then(&[missing(0), Input::Closed], &["complete", ""]);
    then(
        &[missing(3), swept(false), swept(true), Input::Closed],
        &["sweep", "sweep", "complete", ""],
    );
    let share = MissingOfModel {
        missing: 50,
        live: 100,
    };
    let many = Missing {
        bundles: 50,
        models: [(ats_core::ModelKind::Candidate, share)].into(),
    };
    then(&[Input::Measured(many)], &["complete deletions_held"]);
    let walk = then(&[missing(3), Input::Stop, swept(false)], &["sweep", "", ""]);
    assert_eq!(walk.outcome(), Some(&Outcome::Stopped));
}

#[test]
fn rows_without_an_id_keep_a_walk_from_sweeping_even_if_they_came_before_an_interruption() {
    let goes_on = Input::Begun(Begun {
        start: Start::Full,
        cursor: Some(PageCursor("7".to_owned())),
        rejects: 1,
        ended: false,
    });
    check(
        &[goes_on, last(), Input::Stored, missing(1)],
        &[
            "fetch full 7",
            "keep",
            "measure",
            "complete deletions_unsure",
        ],
    );
}

#[test]
fn a_walk_whose_last_page_was_stored_before_an_interruption_only_sweeps() {
    let ended = |start| {
        Input::Begun(Begun {
            start,
            cursor: None,
            rejects: 0,
            ended: true,
        })
    };
    check(&[ended(Start::Full), missing(0)], &["measure", "complete"]);
    check(&[ended(since())], &["complete"]);
}

#[test]
fn a_page_is_asked_for_again_after_growing_pauses_and_not_for_ever() {
    check(
        &[
            begun(since()),
            retry(None),
            Input::Waited,
            retry(Some(60)),
            Input::Waited,
            page("2"),
            retry(None),
        ],
        &[
            "fetch since first",
            "pause 5",
            "fetch since first",
            "pause 60",
            "fetch since first",
            "keep fetch since 2",
            "pause 5",
        ],
    );
    let mut inputs = vec![begun(since())];
    inputs.extend([retry(None), Input::Waited].iter().cycle().take(7).cloned());
    let (_, shown) = feed(&inputs);
    assert_eq!(shown.last().unwrap(), "fail some");
    check(
        &[begun(since()), retry(Some(3600))],
        &["fetch since first", "fail some"],
    );
}

#[test]
fn an_expired_checkpoint_leads_to_one_walk_from_the_beginning() {
    check(
        &[
            begun(since()),
            failed(Recovery::RestartFull),
            Input::Restarted,
            failed(Recovery::RestartFull),
        ],
        &[
            "fetch since first",
            "restart full",
            "fetch full first",
            "fail some",
        ],
    );
}

#[test]
fn an_expired_cursor_leads_to_one_new_beginning_after_all_that_came_is_stored() {
    check(
        &[
            begun(since()),
            page("2"),
            failed(Recovery::RestartPass),
            Input::Stored,
            Input::Restarted,
            page("2"),
            failed(Recovery::RestartPass),
            Input::Stored,
        ],
        &[
            "fetch since first",
            "keep fetch since 2",
            "",
            "restart since",
            "fetch since first",
            "keep fetch since 2",
            "",
            "fail some",
        ],
    );
}

#[test]
fn rows_without_an_id_count_from_the_new_beginning() {
    let reject = Input::Fetched(Ok(Brought {
        next: Next::Page(PageCursor("2".to_owned())),
        rejects: 1,
    }));
    let (_, shown) = feed(&[
        begun(Start::Full),
        reject,
        failed(Recovery::RestartPass),
        Input::Stored,
        Input::Restarted,
        last(),
        Input::Stored,
        missing(1),
    ]);
    assert_eq!(shown.last().unwrap(), "sweep");
}

#[test]
fn a_cursor_that_comes_twice_ends_the_walk() {
    for cycle in [vec!["2", "2"], vec!["2", "3", "2"]] {
        let mut inputs = vec![begun(since())];
        for cursor in cycle {
            inputs.extend([page(cursor), Input::Stored]);
        }
        let (_, shown) = feed(&inputs);
        assert!(shown.contains(&"fail malformed".to_owned()), "{shown:?}");
    }
}

#[test]
fn a_missing_permission_fails_the_walk_and_sweeps_nothing() {
    let walk = check(
        &[begun(Start::Full), failed(Recovery::Skip), Input::Closed],
        &["fetch full first", "fail some", ""],
    );
    assert!(matches!(walk.outcome(), Some(Outcome::Failed(_))));
}

#[test]
fn a_page_that_cannot_be_mapped_fails_the_walk_once_the_others_are_stored() {
    check(
        &[
            begun(since()),
            page("2"),
            page("3"),
            Input::Broken(problem("unexpected")),
            last(),
            Input::Stored,
        ],
        &[
            "fetch since first",
            "keep fetch since 2",
            "keep fetch since 3",
            "drop",
            "",
            "fail unexpected",
        ],
    );
}

#[test]
fn a_stop_is_obeyed_wherever_the_walk_stands() {
    let stopped = |inputs: &[Input], expected: &[&str]| {
        let walk = check(inputs, expected);
        assert_eq!(walk.outcome(), Some(&Outcome::Stopped));
    };
    stopped(&[Input::Stop, begun(since())], &["", ""]);
    stopped(
        &[begun(since()), Input::Stop],
        &["fetch since first", "drop"],
    );
    stopped(
        &[begun(since()), retry(None), Input::Stop, Input::Waited],
        &["fetch since first", "pause 5", "drop", ""],
    );
    stopped(
        &[
            begun(since()),
            failed(Recovery::RestartFull),
            Input::Stop,
            Input::Restarted,
        ],
        &["fetch since first", "restart full", "", ""],
    );
    stopped(
        &[begun(Start::Full), last(), Input::Stop, Input::Stored],
        &["fetch full first", "keep", "", ""],
    );
    // What only has to be written down is.
    let walk = check(
        &[
            begun(since()),
            last(),
            Input::Stop,
            Input::Stored,
            Input::Closed,
        ],
        &["fetch since first", "keep", "", "complete", ""],
    );
    assert_eq!(walk.outcome(), Some(&Outcome::Complete(None)));
}
