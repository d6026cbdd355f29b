//! What anybody sees who opens the file with another program: one view per model, one column per
//! field, with the values that the API shows. A boolean is 1 or 0, since SQL has no other.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{ModelKind, Timestamp, fields};
use ats_store::{DeletionReason, RecordQuery, Store};
use chrono::DateTime;
use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value, json};

use crate::{
    Folder,
    suite::{
        build::{bundle, record},
        mirror::Mirror,
    },
};

/// The rows of a view, by the id, each as columns by name.
fn rows(folder: &Folder, view: &str) -> BTreeMap<String, BTreeMap<String, Sql>> {
    let raw = folder.raw();
    let mut statement = raw.prepare(&format!("SELECT * FROM {view}")).unwrap();
    let names: Vec<String> = statement
        .column_names()
        .iter()
        .map(|&name| name.into())
        .collect();
    let mut rows = statement.query([]).unwrap();
    let mut found = BTreeMap::new();
    while let Some(row) = rows.next().unwrap() {
        let values = names.iter().enumerate();
        let values: BTreeMap<String, Sql> = values
            .map(|(index, name)| (name.clone(), row.get_unwrap(index)))
            .collect();
        let Sql::Text(id) = values["id"].clone() else {
            panic!("{values:?}")
        };
        found.insert(id, values);
    }
    found
}

/// How a value of the API stands in SQL.
fn in_sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(value) => Sql::Integer((*value).into()),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Sql::Integer(number),
            None => Sql::Real(number.as_f64().unwrap()),
        },
        Value::String(text) => Sql::Text(text.clone()),
        list_or_object => Sql::Text(list_or_object.to_string()),
    }
}

/// The column as the API would show it: lists and objects are compared as such.
fn parsed(sql: &Sql, like: &Value) -> Sql {
    match (sql, like) {
        (Sql::Text(text), Value::Array(_) | Value::Object(_)) => {
            in_sql(&text.parse::<Value>().unwrap())
        }
        _ => sql.clone(),
    }
}

#[test]
fn each_model_has_a_view_with_exactly_its_fields() {
    let folder = Folder::new();
    drop(folder.open().unwrap());
    let raw = folder.raw();
    let mut statement = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'view'")
        .unwrap();
    let views = statement.query_map([], |row| row.get(0)).unwrap();
    let views: BTreeSet<String> = views.map(Result::unwrap).collect();
    let models: BTreeSet<String> = ModelKind::ALL
        .iter()
        .map(|kind| kind.name().into())
        .collect();
    assert_eq!(views, models);
    for kind in ModelKind::ALL {
        let statement = raw.prepare(&format!("SELECT * FROM {kind}")).unwrap();
        let columns: Vec<String> = statement
            .column_names()
            .iter()
            .map(|&it| it.into())
            .collect();
        let schema = kind.schema();
        let properties = schema.get("properties").unwrap().as_object().unwrap();
        let mut expected: Vec<String> = properties.keys().cloned().collect();
        expected.push("integration_id".to_owned());
        assert_eq!(columns, expected, "{kind}");
    }
}

/// A value for every field of a model, of all kinds that JSON has.
fn content(kind: ModelKind, turn: usize) -> Map<String, Value> {
    let values = [
        json!("Zoë O'Neil \"x\" \n ☃"),
        json!(true),
        json!(7),
        json!(null),
        json!([{ "a": [1, null, "ü"] }, true]),
        json!(-2.5),
        json!({ "k": { "l": [] } }),
        json!(false),
        json!(""),
        json!([]),
        json!(1_764_085_880_123_i64),
        json!("2026-01-02T03:04:05.678Z"),
    ];
    let fields = fields(kind).into_values();
    let own = fields.filter(|field| {
        !field.engine && !["remote_data", "integration_fields"].contains(&&*field.name)
    });
    own.enumerate()
        .map(|(place, field)| (field.name, values[(place + turn) % values.len()].clone()))
        .collect()
}

