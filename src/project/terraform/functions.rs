//! Terraform's functions, those that say something about the files. An unknown argument makes an unknown result, except where
//! it only becomes part of a text or of a structure.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::source_text::SourceText;
use super::evaluate::{Evaluator, Scope, item_of, number_kind};
use super::value::{Kind, Place, Text, Val, placeholder};
use crate::json::Value;
use crate::json::document::{Document, Format};

/// Lists that functions make are no longer than this.
const MAX_ITEMS: usize = 10_000;
/// A compiled regular expression takes no more memory.
const MAX_PATTERN_BYTES: usize = 1024 * 1024;

/// Bytes and items that the arguments of a function may have when they are written out.
const MAX_EXPANDED: usize = 4 << 20;

impl Evaluator<'_> {
    pub(super) fn function(
        &mut self,
        name: &str,
        arguments: &[Val],
        scope: &Scope,
        place: Place,
    ) -> Val {
        // Values are shared, so a list that names another twice, again and again, is small until it is written out.
        let sizes: Vec<usize> = arguments.iter().map(|it| it.expanded(MAX_EXPANDED)).collect();
        let (first, all) = (sizes.first().copied().unwrap_or(0), sizes.iter().sum::<usize>());
        // A separator or a replacement may stand there as often as the other has letters.
        let often = match name {
            "join" => first.saturating_mul(all),
            "replace" => first.saturating_mul(sizes.last().copied().unwrap_or(0)),
            _ => 0,
        };
        if all > MAX_EXPANDED || often > MAX_EXPANDED * 16 {
            return self.unknown(place);
        }
        let found = match name {
            "file" => self.whole_file(arguments, place),
            "templatefile" => self.rendered_file(arguments, scope, place),
            "fileexists" => {
                let folder = self.instances[0].module.folder.clone();
                arguments.first().and_then(Val::as_text).map(|path| {
                    Val::new(place, Kind::Bool(self.opening.reader.locate(&folder, path).is_ok()))
                })
            }
            "jsonencode" | "yamlencode" => arguments.first().map(|value| encoded(value, place)),
            "jsondecode" => arguments.first().and_then(|text| self.decoded(text, Format::Json)),
            "yamldecode" => arguments.first().and_then(|text| self.decoded(text, Format::Yaml)),
            // What fails is unknown here, and so is skipped.
            "try" | "coalesce" => arguments
                .iter()
                .find(|it| !it.is_unknown() && !it.is_null())
                .or_else(|| arguments.last())
                .cloned(),
            "can" => arguments.first().map(|it| Val::new(place, Kind::Bool(!it.is_unknown()))),
            "nonsensitive" | "sensitive" | "tolist" | "toset" | "tomap" | "one" | "abspath"
            | "pathexpand" => arguments.first().cloned(),
            "format" => formatted(arguments, place),
            "join" => joined(arguments, place),
            _ => pure(name, arguments, place),
        };
        found.unwrap_or_else(|| self.unknown(place))
    }

    fn whole_file(&mut self, arguments: &[Val], place: Place) -> Option<Val> {
        let path = arguments.first()?.as_text()?.to_owned();
        let file = self.read_file(&path, place)?;
        let source = SourceText::of_file(&self.files[file].text);
        Some(Val::new(place, Kind::Text(Arc::new(Text { source, file, ..Text::default() }))))
    }

    fn rendered_file(&mut self, arguments: &[Val], scope: &Scope, place: Place) -> Option<Val> {
        let path = arguments.first()?.as_text()?.to_owned();
        let file = self.read_file(&path, place)?;
        let variables = arguments.get(1).and_then(|it| it.as_object().cloned()).unwrap_or_default();
        Some(self.template_file(file, &variables, scope, place))
    }

    fn decoded(&self, value: &Val, format: Format) -> Option<Val> {
        let Kind::Text(text) = &value.kind else { return None };
        if let Some(encoded) = &text.encoded {
            return Some(encoded.clone());
        }
        let file = self.files.get(text.file)?;
        let document: Document = text.source.document(&file.text, format);
        document.root.as_ref().map(|root| Val::of_node(text.file, root))
    }
}

