//! Webhooks on their way out, in SQLite.

mod deliveries;
mod endpoints;
mod events;
mod issues;

use ats_core::{IntegrationId, Timestamp};

use super::SqliteStore;
use crate::{
    Changed, Issue, NewEvent, Outbox, OutgoingDelivery, OutgoingProgress, OutgoingQuery, Replay,
    Result, WebhookEndpoint,
};

impl Outbox for SqliteStore {
    fn save_endpoint(&self, endpoint: &WebhookEndpoint) -> Result<()> {
        self.write(|tx| endpoints::save(tx, endpoint))
    }

    fn endpoints(&self) -> Result<Vec<WebhookEndpoint>> {
        self.read(endpoints::all)
    }

    fn remove_endpoint(&self, id: &str) -> Result<bool> {
        self.write(|tx| endpoints::remove(tx, id))
    }

    fn emit(&self, event: &NewEvent) -> Result<usize> {
        self.write(|tx| events::add(tx, event, None))
    }

    fn emit_to(&self, endpoint: &str, event: &NewEvent) -> Result<()> {
        self.write(|tx| events::add(tx, event, Some(endpoint)))?;
        Ok(())
    }

    fn emit_changes(
        &self,
        id: &IntegrationId,
        most: usize,
        make: &mut dyn FnMut(&Changed) -> Option<NewEvent>,
    ) -> Result<bool> {
        // Most often nothing changed, and then nobody has to wait for the right to write.
        if !self.read(|db| events::has_changed(db, id))? {
            return Ok(false);
        }
        self.write(|tx| events::add_changes(tx, &self.models, id, most, make))
    }

    fn due_outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<OutgoingDelivery>> {
        self.read(|db| deliveries::due(db, now, limit))
    }

    fn next_outgoing(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(|db| deliveries::next(db, now))
    }

    fn settle_outgoing(&self, key: i64, progress: &OutgoingProgress) -> Result<()> {
        self.write(|tx| deliveries::settle(tx, key, progress))
    }

    fn outgoing(&self, query: &OutgoingQuery) -> Result<Vec<OutgoingDelivery>> {
        self.read(|db| deliveries::find(db, query))
    }

    fn replay(&self, replay: &Replay, now: Timestamp) -> Result<u64> {
        self.write(|tx| events::again(tx, replay, now))
    }

    fn prune_outbox(&self, before: Timestamp) -> Result<u64> {
        self.write(|tx| events::prune(tx, before))
    }

    fn note_issue(
        &self,
        id: &IntegrationId,
        kind: &str,
        is_open: bool,
        now: Timestamp,
        make: &mut dyn FnMut(&Issue) -> NewEvent,
    ) -> Result<bool> {
        // Almost always it is known already.
        if self.read(|db| issues::open(db, id, kind))?.is_some() == is_open {
            return Ok(false);
        }
        self.write(|tx| issues::note(tx, id, kind, is_open, now, make))
    }
}
