//! What is put to the proof: the connector's own tables, and the small world as it was read.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use ats_core::{
    AlwaysNull, Connector, Coverage, Field, FieldGap, Gap, Manifest, ModelKind, fields,
};

use crate::{
    Context, Expected, Failure, Harness, Mirror, PassReport, WorldKind,
    verify::{Records, is_absent},
};

/// What a connector says about itself.
#[derive(Debug)]
pub struct Tables {
    /// Who it is.
    pub manifest: &'static Manifest,
    /// What it claims and what it denies.
    pub coverage: Coverage,
    /// What it says about each model that it reads.
    pub reads: BTreeMap<ModelKind, ReadTable>,
    /// The permissions that subscribing to webhooks needs.
    pub webhooks: &'static [&'static str],
    /// The fields of each model.
    pub fields: BTreeMap<ModelKind, BTreeMap<String, Field>>,
}

/// What a connector says about a model that it reads.
#[derive(Debug, Clone, Copy)]
pub struct ReadTable {
    /// The permissions without any of which nothing of it can be read.
    pub permissions: &'static [&'static str],
    /// The fields it does not fill.
    pub gaps: &'static [FieldGap],
    /// The fields that are null by the nature of the vendor.
    pub always_null: &'static [AlwaysNull],
}

/// What a connector says about one field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// The engine fills it.
    Engine,
    /// The connector fills it.
    Claimed,
    /// It is always null, and that is true.
    Constant(AlwaysNull),
    /// The connector does not fill it.
    Gap(Gap),
}

impl Tables {
    pub(crate) async fn read(harness: &dyn Harness) -> Self {
        let remote = harness.start(WorldKind::SMALL).await;
        let connector = remote.connector();
        let reads = connector.reads();
        let tables = reads.slots().into_iter().filter_map(|(model, support)| {
            let read = support.yes()?;
            let table = ReadTable {
                permissions: read.permissions,
                gaps: read.gaps,
                always_null: read.always_null,
            };
            Some((model, table))
        });
        Self {
            manifest: connector.manifest(),
            coverage: Coverage::of(&*connector),
            reads: tables.collect(),
            webhooks: connector
                .webhooks()
                .map_or(&[], |webhooks| webhooks.permissions()),
            fields: ModelKind::ALL
                .iter()
                .map(|model| (*model, fields(*model)))
                .collect(),
        }
    }

    /// What is said about `field` of `model`.
    pub fn standing(&self, model: ModelKind, field: &Field) -> Standing {
        let of_model = &self.coverage.models[&model];
        if let Some(gap) = of_model.fields.get(&field.name).copied().flatten() {
            return Standing::Gap(gap);
        }
        if field.engine {
            return Standing::Engine;
        }
        let always_null = self
            .reads
            .get(&model)
            .map_or(&[][..], |read| read.always_null);
        let constant = always_null
            .iter()
            .find(|constant| constant.field == field.name);
        constant.map_or(Standing::Claimed, |constant| Standing::Constant(*constant))
    }

    /// The fields of `model` that the connector says it fills.
    pub fn claimed(&self, model: ModelKind) -> impl Iterator<Item = &Field> {
        self.fields[&model]
            .values()
            .filter(move |field| self.standing(model, field) == Standing::Claimed)
    }
}

/// The small world as the connector read it, and what was expected of it.
pub struct Subject {
    /// The connector that read it; mapping needs no vendor.
    pub connector: Arc<dyn Connector>,
    /// The mirror after one full pass.
    pub mirror: Mirror,
    /// What that pass said.
    pub report: PassReport,
    /// Its records.
    pub records: BTreeMap<ModelKind, Records>,
    /// What was expected.
    pub expected: Expected,
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("report", &self.report)
            .finish_non_exhaustive()
    }
}

impl Subject {
    pub(crate) async fn read(context: &Context) -> Result<Self, Failure> {
        let harness = context.harness();
        let remote = harness.start(WorldKind::SMALL).await;
        let connector = remote.connector();
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&*connector).await;
        whole(&report, "the small world")?;
        let records = mirror.records();
        Ok(Self {
            connector,
            mirror,
            report,
            records,
            expected: harness.expected(),
        })
    }

    /// The records of `model`.
    pub fn of(&self, model: ModelKind) -> Records {
        self.records.get(&model).cloned().unwrap_or_default()
    }
}

/// Every value that is not absent in worlds beside the small one, by model and field: one record
/// that shows it.
#[derive(Debug, Default)]
pub struct Worlds {
    /// The record that shows the field.
    pub filled: BTreeMap<(ModelKind, String), String>,
    /// How many records were looked at.
    pub records: usize,
}

impl Worlds {
    pub(crate) async fn run(context: &Context) -> Result<Self, Failure> {
        let mut worlds = Self::default();
        for seed in [7, 11] {
            let world = WorldKind::Generated {
                seed,
                candidates: 24,
                page_size_cap: None,
            };
            let remote = context.harness().start(world).await;
            let mut mirror = Mirror::new(context.harness().slug());
            let report = mirror.full_pass(&*remote.connector()).await;
            whole(&report, format_args!("the generated world of seed {seed}"))?;
            for (model, records) in mirror.records() {
                worlds.records += records.len();
                for (key, record) in records {
                    for (field, value) in record.as_object().into_iter().flatten() {
                        if !is_absent(value) {
                            let seen = worlds.filled.entry((model, field.clone()));
                            seen.or_insert_with(|| format!("{key} (generated world {seed})"));
                        }
                    }
                }
            }
        }
        Ok(worlds)
    }
}

/// Refuses a pass that did not read everything: nothing that it shows could be trusted.
pub(crate) fn whole(report: &PassReport, world: impl fmt::Display) -> Result<(), Failure> {
    let errors: Vec<String> = report
        .errors()
        .map(|(stream, error)| format!("{stream}: {error}"))
        .collect();
    let failure = Failure::of(format_args!("a full pass over {world} reads every stream"));
    if !errors.is_empty() {
        return Err(failure
            .expected("no error", "a vendor without faults")
            .came(errors.join("\n")));
    }
    if !report.violations.is_empty() {
        let violations: BTreeSet<&str> = report.violations.iter().map(String::as_str).collect();
        let came = violations.into_iter().collect::<Vec<_>>().join("\n");
        return Err(failure
            .expected("look-ups in the streams that `uses` names", "the port")
            .came(came));
    }
    Ok(())
}
