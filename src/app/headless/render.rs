//! The graph as a picture: SVG, and PNG from it. The look is the window's, without the window.

mod picture;
mod png;

use self::picture::picture;
use self::png::{png, possible_scale};
use super::text_width::{Face, width};
use crate::app::palette::{self, Palette};
use crate::asl::{StateMachine, StatePath};
use crate::execution::{SharedMap, StateSummary};
use crate::layout::card::{self, Card};
use crate::layout::{Graph, LayoutOptions, Size};

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    Light,
    Dark,
}

/// How the states of an execution fare; `None` draws the definition alone.
pub type Statuses<'a> = Option<&'a SharedMap<StatePath, StateSummary>>;

const CARD_HEIGHT: f32 = 50.0;
const CARD_WIDTH: (f32, f32) = (184.0, 328.0);
const ICON_SIDE: f32 = 30.0;
const TEXT_LEFT: f32 = 50.0;
const BADGE_ROOM: f32 = 28.0;
const HEADER_HEIGHT: f32 = 38.0;
const TITLE_SIZE: f32 = 13.0;
const KIND_SIZE: f32 = 10.5;
const LABEL_SIZE: f32 = 10.5;
const LABEL_HEIGHT: f32 = 19.0;
const MAX_LABEL_WIDTH: f32 = 240.0;
/// Around the drawing.
const MARGIN: f32 = 32.0;

const OPTIONS: LayoutOptions = LayoutOptions {
    container_padding: 24.0,
    container_title: HEADER_HEIGHT + 10.0,
    layer_gap: 40.0,
    node_gap: 44.0,
    edge_gap: 16.0,
};

/// Pixels per unit below which words and dashes are specks; setting them for thousands of states would take half a minute.
const LEGIBLE_SCALE: f32 = 0.15;

/// The picture of a machine as SVG text.
pub fn svg(machine: &StateMachine, statuses: Statuses<'_>, theme: Theme) -> String {
    drawn(machine, statuses, theme, None).0
}

/// The picture of a machine as a PNG file, `scale` pixels for each of its units. One too large for that is drawn smaller, and without
/// what cannot be seen then.
///
/// # Errors
/// The picture cannot be written.
pub fn machine_png(
    machine: &StateMachine,
    statuses: Statuses<'_>,
    theme: Theme,
    scale: f32,
) -> Result<Vec<u8>, String> {
    let (svg, size) = drawn(machine, statuses, theme, Some(scale));
    png(&svg, possible_scale(size, scale))
}

/// The SVG text and its size; for pixels (`scale` for each unit) without what they cannot show.
fn drawn(
    machine: &StateMachine,
    statuses: Statuses<'_>,
    theme: Theme,
    scale: Option<f32>,
) -> (String, Size) {
    let graph =
        Graph::of(machine, &|_| false, &|state| card_size(&card::card_of(state)), &label_size);
    let layout = graph.layout(&OPTIONS);
    let states = machine.states().into_iter().collect();
    let size = Size { w: layout.size.w + MARGIN * 2.0, h: layout.size.h + MARGIN * 2.0 };
    let legible = scale.is_none_or(|scale| possible_scale(size, scale) >= LEGIBLE_SCALE);
    let text = picture(&graph, &layout, states, statuses, Colours::of(theme), legible);
    (text, size)
}

fn card_size(card: &Card) -> Size {
    let title = width(&card.title, Face::Medium, TITLE_SIZE) + 12.0;
    let kind = width(&card.kind_line, Face::Regular, KIND_SIZE) + BADGE_ROOM;
    let w = (TEXT_LEFT + title.max(kind)).clamp(CARD_WIDTH.0, CARD_WIDTH.1);
    Size { w: w.ceil(), h: CARD_HEIGHT }
}

fn label_size(label: &str) -> Size {
    let w = (width(label, Face::Regular, LABEL_SIZE) + 16.0).min(MAX_LABEL_WIDTH);
    Size { w: w.ceil(), h: LABEL_HEIGHT }
}

/// The palette, and the colours that let what is under them through: red, green, blue and alpha.
struct Colours {
    palette: &'static Palette,
    container: &'static str,
    shadow: &'static str,
}

