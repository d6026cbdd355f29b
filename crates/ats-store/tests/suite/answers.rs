//! Answers: kept until something that they may show changes, and only if nothing changed while they
//! were made.

use ats_core::ModelKind;
use ats_store::{ListQuery, Row, Store};

use super::{
    build::{application, bundle, candidate, record},
    lists::{given, of, settled},
    mirror::Mirror,
};

/// What has a list of its own.
const LISTED: [ModelKind; 9] = [
    ModelKind::User,
    ModelKind::Tag,
    ModelKind::RejectionReason,
    ModelKind::ApplicationStage,
    ModelKind::Job,
    ModelKind::Candidate,
    ModelKind::Application,
    ModelKind::Interview,
    ModelKind::Offer,
];

impl Mirror<'_> {
    /// Makes an answer for every record that has none and stands in a list.
    pub(crate) fn answer_all(&self, make: &dyn Fn(&ats_store::StoredRecord) -> String) {
        for model in LISTED {
            let as_of = self.store.last_change(&self.id).unwrap();
            let without = self.store.without_answer(&self.id, model, 0, 10_000);
            let without = without.unwrap().into_iter();
            let made: Vec<_> = without.map(|record| (record.key, make(&record))).collect();
            assert!(self.store.save_answers(&self.id, as_of, &made).unwrap());
        }
    }

    /// The answers of a model, by the keys of their records; `None` for records without one.
    pub(crate) fn answers(&self, model: ModelKind) -> Vec<Option<String>> {
        let mut query = ListQuery::new(model, 10_000);
        query.include_deleted = true;
        let mut text = Vec::new();
        let page = self.store.list(&self.id, &query, &mut text).unwrap();
        let answer = |row: &Row| match row {
            Row::Answer(range) => Some(str::from_utf8(&text[range.clone()]).unwrap().to_owned()),
            Row::Record(_) => None,
        };
        page.rows.iter().map(answer).collect()
    }

    /// The vendor's ids of the records without an answer.
    fn stale(&self) -> Vec<String> {
        let mut stale = Vec::new();
        for model in LISTED {
            let without = self.store.without_answer(&self.id, model, 0, 10_000);
            stale.extend(without.unwrap().into_iter().map(|record| {
                let content: serde_json::Value = record.content.parse().unwrap();
                content["remote_id"].as_str().unwrap().to_owned()
            }));
        }
        stale.sort();
        stale
    }
}

pub(crate) fn a_page_is_made_of_answers_as_far_as_there_are_any(store: &dyn Store) {
    let mirror = settled(store);
    mirror.show("x", [candidate("a"), candidate("b"), candidate("c")]);
    let mut query = ListQuery::new(ModelKind::Candidate, 2);
    let mut text = b"[".to_vec();
    let page = store.list(&mirror.id, &query, &mut text).unwrap();
    assert!(!page.is_whole());
    assert_eq!((page.rows.len(), &text[..]), (2, &b"["[..]));
    let key = |name| mirror.candidate(name).key;
    let answers = [
        (key("b"), "\"B\"".to_owned()),
        (key("c"), "\"C\"".to_owned()),
    ];
    assert!(
        store
            .save_answers(&mirror.id, page.as_of, &answers)
            .unwrap()
    );
    let page = store.list(&mirror.id, &query, &mut text).unwrap();
    assert_eq!(page.rows[1], Row::Answer(1..4));
    assert_eq!(page.put_together(&text, [&b"\"A\""[..]]), b"\"A\",\"B\"");
    query.after = page.next;
    for updated_after in [None, Some(mirror.now())] {
        query.updated_after = updated_after;
        query.filters = vec![ats_store::Filter::RemoteIds(vec!["b".into(), "c".into()])];
        let mut text = b"[".to_vec();
        let page = store.list(&mirror.id, &query, &mut text).unwrap();
        assert!(page.is_whole());
        let expected = if updated_after.is_none() {
            "[\"C\""
        } else {
            "[\"B\",\"C\""
        };
        assert_eq!(text, expected.as_bytes());
    }
    query = ListQuery::new(ModelKind::Candidate, 2);
    query.after = Some(ats_store::Place {
        touched: None,
        key: key("a"),
    });
    let mut text = b"[".to_vec();
    assert!(
        store
            .list(&mirror.id, &query, &mut text)
            .unwrap()
            .is_whole()
    );
    assert_eq!(text, b"[\"B\",\"C\"");
}

