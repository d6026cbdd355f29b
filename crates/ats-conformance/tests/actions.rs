//! The cases of actions can fail: an honest connector passes them all, and each lie turns its own
//! cases red.
//!
//! The toy connector is given one action here, a link on a candidate, at a vendor of links in memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use ats_conformance::{
    ChangeInfo, Economy, Expected, GapTrial, Harness, Remote, Sent, Shows, Trial, Variation,
    WebhookSample, WorldKind, runner::prove, toy::Toy,
};
use ats_core::{
    Access, Action, ActionContext, ActionKind, Actions, Connector, Error, ErrorKind, Features,
    FieldGap, Gap, Manifest, Once, Outcome, Output, Passthrough, PassthroughCall, PlannedCall,
    Reads, Result, Settled, Stream, Support, Unjournaled, Usage, Webhooks, Write,
};
use ats_simulator::Fault;
use serde_json::{Value, json};

/// One way to be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    /// None: this one is honest.
    Honest,
    /// Sends in a dry run too.
    SendsInADryRun,
    /// Plans another body than it sends.
    PlansAnother,
    /// Writes before it looks whether there is such a candidate.
    WritesForNobody,
    /// Calls a missing permission a bad key.
    NamesNoPermission,
    /// Sends again what was lost, without looking.
    LooksNowhere,
    /// Remembers nothing of earlier attempts.
    HasNoMemory,
    /// Sends another label than the one it was given.
    IgnoresTheLabel,
    /// Changes the address too when the label is another one.
    ChangesMore,
    /// Sends what it calls a gap.
    TakesAGap,
}

const GAP: Gap = Gap::unsupported("links have no figures", "https://example.com");
const GAPS: &[FieldGap] = &[
    gap("details.custom_field_name_prefix"),
    gap("details.attributes.key"),
    gap("details.attributes.value"),
];

const fn gap(field: &'static str) -> FieldGap {
    FieldGap { field, gap: GAP }
}

/// A vendor of links.
#[derive(Debug, Default)]
struct Links {
    log: Mutex<Vec<Sent>>,
    links: Mutex<Vec<Value>>,
    /// The next answer is lost although the call is carried out.
    loses: Mutex<bool>,
}

/// Locks; a test that panicked has failed anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Links {
    fn create(&self, body: &Value) -> Result<Value> {
        let mut links = lock(&self.links);
        links.push(body.clone());
        let lost = std::mem::take(&mut *lock(&self.loses));
        lock(&self.log).push(Sent {
            endpoint: "link.create".to_owned(),
            body: body.clone(),
            status: if lost { 0 } else { 200 },
        });
        match lost {
            true => Err(Error::new(ErrorKind::OutcomeUnknown, "link.create", "lost")),
            false => Ok(json!(links.len())),
        }
    }
}

/// The toy connector with an action.
#[derive(Debug)]
struct Acting {
    lie: Lie,
    toy: Arc<dyn Connector>,
    links: Arc<Links>,
    may_write: bool,
}

struct Creation<'a> {
    lie: Lie,
    links: &'a Links,
    body: Value,
}

#[async_trait]
impl Once for Creation<'_> {
    fn step(&self) -> &str {
        "link"
    }

    fn call(&self) -> PlannedCall {
        PlannedCall {
            endpoint: "link.create".to_owned(),
            body: match self.lie {
                Lie::PlansAnother => json!({}),
                _ => self.body.clone(),
            },
        }
    }

    async fn before(&self) -> Result<Value> {
        Ok(json!(lock(&self.links.links).len()))
    }

    async fn send(&self) -> Result<Value> {
        self.links.create(&self.body)
    }

    async fn settle(&self, before: &Value) -> Result<Settled> {
        let now = lock(&self.links.links).len() as u64;
        let is_new = before.as_u64().is_some_and(|before| now > before);
        Ok(match is_new && self.lie != Lie::LooksNowhere {
            true => Settled::Done(json!(now)),
            false => Settled::Missing,
        })
    }
}

