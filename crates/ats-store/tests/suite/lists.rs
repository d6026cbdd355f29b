//! Lists: their order, their pages, and what `updated_after` finds.

use ats_core::{Id, ModelKind, Timestamp};
use ats_store::{ListQuery, PassKind, PassState, Place, Store};

use super::{
    build::{Brought, Shown, application, at, bundle, candidate, record},
    filters::hiring,
    mirror::Mirror,
};

/// A mirror whose first pass is over.
pub(crate) fn settled(store: &dyn Store) -> Mirror<'_> {
    let mirror = Mirror::new(store);
    mirror.end(PassState::Succeeded);
    mirror.begin(PassKind::Delta);
    mirror
}

impl Mirror<'_> {
    /// A list to its end, as the vendor's ids, and how many pages it had.
    pub(crate) fn walk_list(&self, query: &ListQuery) -> (Vec<String>, usize) {
        let mut query = query.clone();
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = self.store.list(&self.id, &query, &mut Vec::new());
            let page = page.unwrap();
            pages += 1;
            assert!(page.rows.len() <= query.limit);
            found.extend(page.without_answer().map(|record| {
                assert_eq!(record.model, query.model);
                let content: serde_json::Value = record.content.parse().unwrap();
                content["remote_id"].as_str().unwrap().to_owned()
            }));
            match page.next {
                // It comes from a cursor.
                Some(next) => query.after = Some(next.to_string().parse().unwrap()),
                None => return (found, pages),
            }
        }
    }

    pub(crate) fn list(&self, query: &ListQuery) -> Vec<String> {
        self.walk_list(query).0
    }

    /// The records of a model that changed, or were touched, since a moment.
    fn updated(&self, model: ModelKind, since: Timestamp) -> Vec<String> {
        let mut query = ListQuery::new(model, 100);
        query.updated_after = Some(since);
        self.list(&query)
    }

    /// Brings one bundle for each record, and gives the moment of the commit.
    pub(crate) fn show<const N: usize>(&self, stream: &str, records: [Shown; N]) -> Timestamp {
        let rows = records.into_iter().enumerate();
        let rows = rows.map(|(index, record)| given(&format!("{stream}{index}"), [record]));
        self.page(stream).list(rows.collect()).commit();
        self.now()
    }
}

/// A bundle that changes with what it gives.
pub(crate) fn given<const N: usize>(id: &str, records: [Shown; N]) -> Brought {
    let mut brought = bundle(id, &format!("{records:?}"));
    for record in records {
        brought = brought.gives(record);
    }
    brought
}

/// A record that refers to others.
pub(crate) fn of(
    mirror: &Mirror<'_>,
    model: ModelKind,
    key: &str,
    to: &[(&str, ModelKind, &str)],
) -> Shown {
    let mut shown = record(model, key);
    for (field, target, key) in to {
        shown = shown.with(field, mirror.id_of(*target, key).to_string());
    }
    shown
}

pub(crate) fn a_list_is_paged_to_its_end_in_the_order_of_keys(store: &dyn Store) {
    let mirror = settled(store);
    let other = Mirror::named(store, "other");
    for key in ["a", "b", "c", "d"] {
        mirror.bring(key, [bundle(key, "").gives(candidate(key))]);
        other.bring(key, [bundle(key, "").gives(candidate(key))]);
    }
    mirror.bring("tags", [bundle("1", "").gives(record(ModelKind::Tag, "t"))]);
    mirror.bring("d", [bundle("d", "2").gives(candidate("d").archived())]);
    let query = |limit| ListQuery::new(ModelKind::Candidate, limit);
    let abc = |pages| (vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], pages);
    assert_eq!(mirror.walk_list(&query(2)), abc(2));
    assert_eq!(mirror.walk_list(&query(1)), abc(3));
    assert_eq!(mirror.walk_list(&query(3)), abc(1));
    let mut all = query(4);
    all.include_deleted = true;
    assert_eq!(mirror.walk_list(&all).0.len(), 4);
    assert_eq!(mirror.list(&ListQuery::new(ModelKind::Offer, 2)), [""; 0]);
}

pub(crate) fn a_list_by_moments_stands_in_their_order(store: &dyn Store) {
    let mirror = settled(store);
    let since = mirror.now();
    mirror.show("x", [candidate("a"), candidate("b"), candidate("c")]);
    mirror.bring(
        "x",
        [bundle("x0", "2").gives(candidate("a").with("title", "new"))],
    );
    let mut query = ListQuery::new(ModelKind::Candidate, 2);
    query.updated_after = Some(since);
    assert_eq!(
        mirror.walk_list(&query),
        (vec!["b".into(), "c".into(), "a".into()], 2)
    );
    query.updated_after = Some(mirror.now());
    assert_eq!(mirror.list(&query), ["a"]);
    query.updated_after = Some(mirror.tick());
    assert_eq!(mirror.list(&query), [""; 0]);
    // A place of the other order begins at the beginning.
    query.updated_after = Some(since);
    query.after = Some(Place {
        touched: None,
        key: i64::MAX,
    });
    assert_eq!(mirror.list(&query).len(), 3);
}

