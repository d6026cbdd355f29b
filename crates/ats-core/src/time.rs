//! Instants, as the unified API prints them.

use std::{borrow::Cow, fmt};

use chrono::{DateTime, NaiveDate, NaiveDateTime, SecondsFormat, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A UTC instant, printed with milliseconds and `Z`: `2026-01-02T03:04:05.678Z`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// Reads an ISO 8601 date-time with `Z`, an offset or neither (taken as UTC), or a date alone
    /// (taken as midnight UTC). `None` for anything else, impossible dates included.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
            return Some(Self(instant.with_timezone(&Utc)));
        }
        if let Ok(local) = text.parse::<NaiveDateTime>() {
            return Some(Self(local.and_utc()));
        }
        let midnight = text.parse::<NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?;
        Some(Self(midnight.and_utc()))
    }

    /// Midnight UTC of the same day.
    #[must_use]
    pub fn midnight(self) -> Self {
        Self(
            self.0
                .date_naive()
                .and_hms_opt(0, 0, 0)
                .map_or(self.0, |midnight| midnight.and_utc()),
        )
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            de::Error::custom("expected an ISO 8601 date or instant, such as 2026-11-25")
        })
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }

    fn inline_schema() -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_a_vendor_sends_becomes_one_form() {
        let printed = |text| Timestamp::parse(text).map(|instant| instant.to_string());
        let expected = |text: &str| Some(text.to_owned());
        assert_eq!(
            printed("2026-01-02T03:04:05Z"),
            expected("2026-01-02T03:04:05.000Z")
        );
        assert_eq!(
            printed("2026-01-02T03:04:05.6789+02:00"),
            expected("2026-01-02T01:04:05.678Z")
        );
        assert_eq!(
            printed(" 2026-01-02 "),
            expected("2026-01-02T00:00:00.000Z")
        );
        assert_eq!(
            printed("2026-01-02T03:04:05"),
            expected("2026-01-02T03:04:05.000Z")
        );
        assert_eq!(printed("2026-02-30"), None);
        assert_eq!(printed("soon"), None);
    }
}
