//! Every statement of the store, with what SQLite makes of it: large tables are not searched from
//! end to end, nor rows sorted aside, but where a list here says so.

mod fine;

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use ats_core::{
    Bundle, Document, Id, IntegrationId, ModelKind, PageCursor, StepState, Timestamp, Usage,
};
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use fine::FINE;

use super::{Options, SqliteStore, lock_of, open};
use crate::{
    ActionEnd, ActionState, BundleCommit, Cause, ChangeQuery, DeletionReason, Documents, Filter,
    Integration, IntegrationState, ListQuery, MappedCommit, NewAction, NewDelivery, NewPass,
    NewSubscription, PageCommit, PassEnd, PassKind, PassState, Problem, Progress, RecordCommit,
    RecordQuery, Removal, Segment, Settings, Store, Tracked, WalkStart, bundle_hash, pack,
    vault::Sealed,
};

/// Whether a step may have to do with all rows of a table, or all bundles or records of a stream or
/// an integration.
fn is_costly(step: &str) -> bool {
    let large = [
        "SEARCH b ",
        "SEARCH bundles ",
        "SEARCH r ",
        "SEARCH records ",
        "SEARCH c ",
    ];
    // What stands in the statement itself.
    if step == "SCAN CONSTANT ROW" {
        return false;
    }
    let of_all = step.ends_with("(stream=?)") || step.ends_with("(integration=?)");
    ["SCAN", "AUTOMATIC", "TEMP B-TREE"]
        .iter()
        .any(|part| step.contains(part))
        || of_all && large.iter().any(|part| step.starts_with(part))
}

static HEARD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

fn hear(event: TraceEvent<'_>) {
    if let TraceEvent::Stmt(statement, _) = event {
        let mut heard = HEARD.lock().unwrap_or_else(PoisonError::into_inner);
        heard.insert(statement.sql().into_owned());
    }
}

fn now() -> Timestamp {
    Timestamp::parse("2026-01-02").unwrap()
}

fn record(key: &str, content: &str, candidate: Option<Id>) -> RecordCommit {
    RecordCommit {
        model: ModelKind::Application,
        id: Id::derive([key]),
        content: content.to_owned(),
        fields: None,
        hash: bundle_hash(&Bundle::new("", Vec::new()).in_group(Some(content.to_owned()))),
        raw_hash: None,
        documents: None,
        archived: false,
        candidate,
    }
}

fn bundle(id: &str, text: &str, records: Vec<RecordCommit>) -> BundleCommit {
    let document = Document::new("thing.list", "/*", &serde_json::json!(text));
    let bundle = Bundle::new(id, vec![document]);
    BundleCommit {
        id: id.to_owned(),
        group: Some(text.to_owned()),
        hash: bundle_hash(&bundle),
        documents: Documents::Packed(pack(&bundle.documents)),
        mapped: Some(MappedCommit {
            lookups: vec![text.len() as i64],
            records,
            losses: vec![ats_core::Loss {
                endpoint: "thing.list",
                path: "/a".to_owned(),
                expected: "a date",
            }],
        }),
        cause: Cause::Fetched,
    }
}

