//! Laws of the whole: what the connector says about itself is true, and records fit together.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{ModelKind, fields};

use super::{
    Judged, LawEvidence,
    compare::{complete, fresh, given, view},
    probe::start,
};
use crate::{
    Dangling, Failure, Harness, Mirror, WorldKind,
    mirror::{RelatedView, with_joins},
};

super::declare! {
    "integrity/second-pass-changes-nothing",
    "a second full pass over an unchanged vendor changes no record",
    "everything seems to change all the time, and webhooks storm" => second_pass;

    "integrity/records-are-unique",
    "one bundle gives a record once",
    "of two records with one key one is lost, and nobody knows which" => unique;

    "integrity/lookups-are-declared",
    "`fetch` and `map` look up only what `uses` names",
    "an engine does not map again what has changed, or finds nothing where a test found something" => lookups;

    "integrity/streams-are-in-order",
    "streams have different names and use only streams before them",
    "a stream looks up what has not been read yet" => order;

    "integrity/models-are-declared",
    "streams give only models that they name and the connector claims, and every claimed model is seen in the stream that is said to carry it",
    "a model that is claimed never arrives" => models;

    "integrity/references-resolve",
    "a reference leads to a record, unless the world has it lead nowhere on purpose",
    "relations in the unified API lead nowhere" => references;

    "integrity/settings-work",
    "whichever way a setting is switched, every stream completes",
    "a switch that nobody tried stops the sync" => settings;
}

async fn second_pass(harness: &dyn Harness) -> Judged {
    let mut judged = 0;
    for world in [WorldKind::SMALL, generated()] {
        let remote = harness.start(world).await;
        let connector = remote.connector();
        let mut mirror = fresh(harness, &*connector).await?;
        let first = mirror.tick();
        let report = mirror.full_pass(&*connector).await;
        complete(&report, "a second full pass")?;
        let moved = mirror
            .stored()
            .iter()
            .filter(|(_, stored)| stored.changed_at != first);
        let moved: Vec<_> = moved
            .map(|((model, key), _)| format!("{model} {key}"))
            .take(5)
            .collect();
        if !report.quiet() || !moved.is_empty() {
            return Err(Failure::default()
                .expected("no record changed", "")
                .came(format!(
                    "{moved:?} {:?} {:?}",
                    report.updated, report.deleted
                )));
        }
        judged += mirror.stored().len();
    }
    Ok(LawEvidence::judged(judged))
}

/// A world that nobody wrote by hand, for laws that hold in any world.
fn generated() -> WorldKind {
    WorldKind::Generated {
        seed: 7,
        candidates: 20,
        page_size_cap: None,
    }
}

