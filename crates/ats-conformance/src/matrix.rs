//! The support matrix: what each claim has reached, computed from the evidence of a whole run.
//!
//! It decides what counts as supported. It renders nothing.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{ActionCoverage, ActionKind, Field, Gap, GapStatus, Manifest, ModelKind};
use serde::Serialize;

use crate::{
    Claim, Context, Fact,
    evidence::{Proof, Proofs},
    prove::Standing,
};

/// A status, in the words of the unified API's coverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Claimed and proven.
    Supported,
    /// The vendor has no such thing.
    Unsupported,
    /// The vendor has it, the connector does not yet.
    NotImplemented,
    /// Nobody has looked.
    Unknown,
}

impl Status {
    /// The status as the API writes it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Supported => "SUPPORTED",
            Self::Unsupported => "UNSUPPORTED",
            Self::NotImplemented => "NOT_IMPLEMENTED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl From<GapStatus> for Status {
    fn from(status: GapStatus) -> Self {
        match status {
            GapStatus::Unsupported => Self::Unsupported,
            GapStatus::NotImplemented => Self::NotImplemented,
            GapStatus::Unknown => Self::Unknown,
        }
    }
}

/// What one connector supports.
#[derive(Debug, Clone, Serialize)]
pub struct Matrix {
    /// Each action.
    pub actions: BTreeMap<String, ActionRow>,
    /// The connector's short name.
    pub connector: String,
    /// Each feature.
    pub features: BTreeMap<String, SlotRow>,
    /// Each model.
    pub models: BTreeMap<String, ModelRow>,
    /// The connector's name as people write it.
    #[serde(skip)]
    pub name: String,
    /// The laws that hold, with their notes.
    #[serde(skip)]
    pub laws: BTreeMap<String, LawRow>,
    /// What the connector tells a person who connects it.
    #[serde(skip)]
    pub manifest: &'static Manifest,
    /// The permissions that subscribing to webhooks needs.
    #[serde(skip)]
    pub webhooks: &'static [&'static str],
    /// Who stood in for the vendor.
    pub witness: String,
}

/// A law that holds.
#[derive(Debug, Clone)]
pub struct LawRow {
    /// The rule in a sentence.
    pub title: &'static str,
    /// What goes wrong where it does not hold.
    pub why: &'static str,
    /// What a reader should know beside it.
    pub note: Option<String>,
}

/// One model.
#[derive(Debug, Clone, Serialize)]
pub struct ModelRow {
    /// Each field.
    pub fields: BTreeMap<String, Cell>,
    /// Whether the model can be read.
    pub status: Status,
    /// The permissions without any of which nothing of it can be read.
    #[serde(skip)]
    pub permissions: &'static [&'static str],
    /// Why not, if it cannot.
    #[serde(skip)]
    pub note: Option<String>,
}

/// One field.
#[derive(Debug, Clone, Serialize)]
pub struct Cell {
    /// How far the proof goes: `L1` to `L4`, `constant` or `engine`; nothing for a gap.
    pub level: Option<&'static str>,
    /// What a reader should know.
    pub note: Option<String>,
    /// The permissions that it needs.
    pub permissions: BTreeSet<String>,
    /// Where in the vendor's answers it comes from.
    pub source: BTreeSet<String>,
    /// Whether it is filled.
    pub status: Status,
    /// The vendor's document, for a gap or a constant.
    #[serde(skip)]
    pub vendor: Option<&'static str>,
    /// The evidence.
    #[serde(skip)]
    pub proof: Proof,
}

/// One action.
#[derive(Debug, Clone, Serialize)]
pub struct ActionRow {
    /// Each input.
    pub inputs: BTreeMap<String, Cell>,
    /// Why not, if it cannot be done.
    pub note: Option<String>,
    /// The permissions without any of which it cannot be done.
    pub permissions: BTreeSet<String>,
    /// Whether it can be done.
    pub status: Status,
}

/// One feature.
#[derive(Debug, Clone, Serialize)]
pub struct SlotRow {
    /// Why not, if it is not there.
    pub note: Option<String>,
    /// Whether it is there.
    pub status: Status,
}

