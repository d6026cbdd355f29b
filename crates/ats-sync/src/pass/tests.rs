//! Tables: what a pass wants next, for everything that may happen to its streams.

use ats_core::{Next, PageCursor, Recovery, Start};
use ats_store::{Missing, Problem};

use super::*;
use crate::walk::{Begun, Brought, Failure, Input as W};

fn pass(after: &[&[usize]]) -> Pass {
    let line = |after: &&[usize]| Line {
        after: after.to_vec(),
        walk: Walk::default(),
    };
    Pass::new(after.iter().map(line).collect(), false)
}

/// Feeds inputs, and shows the effects of each as one line.
fn feed(mut pass: Pass, inputs: Vec<Input>) -> (Pass, Vec<String>) {
    let mut shown = Vec::new();
    for input in inputs {
        let (next, effects) = pass.step(input);
        pass = next;
        shown.push(effects.iter().map(show).collect::<Vec<_>>().join(" "));
    }
    (pass, shown)
}

fn show(effect: &Effect) -> String {
    let kind = |problem: &Option<Problem>| {
        problem
            .as_ref()
            .map_or("-", |problem| &problem.kind)
            .to_owned()
    };
    match effect {
        Effect::Begin(line) => format!("begin{line}"),
        Effect::Walk(line, effect) => {
            let name = format!("{effect:?}");
            let name = name
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_lowercase();
            format!("{name}{line}")
        }
        Effect::Tell(line, problem) => format!("tell{line}:{}", kind(problem)),
        Effect::MapAgain => "map-again".to_owned(),
        Effect::Settle => "settle".to_owned(),
        Effect::End(state, problem) => format!("end:{state:?}:{}", kind(problem)),
    }
}

fn begun(start: Start) -> W {
    W::Begun(Begun {
        start,
        cursor: None,
        rejects: 0,
        ended: false,
    })
}

fn since() -> Start {
    Start::Since(ats_core::Checkpoint("t".to_owned()))
}

fn last_page() -> W {
    W::Fetched(Ok(Brought {
        next: Next::Done { checkpoint: None },
        rejects: 0,
    }))
}

fn failed(recovery: Recovery, kind: &str, unreachable: bool) -> W {
    W::Fetched(Err(Failure {
        recovery,
        unreachable,
        problem: Problem {
            kind: kind.to_owned(),
            message: String::new(),
        },
    }))
}

/// A delta walk that succeeds, from its beginning to its end.
fn smooth(line: usize) -> Vec<Input> {
    [begun(since()), last_page(), W::Stored, W::Closed]
        .map(|input| Input::Walk(line, input))
        .to_vec()
}

fn rest() -> Vec<Input> {
    vec![Input::MappedAgain(Again::Done), Input::Settled]
}

#[test]
fn streams_run_side_by_side_and_wait_for_what_they_use() {
    let mut inputs = vec![Input::Go];
    inputs.extend(smooth(0));
    inputs.extend(smooth(1));
    inputs.extend(smooth(2));
    inputs.push(Input::MappedAgain(Again::More));
    inputs.extend(rest());
    let (_, shown) = feed(pass(&[&[], &[], &[0]]), inputs);
    let expected = [
        "begin0 begin1",
        "fetch0",
        "keep0",
        "complete0",
        "tell0:- begin2",
        "fetch1",
        "keep1",
        "complete1",
        "tell1:-",
        "fetch2",
        "keep2",
        "complete2",
        "tell2:- map-again",
        "map-again",
        "settle",
        "end:Succeeded:-",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_failed_stream_stops_neither_the_others_nor_those_that_use_it() {
    let mut inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(0, failed(Recovery::Skip, "permission_missing", false)),
        Input::Walk(0, W::Closed),
    ];
    inputs.extend(smooth(1));
    inputs.extend(rest());
    let (_, shown) = feed(pass(&[&[], &[0]]), inputs);
    assert_eq!(shown[2..4], ["fail0", "tell0:permission_missing begin1"]);
    assert_eq!(shown.last().unwrap(), "end:PartiallyFailed:-");
}

#[test]
fn the_pass_fails_when_every_stream_does() {
    let inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(0, failed(Recovery::Abort, "malformed", false)),
        Input::Walk(0, W::Closed),
    ];
    let (_, shown) = feed(pass(&[&[]]), [inputs, rest()].concat());
    assert_eq!(shown.last().unwrap(), "end:Failed:-");
}

