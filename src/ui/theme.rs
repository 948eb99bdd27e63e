//! Colours, sizes and the style of every widget. The only file that names a colour.
//!
//! [`tokens`] gives the colours of the theme in use. A token is named after what it is for, so that light and dark differ
//! in values and in nothing else.

#![expect(clippy::disallowed_methods, reason = "this is where colours come from")]

use egui::style::{HandleShape, ScrollStyle, Selection, WidgetVisuals, Widgets};
use egui::{
    Color32, CornerRadius, Margin, Shadow, Stroke, Style, TextStyle, Theme, Vec2, Visuals, vec2,
};

use super::fonts;
use crate::asl::Severity;
use crate::execution::{StateStatus, ThreadStatus};

/// Distances between things, in points.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
}

/// Corner radii, in points.
pub mod radius {
    pub const SMALL: u8 = 4;
    pub const NORMAL: u8 = 6;
    pub const LARGE: u8 = 10;
}

/// Font sizes, in points.
pub mod size {
    pub const SMALL: f32 = 11.5;
    pub const BODY: f32 = 13.0;
    pub const HEADING: f32 = 15.0;
    pub const TITLE: f32 = 20.0;
    pub const MONOSPACE: f32 = 12.5;
    /// The height of a row in a list or a table.
    pub const ROW: f32 = 24.0;
    /// The height of a toolbar's button.
    pub const CONTROL: f32 = 28.0;
}

/// The colours of one status: `line` for borders, dots and badges, `text` for words (at least 4.5 to 1 on every surface),
/// `soft` for the ground of a card or a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusColours {
    pub line: Color32,
    pub text: Color32,
    pub soft: Color32,
}

/// The colours of a theme.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    // -- grounds, from behind to in front
    /// The window and its panels.
    pub panel: Color32,
    /// Cards, menus, pop-ups, buttons.
    pub surface: Color32,
    /// Text fields and code.
    pub sunken: Color32,
    /// The ground of the graph, and the dots on it.
    pub canvas: Color32,
    pub canvas_dot: Color32,
    /// A row or a button under the pointer, and one that is held down.
    pub hover: Color32,
    pub pressed: Color32,
    /// Every other row of a table.
    pub stripe: Color32,
    // -- lines
    pub border: Color32,
    pub border_strong: Color32,
    pub shadow: Color32,
    // -- text
    pub text: Color32,
    /// Second lines and captions; still at least 4.5 to 1.
    pub text_muted: Color32,
    /// Disabled and placeholder text.
    pub text_faint: Color32,
    // -- what is chosen
    pub accent: Color32,
    pub accent_text: Color32,
    pub accent_soft: Color32,
    pub on_accent: Color32,
    // -- status
    pub not_entered: StatusColours,
    pub in_progress: StatusColours,
    pub succeeded: StatusColours,
    pub failed: StatusColours,
    pub caught: StatusColours,
    pub aborted: StatusColours,
    /// The mark on a filled badge.
    pub on_status: Color32,
    // -- the graph
    pub edge: Color32,
    pub edge_catch: Color32,
    pub edge_taken: Color32,
    pub container: Color32,
    pub container_border: Color32,
    pub terminal: Color32,
    pub on_terminal: Color32,
    // -- the debugger
    pub breakpoint: Color32,
    pub breakpoint_faint: Color32,
    /// The program counter, and its outline.
    pub cursor: Color32,
    pub cursor_line: Color32,
    // -- JSON and code
    pub json_key: Color32,
    pub json_string: Color32,
    pub json_number: Color32,
    pub json_word: Color32,
    pub json_mark: Color32,
    /// Expressions inside a definition.
    pub json_expression: Color32,
    // -- differences
    pub added: Color32,
    pub added_text: Color32,
    pub removed: Color32,
    pub removed_text: Color32,
    pub changed: Color32,
    /// Text that a search found.
    pub found: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const fn status(line: u32, text: u32, soft: u32) -> StatusColours {
    StatusColours { line: rgb(line), text: rgb(text), soft: rgb(soft) }
}

