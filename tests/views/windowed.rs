//! The window in a harness, driven as a user drives it: by commands, and by what has an accessible name.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use stepwell::app::{App, Command};
use stepwell::ui::window::Window;

/// `None` until the first frame.
pub(crate) type Windowed = Harness<'static, Option<Window>>;

/// The window on that app.
pub(crate) fn window(app: App, size: [f32; 2]) -> Windowed {
    let mut app = Some(app);
    let mut harness = Harness::builder()
        .with_size(size)
        .with_theme(egui::Theme::Light)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(64)
        .build_ui_state(
            move |ui, window: &mut Option<Window>| match (window.as_mut(), app.take()) {
                (Some(window), _) => window.ui(ui),
                // Fonts that are given in a frame are there from the next one on.
                (None, Some(app)) => *window = Some(Window::new(ui.ctx(), app)),
                (None, None) => {}
            },
            None,
        );
    harness.run_steps(4);
    harness
}

pub(crate) fn app(harness: &Windowed) -> &App {
    &harness.state().as_ref().expect("the window was made in the first frame").app
}

pub(crate) fn run(harness: &mut Windowed, command: Command) {
    let window = harness.state_mut().as_mut().expect("the window was made in the first frame");
    window.app.run_command(command);
    harness.run_steps(4);
}

/// Clicks what has this role and name.
pub(crate) fn click(harness: &mut Windowed, role: Role, name: &str) {
    harness.get_by_role_and_label(role, name).click();
    harness.run_steps(4);
}
