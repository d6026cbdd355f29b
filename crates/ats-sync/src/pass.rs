//! A whole pass, as a pure step: which stream begins when, what follows when all have ended, and how
//! the pass ends.
//!
//! It owns the order of things. What one stream does stands in `walk`; the driver carries effects
//! out. It knows no store, no clock and no connector.

use ats_store::{PassState, Problem};

use crate::walk::{self, Outcome, Rules, Walk};

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Input {
    /// The pass may begin.
    Go,
    /// Something happened to the walk of this stream.
    Walk(usize, walk::Input),
    /// The pass is to end soon.
    Stop(Stop),
    /// One round of mapping again is over.
    MappedAgain(Again),
    /// Merged candidates are known as such.
    Settled,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Write down that the walk of this stream begins, or find where it stood.
    Begin(usize),
    /// Do something for the walk of this stream.
    Walk(usize, walk::Effect),
    /// Tell whoever watches that the stream is done.
    Tell(usize, Option<Problem>),
    /// Map one round of the stored bundles that are due.
    MapAgain,
    /// See which candidates that are gone were merged.
    Settle,
    /// Write down how the pass ended.
    End(PassState, Option<Problem>),
}

/// Why a pass ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// A person wants it to.
    Cancelled,
    /// It has had its time.
    TimedOut,
}

/// How a round of mapping again ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Again {
    /// There may be more.
    More,
    /// Nothing is due any more.
    Done,
    /// What is left stays due, however often it is mapped.
    Stuck(Problem),
}

/// A stream within a pass.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// The lines that have to be over before this one begins.
    pub(crate) after: Vec<usize>,
    /// Its walk.
    pub(crate) walk: Walk,
}

/// A pass.
#[derive(Debug, Clone)]
pub(crate) struct Pass {
    lines: Vec<Line>,
    rules: Rules,
    phase: Phase,
    stop: Option<Stop>,
    /// Why nothing more is asked of the vendor: it cannot be reached, or a person has to do
    /// something first.
    refused: Option<Refused>,
    problem: Option<Problem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Walking,
    MappingAgain,
    Settling,
    Over,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Refused {
    Unreachable(Problem),
    Person(Problem),
}

impl Pass {
    /// A pass over these streams. Each comes after those it waits for.
    pub(crate) fn new(lines: Vec<Line>, accept_deletions: bool) -> Self {
        Self {
            lines,
            rules: Rules {
                reached: false,
                accept_deletions,
            },
            phase: Phase::Walking,
            stop: None,
            refused: None,
            problem: None,
        }
    }

    /// One step.
    pub(crate) fn step(mut self, input: Input) -> (Self, Vec<Effect>) {
        let mut effects = Vec::new();
        match input {
            Input::Go => {}
            Input::Walk(line, input) => self.walk(line, input, &mut effects),
            Input::Stop(stop) => self.stop(stop, &mut effects),
            Input::MappedAgain(again) => self.mapped_again(again, &mut effects),
            Input::Settled => self.end(&mut effects),
        }
        if self.phase == Phase::Walking {
            self.go_on(&mut effects);
        }
        (self, effects)
    }

    fn walk(&mut self, line: usize, input: walk::Input, effects: &mut Vec<Effect>) {
        let Some(found) = self.lines.get_mut(line) else {
            return;
        };
        let was_over = found.walk.outcome().is_some();
        if matches!(input, walk::Input::Fetched(Ok(_))) {
            self.rules.reached = true;
        }
        let (walk, wanted) = std::mem::take(&mut found.walk).step(input, self.rules);
        found.walk = walk;
        effects.extend(wanted.into_iter().map(|effect| Effect::Walk(line, effect)));
        let Some(outcome) = found.walk.outcome().filter(|_| !was_over).cloned() else {
            return;
        };
        match outcome {
            Outcome::Complete(problem) => effects.push(Effect::Tell(line, problem)),
            Outcome::Failed(failure) => {
                effects.push(Effect::Tell(line, Some(failure.problem.clone())));
                self.failed(&failure, effects);
            }
            Outcome::Stopped => {}
        }
    }

