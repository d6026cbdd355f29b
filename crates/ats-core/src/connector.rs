//! The port: what a connector tells about itself and what it can be asked for.
//!
//! A connector answers for every model, action and feature in struct literals without defaults. It
//! declares gaps; whatever is not declared a gap is a claim that the conformance suite proves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{
    Action, ActionContext, AlwaysNull, Clock, FieldGap, ModelKind, Outcome, Passthrough, Reads,
    Result, Stream, Support, Warning, Webhooks,
};

/// Our code for one vendor, bound to one integration's credentials.
#[async_trait]
pub trait Connector: fmt::Debug + Send + Sync + 'static {
    /// Who this is.
    fn manifest(&self) -> &'static Manifest;

    /// Asks the vendor what the credentials may do. Reads nothing that would be kept.
    async fn check(&self) -> Result<Access>;

    /// All streams, those that serve look-ups only included, so ordered that a stream comes after
    /// those it uses.
    fn streams(&self) -> Vec<&dyn Stream>;

    /// One answer for each model.
    fn reads(&self) -> Reads<'_>;

    /// One answer for each action.
    fn actions(&self) -> Actions;

    /// One answer for each feature.
    fn features(&self) -> Features;

    /// Performs an action that [`Connector::actions`] claims. References carry the vendor's ids.
    ///
    /// # Behaviour
    /// - Everything is checked that can be before anything is sent.
    /// - Every write goes through [`ActionContext::once`]; a dry run asks the vendor nothing.
    /// - An input that cannot be honoured is a warning or an error, never left out in silence.
    /// - What it touched is named, so that the mirror can be brought up to date.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotAvailable`](crate::ErrorKind::NotAvailable) for a gap.
    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome>;

    /// Calls of the vendor's own API, if the feature is claimed.
    fn passthrough(&self) -> Option<&dyn Passthrough>;

    /// The vendor's webhooks, if the feature is claimed.
    fn webhooks(&self) -> Option<&dyn Webhooks>;

    /// What has been asked of the vendor so far, for people who watch a pass.
    fn usage(&self) -> Usage;
}

/// Requests since a connector was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// All that were sent, repetitions included.
    pub requests: u64,
    /// Those that repeated one that failed.
    pub retries: u64,
    /// Those that the vendor turned away because there were too many.
    pub throttled: u64,
    /// The time that all of them together waited for the vendor's limit: for their turn, and for
    /// the end of a pause that the vendor asked for.
    pub waited: Duration,
}

impl Usage {
    /// What came after an earlier look at the same connector.
    pub fn since(self, earlier: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(earlier.requests),
            retries: self.retries.saturating_sub(earlier.retries),
            throttled: self.throttled.saturating_sub(earlier.throttled),
            waited: self.waited.saturating_sub(earlier.waited),
        }
    }
}

/// The answer "yes" for one model.
#[derive(Debug, Clone, Copy)]
pub struct Read<'a> {
    /// The stream that carries the model.
    pub stream: &'a dyn Stream,
    /// The permissions without any of which the model cannot be read, as the vendor calls them.
    pub permissions: &'static [&'static str],
    /// The fields that the connector does not fill.
    pub gaps: &'static [FieldGap],
    /// The fields that are claimed and always `null`.
    pub always_null: &'static [AlwaysNull],
}

/// The answer "yes" for one action.
#[derive(Debug, Clone, Copy)]
pub struct Write {
    /// The permissions without any of which the action cannot be performed, as the vendor calls
    /// them.
    pub permissions: &'static [&'static str],
    /// The inputs that the vendor cannot take. Each that is given comes back as a warning.
    pub gaps: &'static [FieldGap],
}

impl Write {
    /// A warning for each of the given inputs that the vendor cannot take.
    pub fn warnings(&self, given: &BTreeSet<String>) -> Vec<Warning> {
        let found = self.gaps.iter().filter(|gap| given.contains(gap.field));
        found
            .map(|gap| {
                let message = format!("`{}` was left out: {}", gap.field, gap.gap.reason);
                Warning::about(gap.field, message)
            })
            .collect()
    }
}

