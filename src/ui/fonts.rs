//! The fonts of the window. All of them are in the program, so it looks the same on every machine.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId};

use crate::layout::typeface;

const MEDIUM: &str = "Inter Medium";
const SEMIBOLD: &str = "Inter SemiBold";
const ICONS: &str = "phosphor";
const ICONS_FILLED: &str = "phosphor-fill";

/// Gives a context our fonts. The first pass after this uses them.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(definitions());
}

/// Inter first, then the toolbar's glyphs, then every other script, then egui's emoji.
pub fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let mut add = |name: &str, bytes: &'static [u8]| {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    };
    add("Inter", typeface::INTER_REGULAR);
    add(MEDIUM, typeface::INTER_MEDIUM);
    add(SEMIBOLD, typeface::INTER_SEMIBOLD);
    add("Droid Sans Fallback", typeface::FALLBACK);
    add("phosphor", egui_phosphor::Variant::Regular.font_bytes());
    add(ICONS_FILLED, egui_phosphor::Variant::Fill.font_bytes());

    let emoji = ["NotoEmoji-Regular", "emoji-icon-font", "Ubuntu-Light"];
    let chain = |first: &[&str]| -> Vec<String> {
        first
            .iter()
            .copied()
            .chain(["Droid Sans Fallback"])
            .chain(emoji)
            .map(str::to_owned)
            .collect()
    };
    let families = &mut fonts.families;
    families.insert(FontFamily::Proportional, chain(&["Inter", "phosphor"]));
    families.insert(FontFamily::Name(MEDIUM.into()), chain(&[MEDIUM, "phosphor"]));
    families.insert(FontFamily::Name(SEMIBOLD.into()), chain(&[SEMIBOLD, "phosphor"]));
    // Inter has letters of its own at the private code points of the glyphs, so here the glyphs come first.
    families.insert(FontFamily::Name(ICONS.into()), chain(&[ICONS, "Inter"]));
    families.insert(FontFamily::Name(ICONS_FILLED.into()), chain(&[ICONS_FILLED, "Inter"]));
    families.insert(FontFamily::Monospace, chain(&["Hack", "Inter", "phosphor"]));
    fonts
}

/// Body text.
pub fn regular(size: f32) -> FontId {
    FontId::proportional(size)
}

/// Names of things: a state on its card, a selected tab.
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MEDIUM.into()))
}

/// Headings.
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// Toolbar glyphs, as in `egui_phosphor::regular`.
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// Toolbar glyphs, filled; the same letters as in `egui_phosphor::fill`.
pub fn filled_icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS_FILLED.into()))
}

/// Code and JSON.
pub fn monospace(size: f32) -> FontId {
    FontId::monospace(size)
}

#[cfg(test)]
mod tests {
    use egui::Color32;
    use egui::epaint::text::FontsView;

    use super::*;

    /// Where the picture of a letter is in the atlas. A letter that no font has shows the picture of a box.
    fn picture(fonts: &mut FontsView<'_>, font: &FontId, letter: char) -> [u16; 4] {
        let galley = fonts.layout_no_wrap(letter.to_string(), font.clone(), Color32::PLACEHOLDER);
        let picture = galley.rows[0].glyphs[0].uv_rect;
        [picture.min[0], picture.min[1], picture.max[0], picture.max[1]]
    }

    #[test]
    fn chinese_and_emoji_and_toolbar_glyphs_are_drawn_and_not_boxes() {
        let ctx = egui::Context::default();
        install(&ctx);
        ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                let has = |fonts: &mut FontsView<'_>, font: &FontId, letter: char| {
                    picture(fonts, font, letter) != picture(fonts, font, '\u{10fffd}')
                };
                for font in [regular(13.0), medium(13.0), semibold(13.0), monospace(13.0)] {
                    for letter in "检查库存ÜгрПЖ✓→🚀".chars() {
                        assert!(has(fonts, &font, letter), "{letter} in {font:?}");
                    }
                    assert!(
                        !has(fonts, &font, '\u{10fffe}'),
                        "a missing letter is told from others"
                    );
                }
                let play = |glyph: &str| glyph.chars().next().expect("a glyph is one letter");
                assert!(has(fonts, &icons(13.0), play(egui_phosphor::regular::PLAY)));
                assert!(has(fonts, &filled_icons(13.0), play(egui_phosphor::fill::PLAY)));
            });
        })
        .drop_without_applying_deltas();
    }
}
