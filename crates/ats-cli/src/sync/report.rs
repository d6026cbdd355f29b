//! The report of a pass, for people and for machines.

use anyhow::Result;
use ats_core::{ModelKind, Timestamp};
use ats_store::{Integration, Pass, PassKind, PassState, Problem, Tally, WalkStart, WalkState};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use crate::{
    exit::Exit,
    output::{self, say},
    process,
};

/// Kinds of problems that mean that the vendor gave no answer.
const UNREACHABLE: [&str; 2] = ["unavailable", "rate_limited"];

/// The exit that a pass leads to.
pub(crate) fn exit(pass: &Pass) -> Exit {
    let mut problems = problems(pass).peekable();
    let any = problems.peek().is_some();
    let unreachable = problems.any(|(_, problem)| UNREACHABLE.contains(&problem.kind.as_str()));
    Exit::of_pass(pass.state, any && unreachable)
}

/// What went wrong, each with its stream unless it is about the whole pass.
pub(crate) fn problems(pass: &Pass) -> impl Iterator<Item = (Option<&str>, &Problem)> {
    let of_walks = pass.walks.iter().filter_map(|walk| {
        let problem = walk.problem.as_ref()?;
        Some((Some(walk.stream.as_str()), problem))
    });
    of_walks.chain(pass.problem.iter().map(|problem| (None, problem)))
}

/// The same for machines.
pub(crate) fn problems_json(pass: &Pass) -> Vec<Value> {
    problems(pass)
        .map(|(stream, problem)| {
            json!({ "stream": stream, "kind": problem.kind, "message": problem.message })
        })
        .collect()
}

/// How far each stream came, and the proof that it came to its end.
pub(crate) fn walks_json(pass: &Pass) -> Vec<Value> {
    let walks = pass.walks.iter().map(|walk| {
        json!({
            "stream": walk.stream,
            "start": match walk.start {
                WalkStart::Full => PassKind::Full,
                WalkStart::Since(_) => PassKind::Delta,
            },
            "state": walk.state,
            "pages": walk.pages,
            "rows": walk.rows,
            "distinct_ids": walk.distinct_ids,
            "complete": walk.state == WalkState::Complete,
        })
    });
    walks.collect()
}

/// The report for machines.
pub(crate) fn to_json(one: &Integration, pass: &Pass) -> Value {
    let mut models = Map::new();
    for kind in ModelKind::ALL {
        let tally = pass.tallies.get(kind).copied().unwrap_or_default();
        models.insert(kind.name().to_owned(), json!(tally));
    }
    json!({
        "integration_id": one.id.as_str(),
        "name": one.name,
        "pass_id": pass.id,
        "type": pass.kind,
        "state": pass.state,
        "requests": pass.usage.requests,
        "retries": pass.usage.retries,
        "throttled": pass.usage.throttled,
        "waited_ms": pass.usage.waited.as_millis() as u64,
        "resumed": pass.resumed,
        "started_at": pass.started_at,
        "ended_at": pass.ended_at,
        "models": models,
        "problems": problems_json(pass),
        "walks": walks_json(pass),
        "process": process::Used::now(),
    })
}

/// The report for people.
pub(crate) fn print(one: &Integration, pass: &Pass) -> Result<()> {
    say!("{}", head(pass));
    print_body(one, pass)
}

/// The report without its first line.
pub(crate) fn print_body(one: &Integration, pass: &Pass) -> Result<()> {
    let rows = rows(pass);
    if rows.is_empty() {
        say!("  nothing changed");
    } else {
        let head = [
            "model",
            "created",
            "updated",
            "deleted",
            "unchanged",
            "losses",
            "rejects",
        ];
        output::line(output::table(&head, rows, &[1, 2, 3, 4, 5, 6]))?;
    }
    for line in problem_lines(pass) {
        say!("{line}");
    }
    for line in next(one, pass) {
        say!("Next: {line}");
    }
    Ok(())
}

/// The problems of a pass for people, each with what to do. What befell several streams alike is
/// told once.
pub(crate) fn problem_lines(pass: &Pass) -> Vec<String> {
    let mut told: Vec<(&str, Vec<&str>)> = Vec::new();
    for (stream, problem) in problems(pass) {
        let place = told.iter().position(|(known, _)| *known == problem.message);
        match (place, stream) {
            (Some(place), stream) => told[place].1.extend(stream),
            (None, stream) => told.push((&problem.message, stream.into_iter().collect())),
        }
    }
    let lines = told.into_iter().map(|(message, streams)| {
        let streams = match streams.is_empty() {
            true => String::new(),
            false => format!("{}: ", streams.join(", ")),
        };
        format!("{} {streams}{message}", console::style("problem").yellow())
    });
    lines.collect()
}

/// A pass in one line.
pub(crate) fn head(pass: &Pass) -> String {
    let state = match pass.state {
        PassState::Succeeded => console::style(state(pass.state)).green(),
        PassState::Running => console::style(state(pass.state)),
        _ => console::style(state(pass.state)).red(),
    };
    let mut text = format!("{} {state}", kind(pass));
    if let Some(took) = took(pass) {
        text += &format!(" after {took}");
    }
    text += &format!(
        ", {}",
        output::count(pass.usage.requests, "request", "requests")
    );
    if pass.usage.throttled > 0 {
        text += &format!(
            ", {} waits for the vendor's limit ({:.1} s all together)",
            pass.usage.throttled,
            pass.usage.waited.as_secs_f64()
        );
    }
    if pass.resumed > 0 {
        text += ", taken up after an interruption";
    }
    text
}

