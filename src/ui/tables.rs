//! The embedded DynamoDB: tables and their items, to be looked at and changed.

use std::collections::BTreeSet;

use egui::{RichText, ScrollArea, TextEdit, Ui};
use egui_extras::{Column, TableBuilder};

use super::buckets::{BucketsView, buckets_ui};
use super::controls;
use super::theme::{size, space, tokens};
use crate::app::{App, Command, NoticeLevel, TableContents, Value};

/// Columns beyond the keys that are shown before an item must be opened.
const MAX_COLUMNS: usize = 10;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct TablesView {
    table: usize,
    /// The buckets instead of a table.
    buckets: BucketsView,
    /// The item being edited, as text, with the key it had.
    editing: Option<Editing>,
}

#[derive(Clone, Debug)]
struct Editing {
    table: String,
    text: String,
    error: Option<String>,
    /// The key that the item had, to be deleted when the item gets another.
    key: Option<Value>,
    /// The newest notice when it was sent: a newer error is about it.
    sent_after: Option<u64>,
}

pub(super) fn tables_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut TablesView,
    commands: &mut Vec<Command>,
) {
    let tables =
        app.project.as_ref().map(|open| open.answers.database.tables()).unwrap_or_default();
    let has_buckets = app.project.as_ref().is_some_and(|open| open.answers.s3.has_buckets());
    if tables.is_empty() && !has_buckets {
        controls::empty_ui(
            ui,
            "No tables and no buckets",
            "Tables that the project defines are created in an embedded DynamoDB and shown here, and so are the objects of its folder s3.",
        );
        return;
    }
    if has_buckets {
        if tables.is_empty() {
            view.buckets.shown = true;
        } else {
            ui.horizontal(|ui| {
                ui.selectable_value(&mut view.buckets.shown, false, "DynamoDB");
                ui.selectable_value(&mut view.buckets.shown, true, "S3");
            });
        }
        if view.buckets.shown {
            buckets_ui(ui, app, &mut view.buckets, commands);
            return;
        }
    }
    view.table = view.table.min(tables.len() - 1);
    let table = &tables[view.table];
    ui.horizontal(|ui| {
        for (index, table) in tables.iter().enumerate() {
            ui.selectable_value(
                &mut view.table,
                index,
                format!("{} ({})", table.name, table.items.len()),
            );
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            controls::command_button_ui(
                ui,
                app,
                &Command::ResetTables,
                controls::ButtonLook::Label,
                commands,
            );
            if ui.button("Add item").clicked() {
                let key = table
                    .key_names
                    .iter()
                    .map(|name| (name.as_str(), Value::object([("S", Value::from(""))])));
                let text = Value::object(key).to_pretty();
                view.editing = Some(Editing::of(table, text, None));
            }
        });
    });
    if view.editing.is_some() {
        editor_ui(ui, app, table, view, commands);
        return;
    }
    if table.items.is_empty() {
        ui.add_space(space::M);
        ui.weak("The table is empty.");
        return;
    }
    items_ui(ui, table, view, commands);
}

impl Editing {
    fn of(table: &TableContents, text: String, item: Option<&Value>) -> Self {
        let key = item.map(|item| key_of(table, item));
        Self { table: table.name.clone(), text, error: None, key, sent_after: None }
    }
}

/// The key attributes of an item.
fn key_of(table: &TableContents, item: &Value) -> Value {
    let names = table.key_names.iter();
    Value::object(names.filter_map(|name| Some((name.as_str(), item.get(name)?.clone()))))
}

/// The item being edited, in DynamoDB JSON. It stays open until the table has taken it.
fn editor_ui(
    ui: &mut Ui,
    app: &App,
    table: &TableContents,
    view: &mut TablesView,
    commands: &mut Vec<Command>,
) {
    let Some(editing) = &mut view.editing else { return };
    let mut done = false;
    if let Some(sent_after) = editing.sent_after.take() {
        let refused =
            app.notices.iter().find(|it| it.id > sent_after && it.level == NoticeLevel::Error);
        editing.error = refused.map(|notice| notice.remedy.clone());
        done = refused.is_none();
        if let (true, Some(old), Ok(item)) = (done, &editing.key, Value::parse(&editing.text))
            && key_of(table, &item) != *old
        {
            commands.push(Command::DeleteItem { table: editing.table.clone(), key: old.clone() });
        }
    }
    ui.horizontal(|ui| {
        ui.label(format!("Item of {} in DynamoDB JSON", editing.table));
        if ui.button("Save item").clicked() {
            match Value::parse(&editing.text) {
                Ok(item) => {
                    commands.push(Command::PutItem { table: editing.table.clone(), item });
                    editing.sent_after = Some(app.notices.last().map_or(0, |it| it.id));
                }
                Err(err) => editing.error = Some(format!("This is not JSON: {err}")),
            }
        }
        if ui.button("Cancel").clicked() {
            done = true;
        }
    });
    if let Some(error) = &editing.error {
        ui.colored_label(tokens(ui.ctx()).failed.text, error);
    }
    ScrollArea::vertical().show(ui, |ui| {
        let field = TextEdit::multiline(&mut editing.text)
            .code_editor()
            .desired_width(f32::INFINITY)
            .desired_rows(8);
        ui.add(field)
            .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Item"));
    });
    if done {
        view.editing = None;
    }
}

