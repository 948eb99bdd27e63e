//! The functions that Step Functions adds to JSONata, and those of JSONata's own that must not reach for a clock, for dice or
//! for more memory than there is.

use std::cell::Cell;
use std::rc::Rc;

use jsonata_core::ast::AstNode;
use jsonata_core::evaluator::{Context, Evaluator, EvaluatorError, EvaluatorOptions, HostFnResult};
use jsonata_core::value::JValue;

use crate::json::Value;
use crate::query::java_random::JavaRandom;
use crate::query::{Random, hash, uuid};

use super::error::{JsonataError, MEMORY_CODE, TIME_CODE};
use super::{MAX_SEQUENCE, convert, url};

/// Characters that `$pad` may make: AWS takes a string of 2^22 characters and refuses one of 2^23.
const MAX_CHARACTERS: f64 = (1_u64 << 22) as f64;

/// Characters of a picture for `$formatInteger`: the library's work grows with their square.
const MAX_PICTURE: usize = 1_000;

/// The largest number that is written in Roman numerals, which have one `M` for each thousand.
const MAX_ROMAN: f64 = 10_000_000.0;

/// Bytes of text, and of what stands for other values, that the checked functions of one evaluation may make together. Much of
/// it is gone again by then: `$reduce` with `$append` copies six thousand items this often.
const MAX_MADE: usize = 512 << 20;

/// Bytes that one call may make.
const MAX_MADE_AT_ONCE: usize = 64 << 20;

/// A name that no expression can spell: passes a text on that is not too long.
pub(super) const BOUNDED: &str = "bounded text";

/// Another: passes its first argument on, if it times the second is not too much.
pub(super) const PRODUCT: &str = "bounded product";

/// Another: passes on what `$number` may get.
pub(super) const NUMERAL: &str = "numeral";

/// Another: cuts off the fraction of a number.
pub(super) const WHOLE: &str = "whole number";

/// Another: nothing for an array of nothing.
pub(super) const SOME: &str = "some items";

/// Another: null as an array of it.
pub(super) const LISTED: &str = "listed null";

/// Two more: the ends of a range, of which null is none.
pub(super) const RANGE_ENDS: [&str; 2] = ["start of a range", "end of a range"];

/// Another: a number rounded to the nearest whole one, halves to the even one.
pub(super) const ROUNDED: &str = "rounded number";

/// What [`register`] knows.
const NAMES: [&str; 25] = [
    BOUNDED,
    LISTED,
    NUMERAL,
    PRODUCT,
    RANGE_ENDS[0],
    RANGE_ENDS[1],
    ROUNDED,
    SOME,
    WHOLE,
    "clone",
    "decodeUrl",
    "decodeUrlComponent",
    "encodeUrl",
    "encodeUrlComponent",
    "eval",
    "formatInteger",
    "hash",
    "millis",
    "pad",
    "parse",
    "partition",
    "random",
    "range",
    "shuffle",
    "uuid",
];

/// JSONata's functions, sorted.
const BUILTINS: [&str; 66] = [
    "abs",
    "append",
    "assert",
    "average",
    "base64decode",
    "base64encode",
    "boolean",
    "ceil",
    "contains",
    "count",
    "decodeUrl",
    "decodeUrlComponent",
    "distinct",
    "each",
    "encodeUrl",
    "encodeUrlComponent",
    "error",
    "eval",
    "exists",
    "filter",
    "floor",
    "formatBase",
    "formatInteger",
    "formatNumber",
    "fromMillis",
    "join",
    "keys",
    "length",
    "lookup",
    "lowercase",
    "map",
    "match",
    "max",
    "merge",
    "millis",
    "min",
    "not",
    "now",
    "number",
    "pad",
    "parseInteger",
    "power",
    "random",
    "reduce",
    "replace",
    "reverse",
    "round",
    "shuffle",
    "sift",
    "single",
    "sort",
    "split",
    "spread",
    "sqrt",
    "string",
    "substring",
    "substringAfter",
    "substringBefore",
    "sum",
    "toMillis",
    "trim",
    "type",
    "uppercase",
    "zip",
    "clone",
    "trace",
];

/// Whether an expression may call a function of this name. Step Functions has no `$eval`, and only this library `$trace`.
pub(super) fn exists(name: &str) -> bool {
    is_builtin(name) && !matches!(name, "eval" | "trace")
}

