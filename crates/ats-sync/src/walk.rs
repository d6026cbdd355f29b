//! One stream's part of a pass, as a pure step: what happened goes in, what is to be done comes out.
//!
//! It owns what is asked for next, when a page is asked for again, when the walk begins again, and
//! when it may sweep. It knows no store, no clock and no connector; the driver carries effects out
//! and says what came of them.

use std::{collections::HashSet, time::Duration};

use ats_core::{Next, PageCursor, PageRequest, Recovery, Start};
use ats_store::{Missing, Problem};

use crate::sweep::{self, Verdict};

/// So many pages of a stream may wait to be stored before the next is asked for.
const MOST_UNSTORED: usize = 6;

/// The pauses before a page is asked for again. The connector has tried for minutes by then.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_secs(120),
];

/// A vendor that asks for a longer pause is asked again in the next pass.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// The walk is written down.
    Begun(Begun),
    /// The vendor answered.
    Fetched(Result<Brought, Failure>),
    /// The pause is over.
    Waited,
    /// A page is stored.
    Stored,
    /// A page cannot be mapped or stored, whatever is tried.
    Broken(Problem),
    /// The walk stands at its beginning again.
    Restarted,
    /// What it did not bring was counted.
    Measured(Missing),
    /// One round of the sweep is over.
    Swept {
        /// Whether nothing is left to sweep.
        done: bool,
    },
    /// The end is written down.
    Closed,
    /// Going on is of no use, for a reason that lies outside of this walk.
    GiveUp(Problem),
    /// The pass is to end soon.
    Stop,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Ask for this page.
    Fetch(PageRequest),
    /// Give up the page that was asked for, or the pause.
    Drop,
    /// Map and store the page that came.
    Keep,
    /// Wait for so long.
    Pause(Duration),
    /// Let the walk begin again from here.
    Restart(Start),
    /// Count what the walk did not bring.
    Measure,
    /// Sweep one round.
    Sweep,
    /// Write down that it is complete, and why it swept nothing.
    Complete(Option<Problem>),
    /// Write down that it failed.
    Fail(Problem),
}

/// Where a walk stands when it begins, or goes on after an interruption.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Begun {
    pub(crate) start: Start,
    pub(crate) cursor: Option<PageCursor>,
    /// Rows without an id so far.
    pub(crate) rejects: u64,
    /// Whether the last page is stored already.
    pub(crate) ended: bool,
}

/// What a step needs to know of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Brought {
    pub(crate) next: Next,
    pub(crate) rejects: u64,
}

/// What a step needs to know of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) recovery: Recovery,
    /// Whether the vendor could not be reached at all.
    pub(crate) unreachable: bool,
    pub(crate) problem: Problem,
}

/// What holds for all walks of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether the vendor has answered at all in this pass. If it has not, hope is short.
    pub(crate) reached: bool,
    /// Whether a sweep may take away as much as it finds.
    pub(crate) accept_deletions: bool,
}

/// How a walk ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// At its end; the problem says why it swept nothing.
    Complete(Option<Problem>),
    /// Before its end.
    Failed(Failure),
    /// Wherever it stood; the next pass takes it up.
    Stopped,
}

/// One stream's part of a pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Walk {
    phase: Phase,
    rejects: u64,
    restarted: bool,
    stop: bool,
    doomed: Option<Problem>,
}

#[derive(Debug, Clone, Default)]
enum Phase {
    #[default]
    Waiting,
    Beginning,
    Paging(Paging),
    Restarting(Start),
    Measuring,
    Sweeping,
    Closing(Outcome),
    Done(Outcome),
}

/// A walk that asks for pages.
#[derive(Debug, Clone)]
struct Paging {
    /// The page that is asked for, or will be.
    request: PageRequest,
    doing: Doing,
    seen: HashSet<PageCursor>,
    unstored: usize,
    tries: usize,
    /// What happens once every page that came is stored.
    then: Option<Then>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    Nothing,
    Asking,
    Pausing,
}

#[derive(Debug, Clone)]
enum Then {
    End,
    Restart(Start),
    Fail(Failure),
    Stop,
}

impl Walk {
    /// A walk that was complete before.
    pub(crate) fn complete(problem: Option<Problem>) -> Self {
        Self {
            phase: Phase::Done(Outcome::Complete(problem)),
            ..Self::default()
        }
    }

    /// Whether it has not begun.
    pub(crate) fn waits(&self) -> bool {
        matches!(self.phase, Phase::Waiting)
    }

