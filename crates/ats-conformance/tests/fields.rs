//! The field cases can fail: an honest connector passes them all, and each lie turns its own red.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use ats_conformance::{
    ChangeInfo, Economy, Expected, Harness, Remote, Sent, Trial, WebhookSample, WorldKind, laws,
    runner::prove, toy::Toy,
};
use ats_core::{
    Access, Action, ActionContext, Actions, Bundle, Connector, Features, FieldGap, Gap, Known,
    Manifest, Mapped, ModelKind, Outcome, PageRequest, Passthrough, PassthroughCall, RawPage, Read,
    Reads, Record, Related, Result, Stream, Support, Usage, Webhooks,
};
use ats_simulator::Fault;

/// The cases of the toy under `lie` that fail.
fn red(lie: Lie) -> BTreeSet<String> {
    let ran = prove(Arc::new(Liar(lie)), Vec::new(), |id| {
        !id.contains("::feature::")
    });
    let entries = ran.unwrap_or_default();
    assert!(entries.len() > 100, "only {} cases ran", entries.len());
    let red = entries.into_iter();
    red.filter_map(|(id, entry)| Some(format!("{id}{}", entry.result.err()?)))
        .collect()
}

fn assert_red(lie: Lie, case: &str) {
    let red = red(lie);
    assert!(
        red.iter().any(|id| id.starts_with(case)),
        "{lie:?} must turn {case} red:\n{red:#?}"
    );
}

#[test]
fn an_honest_connector_passes_every_case() {
    let entries = prove(Arc::new(Toy), laws(), |id| !id.contains("::law::")).unwrap();
    let red: Vec<&String> = entries
        .values()
        .filter_map(|entry| entry.result.as_ref().err())
        .collect();
    assert!(
        red.is_empty(),
        "{}",
        red.into_iter().map(String::as_str).collect::<String>()
    );
    assert!(entries.len() > 100, "only {} cases ran", entries.len());
}

#[test]
fn a_swapped_field_is_a_wrong_value() {
    assert_red(Lie::Swaps, "toy::read::candidates::first_name::value");
    assert_red(Lie::Swaps, "toy::read::candidates::last_name::value");
}

#[test]
fn a_constant_comes_from_nowhere() {
    assert_red(Lie::Constant, "toy::read::candidates::title::trace");
    assert_red(Lie::Constant, "toy::read::candidates::title::value");
}

#[test]
fn a_loss_that_nobody_reports_is_noticed() {
    assert_red(Lie::Silent, "toy::read::candidates::first_name::malformed");
    assert_red(Lie::Silent, "toy::read::candidates::source::malformed");
}

#[test]
fn a_record_that_one_bad_value_costs_is_noticed() {
    assert_red(Lie::Strict, "toy::read::candidates::malformed");
}

#[test]
fn a_field_that_is_denied_and_delivered_is_noticed() {
    assert_red(Lie::StaleGap, "toy::read::candidates::title::gap");
}

#[test]
fn a_field_that_is_claimed_and_never_filled_is_noticed() {
    assert_red(Lie::OverClaims, "toy::read::candidates::company::value");
    assert_red(Lie::OverClaims, "toy::read::candidates::company::trace");
    assert_red(Lie::OverClaims, "toy::read::candidates::company::tamper");
}

#[test]
fn a_gap_that_names_no_field_is_noticed() {
    assert_red(Lie::UnknownGap, "toy::meta::tables");
}

#[test]
fn a_record_that_does_not_come_is_noticed() {
    assert_red(Lie::DropsARecord, "toy::read::candidates::records");
    assert_red(
        Lie::DropsARecord,
        "toy::read::candidates::first_name::value",
    );
    assert_red(
        Lie::DropsARecord,
        "toy::read::applications::candidate_id::reference",
    );
}

#[test]
fn a_field_that_needs_another_permission_than_declared_is_noticed() {
    assert_red(
        Lie::WrongPermission,
        "toy::read::candidates::title::permissions",
    );
    assert_red(Lie::OneTooMany, "toy::read::candidates::title::permissions");
}

/// One way to be wrong about fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lie {
    Swaps,
    Constant,
    Silent,
    Strict,
    StaleGap,
    OverClaims,
    UnknownGap,
    DropsARecord,
    WrongPermission,
    OneTooMany,
}

/// The toy's harness around a lying connector.
struct Liar(Lie);

struct LyingRemote(Lie, Box<dyn Remote>);

#[derive(Debug)]
struct Lying(Arc<dyn Connector>, Vec<Twisted>, Lie);

/// A stream of the toy's, by its place, whose mapping is twisted.
#[derive(Debug)]
struct Twisted(Arc<dyn Connector>, usize, Lie);

impl Twisted {
    fn honest(&self) -> &dyn Stream {
        self.0.streams()[self.1]
    }
}

