//! Actions from the command line: what they answer, how they refuse, that nothing is done twice
//! however they end, and that no secret is left anywhere.

use std::{process::Stdio, thread};

use ats_simulator::{Fault, FaultKind, KeySpec, Simulator};
use serde_json::{Value, json};

use crate::support::{Bench, Ended, end_of, ended};

/// An open job whose form demands a name and an address only.
const INTERN: &str = "0b000000-0000-4000-8000-000000000008";
/// `%PDF-1.4 FILEMARKER`
const FILE: &str = "JVBERi0xLjQgRklMRU1BUktFUg==";
const CREATE: &str = "create_application";

fn application(number: u8) -> String {
    format!("remote:3b000000-0000-4000-8000-{number:012}")
}

fn applies(email: &str) -> Value {
    json!({
        "job_id": format!("remote:{INTERN}"),
        "candidate": { "first_name": "Ada", "last_name": "Byron", "email_address": email },
        "attachments": [{
            "name": "ada.pdf", "content_type": "application/pdf", "data": FILE, "type": "CV",
        }],
    })
}

fn note(application: &str) -> Value {
    json!({ "application_id": application, "content": "Strong in Rust" })
}

impl Bench {
    /// The simulated vendor's storage is on this machine.
    fn act(&self, action: &str, input: &Value, more: &[&str]) -> Ended {
        let input = input.to_string();
        let arguments = [
            "--allow-private-network",
            "act",
            "acme",
            action,
            "--input",
            &input,
        ];
        self.json(&[&arguments[..], more].concat())
    }

    fn count(&self, collection: &str) -> usize {
        self.simulator.read(|world| world.len(collection))
    }

    fn files(&self) -> usize {
        self.simulator.read(|world| {
            let candidates = world.collection("candidates").values();
            let length = |one: &Value| one["fileHandles"].as_array().map_or(0, Vec::len);
            candidates.map(length).sum()
        })
    }

    /// Connects another integration whose key lacks a permission.
    fn connect_without(&self, permission: &str) {
        let mut permissions = Simulator::all_permissions();
        permissions.retain(|known| *known != permission);
        let key = self.simulator.add_key(KeySpec::new("Less", permissions));
        let url = self.simulator.base_url();
        let arguments = [
            "connect",
            "ashby",
            "--name",
            "less",
            "--base-url",
            &url,
            "--json",
        ];
        let mut command = self.command(&[&arguments[..], &["--api-key-env", "LESS"]].concat());
        command.env("LESS", key);
        ended(command, b"").ok();
    }
}