#[test]
fn rejected_credentials_end_the_whole_pass() {
    let inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(1, begun(since())),
        Input::Walk(1, last_page()),
        Input::Walk(0, failed(Recovery::AskUser, "credentials_rejected", false)),
        Input::Walk(0, W::Closed),
        Input::Walk(1, W::Stored),
        Input::Walk(1, W::Closed),
    ];
    let (_, shown) = feed(pass(&[&[], &[], &[0, 1]]), [inputs, rest()].concat());
    let expected = [
        "begin0 begin1",
        "fetch0",
        "fetch1",
        "keep1",
        "fail0",
        "tell0:credentials_rejected",
        "complete1",
        "tell1:- map-again",
        "settle",
        "end:AuthenticationFailed:credentials_rejected",
    ];
    assert_eq!(
        shown, expected,
        "what had come to its end is stored, the third never begins"
    );
}

#[test]
fn streams_that_still_ask_are_given_up_when_the_credentials_are_rejected() {
    let inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(0, failed(Recovery::AskUser, "credentials_rejected", false)),
        Input::Walk(1, begun(since())),
        Input::Walk(0, W::Closed),
        Input::Walk(1, last_page()),
        Input::Walk(1, W::Closed),
    ];
    let (_, shown) = feed(pass(&[&[], &[]]), inputs);
    assert_eq!(
        shown[4..],
        [
            "tell0:credentials_rejected drop1 fail1",
            "",
            "tell1:credentials_rejected map-again"
        ]
    );
}

