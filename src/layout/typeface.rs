//! The type that cards are set in, as font files: one copy for the window and for pictures written without one.
//!
//! Licences stand beside the files in `assets/fonts`.

/// Inter, for everything a person reads.
pub static INTER_REGULAR: &[u8] = include_bytes!("../../assets/fonts/Inter-Regular.otf");
pub static INTER_MEDIUM: &[u8] = include_bytes!("../../assets/fonts/Inter-Medium.otf");
pub static INTER_SEMIBOLD: &[u8] = include_bytes!("../../assets/fonts/Inter-SemiBold.otf");
/// Droid Sans Fallback, for the scripts that Inter lacks: Chinese, Japanese, Korean and more.
pub static FALLBACK: &[u8] = include_bytes!("../../assets/fonts/DroidSansFallbackFull.ttf");

/// Family names as the files say them, for `font-family` in an SVG.
pub const FAMILY: &str = "Inter";
pub const FALLBACK_FAMILY: &str = "Droid Sans Fallback";
