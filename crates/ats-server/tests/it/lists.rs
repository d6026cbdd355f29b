//! Lists: shapes, paging, filters, and what `updated_after` brings.

use std::{collections::BTreeSet, sync::Arc};

use ats_core::Timestamp;
use ats_simulator::{KeySpec, Simulator};
use ats_store::{Cause, DeletionReason, PassKind, PassState, Removal, Settings};
use ats_sync::{PassOptions, Unobserved};
use serde_json::Value;
use tokio::sync::watch;

use crate::support::{Bench, Setup, assert_schema, connect};

/// Lists of models that Ashby has.
const LISTS: &[&str] = &[
    "users",
    "jobs",
    "candidates",
    "applications",
    "application-stages",
    "tags",
    "interviews",
    "offers",
    "rejection-reasons",
];

fn schema_of(list: &str) -> String {
    format!("get_ats_{}.response", list.replace('-', "_"))
}

fn ids(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .map(|record| record["id"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_list_has_the_shape_that_clients_know() {
    for api_remote_data in [false, true] {
        let settings = Settings {
            api_remote_data,
            ..Settings::default()
        };
        let bench = Bench::with(Setup {
            settings,
            ..Setup::default()
        })
        .await;
        for list in LISTS {
            let path = format!("/v1/ats/{list}?page_size=250&include_deleted=true");
            // The second time answers are there already.
            for _ in 0..2 {
                let answer = bench.get(&path).await;
                assert_eq!(answer.status, 200, "{list}: {}", answer.text);
                assert_schema(&schema_of(list), &answer.json());
                let results = &answer.data()["results"];
                assert!(!results.as_array().unwrap().is_empty(), "{list}");
                assert_eq!(
                    results[0]["remote_data"].is_object(),
                    api_remote_data,
                    "{list}"
                );
                bench.filled().await;
            }
        }
    }
}

/// Lets everything of the vendor's be gone, and nothing but ids be left of it.
fn lose_everything(bench: &Bench) {
    let (platform, id) = (bench.app.platform(), &bench.integration.id);
    let pass = platform.passes(id, 1).unwrap().remove(0);
    let connector = bench.app.connector(&bench.integration).unwrap();
    for stream in connector.streams() {
        for stored in platform.bundles(id, stream.name(), None, 9_999).unwrap() {
            let removal = Removal {
                integration: id.clone(),
                pass: pass.key,
                at: bench.app.now(),
                stream: stream.name().to_owned(),
                bundle: stored.bundle.id,
                reason: DeletionReason::Gone,
                cause: Cause::Swept,
            };
            assert!(platform.remove_bundle(&removal).unwrap());
        }
    }
    let (now, later) = (bench.app.now(), Timestamp::parse("2100-01-01").unwrap());
    let emptied = platform.anonymise(id, pass.key, later, now, 9_999);
    assert!(emptied.unwrap() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_been_gone_for_long_has_the_shape_too_and_tells_of_nobody() {
    let bench = Bench::start().await;
    let before = bench.walk("candidates", 250, "").await;
    lose_everything(&bench);
    for list in LISTS {
        assert_eq!(bench.walk(list, 250, "").await, [Value::Null; 0], "{list}");
        let path = format!("/v1/ats/{list}?page_size=250&include_deleted=true");
        let answer = bench.get(&path).await;
        assert_schema(&schema_of(list), &answer.json());
        let gone = answer.data()["results"].take();
        let gone = gone.as_array().unwrap();
        assert!(!gone.is_empty(), "{list}");
        let is_gone = |record: &Value| record["remote_deleted_at"].is_string();
        assert!(gone.iter().all(is_gone), "{list}");
        if *list == "candidates" {
            let name = before[0]["first_name"].as_str().unwrap();
            assert!(!answer.text.contains(name) && !answer.text.contains('@'));
            assert_eq!(gone[0]["id"], before[0]["id"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_kept_are_those_that_would_be_made() {
    let bench = Bench::start().await;
    for list in LISTS {
        let id = bench.integration.id.clone();
        bench.filled().await;
        let kept = bench.walk(list, 250, "").await;
        bench.app.platform().drop_answers(&id).unwrap();
        let made = bench.walk(list, 250, "").await;
        assert_eq!(kept, made, "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ashby_lacks_is_said_to_be_lacking() {
    let bench = Bench::start().await;
    for list in ["roles", "notes", "scorecards", "attachments"] {
        let answer = bench.get(&format!("/v1/ats/{list}")).await;
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), "INTEGRATION.MODEL_NOT_AVAILABLE", "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_any_size_give_the_same_walk() {
    let bench = Bench::start().await;
    for list in LISTS {
        let whole = bench.walk(list, 250, "").await;
        for page_size in [1, 3] {
            assert_eq!(
                bench.walk(list, page_size, "").await,
                whole,
                "{list} by {page_size}"
            );
        }
        let distinct: BTreeSet<_> = ids(&whole).into_iter().collect();
        assert_eq!(distinct.len(), whole.len(), "{list}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_nested_is_what_the_other_lists_show() {
    let bench = Bench::start().await;
    let candidates = bench.walk("candidates", 250, "").await;
    let applications = bench.walk("applications", 250, "").await;
    let jobs = bench.walk("jobs", 250, "").await;
    let stages = bench.walk("application-stages", 250, "").await;
    let (mut nested, mut placed) = (0, 0);
    for candidate in &candidates {
        let own: BTreeSet<&str> = applications
            .iter()
            .filter(|application| application["candidate_id"] == candidate["id"])
            .map(|application| application["id"].as_str().unwrap())
            .collect();
        let shown = candidate["applications"].as_array().unwrap();
        assert_eq!(ids(shown).into_iter().collect::<BTreeSet<_>>(), own);
        nested += shown.len();
    }
    for application in &applications {
        let job = jobs.iter().find(|job| job["id"] == application["job_id"]);
        let job = job.expect("the job of an application is in the list of jobs");
        assert_eq!(application["job"]["name"], job["name"]);
        let stage = &application["current_stage"];
        if stage.is_null() {
            continue;
        }
        let known = stages
            .iter()
            .find(|known| known["id"] == stage["id"])
            .unwrap();
        assert_eq!(stage["name"], known["name"]);
        let of_job = job["stages"].as_array().unwrap();
        if let Some(of_job) = of_job.iter().find(|of_job| of_job["id"] == stage["id"]) {
            assert_eq!(stage["index"], of_job["index"]);
            assert!(stage["index"].is_number());
            placed += 1;
        }
    }
    assert!(nested > 0 && placed > 0);
    assert!(
        jobs.iter()
            .any(|job| !job["hiring_team"].as_array().unwrap().is_empty())
    );
    assert!(
        jobs.iter()
            .any(|job| !job["job_postings"].as_array().unwrap().is_empty())
    );
    assert!(
        jobs.iter()
            .any(|job| !job["screening_questions"].as_array().unwrap().is_empty())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_filter_gives_what_a_look_at_all_records_gives() {
    let bench = Bench::start().await;
    let candidates = bench.walk("candidates", 250, "").await;
    let applications = bench.walk("applications", 250, "").await;
    let jobs = bench.walk("jobs", 250, "").await;
    let users = bench.walk("users", 250, "").await;
    let interviews = bench.walk("interviews", 250, "").await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let some_job = text(&applications[0]["job_id"]);
    let some_remote_job = text(&applications[0]["job"]["remote_id"]);
    let some_stage = text(&applications[0]["current_stage_id"]);
    let with_mail = candidates
        .iter()
        .find(|one| one["email_addresses"][0].is_object())
        .unwrap();
    let mail = text(&with_mail["email_addresses"][0]["email_address"]).to_uppercase();
    let first = text(&candidates[0]["first_name"]).to_lowercase();
    let user_mail = text(&users.iter().find(|one| one["email"].is_string()).unwrap()["email"]);
    let interview_job = text(&interviews[0]["application"]["job"]["id"]);
    let name_part: String = text(&jobs[0]["name"])
        .chars()
        .take(4)
        .collect::<String>()
        .to_uppercase();
    let two = format!(
        "{},{}",
        text(&candidates[0]["id"]),
        text(&candidates[1]["id"])
    );
    let remote = text(&candidates[1]["remote_id"]);
    type Test = Box<dyn Fn(&Value) -> bool>;
    let is = |path: &'static str, wanted: String| -> Test {
        Box::new(move |record| record.pointer(path).and_then(Value::as_str) == Some(&wanted))
    };
    let has_mail = |wanted: String| -> Test {
        Box::new(move |record| {
            let all = record["email_addresses"].as_array().unwrap();
            all.iter()
                .any(|one| one["email_address"].as_str().unwrap().to_uppercase() == wanted)
        })
    };
    let of_job = some_job.clone();
    let ids_of_two = two.clone();
    let cases: Vec<(&str, &[Value], String, Test)> = vec![
        (
            "candidates",
            &candidates,
            format!("email={mail}"),
            has_mail(mail.clone()),
        ),
        (
            "candidates",
            &candidates,
            format!("job_ids={some_job}"),
            Box::new(move |record| {
                let all = record["applications"].as_array().unwrap();
                all.iter()
                    .any(|one| one["job"]["id"].as_str() == Some(&of_job))
            }),
        ),
        ("candidates", &candidates, format!("first_name={first}"), {
            let first = first.clone();
            Box::new(move |record| {
                record["first_name"].as_str().unwrap_or("").to_lowercase() == first
            })
        }),
        (
            "candidates",
            &candidates,
            format!("ids={two}"),
            Box::new(move |record| ids_of_two.split(',').any(|id| record["id"] == id)),
        ),
        (
            "candidates",
            &candidates,
            format!("remote_ids={remote}"),
            is("/remote_id", remote.clone()),
        ),
        (
            "applications",
            &applications,
            format!("job_ids={some_job}"),
            is("/job_id", some_job.clone()),
        ),
        (
            "applications",
            &applications,
            format!("job_remote_ids={some_remote_job}"),
            is("/job_id", some_job.clone()),
        ),
        (
            "applications",
            &applications,
            format!("current_stage_ids={some_stage}"),
            is("/current_stage_id", some_stage),
        ),
        (
            "applications",
            &applications,
            "outcomes=HIRED%2CDECLINED".to_owned(),
            Box::new(|record| record["outcome"] == "HIRED" || record["outcome"] == "DECLINED"),
        ),
        (
            "applications",
            &applications,
            "outcome=PENDING".to_owned(),
            is("/outcome", "PENDING".to_owned()),
        ),
        (
            "applications",
            &applications,
            "remote_created_after=2024-06-15".to_owned(),
            Box::new(|record| {
                record["remote_created_at"]
                    .as_str()
                    .is_some_and(|at| at >= "2024-06-15")
            }),
        ),
        (
            "jobs",
            &jobs,
            "statuses=OPEN".to_owned(),
            is("/status", "OPEN".to_owned()),
        ),
        (
            "jobs",
            &jobs,
            "employment_types=FULL_TIME".to_owned(),
            is("/employment_type", "FULL_TIME".to_owned()),
        ),
        (
            "jobs",
            &jobs,
            "visibilities=PUBLIC".to_owned(),
            is("/visibility", "PUBLIC".to_owned()),
        ),
        (
            "jobs",
            &jobs,
            format!("name_contains={name_part}"),
            Box::new(move |record| {
                record["name"]
                    .as_str()
                    .unwrap_or("")
                    .to_uppercase()
                    .contains(&name_part)
            }),
        ),
        (
            "users",
            &users,
            format!("emails={}", user_mail.to_uppercase()),
            is("/email", user_mail),
        ),
        (
            "interviews",
            &interviews,
            format!("job_ids={interview_job}"),
            is("/application/job/id", interview_job),
        ),
    ];
    for (list, all, query, test) in cases {
        let expected: Vec<&Value> = all.iter().filter(|record| test(record)).collect();
        let found = bench.walk(list, 2, &format!("&{query}")).await;
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{list}?{query}");
        assert!(
            !found.is_empty(),
            "{list}?{query} is a test only if something matches"
        );
    }
    let none = bench
        .walk("candidates", 100, "&ids=111111111111111111111111")
        .await;
    assert!(none.is_empty());
    let both = format!("&first_name={first}&email=nobody@example.com");
    assert!(
        bench.walk("candidates", 100, &both).await.is_empty(),
        "filters hold together"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_asked_is_refused_and_says_what_can() {
    let bench = Bench::start().await;
    let cases = [
        ("page_size=0", "250"),
        ("page_size=251", "250"),
        ("page_size=ten", "250"),
        ("cursor=nonsense", "cursor"),
        ("cursor=MSBnZXRKb2JzIDE", "cursor"),
        ("updated_after=yesterday", "updated_after"),
        ("include_deleted=perhaps", "true or false"),
        ("outcomes=WON", "PENDING"),
        ("remote_created_after=2024-13-01", "remote_created_after"),
    ];
    for (query, part) in cases {
        let answer = bench.get(&format!("/v1/ats/applications?{query}")).await;
        assert_schema("error_ats.response", &answer.json());
        assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID", "{query}");
        assert!(answer.text.contains(part), "{query}: {}", answer.text);
    }
    for query in [
        "nobody_knows=1",
        "page_size=",
        "cursor=",
        "updated_after=2026-01-01T00:00:00+02:00",
    ] {
        let answer = bench.get(&format!("/v1/ats/applications?{query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_the_connector_cannot_serve_matches_nothing_or_is_left_out() {
    let bench = Bench::start().await;
    let jobs = bench.walk("jobs", 100, "").await;
    let scopes = [
        ("&job_codes=X", false),
        ("&job_codes=X&ignore_unsupported_filters=true", true),
    ];
    let coverage = ats_core::Coverage::of(&*bench.app.connector(&bench.integration).unwrap());
    let is_gap = coverage.models[&ats_core::ModelKind::Job].fields["job_code"].is_some();
    for (query, ignored) in scopes {
        let found = bench.walk("jobs", 100, query).await;
        assert_eq!(found.len() == jobs.len(), ignored && is_gap, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_shown_before_the_first_pass_is_over() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let answer = bench.get("/v1/ats/jobs").await;
    assert_schema("error_ats.response", &answer.json());
    assert_eq!(answer.code(), "INTEGRATION.SETUP_SYNC_PENDING");
    bench.sync(PassKind::Full).await;
    assert_eq!(bench.get("/v1/ats/jobs").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changed_since_comes_with_updated_after() {
    let bench = Bench::start().await;
    let since = bench.pause().await;
    for list in LISTS {
        let query = format!("&updated_after={since}");
        assert!(bench.walk(list, 100, &query).await.is_empty(), "{list}");
    }
    let candidate = bench.walk("candidates", 1, "").await[0].clone();
    let id = candidate["id"].as_str().unwrap();
    let path = format!("/v1/ats/candidates/{id}/tags");
    let body = serde_json::json!({ "tag": { "name": "Fresh" } });
    assert_eq!(bench.post(&path, body).await.status, 200);
    let query = format!("&updated_after={since}");
    let changed = bench.walk("candidates", 100, &query).await;
    assert_eq!(ids(&changed), [id]);
    let tags = changed[0]["tags"].as_array().unwrap();
    assert!(tags.iter().any(|tag| tag["name"] == "Fresh"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_changes_of_an_integration_come_in_order_and_without_gaps() {
    let bench = Bench::start().await;
    let mut position = 0;
    let mut seen = Vec::new();
    loop {
        let data = bench
            .get(&format!("/v1/changes?since={position}&limit=7"))
            .await
            .data();
        let results = data["results"].as_array().unwrap();
        seen.extend(
            results
                .iter()
                .map(|change| change["position"].as_i64().unwrap()),
        );
        position = data["next_position"].as_i64().unwrap();
        if data["has_more"] == false {
            break;
        }
    }
    assert!(seen.windows(2).all(|two| two[0] < two[1]));
    let created = bench
        .get("/v1/changes?since=0&limit=5000&models=ats_jobs")
        .await
        .data();
    let jobs = bench.walk("jobs", 250, "&include_deleted=true").await;
    assert_eq!(created["results"].as_array().unwrap().len(), jobs.len());
    for query in ["limit=0", "since=-1", "models=ats_wishes", "since=x"] {
        let answer = bench.get(&format!("/v1/changes?{query}")).await;
        assert_eq!(answer.code(), "PLATFORM.INPUT_INVALID", "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn records_of_another_integration_are_not_there() {
    let bench = Bench::start().await;
    let settings = Settings::default();
    let other = connect(
        &bench.app,
        &bench.simulator,
        "other",
        "production",
        settings,
    );
    let answer = bench
        .send_as(
            reqwest::Method::GET,
            "/v1/ats/jobs",
            None,
            Some(&bench.key),
            Some(other.id.as_str()),
        )
        .await;
    assert_eq!(answer.code(), "INTEGRATION.SETUP_SYNC_PENDING");
    let job = bench.walk("jobs", 1, "").await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/v1/ats/jobs?ids={job}");
    let answer = bench
        .send_as(
            reqwest::Method::GET,
            &path,
            None,
            Some(&bench.key),
            Some(bench.integration.id.as_str()),
        )
        .await;
    assert_eq!(answer.data()["results"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_key_may_not_read_is_no_empty_list() {
    let bench = Bench::with(Setup {
        mirrored: false,
        ..Setup::default()
    })
    .await;
    let all = Simulator::all_permissions().into_iter();
    let some = all.filter(|permission| *permission != "offersRead");
    let lesser = bench.simulator.add_key(KeySpec::new("lesser", some));
    let mut integration = bench.integration.clone();
    let factory = bench.app.registry().find("ashby").unwrap();
    let fields = factory.manifest.credentials.iter();
    let credentials = fields
        .map(|field| (field.name.to_owned(), lesser.clone().into()))
        .collect();
    let keys = bench.app.keys();
    integration.credentials = keys
        .seal_credentials(&credentials, &integration.id)
        .unwrap();
    bench.app.platform().save_integration(&integration).unwrap();
    let (_ask, asked) = watch::channel(false);
    let options = PassOptions::default();
    let connector = bench.app.connector(&integration).unwrap();
    let engine = bench.app.engine();
    let watcher = Arc::new(Unobserved);
    let pass = engine
        .run(&integration, connector, &options, watcher, asked)
        .await;
    assert_eq!(pass.unwrap().state, PassState::PartiallyFailed);
    for query in ["", "?updated_after=2020-01-01"] {
        let refused = bench.get(&format!("/v1/ats/offers{query}")).await;
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert_eq!(refused.code(), "INTEGRATION.PERMISSION_MISSING");
        assert!(refused.text.contains("Offers: Read"), "{}", refused.text);
        assert_schema("error_ats.response", &refused.json());
    }
    assert_eq!(bench.get("/v1/ats/jobs").await.status, 200);
    let none = bench
        .get("/v1/ats/jobs?name_contains=nothing-is-called-so")
        .await;
    assert_eq!(none.data()["results"].as_array().map(Vec::len), Some(0));
}
