//! Filters of lists: what they find, in either order, with one record on a page or many.

use ats_core::{Id, ModelKind, Timestamp};
use ats_store::{Filter, ListQuery, Store, record_id};

use super::{
    build::{application, bundle, candidate, record},
    lists::{of, settled},
    mirror::Mirror,
};

fn three(mirror: &Mirror<'_>) {
    let named = |key: &str, name: &str, email: &str| {
        let addresses = serde_json::json!([
            { "email_address": format!("{key}@example.com"), "type": "WORK" },
            { "email_address": email, "type": null }
        ]);
        candidate(key)
            .with("first_name", name)
            .with("email_addresses", addresses)
    };
    mirror.show(
        "candidates",
        [
            named("a", "Ada", "Ada@Example.com"),
            named("b", "Élodie", "shared@example.com"),
            named("c", "ada", "SHARED@example.com"),
        ],
    );
}

pub(crate) fn ids_lead_to_their_records(store: &dyn Store) {
    let mirror = settled(store);
    let since = mirror.now();
    three(&mirror);
    let other = Mirror::named(store, "other");
    other.bring("x", [bundle("1", "").gives(candidate("z"))]);
    let id = |key: &str| mirror.id_of(ModelKind::Candidate, key);
    let list = |filters: Vec<Filter>| {
        let mut query = ListQuery::new(ModelKind::Candidate, 2);
        query.filters = filters;
        let by_key = mirror.list(&query);
        query.updated_after = Some(since);
        assert_eq!(mirror.list(&query), by_key);
        query.updated_after = Some(mirror.tick());
        assert_eq!(mirror.list(&query), [""; 0]);
        by_key
    };
    let elsewhere = other.id_of(ModelKind::Candidate, "z");
    let all = vec![id("c"), id("a"), id("b"), elsewhere, id("missing")];
    assert_eq!(list(vec![Filter::Ids(all)]), ["a", "b", "c"]);
    assert_eq!(list(vec![Filter::Ids(vec![])]), [""; 0]);
    let remote = |keys: &[&str]| Filter::RemoteIds(keys.iter().map(|key| (*key).into()).collect());
    assert_eq!(list(vec![remote(&["b", "c", "z"])]), ["b", "c"]);
    // Different filters all have to hold.
    assert_eq!(
        list(vec![
            remote(&["b", "c"]),
            Filter::Ids(vec![id("a"), id("c")])
        ]),
        ["c"]
    );
    let tag = record_id(&mirror.id, ModelKind::Tag, "a");
    assert_eq!(list(vec![Filter::Ids(vec![tag])]), [""; 0]);
}

pub(crate) fn texts_are_compared_as_the_filter_says(store: &dyn Store) {
    let mirror = settled(store);
    let since = mirror.now();
    three(&mirror);
    let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
    let list = |filter: Filter| {
        let mut query = ListQuery::new(ModelKind::Candidate, 1);
        query.filters = vec![filter];
        let by_key = mirror.list(&query);
        query.updated_after = Some(since);
        assert_eq!(mirror.list(&query), by_key);
        by_key
    };
    let field = "first_name";
    let is = |values| Filter::Is { field, values };
    assert_eq!(list(is(texts(&["ada", "x"]))), ["c"]);
    let ignoring = |values| Filter::IsIgnoringCase { field, values };
    assert_eq!(list(ignoring(texts(&["ADA"]))), ["a", "c"]);
    assert_eq!(list(ignoring(texts(&["élODIE"]))), ["b"]);
    let contains = |values| Filter::Contains { field, values };
    assert_eq!(list(contains(texts(&["D"]))), ["a", "b", "c"]);
    assert_eq!(list(contains(texts(&["éL", "zz"]))), ["b"]);
    assert_eq!(list(contains(Vec::new())), [""; 0]);
    assert_eq!(
        list(Filter::Email(texts(&["Shared@example.COM"]))),
        ["b", "c"]
    );
    assert_eq!(
        list(Filter::Email(texts(&["a@example.com", "none"]))),
        ["a"]
    );
    let field = "missing";
    let values = texts(&["ada"]);
    assert_eq!(list(Filter::Is { field, values }), [""; 0]);
    mirror.show(
        "users",
        [record(ModelKind::User, "u").with("email", "U@example.com")],
    );
    let mut query = ListQuery::new(ModelKind::User, 1);
    query.filters = vec![Filter::Email(texts(&["u@EXAMPLE.com"]))];
    assert_eq!(mirror.list(&query), ["u"]);
}

pub(crate) fn moments_in_a_field_can_be_asked_for(store: &dyn Store) {
    let mirror = settled(store);
    let field = "remote_created_at";
    let made = |key: &str, on: &str| {
        let moment = Timestamp::parse(on).unwrap().to_string();
        record(ModelKind::Job, key).with(field, moment)
    };
    let unknown = record(ModelKind::Job, "x").with(field, serde_json::Value::Null);
    let jobs = [
        made("a", "2026-01-01T23:59:59.999Z"),
        made("b", "2026-01-02"),
        unknown,
    ];
    mirror.show("jobs", jobs);
    let mut query = ListQuery::new(ModelKind::Job, 9);
    let moment = Timestamp::parse("2026-01-02").unwrap();
    query.filters = vec![Filter::Since { field, moment }];
    assert_eq!(mirror.list(&query), ["b"]);
}

