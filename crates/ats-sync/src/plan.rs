//! Whether a pass begins or an interrupted one goes on, and of which kind it is. Pure.

use std::time::Duration;

use ats_core::Timestamp;
use ats_store::{Pass, PassKind, PassState};
use chrono::{DateTime, Utc};

use crate::PassOptions;

/// An older pass is not taken up: what was deleted behind it would stay unnoticed too long.
const TOO_OLD: Duration = Duration::from_secs(6 * 60 * 60);

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// Full or delta.
    pub(crate) kind: PassKind,
    /// The interrupted pass that goes on.
    pub(crate) resume: Option<Pass>,
    /// The keys of passes that died and are not taken up.
    pub(crate) dead: Vec<i64>,
}

/// Decides by the passes before, the latest first. `read_before` says whether anything was read to
/// its end ever.
pub(crate) fn plan(
    passes: Vec<Pass>,
    options: &PassOptions,
    read_before: bool,
    now: Timestamp,
) -> Plan {
    let wanted = if options.accept_deletions {
        Some(PassKind::Full)
    } else {
        options.kind
    };
    let kind = wanted.unwrap_or(match read_before {
        true => PassKind::Delta,
        false => PassKind::Full,
    });
    let mut dead: Vec<i64> = passes
        .iter()
        .filter(|pass| pass.state == PassState::Running)
        .map(|pass| pass.key)
        .collect();
    // A mapping from the store leaves the walks of an interrupted pass as they are. A pass over some
    // models does not: what it has seen counts as seen by its own walks from then on.
    let last = passes
        .into_iter()
        .find(|pass| pass.whole || !pass.walks.is_empty());
    let resume = last.filter(|pass| options.is_whole() && goes_on(pass, kind, now));
    if let Some(pass) = &resume {
        dead.retain(|key| *key != pass.key);
    }
    Plan {
        kind: resume.as_ref().map_or(kind, |pass| pass.kind),
        resume,
        dead,
    }
}

fn goes_on(pass: &Pass, wanted: PassKind, now: Timestamp) -> bool {
    let interrupted = matches!(
        pass.state,
        PassState::Running | PassState::Cancelled | PassState::TimedOut
    );
    let age = DateTime::<Utc>::from(now) - DateTime::<Utc>::from(pass.started_at);
    let young = age.to_std().is_ok_and(|age| age < TOO_OLD);
    pass.whole && interrupted && young && (wanted == PassKind::Delta || pass.kind == PassKind::Full)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(key: i64, kind: PassKind, state: PassState, started: &str) -> Pass {
        Pass {
            key,
            id: key.to_string(),
            kind,
            whole: true,
            state,
            started_at: Timestamp::parse(started).unwrap(),
            ended_at: None,
            usage: Default::default(),
            resumed: 0,
            tallies: Default::default(),
            walks: Vec::new(),
            problem: None,
        }
    }

    fn decide(passes: Vec<Pass>, options: &PassOptions, read_before: bool) -> String {
        let now = Timestamp::parse("2026-01-02T12:00:00Z").unwrap();
        let plan = plan(passes, options, read_before, now);
        let resume = plan.resume.map(|pass| pass.key);
        format!("{:?} {resume:?} {:?}", plan.kind, plan.dead)
    }

    #[test]
    fn an_interrupted_pass_goes_on_if_it_is_young_and_enough() {
        use PassKind::{Delta, Full};
        use PassState::{Cancelled, Failed, Running, Succeeded, TimedOut};
        let young = "2026-01-02T06:00:01Z";
        let old = "2026-01-02T06:00:00Z";
        let cases = [
            (None, Delta, Cancelled, young, "Delta Some(1) []"),
            (None, Full, Running, young, "Full Some(1) []"),
            (None, Delta, TimedOut, young, "Delta Some(1) []"),
            (None, Delta, Running, old, "Delta None [1]"),
            (None, Delta, Cancelled, old, "Delta None []"),
            (None, Delta, Succeeded, young, "Delta None []"),
            (None, Full, Failed, young, "Delta None []"),
            (Some(Full), Delta, Running, young, "Full None [1]"),
            (Some(Full), Full, Cancelled, young, "Full Some(1) []"),
            (Some(Delta), Full, Cancelled, young, "Full Some(1) []"),
        ];
        for (kind, was, state, started, expected) in cases {
            let options = PassOptions {
                kind,
                ..PassOptions::default()
            };
            let decided = decide(vec![pass(1, was, state, started)], &options, true);
            assert_eq!(
                decided, expected,
                "{kind:?} after {was:?} {state:?} {started}"
            );
        }
    }

    #[test]
    fn a_first_pass_is_full_and_so_is_one_that_may_delete_much() {
        let none = PassOptions::default();
        assert_eq!(decide(vec![], &none, false), "Full None []");
        assert_eq!(decide(vec![], &none, true), "Delta None []");
        let accept = PassOptions {
            accept_deletions: true,
            kind: Some(PassKind::Delta),
            ..PassOptions::default()
        };
        assert_eq!(decide(vec![], &accept, true), "Full None []");
    }

    #[test]
    fn a_pass_over_some_models_takes_nothing_up_and_is_not_taken_up() {
        let at = "2026-01-02T11:00:00Z";
        let whole = || pass(1, PassKind::Full, PassState::Cancelled, at);
        let only = PassOptions {
            only: [ats_core::ModelKind::Job].into(),
            ..PassOptions::default()
        };
        assert_eq!(decide(vec![whole()], &only, true), "Delta None []");
        let mut beside = pass(2, PassKind::Full, PassState::Running, at);
        beside.whole = false;
        let none = PassOptions::default();
        let before = || vec![beside.clone(), whole()];
        assert_eq!(decide(before(), &none, true), "Full Some(1) [2]");
        let mut passes = before();
        passes[0].walks.push(walk());
        assert_eq!(decide(passes, &none, true), "Delta None [2]");
    }

    fn walk() -> ats_store::Walk {
        ats_store::Walk {
            key: 1,
            stream: "jobs".to_owned(),
            start: ats_store::WalkStart::Full,
            state: ats_store::WalkState::Open,
            cursor: None,
            pages: 0,
            rows: 0,
            distinct_ids: 0,
            rejects: 0,
            losses: 0,
            swept: 0,
            checkpoint: None,
            problem: None,
            started_at: Timestamp::parse("2026-01-02T11:00:00Z").unwrap(),
            ended_at: None,
        }
    }
}
