//! Laws of permissions: each one that is missing costs what needs it, by name, and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_core::{Access, Connector, ErrorKind, ModelKind};

use super::{
    Judged, LawEvidence,
    compare::{View, difference, fresh, given, spared, view, with_users},
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

/// The permissions that each claimed model declares.
fn declared(connector: &dyn Connector) -> BTreeMap<ModelKind, &'static [&'static str]> {
    let reads = connector.reads();
    let slots = reads.slots().into_iter();
    slots
        .filter_map(|(model, slot)| Some((model, slot.yes()?.permissions)))
        .collect()
}

async fn one_less(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let mirror = fresh(harness, &*remote.connector()).await?;
    let whole = view(&mirror);
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
        let spared = |view: &View| spared(view, &mirror, &**connector, &hurt);
        let same = difference(&spared(&whole), &spared(view));
        let missing = missing(&mirror, view, permission, &**connector);
        if let Some(came) = same.or(missing) {
            return Err(Failure::default()
                .expected(
                    format!("without {permission}, everything that does not need it"),
                    "",
                )
                .came(came));
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

/// A record that is gone although its model, as its own stream gives it, needs other permissions.
fn missing(
    whole: &Mirror,
    view: &View,
    permission: &str,
    connector: &dyn Connector,
) -> Option<String> {
    let reads = connector.reads();
    for (model, slot) in reads.slots() {
        let Some(read) = slot
            .yes()
            .filter(|read| !read.permissions.contains(&permission))
        else {
            continue;
        };
        let mut given = given(whole, read.stream).into_iter();
        if let Some((_, key)) = given.find(|key| key.0 == model && !view.contains_key(key)) {
            let needs = read.permissions.join(" and ");
            return Some(format!(
                "{model} {key} is missing, though {model} needs only {needs}"
            ));
        }
    }
    None
}

async fn declared_is_needed(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let mut judged = 0;
    for Lesser {
        permission,
        connector,
        report,
        ..
    } in &lesser(harness, &*remote).await
    {
        let failed = failed_for(permission, report)?;
        // A stream that walks what another one found has nothing to ask for when that one failed.
        let hurt = with_users(&**connector, &failed);
        let reads = connector.reads();
        for (model, slot) in reads.slots() {
            let Some(read) = slot
                .yes()
                .filter(|read| read.permissions.contains(&permission.as_str()))
            else {
                continue;
            };
            if !hurt.contains(read.stream.name()) {
                return Err(Failure::default()
                    .expected(
                        format!("{model} fails without {permission}, which it declares"),
                        "",
                    )
                    .came(format!("the stream {} completed", read.stream.name())));
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
        tells_all(&*connector, &access, &|held| held != permission)?;
    }
    // A key that may do nothing misses everything that each model needs, not the first of it only.
    let connector = remote.connector_with(&BTreeSet::new());
    match connector.check().await {
        Ok(access) => tells_all(&*connector, &access, &|_| false)?,
        Err(error) if matches!(error.kind(), ErrorKind::PermissionMissing { .. }) => {}
        Err(error) => return Err(failed("the check succeeds", error.to_string())),
    }
    Ok(LawEvidence::judged(all.len() + 2))
}

/// Whether the check says of each model exactly which of its permissions are not `held`.
fn tells_all(
    connector: &dyn Connector,
    access: &Access,
    held: &dyn Fn(&str) -> bool,
) -> Result<(), Failure> {
    for (model, needed) in declared(connector) {
        let lacking: BTreeSet<&str> = needed.iter().copied().filter(|name| !held(name)).collect();
        let told = access.missing.get(&model).into_iter().flatten();
        let told: BTreeSet<&str> = told.map(String::as_str).collect();
        if told != lacking {
            return Err(Failure::default()
                .expected(format!("{model} is said to miss {lacking:?}"), "")
                .came(format!("{told:?}")));
        }
    }
    Ok(())
}

fn names(kind: &ErrorKind, permission: &str) -> bool {
    matches!(kind, ErrorKind::PermissionMissing { permission: Some(named) } if named == permission)
}