#[test]
fn the_views_show_what_the_api_shows() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    let definitions = json!([
        { "id": "f1", "key": "level", "type": "NUMBER", "label": "Level \"ü\"" },
        { "id": "f2", "key": null, "type": "TEXT", "label": null },
        { "id": "f3", "key": "late", "type": "TEXT", "label": "Later" },
    ]);
    mirror.page("things").layout(9, &definitions).commit();
    let values = json!([3.5, ["a", { "b": null }], null]);
    let mut of_kinds = Vec::new();
    for kind in ModelKind::ALL {
        let has_fields = fields(*kind).contains_key("integration_fields");
        for turn in 0..12 {
            let key = format!("{kind} {turn}");
            let mut shown = record(*kind, &key);
            for (field, value) in content(*kind, turn) {
                shown = shown.with(&field, value);
            }
            if has_fields {
                shown = shown.fields(9, &values);
            }
            of_kinds.push(bundle(&key, "").gives(shown));
        }
    }
    let gone = of_kinds.iter().step_by(5).cloned().collect();
    let first = mirror.walk("things");
    let page = mirror.page("things").list(of_kinds);
    page.ends(first, None).commit();
    let walk = mirror.walk("things");
    mirror.page("things").list(gone).ends(walk, None).commit();
    let at = mirror.tick();
    store.sweep(walk, DeletionReason::Gone, at, 1000).unwrap();

    for kind in ModelKind::ALL {
        let views = rows(&folder, kind.name());
        let query = RecordQuery {
            model: *kind,
            include_deleted: true,
            changed_since: None,
            after: 0,
            limit: 1000,
        };
        let records = store.records(&mirror.id, query).unwrap();
        assert_eq!((records.len(), views.len()), (12, 12), "{kind}");
        for found in records {
            let has_place = fields(*kind).contains_key("remote_data");
            let text = found.to_json(has_place.then_some("null")).unwrap();
            let shown: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let columns = &views[found.id.as_str()];
            for (field, value) in &shown {
                // A join record has no such field; the builder writes it into every record.
                if field == "remote_id" && !fields(*kind).contains_key(field) {
                    continue;
                }
                let column = parsed(&columns[field], value);
                assert_eq!(column, in_sql(value), "{kind}.{field} of {text}");
            }
            assert_eq!(columns["integration_id"], Sql::Text(mirror.id.to_string()));
        }
    }
}

#[test]
fn views_show_every_integration_under_its_id() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    for name in ["first", "second"] {
        let mirror = Mirror::named(&store, name);
        mirror.bring("jobs", [bundle("1", "").gives(record(ModelKind::Job, "j"))]);
    }
    let sql = "SELECT count(DISTINCT integration_id) || ' ' || count(*) FROM jobs";
    let counted: String = folder.raw().query_row(sql, [], |row| row.get(0)).unwrap();
    assert_eq!(counted, "2 2");
}

/// What the views make of an instant.
fn printed(raw: &rusqlite::Connection, millis: i64) -> String {
    raw.execute("UPDATE records SET changed_at = ?1", [millis])
        .unwrap();
    raw.query_row("SELECT changed_at FROM jobs", [], |row| row.get(0))
        .unwrap()
}

#[test]
fn the_views_print_instants_as_the_api_does() {
    let folder = Folder::new();
    let store = folder.open().unwrap();
    let mirror = Mirror::new(&store);
    mirror.bring("jobs", [bundle("1", "").gives(record(ModelKind::Job, "j"))]);
    let raw = folder.raw();
    raw.pragma_update(None, "synchronous", "OFF").unwrap();
    let expected = |millis: i64| {
        let instant = DateTime::from_timestamp_millis(millis).unwrap();
        Timestamp::from(instant).to_string()
    };
    for millis in [
        0,
        1,
        -1,
        999,
        -999,
        -1000,
        1000,
        -1001,
        59_999,
        1_767_322_999_999,
        -62_167_219_200_000,
    ] {
        assert_eq!(printed(&raw, millis), expected(millis));
    }
    // The years 0 to 9999.
    let years = -62_167_219_200_000_i64..=253_402_300_799_999;
    proptest!(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() }, |(millis in years)| {
        prop_assert_eq!(printed(&raw, millis), expected(millis));
    });
}