const LIGHT: Tokens = Tokens {
    panel: rgb(0xF7_F8_FA),
    surface: rgb(0xFF_FF_FF),
    sunken: rgb(0xFF_FF_FF),
    canvas: rgb(0xF3_F5_F8),
    canvas_dot: rgb(0xD3_D9_E2),
    hover: rgb(0xEC_EF_F4),
    pressed: rgb(0xDF_E4_EC),
    stripe: rgb(0xF1_F3_F7),
    border: rgb(0xDD_E2_E9),
    border_strong: rgb(0xBF_C7_D3),
    shadow: Color32::from_rgba_premultiplied(1, 2, 4, 34),
    text: rgb(0x17_1C_26),
    text_muted: rgb(0x52_5D_6E),
    text_faint: rgb(0x7A_85_96),
    accent: rgb(0x1D_64_D8),
    accent_text: rgb(0x17_54_B8),
    accent_soft: rgb(0xDF_EA_FC),
    on_accent: rgb(0xFF_FF_FF),
    not_entered: status(0xB3_BC_C9, 0x5C_67_78, 0xFF_FF_FF),
    in_progress: status(0x1D_70_DE, 0x17_54_B8, 0xEB_F3_FE),
    succeeded: status(0x22_8A_42, 0x18_70_33, 0xEB_F7_EE),
    failed: status(0xD2_38_24, 0xB2_2A_18, 0xFD_EF_ED),
    caught: status(0xDB_82_0B, 0x93_53_00, 0xFE_F5_E7),
    aborted: status(0x7E_88_99, 0x56_60_70, 0xF0_F2_F5),
    on_status: rgb(0xFF_FF_FF),
    edge: rgb(0x8A_95_A6),
    edge_catch: rgb(0xD0_86_22),
    edge_taken: rgb(0x22_8A_42),
    container: Color32::from_rgba_premultiplied(3, 4, 6, 10),
    container_border: rgb(0xA9_B3_C2),
    terminal: rgb(0xF8_C5_38),
    on_terminal: rgb(0x3B_2C_00),
    breakpoint: rgb(0xE0_35_2B),
    breakpoint_faint: Color32::from_rgba_premultiplied(84, 20, 16, 96),
    cursor: rgb(0xF7_B5_1C),
    cursor_line: rgb(0x8A_5F_00),
    json_key: rgb(0x0A_4F_96),
    json_string: rgb(0x1B_73_37),
    json_number: rgb(0x8B_34_A6),
    json_word: rgb(0xA8_46_0F),
    json_mark: rgb(0x6B_76_88),
    json_expression: rgb(0x9C_2A_68),
    added: rgb(0xDF_F4_E3),
    added_text: rgb(0x14_61_2B),
    removed: rgb(0xFB_E3_E0),
    removed_text: rgb(0x98_22_12),
    changed: rgb(0xFD_F0_CF),
    found: rgb(0xFF_E2_8A),
};

const DARK: Tokens = Tokens {
    panel: rgb(0x17_1A_21),
    surface: rgb(0x21_26_2F),
    sunken: rgb(0x11_14_1A),
    canvas: rgb(0x10_13_19),
    canvas_dot: rgb(0x28_2E_39),
    hover: rgb(0x26_2C_37),
    pressed: rgb(0x2F_37_44),
    stripe: rgb(0x1B_1F_27),
    border: rgb(0x2C_33_3E),
    border_strong: rgb(0x45_4E_5D),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 110),
    text: rgb(0xE7_EB_F1),
    text_muted: rgb(0xA5_AF_BE),
    text_faint: rgb(0x74_7F_90),
    accent: rgb(0x5A_A2_FF),
    accent_text: rgb(0x84_BA_FF),
    accent_soft: rgb(0x1E_34_58),
    on_accent: rgb(0x08_13_22),
    not_entered: status(0x4C_55_65, 0x9C_A6_B5, 0x21_26_2F),
    in_progress: status(0x4F_9B_FA, 0x84_BA_FF, 0x1B_2D_48),
    succeeded: status(0x3F_B5_5C, 0x65_CD_7E, 0x19_32_22),
    failed: status(0xF2_60_54, 0xFF_8B_80, 0x3D_20_22),
    caught: status(0xE8_9E_36, 0xF2_B8_63, 0x38_2C_1A),
    aborted: status(0x80_8B_9C, 0xA5_AF_BE, 0x26_2B_34),
    on_status: rgb(0x0E_12_18),
    edge: rgb(0x6E_79_8A),
    edge_catch: rgb(0xC6_89_35),
    edge_taken: rgb(0x3F_B5_5C),
    container: Color32::from_rgba_premultiplied(6, 7, 9, 9),
    container_border: rgb(0x4E_58_68),
    terminal: rgb(0xE3_B0_32),
    on_terminal: rgb(0x24_1B_00),
    breakpoint: rgb(0xF0_50_45),
    breakpoint_faint: Color32::from_rgba_premultiplied(100, 33, 28, 106),
    cursor: rgb(0xFF_C8_3D),
    cursor_line: rgb(0x5E_44_00),
    json_key: rgb(0x8F_C1_FF),
    json_string: rgb(0x8B_D6_9A),
    json_number: rgb(0xD7_A6_F0),
    json_word: rgb(0xF0_AA_7C),
    json_mark: rgb(0x8B_96_A7),
    json_expression: rgb(0xF2_9B_C8),
    added: rgb(0x17_3A_23),
    added_text: rgb(0x86_DD_9A),
    removed: rgb(0x46_22_22),
    removed_text: rgb(0xFF_A0_96),
    changed: rgb(0x42_36_18),
    found: rgb(0x6B_55_14),
};

