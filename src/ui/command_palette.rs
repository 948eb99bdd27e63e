//! The command palette: every listed command and every state, found by a few letters of its name.

use egui::{Align2, Key, RichText, ScrollArea, vec2};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::controls;
use super::theme::tokens;
use crate::app::{App, Command};

/// Rows that are shown at once.
const MAX_ROWS: usize = 50;

/// What the palette remembers while it is open.
#[derive(Clone, Debug, Default)]
pub(super) struct PaletteView {
    pub open: bool,
    query: String,
    chosen: usize,
}

/// One thing that can be chosen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub label: String,
    /// The shortcut, or what kind of thing it is.
    pub note: String,
    pub commands: Vec<Command>,
}

impl PaletteView {
    pub(super) fn show(&mut self) {
        *self = Self { open: true, ..Self::default() };
    }
}

/// Everything that can be chosen now.
pub(super) fn entries(app: &App) -> Vec<Entry> {
    let enabled =
        Command::listed().into_iter().filter(|listing| controls::is_enabled(app, &listing.command));
    let mut all: Vec<Entry> = enabled
        .map(|listing| Entry {
            label: listing.label.to_owned(),
            note: listing.shortcut.map(|it| it.text()).unwrap_or_default(),
            commands: vec![listing.command],
        })
        .collect();
    if let Some(machine) = app.machine() {
        all.extend(machine.machine.states().into_iter().map(|(path, state)| Entry {
            label: state.name.to_string(),
            note: format!("{} state", state.kind.type_name()),
            commands: vec![Command::SelectState(Some(path)), Command::ZoomToSelection],
        }));
    }
    if let Some(open) = &app.project {
        all.extend(open.project.machines.iter().enumerate().map(|(index, machine)| Entry {
            label: machine.name.clone(),
            note: "State machine".to_owned(),
            commands: vec![Command::SelectMachine(index)],
        }));
    }
    all
}

/// The entries that match, best first; all of them for an empty query.
pub(super) fn ranked(entries: Vec<Entry>, query: &str) -> Vec<Entry> {
    if query.trim().is_empty() {
        return entries;
    }
    let pattern = Pattern::parse(query, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut letters = Vec::new();
    let mut scored: Vec<(u32, Entry)> = entries
        .into_iter()
        .filter_map(|entry| {
            Some((pattern.score(Utf32Str::new(&entry.label, &mut letters), &mut matcher)?, entry))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}

pub(super) fn palette_ui(
    ctx: &egui::Context,
    app: &App,
    view: &mut PaletteView,
    commands: &mut Vec<Command>,
) {
    if !view.open {
        return;
    }
    let (up, down, enter, escape) = ctx.input_mut(|input| {
        let none = egui::Modifiers::NONE;
        (
            input.consume_key(none, Key::ArrowUp),
            input.consume_key(none, Key::ArrowDown),
            input.consume_key(none, Key::Enter),
            input.consume_key(none, Key::Escape),
        )
    });
    let found = ranked(entries(app), &view.query);
    let rows = found.len().min(MAX_ROWS);
    if down {
        view.chosen = (view.chosen + 1).min(rows.saturating_sub(1));
    }
    if up {
        view.chosen = view.chosen.saturating_sub(1);
    }
    let mut picked = enter.then_some(view.chosen);
    let colours = tokens(ctx);
    let window = egui::Window::new("Command palette")
        .title_bar(false)
        .resizable(false)
        .anchor(Align2::CENTER_TOP, vec2(0.0, 90.0))
        .fixed_size(vec2(560.0, 420.0));
    let shown = window.show(ctx, |ui| {
        let field = controls::line_edit(&mut view.query)
            .hint_text("Command, state or machine")
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Find a command")
        });
        response.request_focus();
        if response.changed() {
            view.chosen = 0;
        }
        ui.separator();
        ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
            if found.is_empty() {
                ui.weak("Nothing has that name.");
            }
            for (index, entry) in found.iter().take(rows).enumerate() {
                let row = ui
                    .horizontal(|ui| {
                        let row = ui.selectable_label(index == view.chosen, &entry.label);
                        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                            ui.label(RichText::new(&entry.note).small().color(colours.text_muted));
                        });
                        row
                    })
                    .inner;
                if index == view.chosen && (up || down) {
                    row.scroll_to_me(None);
                }
                if row.clicked() {
                    picked = Some(index);
                }
            }
        });
    });
    let clicked_outside = ctx.input(|input| input.pointer.any_pressed())
        && shown.is_some_and(|it| {
            !it.response.rect.contains(ctx.pointer_latest_pos().unwrap_or_default())
        });
    if let Some(entry) = picked.and_then(|index| found.into_iter().nth(index)) {
        commands.extend(entry.commands);
        view.open = false;
    } else if escape || clicked_outside {
        view.open = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(label: &str) -> Entry {
        Entry { label: label.to_owned(), note: String::new(), commands: Vec::new() }
    }

    #[test]
    fn a_few_letters_find_the_command() {
        let all = ["Step in", "Step back", "Show source", "检查库存"].map(entry).to_vec();
        let labels = |query: &str| {
            ranked(all.clone(), query).into_iter().map(|it| it.label).collect::<Vec<_>>()
        };
        assert_eq!(labels("stb").first().map(String::as_str), Some("Step back"));
        assert_eq!(labels("库"), ["检查库存"]);
        assert_eq!(labels("").len(), 4);
        assert!(labels("zzz").is_empty());
    }
}