/// Calls everything that a store can do, with something for each statement to find.
fn do_everything(store: &SqliteStore) {
    let id = IntegrationId::derive("ashby", "plans");
    store
        .save_integration(&Integration {
            id: id.clone(),
            connector: "ashby".to_owned(),
            name: "plans".to_owned(),
            base_url: None,
            state: IntegrationState::Active,
            environment: crate::PRODUCTION.to_owned(),
            end_user: crate::EndUser::default(),
            credentials: Sealed(Vec::new()),
            settings: Settings::default(),
            created_at: now(),
            credentials_changed_at: now(),
        })
        .unwrap();
    let new = NewPass {
        id: "pass".to_owned(),
        kind: PassKind::Full,
        whole: true,
        started_at: now(),
    };
    let pass = store.begin_pass(&id, &new).unwrap();
    let walk = |stream: &str| {
        let start = WalkStart::Full;
        store.begin_walk(&id, pass, stream, &start, now()).unwrap()
    };
    let commit = |walk: i64, stream: &str, bundles: Vec<BundleCommit>, ends: bool| {
        let next = match ends {
            true => Err(None),
            false => Ok(PageCursor("next".to_owned())),
        };
        let page = PageCommit {
            integration: id.clone(),
            pass,
            at: now(),
            stream: stream.to_owned(),
            model: Some(ModelKind::Application),
            shared: true,
            progress: Some(Progress { walk, next }),
            bundles,
            rejects: vec![ats_core::Reject {
                endpoint: "thing.list",
                reason: "no id".to_owned(),
            }],
            left_out: 0,
            layouts: vec![crate::Layout {
                key: 1,
                definitions: "[]".to_owned(),
            }],
        };
        store.commit(&[page]).unwrap();
    };
    let (a, b) = (Id::derive(["a"]), Id::derive(["b"]));
    let of = |candidate: Id| {
        let content = format!(r#"{{"candidate_id":"{candidate}"}}"#);
        record("r", &content, Some(candidate))
    };
    let gone = |key| RecordCommit {
        model: ModelKind::Candidate,
        ..record(key, "{}", None)
    };
    let left = walk("left");
    commit(
        left,
        "left",
        vec![bundle("1", "x", vec![of(a), gone("a")])],
        false,
    );
    commit(
        left,
        "left",
        vec![bundle("1", "yy", vec![of(b), gone("a")])],
        true,
    );
    let right = walk("right");
    let rivals = vec![
        bundle("1", "x", vec![of(b)]),
        bundle("2", "x", vec![of(b), record("s", "{}", None)]),
    ];
    commit(right, "right", rivals, true);
    let again = vec![bundle("1", "x", vec![]), bundle("2", "z", vec![])];
    commit(right, "right", again, true);
    let mut same = bundle("1", "x", vec![]);
    same.mapped = None;
    commit(right, "right", vec![same.clone()], true);
    same.documents = Documents::AsStored;
    same.hash = [7; 16];
    commit(right, "right", vec![same], true);
    let sweeping = walk("left");
    commit(sweeping, "left", vec![], true);
    store.missing(sweeping).unwrap();
    store
        .sweep(sweeping, DeletionReason::Gone, now(), 10)
        .unwrap();
    assert_eq!(store.settle_merges(&id).unwrap(), 1);
    let long_after = Timestamp::parse("2027-01-01").unwrap();
    let emptied = store.anonymise(&id, pass, long_after, now(), 10);
    assert!(emptied.unwrap() > 0);
    store.alias(&id, &a).unwrap();
    read_everything(store, &id);

    store.complete_walk(right, None, now()).unwrap();
    let problem = Problem {
        kind: "odd".to_owned(),
        message: "it is odd".to_owned(),
    };
    store.fail_walk(left, &problem, now()).unwrap();
    store.restart_walk(left, &WalkStart::Full).unwrap();
    store.add_usage(pass, Usage::default()).unwrap();
    store.mark_all_due(&id, &Cause::Remap).unwrap();
    let end = PassEnd {
        state: PassState::Succeeded,
        ended_at: now(),
        problem: None,
    };
    store.end_pass(pass, &end).unwrap();
    store.resume_pass(pass).unwrap();
    let tracked = Tracked {
        model: ModelKind::Application,
        remote_id: "1".to_owned(),
    };
    store.track(&id, &[tracked], &["left"]).unwrap();
    hear_of_everything(store, &id);
    act(store, &id);
    alone(store, &id, pass, &b);
    list_everything(store, &id);
}

/// Lists and answers, while something changes that they show.
fn list_everything(store: &SqliteStore, id: &IntegrationId) {
    let new = NewPass {
        id: "over".to_owned(),
        kind: PassKind::Full,
        whole: true,
        started_at: now(),
    };
    let pass = store.begin_pass(id, &new).unwrap();
    let end = PassEnd {
        state: PassState::Succeeded,
        ended_at: now(),
        problem: None,
    };
    store.end_pass(pass, &end).unwrap();
    let (candidate, job) = (Id::derive(["c"]), Id::derive(["j"]));
    let of = |model, key, to: &str| RecordCommit {
        model,
        ..record(
            key,
            &format!(r#"{{"candidate_id":"{candidate}","job_id":"{to}"}}"#),
            None,
        )
    };
    for (text, to) in [("x", job), ("y", candidate)] {
        let as_of = store.last_change(id).unwrap();
        let answers = store
            .without_answer(id, ModelKind::Application, 0, 10)
            .unwrap();
        let answers = answers
            .into_iter()
            .map(|record| (record.key, "{}".to_owned()));
        let answers: Vec<_> = answers.collect();
        assert!(store.save_answers(id, as_of, &answers).unwrap());
        let records = [
            of(ModelKind::Candidate, "c", text),
            of(ModelKind::ScreeningQuestion, "q", text),
            of(ModelKind::Tag, "t", text),
            of(ModelKind::Job, "j", text),
            of(ModelKind::ApplicationStage, "s", text),
            of(ModelKind::Application, "listed", to.as_str()),
        ];
        let page = PageCommit {
            integration: id.clone(),
            pass,
            at: now(),
            stream: "lists".to_owned(),
            model: None,
            shared: false,
            progress: None,
            bundles: vec![bundle("1", text, records.into())],
            rejects: Vec::new(),
            left_out: 0,
            layouts: Vec::new(),
        };
        store.commit(&[page]).unwrap();
    }
    let ids = || vec![candidate, job];
    for model in [
        ModelKind::Application,
        ModelKind::Candidate,
        ModelKind::Offer,
    ] {
        for filter in [
            None,
            Some(Filter::Ids(ids())),
            Some(Filter::RefersTo(ids())),
            Some(Filter::WithApplicationOf(ids())),
            Some(Filter::OfApplicationOf(ids())),
            Some(Filter::Email(Vec::new())),
        ] {
            let mut query = ListQuery::new(model, 10);
            let filters = filter.into_iter();
            // Twice: one leads to the records and the other is checked.
            query.filters = filters
                .flat_map(|filter| [filter.clone(), filter])
                .collect();
            store.list(id, &query, &mut Vec::new()).unwrap();
            query.updated_after = Some(now());
            store.list(id, &query, &mut Vec::new()).unwrap();
        }
        store.children(id, model, &ids()).unwrap();
    }
    store.records_by_ids(id, &ids()).unwrap();
    store.drop_answers(id).unwrap();
}

/// An action, from its beginning to its end.
fn act(store: &SqliteStore, id: &IntegrationId) {
    let new = NewAction {
        id: "action".to_owned(),
        action: "add_note_to_application".to_owned(),
        idempotency_key: Some("key".to_owned()),
        input_hash: String::new(),
        at: now(),
    };
    let key = store.begin_action(id, &new).unwrap().key;
    store.begin_action(id, &new).unwrap();
    let sent = StepState::Sent {
        before: serde_json::json!([]),
    };
    let confirmed = StepState::Confirmed {
        result: serde_json::json!("1"),
    };
    for state in [Some(&sent), Some(&confirmed), None] {
        store.save_step(key, "note", state).unwrap();
        store.step(key, "note").unwrap();
    }
    let end = ActionEnd {
        state: ActionState::Confirmed,
        answer: None,
        problem: None,
        at: now(),
    };
    store.end_action(key, &end).unwrap();
    store.actions(id, 1).unwrap();
}

/// What is read and taken away beside the walks.
fn alone(store: &SqliteStore, id: &IntegrationId, pass: i64, candidate: &Id) {
    let page = PageCommit {
        integration: id.clone(),
        pass,
        at: now(),
        stream: "right".to_owned(),
        model: None,
        shared: true,
        progress: None,
        bundles: vec![bundle("alone", "x", vec![])],
        rejects: Vec::new(),
        left_out: 0,
        layouts: Vec::new(),
    };
    store.commit(&[page]).unwrap();
    let removal = Removal {
        integration: id.clone(),
        pass,
        at: now(),
        stream: "right".to_owned(),
        bundle: "alone".to_owned(),
        reason: DeletionReason::Gone,
        cause: Cause::Webhook("event".to_owned()),
    };
    assert!(store.remove_bundle(&removal).unwrap());
    store.merge(id, candidate, candidate).unwrap();
    store.of_candidate(id, candidate).unwrap();
    store.candidates_with_email(id, "a@example.com").unwrap();
}

/// Subscriptions and what comes by them.
fn hear_of_everything(store: &SqliteStore, id: &IntegrationId) {
    let new = NewSubscription {
        event: "event".to_owned(),
        segment: Segment("a".to_owned()),
        url: String::new(),
        secret: Sealed(Vec::new()),
        at: now(),
    };
    let key = store.add_subscription(id, &new).unwrap();
    let found = store.subscription_at(&new.segment).unwrap().unwrap();
    store.save_subscription(&found).unwrap();
    store.subscriptions(id).unwrap();
    store.remove_subscription(key).unwrap();
    let new = NewDelivery {
        dedupe_key: "key".to_owned(),
        event: "event".to_owned(),
        effects: "[]".to_owned(),
        at: now(),
    };
    store.accept_delivery(id, &new).unwrap();
    store.next_delivery(id).unwrap();
    store.waiting_deliveries(id).unwrap();
    for delivery in store.due_deliveries(id, now(), 10).unwrap() {
        let settled = [(delivery.key, delivery.progress)];
        store.settle_deliveries(&settled).unwrap();
    }
    store.deliveries(id, 10).unwrap();
    store.prune_deliveries(id, now()).unwrap();
}

fn read_everything(store: &SqliteStore, id: &IntegrationId) {
    let query = RecordQuery {
        model: ModelKind::Application,
        include_deleted: true,
        changed_since: Some(now()),
        after: 0,
        limit: 10,
    };
    for record in store.records(id, query).unwrap() {
        store.record(id, &record.id).unwrap();
        store.remote_data(id, &record).unwrap();
        store.giver(id, &record).unwrap();
        let query = ChangeQuery {
            id: Some(record.id),
            ..ChangeQuery::default()
        };
        store.changes(id, &query).unwrap();
    }
    store.integrations().unwrap();
    store.tracked(id).unwrap();
    store.passes(id, 1).unwrap();
    store.pass(id, "pass").unwrap();
    store.checkpoints(id).unwrap();
    store.last_full_pass(id).unwrap();
    store.bundle(id, "right", "1").unwrap();
    store.group(id, "right", "x").unwrap();
    store.bundles(id, "right", Some("1"), 1).unwrap();
    store.bundles(id, "right", None, 1).unwrap();
    store.count_bundles(id, "right").unwrap();
    store.bundle_states(id, "right", &["1"]).unwrap();
    store.due(id, 1).unwrap();
    store.streams_to_read_again(id).unwrap();
    store.counts(id).unwrap();
    store.losses(id, 1).unwrap();
    store.rejects(id, 1).unwrap();
    store.latest(id).unwrap();
}

#[test]
fn no_statement_searches_or_sorts_more_than_it_must() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ats.db");
    let store = SqliteStore::open(&path).unwrap();
    let reader = open(&path, rusqlite::OpenFlags::empty(), &Options::default()).unwrap();
    for connection in [&*lock_of(&store.writer), &reader] {
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(hear));
    }
    lock_of(&store.readers).push(reader);
    do_everything(&store);

    let heard = std::mem::take(&mut *HEARD.lock().unwrap());
    let raw = rusqlite::Connection::open(&path).unwrap();
    let mut costly = BTreeSet::new();
    for sql in &heard {
        let Ok(mut statement) = raw.prepare(&format!("EXPLAIN QUERY PLAN {sql}")) else {
            panic!("{sql}");
        };
        let count = statement.parameter_count();
        let nulls = rusqlite::params_from_iter(vec![rusqlite::types::Null; count]);
        let plan = statement.query_map(nulls, |row| row.get::<_, String>(3));
        for step in plan.unwrap().map(Result::unwrap) {
            // A page of a list is made of an index and the answers alone.
            let is_page = sql.contains("LEFT JOIN answers") && step.starts_with("SEARCH r ");
            assert!(!is_page || step.contains("COVERING"), "{sql}: {step}");
            if is_costly(&step) {
                costly.insert((sql.split_whitespace().collect::<Vec<_>>().join(" "), step));
            }
        }
    }
    assert!(heard.len() > 60, "{}", heard.len());
    let known = |sql: &str, step: &str| {
        FINE.iter()
            .any(|(part, fine, _)| sql.contains(part) && step == *fine)
    };
    let unknown: Vec<_> = costly
        .iter()
        .filter(|(sql, step)| !known(sql, step))
        .collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
    for (part, fine, _) in FINE {
        let still = costly
            .iter()
            .any(|(sql, step)| sql.contains(part) && step == fine);
        assert!(still, "no longer: {part}: {fine}");
    }
}