async fn unique(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mirror = fresh(harness, &*connector).await?;
    let mut judged = 0;
    for stream in connector.streams() {
        for bundle in mirror.shelf().stream(stream.name()) {
            let related = RelatedView::new(stream, mirror.shelf());
            let mut seen = BTreeSet::new();
            for record in with_joins(stream.map(bundle, &related)) {
                let key = (record.kind(), record.remote_key().into_owned());
                if key.1.is_empty() || !seen.insert(key.clone()) {
                    return Err(Failure::default()
                        .record(format!("{} {}", key.0, key.1))
                        .expected(format!("one record a key from bundle {}", bundle.id), "")
                        .came("two, or one without a key"));
                }
                judged += 1;
            }
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn lookups(harness: &dyn Harness) -> Judged {
    let remote = start(harness, Some(3)).await;
    let connector = remote.connector();
    let mut mirror = Mirror::new(harness.slug());
    let mut judged = 0;
    for report in [
        mirror.full_pass(&*connector).await,
        mirror.delta_pass(&*connector).await,
    ] {
        complete(&report, "a pass")?;
        if !report.violations.is_empty() {
            return Err(Failure::default()
                .expected("look-ups in the streams that `uses` names", "")
                .came(format!("{:?}", report.violations)));
        }
        judged += report.streams.len();
    }
    Ok(LawEvidence::judged(judged))
}

async fn order(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mut before = BTreeSet::new();
    for stream in connector.streams() {
        let later = stream.uses().iter().find(|used| !before.contains(*used));
        if let Some(later) = later {
            return Err(Failure::default()
                .expected(
                    format!("stream {} uses streams before it", stream.name()),
                    "",
                )
                .came(format!("it uses {later}, which is not before it")));
        }
        if !before.insert(stream.name()) {
            return Err(Failure::default()
                .expected("streams of different names", "")
                .came(format!("two are called {}", stream.name())));
        }
    }
    Ok(LawEvidence::judged(before.len()))
}

async fn models(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let mirror = fresh(harness, &*connector).await?;
    let wrong =
        |expected: String, came: String| Err(Failure::default().expected(expected, "").came(came));
    let mut seen = BTreeMap::new();
    for stream in connector.streams() {
        let kinds: BTreeSet<ModelKind> = given(&mirror, stream)
            .into_iter()
            .map(|(model, _)| model)
            .collect();
        if let Some(model) = kinds.iter().find(|model| !stream.models().contains(model)) {
            let expected = format!("stream {} gives only the models it names", stream.name());
            return wrong(expected, format!("it gives {model}"));
        }
        seen.insert(stream.name(), kinds);
    }
    let reads = connector.reads();
    let mut claimed = BTreeSet::new();
    for (model, slot) in reads.slots() {
        let Some(read) = slot.yes() else {
            continue;
        };
        if seen
            .get(read.stream.name())
            .is_none_or(|kinds| !kinds.contains(&model))
        {
            let expected = format!("{model} comes from stream {}", read.stream.name());
            return wrong(expected, "no record of it does".to_owned());
        }
        claimed.insert(model);
    }
    for stream in connector.streams() {
        if let Some(model) = stream
            .models()
            .iter()
            .find(|model| !claimed.contains(*model))
        {
            let expected = format!("stream {} names only claimed models", stream.name());
            return wrong(expected, format!("it names {model}"));
        }
    }
    Ok(LawEvidence::judged(claimed.len()))
}

async fn references(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let mirror = fresh(harness, &*remote.connector()).await?;
    let on_purpose = harness.expected().dangling;
    let view = view(&mirror);
    let mut judged = 0;
    for model in ModelKind::ALL {
        let targets = fields(*model)
            .into_values()
            .filter_map(|field| Some((field.name, field.target?)));
        for (field, target) in targets {
            for ((_, key), shown) in view.iter().filter(|((kind, _), _)| kind == model) {
                let record = shown.content();
                let Some(id) = record[&field]
                    .as_str()
                    .and_then(|text| text.strip_prefix("remote:"))
                else {
                    continue;
                };
                judged += 1;
                let dangling = Dangling {
                    model: *model,
                    field: field.clone(),
                    target: id.to_owned(),
                };
                if !view.contains_key(&(target, id.to_owned())) && !on_purpose.contains(&dangling) {
                    return Err(Failure::default()
                        .record(format!("{model} {key}"))
                        .expected(format!("{field} leads to a record of {target}"), "")
                        .came(format!("nobody has the id {id}"))
                        .hint("if the world has it so on purpose, name it among the expected dangling references"));
                }
            }
        }
    }
    Ok(LawEvidence::judged(judged))
}

async fn settings(harness: &dyn Harness) -> Judged {
    let remote = start(harness, None).await;
    let connector = remote.connector();
    let settings = connector.manifest().settings;
    if settings.is_empty() {
        return Ok(LawEvidence::without_object("the connector has no settings"));
    }
    let keys = |mirror: &Mirror| view(mirror).into_keys().collect::<BTreeSet<_>>();
    let whole = keys(&fresh(harness, &*connector).await?);
    let mut judged = 0;
    for setting in settings {
        for on in [true, false] {
            let connector = remote.connector_with_setting(setting.name, on);
            let mirror = fresh(harness, &*connector).await?;
            let keys = keys(&mirror);
            let as_by_default = on == setting.default;
            if keys.is_empty() || !keys.is_subset(&whole) || (as_by_default && keys != whole) {
                return Err(Failure::default()
                    .expected(
                        format!(
                            "records, and none but the usual ones, with {} = {on}",
                            setting.name
                        ),
                        "",
                    )
                    .came(format!("{} records instead of {}", keys.len(), whole.len())));
            }
            judged += 1;
        }
    }
    Ok(LawEvidence::judged(judged))
}
