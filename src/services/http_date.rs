//! The `Date` header of AWS's answers.

use time::OffsetDateTime;

use crate::execution::Timestamp;

/// As RFC 9110 writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    let instant =
        OffsetDateTime::from_unix_timestamp(at.0 / 1000).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let weekday: String = instant.weekday().to_string().chars().take(3).collect();
    let month: String = instant.month().to_string().chars().take(3).collect();
    let (day, year) = (instant.day(), instant.year());
    let (hour, minute, second) = instant.to_hms();
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_header_is_written_as_http_wants_it() {
        assert_eq!(http_date(Timestamp(784_111_777_000)), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