impl Matrix {
    /// The matrix of a whole run, or every claim that the run did not prove.
    ///
    /// # Errors
    ///
    /// When a claim is not proven: a cell is never lowered in silence.
    pub fn of(context: &Context) -> Result<Self, Vec<String>> {
        let proofs = Proofs::of(&context.ledger().read());
        let coverage = &context.tables().coverage;
        let mut unproven = Vec::new();
        let models = ModelKind::ALL.iter().map(|model| {
            (
                model.name().to_owned(),
                model_row(context, *model, &proofs, &mut unproven),
            )
        });
        let models = models.collect();
        let mut slot = |claim: Claim, gap: &Option<Gap>| match gap {
            Some(gap) => (Status::from(gap.status), Some(gap.reason.to_owned())),
            None => {
                if !proofs.get(&claim).facts.contains(&Fact::Holds) {
                    unproven.push(format!("{claim}: no case proves it"));
                }
                (Status::Supported, None)
            }
        };
        let actions: Vec<_> = coverage
            .actions
            .iter()
            .map(|(name, action)| (*name, action, slot(Claim::Action(name), &action.gap)))
            .collect();
        let features = coverage.features.iter().map(|(name, gap)| {
            let (status, note) = slot(Claim::Feature(name), gap);
            ((*name).to_owned(), SlotRow { note, status })
        });
        let features = features.collect();
        let actions = actions.into_iter().map(|(name, action, (status, note))| {
            let row = ActionRow {
                inputs: inputs(name, action, &proofs, &mut unproven),
                note,
                permissions: action.permissions.iter().map(ToString::to_string).collect(),
                status,
            };
            (name.to_owned(), row)
        });
        let actions = actions.collect();
        let laws = context.laws().map(|law| {
            let note = proofs.get(&Claim::Law(law.id)).notes.into_iter().next();
            let (title, why) = (law.title, law.why);
            (law.id.to_owned(), LawRow { title, why, note })
        });
        let matrix = Self {
            actions,
            connector: context.harness().slug().to_owned(),
            features,
            models,
            name: context.tables().manifest.name.to_owned(),
            laws: laws.collect(),
            manifest: context.tables().manifest,
            webhooks: context.tables().webhooks,
            witness: context.harness().witness().to_owned(),
        };
        if unproven.is_empty() {
            Ok(matrix)
        } else {
            Err(unproven)
        }
    }

    /// One line a claim, for a golden text that a person can review at a glance.
    pub fn lines(&self) -> String {
        let mut lines = Vec::new();
        for (model, row) in &self.models {
            lines.push(format!("{model} {}", row.status.text()));
            for (field, cell) in &row.fields {
                let level = cell.level.unwrap_or("gap");
                lines.push(format!("{model}.{field} {} {level}", cell.status.text()));
            }
        }
        for (name, row) in &self.actions {
            lines.push(format!("action {name} {}", row.status.text()));
            for (input, cell) in &row.inputs {
                let level = cell.level.unwrap_or("gap");
                lines.push(format!(
                    "action {name}.{input} {} {level}",
                    cell.status.text()
                ));
            }
        }
        lines.extend(
            self.features
                .iter()
                .map(|(name, row)| format!("feature {name} {}", row.status.text())),
        );
        lines.join("\n")
    }
}

fn model_row(
    context: &Context,
    model: ModelKind,
    proofs: &Proofs,
    unproven: &mut Vec<String>,
) -> ModelRow {
    let tables = context.tables();
    let coverage = &tables.coverage.models[&model];
    let fields = tables.fields[&model].values();
    let cells = fields.map(|field| {
        let cell = cell(context, model, field, proofs, unproven);
        (field.name.clone(), cell)
    });
    let fields = cells.collect();
    let facts = proofs.get(&Claim::Model(model)).facts;
    let is_read = facts
        .iter()
        .any(|fact| matches!(fact, Fact::Verified { .. }));
    if coverage.gap.is_none() && !is_read {
        unproven.push(format!("{model}: no case shows that its records are read"));
    }
    ModelRow {
        fields,
        status: coverage
            .gap
            .map_or(Status::Supported, |gap| gap.status.into()),
        permissions: coverage.permissions,
        note: coverage.gap.map(|gap| gap.reason.to_owned()),
    }
}

/// The inputs of an action. One that is claimed must change what it should at the vendor; `L4` says
/// that it was read back too.
fn inputs(
    name: &str,
    action: &ActionCoverage,
    proofs: &Proofs,
    unproven: &mut Vec<String>,
) -> BTreeMap<String, Cell> {
    let Some(kind) = ActionKind::from_name(name) else {
        return BTreeMap::new();
    };
    let cells = action.inputs.iter().map(|(input, gap)| {
        let claim = Claim::Input(kind, input.clone());
        let proof = proofs.get(&claim);
        let mut source = BTreeSet::new();
        let mut notes: Vec<String> = proof.notes.iter().cloned().collect();
        let mut level = None;
        for fact in &proof.facts {
            match fact {
                Fact::Sent { paths } => {
                    source.extend(paths.iter().cloned());
                    level = level.max(Some("L3"));
                }
                Fact::ReadBack { field } => {
                    notes.push(format!("read back as {field}"));
                    level = level.max(Some("L4"));
                }
                _ => {}
            }
        }
        // A gap of the whole action is one of each of its inputs.
        let is_proven = match (gap, action.gap) {
            (_, Some(_)) => true,
            (Some(_), None) => proof.facts.contains(&Fact::Absent),
            (None, None) => !source.is_empty(),
        };
        if !is_proven || !proof.failed.is_empty() {
            unproven.push(format!("{claim}: no case proves it"));
        }
        let note = match gap {
            Some(gap) => Some(gap.reason.to_owned()),
            None => (!notes.is_empty()).then(|| notes.join("; ")),
        };
        let permissions = match gap {
            Some(_) => BTreeSet::new(),
            None => action.permissions.iter().map(ToString::to_string).collect(),
        };
        let cell = Cell {
            level: level.filter(|_| gap.is_none()),
            note,
            permissions,
            source,
            status: gap.map_or(Status::Supported, |gap| gap.status.into()),
            vendor: gap.and_then(|gap| gap.vendor),
            proof,
        };
        (input.clone(), cell)
    });
    cells.collect()
}

