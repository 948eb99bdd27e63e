//! The window; the only floor that names egui.

pub mod canvas;
pub mod fonts;
pub mod icons;
pub mod theme;
pub mod widgets;
