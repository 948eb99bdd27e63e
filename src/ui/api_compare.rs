//! An emulated answer and a deployed one side by side: what differs, and, toned down, what differs by nature.

use egui::{RichText, Ui};

use super::theme::{space, tokens};
use crate::app::remote::{BodyComparison, Comparison, Difference};
use crate::app::{Exchange, SentTo};

/// What the pane remembers: comparing large bodies each frame would be felt.
#[derive(Clone, Debug, Default)]
pub(super) struct CompareView {
    known: Option<((u64, u64), Comparison)>,
}

pub(super) fn compare_ui(ui: &mut Ui, view: &mut CompareView, one: &Exchange, other: &Exchange) {
    let (emulated, deployed) =
        if one.sent_to == SentTo::Emulator { (one, other) } else { (other, one) };
    let (Some(left), Some(right)) = (emulated.response(), deployed.response()) else {
        ui.weak("One of the two has no answer.");
        return;
    };
    let key = (emulated.id, deployed.id);
    if view.known.as_ref().is_none_or(|(it, _)| *it != key) {
        view.known = Some((key, Comparison::of(left, right)));
    }
    let Some((_, found)) = &view.known else { return };
    let colours = tokens(ui.ctx());
    let (words, colour) = if found.agrees() {
        ("Both answers agree", colours.succeeded.text)
    } else {
        ("The answers differ", colours.caught.text)
    };
    ui.label(RichText::new(words).strong().color(colour));
    ui.add_space(space::XS);
    let status = Difference {
        name: "Status".to_owned(),
        emulated: Some(found.status.0.to_string()),
        deployed: Some(found.status.1.to_string()),
        by_nature: found.status.0 == found.status.1,
    };
    let mut rows = vec![status];
    match &found.body {
        BodyComparison::Same => {}
        BodyComparison::Json(list) => rows.extend(list.iter().cloned()),
        BodyComparison::Text => rows.push(Difference {
            name: "Body".to_owned(),
            emulated: Some(left.body.clone()),
            deployed: Some(right.body.clone()),
            by_nature: false,
        }),
    }
    rows.extend(found.headers.iter().cloned());
    // What means something first.
    rows[1..].sort_by_key(|it| it.by_nature);
    table_ui(ui, &rows);
    if found.body == BodyComparison::Same {
        ui.weak("The bodies are the same.");
    }
}

fn table_ui(ui: &mut Ui, rows: &[Difference]) {
    let colours = tokens(ui.ctx());
    let column = ((ui.available_width() - 2.0 * space::M) / 3.0).max(60.0);
    egui::Grid::new("comparison")
        .num_columns(3)
        .spacing([space::M, 3.0])
        .striped(true)
        .max_col_width(column)
        .show(ui, |ui| {
            for title in ["", "Emulated", "Deployed"] {
                ui.label(RichText::new(title).small().color(colours.text_muted));
            }
            ui.end_row();
            for row in rows {
                let ink = if row.by_nature { colours.text_faint } else { colours.text };
                let name = ui.add(
                    egui::Label::new(RichText::new(&row.name).color(colours.text_muted)).truncate(),
                );
                if row.by_nature && row.name != "Status" {
                    name.on_hover_text(
                        "An id, a time, or what the way between adds: it differs by nature",
                    );
                }
                for side in [&row.emulated, &row.deployed] {
                    let text = side.as_deref().unwrap_or("–");
                    let words = RichText::new(shortened(text)).monospace().color(ink);
                    ui.add(egui::Label::new(words).truncate()).on_hover_text(shortened(text));
                }
                ui.end_row();
            }
        });
}

/// The beginning of a long value.
fn shortened(text: &str) -> String {
    const MOST: usize = 400;
    let mut short: String = text.chars().take(MOST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
