//! The fields that only an engine can fill, on the reference engine: ids that never change, a
//! `changed_at` that moves with the content and only then, a `remote_deleted_at` that comes and goes.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Id, ModelKind};
use serde_json::Value;

use super::subject::whole;
use crate::{
    ChangeKind, Claim, Context, Evidence, Fact, Failure, Key, Mirror, Remote, WorldKind,
    mirror::json,
};

/// How many documents each change is tried on.
const PICKS: u64 = 3;

/// What the reference engine made of a history of changes.
#[derive(Debug, Default)]
pub struct EngineRun {
    problems: BTreeMap<(ModelKind, &'static str), String>,
    seen: BTreeMap<ModelKind, usize>,
    edited: BTreeMap<ModelKind, usize>,
    deleted: BTreeMap<ModelKind, usize>,
    returned: BTreeMap<ModelKind, usize>,
}

/// What the mirror showed of a record before a pass.
struct Before {
    content: Value,
    changed_at: u64,
    deleted_at: Option<u64>,
    gone: bool,
}

impl EngineRun {
    pub(crate) async fn run(context: &Context) -> Result<Self, Failure> {
        let mut run = Self::default();
        let harness = context.harness();
        let remote = harness.start(WorldKind::SMALL).await;
        let connector = remote.connector();
        let mut mirror = Mirror::new(harness.slug());
        whole(&mirror.full_pass(&*connector).await, "the small world")?;
        run.ids(&mirror);
        for quiet in ["delta", "full"] {
            let before = before(&mirror);
            let report = match quiet {
                "delta" => mirror.delta_pass(&*connector).await,
                _ => mirror.full_pass(&*connector).await,
            };
            whole(&report, format_args!("an unchanged world ({quiet})"))?;
            run.quiet(&mirror, &before);
        }
        run.change(&mut mirror, &*remote, false).await?;
        run.change(&mut mirror, &*remote, true).await?;
        run.ids(&mirror);
        let again = harness.start(WorldKind::SMALL).await;
        let gone: BTreeSet<Key> = mirror
            .stored()
            .iter()
            .filter(|(_, stored)| stored.gone)
            .map(|(key, _)| key.clone())
            .collect();
        let before = before(&mirror);
        whole(
            &mirror.full_pass(&*again.connector()).await,
            "the small world again",
        )?;
        run.judge(&mirror, &before);
        for key in gone.iter().filter(|key| !mirror.stored()[*key].gone) {
            *run.returned.entry(key.0).or_default() += 1;
        }
        Ok(run)
    }

    /// Applies the world's changes one by one, each seen by a pass of its own.
    async fn change(
        &mut self,
        mirror: &mut Mirror,
        remote: &dyn Remote,
        removals: bool,
    ) -> Result<(), Failure> {
        let connector = remote.connector();
        for change in remote.changes() {
            let removes = matches!(change.kind, ChangeKind::Delete | ChangeKind::Archive);
            if removes != removals {
                continue;
            }
            for pick in 0..PICKS {
                remote.apply(change.name, pick);
                let before = before(mirror);
                let report = match removals {
                    true => mirror.full_pass(&*connector).await,
                    false => mirror.delta_pass(&*connector).await,
                };
                whole(&report, format_args!("a world after `{}`", change.name))?;
                self.judge(mirror, &before);
            }
        }
        Ok(())
    }

    fn ids(&mut self, mirror: &Mirror) {
        let mut seen = BTreeMap::new();
        for ((model, key), stored) in mirror.stored() {
            *self.seen.entry(*model).or_default() += 1;
            let derived = Id::derive([mirror.integration().as_str(), model.name(), key]);
            let text = stored.id.to_string();
            if stored.id != derived || text.parse::<Id>().is_err() {
                self.problem(*model, "id", format!("{key}: {text} instead of {derived}"));
            }
            if let Some(other) = seen.insert(stored.id, (*model, key)) {
                self.problem(*model, "id", format!("{key} and {other:?} share {text}"));
            }
        }
    }

    fn quiet(&mut self, mirror: &Mirror, before: &BTreeMap<Key, Before>) {
        for (key, stored) in mirror.stored() {
            let same = before.get(key).is_some_and(|before| {
                before.changed_at == stored.changed_at && before.gone == stored.gone
            });
            if !same {
                let what = format!("{}: it moved although nothing had changed", key.1);
                self.problem(key.0, "changed_at", what);
            }
        }
    }

    /// Compares what a pass left with what stood before it.
    fn judge(&mut self, mirror: &Mirror, before: &BTreeMap<Key, Before>) {
        let tick = mirror.tick();
        for (key, stored) in mirror.stored() {
            let archived = stored.record.archived();
            if stored.deleted_at.is_some() != (stored.gone || archived) {
                let what = format!(
                    "{}: {:?} while gone is {} and archived is {archived}",
                    key.1, stored.deleted_at, stored.gone
                );
                self.problem(key.0, "remote_deleted_at", what);
            }
            let Some(before) = before.get(key) else {
                continue;
            };
            let edited = before.content != json(&stored.record);
            let moved = edited
                || before.gone != stored.gone
                || before.deleted_at.is_some() != stored.deleted_at.is_some();
            if (stored.changed_at == tick) != moved
                || (!moved && stored.changed_at != before.changed_at)
            {
                let what = format!(
                    "{}: {} after pass {tick}, changed: {moved}",
                    key.1, stored.changed_at
                );
                self.problem(key.0, "changed_at", what);
            }
            if edited && !stored.gone {
                *self.edited.entry(key.0).or_default() += 1;
            }
            if before.deleted_at.is_none() && stored.deleted_at.is_some() {
                *self.deleted.entry(key.0).or_default() += 1;
            }
        }
    }

    fn problem(&mut self, model: ModelKind, field: &'static str, what: String) {
        self.problems.entry((model, field)).or_insert(what);
    }
}

fn before(mirror: &Mirror) -> BTreeMap<Key, Before> {
    let stored = mirror.stored().iter();
    stored
        .map(|(key, stored)| {
            let before = Before {
                content: json(&stored.record),
                changed_at: stored.changed_at,
                deleted_at: stored.deleted_at,
                gone: stored.gone,
            };
            (key.clone(), before)
        })
        .collect()
}

pub(crate) fn engine_case(
    context: &Context,
    model: ModelKind,
    field: &'static str,
) -> Result<Evidence, Failure> {
    let claim = Claim::Field(model, field.to_owned());
    let run = context.engine()?;
    let failure = Failure::of(format_args!(
        "{claim} is what an engine makes of the records"
    ));
    if let Some(problem) = run.problems.get(&(model, field)) {
        return Err(failure
            .expected(
                "the rules of `docs/architecture.md`",
                "the reference engine",
            )
            .came(problem));
    }
    let count = |table: &BTreeMap<ModelKind, usize>| table.get(&model).copied().unwrap_or_default();
    if count(&run.seen) == 0 {
        return Err(failure
            .expected("records to judge", "the small world")
            .came("none"));
    }
    let evidence = Evidence::of(claim, Fact::Engine);
    let note = match field {
        "changed_at" if count(&run.edited) == 0 => {
            "no change of the simulated world edits such a record"
        }
        "remote_deleted_at" if count(&run.deleted) == 0 => {
            "no change of the simulated world deletes such a record"
        }
        "remote_deleted_at" if count(&run.returned) == 0 => {
            "no deleted record of this kind came back in the simulated world"
        }
        _ => return Ok(evidence),
    };
    Ok(evidence.note(note))
}
