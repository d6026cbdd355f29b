//! Random changes of records that belong together: what a list finds by moments, what a walk sees
//! while they happen, and whether any answer is stale, against models too simple to be wrong.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::ModelKind;
use ats_store::{
    Cause, DeletionReason, ListQuery, PassKind, PassState, Removal, Row, Store, StoredRecord,
};
use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any},
    prop_oneof,
    test_runner::{Config, TestRunner},
};
use serde_json::{Value, json};

use super::{
    build::{Shown, record},
    mirror::Mirror,
};

/// What has a stream of its own.
const STREAMS: [ModelKind; 11] = [
    ModelKind::User,
    ModelKind::Tag,
    ModelKind::RejectionReason,
    ModelKind::ApplicationStage,
    ModelKind::Job,
    ModelKind::JobPosting,
    ModelKind::ScreeningQuestion,
    ModelKind::Candidate,
    ModelKind::Application,
    ModelKind::Interview,
    ModelKind::Offer,
];

/// So many of each there are.
const MANY: u8 = 2;

#[derive(Debug, Clone)]
enum Op {
    /// A record comes, with this text, and refers to these.
    Put(usize, u8, u8, [u8; 3]),
    /// The vendor says that it is gone.
    Remove(usize, u8),
    /// Everything without an answer gets one.
    Answer,
}

fn ops() -> impl Strategy<Value = (bool, Vec<Op>)> {
    let what = || 0..STREAMS.len();
    let op = prop_oneof![
        8 => (what(), 0..MANY, 0..2_u8, any::<[u8; 3]>())
            .prop_map(|(what, number, text, to)| Op::Put(what, number, text, to)),
        1 => (what(), 0..MANY).prop_map(|(what, number)| Op::Remove(what, number)),
        3 => Just(Op::Answer),
    ];
    (
        prop_oneof![4 => Just(true), 1 => Just(false)],
        vec(op, 1..40),
    )
}

/// A record with all that comes in its bundle.
fn records(mirror: &Mirror<'_>, model: ModelKind, number: u8, text: u8, to: [u8; 3]) -> Vec<Shown> {
    let id = |model, number: u8| mirror.id_of(model, &number.to_string()).to_string();
    let refers = |shown: Shown, field: &str, target, number: u8| match number % (MANY + 1) {
        MANY => shown.with(field, Value::Null),
        number => shown.with(field, id(target, number)),
    };
    let own = record(model, &number.to_string()).with("name", text);
    let mut joins = Vec::new();
    let mut join =
        |join: ModelKind, field: &str, target_field: &str, target: ModelKind, bits: u8| {
            for other in (0..MANY).filter(|other| bits & (1 << other) != 0) {
                let joined = record(join, &format!("{number}/{other}"));
                let joined = joined.with(field, id(model, number));
                let joined = joined.with(target_field, id(target, other));
                joins.push(joined.with("index", bits >> 6));
            }
        };
    let own = match model {
        ModelKind::Candidate => {
            join(
                ModelKind::CandidateTag,
                "candidate_id",
                "tag_id",
                ModelKind::Tag,
                to[0],
            );
            own
        }
        ModelKind::Job => {
            let (stage, question, team) = (
                ModelKind::JobApplicationStage,
                ModelKind::JobScreeningQuestion,
                ModelKind::JobHiringTeamMember,
            );
            join(
                stage,
                "job_id",
                "stage_id",
                ModelKind::ApplicationStage,
                to[0],
            );
            join(
                question,
                "job_id",
                "question_id",
                ModelKind::ScreeningQuestion,
                to[1],
            );
            join(team, "job_id", "user_id", ModelKind::User, to[2]);
            own.with("description", to[0] & 1)
        }
        ModelKind::JobPosting => refers(own, "job_id", ModelKind::Job, to[0]),
        ModelKind::Application => {
            let own = refers(own, "candidate_id", ModelKind::Candidate, to[0]);
            let own = refers(own, "job_id", ModelKind::Job, to[1]);
            refers(own, "current_stage_id", ModelKind::ApplicationStage, to[2])
        }
        ModelKind::Interview => {
            let team = ModelKind::InterviewingTeamMember;
            join(team, "interview_id", "user_id", ModelKind::User, to[1]);
            refers(own, "application_id", ModelKind::Application, to[0])
        }
        ModelKind::Offer => refers(own, "application_id", ModelKind::Application, to[0]),
        _ => own,
    };
    let own = if to[2] >> 5 == 7 { own.archived() } else { own };
    [vec![own], joins].concat()
}