impl Tokens {
    /// The tokens of a theme.
    pub fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    pub fn status(&self, status: StateStatus) -> StatusColours {
        match status {
            StateStatus::NotEntered => self.not_entered,
            StateStatus::Succeeded => self.succeeded,
            StateStatus::Aborted => self.aborted,
            StateStatus::InProgress => self.in_progress,
            StateStatus::Caught => self.caught,
            StateStatus::Failed => self.failed,
        }
    }

    pub fn thread(&self, status: ThreadStatus) -> StatusColours {
        match status {
            ThreadStatus::Running | ThreadStatus::Waiting => self.in_progress,
            ThreadStatus::Succeeded => self.succeeded,
            ThreadStatus::Failed => self.failed,
            ThreadStatus::Aborted => self.aborted,
        }
    }

    pub fn severity(&self, severity: Severity) -> StatusColours {
        match severity {
            Severity::Error => self.failed,
            Severity::Warning => self.caught,
            Severity::Note => self.in_progress,
        }
    }
}

/// The tokens of the theme in use.
pub fn tokens(ctx: &egui::Context) -> &'static Tokens {
    Tokens::of(ctx.theme())
}

/// `colour` at a fraction of its strength, 0 to 1.
pub fn faded(colour: Color32, strength: f32) -> Color32 {
    colour.gamma_multiply(strength)
}

/// Gives a context our fonts and the style of both themes.
pub fn install(ctx: &egui::Context) {
    fonts::install(ctx);
    for theme in [Theme::Light, Theme::Dark] {
        ctx.style_mut_of(theme, |style| restyle(style, theme));
    }
}

/// Changes what the look is made of, and leaves the rest (animation times, debug options) as the caller set it.
fn restyle(style: &mut Style, theme: Theme) {
    let tokens = Tokens::of(theme);
    style.text_styles = [
        (TextStyle::Small, fonts::regular(size::SMALL)),
        (TextStyle::Body, fonts::regular(size::BODY)),
        (TextStyle::Button, fonts::regular(size::BODY)),
        (TextStyle::Heading, fonts::semibold(size::HEADING)),
        (TextStyle::Monospace, fonts::monospace(size::MONOSPACE)),
    ]
    .into();
    style.visuals = visuals(theme, tokens);

    let spacing = &mut style.spacing;
    spacing.item_spacing = vec2(space::S, 6.0);
    spacing.button_padding = vec2(10.0, 4.0);
    spacing.menu_margin = Margin::same(6);
    spacing.window_margin = Margin::same(12);
    spacing.indent = 16.0;
    spacing.interact_size = Vec2::new(32.0, 26.0);
    spacing.icon_width = 15.0;
    spacing.icon_width_inner = 9.0;
    spacing.icon_spacing = 6.0;
    spacing.combo_height = 320.0;
    spacing.menu_spacing = 2.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = ScrollStyle {
        bar_width: 9.0,
        floating_width: 5.0,
        bar_inner_margin: 2.0,
        bar_outer_margin: 2.0,
        handle_min_length: 24.0,
        dormant_handle_opacity: 0.22,
        active_handle_opacity: 0.35,
        interact_handle_opacity: 0.55,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.08,
        ..ScrollStyle::floating()
    };

    style.interaction.selectable_labels = false;
    style.interaction.tooltip_delay = 0.4;
    style.interaction.resize_grab_radius_side = 4.0;
}

