//! Moments in a query, in every form that clients send.

use ats_core::Timestamp;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};

use crate::ApiError;

/// Without an offset, a moment is one in UTC; a day is its first moment.
pub(crate) fn parse(name: &str, text: &str) -> Result<Timestamp, ApiError> {
    let trimmed = text.trim();
    // A plus sign that was not encoded arrives as a space.
    let restored = match trimmed.rsplit_once(' ') {
        Some((rest, offset)) if is_offset(offset) && rest.contains(':') => {
            format!("{rest}+{offset}")
        }
        _ => trimmed.to_owned(),
    };
    let text = restored.as_str();
    let with_offset = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"));
    if let Ok(moment) = with_offset {
        return Ok(Timestamp::from(moment.to_utc()));
    }
    let naive = text.trim_end_matches(['Z', 'z']);
    let formats = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
    ];
    let mut parsed = formats
        .iter()
        .filter_map(|format| NaiveDateTime::parse_from_str(naive, format).ok());
    if let Some(moment) = parsed.next() {
        return Ok(Timestamp::from(moment.and_utc()));
    }
    if let Ok(day) = NaiveDate::parse_from_str(naive, "%Y-%m-%d") {
        return Ok(Timestamp::from(day.and_time(NaiveTime::MIN).and_utc()));
    }
    Err(ApiError::input(format!(
        "`{name}` must be a date such as 2026-11-01 or 2026-11-01T12:00:00.000Z"
    )))
}

fn is_offset(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits == 4 && text.chars().all(|c| c.is_ascii_digit() || c == ':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_that_clients_send_is_understood() {
        let cases = [
            ("2026-11-01", "2026-11-01T00:00:00.000Z"),
            ("2026-11-01Z", "2026-11-01T00:00:00.000Z"),
            ("2026-11-01T12:30:00Z", "2026-11-01T12:30:00.000Z"),
            ("2026-11-01T12:30:00.250Z", "2026-11-01T12:30:00.250Z"),
            ("2026-11-01T12:30:00", "2026-11-01T12:30:00.000Z"),
            ("2026-11-01T12:30:00.123456", "2026-11-01T12:30:00.123Z"),
            ("2026-11-01T12:30:00+02:00", "2026-11-01T10:30:00.000Z"),
            ("2026-11-01T12:30:00 02:00", "2026-11-01T10:30:00.000Z"),
            ("2026-11-01T12:30:00+0200", "2026-11-01T10:30:00.000Z"),
            ("2026-11-01 12:30:00", "2026-11-01T12:30:00.000Z"),
        ];
        for (text, expected) in cases {
            assert_eq!(parse("x", text).unwrap().to_string(), expected, "{text}");
        }
        for text in [
            "",
            "yesterday",
            "2026-13-01",
            "2026-11-01T25:00:00Z",
            "1699999999",
        ] {
            assert!(
                parse("updated_after", text)
                    .unwrap_err()
                    .message
                    .contains("updated_after")
            );
        }
    }
}
