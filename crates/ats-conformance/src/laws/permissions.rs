//! Laws of permissions: each one that is missing costs what needs it, by name, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_core::{Connector, ErrorKind, ModelKind};

use super::{
    Judged, LawEvidence,
    compare::{View, difference, fresh, view},
    faults::{spared, with_users},
    probe::start,
};
use crate::{Failure, Harness, Mirror, PassReport, Remote};

super::declare! {
    "permissions/one-less-costs-only-its-own",
    "without one permission a stream works in full or fails for that permission; models that do not need it arrive",
    "a missing permission passes for empty lists, or takes everything with it" => one_less;

    "permissions/declared-is-needed",
    "without the permission that a model declares, the model does not arrive",
    "customers are asked for permissions that nothing needs" => declared_is_needed;

    "permissions/check-tells",
    "the check of a key names what is granted, what is missing, and the models it costs",
    "a customer learns of a missing permission from missing records" => check_tells;
}

/// What one pass with one permission less gave.
struct Lesser {
    permission: String,
    connector: Arc<dyn Connector>,
    report: PassReport,
    view: View,
}

async fn lesser(harness: &dyn Harness, remote: &dyn Remote) -> Vec<Lesser> {
    let all: BTreeSet<String> = remote.permissions().into_iter().collect();
    let mut lesser = Vec::new();
    for permission in &all {
        let rest = all
            .iter()
            .filter(|other| *other != permission)
            .cloned()
            .collect();
        let connector = remote.connector_with(&rest);
        let mut mirror = Mirror::new(harness.slug());
        let report = mirror.full_pass(&*connector).await;
        let (permission, view) = (permission.clone(), view(&mirror));
        lesser.push(Lesser {
            permission,
            connector,
            report,
            view,
        });
    }
    lesser
}

/// The permission that each claimed model declares.
fn declared(connector: &dyn Connector) -> BTreeMap<ModelKind, &'static str> {
    let reads = connector.reads();
    let slots = reads.slots().into_iter();
    slots
        .filter_map(|(model, slot)| Some((model, slot.yes()?.permission)))
        .collect()
}

async fn one_less(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let whole = view(&fresh(harness, &*remote.connector()).await?);
    let lesser = lesser(harness, &*remote).await;
    for Lesser {
        permission,
        connector,
        report,
        view,
    } in &lesser
    {
        let failed = failed_for(permission, report)?;
        let hurt = with_users(&**connector, &failed);
        let whole_spared = spared(&whole, &**connector, &hurt);
        let expected =
            format!("without {permission}, the same records of streams that need it not");
        let same = difference(&whole_spared, &spared(view, &**connector, &hurt));
        let keys = missing_keys(&whole, view, permission, &**connector);
        if let Some(came) = same.or(keys) {
            return Err(Failure::default().expected(expected, "").came(came));
        }
    }
    Ok(LawEvidence::judged(lesser.len()))
}

/// The streams that failed, each for this permission and no other reason.
fn failed_for<'a>(permission: &str, report: &'a PassReport) -> Result<BTreeSet<&'a str>, Failure> {
    let mut failed = BTreeSet::new();
    for (stream, outcome) in &report.streams {
        if outcome.complete {
            continue;
        }
        let right = outcome
            .error
            .as_ref()
            .is_some_and(|error| match error.kind() {
                ErrorKind::PermissionMissing { permission: named } => {
                    named.as_ref().is_none_or(|named| named == permission)
                }
                _ => false,
            });
        if !right {
            let came = outcome
                .error
                .as_ref()
                .map_or_else(String::new, ToString::to_string);
            return Err(Failure::default()
                .expected(
                    format!("stream {stream} works, or fails for {permission}"),
                    "",
                )
                .came(came));
        }
        failed.insert(*stream);
    }
    Ok(failed)
}

/// Records that are gone although their model declares another permission.
fn missing_keys(
    whole: &View,
    view: &View,
    permission: &str,
    connector: &dyn Connector,
) -> Option<String> {
    let declared = declared(connector);
    let others = |model: &ModelKind| {
        declared
            .get(model)
            .is_some_and(|other| *other != permission)
    };
    let mut gone = whole
        .keys()
        .filter(|key| others(&key.0) && !view.contains_key(*key));
    let (model, key) = gone.next()?;
    Some(format!(
        "{model} {key} is missing, though {model} declares {}",
        declared[model]
    ))
}

async fn declared_is_needed(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let mut judged = 0;
    for Lesser {
        permission,
        connector,
        report,
        view,
    } in &lesser(harness, &*remote).await
    {
        let declared = declared(&**connector);
        for (model, _) in declared.iter().filter(|(_, needed)| *needed == permission) {
            let reads = connector.reads();
            let slot = reads.slots().into_iter().find(|(slot, _)| slot == model);
            let stream = slot.and_then(|(_, support)| Some(support.yes()?.stream.name()));
            let outcome = stream.and_then(|stream| report.streams.get(stream));
            let arrived = view.keys().filter(|(arrived, _)| arrived == model).count();
            if arrived > 0 || outcome.is_none_or(|outcome| outcome.complete) {
                return Err(Failure::default()
                    .expected(
                        format!("{model} fails without {permission}, which it declares"),
                        "",
                    )
                    .came(format!(
                        "{arrived} records arrived; the stream {stream:?} completed"
                    )));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn check_tells(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let all: BTreeSet<String> = remote.permissions().into_iter().collect();
    let failed =
        |expected: &str, came: String| Failure::default().expected(expected, "").came(came);
    let full = remote.connector();
    let access = full.check().await;
    let access = access.map_err(|error| failed("the check succeeds", error.to_string()))?;
    if !access.granted.is_superset(&all) || !access.missing.is_empty() {
        return Err(failed(
            "everything granted, nothing missing",
            format!("{access:?}"),
        ));
    }
    for permission in &all {
        let rest = all
            .iter()
            .filter(|other| *other != permission)
            .cloned()
            .collect();
        let connector = remote.connector_with(&rest);
        let access = match connector.check().await {
            Ok(access) => access,
            // The question itself may need the permission that is missing.
            Err(error) if names(error.kind(), permission) => continue,
            Err(error) => return Err(failed("the check succeeds", error.to_string())),
        };
        if access.granted.contains(permission) {
            return Err(failed(
                &format!("{permission} is not granted"),
                format!("{access:?}"),
            ));
        }
        for (model, _) in declared(&*connector)
            .iter()
            .filter(|(_, needed)| *needed == permission)
        {
            let missing = access.missing.get(model);
            if missing.is_none_or(|missing| !missing.contains(permission)) {
                let expected = format!("{model} is said to miss {permission}");
                return Err(failed(&expected, format!("{:?}", access.missing)));
            }
        }
    }
    Ok(LawEvidence::judged(all.len() + 1))
}

fn names(kind: &ErrorKind, permission: &str) -> bool {
    matches!(kind, ErrorKind::PermissionMissing { permission: Some(named) } if named == permission)
}