fn visuals(theme: Theme, tokens: &Tokens) -> Visuals {
    let shadow = |offset: i8, blur: u8| Shadow {
        offset: [0, offset],
        blur,
        spread: 0,
        color: tokens.shadow,
    };
    Visuals {
        widgets: widgets(tokens),
        selection: Selection {
            bg_fill: tokens.accent_soft,
            stroke: Stroke::new(1.0, tokens.accent_text),
        },
        hyperlink_color: tokens.accent_text,
        faint_bg_color: tokens.stripe,
        extreme_bg_color: tokens.sunken,
        text_edit_bg_color: Some(tokens.sunken),
        code_bg_color: tokens.hover,
        warn_fg_color: tokens.caught.text,
        error_fg_color: tokens.failed.text,
        weak_text_color: Some(tokens.text_muted),
        window_corner_radius: CornerRadius::same(radius::LARGE),
        window_shadow: shadow(8, 28),
        window_fill: tokens.surface,
        window_stroke: Stroke::new(1.0, tokens.border),
        menu_corner_radius: CornerRadius::same(8),
        panel_fill: tokens.panel,
        popup_shadow: shadow(4, 16),
        striped: false,
        slider_trailing_fill: true,
        handle_shape: HandleShape::Circle,
        indent_has_left_vline: false,
        ..theme.default_visuals()
    }
}

fn widgets(tokens: &Tokens) -> Widgets {
    let widget = |fill: Color32, border: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, border),
        corner_radius: CornerRadius::same(radius::NORMAL),
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let mut inactive = widget(tokens.surface, tokens.border, tokens.text);
    // What a slider's rail and a check box's inside are filled with.
    inactive.bg_fill = tokens.pressed;
    Widgets {
        noninteractive: widget(tokens.panel, tokens.border, tokens.text),
        inactive,
        hovered: widget(tokens.hover, tokens.border_strong, tokens.text),
        active: widget(tokens.pressed, tokens.border_strong, tokens.text),
        open: widget(tokens.pressed, tokens.border, tokens.text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's contrast ratio.
    fn contrast(one: Color32, other: Color32) -> f64 {
        let luminance = |colour: Color32| {
            let linear = |byte: u8| {
                let part = f64::from(byte) / 255.0;
                if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(colour.r()) + 0.7152 * linear(colour.g()) + 0.0722 * linear(colour.b())
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn words_can_be_read_on_every_ground() {
        for theme in [Theme::Light, Theme::Dark] {
            let it = Tokens::of(theme);
            for ground in [it.panel, it.surface, it.sunken, it.canvas, it.hover, it.stripe] {
                for text in [it.text, it.text_muted, it.accent_text] {
                    assert!(contrast(text, ground) >= 4.5, "{theme:?} {text:?} on {ground:?}");
                }
                for status in
                    [it.in_progress, it.succeeded, it.failed, it.caught, it.aborted, it.not_entered]
                {
                    let ratio = contrast(status.text, ground);
                    assert!(ratio >= 4.5, "{theme:?} {:?} on {ground:?}: {ratio:.2}", status.text);
                }
            }
            for json in
                [it.json_key, it.json_string, it.json_number, it.json_word, it.json_expression]
            {
                assert!(contrast(json, it.sunken) >= 4.5, "{theme:?} {json:?}");
            }
            for status in [it.in_progress, it.succeeded, it.failed, it.caught, it.aborted] {
                assert!(contrast(it.text, status.soft) >= 7.0, "{theme:?} {status:?}");
                assert!(contrast(it.text_muted, status.soft) >= 4.5, "{theme:?} {status:?}");
                assert!(contrast(status.line, it.canvas) >= 2.5, "{theme:?} {status:?}");
            }
            assert!(contrast(it.on_accent, it.accent) >= 4.5);
            assert!(contrast(it.on_terminal, it.terminal) >= 7.0);
            assert!(
                contrast(it.added_text, it.added) >= 4.5
                    && contrast(it.removed_text, it.removed) >= 4.5
            );
        }
    }

    #[test]
    fn installing_keeps_the_animation_time_of_the_caller() {
        let ctx = egui::Context::default();
        ctx.all_styles_mut(|style| style.animation_time = 0.0);
        install(&ctx);
        assert_eq!(ctx.style_of(Theme::Dark).animation_time, 0.0);
        assert_eq!(ctx.style_of(Theme::Light).visuals.panel_fill, LIGHT.panel);
    }
}