/// JSON, which also is YAML; the value is kept beside its text for whoever reads it as a definition.
fn encoded(value: &Val, place: Place) -> Val {
    let mut source = SourceText::default();
    source.push_filled(&value.to_value().to_string(), place.span);
    let text =
        Text { source, file: place.file, encoded: Some(value.clone()), substitutions: Vec::new() };
    Val::new(place, Kind::Text(Arc::new(text)))
}

/// `%s`, `%d`, `%q`, `%v` and widths; any other verb is beyond what templates use.
fn formatted(arguments: &[Val], place: Place) -> Option<Val> {
    let pattern = arguments.first()?.as_text()?;
    let mut values = arguments[1..].iter();
    let mut text = String::new();
    let mut chars = pattern.chars().peekable();
    while let Some(ch) = chars.next() {
        if ch != '%' {
            text.push(ch);
            continue;
        }
        let mut flags = String::new();
        while let Some(flag) =
            chars.next_if(|it| it.is_ascii_digit() || matches!(it, '-' | '+' | '.' | ' ' | '#'))
        {
            flags.push(flag);
        }
        match chars.next()? {
            '%' => text.push('%'),
            'q' => text.push_str(&Value::from(values.next()?.in_text()?).to_string()),
            's' | 'v' | 'd' | 'f' | 't' => {
                let value = values.next()?;
                let value = value.in_text().unwrap_or_else(|| value.to_value().to_string());
                let width: usize =
                    flags.trim_matches(|it: char| !it.is_ascii_digit()).parse().unwrap_or(0);
                if flags.starts_with('0') {
                    text.push_str(&format!("{value:0>width$}", width = width.min(100)));
                } else {
                    text.push_str(&value);
                }
            }
            _ => return None,
        }
    }
    Some(Val::text(place, &text))
}

fn joined(arguments: &[Val], place: Place) -> Option<Val> {
    let separator = arguments.first()?.as_text()?;
    let lists = arguments[1..].iter().map(Val::as_list).collect::<Option<Vec<_>>>()?;
    let parts = lists.into_iter().flatten().map(Val::in_text).collect::<Option<Vec<_>>>()?;
    Some(Val::text(place, &parts.join(separator)))
}

/// Functions of values that are all known.
fn pure(name: &str, arguments: &[Val], place: Place) -> Option<Val> {
    structures(name, arguments, place).or_else(|| {
        if arguments.iter().any(Val::is_unknown) {
            return None;
        }
        texts(name, arguments, place).or_else(|| others(name, arguments, place))
    })
}

