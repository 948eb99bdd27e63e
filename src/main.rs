//! Flags to a headless command, or the window.

use std::process::ExitCode;

fn main() -> ExitCode {
    stepwell::app::headless::main(stepwell::ui::window::open)
}
