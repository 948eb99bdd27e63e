//! Names under which secrets stand.

/// Parts of names that say that a secret follows, in small letters and without signs.
const PARTS: [&str; 13] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "authorization",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "sessionid",
    "connectionstring",
];

/// Short words say so only at the end of a name: `dbPass` and `x-auth` do, `passengers`, `author` and `authType` don't.
const LAST_WORDS: [&str; 11] =
    ["pwd", "pass", "auth", "jwt", "sig", "signature", "cookie", "cookies", "pin", "ssn", "cvv"];

/// What the end of a name may say of a secret that is none itself: `tokenType`, `secretArn`, `expires_in`.
const ABOUT: [&str; 14] = [
    "type",
    "count",
    "arn",
    "endpoint",
    "expiry",
    "expires",
    "expiration",
    "in",
    "length",
    "limit",
    "policy",
    "version",
    "algorithm",
    "status",
];

/// Names of the API and of ASL that only look as if.
const HARMLESS: [&str; 3] = ["nextToken", "tokens_used", "MaxTokens"];

pub(super) fn names_a_secret(name: &str) -> bool {
    // JSONPath: the value under `name.$` is looked at elsewhere.
    let name = name.strip_suffix(".$").unwrap_or(name);
    if HARMLESS.contains(&name) {
        return false;
    }
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if words.len() > 1 && ABOUT.contains(&last.as_str()) {
        return false;
    }
    let plain = words.concat();
    LAST_WORDS.contains(&last.as_str()) || PARTS.iter().any(|it| plain.contains(it))
}

/// Credentials of ASL and of AWS's answers are objects whose members say themselves what is secret.
pub(super) fn holds_named_credentials(name: &str) -> bool {
    ["taskCredentials", "Credentials"].contains(&name)
}

/// Language models count their tokens.
pub(super) fn counts(name: &str) -> bool {
    words(name).last().is_some_and(|it| it == "tokens")
}

/// Whether a text is nothing but such a word: as a value it is an example, and as a word it stands everywhere.
pub(super) fn is_only_a_name(text: &str) -> bool {
    PARTS.contains(&text) || LAST_WORDS.contains(&text)
}

/// `DB_Password`, `dbPassword` and `db-password` are of the same words.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for letter in name.chars() {
        let begins = letter.is_uppercase() && after_small;
        after_small = letter.is_lowercase() || letter.is_numeric();
        if (begins || !letter.is_alphanumeric()) && words.last().is_some_and(|it| !it.is_empty()) {
            words.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|it| !it.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_and_names_that_look_alike() {
        for name in [
            "pwd",
            "DB_PASS",
            "pass",
            "passcode",
            "auth",
            "x-auth",
            "jwt",
            "signature",
            "X-Amz-Signature",
            "connectionString",
            "AWS_SECRET_ACCESS_KEY",
            "x-api-key",
            "accessToken",
            "Set-Cookie",
            "sig",
            "dbPwd",
        ] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in [
            "author",
            "passengers",
            "authorized",
            "authType",
            "passed",
            "passCount",
            "tokenType",
            "expires_in",
            "design",
            "spin",
            "signatureVersion",
            "nextToken",
            "compass",
            "",
            "--",
        ] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}