static LIGHT: Colours =
    Colours { palette: &palette::LIGHT, container: "#5b7fc80e", shadow: "#0814221c" };

static DARK: Colours =
    Colours { palette: &palette::DARK, container: "#c4d7ff0d", shadow: "#0000004d" };

impl Colours {
    fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::asl::parse::parse;
    use crate::execution::StateStatus;
    use crate::json::document::{Document, Format};

    const TEXT: &str = r#"{"StartAt": "检查 <库存>", "States": {
        "检查 <库存>": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:getItem", "Next": "Each",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Stop & think"}]},
        "Each": {"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}},
        "Stop & think": {"Type": "Fail"}}}"#;

    fn machine() -> StateMachine {
        parse(&Document::parse(TEXT, Format::Json)).machine
    }

    fn summary(status: StateStatus) -> StateSummary {
        let mut summary = StateSummary::default();
        summary.status = status;
        summary
    }

    #[test]
    fn a_picture_shows_every_state_and_both_themes_differ_in_colour_only() {
        let light = svg(&machine(), None, Theme::Light);
        for text in [
            "检查 &lt;库存&gt;",
            "Stop &amp; think",
            "DynamoDB: GetItem",
            "Catch: States.ALL",
            "Start",
            "End",
            "Map state",
        ] {
            assert!(light.contains(text), "{text}");
        }
        let dark = svg(&machine(), None, Theme::Dark);
        assert!(!dark.contains(&LIGHT.palette.canvas.to_string()));
        assert_eq!(light.lines().count(), dark.lines().count());
    }

    #[test]
    fn statuses_give_colours_badges_and_the_way_that_was_taken() {
        let statuses: SharedMap<StatePath, StateSummary> = [
            (StatePath::new("检查 <库存>"), summary(StateStatus::Caught)),
            (StatePath::new("Stop & think"), summary(StateStatus::Failed)),
        ]
        .into_iter()
        .collect();
        let plain = svg(&machine(), None, Theme::Light);
        let shown = svg(&machine(), Some(&statuses), Theme::Light);
        let more = |what: &str| shown.matches(what).count() - plain.matches(what).count();
        assert_eq!(more("<circle"), 2);
        assert!(
            shown.contains(&LIGHT.palette.failed.soft.to_string())
                && !shown.contains(&LIGHT.palette.succeeded.soft.to_string())
        );
        // from the start to the task, and on by the Catch
        assert_eq!(more(r#"stroke-width="2""#), 2);
    }

    #[test]
    fn a_png_is_as_large_as_was_asked_for_and_uses_our_fonts() {
        let text = svg(&machine(), None, Theme::Light);
        let size = |scale: f32| {
            let bytes = png(&text, scale).expect("a picture");
            let pixmap = resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("a PNG");
            (pixmap.width(), pixmap.height())
        };
        let (small, large) = (size(1.0), size(2.0));
        assert_eq!((small.0 * 2, small.1 * 2), large);
        let bytes = png(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20" font-family="Inter, 'Droid Sans Fallback'"><text y="16">库</text></svg>"#,
            1.0,
        );
        let pixmap =
            resvg::tiny_skia::Pixmap::decode_png(&bytes.expect("a picture")).expect("a PNG");
        assert!(
            pixmap.pixels().iter().any(|pixel| pixel.alpha() > 200),
            "a Chinese character is drawn"
        );
        assert!(png("no svg", 1.0).is_err());
    }

    #[test]
    fn what_would_take_too_much_paint_is_drawn_smaller() {
        let rect = r##"<rect width="4000" height="4000" fill="#00f1"/>"##;
        let picture = |layers: usize| {
            let text = format!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="4000">{}</svg>"#,
                rect.repeat(layers)
            );
            let bytes = png(&text, 8.0).expect("a picture");
            resvg::tiny_skia::Pixmap::decode_png(&bytes).expect("a PNG").width()
        };
        let (few, many) = (picture(1), picture(60));
        assert!(few * few <= 33_000_000, "{few}");
        assert!(many * many * 60 <= 310_000_000, "{many}");
    }
}
