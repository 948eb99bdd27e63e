//! `$encodeUrl`, `$encodeUrlComponent` and their opposites: ECMAScript's `encodeURI` and its relatives, which the reference
//! implementation calls. The library's own encode other characters, and take what is malformed.

/// Letters and digits apart, what no function touches.
const UNRESERVED: &[u8] = b"-_.!~*'()";

/// What has a meaning in a URL, which a function for whole URLs leaves alone.
const RESERVED: &[u8] = b";/?:@&=+$,#";

/// `encodeURI` of a whole URL, or `encodeURIComponent` of a part.
pub(super) fn encode(text: &str, whole: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let stays = byte.is_ascii_alphanumeric()
            || UNRESERVED.contains(&byte)
            || (whole && RESERVED.contains(&byte));
        if stays {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// `decodeURI` or `decodeURIComponent`; `None` where the text is malformed: a `%` without two digits, or bytes that are not
/// UTF-8.
pub(super) fn decode(text: &str, whole: bool) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            decoded.push(*first);
            rest = after;
            continue;
        }
        let [high, low, after @ ..] = after else { return None };
        let digit = |it: &u8| char::from(*it).to_digit(16);
        let byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
        if whole && RESERVED.contains(&byte) {
            decoded.extend([b'%', *high, *low]);
        } else {
            decoded.push(byte);
        }
        rest = after;
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_and_a_whole_url_are_encoded_differently() {
        let text = "-_.!~*'()é /?&=+,;:@#%[]|";
        assert_eq!(
            encode(text, false),
            "-_.!~*'()%C3%A9%20%2F%3F%26%3D%2B%2C%3B%3A%40%23%25%5B%5D%7C"
        );
        assert_eq!(encode(text, true), "-_.!~*'()%C3%A9%20/?&=+,;:@#%25%5B%5D%7C");
        assert_eq!(decode(&encode(text, false), false).as_deref(), Some(text));
    }

    #[test]
    fn what_has_a_meaning_stays_encoded_in_a_whole_url() {
        assert_eq!(decode("%3Fx%20%C3%A9", true).as_deref(), Some("%3Fx é"));
        assert_eq!(decode("%3Fx%20%C3%A9", false).as_deref(), Some("?x é"));
        for malformed in ["%", "%z1", "%C3", "a%2"] {
            assert_eq!(decode(malformed, true), None, "{malformed}");
        }
    }
}