    /// Lets it begin; whoever calls this has it written down.
    pub(crate) fn begin(&mut self) {
        self.phase = Phase::Beginning;
    }

    /// Ends it before it has begun.
    pub(crate) fn skip(&mut self) {
        self.phase = Phase::Done(Outcome::Stopped);
    }

    /// How it ended, once it has.
    pub(crate) fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Done(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// One step.
    pub(crate) fn step(mut self, input: Input, rules: Rules) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        self.take(input, rules, &mut effects);
        self.go_on(&mut effects);
        (self, effects)
    }

    fn take(&mut self, input: Input, rules: Rules, effects: &mut Vec<Effect>) {
        match (&mut self.phase, input) {
            (_, Input::Stop) => self.stop(effects),
            (Phase::Waiting | Phase::Beginning, Input::GiveUp(problem)) => {
                self.doomed = Some(problem);
            }
            (Phase::Beginning, Input::Begun(begun)) => self.begun(begun, effects),
            (Phase::Paging(paging), Input::Fetched(answer)) if paging.doing == Doing::Asking => {
                match answer {
                    Ok(page) => {
                        self.rejects += page.rejects;
                        paging.page(page.next, effects);
                    }
                    Err(failure) => paging.failed(failure, rules, &mut self.restarted, effects),
                }
            }
            (Phase::Paging(paging), Input::Waited) if paging.doing == Doing::Pausing => {
                paging.doing = Doing::Nothing;
            }
            (Phase::Paging(paging), Input::Stored) => {
                paging.unstored = paging.unstored.saturating_sub(1);
            }
            (Phase::Paging(paging), Input::Broken(problem)) => {
                paging.unstored = paging.unstored.saturating_sub(1);
                paging.give_up(problem, effects);
            }
            // What has come to its end only has to be stored.
            (Phase::Paging(paging), Input::GiveUp(problem)) if !paging.ends() => {
                paging.give_up(problem, effects);
            }
            (Phase::Restarting(start), Input::Restarted) => {
                let start = start.clone();
                self.rejects = 0;
                self.phase = Phase::Paging(Paging::at(start, None));
            }
            (Phase::Measuring, Input::Measured(missing)) => self.measured(&missing, rules, effects),
            (Phase::Sweeping, Input::Swept { done }) => match done {
                true => self.close(Outcome::Complete(None), effects),
                false if self.stop => self.phase = Phase::Done(Outcome::Stopped),
                false => effects.push(Effect::Sweep),
            },
            (Phase::Closing(outcome), Input::Closed) => self.phase = Phase::Done(outcome.clone()),
            // Late answers to what was given up.
            _ => {}
        }
    }

    fn begun(&mut self, begun: Begun, effects: &mut Vec<Effect>) {
        self.rejects = begun.rejects;
        let full = begun.start == Start::Full;
        if begun.ended {
            return self.end(full, effects);
        }
        let mut paging = Paging::at(begun.start, begun.cursor);
        paging.then = self
            .doomed
            .take()
            .map(|problem| Then::Fail(Failure::hopeless(problem)));
        self.phase = Phase::Paging(paging);
    }

    fn stop(&mut self, effects: &mut Vec<Effect>) {
        self.stop = true;
        match &mut self.phase {
            Phase::Waiting => self.phase = Phase::Done(Outcome::Stopped),
            Phase::Paging(paging) => {
                paging.leave(effects);
                if !paging.ends() {
                    paging.then = Some(Then::Stop);
                }
            }
            _ => {}
        }
    }

