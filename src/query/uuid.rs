//! Random UUIDs from the engine's stream, so that a run can be repeated.

use super::Random;

/// A version 4 UUID (RFC 9562).
pub(crate) fn v4(random: &mut dyn Random) -> String {
    let high = (random.next_u64() & !0xF000) | 0x4000;
    let low = (random.next_u64() & !(0b11 << 62)) | (0b10 << 62);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}
