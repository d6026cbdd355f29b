//! The ledger of actions: one entry for each intent, and how far its steps have come.

use ats_core::{IntegrationId, StepState};
use ats_store::{ActionEnd, ActionEntry, ActionState, Error, NewAction, Store};
use serde_json::json;

use super::{build::at, mirror::Mirror};

fn new(id: &str, key: Option<&str>) -> NewAction {
    NewAction {
        id: id.to_owned(),
        action: "add_note_to_application".to_owned(),
        idempotency_key: key.map(str::to_owned),
        input_hash: format!("hash of {id}"),
        at: at(3000),
    }
}

fn begin(store: &dyn Store, id: &IntegrationId, name: &str, key: Option<&str>) -> ActionEntry {
    store.begin_action(id, &new(name, key)).unwrap()
}

fn sent(ids: &[&str]) -> StepState {
    StepState::Sent { before: json!(ids) }
}

fn confirmed(id: &str) -> StepState {
    StepState::Confirmed { result: json!(id) }
}

pub(crate) fn an_action_is_written_down_as_it_begins_and_as_it_ends(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let begun = begin(store, &mirror.id, "1", Some("k"));
    assert_eq!(
        (&*begun.id, &*begun.action, &*begun.input_hash),
        ("1", "add_note_to_application", "hash of 1")
    );
    assert_eq!(begun.idempotency_key.as_deref(), Some("k"));
    assert_eq!(
        (begun.state, begun.answer.clone()),
        (ActionState::Planned, None)
    );
    assert_eq!((begun.started_at, begun.moved_at), (at(3000), at(3000)));
    let listed = store.actions(&mirror.id, 9).unwrap();
    assert_eq!(listed.iter().collect::<Vec<_>>(), [&begun]);
    assert_eq!(store.latest(&mirror.id).unwrap(), Some(at(3000)));
    for (state, answer, problem, seconds) in [
        (ActionState::Failed, None, Some("input_rejected"), 3001),
        (ActionState::Unknown, None, Some("outcome_unknown"), 3002),
        (ActionState::Confirmed, Some("{}"), None, 3003),
    ] {
        let end = ActionEnd {
            state,
            answer: answer.map(str::to_owned),
            problem: problem.map(str::to_owned),
            at: at(seconds),
        };
        store.end_action(begun.key, &end).unwrap();
        let ended = ActionEntry {
            state,
            answer: end.answer,
            problem: end.problem,
            moved_at: at(seconds),
            ..begun.clone()
        };
        assert_eq!(store.actions(&mirror.id, 9).unwrap(), [ended]);
        assert_eq!(store.latest(&mirror.id).unwrap(), Some(at(seconds)));
    }
}

pub(crate) fn an_idempotency_key_stands_for_one_action(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let first = begin(store, &mirror.id, "1", Some("k"));
    let mut other = new("2", Some("k"));
    other.action = "reject_application".to_owned();
    let again = store.begin_action(&mirror.id, &other).unwrap();
    assert_eq!(
        again, first,
        "what was written down first, and nothing else"
    );
    assert_eq!(store.actions(&mirror.id, 9).unwrap(), [first]);
    assert_ne!(
        begin(store, &mirror.id, "3", Some("K")).id,
        "1",
        "case counts"
    );
}

pub(crate) fn the_key_of_another_integration_is_another_one(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    begin(store, &mirror.id, "1", Some("k"));
    assert_eq!(begin(store, &other.id, "2", Some("k")).id, "2");
    let unknown = IntegrationId::derive("ashby", "nobody");
    assert!(matches!(
        store.begin_action(&unknown, &new("3", None)),
        Err(Error::UnknownIntegration { .. })
    ));
}

pub(crate) fn without_a_key_every_action_is_one_of_its_own(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let (one, two) = (
        begin(store, &mirror.id, "1", None),
        begin(store, &mirror.id, "2", None),
    );
    assert_ne!(one.key, two.key);
    assert_eq!(store.actions(&mirror.id, 9).unwrap(), [two, one]);
}

