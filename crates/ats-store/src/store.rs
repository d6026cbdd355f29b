//! The port: what every store can do.
//!
//! All methods block, because the embedded store does. Whoever runs on an asynchronous runtime calls
//! them from a thread that may wait; a store with an asynchronous client waits for it inside.
//!
//! One suite (`tests/suite`) says what each method promises, and every store must pass it.

use std::{collections::BTreeMap, fmt::Debug};

use ats_core::{Checkpoint, Id, IntegrationId, ModelKind, StepState, Timestamp, Usage};

use crate::{
    ActionEnd, ActionEntry, BundleState, Cause, Change, ChangeQuery, DeletionReason,
    DeliveryProgress, DueBundle, Integration, ListQuery, LossRow, Missing, ModelCount, NewAction,
    NewDelivery, NewPass, NewSubscription, Page, PageCommit, Pass, PassEnd, Problem, RecordQuery,
    RejectRow, Removal, Result, Segment, StoredBundle, StoredDelivery, StoredRecord,
    StoredSubscription, Swept, Tracked, WalkStart,
};

/// The right to write what belongs to one integration. It ends when it is dropped, and when the
/// process ends, however it ends.
pub trait Guard: Debug + Send + Sync {}

/// A place where mirrors are kept.
pub trait Store: Debug + Send + Sync + 'static {
    // Integrations

    /// Adds an integration, or replaces what is kept of it. With other settings its answers are
    /// dropped, as [`Store::drop_answers`] does.
    fn save_integration(&self, integration: &Integration) -> Result<()>;

    /// All integrations, by connector and name.
    fn integrations(&self) -> Result<Vec<Integration>>;

    /// One integration.
    fn integration(&self, id: &IntegrationId) -> Result<Option<Integration>>;

    /// Erases an integration and everything of it, and overwrites the place where it stood.
    fn erase_integration(&self, id: &IntegrationId) -> Result<()>;

    /// Marks candidates and applications as created or imported through us. With it the streams
    /// named lose their checkpoints: what was left out before has to be read.
    fn track(&self, id: &IntegrationId, tracked: &[Tracked], streams: &[&str]) -> Result<()>;

    /// What was created or imported through us.
    fn tracked(&self, id: &IntegrationId) -> Result<Vec<Tracked>>;

    /// Takes the right to write for an integration. `holder` is what somebody who wants it too is
    /// told. Fails with [`Error::Busy`](crate::Error::Busy) while another one has it.
    fn lock(&self, id: &IntegrationId, holder: &str) -> Result<Box<dyn Guard>>;

    /// Takes a right of this name within an integration, beside that of [`Store::lock`]. Fails with
    /// [`Error::Busy`](crate::Error::Busy) while another one has it.
    fn lock_named(&self, id: &IntegrationId, name: &str, holder: &str) -> Result<Box<dyn Guard>>;

    // Actions

    /// Writes down an action that begins. If one with the same idempotency key is there already, it
    /// is given instead, and nothing is written.
    fn begin_action(&self, id: &IntegrationId, new: &NewAction) -> Result<ActionEntry>;

    /// Writes down how an action ended, or was left.
    fn end_action(&self, action: i64, end: &ActionEnd) -> Result<()>;

    /// How far a step of an action has come.
    fn step(&self, action: i64, name: &str) -> Result<Option<StepState>>;

    /// Writes down how far a step has come; `None` takes it away. The first step that is sent makes
    /// the action one that was sent.
    fn save_step(&self, action: i64, name: &str, state: Option<&StepState>) -> Result<()>;

    /// The actions of an integration, the latest first.
    fn actions(&self, id: &IntegrationId, limit: usize) -> Result<Vec<ActionEntry>>;

    // Webhooks

    /// Writes down a subscription before the vendor is asked for it, and gives its key.
    fn add_subscription(&self, id: &IntegrationId, new: &NewSubscription) -> Result<i64>;

    /// Replaces what is kept of a subscription, all but whose it is, its event and its segment.
    fn save_subscription(&self, subscription: &StoredSubscription) -> Result<()>;

    /// Forgets a subscription. One that is not there is no error.
    fn remove_subscription(&self, subscription: i64) -> Result<()>;

    /// The subscriptions of an integration, the oldest first.
    fn subscriptions(&self, id: &IntegrationId) -> Result<Vec<StoredSubscription>>;

    /// The subscription whose address ends so, of whatever integration.
    fn subscription_at(&self, segment: &Segment) -> Result<Option<StoredSubscription>>;

    /// Takes a delivery into the inbox, to be worked off at once. Tells whether it is new: one with
    /// the same key is not taken twice.
    fn accept_delivery(&self, id: &IntegrationId, new: &NewDelivery) -> Result<bool>;

    /// The deliveries that are to be worked off by now, the earliest first.
    fn due_deliveries(
        &self,
        id: &IntegrationId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<StoredDelivery>>;

    /// When the next delivery is to be worked off, if any waits.
    fn next_delivery(&self, id: &IntegrationId) -> Result<Option<Timestamp>>;

    /// How many deliveries wait to be worked off, also those that are not due yet.
    fn waiting_deliveries(&self, id: &IntegrationId) -> Result<u64>;

    /// Writes down how far deliveries have come, by their keys, all in one transaction.
    fn settle_deliveries(&self, settled: &[(i64, DeliveryProgress)]) -> Result<()>;

    /// The deliveries of an integration, the latest first.
    fn deliveries(&self, id: &IntegrationId, limit: usize) -> Result<Vec<StoredDelivery>>;

    /// Forgets the deliveries that came before a moment, and tells how many.
    fn prune_deliveries(&self, id: &IntegrationId, before: Timestamp) -> Result<u64>;

    // Passes

    /// Writes down a pass that begins, and gives its key.
    fn begin_pass(&self, id: &IntegrationId, pass: &NewPass) -> Result<i64>;

    /// Takes up a pass that was interrupted: it runs again. Walks that failed are open again.
    fn resume_pass(&self, pass: i64) -> Result<()>;

    /// Writes down how a pass ended.
    fn end_pass(&self, pass: i64, end: &PassEnd) -> Result<()>;

    /// Adds to what a pass has asked of the vendor.
    fn add_usage(&self, pass: i64, usage: Usage) -> Result<()>;

    /// The passes of an integration, the latest first, but for those of
    /// [`PassKind::Named`](crate::PassKind::Named): there is one for each action.
    fn passes(&self, id: &IntegrationId, limit: usize) -> Result<Vec<Pass>>;

    /// One pass by its public id.
    fn pass(&self, id: &IntegrationId, pass_id: &str) -> Result<Option<Pass>>;

    /// Begins a walk of a stream within a pass, and gives its key.
    fn begin_walk(
        &self,
        id: &IntegrationId,
        pass: i64,
        stream: &str,
        start: &WalkStart,
        at: Timestamp,
    ) -> Result<i64>;

    /// Lets a walk begin again at its first page, from another start if need be. Its counts begin at
    /// zero, and what it has brought so far counts as not seen.
    fn restart_walk(&self, walk: i64, start: &WalkStart) -> Result<()>;

    /// Writes down that a walk did not reach its end.
    fn fail_walk(&self, walk: i64, problem: &Problem, at: Timestamp) -> Result<()>;

    /// Ends a walk that has ended and was swept, or could not be: `problem` says why it swept
    /// nothing. Its checkpoint becomes the stream's.
    fn complete_walk(&self, walk: i64, problem: Option<&Problem>, at: Timestamp) -> Result<()>;

    /// Where the next delta walk of each stream starts.
    fn checkpoints(&self, id: &IntegrationId) -> Result<BTreeMap<String, Checkpoint>>;

    /// When the last whole full pass began in which every walk began at the beginning and none
    /// failed.
    fn last_full_pass(&self, id: &IntegrationId) -> Result<Option<Timestamp>>;

    // Bundles

    /// Writes pages, all in one transaction.
    ///
    /// # Behaviour
    /// - A record that is new is created; one whose hash differs is updated; any other is left alone.
    /// - Of several bundles that give a record, the last in the order of stream name and bundle id
    ///   wins. Once the winner gives it no more, the next one is marked as due.
    /// - What a bundle gave before and gives no more gets a tombstone, unless another gives it, be
    ///   it one that comes later in the same commit.
    /// - When a bundle is new, changed or has another group, everything that looked it up, or its
    ///   old or new group, is marked as due.
    /// - A bundle that was mapped is no longer due. A mapping of documents
    ///   [as stored](crate::Documents::AsStored) that are other ones by now is not taken.
    fn commit(&self, pages: &[PageCommit]) -> Result<()>;

    /// A bundle.
    fn bundle(
        &self,
        id: &IntegrationId,
        stream: &str,
        bundle: &str,
    ) -> Result<Option<StoredBundle>>;

    /// The bundles of a stream that carry a group, in the order of their ids.
    fn group(&self, id: &IntegrationId, stream: &str, group: &str) -> Result<Vec<StoredBundle>>;

    /// The bundles of a stream, in the order of their ids: at most `limit` after the id `after`.
    fn bundles(
        &self,
        id: &IntegrationId,
        stream: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<StoredBundle>>;

    /// How many bundles a stream has.
    fn count_bundles(&self, id: &IntegrationId, stream: &str) -> Result<u64>;

    /// What is known about these bundles, in their order.
    fn bundle_states(
        &self,
        id: &IntegrationId,
        stream: &str,
        bundles: &[&str],
    ) -> Result<Vec<Option<BundleState>>>;

    /// Some of the bundles that are to be mapped again and whose documents are kept, in a steady
    /// order.
    fn due(&self, id: &IntegrationId, limit: usize) -> Result<Vec<DueBundle>>;

    /// The streams with bundles that are due and whose documents are not kept: only reading them
    /// from the beginning brings them up to date.
    fn streams_to_read_again(&self, id: &IntegrationId) -> Result<Vec<String>>;

    /// Marks every bundle of an integration as due.
    fn mark_all_due(&self, id: &IntegrationId, cause: &Cause) -> Result<u64>;

    // Sweeping

    /// What an ended walk from the beginning did not bring; nothing for any other walk.
    fn missing(&self, walk: i64) -> Result<Missing>;

    /// Takes away at most `limit` of the bundles that [`Store::missing`] counts. Records that
    /// nothing gives any more get a tombstone; what looked the bundles up is marked as due.
    fn sweep(
        &self,
        walk: i64,
        reason: DeletionReason,
        at: Timestamp,
        limit: usize,
    ) -> Result<Swept>;

    /// Takes away a bundle that the vendor says is gone. Records that nothing gives any more get a
    /// tombstone; what looked it up is marked as due. One that is not there is no error. Tells
    /// whether it was there.
    fn remove_bundle(&self, removal: &Removal) -> Result<bool>;

    /// Takes away the records of these models that have a tombstone, with their lines in the change
    /// log, and tells how many. For models that are switched off: nobody is to learn of them.
    fn purge(&self, id: &IntegrationId, models: &[ModelKind]) -> Result<u64>;

    /// Empties at most `limit` records that nothing gives any more and that got their tombstone
    /// before a moment: the vendor's id stays, and to which records they belonged. Tells how many
    /// were emptied. One that comes back has everything again.
    fn anonymise(
        &self,
        id: &IntegrationId,
        pass: i64,
        before: Timestamp,
        at: Timestamp,
        limit: usize,
    ) -> Result<u64>;

    /// Writes down that one candidate was merged into another, both by our ids. Once the first is
    /// gone, [`Store::settle_merges`] gives it that reason.
    fn merge(&self, id: &IntegrationId, from: &Id, into: &Id) -> Result<()>;

    /// The vendor's ids of the living candidates with this e-mail address, whatever its case, the
    /// oldest first.
    fn candidates_with_email(&self, id: &IntegrationId, email: &str) -> Result<Vec<String>>;

    /// Gives the candidates that are gone, and whose applications moved to another candidate, the
    /// reason [`DeletionReason::Merged`]; from then on [`Store::alias`] knows them.
    fn settle_merges(&self, id: &IntegrationId) -> Result<u64>;

    /// The record that `id` was merged into.
    fn alias(&self, id: &IntegrationId, record: &Id) -> Result<Option<Id>>;

    // Records

    /// A record by our id.
    fn record(&self, id: &IntegrationId, record: &Id) -> Result<Option<StoredRecord>>;

    /// The living records that belong to a candidate: applications and tags, in the order of their
    /// keys.
    fn of_candidate(&self, id: &IntegrationId, candidate: &Id) -> Result<Vec<StoredRecord>>;

    /// Records by our ids, in the order that was asked, with a tombstone or without. Those that are
    /// not there, or of another integration, are left out.
    fn records_by_ids(&self, id: &IntegrationId, ids: &[Id]) -> Result<Vec<StoredRecord>>;

    /// The living records of a model that refer to one of `parents`, whatever the field: for each
    /// parent in turn, in the order of their keys.
    fn children(
        &self,
        id: &IntegrationId,
        model: ModelKind,
        parents: &[Id],
    ) -> Result<Vec<StoredRecord>>;

    /// Records of a model, in the order of their keys.
    fn records(&self, id: &IntegrationId, query: RecordQuery) -> Result<Vec<StoredRecord>>;

    /// The raw documents of a record as one JSON object by endpoint path; `None` where the model
    /// has no place for them, nothing gives the record any more, or the integration shows none.
    fn remote_data(&self, id: &IntegrationId, record: &StoredRecord) -> Result<Option<String>>;

    /// The bundle that gives a record, with its stream.
    fn giver(
        &self,
        id: &IntegrationId,
        record: &StoredRecord,
    ) -> Result<Option<(String, StoredBundle)>>;

    /// The definitions of the vendor's own fields that records of each model have, as
    /// [`Layout::definitions`](crate::Layout) holds them. It looks at every record.
    fn layouts(&self, id: &IntegrationId) -> Result<Vec<(ModelKind, String)>>;

    /// How many records of each model there are.
    fn counts(&self, id: &IntegrationId) -> Result<BTreeMap<ModelKind, ModelCount>>;

    /// Values that could not be mapped, as the bundles are mapped now.
    fn losses(&self, id: &IntegrationId, limit: usize) -> Result<Vec<LossRow>>;

    /// Rows that the last walk of each stream could not keep.
    fn rejects(&self, id: &IntegrationId, limit: usize) -> Result<Vec<RejectRow>>;

    /// Lines of the change log, the earliest first.
    fn changes(&self, id: &IntegrationId, query: &ChangeQuery) -> Result<Vec<Change>>;

    /// The latest moment that anything of the integration was written at. An engine's time never
    /// falls behind it, whatever the machine's clock does.
    fn latest(&self, id: &IntegrationId) -> Result<Option<Timestamp>>;

    // Lists

    /// A page of a list. The answers of its records are added to `text`, byte for byte as they were
    /// saved, with commas between them; a record without one is given itself.
    ///
    /// # What belongs together
    /// `updated_after` finds a record also if the following changed: of an application its candidate,
    /// interviews and offers; of a candidate its applications and which tags it carries; of a job its
    /// postings, its screening questions, and which stages, questions and team it has; of an offer
    /// its application; of an interview its application and who interviews. Whatever was written
    /// before the first full pass of an integration ended counts as changed at its last moment.
    ///
    /// # What answers may show
    /// An answer may show anything of its own record, and of others: in a candidate its tags, its
    /// applications and their stages; in an application its candidate with its tags, its stage, its
    /// interviews and its offers; in a job its stages, questions, postings and team; in an interview
    /// its interviewers, its application and that one's candidate; in an offer its application and
    /// that one's candidate; in all of these of a job the id, `remote_id` and `name`, and of a stage
    /// of a job its place. It may not show raw documents of any record but its own. As soon as one of
    /// these changes, the answer is gone.
    fn list(&self, id: &IntegrationId, query: &ListQuery, text: &mut Vec<u8>) -> Result<Page>;

    /// A number that moves with every change of a record of the integration, and never back.
    fn last_change(&self, id: &IntegrationId) -> Result<i64>;

    /// Keeps answers, by the keys of their records, unless something of the integration has changed
    /// since `as_of`, which was read before whatever they were made of. Tells whether they were kept.
    fn save_answers(
        &self,
        id: &IntegrationId,
        as_of: i64,
        answers: &[(i64, String)],
    ) -> Result<bool>;

    /// Records of a model without an answer, with a tombstone or without, in the order of their keys:
    /// at most `limit` after the key `after`.
    fn without_answer(
        &self,
        id: &IntegrationId,
        model: ModelKind,
        after: i64,
        limit: usize,
    ) -> Result<Vec<StoredRecord>>;

    /// Drops all answers of an integration, since they would be made otherwise now. Those that are
    /// being made are not taken any more; so whatever decides how they are made is read after
    /// [`Store::last_change`].
    fn drop_answers(&self, id: &IntegrationId) -> Result<()>;
}