fn items_ui(
    ui: &mut Ui,
    table: &TableContents,
    view: &mut TablesView,
    commands: &mut Vec<Command>,
) {
    let colours = tokens(ui.ctx());
    let columns = columns(table);
    let mut builder = TableBuilder::new(ui)
        .min_scrolled_height(0.0)
        .id_salt(&table.name)
        .striped(true)
        .cell_layout(egui::Layout::left_to_right(egui::Align::Center))
        .column(Column::exact(118.0));
    for _ in &columns {
        builder = builder.column(Column::initial(150.0).resizable(true).clip(true));
    }
    builder
        .column(Column::remainder())
        .header(size::ROW, |mut header| {
            header.col(|_| ());
            for name in &columns {
                header.col(|ui| {
                    let key = table.key_names.contains(name);
                    let text =
                        RichText::new(if key { format!("{name} (key)") } else { name.clone() });
                    ui.label(text.small().color(if key {
                        colours.accent_text
                    } else {
                        colours.text_muted
                    }));
                });
            }
        })
        .body(|body| {
            body.rows(24.0, table.items.len(), |mut row| {
                let Some(item) = table.items.get(row.index()) else { return };
                row.col(|ui| {
                    if ui.small_button("Edit").clicked() {
                        view.editing = Some(Editing::of(table, item.to_pretty(), Some(item)));
                    }
                    if ui.small_button("Delete").clicked() {
                        let (table, key) = (table.name.clone(), key_of(table, item));
                        commands.push(Command::DeleteItem { table, key });
                    }
                });
                for name in &columns {
                    row.col(|ui| {
                        let text = item.get(name).map(plain).unwrap_or_default();
                        ui.label(RichText::new(&text).monospace()).on_hover_text(text);
                    });
                }
                row.col(|_| ());
            });
        });
}

/// Keys first, then the attributes of the items in alphabetical order.
fn columns(table: &TableContents) -> Vec<String> {
    let names = table.items.iter().filter_map(|item| item.as_object()).flat_map(|item| item.keys());
    let others: BTreeSet<String> =
        names.map(|it| it.to_string()).filter(|it| !table.key_names.contains(it)).collect();
    table.key_names.iter().cloned().chain(others.into_iter().take(MAX_COLUMNS)).collect()
}

/// An attribute value without its type: `{"S": "x"}` is `x`.
fn plain(attribute: &Value) -> String {
    let Some((kind, value)) = attribute.as_object().and_then(|members| members.first()) else {
        return attribute.to_string();
    };
    match (&**kind, value) {
        ("S" | "N" | "B", Value::String(text)) => text.to_string(),
        ("NULL", _) => "null".to_owned(),
        ("L", Value::Array(items)) => {
            format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", "))
        }
        ("M", Value::Object(members)) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect();
            format!("{{{}}}", members.join(", "))
        }
        (_, value) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_is_shown_without_its_types() {
        let attribute = Value::parse(
            r#"{"M":{"a":{"N":"1"},"b":{"L":[{"S":"x"},{"NULL":true},{"BOOL":false}]}}}"#,
        );
        assert_eq!(plain(&attribute.expect("JSON")), "{a: 1, b: [x, null, false]}");
    }

    #[test]
    fn keys_come_first() {
        let item = |json| Value::parse(json).expect("JSON");
        let table = TableContents {
            name: "t".to_owned(),
            key_names: vec!["id".to_owned()],
            items: vec![
                item(r#"{"b":{"S":"1"},"id":{"S":"2"}}"#),
                item(r#"{"a":{"S":"1"},"id":{"S":"3"}}"#),
            ],
        };
        assert_eq!(columns(&table), ["id", "a", "b"]);
    }
}