    /// Sees whether the failure of one stream is the failure of all.
    fn failed(&mut self, failure: &walk::Failure, effects: &mut Vec<Effect>) {
        if self.refused.is_some() {
            return;
        }
        let problem = failure.problem.clone();
        let message = if failure.recovery == ats_core::Recovery::AskUser {
            self.refused = Some(Refused::Person(problem));
            "not read to its end, because another stream of the pass was refused; see there"
        } else if failure.unreachable && !self.rules.reached {
            self.refused = Some(Refused::Unreachable(problem));
            "not read, because the vendor could not be reached for another stream; sync again later"
        } else {
            return;
        };
        let problem = Problem {
            kind: failure.problem.kind.clone(),
            message: message.to_owned(),
        };
        for line in 0..self.lines.len() {
            self.walk(line, walk::Input::GiveUp(problem.clone()), effects);
        }
    }

    fn stop(&mut self, stop: Stop, effects: &mut Vec<Effect>) {
        if self.stop.is_some() || self.phase == Phase::Over {
            return;
        }
        self.stop = Some(stop);
        for line in 0..self.lines.len() {
            self.walk(line, walk::Input::Stop, effects);
        }
    }

    /// Lets every stream begin that may, and goes on when all are over.
    fn go_on(&mut self, effects: &mut Vec<Effect>) {
        let over: Vec<bool> = self
            .lines
            .iter()
            .map(|line| line.walk.outcome().is_some())
            .collect();
        if over.iter().all(|over| *over) {
            return self.all_over(effects);
        }
        for (index, line) in self.lines.iter_mut().enumerate() {
            if !line.walk.waits() {
                continue;
            }
            match &self.refused {
                // Nothing is known of it but that nobody asked.
                Some(Refused::Person(_)) => line.walk.skip(),
                Some(Refused::Unreachable(_)) => {
                    line.walk.begin();
                    effects.push(Effect::Begin(index));
                }
                None if line
                    .after
                    .iter()
                    .all(|other| over.get(*other) != Some(&false)) =>
                {
                    line.walk.begin();
                    effects.push(Effect::Begin(index));
                }
                None => {}
            }
        }
        if self.lines.iter().all(|line| line.walk.outcome().is_some()) {
            self.all_over(effects);
        }
    }

    fn all_over(&mut self, effects: &mut Vec<Effect>) {
        if self.stop.is_some() {
            return self.end(effects);
        }
        self.phase = Phase::MappingAgain;
        effects.push(Effect::MapAgain);
    }

    fn mapped_again(&mut self, again: Again, effects: &mut Vec<Effect>) {
        match again {
            Again::More if self.stop.is_some() => return self.end(effects),
            Again::More => return effects.push(Effect::MapAgain),
            Again::Done => {}
            Again::Stuck(problem) => self.problem = Some(problem),
        }
        self.phase = Phase::Settling;
        effects.push(Effect::Settle);
    }

    fn end(&mut self, effects: &mut Vec<Effect>) {
        let cut_short = self.phase != Phase::Settling;
        self.phase = Phase::Over;
        let problem = match (&self.problem, &self.refused) {
            (Some(problem), _) => Some(problem.clone()),
            (None, Some(Refused::Person(problem) | Refused::Unreachable(problem))) => {
                Some(problem.clone())
            }
            (None, None) => None,
        };
        effects.push(Effect::End(self.state(cut_short), problem));
    }

    fn state(&self, cut_short: bool) -> PassState {
        // A stop that came after everything was done stopped nothing.
        match self.stop {
            Some(Stop::Cancelled) if cut_short => return PassState::Cancelled,
            Some(Stop::TimedOut) if cut_short => return PassState::TimedOut,
            _ => {}
        }
        if let Some(Refused::Person(problem)) = &self.refused {
            return match problem.kind.as_str() {
                "credentials_rejected" => PassState::AuthenticationFailed,
                _ => PassState::Failed,
            };
        }
        let outcomes = || self.lines.iter().filter_map(|line| line.walk.outcome());
        let clean = |outcome: &Outcome| matches!(outcome, Outcome::Complete(None));
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed(_));
        if !self.lines.is_empty() && outcomes().all(failed) {
            PassState::Failed
        } else if outcomes().all(clean) && self.problem.is_none() {
            PassState::Succeeded
        } else {
            PassState::PartiallyFailed
        }
    }
}

#[cfg(test)]
mod tests;