    /// Does what is due in the phase that the walk is in.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        let Phase::Paging(paging) = &mut self.phase else {
            return;
        };
        if self.stop && paging.then.is_none() {
            paging.then = Some(Then::Stop);
        }
        if paging.then.is_none() {
            if paging.doing == Doing::Nothing && paging.unstored < MOST_UNSTORED {
                paging.doing = Doing::Asking;
                effects.push(Effect::Fetch(paging.request.clone()));
            }
            return;
        }
        if paging.unstored > 0 {
            return;
        }
        let full = paging.request.start == Start::Full;
        match paging.then.take() {
            Some(Then::End) => self.end(full, effects),
            Some(Then::Restart(start)) => {
                effects.push(Effect::Restart(start.clone()));
                self.phase = Phase::Restarting(start);
            }
            Some(Then::Fail(failure)) => self.close(Outcome::Failed(failure), effects),
            Some(Then::Stop) | None => self.phase = Phase::Done(Outcome::Stopped),
        }
    }

    /// The last page is stored. Only a walk from the beginning knows what is missing.
    fn end(&mut self, full: bool, effects: &mut Vec<Effect>) {
        if !full {
            self.close(Outcome::Complete(None), effects);
        } else if self.stop {
            self.phase = Phase::Done(Outcome::Stopped);
        } else {
            self.phase = Phase::Measuring;
            effects.push(Effect::Measure);
        }
    }

    fn measured(&mut self, missing: &Missing, rules: Rules, effects: &mut Vec<Effect>) {
        match sweep::judge(missing, self.rejects, rules.accept_deletions) {
            Verdict::Nothing => self.close(Outcome::Complete(None), effects),
            Verdict::Held(problem) => self.close(Outcome::Complete(Some(problem)), effects),
            Verdict::Sweep if self.stop => self.phase = Phase::Done(Outcome::Stopped),
            Verdict::Sweep => {
                self.phase = Phase::Sweeping;
                effects.push(Effect::Sweep);
            }
        }
    }

    fn close(&mut self, outcome: Outcome, effects: &mut Vec<Effect>) {
        effects.push(match &outcome {
            Outcome::Complete(problem) => Effect::Complete(problem.clone()),
            Outcome::Failed(failure) => Effect::Fail(failure.problem.clone()),
            Outcome::Stopped => return self.phase = Phase::Done(outcome),
        });
        self.phase = Phase::Closing(outcome);
    }
}

impl Paging {
    fn at(start: Start, cursor: Option<PageCursor>) -> Self {
        Self {
            seen: cursor.iter().cloned().collect(),
            request: PageRequest { start, cursor },
            doing: Doing::Nothing,
            unstored: 0,
            tries: 0,
            then: None,
        }
    }

    fn page(&mut self, next: Next, effects: &mut Vec<Effect>) {
        self.doing = Doing::Nothing;
        self.tries = 0;
        match next {
            Next::Done { .. } => self.then = Some(Then::End),
            Next::Page(cursor) if self.seen.insert(cursor.clone()) => {
                self.request.cursor = Some(cursor);
            }
            // The page is not kept: its cursor would be where a later pass takes the walk up.
            Next::Page(_) => {
                let problem = Problem {
                    kind: "malformed".to_owned(),
                    message:
                        "the vendor sent a page cursor that it had sent before; the walk would \
                              never end. Sync again later, and tell the vendor if it stays so"
                            .to_owned(),
                };
                self.then = Some(Then::Fail(Failure::hopeless(problem)));
                return;
            }
        }
        self.unstored += 1;
        effects.push(Effect::Keep);
    }

    fn failed(
        &mut self,
        failure: Failure,
        rules: Rules,
        restarted: &mut bool,
        effects: &mut Vec<Effect>,
    ) {
        self.doing = Doing::Nothing;
        let start = self.request.start.clone();
        self.then = match failure.recovery {
            Recovery::Retry { after } => match self.pause(after, rules) {
                Some(pause) => {
                    self.tries += 1;
                    self.doing = Doing::Pausing;
                    effects.push(Effect::Pause(pause));
                    return;
                }
                None => Some(Then::Fail(failure)),
            },
            // Once: a vendor that refuses twice would refuse for ever.
            Recovery::RestartPass if !*restarted => {
                *restarted = true;
                Some(Then::Restart(start))
            }
            Recovery::RestartFull if start != Start::Full => Some(Then::Restart(Start::Full)),
            _ => Some(Then::Fail(failure)),
        };
    }

    /// How long to wait before the same page is asked for again; `None` when it is time to give up.
    fn pause(&self, after: Option<Duration>, rules: Rules) -> Option<Duration> {
        let most = if rules.reached { PAUSES.len() } else { 1 };
        let pause = PAUSES.get(self.tries).filter(|_| self.tries < most)?;
        let pause = after.map_or(*pause, |after| after.max(*pause));
        (pause <= LONGEST_PAUSE).then_some(pause)
    }

    /// Whether the last page has come.
    fn ends(&self) -> bool {
        matches!(self.then, Some(Then::End))
    }

    fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.doing != Doing::Nothing {
            self.doing = Doing::Nothing;
            effects.push(Effect::Drop);
        }
    }

    fn give_up(&mut self, problem: Problem, effects: &mut Vec<Effect>) {
        self.leave(effects);
        self.then = Some(Then::Fail(Failure::hopeless(problem)));
    }
}

impl Failure {
    /// One that nothing can be done about in this pass.
    pub(crate) fn hopeless(problem: Problem) -> Self {
        Self {
            recovery: Recovery::Abort,
            unreachable: false,
            problem,
        }
    }
}

#[cfg(test)]
mod tests;
