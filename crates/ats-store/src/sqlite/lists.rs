//! Pages of a list. Without filters a page is read from an index and the answers; with filters the
//! narrowest one leads to the records, and the others are checked.

use ats_core::{Id, IntegrationId, ModelKind};
use rusqlite::{Connection, OptionalExtension, params};

use super::{
    Models,
    filters::{Checks, Lead},
    records,
    values::millis,
};
use crate::{Error, ListQuery, Page, Place, Result, Row};

/// One list, while a page of it is read.
pub(super) struct List<'a> {
    pub(super) db: &'a Connection,
    pub(super) models: &'a Models,
    pub(super) id: &'a IntegrationId,
    pub(super) integration: i64,
    pub(super) model: i64,
    pub(super) query: &'a ListQuery,
    /// The place that the page comes after.
    pub(super) after: Place,
}

/// A record that was found, by its moment and its key.
type Found = (i64, i64);

pub(super) fn page(
    db: &Connection,
    models: &Models,
    id: &IntegrationId,
    query: &ListQuery,
    text: &mut Vec<u8>,
) -> Result<Page> {
    let mut select =
        db.prepare_cached("SELECT key, touched, all_touched FROM integrations WHERE id = ?1")?;
    // The number of the last change is read first. What changes from here on makes it too old, which
    // costs no more than answers that are not taken.
    let found = select.query_row([id.as_str()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    });
    let (integration, as_of, all_touched): (i64, i64, i64) = found
        .optional()?
        .ok_or_else(|| Error::UnknownIntegration { id: id.to_string() })?;
    let list = List {
        db,
        models,
        id,
        integration,
        model: models.key(query.model),
        query,
        after: after(query, all_touched),
    };
    let mut page = Page {
        as_of,
        ..Page::default()
    };
    if query.filters.is_empty() {
        list.read(text, &mut page)?;
    } else {
        list.search(text, &mut page)?;
    }
    Ok(page)
}

/// Where a page begins.
fn after(query: &ListQuery, all_touched: i64) -> Place {
    let Some(since) = query.updated_after.map(millis) else {
        let key = query.after.map_or(i64::MIN, |place| place.key);
        return Place { touched: None, key };
    };
    let before_all = |touched| Place {
        touched: Some(touched),
        key: i64::MAX,
    };
    let start = match since <= all_touched {
        true => before_all(i64::MIN),
        false => before_all(since - 1),
    };
    // A place of a list in the order of keys has no moment, and so comes before any.
    query.after.map_or(start, |place| place.max(start))
}