/// What sort of pass it is, at the beginning of a sentence.
fn kind(pass: &Pass) -> &'static str {
    match pass.kind {
        // What else walks nothing maps what is stored.
        PassKind::Full | PassKind::Delta if pass.walks.is_empty() && !pass.whole => "Mapping again",
        PassKind::Named => "Reading of single things",
        PassKind::Full => "Full pass",
        PassKind::Delta => "Delta pass",
    }
}

/// The state of a pass in words.
pub(crate) fn state(state: PassState) -> &'static str {
    match state {
        PassState::Running => "running or interrupted",
        PassState::Succeeded => "succeeded",
        PassState::PartiallyFailed => "partially failed",
        PassState::AuthenticationFailed => "failed: the vendor does not accept the credentials",
        PassState::Failed => "failed",
        PassState::Cancelled => "stopped",
        PassState::TimedOut => "stopped at its time limit",
    }
}

/// How long a pass took, if it has ended.
pub(crate) fn took(pass: &Pass) -> Option<String> {
    let moment = |at: Timestamp| DateTime::<Utc>::from(at);
    let took = moment(pass.ended_at?) - moment(pass.started_at);
    let seconds = took.as_seconds_f64().max(0.0);
    Some(match seconds {
        0.0..120.0 => format!("{seconds:.1} s"),
        _ => format!("{:.0} min", seconds / 60.0),
    })
}

/// A row for each model that something was read of.
fn rows(pass: &Pass) -> Vec<Vec<String>> {
    let all = pass.kind == PassKind::Full && pass.state == PassState::Succeeded && pass.whole;
    let mut rows = Vec::new();
    for kind in ModelKind::ALL {
        let tally = pass.tallies.get(kind).copied().unwrap_or_default();
        let quiet = Tally {
            unchanged: tally.unchanged,
            ..Tally::default()
        };
        if all || tally != quiet {
            let numbers = [
                tally.created,
                tally.updated,
                tally.deleted,
                tally.unchanged,
                tally.losses,
                tally.rejects,
            ];
            let numbers = numbers.iter().map(|number| match number {
                0 => "-".to_owned(),
                number => number.to_string(),
            });
            rows.push(
                [kind.name().to_owned()]
                    .into_iter()
                    .chain(numbers)
                    .collect(),
            );
        }
    }
    rows
}

/// What to run next.
fn next(one: &Integration, pass: &Pass) -> Vec<String> {
    let name = &one.name;
    let lost = pass
        .tallies
        .values()
        .map(|tally| tally.losses + tally.rejects);
    let lost: u64 = lost.sum();
    let mut lines = Vec::new();
    match pass.state {
        PassState::Cancelled | PassState::TimedOut | PassState::Running => {
            lines.push(format!("ats sync {name}   carries on where it stopped"));
        }
        PassState::AuthenticationFailed => {
            lines.push(format!(
                "ats connect {} --name {name}   with a new key",
                one.connector
            ));
        }
        PassState::Failed if exit(pass) == Exit::Unavailable => {
            lines.push(format!("ats sync {name}   once the vendor answers again"));
        }
        PassState::Failed | PassState::PartiallyFailed => {
            lines.push(format!("ats check {name}   shows what the key may read"));
        }
        PassState::Succeeded if pass.kind == PassKind::Full => {
            lines.push(format!(
                "ats export {name} candidates   or: ats status {name}"
            ));
        }
        PassState::Succeeded => {}
    }
    if lost > 0 {
        lines.push(format!(
            "ats status {name}   shows what could not be mapped"
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use ats_core::Usage;
    use ats_store::Walk;

    use super::*;

    fn walk(stream: &str, message: Option<&str>) -> Walk {
        let now = Timestamp::parse("2026-01-02").unwrap();
        Walk {
            key: 1,
            stream: stream.to_owned(),
            start: WalkStart::Full,
            state: WalkState::Failed,
            cursor: None,
            pages: 0,
            rows: 0,
            distinct_ids: 0,
            rejects: 0,
            losses: 0,
            swept: 0,
            checkpoint: None,
            problem: message.map(problem),
            started_at: now,
            ended_at: None,
        }
    }

    fn problem(message: &str) -> Problem {
        Problem {
            kind: "unavailable".to_owned(),
            message: message.to_owned(),
        }
    }

    fn pass(walks: Vec<Walk>, message: Option<&str>) -> Pass {
        Pass {
            key: 1,
            id: "p".to_owned(),
            kind: PassKind::Full,
            whole: true,
            state: PassState::Failed,
            started_at: Timestamp::parse("2026-01-02").unwrap(),
            ended_at: Timestamp::parse("2026-01-02T00:00:01.500Z"),
            usage: Usage::default(),
            resumed: 0,
            tallies: BTreeMap::new(),
            walks,
            problem: message.map(problem),
        }
    }

    #[test]
    fn what_befell_several_streams_alike_is_told_once() {
        let walks = vec![
            walk("jobs", Some("no answer")),
            walk("users", None),
            walk("tags", Some("no answer")),
            walk("offers", Some("odd")),
        ];
        let lines = problem_lines(&pass(walks, Some("no answer")));
        assert_eq!(
            lines,
            ["problem jobs, tags: no answer", "problem offers: odd"]
        );
        let lines = problem_lines(&pass(Vec::new(), Some("stuck")));
        assert_eq!(lines, ["problem stuck"]);
    }

    #[test]
    fn a_pass_that_failed_for_want_of_an_answer_is_told_from_any_other() {
        let unreachable = pass(vec![walk("jobs", Some("no answer"))], None);
        assert_eq!(exit(&unreachable), Exit::Unavailable);
        let mut other = unreachable.clone();
        other.walks[0].problem = Some(Problem {
            kind: "malformed".to_owned(),
            message: "odd".to_owned(),
        });
        assert_eq!(exit(&other), Exit::Failed);
        assert_eq!(took(&other).as_deref(), Some("1.5 s"));
    }
}
