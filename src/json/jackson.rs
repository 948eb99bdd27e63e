//! Where a text stops being JSON, in the words and at the place of AWS's reader (Jackson's, as the recorded answers show).

use super::ParseError;

/// The first mistake of a text.
#[derive(Debug, PartialEq, Eq)]
pub struct NotJson {
    pub message: String,
    /// `[Source: (String)"…"; line: 1, column: 4]`
    pub location: String,
}

/// What AWS says of a text that could not be read, or our own words where its reader has nothing against it.
pub fn complaint(text: &str, error: &ParseError) -> String {
    mistake(text).map_or_else(|| error.to_string(), |it| it.message)
}

/// Jackson stops at this depth too, with an error of its own that is not known here.
const MAX_DEPTH: usize = 1_000;
/// Jackson shows this much of a text.
const SHOWN: usize = 500;
const VALUES: &str = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/// The first mistake; `None` for JSON, and for nothing at all.
pub fn mistake(text: &str) -> Option<NotJson> {
    let mut reader = Reader { letters: text.chars().collect(), at: 0, open: Vec::new() };
    reader.document().err().map(|message| {
        let location = reader.location(reader.at);
        NotJson { message: format!("{message}\n at {location}"), location }
    })
}

struct Open {
    object: bool,
    /// Index of its brace or bracket.
    at: usize,
}

struct Reader {
    letters: Vec<char>,
    /// Behind the last letter that was read.
    at: usize,
    open: Vec<Open>,
}

type Read = Result<(), String>;

impl Reader {
    fn document(&mut self) -> Read {
        if self.skip_space().is_none() {
            return Ok(());
        }
        self.value()?;
        let in_number = self.letters.get(self.at - 1).is_some_and(char::is_ascii_digit);
        if self.open.is_empty() && in_number && self.peek().is_some_and(|it| !is_space(it)) {
            let next = self.next().unwrap_or_default();
            return Err(unexpected(next, "Expected space separating root-level values"));
        }
        // AWS reads one value, and nothing behind it.
        while let Some(Open { object, .. }) = self.open.last() {
            let object = *object;
            let first = self.letters.get(self.at - 1).is_some_and(|it| matches!(it, '{' | '['));
            let Some(next) = self.next_visible() else { return Err(self.unclosed()) };
            if self.closes(next)? {
                continue;
            }
            let next = if first {
                next
            } else {
                if next != ',' {
                    let comment =
                        format!("was expecting comma to separate {} entries", self.kind());
                    return Err(unexpected(next, &comment));
                }
                self.next_visible().ok_or_else(|| self.between())?
            };
            if object {
                self.member(next)?;
            } else {
                self.at -= 1;
            }
            self.value()?;
        }
        Ok(())
    }

    /// Whether a letter closes what is open; the wrong one of the two is a mistake.
    fn closes(&mut self, letter: char) -> Result<bool, String> {
        let Some(open) = self.open.last() else { return Ok(false) };
        let (right, wrong) = if open.object { ('}', ']') } else { (']', '}') };
        if letter == right {
            self.open.pop();
            // What follows is behind a value, not behind an opening.
            return Ok(true);
        }
        if letter == wrong {
            let place = self.location(open.at);
            return Err(format!(
                "Unexpected close marker '{wrong}': expected '{right}' (for {} starting at {place})",
                self.kind()
            ));
        }
        Ok(false)
    }

    /// A name and its colon; `first` was read.
    fn member(&mut self, first: char) -> Read {
        if first != '"' {
            return Err(unexpected(first, "was expecting double-quote to start field name"));
        }
        self.text("name", " in field name")?;
        match self.next_visible() {
            Some(':') => Ok(()),
            Some(other) => {
                Err(unexpected(other, "was expecting a colon to separate field name and value"))
            }
            None => Err(self.between()),
        }
    }

