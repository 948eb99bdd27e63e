//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// A native desktop debugger for AWS Step Functions.
///
/// Without a command it opens the window: on PATH, or on the CRUD sample. With HISTORY, a recorded execution is shown on it.
#[derive(Debug, Parser)]
#[command(name = "stepwell", version, args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// A definition, a template, a .tf file, a folder, a history, or a .stepwell file.
    pub path: Option<PathBuf>,
    /// A recorded execution of it: `aws stepfunctions get-execution-history` output, the console's export or a log.
    pub history: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List what is wrong with definitions and projects; exit 1 on errors.
    Check(CheckArgs),
    /// Simulate an execution; exit 0 only when it succeeds.
    Run(RunArgs),
    /// Test one state as AWS's `TestState` does; exit 0 only when it succeeds.
    TestState(TestStateArgs),
    /// Send one request through the emulated API.
    Request(RequestArgs),
    /// Put the project's API on loopback until Ctrl-C.
    Serve(ServeArgs),
    /// Draw the graph to an SVG or PNG file.
    Render(RenderArgs),
    /// Print where nodes and edges go, as JSON.
    Layout(LayoutArgs),
    /// Download a real execution's history, and the definition it ran.
    Fetch(FetchArgs),
    /// List the real executions of a state machine or a Map Run.
    Executions(ExecutionsArgs),
    /// Run a recorded execution again with its own answers and compare; exit 0 only without a difference.
    Replay(ReplayArgs),
    /// Put a recorded execution, its definition and its mocks into one .stepwell file, without secrets.
    Bundle(BundleArgs),
    /// The CRUD tour in the terminal.
    Demo,
}

#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    #[arg(required_unless_present = "rules")]
    pub paths: Vec<PathBuf>,
    /// List every rule with its id, severity, AWS's code and why.
    #[arg(long)]
    pub rules: bool,
    /// STANDARD or EXPRESS, for all the machines; what the project says when not given.
    #[arg(long = "type", value_enum, ignore_case = true)]
    pub kind: Option<Kind>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct RunArgs {
    pub path: PathBuf,
    /// Which state machine, when the project has several.
    #[arg(long)]
    pub machine: Option<String>,
    /// The execution's input; {} when not given.
    #[arg(long, value_name = "JSON|@FILE")]
    pub input: Option<String>,
    /// A `MockConfigFile` of Step Functions Local.
    #[arg(long, value_name = "FILE")]
    pub mocks: Option<PathBuf>,
    /// Which test case of the mocks.
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// STANDARD or EXPRESS; what the project says when not given.
    #[arg(long = "type", value_enum, ignore_case = true)]
    pub kind: Option<Kind>,
    /// A folder whose files stand for S3: BUCKET/KEY…, instead of the folder s3 beside the machine.
    #[arg(long, value_name = "DIR")]
    pub s3: Option<PathBuf>,
    /// Decides UUIDs, random numbers and jitter.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Writes what went into the execution to a file, for --replay.
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub journal: Option<PathBuf>,
    /// Runs a journal again instead of starting anew: the same definition gives the same history, byte for byte.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "start_time", "kind", "seed", "case"])]
    pub replay: Option<PathBuf>,
    /// When the execution starts, such as 2026-01-01T00:00:00Z; now when not given.
    #[arg(long, value_name = "ISO8601")]
    pub start_time: Option<String>,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

// What answers the tasks of an execution. No doc comment: clap would take it for the command's own words.
#[derive(Debug, clap::Args)]
pub struct AnsweringArgs {
    /// A `MockConfigFile` of Step Functions Local.
    #[arg(long, value_name = "FILE")]
    pub mocks: Option<PathBuf>,
    /// Which test case of the mocks.
    #[arg(long, value_name = "NAME")]
    pub case: Option<String>,
    /// A folder whose files stand for S3: BUCKET/KEY…, instead of the folder s3 beside the machine.
    #[arg(long, value_name = "DIR")]
    pub s3: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// `aws stepfunctions get-execution-history` output, the console's export, a CloudWatch log of one execution, or a
    /// .stepwell file.
    pub history: PathBuf,
    /// The state machine that it is run on again; a .stepwell file brings its own.
    #[arg(long, value_name = "PATH")]
    pub definition: Option<PathBuf>,
    /// Which state machine, when the definition has several.
    #[arg(long, value_name = "NAME")]
    pub machine: Option<String>,
    /// Instead of the recorded input.
    #[arg(long, value_name = "JSON|@FILE")]
    pub input: Option<String>,
    /// Which execution, by its ARN or name, when a log has several.
    #[arg(long, value_name = "ARN")]
    pub execution: Option<String>,
    /// The definition was edited: say what would have happened, and how that differs; exit 0 only when it succeeds.
    #[arg(long)]
    pub what_if: bool,
    /// Not from the start, but from the first visit of a state, with the input and variables that it had.
    #[arg(long, value_name = "STATE", requires = "what_if")]
    pub from: Option<String>,
    #[command(flatten)]
    pub answering: AnsweringArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct BundleArgs {
    /// As for replay.
    pub history: PathBuf,
    /// The state machine that it was.
    #[arg(long, value_name = "PATH")]
    pub definition: Option<PathBuf>,
    /// Which state machine, when the definition has several.
    #[arg(long, value_name = "NAME")]
    pub machine: Option<String>,
    /// Which execution, by its ARN or name, when a log has several.
    #[arg(long, value_name = "ARN")]
    pub execution: Option<String>,
    /// A file ending in .stepwell.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// A `MockConfigFile` to put into it.
    #[arg(long, value_name = "FILE")]
    pub mocks: Option<PathBuf>,
    /// What whoever opens it should know.
    #[arg(long, value_name = "TEXT")]
    pub notes: Option<String>,
    /// Leave passwords, tokens and keys in it.
    #[arg(long)]
    pub keep_secrets: bool,
}

#[derive(Debug, clap::Args)]
pub struct TestStateArgs {
    pub path: PathBuf,
    /// Which state machine, when the project has several.
    #[arg(long)]
    pub machine: Option<String>,
    /// The state, inside a Map or Parallel too.
    #[arg(long, value_name = "NAME")]
    pub state: String,
    /// The state's input; {} when not given.
    #[arg(long, value_name = "JSON|@FILE")]
    pub input: Option<String>,
    /// The context object; only beside a mock.
    #[arg(long, value_name = "JSON|@FILE")]
    pub context: Option<String>,
    /// Workflow variables: an object.
    #[arg(long, value_name = "JSON|@FILE")]
    pub variables: Option<String>,
    /// AWS's mock object: `{"result": …}` or `{"errorOutput": {"error": …, "cause": …}}`, with `fieldValidationMode`.
    #[arg(long, value_name = "JSON|@FILE")]
    pub mock: Option<String>,
    /// AWS's stateConfiguration: retrierRetryCount, mapIterationFailureCount, mapItemReaderData, errorCausedByState.
    #[arg(long, value_name = "JSON|@FILE")]
    pub state_configuration: Option<String>,
    /// INFO shows what came of the state, DEBUG and TRACE its data flow too.
    #[arg(long, value_enum, ignore_case = true, default_value_t)]
    pub inspection_level: Level,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct RequestArgs {
    pub path: PathBuf,
    /// GET, POST, …
    pub method: String,
    /// Path and query, such as '/items?limit=2'.
    pub url_path: String,
    #[arg(long = "header", value_name = "N: V")]
    pub headers: Vec<String>,
    #[arg(long, value_name = "JSON|@FILE")]
    pub body: Option<String>,
    #[command(flatten)]
    pub answering: AnsweringArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, clap::Args)]
pub struct ServeArgs {
    pub path: PathBuf,
    /// 0 for any free port.
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    #[command(flatten)]
    pub answering: AnsweringArgs,
}

#[derive(Debug, clap::Args)]
pub struct RenderArgs {
    pub path: PathBuf,
    /// A file ending in .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    #[arg(long)]
    pub machine: Option<String>,
    /// A history whose statuses are drawn: `aws stepfunctions get-execution-history` output, or what `run --format json` prints.
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t)]
    pub theme: PictureTheme,
}

