//! SVG text as a PNG file, within what memory and time allow.

use std::sync::Arc;

use resvg::usvg::{self, fontdb};

use crate::layout::{Size, typeface};

/// A picture of this many pixels takes 128 MB while it is drawn, and seconds to be packed.
const MOST_PIXELS: f32 = 32e6;
/// Pixels of all areas, one over the other: containers within containers are filled again and again.
const MOST_PAINTED: f32 = 300e6;
/// Rows of pixels of all lines: each is mixed with what is under it by itself, 0.6 µs a row.
const MOST_ROWS: f32 = 8e6;
const LONGEST_SIDE: f32 = 30_000.0;

pub(super) fn possible_scale(size: Size, scale: f32) -> f32 {
    scale
        .clamp(0.01, 8.0)
        .min((MOST_PIXELS / (size.w * size.h)).sqrt())
        .min(LONGEST_SIDE / size.w.max(size.h))
}

/// SVG text as a PNG file, `scale` pixels for each of its units. A picture too large for that is drawn smaller.
///
/// # Errors
/// The text is no SVG, or has no size.
pub(super) fn png(svg: &str, scale: f32) -> Result<Vec<u8>, String> {
    let options = usvg::Options {
        fontdb: Arc::new(fonts()),
        font_family: typeface::FAMILY.to_owned(),
        ..Default::default()
    };
    let tree = usvg::Tree::from_str(svg, &options)
        .map_err(|err| format!("the picture can't be drawn: {err}"))?;
    let size = tree.size();
    let scale = possible_scale(Size { w: size.width(), h: size.height() }, scale)
        .min((MOST_PAINTED / painted(tree.root()).max(1.0)).sqrt())
        .min(MOST_ROWS / lines(tree.root()).max(1.0));
    let (w, h) = ((size.width() * scale).ceil().max(1.0), (size.height() * scale).ceil().max(1.0));
    let mut pixmap =
        resvg::tiny_skia::Pixmap::new(w as u32, h as u32).ok_or("the picture has no size")?;
    resvg::render(
        &tree,
        resvg::tiny_skia::Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    pixmap.encode_png().map_err(|err| format!("the picture can't be written: {err}"))
}

/// The areas that are filled, all together, in the picture's units.
fn painted(group: &usvg::Group) -> f32 {
    let area = |node: &usvg::Node| match node {
        usvg::Node::Group(inner) => painted(inner),
        usvg::Node::Path(path) if path.fill().is_some() => {
            let bounds = path.abs_bounding_box();
            bounds.width() * bounds.height()
        }
        usvg::Node::Path(_) | usvg::Node::Image(_) | usvg::Node::Text(_) => 0.0,
    };
    group.children().iter().map(area).sum()
}

/// The heights of all lines together, in the picture's units.
fn lines(group: &usvg::Group) -> f32 {
    let height = |node: &usvg::Node| match node {
        usvg::Node::Group(inner) => lines(inner),
        usvg::Node::Path(path) if path.stroke().is_some() => path.abs_bounding_box().height(),
        usvg::Node::Path(_) | usvg::Node::Image(_) | usvg::Node::Text(_) => 0.0,
    };
    group.children().iter().map(height).sum()
}

/// The fonts of the program, and none of the system: a picture is the same everywhere.
fn fonts() -> fontdb::Database {
    let mut fonts = fontdb::Database::new();
    for bytes in [
        typeface::INTER_REGULAR,
        typeface::INTER_MEDIUM,
        typeface::INTER_SEMIBOLD,
        typeface::FALLBACK,
    ] {
        fonts.load_font_source(fontdb::Source::Binary(Arc::new(bytes)));
    }
    fonts.set_sans_serif_family(typeface::FAMILY);
    fonts
}