#[async_trait]
impl Connector for Acting {
    fn manifest(&self) -> &'static Manifest {
        self.toy.manifest()
    }

    async fn check(&self) -> Result<Access> {
        self.toy.check().await
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.toy.streams()
    }

    fn reads(&self) -> Reads<'_> {
        self.toy.reads()
    }

    fn actions(&self) -> Actions {
        Actions {
            add_result_link_to_candidate: Support::Yes(Write {
                permissions: &["linksWrite"],
                gaps: GAPS,
            }),
            ..self.toy.actions()
        }
    }

    fn features(&self) -> Features {
        self.toy.features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        let Action::AddResultLinkToCandidate(input) = action else {
            return self.toy.perform(action, context).await;
        };
        if !self.may_write {
            let permission = Some("linksWrite".to_owned());
            let kind = match self.lie {
                Lie::NamesNoPermission => ErrorKind::CredentialsRejected,
                _ => ErrorKind::PermissionMissing { permission },
            };
            return Err(Error::new(kind, "link.create", "the key lacks it"));
        }
        let candidate = input.candidate_id.remote_id().unwrap_or_default();
        let mut body = json!({
            "candidate": candidate,
            "label": input.label,
            "url": input.url,
        });
        match self.lie {
            Lie::IgnoresTheLabel => body["label"] = json!("a label"),
            Lie::ChangesMore => body["url"] = json!(format!("{}#{}", input.url, input.label)),
            Lie::TakesAGap => {
                let details = input.details.as_ref();
                let texts = details.map(|details| {
                    let attributes = details.attributes.iter();
                    let texts = attributes.map(|found| format!("{}={}", found.key, found.value));
                    (
                        details.custom_field_name_prefix.clone(),
                        texts.collect::<Vec<_>>(),
                    )
                });
                body["details"] = json!(texts);
            }
            Lie::WritesForNobody => drop(self.links.create(&body)),
            _ => {}
        }
        let known = context.mirror.bundle("candidates", candidate).await?;
        if known.is_none() {
            let kind = ErrorKind::InputInvalid {
                field: Some("candidate_id".to_owned()),
            };
            return Err(Error::new(kind, "input", "there is no such candidate"));
        }
        let creation = Creation {
            lie: self.lie,
            links: &self.links,
            body,
        };
        let context = ActionContext {
            dry_run: context.dry_run && self.lie != Lie::SendsInADryRun,
            journal: match self.lie {
                Lie::HasNoMemory => &Unjournaled,
                _ => context.journal,
            },
            ..*context
        };
        context.once(&creation).await?;
        Ok(Output::Done.into())
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        None
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        None
    }

    fn usage(&self) -> Usage {
        self.toy.usage()
    }
}

struct Acted(Lie);

struct ActedRemote {
    lie: Lie,
    toy: Box<dyn Remote>,
    links: Arc<Links>,
}

impl ActedRemote {
    fn acting(&self, toy: Arc<dyn Connector>, may_write: bool) -> Arc<dyn Connector> {
        Arc::new(Acting {
            lie: self.lie,
            toy,
            links: Arc::clone(&self.links),
            may_write,
        })
    }
}

#[async_trait]
impl Harness for Acted {
    fn slug(&self) -> &'static str {
        Toy.slug()
    }

    fn witness(&self) -> &'static str {
        Toy.witness()
    }

    fn expected(&self) -> Expected {
        Toy.expected()
    }

    fn trials(&self) -> Vec<Trial> {
        let shown = || Shows::Nowhere("links are no model");
        let vary = |input, change, sent| Variation {
            input,
            with: json!({}),
            change,
            sent,
            shows: shown(),
        };
        let details = |prefix: &str, key: &str, value: &str| {
            json!({ "details": {
                "custom_field_name_prefix": prefix,
                "attributes": [{ "key": key, "value": value }],
            } })
        };
        let gap = |input, change| GapTrial {
            input,
            with: details("a", "b", "c"),
            change,
        };
        vec![Trial {
            action: ActionKind::AddResultLinkToCandidate,
            input: json!({
                "candidate_id": "remote:c00000",
                "label": "Test",
                "url": "https://example.com/1",
            }),
            variations: vec![
                vary(
                    "candidate_id",
                    json!({ "candidate_id": "remote:c00001" }),
                    &["link.create:/candidate"],
                ),
                vary(
                    "label",
                    json!({ "label": "Other" }),
                    &["link.create:/label"],
                ),
                vary(
                    "url",
                    json!({ "url": "https://example.com/2" }),
                    &["link.create:/url"],
                ),
            ],
            gaps: vec![
                gap("details.custom_field_name_prefix", details("x", "b", "c")),
                gap("details.attributes.key", details("a", "x", "c")),
                gap("details.attributes.value", details("a", "b", "x")),
            ],
        }]
    }

    fn own_call(&self) -> Option<PassthroughCall> {
        None
    }

    fn webhook_sample(&self) -> Option<WebhookSample> {
        None
    }

    fn snapshots(&self) -> Option<PathBuf> {
        None
    }

    async fn start(&self, world: WorldKind) -> Box<dyn Remote> {
        Box::new(ActedRemote {
            lie: self.0,
            toy: Toy.start(world).await,
            links: Arc::default(),
        })
    }
}

