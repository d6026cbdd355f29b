//! Liars: the toy connector with one deliberate defect each, to prove that a law can fail.
//!
//! Each lie names the laws that must catch it. It owns the lies and nothing else: the toy underneath
//! stays honest, so that what a law catches is the lie.

mod connector;
mod stream;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use async_trait::async_trait;
use ats_core::{Connector, PassthroughCall};
use ats_simulator::Fault;

use crate::{
    ChangeInfo, Economy, Expected, Harness, Remote, Sent, Trial, WebhookSample, WorldKind,
    toy::{Toy, ToyRemote},
};
use connector::Lying;

macro_rules! lies {
    ($($(#[$doc:meta])* $lie:ident => [$($law:literal),+ $(,)?];)*) => {
        /// One way to be wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Lie {
            $($(#[$doc])* $lie,)*
        }

        impl Lie {
            /// All lies.
            pub const ALL: &'static [Self] = &[$(Self::$lie,)*];

            /// The laws that must catch it. Others may.
            pub fn breaks(self) -> &'static [&'static str] {
                match self { $(Self::$lie => &[$($law),+],)* }
            }
        }
    };
}

lies! {
    /// Makes an empty page of every error.
    SwallowsErrors => [
        "faults/html-is-not-emptiness",
        "faults/missing-results-are-not-emptiness",
        "faults/refusal-is-not-emptiness",
        "faults/malformed-is-not-emptiness",
        "faults/truncated-is-not-emptiness",
        "faults/server-error-is-not-emptiness",
        "faults/reset-is-not-emptiness",
        "faults/not-found-is-not-emptiness",
        "faults/unauthorized-is-rejected",
        "faults/bad-key-is-rejected",
        "faults/throttled-for-ever-is-rate-limited",
        "paging/more-without-cursor-is-an-error",
        "expiry/checkpoint-is-typed",
        "expiry/cursor-is-typed",
        "deletion/incomplete-pass-removes-nothing",
    ];
    /// Drops the rows of the last page.
    ForgetsTheLastPage => ["paging/page-size-changes-nothing"];
    /// Gives the first row of each page twice.
    RepeatsARow => ["paging/page-size-changes-nothing"];
    /// Calls the first page the last.
    EndsEarly => ["paging/page-size-changes-nothing", "delta/many-pages-arrive"];
    /// Takes a page without rows for the end.
    EndsAtAnEmptyPage => ["paging/empty-page-goes-on"];
    /// Ends quietly where the vendor names more without a cursor.
    EndsWithoutCursor => ["paging/more-without-cursor-is-an-error"];
    /// Makes every page cursor look new.
    HidesRepeatedCursors => ["paging/repeated-cursor-ends"];
    /// Ends quietly at a cursor it has seen.
    EndsAtARepeatedCursor => ["paging/repeated-cursor-ends"];
    /// Keeps the cursor in memory and ignores the one in the request.
    RemembersTheCursor => ["paging/resume-gives-the-rest"];
    /// Gives a bundle only once in its life.
    GivesOnlyOnce => ["paging/same-request-same-page", "deletion/what-comes-back-is-the-same"];
    /// Reads everything in every delta pass.
    IgnoresTheCheckpoint => ["delta/quiet-pass-changes-nothing"];
    /// Brings nothing in a delta pass.
    BringsNoChanges => ["delta/each-change-arrives", "delta/any-mix-converges"];
    /// Shows the copies that documents carry in place of what they refer to.
    ShowsCopies => [
        "delta/each-change-arrives",
        "delta/renames-fetch-no-details",
        "delta/any-mix-converges",
    ];
    /// Fetches what a renamed thing touches again.
    FetchesAfterARename => ["delta/renames-fetch-no-details"];
    /// Gives a checkpoint for the end of the walk in place of its beginning.
    StampsTheEnd => ["delta/changes-during-a-walk-are-kept"];
    /// Starts again on its own when a checkpoint is refused.
    RestartsOnItsOwn => ["expiry/checkpoint-is-typed", "expiry/checkpoint-is-recovered"];
    /// Calls a refused checkpoint an outage.
    CallsExpiryAnOutage => ["expiry/checkpoint-codes-are-typed", "expiry/checkpoint-is-recovered"];
    /// Calls a refused cursor a malformed answer.
    CallsLostCursorsMalformed => [
        "expiry/cursor-is-typed",
        "expiry/cursor-is-recovered",
        "expiry/cursor-codes-are-typed",
    ];
    /// Fetches each list twice.
    AsksTwice => ["economy/full-pass", "economy/quiet-delta"];
    /// Does not count its requests.
    CountsNothing => ["economy/usage-is-true"];
    /// Fetches all details each time.
    RefetchesDetails => ["economy/details-are-kept"];
    /// Takes details for good once it has them.
    KeepsStaleDetails => ["delta/each-change-arrives"];
    /// Brings what it has seen before, whether or not it is still there.
    KeepsTheDead => ["deletion/gone-after-a-full-pass"];
    /// Makes an empty list of a missing permission.
    ForgivesMissingPermissions => [
        "deletion/lost-permission-removes-nothing",
        "faults/revoked-permission-is-named",
        "permissions/declared-is-needed",
    ];
    /// Gives up for good after the first trouble.
    SulksAfterTrouble => ["faults/others-are-unaffected"];
    /// Takes every missing permission for another one.
    NamesAnotherPermission => ["faults/revoked-permission-is-named", "permissions/one-less-costs-only-its-own"];
    /// Says that everything is granted.
    ChecksNothing => ["permissions/check-tells"];
    /// Tells only the first permission that a model lacks.
    TellsTheFirstOnly => ["permissions/check-tells"];
    /// Needs a permission that it does not declare.
    DeclaresTooLittle => ["permissions/one-less-costs-only-its-own"];
    /// Reads one thing alone without its details.
    ForgetsDetailsAlone => ["alone/same-records"];
    /// Calls a throttle an outage.
    CallsThrottlingAnOutage => ["faults/throttled-for-ever-is-rate-limited"];
    /// Calls a bad key an outage.
    CallsABadKeyAnOutage => ["faults/bad-key-is-rejected", "faults/unauthorized-is-rejected"];
    /// Names the stream in place of the endpoint.
    NamesNoOperation => ["faults/errors-name-the-operation"];
    /// Drops the whole page for one bad row.
    DropsThePageForARow => ["rows/bad-rows-cost-only-themselves"];
    /// Drops bad rows without a word.
    DropsRowsInSilence => ["rows/bad-rows-cost-only-themselves"];
    /// Does not try again.
    NeverTriesAgain => [
        "recovery/server-errors-pass",
        "recovery/broken-connections-pass",
        "recovery/throttling-passes",
    ];
    /// Writes the key into its errors.
    LeaksTheKeyInErrors => ["secrets/nothing-leaks"];
    /// Prints the key, as the header has it, in debug output.
    LeaksTheKeyInDebug => ["secrets/nothing-leaks"];
    /// Maps by how often it has mapped.
    CountsItsMappings => ["purity/map-twice-is-the-same"];
    /// Maps by what it mapped before.
    CarriesOver => ["purity/order-does-not-matter"];
    /// Delivers another text each time.
    StampsDocuments => ["integrity/second-pass-changes-nothing"];
    /// Gives a record twice.
    MapsTwice => ["integrity/records-are-unique"];
    /// Looks up what it does not say it uses.
    LooksElsewhere => ["integrity/lookups-are-declared"];
    /// Uses a stream that comes later.
    UsesALaterStream => ["integrity/streams-are-in-order"];
    /// Names a model that it does not give.
    ClaimsTooMuch => ["integrity/models-are-declared"];
    /// Refers to candidates that nobody has.
    RefersToNobody => ["integrity/references-resolve"];
    /// Fails when its setting is switched off.
    BreaksWhenSwitched => ["integrity/settings-work"];
}

/// The harness of a liar.
#[derive(Debug, Clone, Copy)]
pub struct Liar(
    /// How it lies.
    pub Lie,
);

/// A toy vendor whose connectors lie.
struct LyingRemote {
    lie: Lie,
    honest: ToyRemote,
}

impl LyingRemote {
    fn lying(&self, honest: Arc<dyn Connector>) -> Arc<dyn Connector> {
        Arc::new(Lying::new(self.lie, honest, self.honest.clone()))
    }
}

#[async_trait]
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
        Box::new(LyingRemote {
            lie: self.0,
            honest: ToyRemote::start(world),
        })
    }
}

