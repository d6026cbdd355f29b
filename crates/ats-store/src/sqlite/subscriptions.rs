//! Subscriptions to a vendor's events, and the inbox.

use ats_core::{IntegrationId, Timestamp};
use rusqlite::{Connection, Row, Transaction, params};

use super::{
    integrations,
    values::{damaged, from_json, from_word, instant, json, millis, word},
};
use crate::{
    DeliveryProgress, DeliveryState, NewDelivery, NewSubscription, PreviousSecret, Result, Segment,
    StoredDelivery, StoredSubscription, SubscriptionState, vault::Sealed,
};

const COLUMNS: &str = "s.key, i.id, s.event, s.vendor_id, s.segment, s.url, s.secret, \
     s.previous_secret, s.previous_until, s.state, s.created_at, s.renewed_at \
     FROM subscriptions AS s JOIN integrations AS i ON i.key = s.integration";

pub(super) fn add(tx: &Transaction<'_>, id: &IntegrationId, new: &NewSubscription) -> Result<i64> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO subscriptions (integration, event, segment, url, secret, state, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute(params![
        integrations::key(tx, id)?,
        new.event,
        new.segment.0,
        new.url,
        new.secret.0,
        word(&SubscriptionState::Pending)?,
        millis(new.at)
    ])?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn save(tx: &Transaction<'_>, subscription: &StoredSubscription) -> Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE subscriptions SET vendor_id = ?2, url = ?3, secret = ?4, previous_secret = ?5,
             previous_until = ?6, state = ?7, renewed_at = ?8 WHERE key = ?1",
    )?;
    let previous = subscription.previous.as_ref();
    update.execute(params![
        subscription.key,
        subscription.vendor_id,
        subscription.url,
        subscription.secret.0,
        previous.map(|previous| &previous.secret.0),
        previous.and_then(|previous| previous.until).map(millis),
        word(&subscription.state)?,
        subscription.renewed_at.map(millis)
    ])?;
    Ok(())
}

pub(super) fn remove(tx: &Transaction<'_>, subscription: i64) -> Result<()> {
    tx.prepare_cached("DELETE FROM subscriptions WHERE key = ?1")?
        .execute([subscription])?;
    Ok(())
}

pub(super) fn of(db: &Connection, id: &IntegrationId) -> Result<Vec<StoredSubscription>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {COLUMNS} WHERE s.integration = ?1 ORDER BY s.key"
    ))?;
    let mut rows = select.query([integrations::key(db, id)?])?;
    let mut subscriptions = Vec::new();
    while let Some(row) = rows.next()? {
        subscriptions.push(read(row)?);
    }
    Ok(subscriptions)
}

pub(super) fn at(db: &Connection, segment: &Segment) -> Result<Option<StoredSubscription>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} WHERE s.segment = ?1"))?;
    let mut rows = select.query([&segment.0])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<StoredSubscription> {
    let id: String = row.get(1)?;
    let until: Option<i64> = row.get(8)?;
    let previous: Option<Vec<u8>> = row.get(7)?;
    let renewed_at: Option<i64> = row.get(11)?;
    let previous = match previous {
        None => None,
        Some(secret) => Some(PreviousSecret {
            secret: Sealed(secret),
            until: until.map(instant).transpose()?,
        }),
    };
    Ok(StoredSubscription {
        key: row.get(0)?,
        integration: id
            .parse()
            .map_err(|_| damaged("an integration has an odd id"))?,
        event: row.get(2)?,
        vendor_id: row.get(3)?,
        segment: Segment(row.get(4)?),
        url: row.get(5)?,
        secret: Sealed(row.get(6)?),
        previous,
        state: from_word(&row.get::<_, String>(9)?)?,
        created_at: instant(row.get(10)?)?,
        renewed_at: renewed_at.map(instant).transpose()?,
    })
}

