//! Actions from end to end: through the ledger, at the vendor, and back in the mirror.

mod passes;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use ats_core::{
    ActionKind::{self, AddNoteToApplication, CreateApplication, GetApplicationAttachments},
    Connection, Connector, ErrorKind, Id, ModelKind, Outcome, Output,
};
use ats_simulator::FaultKind;
use ats_store::{
    ActionState, Cause, ChangeQuery, Integration, PassKind, Result as StoreResult, Store, Tracked,
};
use ats_sync::{ActError, ActRequest, Acted, PassOptions};
use serde_json::{Value, json};

use crate::bench::{Bench, assert_same, without_documents};

/// The marketing internship: its form demands a name and an address only.
const INTERN: &str = "0b000000-0000-4000-8000-000000000008";
/// Its form asks all sorts of questions.
const ENGINEER: &str = "0b000000-0000-4000-8000-000000000001";

fn application(number: u8) -> String {
    format!("3b000000-0000-4000-8000-{number:012}")
}

fn candidate(number: u8) -> String {
    format!("3a000000-0000-4000-8000-{number:012}")
}

/// What the mirror shows of what was made, the moment that the action is about to answer.
fn shown(store: &dyn Store, integration: &Integration, outcome: &Outcome) -> StoreResult<Value> {
    let (model, remote_id) = match &outcome.output {
        Output::Application(id) => (ModelKind::Application, id),
        Output::Candidate(id) => (ModelKind::Candidate, id),
        Output::Done | Output::Attachments(_) => return Ok(json!({})),
    };
    let id = Id::derive([integration.id.as_str(), model.name(), remote_id]);
    let record = store.record(&integration.id, &id)?;
    Ok(record.map_or(Value::Null, |record| {
        serde_json::from_str(&record.content).unwrap()
    }))
}

impl Bench {
    fn performer(&self) -> Arc<dyn Connector> {
        let connection = Connection {
            credentials: [("api_key".to_owned(), self.simulator.key().into())].into(),
            base_url: Some(self.simulator.base_url()),
            clock: Some(Arc::new(self.clock.clone())),
            // The storage of the simulated vendor is on this machine.
            allow_private_network: true,
            ..Connection::default()
        };
        let factory = ats_connectors::find("ashby").unwrap();
        Arc::from((factory.connect)(&connection).unwrap())
    }

    async fn request(&self, request: ActRequest) -> Result<Acted, ActError> {
        self.engine()
            .act(
                &self.integration,
                self.performer(),
                request,
                Arc::new(shown),
            )
            .await
    }

    async fn act(
        &self,
        kind: ActionKind,
        key: Option<&str>,
        input: Value,
    ) -> Result<String, ActError> {
        let request = ActRequest {
            kind,
            input,
            idempotency_key: key.map(str::to_owned),
            dry_run: false,
        };
        match self.request(request).await? {
            Acted::Done(answer) => Ok(answer),
            other => panic!("{other:?}"),
        }
    }

    /// An action that must succeed: its data and its warnings.
    async fn done(&self, kind: ActionKind, input: Value) -> (Value, Vec<String>) {
        read(&self.act(kind, None, input).await.unwrap())
    }

    fn ours(&self, model: ModelKind, remote_id: &str) -> String {
        Id::derive([self.integration.id.as_str(), model.name(), remote_id]).to_string()
    }

    fn notes(&self) -> usize {
        let endpoint = "candidate.createNote";
        self.requests().get(endpoint).copied().unwrap_or_default()
    }

    fn count(&self, collection: &str) -> usize {
        self.simulator.read(|world| world.len(collection))
    }

    /// The remote ids of the present records of a model.
    fn present(&self, model: ModelKind) -> BTreeSet<String> {
        let shown = self.shown().into_values();
        let of_model = shown.filter(|(of, ..)| *of == model);
        of_model
            .map(|(_, _, json)| json["remote_id"].as_str().unwrap().to_owned())
            .collect()
    }
}

fn read(answer: &str) -> (Value, Vec<String>) {
    let mut answer: Value = serde_json::from_str(answer).unwrap();
    let warnings = answer["warnings"].as_array().unwrap().iter();
    let warnings = warnings
        .map(|warning| warning["message"].as_str().unwrap().to_owned())
        .collect();
    (answer["data"].take(), warnings)
}