#[async_trait::async_trait]
impl Stream for Twisted {
    fn name(&self) -> &'static str {
        self.honest().name()
    }

    fn models(&self) -> &'static [ModelKind] {
        self.honest().models()
    }

    fn uses(&self) -> &'static [&'static str] {
        self.honest().uses()
    }

    async fn fetch(&self, request: &PageRequest, known: &dyn Known) -> Result<RawPage> {
        self.honest().fetch(request, known).await
    }

    async fn fetch_one(&self, id: &str, known: &dyn Known) -> Result<Option<Bundle>> {
        self.honest().fetch_one(id, known).await
    }

    fn map(&self, bundle: &Bundle, related: &dyn Related) -> Mapped {
        let mut mapped = self.honest().map(bundle, related);
        if self.2 == Lie::Strict && !mapped.losses.is_empty() {
            mapped.records.clear();
        }
        if self.2 == Lie::Silent {
            mapped.losses.clear();
        }
        if self.2 == Lie::DropsARecord {
            mapped
                .records
                .retain(|record| record.remote_key() != "c00001");
        }
        for record in &mut mapped.records {
            if let Record::Candidate(candidate) = record {
                match self.2 {
                    Lie::Swaps => {
                        std::mem::swap(&mut candidate.first_name, &mut candidate.last_name)
                    }
                    Lie::Constant => candidate.title = Some("Engineer 0".to_owned()),
                    _ => {}
                }
            }
        }
        mapped
    }
}

#[async_trait::async_trait]
impl Connector for Lying {
    fn manifest(&self) -> &'static Manifest {
        self.0.manifest()
    }

    async fn check(&self) -> Result<Access> {
        self.0.check().await
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.1.iter().map(|stream| stream as &dyn Stream).collect()
    }

    fn reads(&self) -> Reads<'_> {
        let mut reads = self.0.reads();
        if let Support::Yes(read) = &mut reads.candidates {
            *read = Read {
                gaps: gaps(self.2, read.gaps),
                permissions: match self.2 {
                    Lie::WrongPermission => &["tagsRead"],
                    Lie::OneTooMany => &["candidatesRead", "tagsRead"],
                    _ => read.permissions,
                },
                ..*read
            };
        }
        reads
    }

    fn actions(&self) -> Actions {
        self.0.actions()
    }

    fn features(&self) -> Features {
        self.0.features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        self.0.perform(action, context).await
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        self.0.passthrough()
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.0.webhooks()
    }

    fn usage(&self) -> Usage {
        self.0.usage()
    }
}

fn gaps(lie: Lie, honest: &'static [FieldGap]) -> &'static [FieldGap] {
    let gap = |field| FieldGap {
        field,
        gap: Gap::unsupported("the toy vendor has no such thing", "https://example.com"),
    };
    let mut gaps = honest.to_vec();
    match lie {
        Lie::StaleGap => gaps.push(gap("title")),
        Lie::UnknownGap => gaps.push(gap("shoe_size")),
        Lie::OverClaims => gaps.retain(|gap| gap.field != "company"),
        _ => return honest,
    }
    Box::leak(gaps.into_boxed_slice())
}

impl LyingRemote {
    fn twist(&self, honest: Arc<dyn Connector>) -> Arc<dyn Connector> {
        let twisted = |place| Twisted(Arc::clone(&honest), place, self.0);
        let streams = (0..honest.streams().len()).map(twisted).collect();
        Arc::new(Lying(honest, streams, self.0))
    }
}

#[async_trait::async_trait]
impl Harness for Liar {
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
        Toy.trials()
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
        Box::new(LyingRemote(self.0, Toy.start(world).await))
    }
}

impl Remote for LyingRemote {
    fn connector(&self) -> Arc<dyn Connector> {
        self.twist(self.1.connector())
    }

    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector> {
        self.twist(self.1.connector_with(permissions))
    }

    fn connector_with_bad_key(&self) -> Arc<dyn Connector> {
        self.twist(self.1.connector_with_bad_key())
    }

    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector> {
        self.twist(self.1.connector_with_setting(setting, on))
    }

    fn permissions(&self) -> Vec<String> {
        self.1.permissions()
    }

    fn changes(&self) -> Vec<ChangeInfo> {
        self.1.changes()
    }

    fn apply(&self, change: &str, pick: u64) {
        self.1.apply(change, pick);
    }

    fn inject(&self, fault: Fault) {
        self.1.inject(fault);
    }

    fn clear_faults(&self) {
        self.1.clear_faults();
    }

    fn expire_checkpoints(&self) {
        self.1.expire_checkpoints();
    }

    fn expire_cursors(&self) {
        self.1.expire_cursors();
    }

    fn checkpoint_codes(&self) -> Vec<&'static str> {
        self.1.checkpoint_codes()
    }

    fn cursor_codes(&self) -> Vec<&'static str> {
        self.1.cursor_codes()
    }

    fn requests(&self) -> Vec<Sent> {
        self.1.requests()
    }

    fn writes(&self) -> Vec<Sent> {
        self.1.writes()
    }

    fn tally(&self) -> BTreeMap<String, usize> {
        self.1.tally()
    }

    fn all_permissions(&self) -> Vec<String> {
        self.1.all_permissions()
    }

    fn clear_requests(&self) {
        self.1.clear_requests();
    }

    fn economy(&self) -> Economy {
        self.1.economy()
    }

    fn secret(&self) -> String {
        self.1.secret()
    }
}
