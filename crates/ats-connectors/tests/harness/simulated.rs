//! A running simulated Ashby, keys to it, and what reading its world costs at least.
//!
//! The costs follow from the world and the vendor's documentation, never from the connector.

#![expect(
    clippy::panic,
    reason = "a harness without its vendor has nothing else to say"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ats_conformance::{ChangeInfo, Economy, Remote, Sent, WorldKind};
use ats_core::{Connection, Connector};
use ats_http::testing::FakeClock;
use ats_simulator::{Fault, KeySpec, Options, Simulator, World, ashby};
use serde_json::Value;

/// Rows on a full page of the vendor.
const PAGE: usize = 100;

/// A running simulated Ashby.
pub(crate) struct Simulated {
    /// The server.
    pub(crate) simulator: Simulator,
    page: usize,
}

impl Simulated {
    /// Starts one; `record` keeps the answers in the server's log.
    pub(crate) async fn start(world: WorldKind, record: bool) -> Self {
        let (documents, cap) = match world {
            WorldKind::Small { page_size_cap } => (ashby::small_world(), page_size_cap),
            WorldKind::Generated {
                seed,
                candidates,
                page_size_cap,
            } => (ashby::generated_world(seed, candidates), page_size_cap),
        };
        let options = Options {
            page_size_cap: cap,
            record_responses: record,
            ..Options::default()
        };
        let simulator = Simulator::start(documents, options)
            .await
            .unwrap_or_else(|error| panic!("the simulator does not start: {error}"));
        Self {
            simulator,
            page: cap.unwrap_or(PAGE).min(PAGE),
        }
    }

    fn connect(&self, key: &str, settings: BTreeMap<String, bool>) -> Arc<dyn Connector> {
        let connection = Connection {
            credentials: BTreeMap::from([("api_key".to_owned(), key.to_owned().into())]),
            base_url: Some(self.simulator.base_url()),
            settings,
            clock: Some(Arc::new(FakeClock::new())),
            allow_private_network: true,
            read_only: false,
        };
        let factory =
            ats_connectors::find("ashby").unwrap_or_else(|| panic!("no factory for ashby"));
        let connector = (factory.connect)(&connection);
        Arc::from(
            connector.unwrap_or_else(|error| panic!("the connector does not connect: {error}")),
        )
    }
}

impl Remote for Simulated {
    fn connector(&self) -> Arc<dyn Connector> {
        self.connect(&self.simulator.key(), BTreeMap::new())
    }

    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector> {
        let key = self
            .simulator
            .add_key(KeySpec::new("Some permissions", permissions.clone()));
        self.connect(&key, BTreeMap::new())
    }

    fn connector_with_bad_key(&self) -> Arc<dyn Connector> {
        self.connect("a-key-that-nobody-made", BTreeMap::new())
    }

    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector> {
        self.connect(
            &self.simulator.key(),
            BTreeMap::from([(setting.to_owned(), on)]),
        )
    }

    fn permissions(&self) -> Vec<String> {
        let needed: BTreeSet<&str> = READ
            .iter()
            .filter_map(|endpoint| ashby::permission_of(endpoint))
            .collect();
        needed.into_iter().map(str::to_owned).collect()
    }

    fn changes(&self) -> Vec<ChangeInfo> {
        let changes = ashby::changes().into_iter();
        changes
            .map(|change| ChangeInfo {
                name: change.name,
                kind: change.kind,
            })
            .collect()
    }

    fn apply(&self, change: &str, pick: u64) {
        let changes = ashby::changes();
        let change = changes.iter().find(|known| known.name == change);
        let change = change.unwrap_or_else(|| panic!("no such change"));
        self.simulator.edit(|world| (change.apply)(world, pick));
    }

    fn inject(&self, fault: Fault) {
        self.simulator.inject(fault);
    }

    fn clear_faults(&self) {
        self.simulator.clear_faults();
    }

    fn expire_checkpoints(&self) {
        self.simulator.expire_sync_tokens();
    }

    fn expire_cursors(&self) {
        self.simulator.expire_cursors();
    }

    fn checkpoint_codes(&self) -> Vec<&'static str> {
        vec![
            "sync_token_expired",
            "sync_token_invalid",
            "incremental_sync_too_large",
        ]
    }

    fn cursor_codes(&self) -> Vec<&'static str> {
        vec![
            "next_cursor_expired",
            "invalid_next_cursor",
            "cursor_invalid",
        ]
    }

    fn requests(&self) -> Vec<Sent> {
        let log = self.simulator.log().into_iter();
        log.map(|exchange| Sent {
            endpoint: exchange.endpoint,
            body: exchange.request,
            status: exchange.status,
        })
        .collect()
    }

    fn writes(&self) -> Vec<Sent> {
        let mut requests = self.requests();
        requests.retain(|sent| is_write(&sent.endpoint));
        for sent in &mut requests {
            forget(&mut sent.body);
        }
        requests
    }

    fn tally(&self) -> BTreeMap<String, usize> {
        self.simulator.read(tally)
    }

    fn all_permissions(&self) -> Vec<String> {
        let all = Simulator::all_permissions().into_iter();
        all.map(str::to_owned).collect()
    }

    fn clear_requests(&self) {
        self.simulator.clear_log();
    }

    fn economy(&self) -> Economy {
        self.simulator.read(|world| economy(world, self.page))
    }

    fn secret(&self) -> String {
        self.simulator.key()
    }
}

/// Whether a request changes anything: an endpoint that needs a permission to write, or the storage
/// that files are put into.
fn is_write(endpoint: &str) -> bool {
    endpoint.starts_with("upload/")
        || ashby::permission_of(endpoint).is_some_and(|permission| permission.ends_with("Write"))
}