    /// A whole scalar, or the opening of an object or array.
    fn value(&mut self) -> Read {
        let Some(letter) = self.next_visible() else { return Err(self.between()) };
        match letter {
            '{' | '[' => {
                if self.open.len() >= MAX_DEPTH {
                    return Err(format!("Nested deeper than {MAX_DEPTH} levels"));
                }
                self.open.push(Open { object: letter == '{', at: self.at - 1 });
                Ok(())
            }
            '"' => self.text("string value", ": was expecting closing quote for a string value"),
            '-' => {
                let first = self.next();
                match first {
                    Some(digit) if digit.is_ascii_digit() => self.number(digit),
                    Some(other) => Err(in_number(
                        other,
                        "expected digit (0-9) to follow minus sign, for valid numeric value",
                    )),
                    None => Err("Unexpected end-of-input".to_owned()),
                }
            }
            digit if digit.is_ascii_digit() => self.number(digit),
            't' => self.word("true"),
            'f' => self.word("false"),
            'n' => self.word("null"),
            other if begins_word(other) => {
                self.at -= 1;
                Err(self.unrecognized())
            }
            other => Err(unexpected(other, &format!("expected a valid value {VALUES}"))),
        }
    }

    fn word(&mut self, word: &str) -> Read {
        let start = self.at - 1;
        let end = start + word.len();
        let matches =
            word.chars().eq(self.letters[start..self.letters.len().min(end)].iter().copied());
        if matches && !self.letters.get(end).copied().is_some_and(continues_word) {
            self.at = end;
            return Ok(());
        }
        self.at = start;
        Err(self.unrecognized())
    }

    /// The word at the place, which the reader leaves behind it.
    fn unrecognized(&mut self) -> String {
        let mut word = String::new();
        while let Some(letter) = self.letters.get(self.at).copied().filter(|it| continues_word(*it))
        {
            self.at += 1;
            word.push(letter);
            if word.chars().count() >= 256 {
                word.push_str("...");
                break;
            }
        }
        format!("Unrecognized token '{word}': was expecting {VALUES}")
    }

