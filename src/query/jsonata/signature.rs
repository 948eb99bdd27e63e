//! The signatures of JSONata's functions, and what the reference implementation says of arguments that do not fit.
//!
//! The library has signatures of its own, but not always the argument at fault nor the function's name.

use jsonata_core::value::JValue;
use regex::Regex;

/// As the reference implementation (2.0.6) declares them, without the result. Of `$eval`, which Step Functions does not have,
/// nothing.
const SIGNATURES: &[(&str, &str)] = &[
    ("abs", "n-"),
    ("append", "xx"),
    ("assert", "bs?"),
    ("average", "a<n>"),
    ("base64decode", "s-"),
    ("base64encode", "s-"),
    ("boolean", "x-"),
    ("ceil", "n-"),
    ("clone", "(oa)-"),
    ("contains", "s-(sf)"),
    ("count", "a"),
    ("decodeUrl", "s-"),
    ("decodeUrlComponent", "s-"),
    ("distinct", "x"),
    ("each", "o-f"),
    ("encodeUrl", "s-"),
    ("encodeUrlComponent", "s-"),
    ("error", "s?"),
    ("exists", "x"),
    ("filter", "af"),
    ("floor", "n-"),
    ("formatBase", "n-n?"),
    ("formatInteger", "n-s"),
    ("formatNumber", "n-so?"),
    ("fromMillis", "n-s?s?"),
    ("join", "a<s>s?"),
    ("keys", "x-"),
    ("length", "s-"),
    ("lookup", "x-s"),
    ("lowercase", "s-"),
    ("map", "af"),
    ("match", "s-fn?"),
    ("max", "a<n>"),
    ("merge", "a<o>"),
    ("min", "a<n>"),
    ("not", "x-"),
    ("number", "(nsb)-"),
    ("pad", "s-ns?"),
    ("parseInteger", "s-s"),
    ("power", "n-n"),
    ("reduce", "afj?"),
    ("replace", "s-(sf)(sf)n?"),
    ("reverse", "a"),
    ("round", "n-n?"),
    ("shuffle", "a"),
    ("sift", "o-f?"),
    ("single", "af?"),
    ("sort", "af?"),
    ("split", "s-(sf)n?"),
    ("spread", "x-"),
    ("sqrt", "n-"),
    ("string", "x-b?"),
    ("substring", "s-nn?"),
    ("substringAfter", "s-s"),
    ("substringBefore", "s-s"),
    ("sum", "a<n>"),
    ("toMillis", "s-s?"),
    ("trim", "s-"),
    ("type", "x"),
    ("uppercase", "s-"),
    ("zip", "a+"),
];

/// Of a function whose arguments can be checked; the name that lives on.
pub(super) fn known(name: &str) -> Option<&'static str> {
    SIGNATURES.iter().map(|(known, _)| *known).find(|known| *known == name)
}

/// Whether a function takes one argument and nothing else.
pub(super) fn takes_one(name: &str) -> bool {
    SIGNATURES
        .iter()
        .find(|(known, _)| *known == name)
        .is_some_and(|(_, signature)| parameters(signature).len() == 1)
}

/// One parameter of a signature.
#[derive(Default)]
struct Parameter {
    /// The letters of the types that it takes.
    types: String,
    /// `-`: the context stands in for it when it is left out.
    from_context: bool,
    /// `?`
    optional: bool,
    /// `+`
    many: bool,
    /// `a`: what is no array becomes an array of one.
    array: bool,
    /// What its items must be: `n` of `a<n>`.
    of: Option<char>,
}

impl Parameter {
    /// A missing value goes anywhere but for a function.
    fn pattern(&self) -> String {
        let missing = if self.types == "f" { "" } else { "m" };
        let repeated = match (self.from_context || self.optional, self.many) {
            (true, _) => "?",
            (false, true) => "+",
            (false, false) => "",
        };
        format!("[{}{missing}]{repeated}", self.types)
    }
}

fn parameters(signature: &str) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut letters = signature.chars();
    while let Some(letter) = letters.next() {
        let types = match letter {
            '(' => letters.by_ref().take_while(|it| *it != ')').collect(),
            '<' => {
                let of: String = letters.by_ref().take_while(|it| *it != '>').collect();
                if let Some(last) = parameters.last_mut() {
                    last.of = of.chars().next();
                }
                continue;
            }
            '-' | '?' | '+' => {
                if let Some(last) = parameters.last_mut() {
                    match letter {
                        '-' => last.from_context = true,
                        '?' => last.optional = true,
                        _ => last.many = true,
                    }
                }
                continue;
            }
            'a' | 'x' => "asnblfo".to_owned(),
            'j' => "asnblo".to_owned(),
            letter => letter.to_string(),
        };
        parameters.push(Parameter { types, array: letter == 'a', ..Parameter::default() });
    }
    parameters
}

