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
mod terminal;
mod test_state;
mod text_width;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command};
use self::terminal::{line, say_error, say_json};
use crate::app::limited;
use crate::json::Value;
use crate::project::{self, MachineDefinition, Project};

/// Why a command could not do its work, in the user's words.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure(pub String);

impl<T: std::fmt::Display> From<T> for Failure {
    /// One line: what was wrong is told in the words of a file or a server too.
    fn from(why: T) -> Self {
        Self(line(why))
    }
}

/// Reads the arguments and does what they say; `open_window` is called with what is to be opened, in this order, when they ask for
/// a window, and says why when there is no display.
pub fn main(open_window: impl FnOnce(Vec<PathBuf>) -> Result<(), String>) -> ExitCode {
    let args = Args::parse();
    let outcome = match args.command {
        Some(command) => dispatch(command),
        None => match open_window(args.path.into_iter().chain(args.history).collect()) {
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
            written.map_err(|err| {
                format!("{} can't be written: {err}", line(args.output.display()))
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Layout(args) => {
            let project = open(&args.path)?;
            let machine = pick_machine(&project, args.machine.as_deref())?;
            say_json(&layout_json::layout_json(&machine.machine));
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
    project::open(path).map_err(|err| Failure(told(&err)))
}

/// Why nothing was opened, and on a line of its own what to do.
fn told(err: &project::OpenError) -> String {
    let (message, remedy) = (line(&err.message), line(&err.remedy));
    if remedy.is_empty() { message } else { format!("{message}\n{remedy}") }
}

/// The machine of that name, or the only one.
fn pick_machine<'a>(
    project: &'a Project,
    name: Option<&str>,
) -> Result<&'a MachineDefinition, Failure> {
    let names = || project.machines.iter().map(|it| line(&it.name)).collect::<Vec<_>>().join(", ");
    match (name, project.machines.as_slice()) {
        (Some(name), machines) => machines.iter().find(|it| it.name == name).ok_or_else(|| {
            Failure(format!("There is no state machine called {name}. There are: {}", names()))
        }),
        (None, [only]) => Ok(only),
        (None, []) => {
            Err(Failure(format!("There is no state machine in {}", line(project.path.display()))))
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