#[test]
fn the_answer_has_data_and_warnings_and_is_in_the_mirror() {
    let bench = Bench::synced();
    let mut input = applies("ada@example.com");
    input["candidate"]["company"] = "Engines".into();
    let answer = bench.act(CREATE, &input, &[]).ok();
    let names: Vec<_> = answer.as_object().unwrap().keys().collect();
    assert_eq!(names, ["data", "warnings"]);
    let warning = answer["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.contains("candidate.company"), "{answer}");
    let remote_id = answer["data"]["remote_id"].as_str().unwrap();
    assert_eq!(answer["data"]["candidate"]["first_name"], "Ada");
    let exported = bench.run(&["export", "acme", "applications"]);
    assert!(exported.text().contains(remote_id));
    let id = answer["data"]["id"].as_str().unwrap();
    assert_eq!(
        bench.act("add_note_to_application", &note(id), &[]).ok()["data"],
        json!({})
    );
    assert_eq!(bench.count("candidate_notes") + bench.count("notes"), {
        let fresh = Bench::small();
        fresh.count("candidate_notes") + fresh.count("notes") + 1
    });
}

#[test]
fn the_input_comes_from_a_file_from_standard_input_or_as_it_stands() {
    let bench = Bench::synced();
    let input = note(&application(1)).to_string();
    std::fs::write(bench.path("note.json"), &input).unwrap();
    let act = |given: &str, stdin: &str| {
        let arguments = [
            "act",
            "acme",
            "add_note_to_application",
            "--input",
            given,
            "--json",
        ];
        ended(bench.command(&arguments), stdin.as_bytes())
    };
    for (given, stdin) in [("note.json", ""), ("-", &*input), (&*input, "")] {
        act(given, stdin).ok();
    }
    assert_eq!(bench.requests_to("candidate.createNote"), 3);
    let message = act("{\"a\": SECRET", "").failed(2, "PLATFORM.INPUT_INVALID");
    assert!(
        message.contains("not JSON") && !message.contains("SECRET"),
        "{message}"
    );
    let missing = act("nothing.json", "");
    let message = missing.failed(2, "PLATFORM.INPUT_INVALID");
    assert!(message.contains("nothing.json"), "{message}");
}

#[test]
fn a_schema_is_printed_without_a_database() {
    let bench = Bench::small();
    for action in [CREATE, "add_note_to_application", "reject_application"] {
        let schema = bench.run(&["act", "--schema", action]);
        let schema: Value = serde_json::from_str(schema.text()).unwrap();
        assert!(
            schema["properties"].as_object().unwrap().len() > 1,
            "{schema}"
        );
    }
    assert!(!bench.database().exists());
    let message = bench
        .json(&["act", "--schema", "fly"])
        .failed(2, "unknown_action");
    assert!(message.contains(CREATE), "{message}");
}

#[test]
fn every_refusal_has_its_code_and_says_what_to_do() {
    let bench = Bench::synced();
    let act = |action: &str, input: &Value| bench.act(action, input, &[]);
    let message = act("add_note_to_application", &note("remote:nobody"));
    let message = message.failed(2, "PLATFORM.INPUT_INVALID");
    assert!(message.contains("application_id"), "{message}");

    act(CREATE, &applies("twice@example.com")).ok();
    act(CREATE, &applies("twice@example.com")).failed(1, "ATS.APPLICATION_ALREADY_EXISTS");

    for status in ["Closed", "Archived", "Draft"] {
        bench.simulator.edit(|world| {
            world.update("jobs", INTERN, |job| job["status"] = status.into());
        });
        let refused = act(CREATE, &applies("late@example.com"));
        let message = refused.failed(1, "ATS.JOB_CLOSED");
        assert!(!message.is_empty(), "{status}");
    }

    let refused = FaultKind::SuccessFalse {
        code: "invalid_input".to_owned(),
        http: 200,
    };
    bench
        .simulator
        .inject(Fault::once("candidate.createNote", refused));
    let refused = act("add_note_to_application", &note(&application(1)));
    let message = refused.failed(1, "REMOTE.INPUT_INVALID");
    assert!(message.contains("invalid_input"), "{message}");

    bench.connect_without("candidatesWrite");
    let input = note(&application(1)).to_string();
    let refused = bench.json(&["act", "less", "add_note_to_application", "--input", &input]);
    let message = refused.failed(1, "INTEGRATION.PERMISSION_MISSING");
    assert!(message.contains("candidatesWrite"), "{message}");
    let report = bench.json(&["check", "less"]).ok();
    let note = &report["actions"]["add_note_to_application"];
    assert_eq!(note["ok"], false, "{note}");
    assert_eq!(note["missing_permissions"], json!(["candidatesWrite"]));
    let text = bench.run(&["check", "less"]);
    assert!(text.text().contains("add_note_to_application"), "{text:?}");
}

#[test]
fn people_read_what_was_done_and_what_would_be() {
    let bench = Bench::synced();
    let input = note(&application(1)).to_string();
    let done = bench.run(&["act", "acme", "add_note_to_application", "--input", &input]);
    assert_eq!(done.text().trim_end(), "add_note_to_application: done");
    bench.simulator.clear_log();
    let arguments = [
        "act",
        "acme",
        "add_note_to_application",
        "--dry-run",
        "--input",
        &input,
    ];
    let plan = bench.run(&arguments);
    let text = plan.text();
    assert!(text.starts_with("1 call would be sent:"), "{text}");
    assert!(
        text.contains("1. candidate.createNote") && text.contains("Strong in Rust"),
        "{text}"
    );
    let plan = bench.json(&arguments).ok();
    assert_eq!(plan["dry_run"], true);
    assert_eq!(plan["calls"][0]["endpoint"], "candidate.createNote");
    assert_eq!(bench.requests(), 0);
}

#[test]
fn private_addresses_are_fetched_only_where_that_is_allowed() {
    let bench = Bench::synced();
    let input = json!({
        "candidate_id": "remote:3a000000-0000-4000-8000-000000000002",
        "attachment": {
            "name": "a.pdf", "data_url": "http://127.0.0.1:9/a.pdf", "type": "OTHER",
        },
    })
    .to_string();
    let arguments = [
        "act",
        "acme",
        "add_attachment_to_candidate",
        "--input",
        &input,
        "--json",
    ];
    let refused = ended(bench.command(&arguments), b"");
    let message = refused.failed(2, "PLATFORM.INPUT_INVALID");
    assert!(message.contains("private"), "{message}");
    let mut allowed = bench.command(&arguments);
    allowed.env("ATS_ALLOW_PRIVATE_NETWORK", "1");
    let by_variable = ended(allowed, b"").json()["error"]["message"].clone();
    assert!(
        !by_variable.as_str().unwrap().contains("private"),
        "{by_variable}"
    );
    assert_eq!(bench.files(), Bench::small().files());
}

#[test]
fn the_vendor_s_own_api_can_be_called_and_nothing_else() {
    let bench = Bench::synced();
    let call = [
        "passthrough",
        "acme",
        "post",
        "/job.list",
        "--data",
        "{\"limit\": 1}",
    ];
    let answer = bench.json(&call).ok();
    assert_eq!(
        (answer["status"].as_u64(), &answer["data"]["success"]),
        (Some(200), &json!(true))
    );
    // Without --json the body alone.
    let body: Value = serde_json::from_str(bench.run(&call).text()).unwrap();
    assert_eq!(body["results"], answer["data"]["results"]);
    let other = bench.json(&["passthrough", "acme", "GET", "https://example.com/x"]);
    let message = other.failed(2, "PLATFORM.INPUT_INVALID");
    assert!(!message.is_empty());
}

/// What the rounds of the law do, each with a key of its own.
fn round(number: usize) -> Vec<(&'static str, Value)> {
    let mut all = vec![(CREATE, applies(&format!("round{number}@example.com")))];
    let mine = application(1);
    let words = format!("Round {number}");
    all.push((
        "add_note_to_application",
        json!({ "application_id": mine, "content": words }),
    ));
    all.push((
        "add_attachment_to_application",
        json!({
            "application_id": mine,
            "attachment": {
                "name": format!("{number}.pdf"), "content_type": "application/pdf",
                "data": FILE, "type": "OTHER",
            },
        }),
    ));
    all
}

/// How often the law is tried here: three processes are killed in each round. The crate `ats-sync`
/// tries it a hundred times within one process, where nobody waits for a clock.
const ROUNDS: usize = 10;

/// `kill -9` at any moment, lost answers, and repetitions with the same key: one of everything.
#[test]
fn whatever_dies_and_whatever_is_lost_each_intent_is_carried_out_once() {
    let bench = Bench::synced();
    let writing = [
        "applicationForm.submit",
        "candidate.createNote",
        "candidate.uploadFile",
        "file.createFileUploadHandle",
        "fileUpload",
    ];
    let before = ["candidates", "applications", "notes"].map(|name| bench.count(name));
    let files = bench.files();
    for number in 0..ROUNDS {
        for (place, (action, input)) in round(number).into_iter().enumerate() {
            let key = format!("{number} {place}");
            let endpoint = writing[number % writing.len()];
            bench
                .simulator
                .inject(Fault::once(endpoint, FaultKind::ApplyThenReset));
            bench.simulator.clear_log();
            let input = input.to_string();
            let mut command = bench.command(&[
                "--allow-private-network",
                "act",
                "acme",
                action,
                "--input",
                &input,
                "--idempotency-key",
                &key,
                "--json",
            ]);
            command
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            // Every place of the action's requests has its turn; one that is done is not killed.
            let moment = (number * 7 + place) % 12;
            while bench.requests() < moment && child.try_wait().unwrap().is_none() {
                thread::yield_now();
            }
            let _ = child.kill();
            end_of(child);
            bench.simulator.clear_faults();
            let arguments = [
                "--allow-private-network",
                "act",
                "acme",
                action,
                "--input",
                &input,
                "--idempotency-key",
                &key,
            ];
            let first = bench.json(&arguments);
            first.ok();
            bench.simulator.clear_log();
            let again = bench.json(&arguments);
            assert_eq!(again.stdout, first.stdout, "{key}");
            assert_eq!(bench.requests(), 0, "{key}");
        }
        let when = format!("after round {number}");
        let now = ["candidates", "applications", "notes"].map(|name| bench.count(name));
        assert_eq!(now, before.map(|count| count + number + 1), "{when}");
        assert_eq!(bench.files(), files + 2 * (number + 1), "{when}");
    }
}

/// Every file of the folder, and every name.
fn left_behind(bench: &Bench) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(bench.folder.path()).unwrap();
    entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            let bytes = std::fs::read(&path).unwrap_or_default();
            (name, bytes)
        })
        .collect()
}