#[test]
fn a_vendor_out_of_reach_is_not_waited_for_by_every_stream() {
    let down = || failed(Recovery::Retry { after: None }, "unavailable", true);
    let inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(1, begun(since())),
        Input::Walk(0, down()),
        Input::Walk(1, down()),
        Input::Walk(0, W::Waited),
        Input::Walk(0, down()),
        Input::Walk(0, W::Closed),
        Input::Walk(1, W::Closed),
        Input::Walk(2, begun(since())),
        Input::Walk(2, W::Closed),
    ];
    let (_, shown) = feed(pass(&[&[], &[], &[1]]), [inputs, rest()].concat());
    let expected = [
        "begin0 begin1",
        "fetch0",
        "fetch1",
        "pause0",
        "pause1",
        "fetch0",
        "fail0",
        "tell0:unavailable drop1 fail1 begin2",
        "tell1:unavailable",
        "fail2",
        "tell2:unavailable map-again",
        "settle",
        "end:Failed:unavailable",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn a_vendor_that_answered_once_is_tried_longer_and_stream_by_stream() {
    let down = || failed(Recovery::Retry { after: None }, "unavailable", true);
    let mut inputs = vec![
        Input::Go,
        Input::Walk(0, begun(since())),
        Input::Walk(1, begun(since())),
    ];
    inputs.push(Input::Walk(1, last_page()));
    for _ in 0..3 {
        inputs.push(Input::Walk(0, down()));
        inputs.push(Input::Walk(0, W::Waited));
    }
    inputs.push(Input::Walk(0, down()));
    inputs.push(Input::Walk(0, W::Closed));
    let (_, shown) = feed(pass(&[&[], &[]]), inputs);
    assert_eq!(
        shown[4..],
        [
            "pause0",
            "fetch0",
            "pause0",
            "fetch0",
            "pause0",
            "fetch0",
            "fail0",
            "tell0:unavailable"
        ]
    );
}

#[test]
fn a_stop_keeps_what_came_and_ends_at_once_otherwise() {
    let more = W::Fetched(Ok(Brought {
        next: Next::Page(PageCursor("2".to_owned())),
        rejects: 0,
    }));
    for (stop, state) in [(Stop::Cancelled, "Cancelled"), (Stop::TimedOut, "TimedOut")] {
        let inputs = vec![
            Input::Go,
            Input::Walk(0, begun(since())),
            Input::Walk(0, more.clone()),
            Input::Stop(stop),
            Input::Stop(Stop::TimedOut),
            Input::Walk(1, begun(Start::Full)),
            Input::Walk(0, W::Stored),
        ];
        let (_, shown) = feed(pass(&[&[], &[], &[0]]), inputs);
        let expected = [
            "begin0 begin1".to_owned(),
            "fetch0".to_owned(),
            "keep0 fetch0".to_owned(),
            "drop0".to_owned(),
            String::new(),
            String::new(),
            format!("end:{state}:-"),
        ];
        assert_eq!(shown, expected);
    }
}

#[test]
fn a_stop_between_rounds_leaves_the_rest_to_the_next_pass() {
    let mut inputs = vec![Input::Go];
    inputs.extend(smooth(0));
    inputs.push(Input::Stop(Stop::Cancelled));
    inputs.push(Input::MappedAgain(Again::More));
    let (_, shown) = feed(pass(&[&[]]), inputs);
    assert_eq!(shown.last().unwrap(), "end:Cancelled:-");
    let mut inputs = vec![Input::Go];
    inputs.extend(smooth(0));
    inputs.push(Input::Stop(Stop::Cancelled));
    inputs.extend(rest());
    let (_, shown) = feed(pass(&[&[]]), inputs);
    assert_eq!(
        shown.last().unwrap(),
        "end:Succeeded:-",
        "nothing was left to stop"
    );
}

#[test]
fn what_is_held_back_or_stuck_makes_the_pass_a_partial_one() {
    let missing = Missing {
        bundles: 1,
        ..Missing::default()
    };
    let reject = W::Fetched(Ok(Brought {
        next: Next::Done { checkpoint: None },
        rejects: 1,
    }));
    let inputs = [
        begun(Start::Full),
        reject,
        W::Stored,
        W::Measured(missing),
        W::Closed,
    ];
    let inputs = inputs.map(|input| Input::Walk(0, input)).to_vec();
    let (_, shown) = feed(pass(&[&[]]), [vec![Input::Go], inputs, rest()].concat());
    assert_eq!(shown[5], "tell0:deletions_unsure map-again");
    assert_eq!(shown.last().unwrap(), "end:PartiallyFailed:-");

    let stuck = Problem {
        kind: "mapping_unsettled".to_owned(),
        message: String::new(),
    };
    let mut inputs = vec![Input::Go];
    inputs.extend(smooth(0));
    inputs.push(Input::MappedAgain(Again::Stuck(stuck)));
    inputs.push(Input::Settled);
    let (_, shown) = feed(pass(&[&[]]), inputs);
    assert_eq!(
        shown.last().unwrap(),
        "end:PartiallyFailed:mapping_unsettled"
    );
}

#[test]
fn a_pass_that_goes_on_does_not_walk_what_was_complete() {
    let mut lines = vec![Line::default(), Line::default()];
    lines[0].walk = Walk::complete(None);
    lines[1].after = vec![0];
    let mut inputs = vec![Input::Go];
    inputs.extend(smooth(1));
    let (_, shown) = feed(Pass::new(lines, false), inputs);
    assert_eq!(shown[0], "begin1");
    assert_eq!(shown.last().unwrap(), "tell1:- map-again");
}

#[test]
fn a_pass_without_streams_only_maps_again() {
    let (_, shown) = feed(pass(&[]), [vec![Input::Go], rest()].concat());
    assert_eq!(shown, ["map-again", "settle", "end:Succeeded:-"]);
}