fn note(application: &str) -> Value {
    json!({ "application_id": application, "content": "Strong in Rust" })
}

fn applies(job: &str, email: &str) -> Value {
    json!({
        "job_id": format!("remote:{job}"),
        "candidate": { "first_name": "Ada", "last_name": "Byron", "email_address": email },
    })
}

fn kind(result: Result<impl std::fmt::Debug, ActError>) -> ErrorKind {
    match result.unwrap_err() {
        ActError::Action(error) => error.kind().clone(),
        other => panic!("{other:?}"),
    }
}

fn invalid(field: &str) -> ErrorKind {
    ErrorKind::InputInvalid {
        field: Some(field.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_is_in_the_mirror_when_the_action_answers() {
    let bench = Bench::small().await;
    bench.full().await;
    let (data, warnings) = bench
        .done(CreateApplication, applies(INTERN, "ada@example.com"))
        .await;
    assert_eq!(warnings, [""; 0]);
    let remote_id = data["remote_id"].as_str().unwrap();
    assert!(bench.present(ModelKind::Application).contains(remote_id));
    same_but_documents(&bench, "when the action answers").await;

    // It stands in the log as what it is, and leaves the history of passes alone.
    let query = ChangeQuery {
        limit: 1000,
        ..ChangeQuery::default()
    };
    let lines = bench.store.changes(&bench.integration.id, &query).unwrap();
    let line = lines
        .iter()
        .find(|line| line.remote_id.as_deref() == Some(remote_id));
    let expected = Cause::Action("create_application".to_owned());
    assert_eq!(line.unwrap().cause, expected);
    let passes = bench.store.passes(&bench.integration.id, 9).unwrap();
    assert_eq!(passes.len(), 1);
    let of_action = bench
        .store
        .pass(&bench.integration.id, &line.unwrap().pass_id);
    assert_eq!(of_action.unwrap().unwrap().kind, PassKind::Named);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_again_sends_nothing_and_gives_the_same_answer() {
    let bench = Bench::small().await;
    bench.full().await;
    let input = applies(INTERN, "ada@example.com");
    let first = bench
        .act(CreateApplication, Some("k"), input.clone())
        .await
        .unwrap();
    // What the mirror shows by now does not matter.
    bench.apply("edit a candidate's name", 0);
    bench.delta().await;
    bench.simulator.clear_log();
    // The order of an object's members is no difference.
    let reversed: serde_json::Map<_, _> = input
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .rev()
        .collect();
    for again in [input, Value::Object(reversed)] {
        let again = bench
            .act(CreateApplication, Some("k"), again)
            .await
            .unwrap();
        assert_eq!(again, first);
    }
    assert_eq!(bench.simulator.log().len(), 0);
    let entries = bench.store.actions(&bench.integration.id, 9).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].state, ActionState::Confirmed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_used_for_something_else_is_an_error_and_sends_nothing() {
    let bench = Bench::small().await;
    bench.full().await;
    let target = format!("remote:{}", application(1));
    bench
        .act(AddNoteToApplication, Some("k"), note(&target))
        .await
        .unwrap();
    bench.simulator.clear_log();
    let mut other = note(&target);
    other["content"] = "Other words".into();
    let other = bench.act(AddNoteToApplication, Some("k"), other).await;
    assert_eq!(kind(other), invalid("idempotency_key"));
    let input = json!({ "application_id": target, "content": "Strong in Rust" });
    let other = bench
        .act(ActionKind::RejectApplication, Some("k"), input)
        .await;
    assert!(matches!(kind(other), ErrorKind::InputInvalid { .. }));
    assert_eq!(bench.simulator.log().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_every_call_is_an_intent_and_its_input_leaves_no_hash() {
    let bench = Bench::small().await;
    bench.full().await;
    let target = format!("remote:{}", application(1));
    bench.simulator.clear_log();
    bench.done(AddNoteToApplication, note(&target)).await;
    bench.done(AddNoteToApplication, note(&target)).await;
    assert_eq!(bench.notes(), 2);
    let entries = bench.store.actions(&bench.integration.id, 9).unwrap();
    assert!(entries.iter().all(|entry| entry.input_hash.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_come_at_once_with_one_key_the_second_waits() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    bench.inject(
        "application.changeStage",
        0,
        1,
        FaultKind::Delay(Duration::from_millis(50)),
    );
    let reject = json!({
        "application_id": format!("remote:{}", application(1)),
        "rejection_reason_id": "remote:0f000000-0000-4000-8000-000000000001",
    });
    // Waits for one another are yields on the test's clock: nobody's patience ends.
    let wait = bench.clock.hold(Duration::from_millis(100));
    let first = bench.act(ActionKind::RejectApplication, Some("k"), reject.clone());
    let second = bench.act(ActionKind::RejectApplication, Some("k"), reject.clone());
    let waker = async {
        loop {
            wait.notify_waiters();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (first, second) = tokio::select! {
        both = async { tokio::join!(first, second) } => both,
        () = waker => unreachable!(),
    };
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(bench.requests()["application.changeStage"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_is_waited_for_too_long_says_so() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    let id = bench.integration.id.clone();
    let _held = bench
        .store
        .lock_named(&id, "action k", "process 7")
        .unwrap();
    let target = format!("remote:{}", application(1));
    let error = bench
        .act(AddNoteToApplication, Some("k"), note(&target))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("process 7"), "{error}");
    let expected = ErrorKind::Conflict {
        what: "action_under_way",
    };
    assert_eq!(kind(Err::<(), _>(error)), expected);
    assert_eq!(bench.simulator.log().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_may_be_ours_or_theirs_and_unknown_ones_are_errors_of_the_input() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    let ours = bench.ours(ModelKind::Application, &application(1));
    bench.done(AddNoteToApplication, note(&ours)).await;
    assert_eq!(bench.notes(), 1);
    let nobody = bench.ours(ModelKind::Application, "nobody");
    let of_another_model = bench.ours(ModelKind::Candidate, &candidate(1));
    for unknown in [nobody, of_another_model, "remote:nobody".to_owned()] {
        bench.simulator.clear_log();
        let result = bench.act(AddNoteToApplication, None, note(&unknown)).await;
        assert_eq!(kind(result), invalid("application_id"), "{unknown}");
        let asked = !bench.simulator.log().is_empty();
        assert_eq!(asked, unknown.starts_with("remote:"), "{unknown}");
    }
    assert_eq!(bench.notes(), 0);
    let latest = &bench.store.actions(&bench.integration.id, 1).unwrap()[0];
    assert_eq!(latest.state, ActionState::Failed);
    assert_eq!(latest.problem.as_deref(), Some("input_invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_mirror_has_not_seen_yet_is_looked_up_at_the_vendor() {
    let bench = Bench::small().await;
    let target = format!("remote:{}", application(1));
    bench.done(AddNoteToApplication, note(&target)).await;
    assert_eq!(bench.notes(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_a_candidate_that_was_merged_leads_to_the_other_one() {
    let bench = Bench::small().await;
    bench.full().await;
    let (from, into) = (candidate(1), candidate(2));
    let old = bench.ours(ModelKind::Candidate, &from);
    let new = bench.ours(ModelKind::Candidate, &into);
    let id = &bench.integration.id;
    let (old_id, new_id) = (old.parse().unwrap(), new.parse().unwrap());
    bench.store.merge(id, &old_id, &new_id).unwrap();
    let pass = bench.store.passes(id, 1).unwrap().remove(0);
    let removal = ats_store::Removal {
        integration: id.clone(),
        pass: pass.key,
        at: bench.clock.date(),
        stream: "candidates".to_owned(),
        bundle: from,
        reason: ats_store::DeletionReason::Gone,
        cause: Cause::Webhook("candidateMerge".to_owned()),
    };
    assert!(bench.store.remove_bundle(&removal).unwrap());
    bench.store.settle_merges(id).unwrap();
    bench.simulator.clear_log();
    let input = json!({ "candidate_id": old });
    bench.done(ActionKind::GetCandidateAttachments, input).await;
    let log = bench.simulator.log();
    let asked = log
        .iter()
        .find(|exchange| exchange.endpoint == "candidate.info");
    assert_eq!(asked.unwrap().request["id"], into);
}

/// The mirror shows what the vendor has. What was read alone has the document of its own endpoint
/// and not that of the list.
async fn same_but_documents(bench: &Bench, when: &str) {
    let truth = without_documents(bench.truth().await);
    assert_same(&without_documents(bench.shown()), &truth, when);
}

/// The CV that the engineer's form demands.
fn cv() -> Value {
    json!([{
        "name": "ada.pdf", "content_type": "application/pdf", "data": "JVBERi0xLjQK", "type": "CV",
    }])
}

/// Answers to what the engineer's form demands, by the ids of the mirror where `ours` is set.
fn answers(bench: &Bench) -> Value {
    let question = |number: u8| {
        let remote = format!("5a000000-0000-4000-8000-{number:012}");
        bench.ours(ModelKind::ScreeningQuestion, &remote)
    };
    let option = |number: u8, value: &str| {
        let id = question(number).parse().unwrap();
        let found = bench.store.record(&bench.integration.id, &id).unwrap();
        let content: Value = serde_json::from_str(&found.unwrap().content).unwrap();
        let options = content["format"]["options"].as_array().unwrap();
        let option = options.iter().find(|option| option["remote_id"] == value);
        option.unwrap_or_else(|| panic!("{content}"))["id"].clone()
    };
    json!([
        { "question_id": question(1), "answer": "Three months" },
        { "question_id": question(7), "answer": 4 },
        { "question_id": question(8), "answer": true },
        { "question_id": question(10), "answer": option(10, "friend") },
        { "question_id": question(11), "answer": [option(11, "de"), option(11, "ja")] },
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn options_are_answered_by_our_ids_and_unknown_questions_are_left_out_with_a_warning() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    let mut input = applies(ENGINEER, "ada@example.com");
    let mut given = answers(&bench);
    let nobody = bench.ours(ModelKind::ScreeningQuestion, "nobody");
    let unknown = json!({ "question_id": nobody, "answer": "MARKER" });
    given.as_array_mut().unwrap().insert(1, unknown);
    input["screening_question_answers"] = given;
    input["attachments"] = cv();
    let (_, warnings) = bench.done(CreateApplication, input).await;
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("there is no such question"),
        "{warnings:?}"
    );
    assert!(!warnings[0].contains("MARKER"));
    let log = bench.simulator.log();
    let form = log
        .iter()
        .find(|exchange| exchange.endpoint == "applicationForm.submit");
    let sent = form.unwrap().request.to_string();
    let ours = |number| bench.ours(ModelKind::ScreeningQuestion, number);
    assert!(!sent.contains(&ours("nobody")), "{sent}");
    let stored = bench.shown().into_values();
    let answered = stored
        .filter(|(model, ..)| *model == ModelKind::Application)
        .any(|(_, _, json)| {
            let all = json["screening_question_answers"].to_string();
            all.contains("Three months")
        });
    assert!(answered, "the answers are in the mirror");
    same_but_documents(&bench, "with answers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_cannot_take_is_a_warning_that_names_the_input() {
    let bench = Bench::small().await;
    bench.full().await;
    let mut input = applies(INTERN, "ada@example.com");
    input["candidate"]["company"] = "Analytical Engines".into();
    input["candidate"]["title"] = "Countess".into();
    input["unheard_of"] = 1.into();
    let (_, warnings) = bench.done(CreateApplication, input).await;
    for name in ["candidate.company", "candidate.title", "unheard_of"] {
        let found = warnings.iter().filter(|warning| warning.contains(name));
        assert_eq!(found.count(), 1, "{name}: {warnings:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_sends_nothing_keeps_nothing_and_checks_the_ids() {
    let bench = Bench::small().await;
    bench.full().await;
    bench.simulator.clear_log();
    let plan = |input| ActRequest {
        kind: CreateApplication,
        input,
        idempotency_key: Some("k".to_owned()),
        dry_run: true,
    };
    let mut input = applies(ENGINEER, "ada@example.com");
    input["screening_question_answers"] = answers(&bench);
    input["attachments"] = cv();
    let planned = bench.request(plan(input)).await.unwrap();
    let Acted::Planned { calls, warnings } = planned else {
        panic!("{planned:?}");
    };
    assert!(warnings.is_empty(), "{warnings:?}");
    let endpoints: Vec<_> = calls.iter().map(|call| call.endpoint.as_str()).collect();
    assert!(
        endpoints.contains(&"applicationForm.submit"),
        "{endpoints:?}"
    );
    let mut unknown = applies(ENGINEER, "ada@example.com");
    unknown["job_id"] = bench.ours(ModelKind::Job, "nobody").into();
    assert!(matches!(
        kind(bench.request(plan(unknown)).await),
        ErrorKind::InputInvalid { .. }
    ));
    assert_eq!(bench.simulator.log().len(), 0);
    assert_eq!(bench.store.actions(&bench.integration.id, 9).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_reads_leaves_no_entry_and_is_asked_again() {
    let bench = Bench::small().await;
    bench.full().await;
    let input = json!({ "application_id": format!("remote:{}", application(1)) });
    for _ in 0..2 {
        bench.simulator.clear_log();
        bench
            .act(GetApplicationAttachments, Some("k"), input.clone())
            .await
            .unwrap();
        assert!(!bench.simulator.log().is_empty());
    }
    assert_eq!(bench.store.actions(&bench.integration.id, 9).unwrap(), []);
}

/// A hundred attempts die at any moment, and every answer of a write is lost in turn: repeated with
/// its key, each intent is carried out once.
#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_times_whatever_dies_and_is_lost_each_intent_is_carried_out_once() {
    const WRITES: [&str; 5] = [
        "applicationForm.submit",
        "candidate.createNote",
        "candidate.uploadFile",
        "file.createFileUploadHandle",
        "fileUpload",
    ];
    let bench = Bench::new(ats_simulator::ashby::small_world(), None).await;
    bench.full().await;
    let files = || {
        bench.simulator.read(|world| {
            let candidates = world.collection("candidates").values();
            let length = |one: &Value| one["fileHandles"].as_array().map_or(0, Vec::len);
            candidates.map(length).sum::<usize>()
        })
    };
    let census = || ["candidates", "applications", "notes"].map(|name| bench.count(name));
    let (before, files_before) = (census(), files());
    for number in 0..100 {
        let target = format!("remote:{}", application(1));
        let mut applies = applies(INTERN, &format!("round{number}@example.com"));
        applies["attachments"] = cv();
        let words = json!({ "application_id": target, "content": format!("Round {number}") });
        let mut file = cv()[0].take();
        file["type"] = "OTHER".into();
        let file = json!({ "application_id": target, "attachment": file });
        let intents = [
            (CreateApplication, applies),
            (AddNoteToApplication, words),
            (ActionKind::AddAttachmentToApplication, file),
        ];
        for (place, (kind, input)) in intents.into_iter().enumerate() {
            let key = format!("{number} {place}");
            let endpoint = WRITES[number % WRITES.len()];
            bench.inject(endpoint, 0, 1, FaultKind::ApplyThenReset);
            bench.simulator.clear_log();
            let moment = (number * 7 + place) % 12;
            let dies = async {
                while bench.simulator.log().len() < moment {
                    tokio::task::yield_now().await;
                }
            };
            // Whoever drops it gives it up as if the process had died.
            tokio::select! {
                biased;
                () = dies => {}
                first = bench.act(kind, Some(&key), input.clone()) => {
                    first.unwrap();
                }
            }
            let first = bench.act(kind, Some(&key), input.clone()).await.unwrap();
            bench.simulator.clear_faults();
            bench.simulator.clear_log();
            assert_eq!(bench.act(kind, Some(&key), input).await.unwrap(), first);
            assert_eq!(bench.simulator.log().len(), 0, "{key}");
        }
        let now = before.map(|count| count + number + 1);
        assert_eq!(census(), now, "after round {number}");
        assert_eq!(
            files(),
            files_before + 2 * (number + 1),
            "after round {number}"
        );
    }
}