/// Makes answers that show as much as answers may.
struct Toy<'a>(&'a Mirror<'a>);

impl Toy<'_> {
    /// A record that another one names.
    fn get(&self, record: &Value, field: &str) -> Value {
        let Some(id) = record[field].as_str() else {
            return Value::Null;
        };
        let found = self
            .0
            .store
            .records_by_ids(&self.0.id, &[id.parse().unwrap()]);
        found.unwrap().first().map_or(Value::Null, Self::own)
    }

    fn own(record: &StoredRecord) -> Value {
        let mut value: Value = record.content.parse().unwrap();
        value["id"] = record.id.to_string().into();
        value["changed_at"] = record.changed_at.to_string().into();
        value["gone"] = record.remote_deleted_at.is_some().into();
        value
    }

    fn children(&self, model: ModelKind, parent: &Value) -> Vec<Value> {
        let Some(id) = parent["id"].as_str() else {
            return Vec::new();
        };
        let found = self
            .0
            .store
            .children(&self.0.id, model, &[id.parse().unwrap()]);
        found.unwrap().iter().map(Self::own).collect()
    }

    fn joined(&self, model: ModelKind, parent: &Value, field: &str) -> Value {
        let joins = self.children(model, parent).into_iter();
        joins
            .map(|join| json!([join, self.get(&join, field)]))
            .collect()
    }

    fn job(&self, record: &Value) -> Value {
        let job = self.get(record, "job_id");
        json!([job["id"], job["name"], job["gone"]])
    }

    fn stage(&self, application: &Value) -> Value {
        let job = json!({ "id": application["job_id"] });
        let mut joins = self
            .children(ModelKind::JobApplicationStage, &job)
            .into_iter();
        let join = joins.find(|join| join["stage_id"] == application["current_stage_id"]);
        let index = join.map_or(Value::Null, |join| join["index"].clone());
        json!([self.get(application, "current_stage_id"), index])
    }

    fn application(&self, record: &Value) -> Value {
        let application = self.get(record, "application_id");
        json!([
            application,
            self.get(&application, "candidate_id"),
            self.job(&application)
        ])
    }

    fn answer(&self, record: &StoredRecord) -> String {
        let own = Self::own(record);
        let tags = |candidate: &Value| self.joined(ModelKind::CandidateTag, candidate, "tag_id");
        let more = match record.model {
            ModelKind::Candidate => {
                let applications = self.children(ModelKind::Application, &own).into_iter();
                let applications =
                    applications.map(|one| json!([one, self.stage(&one), self.job(&one)]));
                json!([applications.collect::<Value>(), tags(&own)])
            }
            ModelKind::Application => {
                let candidate = self.get(&own, "candidate_id");
                let tags = tags(&candidate);
                let interviews = self.children(ModelKind::Interview, &own);
                let offers = self.children(ModelKind::Offer, &own);
                json!([
                    candidate,
                    tags,
                    self.stage(&own),
                    self.job(&own),
                    interviews,
                    offers
                ])
            }
            ModelKind::Job => json!([
                self.joined(ModelKind::JobApplicationStage, &own, "stage_id"),
                self.joined(ModelKind::JobScreeningQuestion, &own, "question_id"),
                self.joined(ModelKind::JobHiringTeamMember, &own, "user_id"),
                self.children(ModelKind::JobPosting, &own),
            ]),
            ModelKind::Interview => {
                let team = self.joined(ModelKind::InterviewingTeamMember, &own, "user_id");
                json!([team, self.application(&own)])
            }
            ModelKind::Offer => self.application(&own),
            _ => Value::Null,
        };
        json!([own, more]).to_string()
    }
}