pub(crate) fn an_answer_of_a_state_that_is_over_is_not_taken(store: &dyn Store) {
    let mirror = settled(store);
    mirror.show("x", [candidate("a")]);
    let as_of = store.last_change(&mirror.id).unwrap();
    let answer = [(mirror.candidate("a").key, "1".to_owned())];
    mirror.show("y", [record(ModelKind::Tag, "t")]);
    let now = store.last_change(&mirror.id).unwrap();
    assert!(now > as_of);
    assert!(!store.save_answers(&mirror.id, as_of, &answer).unwrap());
    assert_eq!(mirror.answers(ModelKind::Candidate), [None]);
    // What comes as it was is no change.
    mirror.show("y", [record(ModelKind::Tag, "t")]);
    let other = Mirror::named(store, "other");
    other.bring("x", [bundle("1", "").gives(candidate("a"))]);
    assert_eq!(store.last_change(&mirror.id).unwrap(), now);
    assert!(store.save_answers(&mirror.id, now, &answer).unwrap());
    assert_eq!(mirror.answers(ModelKind::Candidate), [Some("1".to_owned())]);
}

pub(crate) fn answers_belong_to_their_integration(store: &dyn Store) {
    let mirror = settled(store);
    let other = Mirror::named(store, "other");
    for mirror in [&mirror, &other] {
        mirror.bring("x", [bundle("1", "").gives(candidate("a"))]);
    }
    let answer = [(mirror.candidate("a").key, "1".to_owned())];
    let as_of = store.last_change(&other.id).unwrap();
    assert!(store.save_answers(&other.id, as_of, &answer).unwrap());
    assert_eq!(mirror.answers(ModelKind::Candidate), [None]);
    for mirror in [&mirror, &other] {
        mirror.answer_all(&|_| "1".to_owned());
    }
    let as_of = store.last_change(&mirror.id).unwrap();
    store.drop_answers(&mirror.id).unwrap();
    assert_eq!(mirror.answers(ModelKind::Candidate), [None]);
    assert_eq!(other.answers(ModelKind::Candidate), [Some("1".to_owned())]);
    // They were made as it should not be any more.
    assert!(!store.save_answers(&mirror.id, as_of, &answer).unwrap());
}

pub(crate) fn answers_go_with_the_settings_that_they_were_made_by(store: &dyn Store) {
    let mirror = settled(store);
    mirror.show("x", [candidate("a")]);
    mirror.answer_all(&|_| "1".to_owned());
    let mut integration = store.integration(&mirror.id).unwrap().unwrap();
    integration.base_url = Some("http://127.0.0.1:1/".to_owned());
    store.save_integration(&integration).unwrap();
    let kept = [Some("1".to_owned())];
    assert_eq!(mirror.answers(ModelKind::Candidate), kept);
    let as_of = store.last_change(&mirror.id).unwrap();
    integration.settings.remote_data = !integration.settings.remote_data;
    store.save_integration(&integration).unwrap();
    assert_eq!(mirror.answers(ModelKind::Candidate), [None]);
    assert!(store.last_change(&mirror.id).unwrap() > as_of);
}

pub(crate) fn records_without_an_answer_are_paged(store: &dyn Store) {
    let mirror = settled(store);
    mirror.show(
        "x",
        [candidate("a"), candidate("b").archived(), candidate("c")],
    );
    let model = ModelKind::Candidate;
    let found = store.without_answer(&mirror.id, model, 0, 2).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[1].remote_deleted_at.is_some());
    let rest = store
        .without_answer(&mirror.id, model, found[1].key, 2)
        .unwrap();
    assert_eq!(rest, [mirror.candidate("c")]);
}