fn cell(
    context: &Context,
    model: ModelKind,
    field: &Field,
    proofs: &Proofs,
    unproven: &mut Vec<String>,
) -> Cell {
    let claim = Claim::Field(model, field.name.clone());
    let proof = proofs.get(&claim);
    let standing = context.tables().standing(model, field);
    let level = level(&proof.facts);
    let is_proven = match standing {
        // A gap of the whole model is one of each of its fields.
        Standing::Gap(_) => {
            let of_model = proofs.get(&Claim::Model(model));
            proof.facts.contains(&Fact::Absent) || of_model.facts.contains(&Fact::Absent)
        }
        Standing::Engine => level == Some("engine"),
        Standing::Constant(_) => level == Some("constant"),
        Standing::Claimed => matches!(level, Some("L3" | "L4")),
    };
    if !is_proven {
        unproven.push(format!(
            "{claim}: {standing:?} is not proven, only {level:?}"
        ));
    }
    let declared = context
        .tables()
        .reads
        .get(&model)
        .map_or(&[][..], |read| read.permissions);
    let mut permissions = BTreeSet::new();
    let mut source = BTreeSet::new();
    for fact in &proof.facts {
        match fact {
            Fact::Traced { sources } => source.extend(sources.iter().cloned()),
            Fact::Scoped { permissions: found } => permissions.extend(found.iter().cloned()),
            _ => {}
        }
    }
    let (status, note, vendor) = match standing {
        Standing::Gap(gap) => (gap.status.into(), Some(gap.reason.to_owned()), gap.vendor),
        Standing::Constant(constant) => (
            Status::Supported,
            Some(constant.reason.to_owned()),
            Some(constant.vendor),
        ),
        Standing::Engine | Standing::Claimed => {
            let notes: Vec<String> = proof.notes.iter().cloned().collect();
            (
                Status::Supported,
                (!notes.is_empty()).then(|| notes.join("; ")),
                None,
            )
        }
    };
    if status == Status::Supported && permissions.is_empty() {
        permissions.extend(declared.iter().map(ToString::to_string));
    }
    Cell {
        level: if status == Status::Supported {
            level
        } else {
            None
        },
        note,
        permissions,
        source,
        status,
        vendor,
        proof,
    }
}

/// How far the facts about a field go.
pub fn level(facts: &BTreeSet<Fact>) -> Option<&'static str> {
    let has = |wanted: fn(&Fact) -> bool| facts.iter().any(wanted);
    if has(|fact| matches!(fact, Fact::Engine)) {
        return Some("engine");
    }
    if has(|fact| matches!(fact, Fact::Constant)) {
        return Some("constant");
    }
    let steps = [
        ("L1", has(|fact| matches!(fact, Fact::Verified { .. }))),
        ("L2", has(|fact| matches!(fact, Fact::Distinct { .. }))),
        (
            "L3",
            has(|fact| matches!(fact, Fact::Traced { .. }))
                && has(|fact| matches!(fact, Fact::Falsifiable { .. })),
        ),
        (
            "L4",
            has(|fact| matches!(fact, Fact::Hardened { .. }))
                && has(|fact| matches!(fact, Fact::Scoped { .. })),
        ),
    ];
    // A level rests on all below it.
    steps
        .iter()
        .take_while(|(_, reached)| *reached)
        .map(|(name, _)| *name)
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_rests_on_all_below_it() {
        let traced = Fact::Traced {
            sources: BTreeSet::new(),
        };
        let mut facts = BTreeSet::from([Fact::Verified { records: 2 }, traced]);
        facts.insert(Fact::Falsifiable { alterations: 3 });
        assert_eq!(
            level(&facts),
            Some("L1"),
            "without distinct values nothing above counts"
        );
        facts.insert(Fact::Distinct { values: 2 });
        assert_eq!(level(&facts), Some("L3"));
        facts.insert(Fact::Hardened { values: 1 });
        assert_eq!(level(&facts), Some("L3"));
        assert_eq!(level(&BTreeSet::from([Fact::Distinct { values: 2 }])), None);
    }
}
