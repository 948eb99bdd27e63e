//! Beside a task that waits: having AWS make the call.

use std::sync::Arc;

use egui::Ui;

use super::parts::can_act;
use crate::app::attach::{Act, AwsCommand, why_not_live};
use crate::app::{App, Command, Run, TaskRequest};

/// The button; nothing without an account.
pub(in crate::ui) fn live_call_ui(
    ui: &mut Ui,
    app: &App,
    run: &Run,
    request: &TaskRequest,
    commands: &mut Vec<Command>,
) {
    if app.attach.connection.attached().is_none() {
        return;
    }
    let machine = app.aws_machine_of(run);
    let obstacle = why_not_live(request).or_else(|| match machine {
        None => Some("Choose a machine in the AWS pane: the call is made by its role."),
        Some(_) if !can_act(app) => Some("Switch Read-only off beside the account first."),
        Some(_) => None,
    });
    let button = ui.add_enabled(obstacle.is_none(), egui::Button::new("Call on AWS…"));
    let button = button
        .on_hover_text("Asks first; then AWS calls the service, and its answer is the task's")
        .on_disabled_hover_text(obstacle.unwrap_or_default());
    if let (true, Some(machine_arn)) = (button.clicked(), machine) {
        let act = Act::Call {
            machine_arn: machine_arn.to_owned(),
            run: run.id,
            request: Arc::new(request.clone()),
        };
        commands.push(Command::Aws(AwsCommand::Propose(act)));
    }
}