/// Functions that move values about, unknown ones too.
fn structures(name: &str, arguments: &[Val], place: Place) -> Option<Val> {
    let first = arguments.first();
    let list = || first.and_then(Val::as_list);
    let second = arguments.get(1);
    match name {
        "merge" => {
            let mut members = IndexMap::new();
            for argument in arguments.iter().filter(|it| !it.is_null()) {
                // What is not known stands among the members under its own words, so that the rest can be seen.
                if let Kind::Unknown(words) = &argument.kind {
                    members.insert(placeholder(words), argument.clone());
                    continue;
                }
                members.extend(
                    argument.as_object()?.iter().map(|(name, value)| (name.clone(), value.clone())),
                );
            }
            (!arguments.iter().all(Val::is_unknown)).then(|| Val::object(place, members))
        }
        "concat" => {
            let lists = arguments.iter().map(Val::as_list).collect::<Option<Vec<_>>>()?;
            let items: Vec<Val> = lists.into_iter().flatten().take(MAX_ITEMS).cloned().collect();
            Some(Val::list(place, items))
        }
        "flatten" => {
            let mut items = Vec::new();
            flatten(list()?, &mut items, 0);
            Some(Val::list(place, items))
        }
        "lookup" => {
            let found = item_of(first?, second?);
            found.or_else(|| {
                arguments.get(2).filter(|_| first.is_some_and(|it| !it.is_unknown())).cloned()
            })
        }
        "element" => {
            let items = list()?;
            let index = second?.as_number()?.rem_euclid(items.len().max(1) as f64);
            items.get(index as usize).cloned()
        }
        "keys" => {
            let mut names: Vec<&String> = first?.as_object()?.keys().collect();
            names.sort();
            Some(Val::list(place, names.into_iter().map(|name| Val::text(place, name)).collect()))
        }
        "values" => {
            let mut members: Vec<_> = first?.as_object()?.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            Some(Val::list(place, members.into_iter().map(|(_, value)| value.clone()).collect()))
        }
        "zipmap" => {
            let names = list()?.iter().map(Val::in_text).collect::<Option<Vec<_>>>()?;
            let values = second?.as_list()?.iter().cloned();
            Some(Val::object(place, names.into_iter().zip(values).collect()))
        }
        "compact" => {
            let kept =
                list()?.iter().filter(|it| !it.is_null() && it.as_text() != Some("")).cloned();
            Some(Val::list(place, kept.collect()))
        }
        "reverse" => Some(Val::list(place, list()?.iter().rev().cloned().collect())),
        "slice" => {
            let items = list()?;
            let at = |index: usize| {
                Some((arguments.get(index)?.as_number()?.max(0.0) as usize).min(items.len()))
            };
            let (start, end) = (at(1)?, at(2)?);
            Some(Val::list(place, items.get(start..end.max(start))?.to_vec()))
        }
        "length" => {
            let length = match &first?.kind {
                Kind::List(items) => items.len(),
                Kind::Object(members) => members.len(),
                Kind::Text(text) => text.source.as_str().chars().count(),
                Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::Unknown(_) => return None,
            };
            Some(Val::int(place, i64::try_from(length).ok()?))
        }
        _ => None,
    }
}

fn flatten(items: &[Val], flat: &mut Vec<Val>, depth: usize) {
    for item in items {
        match item.as_list() {
            Some(inner) if depth < 32 => flatten(inner, flat, depth + 1),
            Some(_) | None if flat.len() < MAX_ITEMS => flat.push(item.clone()),
            Some(_) | None => return,
        }
    }
}

/// Functions of texts.
fn texts(name: &str, arguments: &[Val], place: Place) -> Option<Val> {
    let texts: Vec<String> = arguments.iter().map(|it| it.in_text().unwrap_or_default()).collect();
    let first = texts.first()?.as_str();
    let second = texts.get(1).map(String::as_str);
    let text = match name {
        "tostring" => first.to_owned(),
        "lower" => first.to_lowercase(),
        "upper" => first.to_uppercase(),
        "title" => {
            let mut start = true;
            let mut titled = String::new();
            for ch in first.chars() {
                if start {
                    titled.extend(ch.to_uppercase());
                } else {
                    titled.push(ch);
                }
                start = !ch.is_alphanumeric();
            }
            titled
        }
        "trimspace" => first.trim().to_owned(),
        "chomp" => first.trim_end_matches(['\n', '\r']).to_owned(),
        "trimprefix" => first.strip_prefix(second?).unwrap_or(first).to_owned(),
        "trimsuffix" => first.strip_suffix(second?).unwrap_or(first).to_owned(),
        "trim" => first.trim_matches(|ch| second.is_some_and(|set| set.contains(ch))).to_owned(),
        "replace" => {
            let (from, to) = (second?, texts.get(2)?);
            if from.is_empty() {
                return None;
            }
            // Between slashes it is a regular expression.
            let inside = from
                .strip_prefix('/')
                .and_then(|it| it.strip_suffix('/'))
                .filter(|it| !it.is_empty());
            let pattern = inside.map_or_else(|| regex::escape(from), str::to_owned);
            let pattern =
                regex::RegexBuilder::new(&pattern).size_limit(MAX_PATTERN_BYTES).build().ok()?;
            let to = if inside.is_some() { to.clone() } else { to.replace('$', "$$") };
            return Some(replaced(&arguments[0], &pattern, &to, place));
        }
        "substr" => {
            let (start, length) = (arguments.get(1)?.as_number()?, arguments.get(2)?.as_number()?);
            let rest = first.chars().skip(start.max(0.0) as usize);
            if length < 0.0 { rest.collect() } else { rest.take(length as usize).collect() }
        }
        "indent" => {
            let spaces = " ".repeat((arguments.first()?.as_number()?.max(0.0) as usize).min(100));
            second?.replace('\n', &format!("\n{spaces}"))
        }
        "basename" => first.rsplit('/').next().unwrap_or(first).to_owned(),
        "dirname" => first.rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned(),
        "split" => {
            let parts = second?.split(first).take(MAX_ITEMS).map(|part| Val::text(place, part));
            return (!first.is_empty()).then(|| Val::list(place, parts.collect()));
        }
        _ => return None,
    };
    Some(Val::text(place, &text))
}

