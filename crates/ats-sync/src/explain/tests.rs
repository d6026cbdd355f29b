//! Explanations of a real connector's records, judged by the proven matrix and by what is known of
//! the small world.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_conformance::{Mirror, mirror::with_joins};
use ats_core::{Bundle, Connection, Connector, Id, ModelKind, RawJson, Stream};
use ats_simulator::{Options, Simulator, ashby};
use serde_json::{Value, json};

use super::{
    absence::{Found, is_empty, look},
    mapping::Subject,
    trace::{Place, Traced},
};

struct Read {
    connector: Box<dyn Connector>,
    mirror: Mirror,
}

async fn read() -> Read {
    let simulator = Simulator::start(ashby::small_world(), Options::default())
        .await
        .unwrap();
    let connection = Connection {
        credentials: BTreeMap::from([("api_key".to_owned(), simulator.key().into())]),
        base_url: Some(simulator.base_url()),
        ..Connection::default()
    };
    let connector = (ats_connectors::find("ashby").unwrap().connect)(&connection).unwrap();
    let mut mirror = Mirror::new("ashby");
    assert!(mirror.full_pass(&*connector).await.complete());
    Read { connector, mirror }
}

impl Read {
    /// Every record, with the stream and the bundle that give it: the last in their order.
    fn givers(&self) -> BTreeMap<(ModelKind, String), (&dyn Stream, Arc<Bundle>)> {
        let mut streams = self.connector.streams();
        streams.sort_by_key(|stream| stream.name());
        let mut givers: BTreeMap<_, (&dyn Stream, Arc<Bundle>)> = BTreeMap::new();
        for stream in streams {
            for bundle in self.mirror.shelf().stream(stream.name()) {
                for record in with_joins(stream.map(bundle, self.mirror.shelf())) {
                    let key = (record.kind(), record.remote_key().into_owned());
                    givers.insert(key, (stream, Arc::clone(bundle)));
                }
            }
        }
        givers
    }

    fn trace(&self, model: ModelKind, key: &str, change: impl Fn(Bundle) -> Bundle) -> Traced {
        let givers = self.givers();
        let (stream, bundle) = &givers[&(model, key.to_owned())];
        self.trace_from(*stream, Arc::new(change((**bundle).clone())), model, key)
    }

    fn trace_from(
        &self,
        stream: &dyn Stream,
        bundle: Arc<Bundle>,
        model: ModelKind,
        key: &str,
    ) -> Traced {
        let integration = self.mirror.integration();
        let subject = Subject {
            stream,
            bundle,
            related: self.mirror.shelf(),
            integration,
            model,
            id: Id::derive([integration.as_str(), model.name(), key]),
        };
        subject.trace().unwrap()
    }
}

/// The proven sources of each field.
fn matrix() -> Value {
    serde_json::from_str(include_str!("../../../../docs/support/ashby.json")).unwrap()
}

fn usual(matrix: &Value, model: ModelKind, field: &str) -> Vec<String> {
    let sources = matrix["models"][model.name()]["fields"][field]["source"].as_array();
    let sources = sources.into_iter().flatten();
    sources
        .map(|source| source.as_str().unwrap().to_owned())
        .collect()
}

/// The place with every index written `*`.
fn general(place: &Place) -> String {
    let steps = place
        .path
        .split('/')
        .skip(1)
        .map(|step| match step.parse::<usize>() {
            Ok(_) => "*",
            Err(_) => step,
        });
    format!(
        "{}:/{}",
        place.endpoint,
        steps.collect::<Vec<_>>().join("/")
    )
}

/// What decides beside what the matrix names. The suite takes a place for unread if neither taking
/// it away nor a wrong value moves anything; this one moves something only with other values.
const BEYOND_THE_MATRIX: &[&str] =
    &["applications.rejected_at: interviewStage.list:/results/*/type"];

/// Fields that no place moves alone: a job may name a member twice, and a posting is active through
/// any of its listings.
const UNMOVED: &[&str] = &[
    "job_hiring_team_members.roles",
    "job_hiring_team_members.user_id",
    "job_postings.status",
];

/// More records of a model would say the same.
const OF_EACH_MODEL: usize = 12;

#[tokio::test]
async fn every_place_is_one_that_the_suite_has_proven_and_every_filled_field_has_one() {
    let read = read().await;
    let matrix = matrix();
    let records = read.mirror.records();
    let mut unproven = BTreeSet::new();
    let mut unexplained = BTreeSet::new();
    let mut seen: BTreeMap<ModelKind, usize> = BTreeMap::new();
    for ((model, key), (stream, bundle)) in read.givers() {
        let seen = seen.entry(model).or_default();
        *seen += 1;
        if *seen > OF_EACH_MODEL {
            continue;
        }
        let traced = read.trace_from(stream, bundle, model, &key);
        for (field, value) in records[&model][&key].as_object().unwrap() {
            let proven = usual(&matrix, model, field);
            let places = traced.places.get(field).map_or(&[][..], Vec::as_slice);
            for place in places.iter().map(general) {
                let of = |whole: &str, part: &str| {
                    let rest = part.strip_prefix(whole);
                    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
                };
                if !proven
                    .iter()
                    .any(|source| of(source, &place) || of(&place, source))
                {
                    unproven.insert(format!("{model}.{field}: {place}"));
                }
            }
            if places.is_empty() && !is_empty(value) && field != "remote_data" {
                unexplained.insert(format!("{model}.{field}"));
            }
        }
    }
    assert_eq!(Vec::from_iter(&unproven), BEYOND_THE_MATRIX);
    assert_eq!(Vec::from_iter(&unexplained), UNMOVED);
}

