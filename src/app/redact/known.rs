//! Secrets that were found, looked for in all texts.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::SHORTEST_SWEPT;
use super::text::placeholder_at;
use crate::json::Value;

/// Secrets by their beginnings: one look-up for each place of a text, however many there are.
#[derive(Debug, Default)]
pub(super) struct Known {
    placeholders: BTreeMap<String, String>,
    /// Lengths of the secrets that begin so.
    lengths: BTreeMap<[u8; SHORTEST_SWEPT], BTreeSet<usize>>,
    /// The placeholder for whatever begins so, where there are very many.
    many: BTreeMap<[u8; SHORTEST_SWEPT], String>,
    /// Words that stay.
    protected: BTreeSet<String>,
}

impl Known {
    pub(super) fn is_empty(&self) -> bool {
        self.placeholders.is_empty()
    }

    pub(super) fn protect(&mut self, word: &str) {
        if !self.protected.contains(word) {
            self.protected.insert(word.to_owned());
        }
    }

    /// Remembers a secret as it is, and as JSON, URLs and headers write it.
    pub(super) fn insert(&mut self, secret: &str, placeholder: &str) {
        if self.placeholders.contains_key(secret) {
            return;
        }
        let escaped = |text: &str| {
            let json = Value::from(text).to_string();
            json.get(1..json.len() - 1).unwrap_or_default().to_owned()
        };
        let once = escaped(secret);
        let twice = escaped(&once);
        let mut ways = vec![secret.to_owned(), once, twice, percent_encoded(secret)];
        let scheme = secret.split_once(' ').filter(|(scheme, _)| {
            ["bearer", "basic", "token"].contains(&scheme.to_ascii_lowercase().as_str())
        });
        ways.extend(scheme.map(|(_, rest)| rest.trim().to_owned()));
        for way in ways {
            let Some(first) = way.as_bytes().first_chunk::<SHORTEST_SWEPT>().copied() else {
                continue;
            };
            if way.chars().any(char::is_alphanumeric) {
                self.lengths.entry(first).or_default().insert(way.len());
                self.many.entry(first).or_insert_with(|| placeholder.to_owned());
                self.placeholders.entry(way).or_insert_with(|| placeholder.to_owned());
            }
        }
    }

    /// A text with placeholders in the place of secrets; `None` when there is none in it.
    pub(super) fn replaced(&self, text: &str) -> Option<String> {
        if self.protected.contains(text) {
            return None;
        }
        let mut out: Cow<'_, str> = Cow::Borrowed("");
        let (mut at, mut done) = (0, 0);
        while let Some(first) =
            text.as_bytes().get(at..).and_then(|it| it.first_chunk::<SHORTEST_SWEPT>())
        {
            // A placeholder is no place for a secret.
            if let Some((_, length)) = text.get(at..).and_then(placeholder_at) {
                at += length;
                continue;
            }
            let Some((secret, placeholder)) = self.secret_at(text, at, first) else {
                at += 1;
                continue;
            };
            let out = out.to_mut();
            out.push_str(text.get(done..at).unwrap_or_default());
            out.push_str(placeholder);
            at += secret.len();
            done = at;
        }
        (done > 0).then(|| out.into_owned() + text.get(done..).unwrap_or_default())
    }

    /// The longest secret that begins here. Where very many begin alike, all of the word is taken for one of them: to try each would
    /// take too long.
    fn secret_at<'s>(
        &'s self,
        text: &'s str,
        at: usize,
        first: &[u8; SHORTEST_SWEPT],
    ) -> Option<(&'s str, &'s str)> {
        const MOST_TRIED: usize = 64;
        let lengths = self.lengths.get(first)?;
        if lengths.len() > MOST_TRIED {
            let longest = at + lengths.last().copied().unwrap_or(0);
            let rest = text.get(at..text.floor_char_boundary(longest))?;
            let ends = |it: char| it.is_whitespace() || "\"'\\,;&<>".contains(it);
            let part = rest.get(..rest.find(ends).unwrap_or(rest.len()))?;
            let part = Some(part).filter(|it| !it.is_empty())?;
            return Some((part, self.many.get(first)?.as_str()));
        }
        lengths.iter().rev().find_map(|length| {
            let part = text.get(at..at + length)?;
            let placeholder = self.placeholders.get(part)?;
            let stands = !self.protected.contains(part) && stands_alone(text, at, part);
            stands.then_some((part, placeholder.as_str()))
        })
    }
}

/// A plain word or number is not looked for inside of others.
fn stands_alone(text: &str, at: usize, part: &str) -> bool {
    let is_plain =
        part.chars().all(char::is_alphabetic) || part.chars().all(|it| it.is_ascii_digit());
    let joins = |it: Option<char>| it.is_some_and(char::is_alphanumeric);
    let before = text.get(..at).and_then(|it| it.chars().next_back());
    let after = text.get(at + part.len()..).and_then(|it| it.chars().next());
    // A path or a variable of that name is no secret.
    let is_path = part.chars().all(char::is_alphabetic) && matches!(before, Some('.' | '$'));
    !is_plain || !(joins(before) || joins(after) || is_path)
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}
