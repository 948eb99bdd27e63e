//! How wide a text is in Inter, for pictures that are written without a window.

/// The weights that cards use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    Regular,
    Medium,
}

/// Advances of the printable ASCII characters in thousandths of the font size, from the font's own `hmtx` table.
const REGULAR: [u16; 95] = [
    281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605,
    636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598,
    587, 743, 740, 264, 543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642,
    665, 625, 362, 357, 362, 469, 452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544,
    237, 869, 585, 597, 609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659,
];
const MEDIUM: [u16; 95] = [
    265, 294, 400, 637, 643, 828, 651, 217, 378, 378, 522, 666, 288, 463, 283, 368, 646, 473, 613,
    644, 654, 620, 636, 579, 631, 636, 283, 288, 666, 666, 666, 526, 968, 700, 654, 735, 722, 603,
    586, 749, 742, 270, 552, 664, 564, 898, 747, 768, 639, 768, 645, 643, 651, 738, 700, 978, 666,
    685, 639, 378, 368, 378, 475, 460, 497, 569, 626, 568, 626, 587, 369, 617, 602, 249, 249, 556,
    249, 884, 597, 602, 617, 617, 384, 536, 372, 594, 566, 825, 551, 566, 551, 378, 342, 378, 666,
];
const ELLIPSIS: u16 = 821;
/// Latin, Greek and Cyrillic letters beyond ASCII are at most about this wide on average.
const OTHER_LETTER: u16 = 640;
/// Chinese, Japanese and Korean characters fill their square.
const FULL: u16 = 1000;

/// The width of one line, in the unit of `size`.
pub(super) fn width(text: &str, face: Face, size: f32) -> f32 {
    text.chars().map(|letter| f32::from(advance(letter, face))).sum::<f32>() * size / 1000.0
}

/// The text as far as it fits into `room`, with an ellipsis where something is missing.
pub(super) fn fitted(text: &str, face: Face, size: f32, room: f32) -> String {
    if width(text, face, size) <= room {
        return text.to_owned();
    }
    let mut left = room * 1000.0 / size - f32::from(ELLIPSIS);
    let mut out = String::new();
    for letter in text.chars() {
        left -= f32::from(advance(letter, face));
        if left < 0.0 {
            break;
        }
        out.push(letter);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

fn advance(letter: char, face: Face) -> u16 {
    let table = match face {
        Face::Regular => &REGULAR,
        Face::Medium => &MEDIUM,
    };
    let code = u32::from(letter);
    match code {
        0x20..=0x7e => table[code as usize - 0x20],
        0x2026 => ELLIPSIS,
        0xb7 => 280,
        // Hangul, kana, ideographs, full-width forms, emoji
        0x1100..=0x11ff
        | 0x2e80..=0xd7ff
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0x1f000.. => FULL,
        _ => OTHER_LETTER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_it_no_longer_fits() {
        let text = "Check the inventory";
        let whole = width(text, Face::Regular, 13.0);
        assert_eq!(fitted(text, Face::Regular, 13.0, whole), text);
        let cut = fitted(text, Face::Regular, 13.0, whole - 1.0);
        assert!(cut.ends_with('…') && width(&cut, Face::Regular, 13.0) < whole, "{cut}");
        assert_eq!(fitted("检查库存", Face::Medium, 10.0, 40.0), "检查库存");
        assert_eq!(fitted("检查库存", Face::Medium, 10.0, 29.0), "检查…");
        assert_eq!(fitted("abc", Face::Regular, 10.0, 0.0), "…");
    }
}
