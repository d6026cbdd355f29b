//! What a key and its data show: told model by model and field by field, and truly.

use ats_core::Connector;

use super::failed;
use crate::{
    Context, Failure,
    act::Stage,
    live::{self, LiveReport, Needs, Standing},
};

/// With every permission everything that is there shows; with one less exactly what needs it is
/// named, model by model and field by field. Nothing but reading endpoints is asked.
pub(super) async fn live_tests(context: &Context, needs: &Needs) -> Result<(), Failure> {
    let harness = context.harness();
    let stage = Stage::set(harness).await?;
    let full = look(&stage, &*stage.connector, needs).await?;
    let expected = stage.mirror.records();
    for (model, report) in &full.models {
        let there = expected
            .get(model)
            .is_some_and(|of_model| !of_model.is_empty());
        if there != (report.standing == Standing::Works) {
            return Err(failed("per_model_tests")
                .record(model)
                .expected(format_args!("records are there: {there}"), "a full pass")
                .came(format_args!("{:?}", report.standing)));
        }
    }
    for missing in stage.remote.permissions() {
        let all = stage.remote.permissions();
        let rest = all.iter().filter(|other| **other != missing).cloned();
        let connector = stage.remote.connector_with(&rest.collect());
        let lesser = look(&stage, &*connector, needs).await?;
        let names = |standing: &Standing| match standing {
            Standing::MissingPermission {
                missing_permissions,
            } => missing_permissions.contains(&missing),
            _ => false,
        };
        for (model, report) in &lesser.models {
            let declared = context
                .tables()
                .reads
                .get(model)
                .is_some_and(|read| read.permissions.contains(&missing.as_str()));
            if declared != names(&report.standing) {
                return Err(failed("per_model_tests")
                    .record(format_args!("{model} without {missing}"))
                    .expected(format_args!("named: {declared}"), "the connector's table")
                    .came(format_args!("{:?}", report.standing)));
            }
            if !declared && report.standing != full.models[model].standing {
                return Err(failed("per_model_tests")
                    .record(format_args!("{model} without {missing}"))
                    .expected("as with every permission", "the connector's table")
                    .came(format_args!("{:?}", report.standing)));
            }
            for (field, found) in &report.fields {
                let needed = declared
                    || needs
                        .get(&(*model, field.clone()))
                        .is_some_and(|needs| needs.contains(&missing));
                let is_gap = matches!(found.standing, Standing::NotAvailable { .. });
                let failed_for_it = matches!(found.standing, Standing::Failed { .. });
                if !is_gap && !failed_for_it && needed != names(&found.standing) {
                    return Err(failed("per_field_tests")
                        .record(format_args!("{model}.{field} without {missing}"))
                        .expected(format_args!("named: {needed}"), "taking it away")
                        .came(format_args!("{:?}", found.standing)));
                }
            }
        }
    }
    Ok(())
}

/// Examines what a key shows, and makes sure that nothing but reading endpoints is asked for it.
async fn look(
    stage: &Stage,
    connector: &dyn Connector,
    needs: &Needs,
) -> Result<LiveReport, Failure> {
    let access = connector.check().await;
    let access = access.map_err(|error| failed("per_field_tests").came(error))?;
    let before = stage.remote.writes().len();
    let report = live::examine(connector, &access, needs, usize::MAX).await;
    match stage.remote.writes().get(before) {
        Some(sent) => Err(failed("per_field_tests")
            .expected("nothing but reading endpoints", "the rule")
            .came(format_args!("a call of {}", sent.endpoint))),
        None => Ok(report),
    }
}