#[test]
fn no_key_no_survey_answer_and_no_byte_of_a_file_is_left_anywhere() {
    const RACE: &str =
        "remote:survey:2d000000-0000-4000-8000-000000000003:5a000000-0000-4000-8000-000000000035";
    let bench = Bench::synced();
    let mut input = applies("ada@example.com");
    input["screening_question_answers"] =
        json!([{ "question_id": RACE, "answer": "SURVEYMARKER" }]);
    let input = input.to_string();
    let arguments = [
        "--allow-private-network",
        "act",
        "acme",
        CREATE,
        "--input",
        "-",
        "--idempotency-key",
        "k",
    ];
    let mut said = Vec::new();
    let mut run = |more: &[&str]| {
        let mut command = bench.command(&[&arguments[..], more].concat());
        command.env("ATS_LOG", "trace");
        let ended = ended(command, input.as_bytes());
        said.push((
            format!("{more:?}"),
            format!("{}{}", ended.stdout, ended.stderr).into_bytes(),
        ));
        ended
    };
    run(&["--dry-run"]);
    run(&["--dry-run", "--json"]);
    for fault in [
        FaultKind::Malformed,
        FaultKind::Html,
        FaultKind::SuccessFalse {
            code: "odd".to_owned(),
            http: 200,
        },
        FaultKind::ApplyThenReset,
    ] {
        for endpoint in [
            "applicationForm.submit",
            "fileUpload",
            "surveySubmission.create",
        ] {
            bench.simulator.inject(Fault::once(endpoint, fault.clone()));
        }
        run(&["--json"]);
    }
    bench.simulator.clear_faults();
    run(&["--json"]).ok();
    let logged = |text: &[u8]| text.windows(13).any(|part| part == b"candidate.inf");
    assert!(
        said.iter()
            .any(|(_, text)| logged(text) || text.len() > 2000),
        "it is logged"
    );
    said.extend(left_behind(&bench));
    let key = bench.simulator.key();
    let basic = {
        use std::fmt::Write as _;
        let mut hex = String::new();
        for byte in key.bytes() {
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    };
    for marker in [
        "SURVEYMARKER",
        "FILEMARKER",
        "RklMRU1BUktFUg",
        "GSUxFTUFSS0VS",
        &key,
        &basic,
    ] {
        for (place, bytes) in &said {
            let found = bytes
                .windows(marker.len())
                .any(|part| part == marker.as_bytes());
            assert!(!found && !place.contains(marker), "{marker} is in {place}");
        }
    }
}

#[test]
fn an_action_that_the_scope_leaves_out_is_refused_before_the_vendor_hears_of_it() {
    let bench = Bench::synced();
    let scope = [
        "scopes",
        "create",
        "lean",
        "add_note_to_application=disabled",
    ];
    bench.json(&scope).ok();
    let follow = ["integrations", "set", "acme", "scope_config=lean"];
    bench.json(&follow).ok();
    let before = bench.requests();
    let refused = bench.act("add_note_to_application", &note(&application(0)), &[]);
    let told = refused.failed(2, "INTEGRATION.ACTION_DISABLED");
    assert!(told.contains("acme"), "{told}");
    assert_eq!(bench.requests(), before);
}
