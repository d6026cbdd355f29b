//! Which candidates have an e-mail address, so that only the first search of a large organisation
//! reads all of them. Knows no endpoint.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use serde_json::Value;

use super::text;
use crate::lock;
use crate::world::World;

/// The candidates of every address, as of one revision of the world.
#[derive(Debug, Default)]
pub(crate) struct MailIndex {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    revision: u64,
    /// By address the candidates that have it or once had it, oldest first.
    by_mail: HashMap<String, BTreeMap<u64, String>>,
}

impl MailIndex {
    /// The candidates that have this address, oldest first. Upper and lower case are the same.
    pub(crate) fn candidates(&self, world: &World, mail: &str) -> Vec<String> {
        let candidates = world.collection("candidates");
        let mut known = lock(&self.known);
        if known.revision > world.revision() {
            *known = Known::default();
        }
        if known.revision < world.revision() {
            for (place, document) in candidates.after(0) {
                if document.revision() <= known.revision {
                    continue;
                }
                for mail in mails(&document.peek_row()) {
                    let places = known.by_mail.entry(mail).or_default();
                    places.insert(place, document.id().to_owned());
                }
            }
            known.revision = world.revision();
        }
        let wanted = mail.to_ascii_lowercase();
        let found = known.by_mail.get(&wanted).into_iter().flatten();
        let still = |id: &String| {
            let document = candidates.document(id);
            document.is_some_and(|document| mails(&document.peek_row()).contains(&wanted))
        };
        found
            .map(|(_, id)| id)
            .filter(|id| still(id))
            .cloned()
            .collect()
    }
}

fn mails(candidate: &Value) -> Vec<String> {
    let mails = candidate["emailAddresses"].as_array().into_iter().flatten();
    mails
        .filter_map(|mail| Some(text(mail, "value")?.to_ascii_lowercase()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_address_is_found_until_it_is_gone() {
        let index = MailIndex::default();
        let mut world = World::default();
        let of = |mail: &str| json!({ "emailAddresses": [{ "value": mail }] });
        let first = world.insert("candidates", of("A@example.com"));
        let second = world.insert("candidates", of("b@example.com"));
        assert_eq!(index.candidates(&world, "a@EXAMPLE.com"), [&*first]);
        world.update("candidates", &second, |candidate| {
            candidate["emailAddresses"] = json!([{ "value": "a@example.com" }]);
        });
        let both = [first.clone(), second.clone()];
        assert_eq!(index.candidates(&world, "a@example.com"), both);
        assert_eq!(index.candidates(&world, "b@example.com"), [""; 0]);
        world.remove("candidates", &first);
        assert_eq!(index.candidates(&world, "a@example.com"), [second]);
        assert_eq!(
            index.candidates(&World::default(), "a@example.com"),
            [""; 0]
        );
    }
}