/// All records with their keys, as they are kept.
type State = BTreeMap<(ModelKind, i64), StoredRecord>;

fn state(mirror: &Mirror<'_>) -> State {
    let models = ModelKind::ALL.iter();
    let records = models.flat_map(|model| mirror.all(*model));
    records
        .map(|record| ((record.model, record.key), record))
        .collect()
}

/// The records that a list has to find: those that changed, and those to which it counts too.
fn touched(before: &State, after: &State) -> BTreeSet<(ModelKind, i64)> {
    use ModelKind::*;
    let changed: Vec<&StoredRecord> = after
        .iter()
        .filter(|(place, record)| before.get(place) != Some(record))
        .map(|(_, record)| record)
        .collect();
    let content = |record: &StoredRecord| record.content.parse::<Value>().unwrap();
    let field =
        |record: &StoredRecord, field: &str| content(record)[field].as_str().map(str::to_owned);
    let mut touched: BTreeSet<_> = changed
        .iter()
        .map(|record| (record.model, record.key))
        .collect();
    let mut name = |model: ModelKind, id: &str| {
        let found = after
            .iter()
            .find(|((of, _), record)| *of == model && record.id.as_str() == id);
        touched.extend(found.map(|(place, _)| *place));
    };
    for record in changed {
        let (parent, link) = match record.model {
            Application | CandidateTag => (Candidate, "candidate_id"),
            Interview | Offer => (Application, "application_id"),
            InterviewingTeamMember => (Interview, "interview_id"),
            JobPosting | JobApplicationStage | JobScreeningQuestion | JobHiringTeamMember => {
                (Job, "job_id")
            }
            _ => (Tag, ""),
        };
        let old = before.get(&(record.model, record.key));
        for parents in [Some(record), old].into_iter().flatten() {
            if let Some(id) = field(parents, link) {
                name(parent, &id);
            }
        }
        let id = Some(record.id.to_string());
        for other in after.values() {
            let belongs = match (record.model, other.model) {
                (Candidate, Application) => field(other, "candidate_id") == id,
                (Application, Interview | Offer) => field(other, "application_id") == id,
                _ => false,
            };
            if belongs {
                name(other.model, other.id.as_str());
            }
            let asks = (record.model, other.model) == (ScreeningQuestion, JobScreeningQuestion);
            if asks && field(other, "question_id") == id {
                name(Job, &field(other, "job_id").unwrap());
            }
        }
    }
    touched
}

/// A walk through a list, a page after each change.
struct Walk {
    query: ListQuery,
    /// What was there when it began, and has not changed or been touched since.
    same: BTreeSet<i64>,
    all: BTreeSet<i64>,
    seen: Vec<i64>,
    over: bool,
}

impl Walk {
    fn new(mirror: &Mirror<'_>, model: ModelKind, by_moment: bool) -> Self {
        let mut query = ListQuery::new(model, 1);
        query.include_deleted = true;
        query.updated_after = by_moment.then(|| super::build::at(0));
        let all: BTreeSet<i64> = mirror.all(model).iter().map(|record| record.key).collect();
        Self {
            query,
            same: all.clone(),
            all,
            seen: Vec::new(),
            over: false,
        }
    }

    fn go_on(&mut self, mirror: &Mirror<'_>) {
        let mut text = Vec::new();
        let page = mirror
            .store
            .list(&mirror.id, &self.query, &mut text)
            .unwrap();
        for row in &page.rows {
            self.seen.push(match row {
                Row::Record(record) => record.key,
                Row::Answer(range) => {
                    let answer: Value = serde_json::from_slice(&text[range.clone()]).unwrap();
                    let id = answer[0]["id"].as_str().unwrap().parse().unwrap();
                    mirror.store.record(&mirror.id, &id).unwrap().unwrap().key
                }
            });
        }
        self.query.after = page.next;
        self.over = page.next.is_none();
    }

