//! The same program with no window: `check`, `run`, `test-state`, `request`, `serve`, `render`, `layout`, `fetch`, `executions`, `demo`.

pub mod args;
mod aws;
mod check;
mod demo;
mod history;
pub mod layout_json;
pub mod render;
mod replay;
mod request;
mod run;
mod serve;
mod test_state;
mod text_width;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command};
use crate::app::limited;
use crate::json::Value;
use crate::project::{self, MachineDefinition, Project};

/// Why a command could not do its work, in the user's words.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl<T: std::fmt::Display> From<T> for Failure {
    fn from(why: T) -> Self {
        Self(why.to_string())
    }
}

/// Reads the arguments and does what they say; `open_window` is called with a path to open when they ask for a window, and says
/// why when there is no display.
pub fn main(open_window: impl FnOnce(Option<PathBuf>) -> Result<(), String>) -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Some(command) => dispatch(command),
        None => match open_window(args.path) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(why) => {
                say_error(&format!("{why}\nRunning the demonstration in the terminal instead.\n"));
                demo::demo()
            }
        },
    };
    outcome.unwrap_or_else(|Failure(why)| {
        say_error(&why);
        ExitCode::from(2)
    })
}

fn dispatch(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Check(args) => Ok(check::check(&args)),
        Command::Run(args) => run::run(&args),
        Command::TestState(args) => test_state::test_state(&args),
        Command::Request(args) => request::request(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Render(args) => {
            let project = open(&args.path)?;
            let machine = pick_machine(&project, args.machine.as_deref())?;
            let statuses =
                args.history.as_deref().map(|file| history::statuses(machine, file)).transpose()?;
            let (shown, theme) = (statuses.as_ref(), args.theme.into());
            let bytes = match args.output.extension().and_then(|it| it.to_str()) {
                Some("svg") => render::svg(&machine.machine, shown, theme).into_bytes(),
                Some("png") => render::machine_png(&machine.machine, shown, theme, 2.0)?,
                Some(_) | None => {
                    return Err(Failure("--output must end in .svg or .png".to_owned()));
                }
            };
            let written = std::fs::write(&args.output, bytes);
            written.map_err(|err| format!("{} can't be written: {err}", args.output.display()))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Layout(args) => {
            let project = open(&args.path)?;
            let machine = pick_machine(&project, args.machine.as_deref())?;
            say(&layout_json::layout_json(&machine.machine));
            Ok(ExitCode::SUCCESS)
        }
        Command::Fetch(args) => aws::fetch(&args),
        Command::Executions(args) => aws::executions(&args),
        Command::Replay(args) => replay::replay(&args),
        Command::Bundle(args) => replay::bundle(&args),
        Command::Demo => demo::demo(),
    }
}

fn open(path: &Path) -> Result<Project, Failure> {
    told(project::open(path))
}

fn told(opened: Result<Project, project::OpenError>) -> Result<Project, Failure> {
    opened.map_err(|err| {
        let remedy =
            if err.remedy.is_empty() { String::new() } else { format!("\n{}", err.remedy) };
        Failure(format!("{}{remedy}", err.message))
    })
}

/// The machine of that name, or the only one.
fn pick_machine<'a>(
    project: &'a Project,
    name: Option<&str>,
) -> Result<&'a MachineDefinition, Failure> {
    let names =
        || project.machines.iter().map(|it| it.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, project.machines.as_slice()) {
        (Some(name), machines) => machines.iter().find(|it| it.name == name).ok_or_else(|| {
            Failure(format!("There is no state machine called {name}. There are: {}", names()))
        }),
        (None, [only]) => Ok(only),
        (None, []) => {
            Err(Failure(format!("There is no state machine in {}", project.path.display())))
        }
        (None, _) => Err(Failure(format!(
            "Say which state machine with --machine NAME. There are: {}",
            names()
        ))),
    }
}

/// `JSON` or `@FILE`.
fn text_or_file(argument: &str) -> Result<String, Failure> {
    match argument.strip_prefix('@') {
        Some(file) => Ok(limited::read_text(Path::new(file), limited::MAX_ARGUMENT_BYTES)?),
        None => Ok(argument.to_owned()),
    }
}

fn json_argument(what: &str, argument: &str) -> Result<Value, Failure> {
    Ok(Value::parse(&text_or_file(argument)?)
        .map_err(|err| format!("{what} is not JSON: {err}"))?)
}

/// Text of a file or a response must not be able to steer the terminal.
fn printable(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

fn say(text: &str) {
    // A reader that closed the pipe has seen enough.
    if writeln!(std::io::stdout().lock(), "{}", printable(text.trim_end_matches('\n'))).is_err() {
        tracing::debug!("stdout is closed");
    }
}

fn say_error(text: &str) {
    if writeln!(std::io::stderr().lock(), "{}", printable(text)).is_err() {
        tracing::debug!("stderr is closed");
    }
}

impl From<args::ExecutionStatus> for crate::aws::browse::Status {
    fn from(status: args::ExecutionStatus) -> Self {
        match status {
            args::ExecutionStatus::Running => Self::Running,
            args::ExecutionStatus::Succeeded => Self::Succeeded,
            args::ExecutionStatus::Failed => Self::Failed,
            args::ExecutionStatus::TimedOut => Self::TimedOut,
            args::ExecutionStatus::Aborted => Self::Aborted,
            args::ExecutionStatus::PendingRedrive => Self::PendingRedrive,
        }
    }
}

impl From<args::PictureTheme> for render::Theme {
    fn from(theme: args::PictureTheme) -> Self {
        match theme {
            args::PictureTheme::Light => Self::Light,
            args::PictureTheme::Dark => Self::Dark,
        }
    }
}