/// Everything that [`exists`].
pub(super) fn all() -> impl Iterator<Item = &'static str> + Clone {
    BUILTINS
        .into_iter()
        .chain(["hash", "parse", "partition", "range", "uuid"])
        .filter(|it| exists(it))
}

pub(super) fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name) || arity(name).is_some()
}

/// Whether what a built-in function gives can be as long as what it is given, or longer.
pub(super) fn makes_much(name: &str) -> bool {
    const SMALL: [&str; 24] = [
        "abs",
        "average",
        "boolean",
        "ceil",
        "contains",
        "count",
        "exists",
        "floor",
        "hash",
        "length",
        "lookup",
        "max",
        "millis",
        "min",
        "not",
        "number",
        "parseInteger",
        "power",
        "random",
        "round",
        "sqrt",
        "sum",
        "type",
        "uuid",
    ];
    !SMALL.contains(&name)
}

/// The name, when [`register`] has a function for it.
pub(super) fn known(name: &str) -> Option<&'static str> {
    NAMES.into_iter().find(|known| *known == name)
}

/// The parameters of a function that JSONata itself does not have.
pub(super) fn arity(name: &str) -> Option<usize> {
    match name {
        "uuid" => Some(0),
        "parse" => Some(1),
        "partition" | "hash" => Some(2),
        "range" => Some(3),
        _ => None,
    }
}

/// With how many arguments a function that is registered here takes its context for the first: the library gives the context to
/// its own functions only.
pub(super) fn takes_context(name: &str) -> Option<usize> {
    match name {
        "clone" | "decodeUrl" | "decodeUrlComponent" | "encodeUrl" | "encodeUrlComponent" => {
            Some(0)
        }
        "formatInteger" | "pad" => Some(1),
        _ => None,
    }
}

/// What the first argument of a function goes through that the library takes otherwise than the reference implementation.
pub(super) fn narrowed(name: &str, arguments: usize) -> Option<&'static str> {
    match (name, arguments) {
        ("number", _) => Some(NUMERAL),
        ("fromMillis", _) => Some(WHOLE),
        ("formatBase", _) => Some(ROUNDED),
        ("reduce", 2) => Some(SOME),
        ("filter", _) => Some(LISTED),
        _ => None,
    }
}

/// Makes the functions in `names` callable. `states` gives the time, `random` one number to start a stream of our own from.
pub(super) fn register(
    evaluator: &mut Evaluator,
    names: &std::collections::BTreeSet<&'static str>,
    states: &Value,
    random: &mut dyn Random,
) -> Result<(), JsonataError> {
    if names.is_empty() {
        return Ok(());
    }
    let draws = ["random", "shuffle", "uuid"].iter().any(|name| names.contains(name));
    let stream = Stream(Rc::new(Cell::new(if draws { random.next_u64() } else { 0 })));
    for name in names {
        let stream = stream.clone();
        let done = match *name {
            BOUNDED => {
                let left = Cell::new(MAX_MADE);
                evaluator.register_fn(*name, move |args: &[JValue]| bounded(args, &left))
            }
            PRODUCT => evaluator.register_fn(*name, bounded_product),
            NUMERAL => evaluator.register_fn(*name, numeral),
            WHOLE => evaluator.register_fn(*name, |args: &[JValue]| match args {
                [JValue::Number(number)] => Ok(JValue::Number(number.trunc())),
                args => Ok(first(args)),
            }),
            ROUNDED => evaluator.register_fn(*name, |args: &[JValue]| match args {
                [JValue::Number(number)] => Ok(JValue::Number(number.round_ties_even())),
                args => Ok(first(args)),
            }),
            end if RANGE_ENDS.contains(&end) => {
                // The code of the error is enough: its words are put in later.
                let code = if end == RANGE_ENDS[0] { "T2003" } else { "T2004" };
                evaluator.register_fn(end, move |args: &[JValue]| match args {
                    [JValue::Null] => fail(format!("{code}: not an integer")),
                    args => Ok(first(args)),
                })
            }
            SOME => evaluator.register_fn(*name, |args: &[JValue]| match args {
                [JValue::Array(items)] if items.is_empty() => Ok(JValue::Undefined),
                args => Ok(first(args)),
            }),
            LISTED => evaluator.register_fn(*name, |args: &[JValue]| match args {
                [JValue::Null] => Ok(JValue::array(vec![JValue::Null])),
                args => Ok(first(args)),
            }),
            "clone" => evaluator.register_fn(*name, clone),
            "decodeUrl" => url_function(evaluator, "decodeUrl", |it| url::decode(it, true)),
            "decodeUrlComponent" => {
                url_function(evaluator, "decodeUrlComponent", |it| url::decode(it, false))
            }
            "encodeUrl" => url_function(evaluator, "encodeUrl", |it| Some(url::encode(it, true))),
            "encodeUrlComponent" => {
                url_function(evaluator, "encodeUrlComponent", |it| Some(url::encode(it, false)))
            }
            "eval" => evaluator.register_fn_override(*name, |_: &[JValue]| {
                fail("T1006: Attempted to invoke a non-function")
            }),
            "formatInteger" => evaluator.register_fn_override(*name, format_integer),
            "hash" => evaluator.register_fn(*name, hash),
            "millis" => {
                let millis = now_millis(states);
                evaluator
                    .register_fn_override(*name, move |_: &[JValue]| Ok(JValue::Number(millis)))
            }
            "pad" => evaluator.register_fn_override(*name, pad),
            "parse" => evaluator.register_fn(*name, parse),
            "partition" => evaluator.register_fn(*name, partition),
            "random" => {
                evaluator.register_fn_override(*name, move |args: &[JValue]| draw(args, &stream))
            }
            "range" => evaluator.register_fn(*name, range),
            "shuffle" => {
                evaluator.register_fn_override(*name, move |args: &[JValue]| shuffle(args, &stream))
            }
            "uuid" => evaluator.register_fn(*name, move |_: &[JValue]| {
                Ok(JValue::string(uuid::v4(&mut stream.clone())))
            }),
            _ => Ok(()),
        };
        done.map_err(|err| JsonataError::coded(err.message()))?;
    }
    Ok(())
}