/// Takes a delivery in; `false` if it is there already.
pub(super) fn accept(tx: &Transaction<'_>, id: &IntegrationId, new: &NewDelivery) -> Result<bool> {
    let mut insert = tx.prepare_cached(
        "INSERT INTO deliveries (integration, dedupe_key, event, effects, received_at, state,
             not_before) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5)
         ON CONFLICT (integration, dedupe_key) DO NOTHING",
    )?;
    let rows = insert.execute(params![
        integrations::key(tx, id)?,
        new.dedupe_key,
        new.event,
        new.effects,
        millis(new.at),
        word(&DeliveryState::Waiting)?
    ])?;
    Ok(rows > 0)
}

const DELIVERY: &str =
    "key, event, effects, received_at, state, attempts, not_before, problem FROM deliveries";

pub(super) fn due(
    db: &Connection,
    id: &IntegrationId,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<StoredDelivery>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {DELIVERY} WHERE integration = ?1 AND state = 'WAITING' AND not_before <= ?2
         ORDER BY key LIMIT ?3"
    ))?;
    let values = params![integrations::key(db, id)?, millis(now), limit as i64];
    let mut rows = select.query(values)?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(delivery(row)?);
    }
    Ok(deliveries)
}

pub(super) fn next(db: &Connection, id: &IntegrationId) -> Result<Option<Timestamp>> {
    let mut select = db.prepare_cached(
        "SELECT min(not_before) FROM deliveries WHERE integration = ?1 AND state = 'WAITING'",
    )?;
    let next: Option<i64> = select.query_row([integrations::key(db, id)?], |row| row.get(0))?;
    next.map(instant).transpose()
}

pub(super) fn waiting(db: &Connection, id: &IntegrationId) -> Result<u64> {
    let mut select = db.prepare_cached(
        "SELECT count(*) FROM deliveries WHERE integration = ?1 AND state = 'WAITING'",
    )?;
    let count: i64 = select.query_row([integrations::key(db, id)?], |row| row.get(0))?;
    Ok(count as u64)
}

pub(super) fn latest(
    db: &Connection,
    id: &IntegrationId,
    limit: usize,
) -> Result<Vec<StoredDelivery>> {
    let mut select = db.prepare_cached(&format!(
        "SELECT {DELIVERY} WHERE integration = ?1 ORDER BY received_at DESC, key DESC LIMIT ?2"
    ))?;
    let mut rows = select.query(params![integrations::key(db, id)?, limit as i64])?;
    let mut deliveries = Vec::new();
    while let Some(row) = rows.next()? {
        deliveries.push(delivery(row)?);
    }
    Ok(deliveries)
}

fn delivery(row: &Row<'_>) -> Result<StoredDelivery> {
    let problem: Option<String> = row.get(7)?;
    Ok(StoredDelivery {
        key: row.get(0)?,
        event: row.get(1)?,
        effects: row.get(2)?,
        received_at: instant(row.get(3)?)?,
        progress: DeliveryProgress {
            state: from_word(&row.get::<_, String>(4)?)?,
            attempts: row.get(5)?,
            not_before: instant(row.get(6)?)?,
            problem: problem.as_deref().map(from_json).transpose()?,
        },
    })
}

pub(super) fn settle(tx: &Transaction<'_>, settled: &[(i64, DeliveryProgress)]) -> Result<()> {
    let mut update = tx.prepare_cached(
        "UPDATE deliveries SET state = ?2, attempts = ?3, not_before = ?4, problem = ?5
         WHERE key = ?1",
    )?;
    for (key, progress) in settled {
        update.execute(params![
            key,
            word(&progress.state)?,
            progress.attempts,
            millis(progress.not_before),
            progress.problem.as_ref().map(json).transpose()?
        ])?;
    }
    Ok(())
}

pub(super) fn prune(tx: &Transaction<'_>, id: &IntegrationId, before: Timestamp) -> Result<u64> {
    let mut delete =
        tx.prepare_cached("DELETE FROM deliveries WHERE integration = ?1 AND received_at < ?2")?;
    let rows = delete.execute(params![integrations::key(tx, id)?, millis(before)])?;
    Ok(rows as u64)
}