/// Applications of two candidates on three jobs, their interviews, and a candidate without any.
pub(crate) fn hiring(mirror: &Mirror<'_>) {
    mirror.show(
        "candidates",
        [candidate("a"), candidate("b"), candidate("c")],
    );
    let on = |key: &str, candidate: &str, job: &str| {
        let job = mirror.id_of(ModelKind::Job, job);
        application(key, candidate).with("job_id", job.to_string())
    };
    let gone = on("4", "b", "l").archived();
    let applications = [
        on("1", "a", "j"),
        on("2", "a", "k"),
        on("3", "b", "k"),
        gone,
    ];
    mirror.show("applications", applications);
    let model = ModelKind::Interview;
    let interview = |key: &str, application: &str| {
        let to = [("application_id", ModelKind::Application, application)];
        of(mirror, model, key, &to)
    };
    mirror.show(
        "interviews",
        [interview("x", "1"), interview("y", "3"), record(model, "z")],
    );
}

pub(crate) fn references_lead_to_their_records(store: &dyn Store) {
    let mirror = settled(store);
    let since = mirror.now();
    hiring(&mirror);
    let jobs = |keys: &[&str]| -> Vec<Id> {
        let keys = keys.iter();
        keys.map(|key| mirror.id_of(ModelKind::Job, key)).collect()
    };
    let list = |model, filters: Vec<Filter>| {
        let mut query = ListQuery::new(model, 1);
        query.filters = filters;
        let by_key = mirror.list(&query);
        query.updated_after = Some(since);
        let mut by_moment = mirror.list(&query);
        by_moment.sort();
        assert_eq!(by_moment, by_key);
        by_key
    };
    let model = ModelKind::Application;
    let on = |keys: &[&str]| Filter::RefersTo(jobs(keys));
    assert_eq!(list(model, vec![on(&["j"])]), ["1"]);
    assert_eq!(
        list(model, vec![on(&["k", "j", "l", "j"])]),
        ["1", "2", "3"]
    );
    assert_eq!(list(model, vec![on(&[])]), [""; 0]);
    let of_b = Filter::RefersTo(vec![mirror.id_of(ModelKind::Candidate, "b")]);
    assert_eq!(list(model, vec![on(&["k", "j"]), of_b]), ["3"]);
    let model = ModelKind::Candidate;
    let with = |keys: &[&str]| Filter::WithApplicationOf(jobs(keys));
    assert_eq!(list(model, vec![with(&["k"])]), ["a", "b"]);
    assert_eq!(list(model, vec![with(&["j"])]), ["a"]);
    assert_eq!(list(model, vec![with(&["l"])]), [""; 0]);
    assert_eq!(list(model, vec![with(&["k"]), with(&["j"])]), ["a"]);
    assert_eq!(list(model, vec![with(&["k"]), with(&["l"])]), [""; 0]);
    let model = ModelKind::Interview;
    let of = |keys: &[&str]| Filter::OfApplicationOf(jobs(keys));
    assert_eq!(list(model, vec![of(&["k"])]), ["y"]);
    assert_eq!(list(model, vec![of(&["j", "k"])]), ["x", "y"]);
    assert_eq!(list(model, vec![of(&["j", "k"]), of(&["j"])]), ["x"]);
}

pub(crate) fn what_refers_to_several_is_found_once_and_in_order(store: &dyn Store) {
    let mirror = settled(store);
    let on = |number: usize| {
        let job = mirror.id_of(ModelKind::Job, if number < 6 { "j" } else { "k" });
        let candidate = mirror.id_of(ModelKind::Candidate, "c").to_string();
        let one = record(ModelKind::Application, &number.to_string());
        let one = one
            .with("job_id", job.to_string())
            .with("candidate_id", candidate);
        let outcome = if number % 3 == 2 { "HIRED" } else { "PENDING" };
        bundle(&number.to_string(), "").gives(one.with("outcome", outcome))
    };
    mirror.page("x").list((0..9).map(on).collect()).commit();
    let targets = [
        (ModelKind::Job, "k"),
        (ModelKind::Candidate, "c"),
        (ModelKind::Job, "j"),
    ];
    let targets = targets.map(|(model, key)| mirror.id_of(model, key));
    for limit in [1, 2, 9] {
        let mut query = ListQuery::new(ModelKind::Application, limit);
        query.filters = vec![Filter::RefersTo(targets.into())];
        let all: Vec<String> = (0..9).map(|number| number.to_string()).collect();
        assert_eq!(mirror.list(&query), all, "{limit}");
        for (outcome, found) in [
            ("HIRED", &["2", "5", "8"][..]),
            ("PENDING", &["0", "1", "3", "4", "6", "7"]),
        ] {
            query.filters.truncate(1);
            query.filters.push(Filter::Is {
                field: "outcome",
                values: vec![outcome.to_owned()],
            });
            assert_eq!(mirror.list(&query), found, "{limit}");
        }
    }
}

pub(crate) fn many_applications_of_a_job_are_found_as_few_are(store: &dyn Store) {
    let mirror = settled(store);
    let job = mirror.id_of(ModelKind::Job, "j").to_string();
    let row = |number: usize| {
        let key = format!("{number:04}");
        let one = application(&key, &key).with("job_id", job.clone());
        bundle(&key, "").gives(candidate(&key)).gives(one)
    };
    mirror.page("x").list((0..2100).map(row).collect()).commit();
    for (model, filter) in [
        (
            ModelKind::Candidate,
            Filter::WithApplicationOf(vec![mirror.id_of(ModelKind::Job, "j")]),
        ),
        (
            ModelKind::Application,
            Filter::RefersTo(vec![mirror.id_of(ModelKind::Job, "j")]),
        ),
    ] {
        let mut query = ListQuery::new(model, 500);
        query.filters = vec![filter];
        let (found, pages) = mirror.walk_list(&query);
        assert_eq!((found.len(), pages), (2100, 5));
        assert!(found.is_sorted());
    }
}
