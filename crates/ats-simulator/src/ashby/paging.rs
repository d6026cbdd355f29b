//! Cursors and sync tokens: made, sealed, read back, expired. They are opaque to clients; here they
//! hold where a walk stands and which world it began with. Knows no endpoint and no document.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::envelope::Refusal;

/// Stands for "no token": a full walk.
const FULL: u64 = u64::MAX;

/// Where a walk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    /// The place of the last row that was considered.
    pub(crate) after: u64,
    /// Only what changed after this revision; none for everything.
    pub(crate) since: Option<u64>,
    /// The world's revision when the walk began; the next token stands for it.
    pub(crate) began: u64,
}

/// Hands out cursors, tokens and request ids, and knows which ones have expired.
#[derive(Debug, Default)]
pub(crate) struct Clerk {
    cursor_age: AtomicU64,
    token_age: AtomicU64,
    issued: AtomicU64,
}

impl Clerk {
    pub(crate) fn expire_cursors(&self) {
        self.cursor_age.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn expire_tokens(&self) {
        self.token_age.fetch_add(1, Ordering::Relaxed);
    }

    /// A new request id, shaped as a ULID.
    pub(crate) fn request_id(&self) -> String {
        format!("01SM{:022X}", self.next())
    }

    /// The cursor to what follows `walk.after`. No two are equal.
    pub(crate) fn cursor(&self, scope: u64, walk: Walk) -> String {
        let age = self.cursor_age.load(Ordering::Relaxed);
        let since = walk.since.unwrap_or(FULL);
        seal(&[age, scope, walk.after, since, walk.began, self.next()])
    }

    /// The token for the world as it was at revision `began`. No two are equal.
    pub(crate) fn token(&self, scope: u64, began: u64) -> String {
        seal(&[
            self.token_age.load(Ordering::Relaxed),
            scope,
            began,
            self.next(),
        ])
    }

    /// The walk that a request begins or goes on with.
    pub(crate) fn walk(
        &self,
        scope: u64,
        cursor: Option<&str>,
        token: Option<&str>,
        now: u64,
    ) -> Result<Walk, Refusal> {
        let since = token
            .map(|token| self.read_token(scope, token))
            .transpose()?;
        let Some(cursor) = cursor else {
            return Ok(Walk {
                after: 0,
                since,
                began: now,
            });
        };
        let walk = self.read_cursor(scope, cursor)?;
        // Repeating the token beside the cursor is fine, another token is not.
        if since.is_some() && since != walk.since {
            return Err(refused("invalid_next_cursor"));
        }
        Ok(walk)
    }

    fn read_cursor(&self, scope: u64, cursor: &str) -> Result<Walk, Refusal> {
        let [age, of, after, since, began, _] =
            open(cursor).ok_or_else(|| refused("invalid_next_cursor"))?;
        if of != scope {
            return Err(refused("invalid_next_cursor"));
        }
        if age != self.cursor_age.load(Ordering::Relaxed) {
            return Err(refused("next_cursor_expired"));
        }
        Ok(Walk {
            after,
            since: (since != FULL).then_some(since),
            began,
        })
    }

    fn read_token(&self, scope: u64, token: &str) -> Result<u64, Refusal> {
        let [age, of, began, _] = open(token).ok_or_else(|| refused("sync_token_invalid"))?;
        if of != scope {
            return Err(refused("sync_token_invalid"));
        }
        if age != self.token_age.load(Ordering::Relaxed) {
            return Err(refused("sync_token_expired"));
        }
        Ok(began)
    }

    fn next(&self) -> u64 {
        self.issued.fetch_add(1, Ordering::Relaxed) + 1
    }
}

fn refused(code: &str) -> Refusal {
    Refusal::new(200, code, "Start again without it")
}

/// A number for an endpoint and the body properties that decide its rows.
pub(crate) fn scope(endpoint: &str, properties: &str) -> u64 {
    hash(&(endpoint, properties))
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn seal(parts: &[u64]) -> String {
    let check = hash(&parts);
    let bytes: Vec<u8> = parts
        .iter()
        .chain([&check])
        .flat_map(|part| (part ^ MASK).to_le_bytes())
        .collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Hides the numbers, so that nobody is tempted to read or build one.
const MASK: u64 = 0x9e37_79b9_7f4a_7c15;

fn open<const N: usize>(text: &str) -> Option<[u64; N]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let parts: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| Some(u64::from_le_bytes(chunk.try_into().ok()?) ^ MASK))
        .collect::<Option<_>>()?;
    let (check, parts) = parts.split_last()?;
    if *check != hash(&parts) {
        return None;
    }
    parts.try_into().ok()
}