pub(crate) fn an_answer_goes_with_what_it_shows(store: &dyn Store) {
    use ModelKind::*;
    let mirror = settled(store);
    let job = |name: &str| record(Job, "j").with("name", name).with("description", "d");
    let stage = |name: &str| record(ApplicationStage, "s").with("name", name);
    let tag = |name: &str| record(Tag, "t").with("name", name);
    let user = |name: &str| record(User, "u").with("first_name", name);
    let question = |title: &str| record(ScreeningQuestion, "q").with("title", title);
    let applied = |outcome: &str| {
        let id = |model, key| mirror.id_of(model, key).to_string();
        let one = application("a", "c").with("job_id", id(Job, "j"));
        one.with("current_stage_id", id(ApplicationStage, "s"))
            .with("outcome", outcome)
    };
    let to_job = ("job_id", Job, "j");
    let staged = |index: u8| {
        let to = [to_job, ("stage_id", ApplicationStage, "s")];
        of(&mirror, JobApplicationStage, "j/s", &to).with("index", index)
    };
    let interview = [("application_id", Application, "a")];
    mirror.show(
        "own",
        [
            candidate("c"),
            candidate("d"),
            applied("PENDING"),
            application("b", "d"),
        ],
    );
    mirror.show(
        "jobs",
        [
            job("name"),
            stage("name"),
            tag("name"),
            user("name"),
            question("?"),
            staged(0),
        ],
    );
    mirror.show(
        "more",
        [
            of(&mirror, Interview, "i", &interview),
            of(&mirror, Offer, "o", &interview),
            of(
                &mirror,
                CandidateTag,
                "c/t",
                &[("candidate_id", Candidate, "c"), ("tag_id", Tag, "t")],
            ),
            of(
                &mirror,
                JobScreeningQuestion,
                "j/q",
                &[to_job, ("question_id", ScreeningQuestion, "q")],
            ),
            of(
                &mirror,
                JobHiringTeamMember,
                "j/u",
                &[to_job, ("user_id", User, "u")],
            ),
            of(
                &mirror,
                InterviewingTeamMember,
                "i/u",
                &[("interview_id", Interview, "i"), ("user_id", User, "u")],
            ),
            of(&mirror, JobPosting, "p", &[to_job]),
        ],
    );
    let check = |stream: &str, changed: super::build::Shown, expected: &[&str]| {
        mirror.answer_all(&|record| record.id.to_string());
        assert_eq!(mirror.stale(), [""; 0]);
        // A stream that comes last wins.
        mirror.bring("z", [given(stream, [changed])]);
        assert_eq!(mirror.stale(), expected, "{stream}");
    };
    check("job", job("new"), &["a", "c", "i", "j", "o"]);
    check("job", job("new").with("description", "new"), &["j"]);
    check(
        "job",
        job("new").with("description", "new").archived(),
        &["a", "c", "i", "j", "o"],
    );
    check("stage", stage("new"), &["a", "c", "j", "s"]);
    check("staged", staged(1), &["a", "c", "j"]);
    check("tag", tag("new"), &["a", "c", "t"]);
    check("user", user("new"), &["i", "j", "u"]);
    check("question", question("!"), &["j"]);
    check(
        "candidate",
        candidate("c").with("title", "new"),
        &["a", "c", "i", "o"],
    );
    check("application", applied("HIRED"), &["a", "c", "i", "o"]);
    check(
        "interview",
        of(&mirror, Interview, "i", &interview).with("title", "x"),
        &["a", "i"],
    );
    check(
        "offer",
        of(&mirror, Offer, "o", &interview).with("status", "SENT"),
        &["a", "o"],
    );
    let tagged = [("candidate_id", Candidate, "d"), ("tag_id", Tag, "t")];
    check(
        "tagged",
        of(&mirror, CandidateTag, "d/t", &tagged),
        &["b", "d"],
    );
    check(
        "posting",
        of(&mirror, JobPosting, "p", &[to_job]).with("title", "x"),
        &["j"],
    );
    check("reason", record(RejectionReason, "r"), &["r"]);
    // An application that moves is shown no more where it was.
    check("other", application("b", "c"), &["b", "c", "d"]);
}

pub(crate) fn an_answer_goes_with_the_raw_documents_of_its_record(store: &dyn Store) {
    let mirror = settled(store);
    let shown = |raw: Option<&str>| {
        let record = candidate("c");
        let record = raw.map_or(record.clone(), |raw| record.raw(raw));
        mirror.bring("x", [bundle("1", "same").gives(record)]);
    };
    shown(None);
    mirror.answer_all(&|_| "1".to_owned());
    let as_of = store.last_change(&mirror.id).unwrap();
    let changed_at = mirror.candidate("c").changed_at;
    // They are shown from now on, which is no change of the record.
    shown(Some("raw"));
    assert_eq!(mirror.answers(ModelKind::Candidate), [None]);
    assert!(store.last_change(&mirror.id).unwrap() > as_of);
    assert_eq!(mirror.candidate("c").changed_at, changed_at);
    mirror.answer_all(&|_| "1".to_owned());
    shown(Some("raw"));
    assert_eq!(mirror.answers(ModelKind::Candidate), [Some("1".to_owned())]);
}

pub(crate) fn erasing_takes_answers_and_links_too(store: &dyn Store) {
    let mirror = settled(store);
    mirror.show("x", [candidate("c"), application("a", "c")]);
    mirror.answer_all(&|_| "1".to_owned());
    store.erase_integration(&mirror.id).unwrap();
    let mirror = settled(store);
    mirror.show("x", [candidate("d"), candidate("e")]);
    assert_eq!(mirror.answers(ModelKind::Candidate), [None, None]);
    let parent = [mirror.id_of(ModelKind::Candidate, "c")];
    let children = store.children(&mirror.id, ModelKind::Application, &parent);
    assert!(children.unwrap().is_empty());
}
