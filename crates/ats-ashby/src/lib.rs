//! The Ashby connector.
//!
//! It owns what is particular to Ashby: its dialect (`client`), which streams there are, and how
//! their documents become unified records (`models`). It must not know who calls it: no store, no
//! engine, no server.
//!
//! The vendor's API reference is at <https://developers.ashbyhq.com/reference>.

mod actions;
mod check;
mod client;
mod coverage;
mod guides;
mod listing;
mod models;
mod passthrough;
mod permission;
mod webhooks;
mod wire;

use async_trait::async_trait;
use ats_core::{
    Access, Action, ActionContext, Actions, Connection, Connector, CredentialField, Factory,
    Features, Manifest, Outcome, Passthrough, Reads, Result, Stream, Usage, Webhooks,
};

use crate::{client::Client, listing::ListingStream, webhooks::AshbyWebhooks};

/// Who this is.
pub static MANIFEST: Manifest = Manifest {
    slug: "ashby",
    name: "Ashby",
    vendor_docs: "https://developers.ashbyhq.com/reference",
    base_url: client::BASE_URL,
    credentials: &[CredentialField {
        name: "api_key",
        label: "API key",
        help: "in Ashby under Admin > Integrations > API Keys: create a key and tick the read permissions",
    }],
    settings: &[ats_core::Setting {
        name: SCREENING_ANSWERS,
        help: "read applicants' answers; costs one request for each new or changed application",
        default: true,
    }],
    permissions: permission::ALL,
    boxes: permission::BOXES,
    key_options: permission::KEY_OPTIONS,
    guides: guides::ALL,
};

/// How the registry makes it.
pub const FACTORY: Factory = Factory {
    manifest: &MANIFEST,
    connect: |connection| Ok(Box::new(Ashby::new(connection)?)),
};

/// Name of the switch for applicants' answers.
pub(crate) const SCREENING_ANSWERS: &str = "screening_answers";

/// The connector, bound to one integration.
#[derive(Debug)]
pub struct Ashby {
    client: Client,
    streams: Vec<Box<dyn Stream>>,
    webhooks: AshbyWebhooks,
}

impl Ashby {
    /// Binds the connector to an integration. Does no IO.
    pub fn new(connection: &Connection) -> Result<Self> {
        let client = Client::new(connection)?;
        let read_answers = connection
            .settings
            .get(SCREENING_ANSWERS)
            .copied()
            .unwrap_or(true);
        let listing = |listing| ListingStream::boxed(listing, &client);
        // What others look up comes before those who look it up.
        let streams = vec![
            listing(models::users::LISTING),
            listing(models::reference::DEPARTMENTS),
            listing(models::reference::LOCATIONS),
            listing(models::reference::SOURCES),
            listing(models::reference::REJECTION_REASONS),
            listing(models::reference::TAGS),
            listing(models::reference::INTERVIEW_TEMPLATES),
            listing(models::custom_fields::LISTING),
            listing(models::plans::LISTING),
            models::stages::Stages::boxed(&client),
            models::postings::Postings::boxed(&client),
            models::jobs::Jobs::boxed(&client),
            listing(models::surveys::LISTING),
            listing(models::candidates::LISTING),
            models::applications::stream(&client, read_answers),
            models::interviews::Interviews::boxed(&client),
            listing(models::offers::LISTING),
        ];
        Ok(Self {
            webhooks: AshbyWebhooks::new(&client),
            client,
            streams,
        })
    }
}

#[async_trait]
impl Connector for Ashby {
    fn manifest(&self) -> &'static Manifest {
        &MANIFEST
    }

    async fn check(&self) -> Result<Access> {
        let check::Key { title, granted } = check::key(&self.client).await?;
        Ok(Access::of(title, granted, &self.reads(), &self.actions()))
    }

    fn streams(&self) -> Vec<&dyn Stream> {
        self.streams.iter().map(AsRef::as_ref).collect()
    }

    fn reads(&self) -> Reads<'_> {
        coverage::reads(&self.streams)
    }

    fn actions(&self) -> Actions {
        coverage::actions()
    }

    fn features(&self) -> Features {
        coverage::features()
    }

    async fn perform(&self, action: &Action, context: &ActionContext<'_>) -> Result<Outcome> {
        actions::perform(&self.client, action, context).await
    }

    fn passthrough(&self) -> Option<&dyn Passthrough> {
        Some(&self.client)
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(&self.webhooks)
    }

    fn usage(&self) -> Usage {
        self.client.usage()
    }
}