    fn number(&mut self, first: char) -> Read {
        if first == '0' && self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
            return Err("Invalid numeric value: Leading zeroes not allowed".to_owned());
        }
        self.digits();
        if self.peek() == Some('.') {
            self.at += 1;
            if self.digits() == 0 {
                return Err(self.no_digit("Decimal point not followed by a digit"));
            }
        }
        if matches!(self.peek(), Some('e' | 'E')) {
            self.at += 1;
            if matches!(self.peek(), Some('+' | '-')) {
                self.at += 1;
            }
            if self.digits() == 0 {
                return Err(self.no_digit("Exponent indicator not followed by a digit"));
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while self.peek().is_some_and(|it| it.is_ascii_digit()) {
            self.at += 1;
        }
        self.at - start
    }

    fn no_digit(&mut self, comment: &str) -> String {
        match self.next() {
            Some(letter) => in_number(letter, comment),
            None => "Unexpected end-of-input".to_owned(),
        }
    }

    /// The rest of a text whose quote was read.
    fn text(&mut self, what: &str, at_end: &str) -> Read {
        loop {
            match self.next() {
                None => return Err(format!("Unexpected end-of-input{at_end}")),
                Some('"') => return Ok(()),
                Some('\\') => self.escape()?,
                Some(letter) if letter < ' ' => {
                    return Err(format!(
                        "Illegal unquoted character ({}): has to be escaped using backslash to be included in {what}",
                        described(letter)
                    ));
                }
                Some(_) => {}
            }
        }
    }

    fn escape(&mut self) -> Read {
        let end = || "Unexpected end-of-input in character escape sequence".to_owned();
        match self.next().ok_or_else(end)? {
            '"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' => Ok(()),
            'u' => {
                for _ in 0..4 {
                    let digit = self.next().ok_or_else(end)?;
                    if !digit.is_ascii_hexdigit() {
                        return Err(unexpected(
                            digit,
                            "expected a hex-digit for character escape sequence",
                        ));
                    }
                }
                Ok(())
            }
            other => Err(format!("Unrecognized character escape {}", described(other))),
        }
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn skip_space(&mut self) -> Option<char> {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
        self.peek()
    }

    fn next_visible(&mut self) -> Option<char> {
        self.skip_space()?;
        self.next()
    }

    fn kind(&self) -> &'static str {
        match self.open.last() {
            Some(Open { object: true, .. }) => "Object",
            Some(Open { object: false, .. }) => "Array",
            None => "root",
        }
    }

    fn between(&self) -> String {
        format!("Unexpected end-of-input within/between {} entries", self.kind())
    }

    fn unclosed(&self) -> String {
        let place = self.open.last().map_or_else(String::new, |open| self.location(open.at));
        format!(
            "Unexpected end-of-input: expected close marker for {} (start marker at {place})",
            self.kind()
        )
    }

    /// Jackson counts from one, and is already behind the letter it complains about.
    fn location(&self, at: usize) -> String {
        let before = &self.letters[..at];
        let line = before.iter().filter(|it| **it == '\n').count() + 1;
        let column = before.iter().rev().take_while(|it| **it != '\n').count() + 1;
        let source: String = self.letters.iter().take(SHOWN).collect();
        let rest = self.letters.len().saturating_sub(SHOWN);
        let rest = if rest == 0 { String::new() } else { format!("[truncated {rest} chars]") };
        format!("[Source: (String)\"{source}\"{rest}; line: {line}, column: {column}]")
    }
}

fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

fn begins_word(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || letter == '$'
}

fn continues_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

fn unexpected(letter: char, comment: &str) -> String {
    format!("Unexpected character ({}): {comment}", described(letter))
}

fn in_number(letter: char, comment: &str) -> String {
    format!("Unexpected character ({}) in numeric value: {comment}", described(letter))
}

fn described(letter: char) -> String {
    let code = u32::from(letter);
    if code < 0x20 {
        format!("(CTRL-CHAR, code {code})")
    } else if code > 255 {
        format!("'{letter}' (code {code} / 0x{code:x})")
    } else {
        format!("'{letter}' (code {code})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn first_line(text: &str) -> String {
        let found = mistake(text).expect("a mistake");
        let place = found.location.rsplit(", ").next().unwrap_or_default().to_owned();
        format!("{} @ {place}", found.message.lines().next().unwrap_or_default())
    }

    #[test]
    fn mistakes_are_worded_and_placed_as_jackson_does() {
        for (text, expected) in [
            (
                "not a definition",
                "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false') @ column: 4]",
            ),
            (
                "{\"a\":1 \"b\":2}",
                "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries @ column: 9]",
            ),
            (
                "{\"a\":1,}",
                "Unexpected character ('}' (code 125)): was expecting double-quote to start field name @ column: 9]",
            ),
            (
                "{a:1}",
                "Unexpected character ('a' (code 97)): was expecting double-quote to start field name @ column: 3]",
            ),
            (
                "{\"a\" 1}",
                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value @ column: 7]",
            ),
            (
                "[1,]",
                "Unexpected character (']' (code 93)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false') @ column: 5]",
            ),
            (
                "{\"a\":}",
                "Unexpected character ('}' (code 125)): expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false') @ column: 7]",
            ),
            (
                "{\"a\":\"x",
                "Unexpected end-of-input: was expecting closing quote for a string value @ column: 8]",
            ),
            (
                "{\"a\":\"\n\"}",
                "Illegal unquoted character ((CTRL-CHAR, code 10)): has to be escaped using backslash to be included in string value @ column: 1]",
            ),
            (
                "{\"a\":trux}",
                "Unrecognized token 'trux': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false') @ column: 10]",
            ),
            (
                "[1}",
                "Unexpected close marker '}': expected ']' (for Array starting at [Source: (String)\"[1}\"; line: 1, column: 1]) @ column: 4]",
            ),
            ("{\"a\":01}", "Invalid numeric value: Leading zeroes not allowed @ column: 8]"),
            ("\"\\q\"", "Unrecognized character escape 'q' (code 113) @ column: 4]"),
        ] {
            assert_eq!(first_line(text), expected, "{text}");
        }
        let open = mistake("{\"a\":1").expect("it is not closed");
        assert!(open.message.starts_with("Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"{\"a\":1\"; line: 1, column: 1])\n at "), "{}", open.message);
    }

    #[test]
    fn json_has_no_mistake() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "5",
            "\"x\"",
            "-0.5e+3",
            "{\"a\":[1,{\"b\":null}],\"c\":true} x",
            "[[],{}]",
        ] {
            assert_eq!(mistake(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn it_agrees_with_a_json_parser(text in "[\\[\\]{}:,\"a1 \\\\n.e-]{0,12}") {
            let parsed = serde_json::from_str::<serde_json::Value>(&text);
            if parsed.is_ok() {
                prop_assert_eq!(mistake(&text), None);
            } else if mistake(&text).is_none() {
                // Only what follows the value may be wrong.
                let mut first = serde_json::Deserializer::from_str(&text).into_iter::<serde_json::Value>();
                prop_assert!(first.next().is_none_or(|it| it.is_ok()), "{text}");
            }
        }
    }
}
