//! Layouts: the definitions in lists of the vendor's own fields, which thousands of records share.
//!
//! A record keeps its values and the key of its layout. The key of a list is found by comparing
//! addresses, since connectors share the texts of a definition; only an unknown list is printed and
//! hashed.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use ats_core::model::IntegrationField;
use ats_store::Layout;
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Lists whose key is remembered. More are only met when definitions change all the time.
const MOST_REMEMBERED: usize = 64;

/// The layouts that this engine has met in a pass.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    remembered: RwLock<Vec<(Vec<IntegrationField>, i64)>>,
    met: Mutex<HashMap<i64, Arc<str>>>,
    stored: RwLock<HashSet<i64>>,
}

#[derive(Serialize)]
struct Definition<'a> {
    id: &'a str,
    key: &'a str,
    #[serde(rename = "type")]
    origin: ats_core::model::FieldOrigin,
    label: Option<&'a str>,
}

impl Layouts {
    /// The key of the layout, and the values as a JSON array.
    pub(crate) fn split(
        &self,
        fields: &[IntegrationField],
    ) -> Result<(i64, String), serde_json::Error> {
        let values = serde_json::to_string(&Values(fields))?;
        let remembered = self
            .remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let found = remembered.iter().rev().find(|(list, _)| same(list, fields));
        if let Some((_, key)) = found {
            return Ok((*key, values));
        }
        drop(remembered);
        Ok((self.meet(fields)?, values))
    }

    fn meet(&self, fields: &[IntegrationField]) -> Result<i64, serde_json::Error> {
        let definitions: Vec<_> = fields
            .iter()
            .map(|field| Definition {
                id: &field.id,
                key: &field.key,
                origin: field.origin,
                label: field.label.as_deref(),
            })
            .collect();
        let definitions = serde_json::to_string(&definitions)?;
        let mut number = [0; 8];
        number.copy_from_slice(&Sha256::digest(&definitions)[..8]);
        let key = i64::from_le_bytes(number);
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        met.entry(key).or_insert_with(|| definitions.into());
        drop(met);
        let mut remembered = self
            .remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() < MOST_REMEMBERED {
            // The texts are kept alive, so that no other one can get their addresses.
            let without_values = fields.iter().map(|field| IntegrationField {
                value: Value::Null,
                ..field.clone()
            });
            remembered.push((without_values.collect(), key));
        }
        Ok(key)
    }

    /// Those of these layouts that are not known to be stored.
    pub(crate) fn unstored(&self, keys: impl IntoIterator<Item = i64>) -> Vec<Layout> {
        let stored = self.stored.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<i64> = keys
            .into_iter()
            .filter(|key| !stored.contains(key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        let layout = |key| {
            let definitions = met.get(&key)?.to_string();
            Some(Layout { key, definitions })
        };
        keys.into_iter().filter_map(layout).collect()
    }

    /// These are stored now.
    pub(crate) fn stored<'a>(&self, layouts: impl IntoIterator<Item = &'a Layout>) {
        let mut stored = self.stored.write().unwrap_or_else(PoisonError::into_inner);
        stored.extend(layouts.into_iter().map(|layout| layout.key));
    }
}

/// Whether both lists have the same definitions, as far as addresses tell.
fn same(one: &[IntegrationField], other: &[IntegrationField]) -> bool {
    let label = |field: &IntegrationField| field.label.as_ref().map(Arc::as_ptr);
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| {
            Arc::ptr_eq(&one.id, &other.id)
                && Arc::ptr_eq(&one.key, &other.key)
                && one.origin == other.origin
                && label(one) == label(other)
        })
}

/// The values of a list, as a JSON array.
struct Values<'a>(&'a [IntegrationField]);

impl Serialize for Values<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|field| &field.value))
    }
}

#[cfg(test)]
mod tests {
    use ats_core::model::FieldOrigin;
    use serde_json::json;

    use super::*;

    fn field(id: &str, label: &str, value: Value) -> IntegrationField {
        IntegrationField {
            id: id.into(),
            key: id.into(),
            origin: FieldOrigin::Custom,
            value,
            label: Some(label.into()),
        }
    }

    #[test]
    fn equal_definitions_have_one_key_whether_or_not_their_texts_are_shared() {
        let layouts = Layouts::default();
        let first = [field("a", "A", json!(1)), field("b", "B", json!(null))];
        let (key, values) = layouts.split(&first).unwrap();
        assert_eq!(values, "[1,null]");
        let shared = [first[0].clone(), first[1].clone()];
        assert_eq!(layouts.split(&shared).unwrap().0, key);
        let apart = [field("a", "A", json!(2)), field("b", "B", json!([]))];
        assert_eq!(layouts.split(&apart).unwrap(), (key, "[2,[]]".to_owned()));
        let renamed = [field("a", "A", json!(1)), field("b", "C", json!(null))];
        assert_ne!(layouts.split(&renamed).unwrap().0, key);
        let shorter = &first[..1];
        assert_ne!(layouts.split(shorter).unwrap().0, key);
    }

    #[test]
    fn a_layout_is_handed_over_until_it_is_stored() {
        let layouts = Layouts::default();
        let (key, _) = layouts.split(&[field("a", "A", json!(1))]).unwrap();
        let unstored = layouts.unstored([key, key]);
        assert_eq!(unstored.len(), 1);
        assert_eq!(
            unstored[0].definitions,
            r#"[{"id":"a","key":"a","type":"CUSTOM","label":"A"}]"#
        );
        layouts.stored(&unstored);
        assert!(layouts.unstored([key]).is_empty());
    }
}