pub(crate) fn actions_come_latest_first_and_each_to_its_own(store: &dyn Store) {
    let (mirror, other) = (Mirror::new(store), Mirror::named(store, "second"));
    for name in ["1", "2", "3"] {
        begin(store, &mirror.id, name, None);
    }
    begin(store, &other.id, "4", None);
    let ids = |mirror: &Mirror<'_>, limit| -> Vec<String> {
        let found = store.actions(&mirror.id, limit).unwrap();
        found.into_iter().map(|entry| entry.id).collect()
    };
    assert_eq!(ids(&mirror, 2), ["3", "2"]);
    assert_eq!(ids(&mirror, 9), ["3", "2", "1"]);
    assert_eq!(ids(&other, 9), ["4"]);
}

pub(crate) fn a_step_is_remembered_until_it_is_taken_away(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let key = begin(store, &mirror.id, "1", None).key;
    let other = begin(store, &mirror.id, "2", None).key;
    let save = |state: Option<StepState>| store.save_step(key, "note", state.as_ref()).unwrap();
    assert_eq!(store.step(key, "note").unwrap(), None);
    save(Some(sent(&["a", "b"])));
    assert_eq!(store.step(key, "note").unwrap(), Some(sent(&["a", "b"])));
    assert_eq!(store.step(key, "tag").unwrap(), None, "another step");
    assert_eq!(store.step(other, "note").unwrap(), None, "another action");
    save(None);
    assert_eq!(store.step(key, "note").unwrap(), None);
    save(None);
    save(Some(sent(&["c"])));
    save(Some(confirmed("n")));
    assert_eq!(store.step(key, "note").unwrap(), Some(confirmed("n")));
}

pub(crate) fn a_step_that_is_confirmed_stays_so(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let key = begin(store, &mirror.id, "1", None).key;
    let nothing = StepState::Confirmed {
        result: json!(null),
    };
    store.save_step(key, "reject", Some(&nothing)).unwrap();
    assert_eq!(
        store.step(key, "reject").unwrap(),
        Some(nothing),
        "a step without a result is done too"
    );
    store.save_step(key, "note", Some(&confirmed("1"))).unwrap();
    store.save_step(key, "note", Some(&confirmed("2"))).unwrap();
    assert_eq!(store.step(key, "note").unwrap(), Some(confirmed("2")));
}

pub(crate) fn the_first_step_that_is_sent_moves_the_action(store: &dyn Store) {
    let mirror = Mirror::new(store);
    let key = begin(store, &mirror.id, "1", None).key;
    let state = || store.actions(&mirror.id, 1).unwrap()[0].state;
    store.save_step(key, "a", Some(&sent(&[]))).unwrap();
    assert_eq!(state(), ActionState::Sent);
    store.save_step(key, "a", None).unwrap();
    assert_eq!(
        state(),
        ActionState::Sent,
        "it has been sent, although it was refused"
    );
    let end = ActionEnd {
        state: ActionState::Unknown,
        answer: None,
        problem: None,
        at: at(3001),
    };
    store.end_action(key, &end).unwrap();
    store.save_step(key, "b", Some(&sent(&[]))).unwrap();
    assert_eq!(state(), ActionState::Unknown, "only what is planned moves");
}

pub(crate) fn erasing_takes_actions_and_their_steps(store: &dyn Store) {
    let (kept, erased) = (Mirror::new(store), Mirror::named(store, "erased"));
    let mine = begin(store, &kept.id, "1", Some("k"));
    let theirs = begin(store, &erased.id, "2", Some("k"));
    for key in [mine.key, theirs.key] {
        store.save_step(key, "note", Some(&confirmed("n"))).unwrap();
    }
    store.erase_integration(&erased.id).unwrap();
    assert_eq!(store.step(theirs.key, "note").unwrap(), None);
    assert_eq!(store.step(mine.key, "note").unwrap(), Some(confirmed("n")));
    assert_eq!(store.actions(&kept.id, 9).unwrap().len(), 1);
    let again = Mirror::named(store, "erased");
    assert_eq!(store.actions(&again.id, 9).unwrap(), []);
    let key = begin(store, &again.id, "3", Some("k"));
    assert_eq!(key.id, "3", "its keys are free");
    assert_eq!(store.step(key.key, "note").unwrap(), None);
}