impl List<'_> {
    /// Whether the list stands in the order of moments.
    pub(super) fn by_moment(&self) -> bool {
        self.after.touched.is_some()
    }

    fn limit(&self) -> i64 {
        // One more tells whether there is another page.
        i64::try_from(self.query.limit)
            .unwrap_or(i64::MAX)
            .saturating_add(1)
    }

    fn read(&self, text: &mut Vec<u8>, page: &mut Page) -> Result<()> {
        let mut by_key = self.db.prepare_cached(
            "SELECT r.key, 0, a.json FROM records AS r
             LEFT JOIN answers AS a ON a.record = r.key
             WHERE r.integration = ?1 AND r.model = ?2 AND r.key > ?3
               AND (?4 OR r.deleted_at IS NULL)
             ORDER BY r.key LIMIT ?5",
        )?;
        let mut by_moment = self.db.prepare_cached(
            "SELECT r.key, r.touched_at, a.json FROM records AS r
             LEFT JOIN answers AS a ON a.record = r.key
             WHERE r.integration = ?1 AND r.model = ?2 AND (r.touched_at, r.key) > (?6, ?3)
               AND (?4 OR r.deleted_at IS NULL)
             ORDER BY r.touched_at, r.key LIMIT ?5",
        )?;
        let (integration, model, key) = (self.integration, self.model, self.after.key);
        let (deleted, limit) = (self.query.include_deleted, self.limit());
        let mut rows = match self.after.touched {
            None => by_key.query(params![integration, model, key, deleted, limit])?,
            Some(touched) => {
                by_moment.query(params![integration, model, key, deleted, limit, touched])?
            }
        };
        let mut last = None;
        let mut left = self.query.limit;
        while let Some(row) = rows.next()? {
            if left == 0 {
                page.next = last;
                break;
            }
            left -= 1;
            let key = row.get(0)?;
            let answer = row
                .get_ref(2)?
                .as_bytes_or_null()
                .map_err(rusqlite::Error::from)?;
            self.add(key, answer, text, page)?;
            last = Some(self.place((row.get(1)?, key)));
        }
        Ok(())
    }

    fn place(&self, (touched, key): Found) -> Place {
        Place {
            touched: self.by_moment().then_some(touched),
            key,
        }
    }

    fn add(
        &self,
        key: i64,
        answer: Option<&[u8]>,
        text: &mut Vec<u8>,
        page: &mut Page,
    ) -> Result<()> {
        if let Some(answer) = answer {
            let is_first = !page.rows.iter().any(|row| matches!(row, Row::Answer(_)));
            if is_first {
                // Records of a model are about equally long, and to grow step by step is to copy.
                text.reserve(answer.len() * self.query.limit * 9 / 8);
            } else {
                text.push(b',');
            }
            let begin = text.len();
            text.extend_from_slice(answer);
            page.rows.push(Row::Answer(begin..text.len()));
        } else if let Some(record) = records::by_key(self.db, self.models, self.integration, key)? {
            page.rows.push(Row::Record(Box::new(record)));
        }
        Ok(())
    }

    fn search(&self, text: &mut Vec<u8>, page: &mut Page) -> Result<()> {
        let (lead, checks) = Checks::new(self)?;
        let wanted = self.query.limit.saturating_add(1);
        let mut found = match lead {
            Lead::All => self.scan(&checks, wanted)?,
            Lead::Keys(keys) => self.pick(&keys, &checks, wanted)?,
            Lead::Referring(targets) => {
                let mut found = Vec::new();
                let mut after = self.after.key;
                while found.len() < wanted {
                    let keys = self.referring(targets, after)?;
                    let Some(last) = keys.last() else { break };
                    after = *last;
                    found.extend(self.pick(&keys, &checks, wanted - found.len())?);
                }
                found
            }
        };
        let is_more = found.len() == wanted;
        found.truncate(self.query.limit);
        let mut select = self
            .db
            .prepare_cached("SELECT json FROM answers WHERE record = ?1")?;
        for (_, key) in &found {
            let mut rows = select.query([key])?;
            match rows.next()? {
                Some(row) => {
                    let answer = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
                    self.add(*key, Some(answer), text, page)?;
                }
                None => self.add(*key, None, text, page)?,
            }
        }
        let last = found.last().filter(|_| is_more);
        page.next = last.map(|last| self.place(*last));
        Ok(())
    }

    /// Looks at every record in the order of the list until there are enough.
    fn scan(&self, checks: &Checks<'_>, wanted: usize) -> Result<Vec<Found>> {
        let mut by_key = self.db.prepare_cached(
            "SELECT r.key, r.touched_at, r.id, r.content FROM records AS r
             WHERE r.integration = ?1 AND r.model = ?2 AND r.key > ?3
               AND (?4 OR r.deleted_at IS NULL)
             ORDER BY r.key",
        )?;
        let mut by_moment = self.db.prepare_cached(
            "SELECT r.key, r.touched_at, r.id, r.content FROM records AS r
             WHERE r.integration = ?1 AND r.model = ?2 AND (r.touched_at, r.key) > (?5, ?3)
               AND (?4 OR r.deleted_at IS NULL)
             ORDER BY r.touched_at, r.key",
        )?;
        let (integration, model, key) = (self.integration, self.model, self.after.key);
        let deleted = self.query.include_deleted;
        let mut rows = match self.after.touched {
            None => by_key.query(params![integration, model, key, deleted])?,
            Some(touched) => by_moment.query(params![integration, model, key, deleted, touched])?,
        };
        let mut found = Vec::new();
        while found.len() < wanted {
            let Some(row) = rows.next()? else { break };
            let key = row.get(0)?;
            let text = |column: usize| -> Result<&str> {
                Ok(row
                    .get_ref(column)?
                    .as_str()
                    .map_err(rusqlite::Error::from)?)
            };
            if checks.hold(key, text(2)?, text(3)?)? {
                found.push((row.get(1)?, key));
            }
        }
        Ok(found)
    }

    /// The first of these records, which rise by their keys, that are wanted.
    fn pick(&self, keys: &[i64], checks: &Checks<'_>, wanted: usize) -> Result<Vec<Found>> {
        let mut select = self.db.prepare_cached(
            "SELECT r.touched_at, r.id, r.content FROM records AS r
             WHERE r.key = ?1 AND r.integration = ?2 AND r.model = ?3
               AND (?4 OR r.deleted_at IS NULL)",
        )?;
        let passed = match self.by_moment() {
            true => 0,
            false => keys.partition_point(|key| *key <= self.after.key),
        };
        let mut found = Vec::new();
        for key in keys.iter().skip(passed) {
            if !self.by_moment() && found.len() == wanted {
                break;
            }
            let deleted = self.query.include_deleted;
            let mut rows = select.query(params![key, self.integration, self.model, deleted])?;
            let Some(row) = rows.next()? else { continue };
            let touched = row.get(0)?;
            let text = |column: usize| -> Result<&str> {
                Ok(row
                    .get_ref(column)?
                    .as_str()
                    .map_err(rusqlite::Error::from)?)
            };
            if self.place((touched, *key)) > self.after && checks.hold(*key, text(1)?, text(2)?)? {
                found.push((touched, *key));
            }
        }
        if self.by_moment() {
            found.sort_unstable();
            found.truncate(wanted);
        }
        Ok(found)
    }

    /// The next records that refer to one of these, in the order of their keys.
    fn referring(&self, targets: &[Id], after: i64) -> Result<Vec<i64>> {
        let mut select = self.db.prepare_cached(
            "SELECT record FROM links WHERE target = ?1 AND model = ?2 AND record > ?3
             ORDER BY record LIMIT ?4",
        )?;
        let mut keys: Vec<i64> = Vec::new();
        for target in targets {
            let values = params![target.as_str(), self.model, after, self.limit()];
            let rows = select.query_map(values, |row| row.get(0))?;
            for key in rows {
                keys.push(key?);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        // Beyond these, another target may have more of its own.
        keys.truncate(usize::try_from(self.limit()).unwrap_or(usize::MAX));
        Ok(keys)
    }

    /// The number of a model.
    pub(super) fn number(&self, model: ModelKind) -> i64 {
        self.models.key(model)
    }
}
