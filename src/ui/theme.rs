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
use crate::app::palette::{self, Colour, StatusPalette};
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
    pub const NORMAL: u8 = 4;
    pub const LARGE: u8 = 10;
}

/// Font sizes, in points.
pub mod size {
    pub const SMALL: f32 = 11.5;
    pub const BODY: f32 = 13.0;
    pub const HEADING: f32 = 15.0;
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

const fn of(colour: Colour) -> Color32 {
    rgb(colour.0)
}

const fn status(status: StatusPalette) -> StatusColours {
    StatusColours { line: of(status.line), text: of(status.text), soft: of(status.soft) }
}

const LIGHT: Tokens = Tokens {
    panel: rgb(0xF7F8FA),
    surface: of(palette::LIGHT.surface),
    sunken: rgb(0xFFFFFF),
    canvas: of(palette::LIGHT.canvas),
    canvas_dot: rgb(0xD3D9E2),
    hover: rgb(0xECEFF4),
    pressed: rgb(0xDFE4EC),
    stripe: rgb(0xF1F3F7),
    border: rgb(0xDDE2E9),
    border_strong: of(palette::LIGHT.border_strong),
    shadow: Color32::from_rgba_premultiplied(1, 2, 4, 34),
    text: of(palette::LIGHT.text),
    text_muted: of(palette::LIGHT.text_muted),
    text_faint: rgb(0x7A8596),
    accent: rgb(0x1D64D8),
    accent_text: rgb(0x1754B8),
    accent_soft: rgb(0xDFEAFC),
    on_accent: rgb(0xFFFFFF),
    not_entered: status(palette::LIGHT.not_entered),
    in_progress: status(palette::LIGHT.in_progress),
    succeeded: status(palette::LIGHT.succeeded),
    failed: status(palette::LIGHT.failed),
    caught: status(palette::LIGHT.caught),
    aborted: status(palette::LIGHT.aborted),
    on_status: of(palette::LIGHT.on_status),
    edge: of(palette::LIGHT.edge),
    edge_catch: of(palette::LIGHT.edge_catch),
    edge_taken: rgb(0x228A42),
    container: Color32::from_rgba_premultiplied(3, 4, 6, 10),
    container_border: of(palette::LIGHT.container_border),
    terminal: of(palette::LIGHT.terminal),
    on_terminal: of(palette::LIGHT.on_terminal),
    breakpoint: rgb(0xE0352B),
    breakpoint_faint: Color32::from_rgba_premultiplied(84, 20, 16, 96),
    cursor: rgb(0xF7B51C),
    cursor_line: rgb(0x8A5F00),
    json_key: rgb(0x0A4F96),
    json_string: rgb(0x1B7337),
    json_number: rgb(0x8B34A6),
    json_word: rgb(0xA8460F),
    json_mark: rgb(0x6B7688),
    json_expression: rgb(0x9C2A68),
    added: rgb(0xDFF4E3),
    added_text: rgb(0x14612B),
    removed: rgb(0xFBE3E0),
    removed_text: rgb(0x982212),
    changed: rgb(0xFDF0CF),
    found: rgb(0xFFE28A),
};

const DARK: Tokens = Tokens {
    panel: rgb(0x171A21),
    surface: of(palette::DARK.surface),
    sunken: rgb(0x11141A),
    canvas: of(palette::DARK.canvas),
    canvas_dot: rgb(0x282E39),
    hover: rgb(0x262C37),
    pressed: rgb(0x2F3744),
    stripe: rgb(0x1B1F27),
    border: rgb(0x3A4350),
    border_strong: of(palette::DARK.border_strong),
    shadow: Color32::from_rgba_premultiplied(0, 0, 0, 110),
    text: of(palette::DARK.text),
    text_muted: of(palette::DARK.text_muted),
    text_faint: rgb(0x747F90),
    accent: rgb(0x5AA2FF),
    accent_text: rgb(0x84BAFF),
    accent_soft: rgb(0x1E3458),
    on_accent: rgb(0x081322),
    not_entered: status(palette::DARK.not_entered),
    in_progress: status(palette::DARK.in_progress),
    succeeded: status(palette::DARK.succeeded),
    failed: status(palette::DARK.failed),
    caught: status(palette::DARK.caught),
    aborted: status(palette::DARK.aborted),
    on_status: of(palette::DARK.on_status),
    edge: of(palette::DARK.edge),
    edge_catch: of(palette::DARK.edge_catch),
    edge_taken: rgb(0x3FB55C),
    container: Color32::from_rgba_premultiplied(6, 7, 9, 9),
    container_border: of(palette::DARK.container_border),
    terminal: of(palette::DARK.terminal),
    on_terminal: of(palette::DARK.on_terminal),
    breakpoint: rgb(0xF05045),
    breakpoint_faint: Color32::from_rgba_premultiplied(100, 33, 28, 106),
    cursor: rgb(0xFFC83D),
    cursor_line: rgb(0x5E4400),
    json_key: rgb(0x8FC1FF),
    json_string: rgb(0x8BD69A),
    json_number: rgb(0xD7A6F0),
    json_word: rgb(0xF0AA7C),
    json_mark: rgb(0x8B96A7),
    json_expression: rgb(0xF29BC8),
    added: rgb(0x173A23),
    added_text: rgb(0x86DD9A),
    removed: rgb(0x462222),
    removed_text: rgb(0xFFA096),
    changed: rgb(0x423618),
    found: rgb(0x6B5514),
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
    // Where the system does not say, light: that is how the pictures of a workflow are known.
    ctx.options_mut(|options| options.fallback_theme = Theme::Light);
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
        // Bars have room of their own, so that nothing lies under them.
        floating_allocated_width: 9.0,
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
