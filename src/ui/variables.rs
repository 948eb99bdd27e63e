//! Scopes of the frame at the cursor (variables, context object and the rest), and expressions to evaluate there.

use egui::{Key, RichText, ScrollArea, Ui};

use super::controls;
use super::json_view::{Mark, json_block_ui, line_of, marked_json_ui};
use super::theme::{space, tokens};
use crate::app::{App, Command, Value};
use crate::debug::ScopeKind;

/// What the pane remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct VariablesView {
    expression: String,
    /// Watched expressions, oldest first.
    watches: Vec<String>,
    /// The field that was last scrolled to, by its number.
    followed: u64,
}

pub(super) fn variables_ui(
    ui: &mut Ui,
    app: &App,
    view: &mut VariablesView,
    _commands: &mut Vec<Command>,
) {
    let Some(run) = app.run() else {
        controls::empty_ui(
            ui,
            "No execution",
            "Variables and the context object are shown here while one runs.",
        );
        return;
    };
    watch_entry_ui(ui, view);
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        watches_ui(ui, run, view);
        let stack = run.session.stack();
        let Some(frame) = stack.first() else {
            ui.weak("The cursor is in no state.");
            return;
        };
        for kind in [
            ScopeKind::Variables,
            ScopeKind::Context,
            ScopeKind::Input,
            ScopeKind::Arguments,
            ScopeKind::Result,
            ScopeKind::Output,
        ] {
            let Some(scope) = frame.scopes.iter().find(|scope| scope.kind == kind) else {
                continue;
            };
            let count = scope.value.as_object().map_or(0, |members| members.len());
            let open = matches!(kind, ScopeKind::Variables | ScopeKind::Context);
            let title = if kind == ScopeKind::Variables {
                format!("{} ({count})", kind.label())
            } else {
                kind.label().to_owned()
            };
            egui::CollapsingHeader::new(title)
                .id_salt(("scope", kind.label()))
                .default_open(open)
                .icon(super::widgets::chevron_icon)
                .show(ui, |ui| {
                    if kind == ScopeKind::Variables && count == 0 {
                        ui.weak("No variable has been assigned yet.");
                    } else {
                        let name =
                            if kind == ScopeKind::Variables { "variables" } else { "context" };
                        let asked = app.revealed().filter(|it| it.reveal.stage == name);
                        let salt = ("scope value", kind.label());
                        match asked {
                            Some(asked) => {
                                let line = line_of(&scope.value, &asked.reveal.place);
                                let arrived = view.followed != asked.serial;
                                view.followed = asked.serial;
                                marked_json_ui(ui, salt, &scope.value, Mark { line, arrived });
                            }
                            None => json_block_ui(ui, salt, &scope.value),
                        }
                    }
                });
        }
    });
}

fn watch_entry_ui(ui: &mut Ui, view: &mut VariablesView) {
    ui.horizontal(|ui| {
        let add = ui.button("Watch").on_hover_text("Evaluate the expression at every stop");
        let field = controls::line_edit(&mut view.expression)
            .hint_text("$.path, $name, or JSONata: $states.input.items[0]")
            .font(egui::TextStyle::Monospace)
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        field.widget_info(|| {
            egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Expression to watch")
        });
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if (add.clicked() || entered) && !view.expression.trim().is_empty() {
            view.watches.push(view.expression.trim().to_owned());
            view.expression.clear();
        }
    });
    ui.add_space(space::XS);
}

fn watches_ui(ui: &mut Ui, run: &crate::app::Run, view: &mut VariablesView) {
    let colours = tokens(ui.ctx());
    let mut removed = None;
    for (index, watch) in view.watches.iter().enumerate() {
        ui.horizontal_wrapped(|ui| {
            if ui.small_button("×").on_hover_text("Remove this watch").clicked() {
                removed = Some(index);
            }
            ui.label(RichText::new(watch).monospace());
            match run.session.evaluate(watch) {
                Ok(value @ (Value::Array(_) | Value::Object(_))) => {
                    json_block_ui(ui, ("watch", index), &value);
                }
                Ok(value) => {
                    ui.label(
                        RichText::new(value.to_string()).monospace().color(colours.json_number),
                    );
                }
                Err(why) => {
                    ui.label(RichText::new(why.to_string()).color(colours.failed.text));
                }
            }
        });
    }
    if let Some(index) = removed {
        view.watches.remove(index);
    }
    if !view.watches.is_empty() {
        ui.separator();
    }
}
