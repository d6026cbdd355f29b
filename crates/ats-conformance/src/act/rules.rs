//! What must hold for every action: nothing is sent in a dry run, nothing is written for an unknown
//! record, a missing permission is named, and a lost answer or a dead process does nothing twice.

use std::collections::BTreeSet;

use ats_core::{ActionKind, ErrorKind};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    Trial,
    perform::{Book, Stage},
};
use crate::{Context, Failure, Harness, Remote};

type Verdict = Result<usize, Failure>;

/// One rule: its name in case ids, and how it is put to the test.
pub(super) struct Rule {
    pub(super) name: &'static str,
    /// Whether it says anything about an action that changes nothing.
    pub(super) for_reads: bool,
    pub(super) run: for<'a> fn(&'a Context, &'a Trial) -> BoxFuture<'a, Verdict>,
}

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "dry_run",
        for_reads: false,
        run: |context, trial| Box::pin(dry_run(context.harness(), trial)),
    },
    Rule {
        name: "unknown_record",
        for_reads: true,
        run: |context, trial| Box::pin(unknown_record(context.harness(), trial)),
    },
    Rule {
        name: "permissions",
        for_reads: true,
        run: |context, trial| Box::pin(permissions(context.harness(), trial)),
    },
    Rule {
        name: "lost_answer",
        for_reads: false,
        run: |context, trial| Box::pin(lost_answer(context.harness(), trial)),
    },
    Rule {
        name: "dead_process",
        for_reads: false,
        run: |context, trial| Box::pin(dead_process(context.harness(), trial)),
    },
    Rule {
        name: "same_intent",
        for_reads: false,
        run: |context, trial| Box::pin(same_intent(context.harness(), trial)),
    },
];

pub(super) fn failed(kind: ActionKind, what: &str) -> Failure {
    Failure::of(format_args!("action {kind}: {what}"))
}

/// The trial's action, done as it should be.
pub(super) async fn performed(
    stage: &Stage,
    trial: &Trial,
    what: &str,
) -> Result<super::perform::Done, Failure> {
    stage
        .perform(trial.action, &trial.input)
        .await
        .map_err(|error| {
            failed(trial.action, what)
                .expected("the trial's input to work", "the harness")
                .came(error)
        })
}

async fn dry_run(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "a dry run sends nothing, and plans the calls that are made";
    let stage = Stage::set(harness).await?;
    let plan = stage.plan(trial.action, &trial.input).await;
    let plan = plan.map_err(|error| failed(trial.action, what).came(error))?;
    let asked = stage.remote.requests();
    if let Some(first) = asked.first() {
        return Err(failed(trial.action, what)
            .expected("no request", "the rule")
            .came(format_args!("a request to {}", first.endpoint)));
    }
    let done = performed(&stage, trial, what).await?;
    // Files go to a storage whose address only the vendor knows, so those steps are left aside.
    let planned = plan.iter().filter(|call| call.endpoint.contains('.'));
    let planned: Vec<(&str, &Value)> = planned.map(|call| (&*call.endpoint, &call.body)).collect();
    let made = done
        .writes
        .iter()
        .filter(|sent| sent.endpoint.contains('.'));
    let made: Vec<(&str, &Value)> = made.map(|sent| (&*sent.endpoint, &sent.body)).collect();
    let pairs = planned.iter().zip(&made);
    let same = pairs.filter(|(plan, sent)| plan.0 == sent.0 && foresees(plan.1, sent.1));
    if same.count() != made.len() || planned.len() != made.len() {
        return Err(failed(trial.action, what)
            .expected(format_args!("{made:?}"), "the calls that were made")
            .came(format_args!("{planned:?}")));
    }
    Ok(made.len())
}

/// Whether a planned body is the one that was sent. What only an earlier call tells stands in angle
/// brackets on either side.
fn foresees(planned: &Value, sent: &Value) -> bool {
    match (planned, sent) {
        (Value::Object(planned), Value::Object(sent)) => {
            planned.len() == sent.len()
                && planned
                    .iter()
                    .all(|(name, value)| sent.get(name).is_some_and(|sent| foresees(value, sent)))
        }
        (Value::Array(planned), Value::Array(sent)) => {
            planned.len() == sent.len()
                && planned
                    .iter()
                    .zip(sent)
                    .all(|(plan, sent)| foresees(plan, sent))
        }
        (Value::String(plan), Value::String(_)) if plan.starts_with('<') => true,
        (planned, sent) => planned == sent,
    }
}

async fn unknown_record(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "an unknown record is an error of the input, and nothing is written";
    let stage = Stage::set(harness).await?;
    let mut tried = 0;
    for place in references(&trial.input) {
        let mut input = trial.input.clone();
        if let Some(reference) = input.pointer_mut(&place) {
            *reference = json!("remote:00000000-0000-4000-8000-00000000dead");
        }
        match stage.perform(trial.action, &input).await {
            Err(error) if matches!(error.kind(), ErrorKind::InputInvalid { .. }) => tried += 1,
            Err(error) => {
                return Err(failed(trial.action, what)
                    .record(&place)
                    .expected("an error of the input", "the rule")
                    .came(error));
            }
            // Only an unknown question is no error.
            Ok(_) => {
                return Err(failed(trial.action, what)
                    .record(&place)
                    .expected("an error of the input", "the rule")
                    .came("it was done"));
            }
        }
    }
    match stage.remote.writes().first() {
        Some(sent) => Err(failed(trial.action, what)
            .expected("no write", "the rule")
            .came(format_args!("a call of {}", sent.endpoint))),
        None => Ok(tried),
    }
}