/// A guide for the person at the customer's who connects the vendor.
#[derive(Debug, PartialEq, Eq)]
pub struct Guide {
    /// The feature it belongs to, or another short name; also its file name.
    pub name: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// What to do, in order.
    pub steps: &'static [GuideStep],
}

/// One step of a guide.
#[derive(Debug, PartialEq, Eq)]
pub struct GuideStep {
    /// What it is about.
    pub title: &'static str,
    /// What to do, in Markdown. A line `{permissions}` stands for the table of boxes to tick.
    pub text: &'static str,
}

/// Who a connector is, and what a person must know to connect it.
#[derive(Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Short name, as in `ashby`.
    pub slug: &'static str,
    /// Name as people write it.
    pub name: &'static str,
    /// The vendor's API reference.
    pub vendor_docs: &'static str,
    /// Where the vendor's API is reached unless an integration says otherwise.
    pub base_url: &'static str,
    /// What a person must enter.
    pub credentials: &'static [CredentialField],
    /// What a person may switch.
    pub settings: &'static [Setting],
    /// All permissions that a complete read needs, as the vendor calls them.
    pub permissions: &'static [&'static str],
    /// The box that gives each of these permissions, and any other that helps, in the order of the
    /// page where the key is made.
    pub boxes: &'static [KeyBox],
    /// What else can be switched on that page and decides about what is read.
    pub key_options: &'static [KeyOption],
    /// How a person connects it and finds its way at the vendor.
    pub guides: &'static [Guide],
}

impl Manifest {
    /// What to tick on the vendor's key page for a permission: its box, or its name if no box is
    /// known.
    pub fn label_of<'a>(&self, permission: &'a str) -> &'a str {
        let found = self
            .boxes
            .iter()
            .find(|found| found.permission == permission);
        found.map_or(permission, |found| found.label)
    }
}

/// One box on the page where a person makes the key.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyBox {
    /// The permission that it gives.
    pub permission: &'static str,
    /// What the page calls it.
    pub label: &'static str,
    /// What it is good for beside the models, fields and actions that the tables name, for a person
    /// to read.
    pub also: Option<&'static str>,
}

/// A switch of a key that is no permission. Vendors do not tell how it stands.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyOption {
    /// What the page calls it.
    pub label: &'static str,
    /// What it decides about, for a person to read.
    pub decides: &'static str,
    /// The models of which some records are hidden without it.
    pub records: &'static [ModelKind],
    /// The fields that are incomplete without it.
    pub fields: &'static [(ModelKind, &'static str)],
}

/// One secret that a person must enter.
#[derive(Debug, PartialEq, Eq)]
pub struct CredentialField {
    /// Key in [`Connection::credentials`].
    pub name: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Where to find it at the vendor.
    pub help: &'static str,
}

/// One switch of an integration.
#[derive(Debug, PartialEq, Eq)]
pub struct Setting {
    /// Key in [`Connection::settings`].
    pub name: &'static str,
    /// What it does and costs.
    pub help: &'static str,
    /// What holds when nothing is said.
    pub default: bool,
}

/// What a connector needs to work for one integration.
#[derive(Clone, Default)]
pub struct Connection {
    /// The secrets, by [`CredentialField::name`].
    pub credentials: BTreeMap<String, SecretString>,
    /// Another address than [`Manifest::base_url`].
    pub base_url: Option<String>,
    /// The switches that differ from their default, by [`Setting::name`].
    pub settings: BTreeMap<String, bool>,
    /// Another clock than the machine's; tests pass one that does not wait.
    pub clock: Option<Arc<dyn Clock>>,
    /// Whether files may be fetched from addresses of private networks.
    pub allow_private_network: bool,
    /// Whether only reading endpoints may be called, whatever the caller asks for.
    pub read_only: bool,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("credentials", &self.credentials.keys())
            .field("base_url", &self.base_url)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// How a connector is made: one line of the registry.
#[derive(Debug, Clone, Copy)]
pub struct Factory {
    /// Who it is.
    pub manifest: &'static Manifest,
    /// Binds it to an integration. Does no IO; unusable settings are
    /// [`ErrorKind::ConfigInvalid`](crate::ErrorKind::ConfigInvalid).
    pub connect: fn(&Connection) -> Result<Box<dyn Connector>>,
}

/// What credentials may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The vendor's name of the credentials, if it tells.
    pub title: Option<String>,
    /// The permissions that are there, as the vendor calls them.
    pub granted: BTreeSet<String>,
    /// For each model that cannot be read, the permissions that are missing.
    pub missing: BTreeMap<ModelKind, Vec<String>>,
    /// For each action that cannot be performed, the permissions that are missing.
    pub missing_for_actions: BTreeMap<&'static str, Vec<String>>,
}

