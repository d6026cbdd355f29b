//! Webhooks on their way out, in SQLite.

mod deliveries;
mod endpoints;
mod events;
mod issues;

use ats_core::{IntegrationId, Timestamp};
use rusqlite::Transaction;

use super::{SqliteStore, integrations, passes, tenancy};
use crate::{
    Changed, Connecting, Integration, Issue, NewEvent, Outbox, OutgoingDelivery, OutgoingDepth,
    OutgoingProgress, OutgoingQuery, Pass, Replay, Result, WebhookEndpoint,
};

/// So many passes are told of in one transaction.
const PASSES_AT_ONCE: usize = 100;

/// Writes an event for all who listen, in the transaction of what it tells of.
pub(super) fn add(tx: &Transaction<'_>, event: &NewEvent) -> Result<usize> {
    events::add(tx, event, None)
}

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

    fn emit_passes(
        &self,
        id: &IntegrationId,
        make: &mut dyn FnMut(&Pass) -> NewEvent,
    ) -> Result<usize> {
        let mut count = 0;
        loop {
            // Most often none has ended.
            let is_any = |db: &_| passes::untold(db, &self.models, id, 1);
            if self.read(is_any)?.is_empty() {
                return Ok(count);
            }
            count += self.write(|tx| {
                let ended = passes::untold(tx, &self.models, id, PASSES_AT_ONCE)?;
                for pass in &ended {
                    add(tx, &make(pass))?;
                    passes::note_told(tx, pass.key)?;
                }
                Ok(ended.len())
            })?;
        }
    }

    fn connect(&self, connecting: &Connecting<'_>) -> Result<bool> {
        self.write(|tx| {
            let used = tenancy::use_for(
                tx,
                connecting.link,
                connecting.activation_token,
                connecting.activation,
                connecting.now,
            )?;
            if used {
                integrations::save(tx, connecting.integration)?;
                add(tx, connecting.event)?;
            }
            Ok(used)
        })
    }

    fn change_integration(
        &self,
        id: &IntegrationId,
        change: &mut dyn FnMut(&mut Integration) -> Option<NewEvent>,
    ) -> Result<Option<Integration>> {
        self.write(|tx| {
            let Some(mut one) = integrations::one(tx, id)? else {
                return Ok(None);
            };
            let Some(event) = change(&mut one) else {
                return Ok(None);
            };
            integrations::save(tx, &one)?;
            add(tx, &event)?;
            Ok(Some(one))
        })
    }

    fn erase_and_tell(&self, id: &IntegrationId, event: &NewEvent) -> Result<()> {
        self.erase(id, Some(event))
    }

    fn due_outgoing(&self, now: Timestamp, limit: usize) -> Result<Vec<OutgoingDelivery>> {
        self.read(|db| deliveries::due(db, now, limit))
    }

    fn next_outgoing(&self, now: Timestamp) -> Result<Option<Timestamp>> {
        self.read(|db| deliveries::next(db, now))
    }

    fn outgoing_depth(&self) -> Result<OutgoingDepth> {
        self.read(deliveries::depth)
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