/// What the vendor made up since it was started begins like this.
const MADE_UP: &str = "ff000000-0000-4000-8000-";

/// Puts `<new>` in place of what the vendor made up: another run has other ids.
fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(forget),
        Value::Array(items) => items.iter_mut().for_each(forget),
        Value::String(text) if text.contains(MADE_UP) || text.starts_with("http://127.") => {
            *text = "<new>".to_owned();
        }
        _ => {}
    }
}

/// How many things the world holds: documents of each kind, and what hangs on candidates. A file that
/// was put into the storage and attached to nobody is nothing.
fn tally(world: &World) -> BTreeMap<String, usize> {
    let mut tally: BTreeMap<String, usize> = world
        .collections()
        .into_iter()
        .filter(|name| name != "uploads")
        .map(|name| {
            let count = world.len(&name);
            (name, count)
        })
        .filter(|(_, count)| *count > 0)
        .collect();
    for member in ["fileHandles", "tags", "applicationIds"] {
        let candidates = world.collection("candidates").values();
        let lists = candidates.filter_map(|candidate| candidate[member].as_array());
        tally.insert(format!("{member} of candidates"), lists.map(Vec::len).sum());
    }
    let candidates = world.collection("candidates").values();
    let with_resume = candidates.filter(|candidate| candidate["resumeFileHandle"].is_object());
    tally.insert("résumés".to_owned(), with_resume.count());
    tally
}

/// Lists that come in pages, with the collection behind each.
const PAGED: &[(&str, &str)] = &[
    ("user.list", "users"),
    ("department.list", "departments"),
    ("location.list", "locations"),
    ("interview.list", "interviews"),
    ("candidateTag.list", "candidate_tags"),
    ("interviewPlan.list", "interview_plans"),
    ("job.list", "jobs"),
    ("candidate.list", "candidates"),
    ("application.list", "applications"),
    ("interviewSchedule.list", "interview_schedules"),
    ("offer.list", "offers"),
];

/// Lists that come at once.
const SINGLE: &[&str] = &[
    "source.list",
    "archiveReason.list",
    "customField.list",
    "jobBoard.list",
];

/// Every endpoint that a complete read asks.
const READ: &[&str] = &[
    "user.list",
    "department.list",
    "location.list",
    "interview.list",
    "candidateTag.list",
    "interviewPlan.list",
    "interviewStage.list",
    "job.list",
    "jobBoard.list",
    "jobPosting.list",
    "jobPosting.info",
    "candidate.list",
    "application.list",
    "application.info",
    "interviewSchedule.list",
    "offer.list",
    "source.list",
    "archiveReason.list",
    "customField.list",
    "surveySubmission.list",
];

/// Interview templates that schedules name and no list holds: each is asked for once.
fn unlisted_templates(world: &World) -> usize {
    let schedules = world.collection("interview_schedules").values();
    let events =
        schedules.flat_map(|schedule| schedule["interviewEvents"].as_array().into_iter().flatten());
    let named: BTreeSet<_> = events
        .filter_map(|event| event["interviewId"].as_str())
        .collect();
    named
        .into_iter()
        .filter(|id| world.get("interviews", id).is_none())
        .count()
}

/// What reading `world` costs at least, by the vendor's own documentation.
fn economy(world: &World, page: usize) -> Economy {
    let pages = |rows: usize| rows.div_ceil(page).max(1);
    let texts = |collection: &str, member: &str| -> Vec<String> {
        let values = world.collection(collection).values();
        values
            .filter_map(|value| Some(value.get(member)?.as_str()?.to_owned()))
            .collect()
    };
    let listed = world
        .collection("interview_plans")
        .values()
        .filter(|plan| plan["_draft"] != true)
        .filter_map(|plan| plan["id"].as_str());
    let mut plans: BTreeSet<&str> = listed.collect();
    let shown = plans.len();
    for job in world.collection("jobs").values() {
        plans.extend(job["defaultInterviewPlanId"].as_str());
        let named = job["interviewPlanIds"].as_array().into_iter().flatten();
        plans.extend(named.filter_map(Value::as_str));
    }
    let surveys = texts("survey_submissions", "surveyType");
    let questionnaires = surveys
        .iter()
        .filter(|kind| *kind == "Questionnaire")
        .count();
    let with_answers = world
        .collection("applications")
        .values()
        .filter(|application| {
            application["status"] != "Lead" || application["appliedViaJobPostingId"].is_string()
        });
    let lists = [
        // The default listing, the one with unpublished postings, and one a board.
        ("jobPosting.list", world.len("job_boards") + 2),
        ("interviewStage.list", plans.len()),
    ];
    let mut full: BTreeMap<String, usize> = PAGED
        .iter()
        .map(|(endpoint, collection)| ((*endpoint).to_owned(), pages(world.len(collection))))
        .collect();
    full.insert("interviewPlan.list".to_owned(), pages(shown));
    full.insert("surveySubmission.list".to_owned(), pages(questionnaires));
    full.insert("jobPosting.info".to_owned(), world.len("job_postings"));
    full.insert("application.info".to_owned(), with_answers.count());
    full.insert("interview.info".to_owned(), unlisted_templates(world));
    let mut quiet_delta: BTreeMap<String, usize> = PAGED
        .iter()
        .map(|(endpoint, _)| ((*endpoint).to_owned(), 1))
        .collect();
    quiet_delta.insert("surveySubmission.list".to_owned(), 1);
    for (endpoint, count) in SINGLE.iter().map(|endpoint| (*endpoint, 1)).chain(lists) {
        full.insert(endpoint.to_owned(), count);
        quiet_delta.insert(endpoint.to_owned(), count);
    }
    Economy { full, quiet_delta }
}
