//! The support matrix of each connector, as the conformance suite proved it and `cargo xtask
//! coverage` wrote it, inside the binary.
//!
//! It is the only source of what is known per field: which permissions it needs and where at the
//! vendor it comes from. Nothing of that is written down in this crate.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use ats_conformance::live::Needs;
use ats_core::ModelKind;
use ats_sync::Usual;
use serde::Deserialize;

/// The pages of one connector.
#[derive(Debug)]
pub(crate) struct Pages {
    pub(crate) slug: &'static str,
    pub(crate) markdown: &'static str,
    pub(crate) json: &'static str,
}

/// Every connector with pages in `docs/support`; the build script lists them.
pub(crate) const ALL: &[Pages] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

/// All connectors beside each other.
pub(crate) const OVERVIEW: &str = include_str!("../../../docs/support/README.md");

/// The matrix of the connector `slug`.
pub(crate) fn of(slug: &str) -> Option<&'static Pages> {
    ALL.iter().find(|pages| pages.slug == slug)
}

/// What is proven of a connector's models.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Proven {
    models: BTreeMap<String, Model>,
}

#[derive(Debug, Default, Deserialize)]
struct Model {
    fields: BTreeMap<String, Cell>,
}

#[derive(Debug, Default, Deserialize)]
struct Cell {
    permissions: BTreeSet<String>,
    source: Vec<String>,
}

impl Proven {
    /// Reads the matrix of a connector. One without pages has nothing proven.
    pub(crate) fn of(slug: &str) -> Result<Self> {
        let Some(pages) = of(slug) else {
            return Ok(Self::default());
        };
        serde_json::from_str(pages.json)
            .with_context(|| format!("the support matrix of {slug} in this program is damaged"))
    }

    /// The fields of a model that need permissions which are not granted, and these.
    pub(crate) fn missing<'a>(
        &'a self,
        model: ModelKind,
        granted: &'a BTreeSet<String>,
    ) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
        let fields = self.fields(model);
        let lacking = fields.map(|(name, cell)| {
            let lacking = cell.permissions.difference(granted).map(String::as_str);
            (name.as_str(), lacking.collect::<BTreeSet<_>>())
        });
        lacking.filter(|(_, lacking)| !lacking.is_empty()).collect()
    }

    /// The permissions that each field needs.
    pub(crate) fn needs(&self) -> Needs {
        let models = self.models.iter().filter_map(|(name, model)| {
            let kind = ModelKind::from_name(name)?;
            Some((kind, model))
        });
        let fields = models.flat_map(|(kind, model)| {
            let fields = model.fields.iter();
            fields.map(move |(field, cell)| ((kind, field.clone()), cell.permissions.clone()))
        });
        fields.collect()
    }

    /// Where the fields of a model come from.
    pub(crate) fn usual(&self, model: ModelKind) -> Usual {
        let fields = self.fields(model);
        let sources = fields.map(|(name, cell)| (name.clone(), cell.source.clone()));
        sources.collect()
    }

    fn fields(&self, model: ModelKind) -> impl Iterator<Item = (&String, &Cell)> {
        let model = self.models.get(model.name()).into_iter();
        model.flat_map(|model| &model.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_connector_of_the_registry_is_in_the_binary() {
        let built_in: BTreeSet<_> = ALL.iter().map(|pages| pages.slug).collect();
        let registry = ats_connectors::all().iter();
        let registry: BTreeSet<_> = registry.map(|factory| factory.manifest.slug).collect();
        assert_eq!(built_in, registry, "run `cargo xtask coverage`");
    }

    #[test]
    fn every_matrix_can_be_read_and_names_every_model_and_field() {
        for pages in ALL {
            let proven = Proven::of(pages.slug).unwrap();
            for model in ModelKind::ALL {
                let named: BTreeSet<_> = proven
                    .fields(*model)
                    .map(|(name, _)| name.clone())
                    .collect();
                let real: BTreeSet<_> = ats_core::fields(*model).into_keys().collect();
                assert_eq!(named, real, "{}: {model}", pages.slug);
            }
        }
    }

    #[test]
    fn a_field_that_needs_more_than_its_model_is_told() {
        let proven = Proven::of("ashby").unwrap();
        let granted = ["jobsRead", "interviewsRead", "hiringProcessMetadataRead"];
        let granted = granted.into_iter().map(str::to_owned).collect();
        let missing = proven.missing(ModelKind::Job, &granted);
        assert_eq!(missing["department"], BTreeSet::from(["organizationRead"]));
        assert!(!missing.contains_key("name"), "{missing:?}");
    }
}
