//! An instant, as histories carry it.

use std::fmt;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970-01-01T00:00:00Z: the resolution of AWS's histories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads ISO 8601 with an offset (`2026-01-01T00:00:00Z`); `None` when it is something else.
    pub fn parse(iso8601: &str) -> Option<Self> {
        i64::try_from(Self::nanos_of(iso8601)? / 1_000_000).ok().map(Self)
    }

    /// As [`Timestamp::parse`], in nanoseconds: what tells two texts apart that differ behind the milliseconds.
    pub fn nanos_of(iso8601: &str) -> Option<i128> {
        OffsetDateTime::parse(iso8601, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp_nanos)
    }

    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// ISO 8601 in UTC with milliseconds, as `$$.State.EnteredTime` is written.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        let Ok(instant) = OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
            return write!(f, "{} ms", self.0);
        };
        let (date, time) = (instant.date(), instant.time());
        let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
        let (hour, minute, second, milli) = time.as_hms_milli();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_what_it_writes() {
        let text = "2026-02-28T23:59:59.123Z";
        assert_eq!(Timestamp::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
        assert_eq!(Timestamp::parse("yesterday"), None);
    }
}