fn first(args: &[JValue]) -> JValue {
    args.first().cloned().unwrap_or(JValue::Undefined)
}

fn fail<T>(message: impl Into<String>) -> Result<T, EvaluatorError> {
    Err(EvaluatorError::EvaluationError(message.into()))
}

fn wrong_argument<T>(function: &str, index: usize) -> Result<T, EvaluatorError> {
    fail(format!(
        "T0410: Argument {index} of function \"{function}\" does not match function signature"
    ))
}

fn out_of_memory<T>() -> Result<T, EvaluatorError> {
    fail(format!("{MEMORY_CODE}: memory"))
}

/// The time that the context object shows, in milliseconds since 1970; the start of the execution when no state was entered.
fn now_millis(states: &Value) -> f64 {
    let context = states.get("context");
    let time = |object: &str, member: &str| context?.get(object)?.get(member)?.as_str();
    let text =
        time("State", "EnteredTime").or_else(|| time("Execution", "StartTime")).unwrap_or("");
    let format = &::time::format_description::well_known::Rfc3339;
    let instant =
        ::time::OffsetDateTime::parse(text, format).unwrap_or(::time::OffsetDateTime::UNIX_EPOCH);
    (instant.unix_timestamp_nanos() / 1_000_000) as f64
}

/// `SplitMix64` over a seed from the engine's stream: the library keeps functions for as long as it likes, so they cannot borrow
/// the stream itself.
#[derive(Clone)]
struct Stream(Rc<Cell<u64>>);

