//! The colours that the window and the pictures of `render` have in common, so that a picture looks like the window.
//!
//! A colour is named after what it is for; light and dark differ in values and in nothing else.

use std::fmt;

use crate::execution::StateStatus;

/// Red, green and blue: `0xRRGGBB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour(pub u32);

/// As SVG writes it: `#1d70de`.
impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06x}", self.0)
    }
}

/// The colours of one status: `line` for borders, dots and badges, `text` for words, `soft` for the ground of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusPalette {
    pub line: Colour,
    pub text: Colour,
    pub soft: Colour,
}

/// What the graph is drawn with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Palette {
    pub canvas: Colour,
    pub surface: Colour,
    pub text: Colour,
    pub text_muted: Colour,
    pub border_strong: Colour,
    pub edge: Colour,
    pub edge_catch: Colour,
    pub container_border: Colour,
    pub terminal: Colour,
    pub on_terminal: Colour,
    pub on_status: Colour,
    pub not_entered: StatusPalette,
    pub in_progress: StatusPalette,
    pub succeeded: StatusPalette,
    pub failed: StatusPalette,
    pub caught: StatusPalette,
    pub aborted: StatusPalette,
}

const fn status(line: u32, text: u32, soft: u32) -> StatusPalette {
    StatusPalette { line: Colour(line), text: Colour(text), soft: Colour(soft) }
}

pub const LIGHT: Palette = Palette {
    canvas: Colour(0xF3F5F8),
    surface: Colour(0xFFFFFF),
    text: Colour(0x171C26),
    text_muted: Colour(0x525D6E),
    border_strong: Colour(0xBFC7D3),
    edge: Colour(0x8A95A6),
    edge_catch: Colour(0xD08622),
    container_border: Colour(0xA9B3C2),
    terminal: Colour(0xF8C538),
    on_terminal: Colour(0x3B2C00),
    on_status: Colour(0xFFFFFF),
    not_entered: status(0xB3BCC9, 0x5C6778, 0xFFFFFF),
    in_progress: status(0x1D70DE, 0x1754B8, 0xEBF3FE),
    succeeded: status(0x228A42, 0x187033, 0xEBF7EE),
    failed: status(0xD23824, 0xB22A18, 0xFDEFED),
    caught: status(0xDB820B, 0x935300, 0xFEF5E7),
    aborted: status(0x7E8899, 0x566070, 0xF0F2F5),
};

pub const DARK: Palette = Palette {
    canvas: Colour(0x101319),
    surface: Colour(0x21262F),
    text: Colour(0xE7EBF1),
    text_muted: Colour(0xA5AFBE),
    border_strong: Colour(0x566174),
    edge: Colour(0x6E798A),
    edge_catch: Colour(0xC68935),
    container_border: Colour(0x4E5868),
    terminal: Colour(0xE3B032),
    on_terminal: Colour(0x241B00),
    on_status: Colour(0x0E1218),
    not_entered: status(0x4C5565, 0x9CA6B5, 0x21262F),
    in_progress: status(0x4F9BFA, 0x84BAFF, 0x1B2D48),
    succeeded: status(0x3FB55C, 0x65CD7E, 0x193222),
    failed: status(0xF26054, 0xFF8B80, 0x3D2022),
    caught: status(0xE89E36, 0xF2B863, 0x382C1A),
    aborted: status(0x808B9C, 0xA5AFBE, 0x262B34),
};

impl Palette {
    pub fn status(&self, status: StateStatus) -> StatusPalette {
        match status {
            StateStatus::NotEntered => self.not_entered,
            StateStatus::InProgress => self.in_progress,
            StateStatus::Succeeded => self.succeeded,
            StateStatus::Failed => self.failed,
            StateStatus::Caught => self.caught,
            StateStatus::Aborted => self.aborted,
        }
    }
}
