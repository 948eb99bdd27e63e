//! How Step Functions writes the names of an API's members.

/// Optimised integrations keep the API's names and capitalise them.
pub(super) fn first_upper(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `aws-sdk:` integrations write each word of a name with one capital, as the AWS SDK for Java does: `SSEKMSKeyId` becomes
/// `SsekmsKeyId`.
pub(super) fn pascal(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = |index: usize| letters.get(index).copied();
    let mut written = String::with_capacity(name.len());
    let mut starts_word = true;
    for (index, &letter) in letters.iter().enumerate() {
        if !letter.is_ascii_alphanumeric() {
            starts_word = true;
            continue;
        }
        let before = index.checked_sub(1).and_then(at);
        let after = at(index + 1);
        let is = |it: Option<char>, test: fn(&char) -> bool| it.as_ref().is_some_and(test);
        let upper = letter.is_ascii_uppercase();
        let new_word = (upper
            && is(before, char::is_ascii_lowercase)
            && is(after, char::is_ascii_alphanumeric))
            || (upper
                && is(before, char::is_ascii_uppercase)
                && is(after, char::is_ascii_lowercase))
            || (letter.is_ascii_alphabetic() && is(before, char::is_ascii_digit));
        if starts_word || new_word {
            written.push(letter.to_ascii_uppercase());
        } else {
            written.push(letter.to_ascii_lowercase());
        }
        starts_word = false;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_step_functions_writes_them() {
        for (api, sdk) in [
            ("ETag", "ETag"),
            ("SSEKMSKeyId", "SsekmsKeyId"),
            ("DBInstances", "DbInstances"),
            ("executionArn", "ExecutionArn"),
            ("MD5OfMessageBody", "Md5OfMessageBody"),
            ("x-amz-id", "XAmzId"),
            ("KeyID", "KeyId"),
            ("", ""),
        ] {
            assert_eq!(pascal(api), sdk);
        }
        assert_eq!(first_upper("executionArn"), "ExecutionArn");
        assert_eq!(first_upper("MD5OfMessageBody"), "MD5OfMessageBody");
    }
}
