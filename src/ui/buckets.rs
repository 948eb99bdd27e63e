//! The embedded S3: buckets, their objects, and what is in one. To be looked at only.

use egui::{RichText, ScrollArea, Ui};
use egui_extras::{Column, TableBuilder};

use super::controls;
use super::json_view::{json_block_ui, text_block_ui};
use super::theme::{size, space, tokens};
use crate::app::{App, BucketContents, Command, Value};

/// Bytes of an object that are shown.
const PREVIEW_BYTES: usize = 64 << 10;

/// What the view remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct BucketsView {
    pub shown: bool,
    bucket: usize,
    /// The key of the object that is open.
    object: Option<String>,
}

pub(super) fn buckets_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut BucketsView,
    commands: &mut Vec<Command>,
) {
    let Some(open) = &app.project else { return };
    let buckets = open.answers.s3.buckets();
    view.bucket = view.bucket.min(buckets.len().saturating_sub(1));
    ui.horizontal_wrapped(|ui| {
        for (index, bucket) in buckets.iter().enumerate() {
            let text = format!("{} ({})", bucket.name, bucket.objects.len());
            if ui.selectable_label(view.bucket == index, text).clicked() {
                (view.bucket, view.object) = (index, None);
            }
        }
    });
    let Some(bucket) = buckets.get(view.bucket) else { return };
    if let Some(key) = view.object.clone() {
        match open.answers.s3.object(&bucket.name, &key) {
            Some(body) => {
                if object_ui(ui, &bucket.name, &key, &body, commands) {
                    view.object = None;
                }
                return;
            }
            // It was deleted meanwhile.
            None => view.object = None,
        }
    }
    if bucket.objects.is_empty() {
        ui.add_space(space::M);
        ui.weak("The bucket is empty.");
        return;
    }
    objects_ui(ui, bucket, view);
}

fn objects_ui(ui: &mut Ui, bucket: &BucketContents, view: &mut BucketsView) {
    let muted = tokens(ui.ctx()).text_muted;
    TableBuilder::new(ui)
        .min_scrolled_height(0.0)
        .id_salt(("bucket", &bucket.name))
        .striped(true)
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
        .column(Column::initial(280.0).resizable(true).clip(true))
        .column(Column::initial(80.0))
        .column(Column::initial(160.0).clip(true))
        .column(Column::remainder().clip(true))
        .header(size::ROW, |mut header| {
            for name in ["Key", "Size", "Type", "Last modified"] {
                header.col(|ui| {
                    ui.label(RichText::new(name).small().color(muted));
                });
            }
        })
        .body(|body| {
            body.rows(24.0, bucket.objects.len(), |mut row| {
                let Some(object) = bucket.objects.get(row.index()) else { return };
                row.col(|ui| {
                    let link = ui.link(RichText::new(&object.key).monospace());
                    if link.on_hover_text("Show what is in it").clicked() {
                        view.object = Some(object.key.clone());
                    }
                });
                row.col(|ui| {
                    ui.label(bytes_text(object.bytes));
                });
                row.col(|ui| {
                    ui.label(&*object.content_type);
                });
                row.col(|ui| {
                    ui.label(object.last_modified.to_string());
                });
            });
        });
}

/// What is in an object; whether the list is wanted back.
fn object_ui(
    ui: &mut Ui,
    bucket: &str,
    key: &str,
    body: &[u8],
    commands: &mut Vec<Command>,
) -> bool {
    let mut back = false;
    let shown = body.get(..PREVIEW_BYTES).unwrap_or(body);
    let text = text_of(shown);
    ui.horizontal(|ui| {
        back = ui.button("All objects").clicked();
        if let Some(text) = &text
            && ui.button("Copy").clicked()
        {
            commands.push(Command::CopyText(text.clone()));
        }
        ui.weak(bytes_text(body.len()));
        let place = RichText::new(format!("s3://{bucket}/{key}")).monospace();
        ui.add(egui::Label::new(place).truncate());
    });
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        let whole = shown.len() == body.len();
        match (&text, text.as_deref().filter(|_| whole).map(Value::parse)) {
            (Some(_), Some(Ok(value @ (Value::Object(_) | Value::Array(_))))) => {
                json_block_ui(ui, ("object", bucket, key), &value);
            }
            (Some(text), _) => text_block_ui(ui, ("object", bucket, key), text),
            (None, _) => {
                let text = "These bytes are no text, so there is nothing to read here.";
                controls::empty_ui(ui, "Not a text", text);
            }
        }
        if !whole && text.is_some() {
            ui.weak(format!("The first {} are shown.", bytes_text(PREVIEW_BYTES)));
        }
    });
    back
}

/// The text of bytes that may end in the middle of a letter.
fn text_of(bytes: &[u8]) -> Option<String> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text.to_owned()),
        Err(err) if err.error_len().is_none() => {
            let whole = bytes.get(..err.valid_up_to())?;
            Some(String::from_utf8_lossy(whole).into_owned())
        }
        Err(_) => None,
    }
}

fn bytes_text(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_was_cut_is_left_out_and_other_bytes_are_no_text() {
        assert_eq!(text_of("aß".as_bytes()).as_deref(), Some("aß"));
        assert_eq!(text_of(&"aß".as_bytes()[..2]).as_deref(), Some("a"));
        assert_eq!(text_of(&[0x61, 0xff, 0x61]), None);
    }

    #[test]
    fn sizes_are_told_in_the_unit_that_fits() {
        assert_eq!(bytes_text(1023), "1023 B");
        assert_eq!(bytes_text(1536), "1.5 KB");
        assert_eq!(bytes_text(3 << 20), "3.0 MB");
    }
}
