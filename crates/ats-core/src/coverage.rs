//! What a connector claims and what it denies, read off its own tables.

use std::collections::BTreeMap;

use crate::{ActionKind, Connector, Gap, ModelKind, Support, Write, fields};

/// A connector's whole answer. `None` stands for a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Each model.
    pub models: BTreeMap<ModelKind, ModelCoverage>,
    /// Each action.
    pub actions: BTreeMap<&'static str, ActionCoverage>,
    /// Each feature.
    pub features: BTreeMap<&'static str, Option<Gap>>,
}

/// The answer for one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCoverage {
    /// The gap, if the whole model is one.
    pub gap: Option<Gap>,
    /// The permissions it needs.
    pub permissions: &'static [&'static str],
    /// Each field.
    pub fields: BTreeMap<String, Option<Gap>>,
    /// Gaps that name no field of the model: a defect of the connector.
    pub unknown_gaps: Vec<&'static str>,
}

/// The answer for one action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionCoverage {
    /// The gap, if the whole action is one.
    pub gap: Option<Gap>,
    /// The permissions it needs.
    pub permissions: &'static [&'static str],
    /// Each input.
    pub inputs: BTreeMap<String, Option<Gap>>,
    /// Gaps that name no input of the action: a defect of the connector.
    pub unknown_gaps: Vec<&'static str>,
}

impl Coverage {
    /// Reads the tables of `connector`.
    pub fn of(connector: &dyn Connector) -> Self {
        let actions = connector.actions();
        let action = |kind: &ActionKind| {
            let mut slots = actions.slots().into_iter();
            let (name, support) = slots.find(|(name, _)| *name == kind.name())?;
            Some((name, ActionCoverage::of(*kind, support)))
        };
        Self {
            models: connector
                .reads()
                .slots()
                .into_iter()
                .map(|(kind, support)| (kind, ModelCoverage::of(kind, support)))
                .collect(),
            actions: ActionKind::ALL.iter().filter_map(action).collect(),
            features: connector
                .features()
                .slots()
                .into_iter()
                .map(|(name, support)| (name, support.gap().copied()))
                .collect(),
        }
    }
}

impl ModelCoverage {
    fn of(kind: ModelKind, support: &crate::Support<crate::Read<'_>>) -> Self {
        let names = fields(kind);
        let gaps = support.yes().map_or(&[][..], |read| read.gaps);
        let gap_of = |name: &str| {
            let of_field = gaps.iter().find(|gap| gap.field == name).map(|gap| gap.gap);
            of_field.or(support.gap().copied())
        };
        Self {
            gap: support.gap().copied(),
            permissions: support.yes().map_or(&[], |read| read.permissions),
            fields: names
                .keys()
                .map(|name| (name.clone(), gap_of(name)))
                .collect(),
            unknown_gaps: gaps
                .iter()
                .map(|gap| gap.field)
                .filter(|name| !names.contains_key(*name))
                .collect(),
        }
    }
}

impl ActionCoverage {
    fn of(kind: ActionKind, support: &Support<Write>) -> Self {
        let inputs = kind.inputs();
        let gaps = support.yes().map_or(&[][..], |write| write.gaps);
        let gap_of = |path: &str| {
            let of_input = gaps.iter().find(|gap| gap.field == path).map(|gap| gap.gap);
            of_input.or(support.gap().copied())
        };
        Self {
            gap: support.gap().copied(),
            permissions: support.yes().map_or(&[], |write| write.permissions),
            inputs: inputs
                .keys()
                .map(|path| (path.clone(), gap_of(path)))
                .collect(),
            unknown_gaps: gaps
                .iter()
                .map(|gap| gap.field)
                .filter(|path| !inputs.contains_key(*path))
                .collect(),
        }
    }
}
