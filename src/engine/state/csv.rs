//! Text delimited files as `ItemReader` takes them: RFC 4180, and escapes with a backslash.
//!
//! The rules are those of <https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html>.

use std::collections::BTreeSet;

use crate::engine::dataflow::plain;
use crate::json::{Object, Value};

/// The rows of a file as items, under the names of its header.
pub(super) fn csv_items(text: &str, config: &Value, most: usize) -> Result<Vec<Value>, String> {
    let setting = |name: &str| config.get(name).and_then(Value::as_str);
    let delimiter = match setting("CSVDelimiter").unwrap_or("COMMA") {
        "COMMA" => ',',
        "PIPE" => '|',
        "SEMICOLON" => ';',
        "SPACE" => ' ',
        "TAB" => '\t',
        other => return Err(format!("There is no CSVDelimiter '{other}'.")),
    };
    let mut rows = csv_rows(text, delimiter).into_iter();
    let headers: Vec<String> = match setting("CSVHeaderLocation") {
        Some("GIVEN") => match config.get("CSVHeaders").and_then(Value::as_array) {
            Some(given) if !given.is_empty() => given.iter().map(plain).collect(),
            Some(_) | None => {
                return Err(
                    "CSVHeaders must name the columns when CSVHeaderLocation is GIVEN.".to_owned()
                );
            }
        },
        Some("FIRST_ROW") | None => rows.next().unwrap_or_default(),
        Some(other) => return Err(format!("There is no CSVHeaderLocation '{other}'.")),
    };
    let mut seen = BTreeSet::new();
    if !headers.iter().all(|it| seen.insert(it)) {
        return Err("CSV headers cannot contain duplicates.".to_owned());
    }
    // Fields without a header are dropped, headers without a field are empty.
    let item = |row: Vec<String>| {
        let fields = row.into_iter().chain(std::iter::repeat(String::new()));
        let members: Object = headers
            .iter()
            .zip(fields)
            .map(|(name, it)| (name.as_str().into(), it.into()))
            .collect();
        Value::from(members)
    };
    Ok(rows.take(most).map(item).collect())
}

/// Lines with nothing on them are no rows. A backslash escapes itself, a double quote and the delimiter; before anything else it
/// is dropped.
fn csv_rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut row = Vec::new();
    let mut field = String::new();
    let (mut quoted, mut was_quoted) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = |it: &char| matches!(it, '\\' | '"') || *it == delimiter;
                field.extend(chars.next_if(escaped));
            }
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() && !was_quoted => {
                quoted = true;
                was_quoted = true;
            }
            c if quoted => field.push(c),
            c if c == delimiter => {
                row.push(std::mem::take(&mut field));
                was_quoted = false;
            }
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => {
                if !(row.is_empty() && field.is_empty() && !was_quoted) {
                    row.push(std::mem::take(&mut field));
                    rows.push(std::mem::take(&mut row));
                }
                was_quoted = false;
            }
            c => field.push(c),
        }
    }
    if !(row.is_empty() && field.is_empty() && !was_quoted) {
        row.push(field);
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(config: &str, text: &str) -> Result<String, String> {
        let items = csv_items(text, &Value::parse(config).expect("JSON"), 3)?;
        Ok(Value::from(items).to_string())
    }

    #[test]
    fn fields_may_be_quoted_missing_or_too_many() {
        let text = "A,B\r\n1,\"x,\"\"y\"\"\"\n\n2\n3,4,5\n6,7\n";
        let expected = r#"[{"A":"1","B":"x,\"y\""},{"A":"2","B":""},{"A":"3","B":"4"}]"#;
        assert_eq!(read(r#"{"CSVHeaderLocation":"FIRST_ROW"}"#, text).as_deref(), Ok(expected));
    }

    #[test]
    fn a_header_may_be_given() {
        let given = |names: &str| {
            read(&format!(r#"{{"CSVHeaderLocation":"GIVEN"{names}}}"#), "1,Alice\n2,Bob\n")
        };
        assert_eq!(
            given(r#","CSVHeaders":["id","name"]"#).as_deref(),
            Ok(r#"[{"id":"1","name":"Alice"},{"id":"2","name":"Bob"}]"#)
        );
        let twice = Err("CSV headers cannot contain duplicates.".to_owned());
        assert_eq!(given(r#","CSVHeaders":["A","A"]"#), twice);
        assert!(given("").is_err() && given(r#","CSVHeaders":[]"#).is_err());
        assert!(read(r#"{"CSVHeaderLocation":"LAST_ROW"}"#, "A\n1").is_err());
        assert!(read(r#"{"CSVDelimiter":"COLON"}"#, "A\n1").is_err());
    }

    #[test]
    fn a_backslash_escapes_what_would_end_a_field() {
        let text = "path|size\nC:\\\\Program Files\\\\MyApp.exe|a\\|b\n\\\"q\\\"|\\n\n";
        assert_eq!(
            read(r#"{"CSVDelimiter":"PIPE"}"#, text).as_deref(),
            Ok(
                r#"[{"path":"C:\\Program Files\\MyApp.exe","size":"a|b"},{"path":"\"q\"","size":"n"}]"#
            )
        );
    }
}