pub(crate) fn moments_rise_whatever_the_engine_says(store: &dyn Store) {
    let mirror = settled(store);
    let mut query = ListQuery::new(ModelKind::Candidate, 9);
    query.updated_after = Some(mirror.now());
    mirror.show("x", [candidate("a"), candidate("b")]);
    mirror.bring("y", [bundle("1", "").gives(candidate("c"))]);
    assert_eq!(mirror.list(&query), ["a", "b", "c"]);
    // These were read at the same moment or before it, and waited for their turn.
    let late = |key: &str, moment| {
        let late = given(key, [candidate(key).with("title", "new")]);
        let page = mirror.page("z").bundles([late]);
        page.but(|page| page.at = moment).commit();
    };
    late("a", mirror.candidate("c").changed_at);
    assert_eq!(mirror.list(&query), ["b", "c", "a"]);
    late("b", at(900));
    assert_eq!(mirror.list(&query), ["c", "a", "b"]);
    assert_eq!(mirror.candidate("b").changed_at, at(900));
}

pub(crate) fn a_walk_sees_what_changes_under_it(store: &dyn Store) {
    let mirror = settled(store);
    let since = mirror.now();
    for key in ["a", "b", "c"] {
        mirror.bring(key, [bundle(key, "").gives(candidate(key))]);
    }
    let mut query = ListQuery::new(ModelKind::Candidate, 2);
    query.updated_after = Some(since);
    let page = store.list(&mirror.id, &query, &mut Vec::new()).unwrap();
    query.after = page.next;
    // One that was seen and one that was not; both move to the end.
    mirror.bring(
        "a",
        [bundle("a", "2").gives(candidate("a").with("title", "x"))],
    );
    mirror.bring(
        "c",
        [bundle("c", "2").gives(candidate("c").with("title", "x"))],
    );
    assert_eq!(mirror.list(&query), ["a", "c"]);
}