impl Random for Stream {
    fn next_u64(&mut self) -> u64 {
        let state = self.0.get().wrapping_add(0x9E37_79B9_7F4A_7C15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// Fails where AWS runs out of memory; a loop that doubles a text, or makes many long ones, would otherwise take all there is.
fn bounded(args: &[JValue], left: &Cell<usize>) -> HostFnResult {
    let [value] = args else { return Ok(JValue::Undefined) };
    let bytes = match value {
        JValue::String(text) if text.len() as f64 > MAX_CHARACTERS => return out_of_memory(),
        JValue::String(text) => text.len(),
        JValue::Array(items) => items.len().saturating_mul(size_of::<JValue>()),
        JValue::Object(members) => members.len().saturating_mul(2 * size_of::<JValue>()),
        JValue::Undefined
        | JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::Lambda(_)
        | JValue::Builtin { .. }
        | JValue::Regex { .. } => 0,
    };
    match left.get().checked_sub(bytes) {
        Some(rest) => {
            left.set(rest);
            Ok(value.clone())
        }
        None => out_of_memory(),
    }
}

/// Texts count by their bytes, arrays by their items. For `$distinct`, which compares each item with each other, an array is
/// checked against itself; it runs out of time where the others run out of memory.
fn bounded_product(args: &[JValue]) -> HostFnResult {
    const MAX_COMPARISONS: usize = 400_000_000;
    let weight = |value: &JValue| match value {
        JValue::String(text) => text.len(),
        JValue::Array(items) => items.len(),
        JValue::Undefined
        | JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::Object(_)
        | JValue::Lambda(_)
        | JValue::Builtin { .. }
        | JValue::Regex { .. } => 1,
    };
    match args {
        [value @ JValue::Array(items), JValue::Array(_)] => {
            if items.len().saturating_mul(items.len()) > MAX_COMPARISONS {
                return fail(format!("{TIME_CODE}: time"));
            }
            Ok(value.clone())
        }
        [value, other] if weight(value).saturating_mul(weight(other)) > MAX_MADE_AT_ONCE => {
            out_of_memory()
        }
        [value, _] => Ok(value.clone()),
        _ => Ok(JValue::Undefined),
    }
}

/// JSONata's `$formatInteger(number, picture)` with a limit to its work: the library's own runs in an evaluator of its own,
/// once the arguments are known to be harmless.
fn format_integer(args: &[JValue]) -> HostFnResult {
    if let [JValue::Number(number), JValue::String(picture), ..] = args {
        let is_roman = picture.contains(['i', 'I']);
        if picture.len() > MAX_PICTURE || (is_roman && number.abs() > MAX_ROMAN) {
            return out_of_memory();
        }
    }
    let mut context = Context::new();
    let mut names = Vec::with_capacity(args.len());
    for (at, value) in args.iter().enumerate() {
        context.bind(format!("argument{at}"), value.clone());
        names.push(AstNode::Variable(format!("argument{at}")));
    }
    let call =
        AstNode::Function { name: "formatInteger".to_owned(), args: names, is_builtin: true };
    Evaluator::with_options(context, EvaluatorOptions::default())
        .evaluate(&call, &JValue::Undefined)
}

/// What `$number` takes of texts, which is less than the library's: no blanks around a number, no sign but a minus.
fn numeral(args: &[JValue]) -> HostFnResult {
    let [value, ..] = args else { return Ok(JValue::Undefined) };
    let JValue::String(text) = value else { return Ok(value.clone()) };
    let fits = !text.contains(char::is_whitespace) && !text.starts_with('+');
    if fits { Ok(value.clone()) } else { fail(format!("D3030: Cannot convert '{text}' to number")) }
}

fn clone(args: &[JValue]) -> HostFnResult {
    match args {
        [value @ (JValue::Object(_) | JValue::Array(_) | JValue::Undefined)] => Ok(value.clone()),
        _ => wrong_argument("clone", args.len().clamp(1, 2)),
    }
}

/// A function of one text that may be malformed.
fn url_function(
    evaluator: &mut Evaluator,
    name: &'static str,
    work: impl Fn(&str) -> Option<String> + 'static,
) -> Result<(), EvaluatorError> {
    evaluator.register_fn_override(name, move |args: &[JValue]| match args {
        [JValue::Undefined] | [] => Ok(JValue::Undefined),
        [JValue::String(text)] => match work(text) {
            Some(result) => Ok(JValue::string(result)),
            None => {
                let shown = Value::from(&**text);
                fail(format!("D3140: Malformed URL passed to ${name}(): {shown}"))
            }
        },
        [JValue::String(_), _, ..] => wrong_argument(name, 2),
        _ => wrong_argument(name, 1),
    })
}

/// `$random()`, or `$random(seed)` as `java.util.Random` has it.
fn draw(args: &[JValue], stream: &Stream) -> HostFnResult {
    match args {
        [] | [JValue::Undefined] => {
            Ok(JValue::Number((stream.clone().next_u64() >> 11) as f64 / (1_u64 << 53) as f64))
        }
        [JValue::Number(seed)] => Ok(JValue::Number(JavaRandom::new(*seed as i64).next_double())),
        _ => wrong_argument("random", 1),
    }
}

fn shuffle(args: &[JValue], stream: &Stream) -> HostFnResult {
    let mut items = match args {
        [JValue::Undefined] => return Ok(JValue::Undefined),
        [JValue::Array(items)] => items.to_vec(),
        [single] => vec![single.clone()],
        _ => return wrong_argument("shuffle", 1),
    };
    let mut stream = stream.clone();
    for last in (1..items.len()).rev() {
        let other = usize::try_from(stream.next_u64() % (last as u64 + 1)).unwrap_or(0);
        items.swap(last, other);
    }
    Ok(JValue::array(items))
}

fn hash(args: &[JValue]) -> HostFnResult {
    match args {
        [JValue::Undefined, ..] => Ok(JValue::Undefined),
        [JValue::String(data), JValue::String(algorithm)] => {
            match hash::hex_digest(data, algorithm) {
                Some(digest) => Ok(JValue::string(digest)),
                None => fail(format!("Unsupported algorithm: {algorithm}")),
            }
        }
        [JValue::String(_), ..] => wrong_argument("hash", 2),
        _ => wrong_argument("hash", 1),
    }
}

fn parse(args: &[JValue]) -> HostFnResult {
    match args {
        [JValue::Undefined] => Ok(JValue::Undefined),
        [JValue::String(text)] if text.trim().is_empty() => Ok(JValue::Undefined),
        [JValue::String(text)] => match Value::parse(text) {
            Ok(value) => convert::to_jsonata(&value).or_else(|_too_deep| out_of_memory()),
            Err(err) => fail(format!("$parse: {err}")),
        },
        _ => wrong_argument("parse", 1),
    }
}

fn partition(args: &[JValue]) -> HostFnResult {
    match args {
        [JValue::Undefined, ..] | [_, JValue::Undefined] => Ok(JValue::Undefined),
        [JValue::Array(items), JValue::Number(size)] => {
            let size = size.trunc();
            if size < 0.0 || size.is_nan() {
                return wrong_argument("partition", 2);
            }
            if size < 1.0 {
                return Ok(JValue::Undefined);
            }
            // A size beyond the length gives one part whatever it is.
            let chunks = items.chunks(size.min(usize::MAX as f64) as usize);
            Ok(JValue::array(chunks.map(|chunk| JValue::array(chunk.to_vec())).collect()))
        }
        [JValue::Array(_), ..] => wrong_argument("partition", 2),
        [single, JValue::Number(_)] => Ok(JValue::array(vec![JValue::array(vec![single.clone()])])),
        _ => wrong_argument("partition", 1),
    }
}

/// Without the limit of a thousand that `States.ArrayRange` has; fractions are cut off towards zero.
fn range(args: &[JValue]) -> HostFnResult {
    match args {
        [JValue::Number(start), JValue::Number(end), JValue::Number(step)] => {
            let (start, end, step) = (start.trunc(), end.trunc(), step.trunc());
            if step == 0.0 {
                return Ok(JValue::Undefined);
            }
            let count = ((end - start) / step).floor() + 1.0;
            if count.is_nan() || count < 1.0 {
                return Ok(JValue::Undefined);
            }
            if count > MAX_SEQUENCE as f64 {
                return out_of_memory();
            }
            let count = count as usize;
            Ok(JValue::array(
                (0..count).map(|at| JValue::Number(start + at as f64 * step)).collect(),
            ))
        }
        _ => {
            match args.iter().position(|arg| !matches!(arg, JValue::Number(_) | JValue::Undefined))
            {
                Some(wrong) => wrong_argument("range", wrong + 1),
                None if args.len() == 3 => Ok(JValue::Undefined),
                None => wrong_argument("range", args.len() + 1),
            }
        }
    }
}

/// JSONata's `$pad(text, width[, char])` with a limit to the width.
fn pad(args: &[JValue]) -> HostFnResult {
    let (text, width, filling) = match args {
        [JValue::Undefined, JValue::Number(_) | JValue::Undefined, ..] => {
            return Ok(JValue::Undefined);
        }
        [text @ JValue::String(_), JValue::Undefined, ..] => return Ok(text.clone()),
        [JValue::String(text), JValue::Number(width)]
        | [JValue::String(text), JValue::Number(width), JValue::Undefined] => (text, width, " "),
        [JValue::String(text), JValue::Number(width), JValue::String(filling)] => {
            (text, width, &**filling)
        }
        [JValue::String(_), JValue::Number(_), ..] => return wrong_argument("pad", 3),
        [JValue::String(_) | JValue::Undefined, ..] => return wrong_argument("pad", 2),
        _ => return wrong_argument("pad", 1),
    };
    if width.abs() > MAX_CHARACTERS {
        return out_of_memory();
    }
    let filling = if filling.is_empty() { " " } else { filling };
    let missing = (width.abs() as usize).saturating_sub(text.chars().count());
    let padding: String = filling.chars().cycle().take(missing).collect();
    Ok(JValue::string(if *width < 0.0 {
        format!("{padding}{text}")
    } else {
        format!("{text}{padding}")
    }))
}