fn first(traced: &Traced, field: &str) -> (String, Value, bool, bool) {
    let place = &traced.places[field][0];
    let name = format!("{}:{}", place.endpoint, place.path);
    (name, place.value.clone(), place.own, place.direct)
}

#[tokio::test]
async fn what_a_field_shows_comes_before_what_takes_part_in_the_decision() {
    let read = read().await;
    let records = read.mirror.records();
    let jobs = &records[&ModelKind::Job];
    let (key, job) = jobs
        .iter()
        .find(|(_, job)| !job["department"].is_null())
        .unwrap();
    let traced = read.trace(ModelKind::Job, key, |bundle| bundle);
    assert_eq!(
        first(&traced, "name"),
        (
            "job.list:/results/*/title".into(),
            job["name"].clone(),
            true,
            true
        )
    );
    // A name is the shared document's; which document that is, the job says.
    assert_eq!(
        first(&traced, "department"),
        (
            "department.list:/results/*/name".into(),
            job["department"].clone(),
            false,
            true
        )
    );
    let second = &traced.places["department"][1];
    assert!(second.own && !second.direct && second.path == "/results/*/departmentId");
}

#[tokio::test]
async fn a_join_record_comes_from_the_bundle_of_its_parent() {
    let read = read().await;
    let records = read.mirror.records();
    let (key, tag) = records[&ModelKind::CandidateTag].first_key_value().unwrap();
    let traced = read.trace(ModelKind::CandidateTag, key, |bundle| bundle);
    let candidate = tag["candidate_id"].as_str().unwrap().replace("remote:", "");
    let place = &traced.places["tag_id"][0];
    assert_eq!(
        (place.stream, place.bundle.as_str()),
        ("candidates", candidate.as_str())
    );
    assert!(
        place.path.starts_with("/results/*/tags/") && place.path.ends_with("/id"),
        "{}",
        place.path
    );
    assert_eq!(traced.places["candidate_id"][0].path, "/results/*/id");
    assert_eq!(traced.key, *key);
}

#[tokio::test]
async fn a_value_that_could_not_be_mapped_is_named_with_its_place() {
    let read = read().await;
    let records = read.mirror.records();
    let (key, _) = records[&ModelKind::Job].first_key_value().unwrap();
    let with = |member: &str, value: Value| {
        read.trace(ModelKind::Job, key, |mut bundle| {
            let mut body = bundle.documents[0].body.to_value();
            body[member] = value.clone();
            bundle.documents[0].body = RawJson::from(&body);
            Bundle::new(bundle.id.clone(), bundle.documents.clone()).in_group(bundle.group.take())
        })
    };
    let traced = with("title", json!(7));
    assert_eq!(traced.lost["name"].path, "/title");
    assert_eq!(traced.lost["name"].expected, "a string");
    let traced = with("openedAt", json!({"year": 2026}));
    assert_eq!(traced.lost["opened_at"].path, "/openedAt");
    let traced = with("title", json!("Sound"));
    assert!(traced.lost.is_empty());
}

#[tokio::test]
async fn the_usual_places_of_an_empty_field_are_looked_at() {
    let read = read().await;
    let records = read.mirror.records();
    let (key, _) = records[&ModelKind::Job].first_key_value().unwrap();
    let traced = read.trace(ModelKind::Job, key, |mut bundle| {
        let mut body = bundle.documents[0].body.to_value();
        body["closedAt"] = Value::Null;
        body["hiringTeam"] = json!([{ "role": "" }, { "role": "Recruiter" }]);
        body.as_object_mut().unwrap().remove("title");
        bundle.documents[0].body = RawJson::from(&body);
        bundle
    });
    let sources = [
        ("job.list:/results/*/closedAt", Found::Null),
        ("job.list:/results/*/title", Found::Missing),
        ("job.list:/results/*/hiringTeam/*/role", Found::Value),
        ("job.list:/results/*/hiringTeam/*/email", Found::Missing),
        ("offer.list:/results/*/id", Found::NoDocument),
    ];
    let usual: Vec<String> = sources
        .iter()
        .map(|(source, _)| (*source).to_owned())
        .collect();
    let looked = look(&usual, &traced.documents);
    let found: Vec<_> = looked
        .iter()
        .map(|looked| (looked.source.as_str(), looked.found))
        .collect();
    assert_eq!(found, sources);
    assert_eq!(looked[2].value, Some(json!("Recruiter")));
}