    fn check(&self) {
        let times = |key: i64| self.seen.iter().filter(|seen| **seen == key).count();
        for key in &self.all {
            let once = self.same.contains(key) || self.query.updated_after.is_none();
            assert!(times(*key) >= 1, "{key} was skipped: {:?}", self.seen);
            assert!(
                !once || times(*key) == 1,
                "{key} came twice: {:?}",
                self.seen
            );
        }
    }
}

fn run(store: &dyn Store, name: &str, (settled, ops): &(bool, Vec<Op>)) {
    let mirror = Mirror::named(store, name);
    if *settled {
        mirror.end(PassState::Succeeded);
        mirror.begin(PassKind::Delta);
    }
    let toy = Toy(&mirror);
    let mut before = state(&mirror);
    let mut walks: Vec<Walk> = Vec::new();
    for op in ops {
        match op {
            Op::Put(what, number, text, to) => {
                let records = records(&mirror, STREAMS[*what], *number, *text, *to);
                let mut brought =
                    super::build::bundle(&number.to_string(), &format!("{records:?}"));
                for record in records {
                    brought = brought.gives(record);
                }
                mirror
                    .page(STREAMS[*what].name())
                    .bundles([brought])
                    .commit();
            }
            Op::Remove(what, number) => {
                let removal = Removal {
                    integration: mirror.id.clone(),
                    pass: mirror.pass.get(),
                    at: mirror.tick(),
                    stream: STREAMS[*what].name().to_owned(),
                    bundle: number.to_string(),
                    reason: DeletionReason::Gone,
                    cause: Cause::Fetched,
                };
                store.remove_bundle(&removal).unwrap();
            }
            Op::Answer => {
                mirror.tick();
                mirror.answer_all(&|record| toy.answer(record));
            }
        }
        let after = state(&mirror);
        let expected = touched(&before, &after);
        let mut found = BTreeSet::new();
        for model in ModelKind::ALL {
            let mut query = ListQuery::new(*model, 1000);
            query.include_deleted = true;
            query.updated_after = Some(mirror.now());
            let mut walk = Walk::new(&mirror, *model, true);
            walk.query = query;
            walk.go_on(&mirror);
            found.extend(walk.seen.into_iter().map(|key| (*model, key)));
        }
        assert!(
            found.is_superset(&expected),
            "{op:?}: {expected:?} in {found:?}"
        );
        assert!(
            !settled || found == expected,
            "{op:?}: {found:?} for {expected:?}"
        );
        for record in after.values() {
            let place = (record.model, record.key);
            let same = before.get(&place).is_some_and(|old| {
                old.content == record.content
                    && old.remote_deleted_at == record.remote_deleted_at
                    && old.bundle == record.bundle
            });
            let moved = before
                .get(&place)
                .is_none_or(|old| old.changed_at != record.changed_at);
            assert!(!same || !moved, "{op:?}: {record:?}");
        }
        for model in ModelKind::ALL {
            for (answer, record) in mirror.answers(*model).iter().zip(mirror.all(*model)) {
                if let Some(answer) = answer {
                    assert_eq!(*answer, toy.answer(&record), "{op:?}");
                }
            }
        }
        for walk in &mut walks {
            walk.same
                .retain(|key| !expected.contains(&(walk.query.model, *key)));
            walk.go_on(&mirror);
            if walk.over {
                walk.check();
            }
        }
        walks.retain(|walk| !walk.over);
        if walks.is_empty() {
            for model in STREAMS {
                walks.push(Walk::new(&mirror, model, true));
                walks.push(Walk::new(&mirror, model, false));
            }
        }
        before = after;
    }
    for walk in &mut walks {
        while !walk.over {
            walk.go_on(&mirror);
        }
        walk.check();
    }
}

pub(crate) fn random_changes_of_what_belongs_together_equal_a_naive_model(store: &dyn Store) {
    let config = Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new(config);
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&ops(), |ops| {
        number.set(number.get() + 1);
        run(store, &number.get().to_string(), &ops);
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
