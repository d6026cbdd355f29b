//! Which permission each field needs: found by taking them away one at a time, never declared.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Field, ModelKind};
use futures_util::future::join_all;

use crate::{Claim, Context, Evidence, Fact, Failure, Mirror, WorldKind, verify::matches};

/// The permissions that each field needs.
#[derive(Debug, Default)]
pub struct Scopes {
    needs: BTreeMap<(ModelKind, String), BTreeSet<String>>,
}

impl Scopes {
    /// The permissions that each field needs.
    pub fn needs(&self) -> &BTreeMap<(ModelKind, String), BTreeSet<String>> {
        &self.needs
    }

    pub(crate) async fn run(context: &Context) -> Result<Self, Failure> {
        let subject = context.subject()?;
        let harness = context.harness();
        let every: BTreeSet<String> = harness
            .start(WorldKind::SMALL)
            .await
            .permissions()
            .into_iter()
            .collect();
        let without = every.iter().map(|missing| {
            let granted: BTreeSet<String> = every
                .iter()
                .filter(|other| *other != missing)
                .cloned()
                .collect();
            async move {
                let remote = harness.start(WorldKind::SMALL).await;
                let mut mirror = Mirror::new(harness.slug());
                let _report = mirror.full_pass(&*remote.connector_with(&granted)).await;
                (missing.clone(), mirror.records())
            }
        });
        let mut scopes = Self::default();
        for (missing, records) in join_all(without).await {
            for (model, before) in &subject.records {
                let after = records.get(model);
                for field in context.tables().fields[model].keys() {
                    let lost = before.iter().any(|(key, record)| {
                        let after = after
                            .and_then(|after| after.get(key))
                            .and_then(|after| after.get(field));
                        let before = record.get(field);
                        before.is_some_and(|before| {
                            !after.is_some_and(|after| matches("", before, after))
                        })
                    });
                    if lost {
                        let needs = scopes.needs.entry((*model, field.clone())).or_default();
                        needs.insert(missing.clone());
                    }
                }
            }
        }
        Ok(scopes)
    }

    /// The permissions without which `field` of some record changes or vanishes.
    pub fn of(&self, model: ModelKind, field: &str) -> BTreeSet<String> {
        self.needs
            .get(&(model, field.to_owned()))
            .cloned()
            .unwrap_or_default()
    }
}

pub(crate) fn permissions_case(
    context: &Context,
    model: ModelKind,
    field: &Field,
) -> Result<Evidence, Failure> {
    let scopes = context.scopes()?;
    let declared = context
        .tables()
        .reads
        .get(&model)
        .map_or(&[][..], |read| read.permissions);
    let permissions = scopes.of(model, &field.name);
    let claim = Claim::Field(model, field.name.clone());
    let failure = Failure::of(format_args!("{claim} needs the permissions {declared:?}"));
    let idle = declared
        .iter()
        .find(|permission| !permissions.contains(**permission));
    if let Some(idle) = idle {
        return Err(failure
            .expected(
                format_args!("something lost without `{idle}`"),
                "the connector's own table",
            )
            .came(format_args!(
                "the field is lost without any of {permissions:?}"
            ))
            .hint("name the permissions that the model really needs"));
    }
    let asked: BTreeSet<&str> = context
        .tables()
        .manifest
        .permissions
        .iter()
        .copied()
        .collect();
    if let Some(unasked) = permissions
        .iter()
        .find(|name| !asked.contains(name.as_str()))
    {
        return Err(failure
            .expected(
                format_args!("the manifest asks for `{unasked}`"),
                "the field's own need",
            )
            .came(format_args!("{asked:?}")));
    }
    Ok(Evidence::of(claim, Fact::Scoped { permissions }))
}
