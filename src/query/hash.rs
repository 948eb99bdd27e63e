//! The digests of `States.Hash` and `$hash`.

use md5::Digest as _;

/// The lower-case hexadecimal digest; `None` for an algorithm that Step Functions does not have.
pub(super) fn hex_digest(data: &str, algorithm: &str) -> Option<String> {
    let data = data.as_bytes();
    Some(match algorithm {
        "MD5" => hex(&md5::Md5::digest(data)),
        "SHA-1" => hex(&sha1::Sha1::digest(data)),
        "SHA-256" => hex(&sha2::Sha256::digest(data)),
        "SHA-384" => hex(&sha2::Sha384::digest(data)),
        "SHA-512" => hex(&sha2::Sha512::digest(data)),
        _ => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_the_well_known_ones() {
        // RFC 1321 and FIPS 180: the digests of "abc".
        assert_eq!(hex_digest("abc", "MD5").as_deref(), Some("900150983cd24fb0d6963f7d28e17f72"));
        assert_eq!(
            hex_digest("abc", "SHA-1").as_deref(),
            Some("a9993e364706816aba3e25717850c26c9cd0d89d")
        );
        assert_eq!(
            hex_digest("abc", "SHA-256").as_deref(),
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        );
        assert_eq!(hex_digest("abc", "sha256"), None);
    }
}