impl Remote for ActedRemote {
    fn connector(&self) -> Arc<dyn Connector> {
        self.acting(self.toy.connector(), true)
    }

    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector> {
        let may_write = permissions.contains("linksWrite");
        self.acting(self.toy.connector_with(permissions), may_write)
    }

    fn connector_with_bad_key(&self) -> Arc<dyn Connector> {
        self.toy.connector_with_bad_key()
    }

    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector> {
        self.toy.connector_with_setting(setting, on)
    }

    fn permissions(&self) -> Vec<String> {
        self.toy.permissions()
    }

    fn changes(&self) -> Vec<ChangeInfo> {
        self.toy.changes()
    }

    fn apply(&self, change: &str, pick: u64) {
        self.toy.apply(change, pick);
    }

    fn inject(&self, fault: Fault) {
        match fault.endpoint.as_deref() {
            Some("link.create") => *lock(&self.links.loses) = true,
            _ => self.toy.inject(fault),
        }
    }

    fn clear_faults(&self) {
        self.toy.clear_faults();
    }

    fn expire_checkpoints(&self) {
        self.toy.expire_checkpoints();
    }

    fn expire_cursors(&self) {
        self.toy.expire_cursors();
    }

    fn checkpoint_codes(&self) -> Vec<&'static str> {
        self.toy.checkpoint_codes()
    }

    fn cursor_codes(&self) -> Vec<&'static str> {
        self.toy.cursor_codes()
    }

    fn requests(&self) -> Vec<Sent> {
        let mut all = self.toy.requests();
        all.extend(self.writes());
        all
    }

    fn writes(&self) -> Vec<Sent> {
        lock(&self.links.log).clone()
    }

    fn tally(&self) -> BTreeMap<String, usize> {
        let links = lock(&self.links.links).len();
        BTreeMap::from([("links".to_owned(), links)])
    }

    fn all_permissions(&self) -> Vec<String> {
        let mut all = self.toy.permissions();
        all.push("linksWrite".to_owned());
        all
    }

    fn clear_requests(&self) {
        self.toy.clear_requests();
    }

    fn economy(&self) -> Economy {
        self.toy.economy()
    }

    fn secret(&self) -> String {
        self.toy.secret()
    }
}

/// The action's cases that fail under `lie`, without what they share in their names.
fn red(lie: Lie) -> BTreeSet<String> {
    const START: &str = "toy::action::add_result_link_to_candidate::";
    let ran = prove(Arc::new(Acted(lie)), Vec::new(), |id| id.starts_with(START));
    let entries = ran.unwrap_or_default();
    assert_eq!(entries.len(), 13, "{:?}", entries.keys());
    let failed = entries.iter().filter(|(_, entry)| entry.result.is_err());
    failed.map(|(id, _)| id.replace(START, "")).collect()
}

#[test]
fn an_honest_connector_passes_every_case() {
    assert_eq!(red(Lie::Honest), BTreeSet::new());
}

#[test]
fn each_lie_turns_its_own_cases_red() {
    let inputs = ["input::candidate_id", "input::label", "input::url"];
    let gaps = [
        "input::details.attributes.key",
        "input::details.attributes.value",
        "input::details.custom_field_name_prefix",
    ];
    let cases: &[(Lie, &[&str])] = &[
        (Lie::SendsInADryRun, &["dry_run"]),
        (Lie::PlansAnother, &["dry_run"]),
        (Lie::WritesForNobody, &["unknown_record"]),
        (Lie::NamesNoPermission, &["permissions"]),
        (Lie::LooksNowhere, &["lost_answer", "dead_process"]),
        (Lie::HasNoMemory, &["same_intent"]),
        (Lie::IgnoresTheLabel, &inputs[1..2]),
        (Lie::ChangesMore, &inputs[1..2]),
        (Lie::TakesAGap, &gaps),
    ];
    for (lie, expected) in cases {
        let came = red(*lie);
        for case in *expected {
            assert!(came.contains(*case), "{lie:?} passes {case}: {came:?}");
        }
    }
}
