//! Deterministic chance, ids and dates: the same seed, kind and number always give the same.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

/// What an id is of; the first two digits of the id.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub(super) enum Kind {
    User = 0x0a,
    Job,
    Department,
    Location,
    Source,
    ArchiveReason,
    SourceType = 0x1e,
    Tag = 0x1a,
    CustomField,
    Board,
    Plan,
    Opening = 0x20,
    Stage = 0x2a,
    OpeningVersion,
    Posting,
    Survey,
    SurveySubmission,
    Field,
    Candidate = 0x3a,
    Application,
    Interview,
    Schedule,
    Event,
    File,
    Offer = 0x4a,
    OfferVersion,
    History,
    Submission,
    Pay,
    Other = 0x91,
}

/// A stream of chance for one document.
#[derive(Clone, Debug)]
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    pub(super) fn new(seed: u64, kind: Kind, index: u64) -> Self {
        let mut dice = Self {
            state: seed ^ ((kind as u64) << 56) ^ index.wrapping_mul(PRIME),
        };
        dice.next();
        dice
    }

    /// The splitmix64 step.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when `end` is 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next().checked_rem(end).unwrap_or(0)
    }

    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A place in a list of this length; 0 in an empty one.
    pub(super) fn place(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).unwrap_or(0)
    }

    pub(super) fn word<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let place = self.place(words.len());
        words.get(place).copied().unwrap_or_default()
    }

    /// One of these documents; null from none.
    pub(super) fn document(&mut self, documents: &[Value]) -> Value {
        let place = self.place(documents.len());
        documents.get(place).cloned().unwrap_or_default()
    }
}

const PRIME: u64 = 0x2545_f491_4f6c_dd1d;

/// The id of the `index`-th thing of a kind.
pub(super) fn id(seed: u64, kind: Kind, index: u64) -> String {
    let (kind, seed) = (kind as u8, seed & 0xff_ffff);
    format!("{kind:02x}{seed:06x}-0000-4000-8000-{index:012x}")
}

/// The first moment of the organisation: 2023-01-01.
pub(super) const BEGIN: i64 = 1_672_531_200_000;
/// Everything is created within this time.
pub(super) const SPAN: i64 = 3 * 365 * DAY;
pub(super) const DAY: i64 = 24 * HOUR;
pub(super) const HOUR: i64 = 3_600_000;

/// The words in turn.
pub(super) fn nth<'a>(words: &[&'a str], index: u64) -> &'a str {
    let place = index.checked_rem(words.len() as u64).unwrap_or(0);
    usize::try_from(place)
        .ok()
        .and_then(|place| words.get(place))
        .copied()
        .unwrap_or_default()
}

/// A moment as the vendor writes it.
pub(super) fn time(ms: i64) -> String {
    moment(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A day as the vendor writes it.
pub(super) fn day(ms: i64) -> String {
    moment(ms).date_naive().to_string()
}

fn moment(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(ms).unwrap_or_default()
}
