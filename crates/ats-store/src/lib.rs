//! Where a mirror is kept: the [`Store`] port, its embedded default on SQLite, and the [`vault`]
//! that encrypts credentials.
//!
//! It owns what is written in one transaction and what a change is. It must not know any connector,
//! nor when anything is read from a vendor: that is the engine's.

mod action;
mod bundle;
mod change;
mod commit;
mod error;
mod integration;
mod list;
mod outbox;
mod pass;
mod platform;
mod record;
mod scope;
pub mod sqlite;
mod store;
mod subscription;
mod tenancy;
pub mod vault;

pub use action::{ActionEnd, ActionEntry, ActionState, NewAction};
pub use bundle::{
    BodyHash, BundleHash, BundleState, DueBundle, StoredBundle, body_hashes, bundle_hash,
    bundle_hash_of, pack,
};
pub use change::{Cause, Change, ChangeKind, ChangeQuery, DeletionReason};
pub use commit::{
    BundleCommit, DocumentPlace, Documents, MappedCommit, Missing, MissingOfModel, PageCommit,
    Progress, RecordCommit, Removal, Swept, lookup_hash,
};
pub use error::{Error, Result};
pub use integration::{EndUser, Integration, IntegrationState, PRODUCTION, Settings, Tracked};
pub use list::{Filter, InvalidPlace, ListQuery, Page, Place, Row, record_id};
pub use outbox::{
    CONNECTION_FLOW_FAILED, Changed, Connecting, DATA_CHANGED, EVENT_KINDS, INTEGRATION_CREATED,
    INTEGRATION_DELETED, INTEGRATION_STATE_CHANGED, ISSUE_STATUS_CHANGED, Issue, NewEvent, Outbox,
    OutgoingDelivery, OutgoingDepth, OutgoingProgress, OutgoingQuery, OutgoingState, Replay,
    SYNC_FINISHED, WebhookEndpoint,
};
pub use pass::{
    NewPass, Pass, PassEnd, PassKind, PassState, Problem, Tally, Walk, WalkStart, WalkState,
};
pub use platform::Platform;
pub use record::{Layout, LossRow, ModelCount, RecordQuery, RejectRow, StoredRecord};
pub use scope::Scope;
pub use store::{Guard, Store};
pub use subscription::{
    DeliveryProgress, DeliveryState, NewDelivery, NewSubscription, PreviousSecret, Segment,
    StoredDelivery, StoredSubscription, SubscriptionState, seal_webhook_secret,
};
pub use tenancy::{
    Activation, ApiKey, CustomField, CustomMapping, Link, LinkKind, LogEntry, LogKind, LogQuery,
    NewApiKey, NewLogEntry, ScopeConfig, ScopeSetting, ScopeSettings, Tenancy,
};
