//! The vocabulary that every room of unified-ats shares.
//!
//! It owns the sixteen unified models, the [`Connector`] port, coverage, errors and ids. It knows
//! no vendor, does no IO, has no clock and needs no runtime: everything here can be tested as a
//! value.

pub mod action;
mod bundle;
mod clock;
mod connector;
mod coverage;
mod error;
mod field;
mod id;
pub mod model;
mod open;
mod passthrough;
mod stream;
mod support;
mod time;
mod webhook;

pub use action::{
    Action, ActionContext, ActionKind, Attachment, AttachmentType, FileContent, FileInput, Journal,
    Mirror, Once, Outcome, Output, PlannedCall, Settled, StepState, Target, Unjournaled, Warning,
};
pub use bundle::{Bundle, BundleRef, Document, Known, Lookup, RawJson, Recorder, Related, Shelf};
pub use clock::Clock;
pub use connector::{
    Access, Actions, Connection, Connector, CredentialField, Factory, Features, Guide, GuideStep,
    KeyBox, KeyOption, Manifest, Read, Setting, Usage, Write,
};
pub use coverage::{ActionCoverage, Coverage, ModelCoverage};
pub use error::{Error, ErrorKind, Recovery, Result};
pub use field::{Field, fields};
pub use id::{Id, IntegrationId, InvalidId, Reference};
pub use model::{Envelope, Model, ModelKind, Reads, Record};
pub use open::Open;
pub use passthrough::{
    Passthrough, PassthroughAnswer, PassthroughBody, PassthroughCall, PassthroughPart,
};
pub use stream::{
    Checkpoint, Loss, Mapped, Next, PageCursor, PageRequest, RawPage, Reject, Start, Stream, Walk,
};
pub use support::{AlwaysNull, FieldGap, Gap, GapStatus, Support};
pub use time::Timestamp;
pub use webhook::{Delivery, Effect, Headers, Subscription, WebhookEvent, Webhooks};