/// The places of the input's references, those of questions aside.
fn references(input: &Value) -> Vec<String> {
    let mut places = Vec::new();
    let mut open = vec![(String::new(), input)];
    while let Some((path, value)) = open.pop() {
        match value {
            Value::Object(members) => open.extend(
                members
                    .iter()
                    .filter(|(name, _)| *name != "screening_question_answers")
                    .map(|(name, value)| (format!("{path}/{name}"), value)),
            ),
            Value::String(text) if text.starts_with("remote:") => places.push(path),
            _ => {}
        }
    }
    places.sort_unstable();
    places
}

async fn permissions(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "each declared permission is needed, and is named when it is missing";
    let stage = Stage::set(harness).await?;
    let actions = stage.connector.actions();
    let declared = actions.slots().into_iter().find_map(|(name, slot)| {
        let write = slot.yes()?;
        (name == trial.action.name()).then_some(write.permissions)
    });
    let all: BTreeSet<String> = stage.remote.all_permissions().into_iter().collect();
    let mut tried = 0;
    for permission in declared.unwrap_or_default() {
        // What one attempt leaves half done must not help the next.
        let stage = Stage::set(harness).await?;
        let rest = all.iter().filter(|other| other != permission).cloned();
        let connector = stage.remote.connector_with(&rest.collect());
        let book = Book::default();
        let came = stage
            .perform_with(&*connector, trial.action, &trial.input, &book)
            .await;
        let named = match &came {
            Err(error) => match error.kind() {
                ErrorKind::PermissionMissing { permission } => permission.clone(),
                _ => None,
            },
            Ok(_) => None,
        };
        if named.as_deref() != Some(*permission) {
            let came = came.map_or_else(|error| error.to_string(), |_| "it was done".to_owned());
            return Err(failed(trial.action, what)
                .expected(
                    format_args!("an error that names {permission}"),
                    "the connector's table",
                )
                .came(came));
        }
        tried += 1;
    }
    Ok(tried)
}

/// The endpoints that the trial writes to, in the order they come first.
async fn written(harness: &dyn Harness, trial: &Trial) -> Result<(Vec<String>, Tally), Failure> {
    let stage = Stage::set(harness).await?;
    let done = performed(&stage, trial, "it can be done").await?;
    let mut endpoints: Vec<String> = Vec::new();
    for sent in done.writes {
        if !endpoints.contains(&sent.endpoint) {
            endpoints.push(sent.endpoint);
        }
    }
    Ok((endpoints, stage.remote.tally()))
}

type Tally = std::collections::BTreeMap<String, usize>;

fn same(trial: &Trial, what: &str, expected: &Tally, remote: &dyn Remote) -> Result<(), Failure> {
    let came = remote.tally();
    if came == *expected {
        return Ok(());
    }
    let differs = |name: &&String| came.get(*name) != expected.get(*name);
    let names: BTreeSet<&String> = came.keys().chain(expected.keys()).collect();
    let names: Vec<String> = names
        .into_iter()
        .filter(differs)
        .map(|name| {
            let of = |tally: &Tally| tally.get(name).copied().unwrap_or(0);
            format!("{name}: {} and not {}", of(&came), of(expected))
        })
        .collect();
    Err(failed(trial.action, what)
        .expected(
            "as much as one undisturbed run leaves",
            "the vendor's world",
        )
        .came(names.join(", ")))
}

async fn lost_answer(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "a call whose answer is lost does nothing twice";
    let (endpoints, tally) = written(harness, trial).await?;
    let endpoints: Vec<String> = endpoints
        .into_iter()
        .filter(|endpoint| endpoint.contains('.'))
        .collect();
    for endpoint in &endpoints {
        let stage = Stage::set(harness).await?;
        stage.remote.inject(ats_simulator::Fault::once(
            endpoint.clone(),
            ats_simulator::FaultKind::ApplyThenReset,
        ));
        performed(&stage, trial, what).await?;
        same(
            trial,
            &format!("{what} ({endpoint})"),
            &tally,
            &*stage.remote,
        )?;
    }
    Ok(endpoints.len())
}

async fn dead_process(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "an action whose process died is taken up where it stopped";
    let (_, tally) = written(harness, trial).await?;
    let mut deaths = 0;
    loop {
        let stage = Stage::set(harness).await?;
        let book = Book::default();
        book.die_at(Some(deaths));
        let first = stage
            .perform_with(&*stage.connector, trial.action, &trial.input, &book)
            .await;
        if first.is_ok() {
            // So many steps it does not have: every one of them has died once.
            return Ok(deaths);
        }
        book.die_at(None);
        let again = stage
            .perform_with(&*stage.connector, trial.action, &trial.input, &book)
            .await;
        if let Err(error) = again {
            return Err(failed(trial.action, what)
                .expected("the second attempt to work", "the rule")
                .came(error));
        }
        same(trial, what, &tally, &*stage.remote)?;
        deaths += 1;
    }
}

async fn same_intent(harness: &dyn Harness, trial: &Trial) -> Verdict {
    let what = "the same intent again sends nothing";
    let stage = Stage::set(harness).await?;
    let book = Book::default();
    let mut results = Vec::new();
    for attempt in 0..2 {
        let done = stage
            .perform_with(&*stage.connector, trial.action, &trial.input, &book)
            .await
            .map_err(|error| failed(trial.action, what).came(error))?;
        let sent = done.writes.iter().find(|sent| sent.endpoint.contains('.'));
        if let (1, Some(sent)) = (attempt, sent) {
            return Err(failed(trial.action, what)
                .expected("no write", "the rule")
                .came(format_args!("a call of {}", sent.endpoint)));
        }
        results.push(done.outcome.output);
    }
    if results[0] != results[1] {
        return Err(failed(trial.action, what)
            .expected("the same result", "the first attempt")
            .came("another one"));
    }
    Ok(1)
}