impl Access {
    /// What `granted` means for the models in `reads` and for the actions.
    pub fn of(
        title: Option<String>,
        granted: BTreeSet<String>,
        reads: &Reads<'_>,
        actions: &Actions,
    ) -> Self {
        let lacking = |wanted: &[&str]| {
            let lacking = wanted
                .iter()
                .filter(|permission| !granted.contains(**permission));
            let lacking: Vec<String> = lacking.map(ToString::to_string).collect();
            (!lacking.is_empty()).then_some(lacking)
        };
        let missing = reads.slots().into_iter().filter_map(|(kind, slot)| {
            let lacking = lacking(slot.yes()?.permissions)?;
            Some((kind, lacking))
        });
        let of_actions = actions.slots().into_iter().filter_map(|(name, slot)| {
            let lacking = lacking(slot.yes()?.permissions)?;
            Some((name, lacking))
        });
        Self {
            missing: missing.collect(),
            missing_for_actions: of_actions.collect(),
            title,
            granted,
        }
    }
}

/// Declares a table of slots: one `Support` a line, and the list of its names.
macro_rules! slots {
    ($(#[$doc:meta])* $table:ident of $claim:ty { $($(#[$slot_doc:meta])* $slot:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $table {
            $($(#[$slot_doc])* pub $slot: Support<$claim>,)*
        }

        impl $table {
            /// The answers, each with its name.
            pub fn slots(&self) -> Vec<(&'static str, &Support<$claim>)> {
                vec![$((stringify!($slot), &self.$slot),)*]
            }
        }
    };
}

slots! {
    /// One answer for each action. No default: a connector that does not answer does not compile.
    Actions of Write {
        /// A candidate, with an application to a job.
        create_candidate,
        /// An application of a candidate to a job.
        create_application,
        /// A tag on a candidate.
        add_tag_to_candidate,
        /// One tag less on a candidate.
        remove_tag_from_candidate,
        /// A file on an application.
        add_attachment_to_application,
        /// Another stage for an application.
        move_application_to_stage,
        /// The end of an application.
        reject_application,
        /// A link to a result, on an application.
        add_result_link_to_application,
        /// A note on an application.
        add_note_to_application,
        /// The files of an application.
        get_application_attachments,
        /// A file on a candidate.
        add_attachment_to_candidate,
        /// A link to a result, on a candidate.
        add_result_link_to_candidate,
        /// The files of a candidate.
        get_candidate_attachments,
    }
}

slots! {
    /// One answer for each feature. No default: a connector that does not answer does not compile.
    Features of () {
        /// Created candidates carry a source.
        source_writing,
        /// Only what was created through us is kept.
        sync_only_created_applications,
        /// A guide that leads through connecting.
        connection_guide,
        /// What must be there before connecting.
        prerequisites,
        /// How to create the credentials.
        create_credentials,
        /// The source of a candidate is read.
        candidate_source_tracking,
        /// Any call of the vendor's API can be made with the stored credentials.
        api_passthrough,
        /// The vendor tells of changes as they happen.
        webhook_subscriptions,
        /// Which permissions the credentials have can be told.
        scope_testing,
        /// Which models the credentials can read can be told.
        per_model_tests,
        /// Which fields the credentials can read can be told.
        per_field_tests,
        /// A pass reads only what changed.
        delta_syncs,
        /// Equal-employment questions are read.
        eeo_questions,
    }
}
