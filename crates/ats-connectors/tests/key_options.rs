//! What a manifest says about key options is true: taking an option away hides what it names, and
//! nothing else.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where its world does not start"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_conformance::Mirror;
use ats_core::{Connection, Connector, KeyOption, ModelKind, fields};
use ats_http::testing::FakeClock;
use ats_simulator::{KeySpec, Options, Simulator, ashby};
use serde_json::Value;

type Records = BTreeMap<ModelKind, BTreeMap<String, Value>>;

async fn read(simulator: &Simulator, key: KeySpec) -> Records {
    let connection = Connection {
        credentials: BTreeMap::from([("api_key".to_owned(), simulator.add_key(key).into())]),
        base_url: Some(simulator.base_url()),
        settings: BTreeMap::new(),
        clock: Some(Arc::new(FakeClock::new())),
        ..Connection::default()
    };
    let connector: Box<dyn Connector> =
        (ats_connectors::find("ashby").unwrap().connect)(&connection).unwrap();
    let mut mirror = Mirror::new("ashby");
    assert!(mirror.full_pass(&*connector).await.complete());
    mirror.records()
}

/// The models with records that are gone, and the fields that differ in those that stay.
type Hidden = (BTreeSet<ModelKind>, BTreeSet<(ModelKind, String)>);

/// What `less` does not show of `whole`. Raw documents aside: they show what the vendor sends.
fn compare(whole: &Records, less: &Records, (gone, changed): &mut Hidden) {
    for (model, records) in whole {
        for (key, record) in records {
            let Some(other) = less.get(model).and_then(|records| records.get(key)) else {
                gone.insert(*model);
                continue;
            };
            let names = fields(*model).into_keys();
            let moved = names.filter(|name| name != "remote_data" && record[name] != other[name]);
            changed.extend(moved.map(|name| (*model, name)));
        }
    }
}

/// What a key hides once `take_away` has taken its options. A small world has the odd things, a
/// large one the usual ones.
async fn hidden(take_away: fn(&mut KeySpec)) -> Hidden {
    let mut hidden = Hidden::default();
    for world in [ashby::small_world(), ashby::generated_world(7, 300)] {
        let simulator = Simulator::start(world, Options::default()).await.unwrap();
        let every = KeySpec::new("Every option", Simulator::all_permissions());
        let mut lesser = every.clone();
        take_away(&mut lesser);
        let whole = read(&simulator, every).await;
        compare(&whole, &read(&simulator, lesser).await, &mut hidden);
    }
    hidden
}

/// What these options together say that they decide about.
fn declared(options: &[&KeyOption]) -> Hidden {
    let records = options.iter().flat_map(|option| option.records).copied();
    let fields = options.iter().flat_map(|option| option.fields);
    let fields = fields.map(|(model, field)| (*model, (*field).to_owned()));
    (records.collect(), fields.collect())
}

#[tokio::test]
async fn each_key_option_hides_what_it_names_and_nothing_else() {
    let options = ats_connectors::find("ashby").unwrap().manifest.key_options;
    let labelled = |part: &str| -> Vec<&KeyOption> {
        let found = options.iter().filter(|option| option.label.contains(part));
        found.collect()
    };
    let confidential = hidden(|key| key.confidential = false).await;
    assert_eq!(confidential, declared(&labelled("confidential")));
    // The simulated vendor has one switch for what the real one splits in two.
    let private = hidden(|key| key.private_fields = false).await;
    assert_eq!(private, declared(&labelled("private fields")));
    assert_eq!(options.len(), 3, "an option that no case takes away");
}