impl Remote for LyingRemote {
    fn connector(&self) -> Arc<dyn Connector> {
        self.lying(self.honest.connector())
    }

    fn connector_with(&self, permissions: &BTreeSet<String>) -> Arc<dyn Connector> {
        self.lying(self.honest.connector_with(permissions))
    }

    fn connector_with_bad_key(&self) -> Arc<dyn Connector> {
        self.lying(self.honest.connector_with_bad_key())
    }

    fn connector_with_setting(&self, setting: &str, on: bool) -> Arc<dyn Connector> {
        if self.lie == Lie::BreaksWhenSwitched && !on {
            return self.honest.connector_with_bad_key();
        }
        self.lying(self.honest.connector_with_setting(setting, on))
    }

    fn permissions(&self) -> Vec<String> {
        self.honest.permissions()
    }

    fn changes(&self) -> Vec<ChangeInfo> {
        self.honest.changes()
    }

    fn apply(&self, change: &str, pick: u64) {
        self.honest.apply(change, pick);
    }

    fn inject(&self, fault: Fault) {
        self.honest.inject(fault);
    }

    fn clear_faults(&self) {
        self.honest.clear_faults();
    }

    fn expire_checkpoints(&self) {
        self.honest.expire_checkpoints();
    }

    fn expire_cursors(&self) {
        self.honest.expire_cursors();
    }

    fn checkpoint_codes(&self) -> Vec<&'static str> {
        self.honest.checkpoint_codes()
    }

    fn cursor_codes(&self) -> Vec<&'static str> {
        self.honest.cursor_codes()
    }

    fn requests(&self) -> Vec<Sent> {
        self.honest.requests()
    }

    fn writes(&self) -> Vec<Sent> {
        self.honest.writes()
    }

    fn tally(&self) -> BTreeMap<String, usize> {
        self.honest.tally()
    }

    fn all_permissions(&self) -> Vec<String> {
        self.honest.all_permissions()
    }

    fn clear_requests(&self) {
        self.honest.clear_requests();
    }

    fn economy(&self) -> Economy {
        self.honest.economy()
    }

    fn secret(&self) -> String {
        self.honest.secret()
    }
}
