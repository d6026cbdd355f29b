//! What a key may read, in short: what `connect` and the demo show. `check` tells more.

use ats_core::{Access, Connector, Manifest};
use serde_json::{Map, Value, json};

/// What works and what is missing, a line for each.
pub(crate) fn lines(connector: &dyn Connector, access: &Access) -> Vec<String> {
    let manifest: &Manifest = connector.manifest();
    let reads = connector.reads();
    let slots = reads.slots();
    let mut readable = Vec::new();
    let mut lines = Vec::new();
    for (kind, slot) in slots {
        if slot.yes().is_none() {
            continue;
        }
        match access.missing.get(&kind) {
            None => readable.push(kind.name()),
            Some(missing) => {
                let boxes = missing
                    .iter()
                    .map(|permission| manifest.label_of(permission));
                let boxes = boxes.collect::<Vec<_>>().join(", ");
                lines.push(format!("missing  {:<26} needs: {boxes}", kind.name()));
            }
        }
    }
    let works = match (readable.len(), lines.is_empty()) {
        (0, _) => "works    nothing: the key has none of the permissions".to_owned(),
        (count, true) => format!("works    all {count} models can be read"),
        (_, false) => format!("works    {}", readable.join(", ")),
    };
    lines.insert(0, works);
    lines
}

/// The same for machines.
pub(crate) fn to_json(connector: &dyn Connector, access: &Access) -> Value {
    let mut models = Map::new();
    for (kind, slot) in connector.reads().slots() {
        if slot.yes().is_some() {
            let missing = access.missing.get(&kind).cloned().unwrap_or_default();
            let model = json!({ "ok": missing.is_empty(), "missing_permissions": missing });
            models.insert(kind.name().to_owned(), model);
        }
    }
    json!({ "title": access.title, "granted": access.granted, "models": models })
}