fn letter(value: &JValue) -> char {
    match value {
        JValue::Undefined => 'm',
        JValue::Null => 'l',
        JValue::Bool(_) => 'b',
        JValue::Number(_) => 'n',
        JValue::String(_) => 's',
        JValue::Array(_) => 'a',
        JValue::Object(_) => 'o',
        JValue::Lambda(_) | JValue::Builtin { .. } | JValue::Regex { .. } => 'f',
    }
}

/// What is wrong with the arguments of a function, code in front; `None` where nothing is.
pub(super) fn fault(name: &str, arguments: &[JValue], context: &JValue) -> Option<String> {
    let (_, signature) = SIGNATURES.iter().find(|(known, _)| *known == name)?;
    let parameters = parameters(signature);
    let given: String = arguments.iter().map(letter).collect();
    let groups: String = parameters.iter().map(|it| format!("({})", it.pattern())).collect();
    let whole = Regex::new(&format!("^{groups}$")).expect("letters in brackets");
    let Some(groups) = whole.captures(&given) else {
        let index = fits_up_to(&parameters, &given) + 1;
        return Some(format!(
            "T0410: Argument {index} of function \"{name}\" does not match function signature"
        ));
    };
    let mut index = 0;
    for (parameter, group) in parameters.iter().zip(groups.iter().skip(1)) {
        let taken = group.map_or("", |it| it.as_str());
        if taken.is_empty() {
            if parameter.from_context && !format!("{}m", parameter.types).contains(letter(context))
            {
                return Some(format!(
                    "T0411: Context value is not a compatible type with argument {} of function \"{name}\"",
                    index + 1
                ));
            }
            continue;
        }
        for one in taken.chars() {
            let Some(argument) = arguments.get(index) else { break };
            index += 1;
            if parameter.array
                && let Some(of) = parameter.of
                && !holds_only(of, one, argument)
            {
                return Some(format!(
                    "T0412: Argument {index} of function \"{name}\" must be an array of \"{}\"",
                    plural(of)
                ));
            }
        }
    }
    None
}

/// How many arguments fit the parameters before the first one that finds nothing.
fn fits_up_to(parameters: &[Parameter], given: &str) -> usize {
    let mut pattern = "^".to_owned();
    let mut good = 0;
    for parameter in parameters {
        pattern.push_str(&parameter.pattern());
        let part = Regex::new(&pattern).expect("letters in brackets");
        match part.find(given) {
            Some(found) => good = found.len(),
            None => break,
        }
    }
    good
}

/// Whether an argument is an array of that type, or the one item of such an array.
fn holds_only(of: char, given: char, argument: &JValue) -> bool {
    match argument {
        JValue::Array(items) => items.iter().all(|item| letter(item) == of),
        JValue::Undefined => true,
        JValue::Null
        | JValue::Bool(_)
        | JValue::Number(_)
        | JValue::String(_)
        | JValue::Object(_)
        | JValue::Lambda(_)
        | JValue::Builtin { .. }
        | JValue::Regex { .. } => given == of,
    }
}

fn plural(of: char) -> &'static str {
    match of {
        'n' => "numbers",
        's' => "strings",
        'b' => "booleans",
        'o' => "objects",
        'f' => "functions",
        _ => "arrays",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_argument_that_does_not_fit_is_named() {
        let (one, text) = (JValue::Number(1.0), JValue::from("a"));
        let list =
            |items: &[&JValue]| JValue::array(items.iter().map(|it| (*it).clone()).collect());
        let undefined = JValue::Undefined;
        for (name, arguments, context, message) in [
            ("sum", vec![list(&[&one, &one])], &undefined, ""),
            ("sum", vec![one.clone()], &undefined, ""),
            ("sum", vec![list(&[])], &undefined, ""),
            (
                "sum",
                vec![list(&[&one, &text])],
                &undefined,
                "T0412: Argument 1 of function \"sum\" must be an array of \"numbers\"",
            ),
            (
                "string",
                vec![one.clone(), one.clone(), text.clone()],
                &undefined,
                "T0410: Argument 2 of function \"string\" does not match function signature",
            ),
            (
                "uppercase",
                vec![one.clone()],
                &undefined,
                "T0410: Argument 1 of function \"uppercase\" does not match function signature",
            ),
            (
                "uppercase",
                vec![],
                &one,
                "T0411: Context value is not a compatible type with argument 1 of function \"uppercase\"",
            ),
            ("uppercase", vec![], &text, ""),
            ("pad", vec![one.clone()], &text, ""),
            (
                "join",
                vec![one.clone()],
                &undefined,
                "T0412: Argument 1 of function \"join\" must be an array of \"strings\"",
            ),
            ("zip", vec![one.clone(), text.clone()], &undefined, ""),
            (
                "map",
                vec![one.clone(), one.clone()],
                &undefined,
                "T0410: Argument 2 of function \"map\" does not match function signature",
            ),
            ("noSuchFunction", vec![one.clone()], &undefined, ""),
        ] {
            let fault = fault(name, &arguments, context).unwrap_or_default();
            assert_eq!(fault, message, "{name}");
        }
    }
}
