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

/// The report for machines.
pub(crate) fn to_json(one: &Integration, pass: &Pass) -> Value {
    let mut models = Map::new();
    for kind in ModelKind::ALL {
        let tally = pass.tallies.get(kind).copied().unwrap_or_default();
        models.insert(kind.name().to_owned(), json!(tally));
    }
    let walks: Vec<Value> = pass
        .walks
        .iter()
        .map(|walk| {
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
        })
        .collect();
    json!({
        "integration_id": one.id.as_str(),
        "name": one.name,
        "pass_id": pass.id,
        "type": pass.kind,
        "state": pass.state,
        "requests": pass.usage.requests,
        "retries": pass.usage.retries,
        "throttled": pass.usage.throttled,
        "resumed": pass.resumed,
        "started_at": pass.started_at,
        "ended_at": pass.ended_at,
        "models": models,
        "problems": problems_json(pass),
        "walks": walks,
        "process": process::Used::now(),
    })
}

/// The report for people.
pub(crate) fn print(one: &Integration, pass: &Pass) -> Result<()> {
    say!("{}", head(pass));
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
    print_problems(pass)?;
    for line in next(one, pass) {
        say!("Next: {line}");
    }
    Ok(())
}

/// The problems of a pass, each with what to do.
pub(crate) fn print_problems(pass: &Pass) -> Result<()> {
    for (stream, problem) in problems(pass) {
        let stream = stream.unwrap_or("the whole pass");
        say!(
            "{} {stream}: {}",
            console::style("problem").yellow(),
            problem.message
        );
    }
    Ok(())
}

/// A pass in one line.
pub(crate) fn head(pass: &Pass) -> String {
    let state = match pass.state {
        PassState::Succeeded => console::style(state(pass.state)).green(),
        PassState::Running => console::style(state(pass.state)),
        _ => console::style(state(pass.state)).red(),
    };
    let mut text = format!("{} pass {state}", kind(pass.kind));
    if let Some(took) = took(pass) {
        text += &format!(" after {took}");
    }
    text += &format!(
        ", {}",
        output::count(pass.usage.requests, "request", "requests")
    );
    if pass.usage.throttled > 0 {
        text += &format!(", {} waits for the vendor's limit", pass.usage.throttled);
    }
    if pass.resumed > 0 {
        text += ", taken up after an interruption";
    }
    text
}

/// Full or delta, at the beginning of a sentence.
pub(crate) fn kind(kind: PassKind) -> &'static str {
    match kind {
        PassKind::Full => "Full",
        PassKind::Delta => "Delta",
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
        if all || tally != Tally::default() {
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