pub(crate) fn what_belongs_to_a_record_counts_as_its_change(store: &dyn Store) {
    use ModelKind::*;
    let mirror = settled(store);
    mirror.show("candidates", [candidate("c"), candidate("d")]);
    mirror.show("jobs", [record(Job, "j")]);
    mirror.show(
        "applications",
        [application("a", "c"), application("b", "c")],
    );
    mirror.show(
        "interviews",
        [of(
            &mirror,
            Interview,
            "i",
            &[("application_id", Application, "a")],
        )],
    );
    let before: Vec<_> = [
        (Candidate, "c"),
        (Application, "a"),
        (Job, "j"),
        (Interview, "i"),
    ]
    .map(|(model, key)| mirror.get(model, key).unwrap().changed_at)
    .into();
    let check = |since, expected: &[(ModelKind, &[&str])]| {
        for model in [Candidate, Application, Job, Interview, Offer] {
            let expected = expected.iter().find(|(of, _)| *of == model);
            let expected = expected.map_or(&[][..], |(_, keys)| *keys);
            assert_eq!(mirror.updated(model, since), expected, "{model}");
        }
    };
    let to_job = [("job_id", Job, "j")];
    let to_application = [("application_id", Application, "a")];

    let since = mirror.show("offers", [of(&mirror, Offer, "o", &to_application)]);
    check(since, &[(Application, &["a"]), (Offer, &["o"])]);
    let moved = of(
        &mirror,
        Interview,
        "i",
        &[("application_id", Application, "b")],
    );
    let since = mirror.show("interviews", [moved]);
    check(since, &[(Application, &["a", "b"]), (Interview, &["i"])]);
    let since = mirror.show(
        "applications",
        [application("a", "d"), application("b", "c")],
    );
    check(
        since,
        &[
            (Candidate, &["c", "d"]),
            (Application, &["a"]),
            (Offer, &["o"]),
        ],
    );
    let since = mirror.show(
        "candidates",
        [candidate("c").with("title", "new"), candidate("d")],
    );
    check(since, &[(Candidate, &["c"]), (Application, &["b"])]);

    let tag = of(
        &mirror,
        CandidateTag,
        "c/t",
        &[("candidate_id", Candidate, "c"), ("tag_id", Tag, "t")],
    );
    let since = mirror.show("joins", [tag]);
    check(since, &[(Candidate, &["c"])]);
    mirror.bring("joins", [bundle("joins0", "gone")]);
    check(mirror.now(), &[(Candidate, &["c"])]);
    let since = mirror.show("tags", [record(Tag, "t").with("name", "new")]);
    check(since, &[]);

    for (model, field, target) in [
        (JobApplicationStage, "stage_id", ApplicationStage),
        (JobScreeningQuestion, "question_id", ScreeningQuestion),
        (JobHiringTeamMember, "user_id", User),
    ] {
        let join = of(
            &mirror,
            model,
            &format!("j/{field}"),
            &[to_job[0], (field, target, "x")],
        );
        let since = mirror.show(field, [join]);
        check(since, &[(Job, &["j"])]);
        let since = mirror.show(target.name(), [record(target, "x").with("title", "new")]);
        let linked = target == ScreeningQuestion;
        check(since, if linked { &[(Job, &["j"])] } else { &[] });
    }
    let since = mirror.show("postings", [of(&mirror, JobPosting, "p", &to_job)]);
    check(since, &[(Job, &["j"])]);

    let interviewer = [("interview_id", Interview, "i"), ("user_id", User, "x")];
    let since = mirror.show(
        "team",
        [of(&mirror, InterviewingTeamMember, "i/x", &interviewer)],
    );
    check(since, &[(Interview, &["i"])]);
    let since = mirror.show(
        "applications",
        [
            application("a", "d"),
            application("b", "c").with("outcome", "HIRED"),
        ],
    );
    check(
        since,
        &[
            (Candidate, &["c"]),
            (Application, &["b"]),
            (Interview, &["i"]),
        ],
    );
    // An application that is gone is a change of its candidate too.
    let walk = mirror.walk("applications");
    mirror
        .page("applications")
        .bundles([given(
            "applications1",
            [application("b", "c").with("outcome", "HIRED")],
        )])
        .ends(walk, None)
        .commit();
    let since = mirror.tick();
    store
        .sweep(walk, ats_store::DeletionReason::Gone, since, 9)
        .unwrap();
    check(since, &[(Candidate, &["d"]), (Offer, &["o"])]);

    let after = [(Job, "j")].map(|(model, key)| mirror.get(model, key).unwrap().changed_at);
    assert_eq!(
        after[0], before[2],
        "what belongs to a record does not change it"
    );
}

pub(crate) fn before_the_first_pass_is_over_everything_counts_as_changed(store: &dyn Store) {
    let mirror = Mirror::new(store);
    mirror.show("candidates", [candidate("a"), candidate("b")]);
    let since = mirror.show("applications", [application("1", "a")]);
    assert_eq!(mirror.updated(ModelKind::Candidate, since), ["a", "b"]);
    let later = mirror.tick();
    assert_eq!(mirror.updated(ModelKind::Candidate, later), [""; 0]);
    mirror.end(PassState::Succeeded);
    mirror.begin(PassKind::Delta);
    let since = mirror.show(
        "applications",
        [application("1", "a").with("outcome", "HIRED")],
    );
    assert_eq!(mirror.updated(ModelKind::Candidate, since), ["a"]);
}

pub(crate) fn children_and_named_records_come_in_the_order_that_was_asked(store: &dyn Store) {
    let mirror = settled(store);
    hiring(&mirror);
    let ids = |model, keys: &[&str]| -> Vec<Id> {
        keys.iter().map(|key| mirror.id_of(model, key)).collect()
    };
    let names = |records: Vec<ats_store::StoredRecord>| -> Vec<String> {
        let records = records.into_iter();
        let contents = records.map(|record| record.content.parse::<serde_json::Value>().unwrap());
        contents
            .map(|content| content["remote_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let named = ids(ModelKind::Application, &["4", "missing", "1"]);
    assert_eq!(
        names(store.records_by_ids(&mirror.id, &named).unwrap()),
        ["4", "1"]
    );
    let parents = ids(ModelKind::Candidate, &["b", "c", "a"]);
    let children =
        |model, parents: &[Id]| names(store.children(&mirror.id, model, parents).unwrap());
    assert_eq!(children(ModelKind::Application, &parents), ["3", "1", "2"]);
    assert_eq!(
        children(
            ModelKind::Interview,
            &ids(ModelKind::Application, &["3", "1"])
        ),
        ["y", "x"]
    );
    assert_eq!(children(ModelKind::Offer, &parents), [""; 0]);
    let other = Mirror::named(store, "other");
    assert!(store.records_by_ids(&other.id, &named).unwrap().is_empty());
    assert!(
        store
            .children(&other.id, ModelKind::Application, &parents)
            .unwrap()
            .is_empty()
    );
}
