//! Which template a content type means.

use indexmap::IndexMap;

/// `application/json; charset=utf-8` to `application/json`, which is also what no header means.
pub(super) fn media_type(header: Option<&str>) -> String {
    let media_type =
        header.unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    if media_type.is_empty() { "application/json".to_owned() } else { media_type }
}

pub(super) fn find<'a, T>(by_type: &'a IndexMap<String, T>, media_type: &str) -> Option<&'a T> {
    by_type
        .iter()
        .find(|(key, _)| self::media_type(Some(key)) == media_type)
        .map(|(_, value)| value)
}

/// The response template for an `Accept` header: the first type it names that there is, else JSON, else the first.
pub(super) fn for_accept<'a, T>(
    by_type: &'a IndexMap<String, T>,
    accept: Option<&str>,
) -> Option<(&'a String, &'a T)> {
    let of_type = |wanted: &str| by_type.iter().find(|(key, _)| media_type(Some(key)) == wanted);
    let accepted = accept.unwrap_or("").split(',').map(|part| media_type(Some(part)));
    let mut accepted = accepted.filter(|wanted| !wanted.contains('*'));
    accepted
        .find_map(|wanted| of_type(&wanted))
        .or_else(|| of_type("application/json"))
        .or_else(|| by_type.first())
}