/// Keeps the way back of everything that is not replaced.
fn replaced(value: &Val, pattern: &regex::Regex, to: &str, place: Place) -> Val {
    let Kind::Text(text) = &value.kind else {
        let text = value.in_text().unwrap_or_default();
        return Val::text(place, &pattern.replace_all(&text, to));
    };
    let whole = text.source.as_str();
    let mut source = SourceText::default();
    let mut rest = 0;
    for found in pattern.captures_iter(whole) {
        let Some(all) = found.get(0) else { continue };
        let mut filled = String::new();
        found.expand(to, &mut filled);
        source.append(&text.source.slice(rest..all.start()));
        source.push_filled(&filled, text.source.origin(all.range()));
        rest = all.end();
    }
    source.append(&text.source.slice(rest..whole.len()));
    let replaced =
        Text { source, file: text.file, encoded: None, substitutions: text.substitutions.clone() };
    Val::new(value.place, Kind::Text(Arc::new(replaced)))
}

fn others(name: &str, arguments: &[Val], place: Place) -> Option<Val> {
    let first = arguments.first()?;
    let numbers = || arguments.iter().map(Val::as_number).collect::<Option<Vec<f64>>>();
    let list = || first.as_list();
    let kind = match name {
        "tonumber" => number_kind(first.as_number()?),
        "tobool" => Kind::Bool(first.as_bool()?),
        "abs" => number_kind(first.as_number()?.abs()),
        "ceil" => number_kind(first.as_number()?.ceil()),
        "floor" => number_kind(first.as_number()?.floor()),
        "max" => number_kind(numbers()?.into_iter().fold(f64::NEG_INFINITY, f64::max)),
        "min" => number_kind(numbers()?.into_iter().fold(f64::INFINITY, f64::min)),
        "contains" => {
            let wanted = arguments.get(1)?.to_value();
            Kind::Bool(list()?.iter().any(|item| item.to_value() == wanted))
        }
        "startswith" => Kind::Bool(first.as_text()?.starts_with(arguments.get(1)?.as_text()?)),
        "endswith" => Kind::Bool(first.as_text()?.ends_with(arguments.get(1)?.as_text()?)),
        "alltrue" => Kind::Bool(list()?.iter().all(|item| item.as_bool() == Some(true))),
        "anytrue" => Kind::Bool(list()?.iter().any(|item| item.as_bool() == Some(true))),
        "distinct" => {
            let mut seen = Vec::new();
            let mut kept = Vec::new();
            for item in list()?.iter().take(MAX_ITEMS) {
                let value = item.to_value();
                if !seen.contains(&value) {
                    seen.push(value);
                    kept.push(item.clone());
                }
            }
            return Some(Val::list(place, kept));
        }
        "sort" => {
            let mut items: Vec<String> = list()?.iter().map(Val::in_text).collect::<Option<_>>()?;
            items.sort();
            return Some(Val::list(
                place,
                items.iter().map(|item| Val::text(place, item)).collect(),
            ));
        }
        "range" => {
            let numbers = numbers()?;
            let (start, end) =
                if numbers.len() == 1 { (0.0, numbers[0]) } else { (numbers[0], *numbers.get(1)?) };
            let count = (end - start).clamp(0.0, 1_000.0) as i64;
            let items = (0..count).map(|index| Val::new(place, number_kind(start + index as f64)));
            return Some(Val::list(place, items.collect()));
        }
        _ => return None,
    };
    Some(Val::new(place, kind))
}
