//! What an action sent, and the places at which two runs of it differ.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::Sent;

/// Values by place, as in `candidate.create:/name`.
pub(super) type Places = BTreeMap<String, Vec<String>>;

/// Every value that the requests hold, by its place. Lists leave a `*`, so that their order does not
/// matter.
pub(super) fn places(requests: &[Sent]) -> Places {
    let mut places = Places::new();
    for request in requests {
        let mut path = format!("{}:", request.endpoint);
        collect(&request.body, &mut path, &mut places);
    }
    for values in places.values_mut() {
        values.sort_unstable();
    }
    places
}

fn collect(value: &Value, path: &mut String, places: &mut Places) {
    let length = path.len();
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, value) in members {
                path.push('/');
                path.push_str(&name.replace('~', "~0").replace('/', "~1"));
                collect(value, path, places);
                path.truncate(length);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                path.push_str("/*");
                collect(item, path, places);
                path.truncate(length);
            }
        }
        leaf => places
            .entry(path.clone())
            .or_default()
            .push(leaf.to_string()),
    }
}

/// The places whose values differ.
pub(super) fn difference(one: &Places, other: &Places) -> BTreeSet<String> {
    let all: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    all.into_iter()
        .filter(|place| one.get(*place) != other.get(*place))
        .cloned()
        .collect()
}

/// The places that differ and are not among those named, and the names that nothing differs at.
pub(super) fn compare(named: &[&str], came: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    let covers = |name: &str, place: &str| {
        place == name
            || (!name.contains(':') && place.starts_with(&format!("{name}:")))
            || place.starts_with(&format!("{name}/"))
    };
    let unnamed = came
        .iter()
        .filter(|place| !named.iter().any(|name| covers(name, place)));
    let idle = named
        .iter()
        .filter(|name| !came.iter().any(|place| covers(name, place)));
    (
        unnamed.cloned().collect(),
        idle.map(|name| (*name).to_owned()).collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sent(endpoint: &str, body: Value) -> Sent {
        Sent {
            endpoint: endpoint.to_owned(),
            body,
            status: 200,
        }
    }

    #[test]
    fn only_what_changed_differs() {
        let one = places(&[sent("a.b", json!({ "x": [1, 2], "y": { "z": "q" } }))]);
        let other = places(&[
            sent("a.b", json!({ "x": [2, 1], "y": { "z": "r" } })),
            sent("c.d", json!({ "k": true })),
        ]);
        let came = difference(&one, &other);
        assert_eq!(
            came.iter().map(String::as_str).collect::<Vec<_>>(),
            ["a.b:/y/z", "c.d:/k"]
        );
        assert_eq!(compare(&["a.b:/y", "c.d"], &came), (vec![], vec![]));
        let (unnamed, idle) = compare(&["a.b:/x"], &came);
        assert_eq!((unnamed.len(), idle.len()), (2, 1));
    }
}
