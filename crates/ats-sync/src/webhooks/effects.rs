//! What follows from an event, as it is kept until somebody works it off: streams and ids.

use ats_core::{Connector, Effect, Target};
use serde::Deserialize;
use serde_json::{Value, json};

/// Effects as JSON text.
pub(super) fn keep(effects: &[Effect]) -> String {
    let target = |target: &Target| json!([target.stream, target.id]);
    let effects = effects.iter().map(|effect| match effect {
        Effect::Read(it) => json!({ "read": target(it) }),
        Effect::Gone(it) => json!({ "gone": target(it) }),
        Effect::Merged { from, into } => json!({ "merged": [target(from), target(into)] }),
        Effect::Walk(stream) => json!({ "walk": stream }),
    });
    Value::from_iter(effects).to_string()
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kept {
    Read((String, String)),
    Gone((String, String)),
    Merged((String, String), (String, String)),
    Walk(String),
}

/// What [`keep`] has kept. What points to a stream that the connector has no more is left out: there
/// is nothing to read.
pub(super) fn recall(text: &str, connector: &dyn Connector) -> Vec<Effect> {
    let kept: Vec<Kept> = serde_json::from_str(text).unwrap_or_default();
    let streams = connector.streams();
    let name = |name: &str| {
        let found = streams.iter().find(|stream| stream.name() == name);
        if found.is_none() {
            tracing::warn!(stream = name, "an event names a stream that is no more");
        }
        found.map(|stream| stream.name())
    };
    let target = |(stream, id): (String, String)| name(&stream).map(|name| Target::new(name, id));
    let effects = kept.into_iter().filter_map(|kept| match kept {
        Kept::Read(it) => target(it).map(Effect::Read),
        Kept::Gone(it) => target(it).map(Effect::Gone),
        Kept::Merged(from, into) => {
            let (from, into) = (target(from)?, target(into)?);
            Some(Effect::Merged { from, into })
        }
        Kept::Walk(stream) => name(&stream).map(Effect::Walk),
    });
    effects.collect()
}
