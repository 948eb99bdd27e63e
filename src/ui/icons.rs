//! The drawings of services and states as textures, rasterised at the size in which they are shown so that they are sharp.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::mutex::Mutex;
use egui::{
    Color32, ColorImage, Context, Id, Pos2, Rect, Response, Sense, Shape, TextureHandle,
    TextureOptions, Ui,
};
use egui::{Vec2, pos2};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use crate::layout::icon;

/// Textures by name and side in pixels, kept in the context.
#[derive(Clone, Default)]
struct Textures(Arc<Mutex<BTreeMap<(&'static str, u32), TextureHandle>>>);

/// The drawing of `name` in a square of the screen.
pub fn shape(ctx: &Context, name: &'static str, rect: Rect) -> Shape {
    let pixels_per_point = ctx.pixels_per_point();
    let side = pixel_side(rect.width() * pixels_per_point);
    let Some(texture) = texture(ctx, name, side) else { return Shape::Noop };
    // A whole number of pixels from the corner, or the texture would be blurred between two of them.
    let snapped = |point: f32| (point * pixels_per_point).round() / pixels_per_point;
    let rect = Rect::from_min_size(pos2(snapped(rect.min.x), snapped(rect.min.y)), rect.size());
    let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
    Shape::image(texture, rect, whole, Color32::WHITE)
}

/// The drawing of `name` as a widget. It says nothing to a screen reader: the text beside it does.
pub fn icon_ui(ui: &mut Ui, name: &'static str, side: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    if ui.is_rect_visible(rect) {
        ui.painter().add(shape(ui.ctx(), name, rect));
    }
    response
}

/// The window's own icon, as RGBA with straight alpha: width, height, bytes.
pub fn window_icon(side: u32) -> Option<(u32, u32, Vec<u8>)> {
    let pixmap = rasterised("stepwell", side)?;
    let bytes = pixmap.pixels().iter().flat_map(|pixel| {
        let straight = pixel.demultiply();
        [straight.red(), straight.green(), straight.blue(), straight.alpha()]
    });
    Some((side, side, bytes.collect()))
}

/// The side to rasterise at: that of the screen up to 48 pixels (to the next even one, so that zooming makes few
/// textures), then in larger steps.
fn pixel_side(pixels: f32) -> u32 {
    let wanted = pixels.ceil().clamp(2.0, 256.0) as u32;
    if wanted <= 48 { wanted.next_multiple_of(2) } else { wanted.next_multiple_of(32) }
}

fn texture(ctx: &Context, name: &'static str, side: u32) -> Option<egui::TextureId> {
    let textures = ctx.data_mut(|data| data.get_temp_mut_or_default::<Textures>(Id::NULL).clone());
    let mut textures = textures.0.lock();
    if let Some(texture) = textures.get(&(name, side)) {
        return Some(texture.id());
    }
    let pixmap = rasterised(name, side)?;
    let image = ColorImage::from_rgba_premultiplied([side as usize, side as usize], pixmap.data());
    let texture = ctx.load_texture(format!("icon {name} {side}"), image, TextureOptions::LINEAR);
    let id = texture.id();
    textures.insert((name, side), texture);
    Some(id)
}

fn rasterised(name: &str, side: u32) -> Option<Pixmap> {
    let tree = Tree::from_str(icon::svg(name), &Options::default()).ok()?;
    let mut pixmap = Pixmap::new(side, side)?;
    let scale = side as f32 / tree.size().width();
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Some(pixmap)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_icon_paints_something() {
        for name in icon::NAMES {
            let pixmap = rasterised(name, 24).expect("our own drawings are valid");
            let painted = pixmap.pixels().iter().filter(|pixel| pixel.alpha() > 0).count();
            assert!(painted > 24 * 24 / 2, "{name} paints {painted} pixels");
        }
    }

    #[test]
    fn sides_are_exact_where_it_shows() {
        assert_eq!([1.0, 20.0, 27.1, 48.0, 49.0, 9999.0].map(pixel_side), [2, 20, 28, 48, 64, 256]);
    }
}