#[derive(Debug, clap::Args)]
pub struct LayoutArgs {
    pub path: PathBuf,
    #[arg(long)]
    pub machine: Option<String>,
    #[arg(long, value_enum, default_value_t = LayoutFormat::Json)]
    pub format: LayoutFormat,
}

/// Whose AWS. What is not given comes from the environment and the profile files, as in the AWS CLI.
#[derive(Debug, clap::Args)]
pub struct AwsArgs {
    /// A profile of ~/.aws/config or ~/.aws/credentials.
    #[arg(long)]
    pub profile: Option<String>,
    /// The region; the ARN's when not given.
    #[arg(long)]
    pub region: Option<String>,
    /// Where to ask instead of AWS, such as <http://localhost:4566>.
    #[arg(long, value_name = "URL")]
    pub endpoint_url: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct FetchArgs {
    pub execution_arn: String,
    /// Where the history goes; the definition goes beside it, as NAME.definition.asl.json. A name that ends in .stepwell gets
    /// both in one file, without secrets.
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
    /// Leaves passwords, tokens and keys in a .stepwell file.
    #[arg(long)]
    pub keep_secrets: bool,
    #[command(flatten)]
    pub aws: AwsArgs,
}

#[derive(Debug, clap::Args)]
pub struct ExecutionsArgs {
    /// A state machine, a version, an alias or a Map Run.
    #[arg(value_name = "STATE_MACHINE_ARN")]
    pub arn: String,
    #[arg(long, value_enum, ignore_case = true)]
    pub status: Option<ExecutionStatus>,
    /// The newest N.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// How far back the log of an EXPRESS machine is read, in hours.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=9600))]
    pub hours: u32,
    #[command(flatten)]
    pub aws: AwsArgs,
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
    TimedOut,
    Aborted,
    PendingRedrive,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    #[default]
    Human,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LayoutFormat {
    Json,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Level {
    #[default]
    Info,
    Debug,
    Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Standard,
    Express,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum PictureTheme {
    #[default]
    Light,
    Dark,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn the_documented_flags_are_taken() {
        let line = "stepwell run p --machine M --input {} --mocks f --case C --type EXPRESS --seed 7 \
                    --start-time 2026-01-01T00:00:00Z --format json";
        let args =
            Args::try_parse_from(line.split_whitespace()).expect("these flags are documented");
        assert!(matches!(
            args.command,
            Some(Command::Run(RunArgs { kind: Some(Kind::Express), seed: 7, .. }))
        ));
        let line = "stepwell executions A --status failed --profile P --region R --endpoint-url U \
                    --format json";
        let args =
            Args::try_parse_from(line.split_whitespace()).expect("these flags are documented");
        assert!(matches!(
            args.command,
            Some(Command::Executions(ExecutionsArgs {
                status: Some(ExecutionStatus::Failed),
                limit: 100,
                ..
            }))
        ));
    }
}
