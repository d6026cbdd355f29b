//! What a change touches beside the record itself: those whose list counts it as their own change.
//!
//! Only one transaction writes at a time, so the moments given here rise in the order in which
//! changes can be seen. The engine's own times need not: a page may wait for its turn.

use std::collections::{BTreeMap, BTreeSet};

use ats_core::{Id, ModelKind, Timestamp};
use rusqlite::{Transaction, params};

use super::{Models, answers, links::Links, values::millis};
use crate::Result;

/// A record that changed.
#[derive(Debug)]
pub(super) struct Touched {
    pub(super) integration: i64,
    pub(super) record: i64,
    pub(super) model: ModelKind,
    pub(super) id: Id,
    /// Whether it is new: then nothing has been said of it yet.
    pub(super) is_new: bool,
    /// Whether others may show something of it that is not as it was.
    pub(super) elsewhere: bool,
    /// What it refers to, and what it referred to before.
    pub(super) links: Links,
}

/// The changes of one transaction, until it is over.
#[derive(Debug, Default)]
pub(super) struct Touches {
    moments: BTreeMap<i64, i64>,
    touched: Vec<Touched>,
    /// Records whose content is as before, and which may show something else nevertheless.
    reshown: Vec<(i64, i64)>,
}

impl Touches {
    /// The moment of what the transaction changes in an integration: that of the engine, but later
    /// than all that were given before.
    pub(super) fn moment(
        &mut self,
        tx: &Transaction<'_>,
        integration: i64,
        at: Timestamp,
    ) -> Result<i64> {
        let moment = match self.moments.get(&integration) {
            Some(moment) => *moment,
            None => {
                let mut last =
                    tx.prepare_cached("SELECT touched FROM integrations WHERE key = ?1")?;
                last.query_row([integration], |row| row.get::<_, i64>(0))? + 1
            }
        };
        let moment = moment.max(millis(at));
        self.moments.insert(integration, moment);
        Ok(moment)
    }

    pub(super) fn add(&mut self, touched: Touched) {
        self.touched.push(touched);
    }

    pub(super) fn reshow(&mut self, integration: i64, record: i64) {
        self.reshown.push((integration, record));
    }

    /// Touches what has to do with the changes, and drops the answers that show them.
    pub(super) fn close(self, tx: &Transaction<'_>, models: &Models) -> Result<()> {
        for (integration, moment) in self.moments {
            let touched = self.touched.iter();
            let touched: Vec<&Touched> = touched
                .filter(|touched| touched.integration == integration)
                .collect();
            let reshown = self.reshown.iter();
            let reshown = reshown.filter(|(of, _)| *of == integration);
            let reshown: Vec<i64> = reshown.map(|(_, record)| *record).collect();
            if touched.is_empty() && reshown.is_empty() {
                continue;
            }
            let mut update = tx.prepare_cached(
                "UPDATE integrations SET touched = ?2,
                     all_touched = CASE WHEN ?3 THEN ?2 ELSE all_touched END
                 WHERE key = ?1 RETURNING answered",
            )?;
            let first = is_first(tx, integration)?;
            let answered: bool =
                update.query_row(params![integration, moment, first], |row| row.get(0))?;
            if !first {
                relatives(tx, models, moment, &touched)?;
            }
            if answered {
                answers::forget(tx, models, &touched, &reshown)?;
            }
        }
        Ok(())
    }
}

/// Whether the mirror is read for the first time. Then most of what is written belongs to something
/// that was written a little earlier, and to touch all of it would write everything twice.
fn is_first(tx: &Transaction<'_>, integration: i64) -> Result<bool> {
    let mut statement = tx.prepare_cached(
        "SELECT NOT EXISTS (SELECT 1 FROM passes WHERE integration = ?1 AND kind <> 'NAMED'
             AND kind = 'FULL' AND ended_at IS NOT NULL)",
    )?;
    Ok(statement.query_row([integration], |row| row.get(0))?)
}

fn relatives(
    tx: &Transaction<'_>,
    models: &Models,
    moment: i64,
    touched: &[&Touched],
) -> Result<()> {
    let mut above: BTreeSet<&Id> = BTreeSet::new();
    let mut below = BTreeSet::new();
    let mut asked = BTreeSet::new();
    for touched in touched {
        above.extend(&touched.links.parents);
        match touched.model {
            ModelKind::Candidate => {
                below.insert((touched.id, models.key(ModelKind::Application)));
            }
            ModelKind::Application => {
                below.insert((touched.id, models.key(ModelKind::Interview)));
                below.insert((touched.id, models.key(ModelKind::Offer)));
            }
            ModelKind::ScreeningQuestion => {
                asked.insert(touched.id);
            }
            _ => {}
        }
    }
    let mut touch =
        tx.prepare_cached("UPDATE records SET touched_at = ?2 WHERE id = ?1 AND touched_at < ?2")?;
    for id in above {
        touch.execute(params![id.as_str(), moment])?;
    }
    let mut touch = tx.prepare_cached(
        "UPDATE records SET touched_at = ?3 WHERE touched_at < ?3
         AND key IN (SELECT record FROM links WHERE target = ?1 AND model = ?2)",
    )?;
    for (id, model) in below {
        touch.execute(params![id.as_str(), model, moment])?;
    }
    let mut touch = tx.prepare_cached(
        "UPDATE records SET touched_at = ?3 WHERE touched_at < ?3
         AND id IN (SELECT r.content ->> 'job_id' FROM links AS l
             JOIN records AS r ON r.key = l.record WHERE l.target = ?1 AND l.model = ?2)",
    )?;
    for id in asked {
        let model = models.key(ModelKind::JobScreeningQuestion);
        touch.execute(params![id.as_str(), model, moment])?;
    }
    Ok(())
}
