//! Everything a user can ask for, as one list: menus, toolbar, palette and shortcuts are all made from it.
//!
//! A command's label, tooltip and shortcut live here and nowhere else, so a button and a menu entry cannot disagree.

use std::path::PathBuf;

use super::attach::AwsCommand;
use crate::asl::StatePath;
use crate::debug::Breakpoint;
use crate::engine::TaskToken;
use crate::execution::EventId;
use crate::json::Value;
use crate::services::TaskAnswer;
use crate::services::states::SendTask;

/// What the user asked. The only way in which anything in the program changes.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    // project
    /// Opens a file or a folder.
    Open(PathBuf),
    /// Opens a definition, and a recorded execution of it.
    OpenWithHistory {
        definition: PathBuf,
        history: PathBuf,
    },
    /// Opens one of the bundled samples by its folder name.
    OpenSample(String),
    /// Shows the system's file dialog, and the path field beside it.
    ShowOpenDialog,
    ShowOpenFolderDialog,
    Reload,
    CloseProject,
    SelectMachine(usize),
    SelectState(Option<StatePath>),

    // running
    /// Starts the selected machine, or lets a paused execution go on.
    Continue,
    /// Starts a new execution and stops at its first state.
    StartPaused,
    Pause,
    Next,
    StepIn,
    StepOut,
    ReverseContinue,
    StepBack,
    ReverseStepIn,
    ReverseStepOut,
    Restart,
    Stop,
    GoTo(EventId),
    GoToStart,
    GoToEnd,
    /// An event, with the thread to look at.
    LookAt(crate::debug::failure::Look),
    /// A field of the data flow, marked there.
    Reveal(Box<super::Reveal>),
    RunToState(StatePath),
    /// A new execution that begins at this state, with the input that it last had.
    RunFromState(StatePath),
    SelectThread(crate::execution::ThreadId),
    SelectExecution(usize),
    CloseExecution(usize),
    /// A child execution of a distributed Map of the shown execution, by its ARN.
    OpenChildExecution(String),
    /// What a state of the shown execution started last: a nested execution, or a child of its Map Run.
    OpenExecutionOf(StatePath),
    SetInput(String),
    FormatInput,
    SetMachineType(crate::asl::StateMachineType),

    // playing
    TogglePlay,
    TogglePlayBackwards,
    SetPace(super::Pace),
    ToggleSkipWaits,

    // recorded executions
    ShowSaveExecutionDialog,
    /// The shown execution as a `.stepwell` file.
    SaveExecution {
        path: PathBuf,
        notes: String,
        redact: bool,
    },
    /// The path that the system's dialog gave for it.
    ChooseSavePath(PathBuf),
    ShowExportHistoryDialog,
    /// The shown execution's history as `GetExecutionHistory` gives it.
    ExportHistory(PathBuf),
    /// Runs the shown execution again with its own answers, and compares.
    Verify,
    /// Runs it again with the edited definition, from the start.
    RunAgain,
    /// From the selected state.
    RunAgainFromHere,
    /// With the definition of a file.
    RunAgainWith(PathBuf),
    ShowRunAgainDialog,
    /// Begins an edited copy of the shown definition.
    EditDefinition,
    SetDefinitionDraft(String),
    DiscardDefinitionDraft,
    SaveDefinitionDraft(PathBuf),
    ShowSaveDraftDialog,
    CloseComparison,

    // tests of one state
    /// The form for the selected state.
    TestThisState,
    /// What is typed into the form of a state of the shown machine.
    SetTest(StatePath, Box<super::TestDraft>),
    RunTest(StatePath),

    // breakpoints
    ToggleBreakpoint(StatePath),
    /// On the selected state.
    ToggleBreakpointHere,
    SetBreakpoint(StatePath, Breakpoint),
    RemoveBreakpoint(StatePath),
    ClearBreakpoints,
    ToggleBreakOnErrors,
    ToggleBreakOnCaughtErrors,

    // answers
    /// Answers a waiting task; `keep` makes it the mock of its state.
    AnswerTask {
        token: TaskToken,
        answer: TaskAnswer,
        keep: bool,
    },
    SetMock {
        state: String,
        answer: TaskAnswer,
    },
    RemoveMock(String),
    /// `SendTaskSuccess`, `SendTaskFailure` or `SendTaskHeartbeat`, by token.
    SendTask(SendTask),
    LoadMocks(PathBuf),
    ShowLoadMocksDialog,
    SelectMockCase(Option<String>),

    // requests
    SetRequest(Box<super::RequestDraft>),
    SelectRoute(usize, String, String),
    SendRequest,
    SendAgain(usize),
    EditAgain(usize),
    SelectExchange(Option<usize>),
    ClearExchanges,
    OpenPostman(PathBuf),
    ShowPostmanDialog,
    CopyAsCurl,
    StartServer(u16),
    StopServer,

    // tables
    PutItem {
        table: String,
        item: Value,
    },
    DeleteItem {
        table: String,
        key: Value,
    },
    ResetTables,

    // AWS
    Aws(AwsCommand),
    /// Deployed APIs and logs.
    Remote(super::RemoteCommand),
    /// The bar with the field for an ARN or a link.
    ShowOpenExecution,
    // the window
    ShowPane(Pane),
    FitGraph,
    /// The graph's start, in a size that can be read.
    ShowGraphStart,
    ZoomIn,
    ZoomOut,
    ZoomToSelection,
    /// Brings a state into the middle, in a size that can be read.
    CentreState(StatePath),
    ExportPicture(PathBuf),
    ShowExportDialog,
    ToggleTheme,
    SetTheme(Theme),
    ShowPalette,
    ShowShortcuts,
    ShowTour,
    EndTour {
        for_good: bool,
    },
    ShowAbout,
    CopyText(String),
    /// What is being read is not opened.
    CancelOpening,
    /// Waits no more for the definition of a history.
    ForgetHistory,
    /// Shows that history without one.
    ShowHistoryAlone,
    DismissNotice(u64),
    ResetLayout,
    Quit,
}

/// The panes of the window, for "Show …".
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Pane {
    Project,
    Graph,
    Source,
    DataFlow,
    Variables,
    CallStack,
    Breakpoints,
    Events,
    Timeline,
    Problems,
    Tables,
    ApiConsole,
    Input,
    Mocks,
    TestState,
    Failure,
    Aws,
    Compare,
}

impl Pane {
    pub const ALL: [Self; 18] = [
        Self::Project,
        Self::Graph,
        Self::Source,
        Self::DataFlow,
        Self::Variables,
        Self::CallStack,
        Self::Breakpoints,
        Self::Events,
        Self::Timeline,
        Self::Problems,
        Self::Tables,
        Self::ApiConsole,
        Self::Input,
        Self::Mocks,
        Self::TestState,
        Self::Failure,
        Self::Aws,
        Self::Compare,
    ];

    /// The title of the pane's tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Graph => "Graph",
            Self::Source => "Source",
            Self::DataFlow => "Data flow",
            Self::Variables => "Variables",
            Self::CallStack => "Call stack",
            Self::Breakpoints => "Breakpoints",
            Self::Events => "Events",
            Self::Timeline => "Timeline",
            Self::Problems => "Problems",
            Self::Tables => "Tables",
            Self::ApiConsole => "API console",
            Self::Input => "Input",
            Self::Mocks => "Mocks",
            Self::TestState => "Test state",
            Self::Failure => "Why it failed",
            Self::Aws => "AWS",
            Self::Compare => "Compare",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// A key with its modifiers. `command` is Ctrl, or ⌘ on a Mac.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shortcut {
    pub command: bool,
    pub shift: bool,
    pub alt: bool,
    /// As egui names it: `F5`, `O`, `Plus`.
    pub key: &'static str,
}

/// Where a listed command stands in the menus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Menu {
    File,
    Run,
    Breakpoints,
    Request,
    View,
    Help,
}

impl Menu {
    pub const ALL: [Self; 6] =
        [Self::File, Self::Run, Self::Breakpoints, Self::Request, Self::View, Self::Help];

    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Run => "Run",
            Self::Breakpoints => "Breakpoints",
            Self::Request => "Request",
            Self::View => "View",
            Self::Help => "Help",
        }
    }
}

/// What menus, toolbar, palette and tooltips say of a command.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    pub command: Command,
    pub menu: Menu,
    pub label: &'static str,
    pub tooltip: &'static str,
    pub shortcut: Option<Shortcut>,
}

const fn plain(key: &'static str) -> Shortcut {
    Shortcut { command: false, shift: false, alt: false, key }
}
const fn shift(key: &'static str) -> Shortcut {
    Shortcut { command: false, shift: true, alt: false, key }
}
const fn command(key: &'static str) -> Shortcut {
    Shortcut { command: true, shift: false, alt: false, key }
}
const fn command_shift(key: &'static str) -> Shortcut {
    Shortcut { command: true, shift: true, alt: false, key }
}

impl Command {
    /// Every command without arguments, in menu order: the one list that all of the window is made from.
    pub fn listed() -> Vec<Listing> {
        let entry = |command, menu, label, tooltip, shortcut| Listing {
            command,
            menu,
            label,
            tooltip,
            shortcut,
        };
        let mut all = vec![
            entry(
                Self::ShowOpenDialog,
                Menu::File,
                "Open…",
                "Open a definition, a template or a folder",
                Some(command("O")),
            ),
            entry(
                Self::ShowOpenFolderDialog,
                Menu::File,
                "Open folder…",
                "Open a Terraform or SAM project",
                Some(command_shift("O")),
            ),
            entry(
                Self::Reload,
                Menu::File,
                "Reload",
                "Read the project's files again",
                Some(command("R")),
            ),
            entry(
                Self::Aws(AwsCommand::Attach),
                Menu::File,
                "Attach to AWS…",
                "Browse an account and open a real execution",
                Some(command_shift("A")),
            ),
            entry(
                Self::ShowOpenExecution,
                Menu::File,
                "Open execution by ARN…",
                "An execution ARN, or a link to one in the AWS console",
                Some(command_shift("L")),
            ),
            entry(
                Self::Aws(AwsCommand::Disconnect),
                Menu::File,
                "Disconnect from AWS",
                "Forget the session; what was opened stays",
                None,
            ),
            entry(
                Self::ShowSaveExecutionDialog,
                Menu::File,
                "Save execution…",
                "As a .stepwell file: definition, history, mocks, breakpoints and notes, without secrets",
                Some(command("S")),
            ),
            entry(
                Self::ShowExportHistoryDialog,
                Menu::File,
                "Export history…",
                "The events as GetExecutionHistory gives them, as JSON",
                None,
            ),
            entry(
                Self::ShowExportDialog,
                Menu::File,
                "Export picture…",
                "Save the graph as SVG or PNG",
                Some(command("E")),
            ),
            entry(Self::CloseProject, Menu::File, "Close project", "Close what is open", None),
            entry(Self::Quit, Menu::File, "Quit", "Leave Stepwell", Some(command("Q"))),
            entry(
                Self::Continue,
                Menu::Run,
                "Continue",
                "Start, or go on to the next breakpoint",
                Some(plain("F5")),
            ),
            entry(
                Self::StartPaused,
                Menu::Run,
                "Start paused",
                "Start and stop at the first state",
                Some(shift("F8")),
            ),
            entry(Self::Pause, Menu::Run, "Pause", "Stop where it is", Some(plain("F6"))),
            entry(
                Self::Next,
                Menu::Run,
                "Next",
                "To the next state, over Maps and Parallels",
                Some(plain("F10")),
            ),
            entry(
                Self::StepIn,
                Menu::Run,
                "Step in",
                "Into the data flow, a branch or an iteration",
                Some(plain("F11")),
            ),
            entry(
                Self::StepOut,
                Menu::Run,
                "Step out",
                "To the end of the branch, iteration or execution",
                Some(shift("F11")),
            ),
            entry(
                Self::StepBack,
                Menu::Run,
                "Step back",
                "To the state before; nothing runs",
                Some(command("F10")),
            ),
            entry(
                Self::ReverseContinue,
                Menu::Run,
                "Reverse continue",
                "Back to the last breakpoint, or the start",
                Some(command("F5")),
            ),
            entry(
                Self::ReverseStepIn,
                Menu::Run,
                "Reverse step in",
                "Back one stage of the data flow",
                Some(command("F11")),
            ),
            entry(
                Self::ReverseStepOut,
                Menu::Run,
                "Reverse step out",
                "Back to where the branch or iteration began",
                Some(command_shift("F11")),
            ),
            entry(
                Self::GoToStart,
                Menu::Run,
                "Go to start",
                "Move the cursor to the first event",
                Some(command("Home")),
            ),
            entry(
                Self::GoToEnd,
                Menu::Run,
                "Go to end",
                "Move the cursor to the last event",
                Some(command("End")),
            ),
            entry(
                Self::Restart,
                Menu::Run,
                "Restart",
                "Run again with the same input",
                Some(command_shift("F5")),
            ),
            entry(
                Self::Stop,
                Menu::Run,
                "Stop",
                "Abort the execution, as StopExecution does",
                Some(shift("F5")),
            ),
            entry(
                Self::TestThisState,
                Menu::Run,
                "Test this state",
                "The selected state alone, as AWS's TestState does",
                Some(command("T")),
            ),
            entry(
                Self::TogglePlay,
                Menu::Run,
                "Play",
                "Move the cursor by the clock; again to stop",
                Some(plain("F8")),
            ),
            entry(
                Self::TogglePlayBackwards,
                Menu::Run,
                "Play backwards",
                "Move the cursor back by the clock; again to stop",
                Some(command("F8")),
            ),
            entry(
                Self::ToggleSkipWaits,
                Menu::Run,
                "Skip long waits while playing",
                "Waits over 2 s are left out",
                None,
            ),
            entry(
                Self::Verify,
                Menu::Run,
                "Verify against the simulator",
                "Run the shown execution again with its own answers, and compare event by event",
                None,
            ),
            entry(
                Self::RunAgain,
                Menu::Run,
                "Run again with the edited definition",
                "What would have happened: recorded answers serve while tasks ask the same",
                None,
            ),
            entry(
                Self::RunAgainFromHere,
                Menu::Run,
                "Run again from the selected state",
                "With the edited definition, and the input that the state had",
                None,
            ),
            entry(
                Self::ShowRunAgainDialog,
                Menu::Run,
                "Run again with another definition…",
                "What would have happened with the definition of a file",
                None,
            ),
            entry(
                Self::EditDefinition,
                Menu::Run,
                "Edit a copy of the definition",
                "Try a change without touching the file",
                None,
            ),
            entry(
                Self::ToggleBreakpointHere,
                Menu::Breakpoints,
                "Toggle breakpoint",
                "On the selected state",
                Some(plain("F9")),
            ),
            entry(
                Self::ToggleBreakOnErrors,
                Menu::Breakpoints,
                "Break on uncaught errors",
                "Stop where an error ends the execution",
                None,
            ),
            entry(
                Self::ToggleBreakOnCaughtErrors,
                Menu::Breakpoints,
                "Break on caught errors",
                "Stop also where a Retry or Catch takes care",
                None,
            ),
            entry(
                Self::ClearBreakpoints,
                Menu::Breakpoints,
                "Remove all breakpoints",
                "In every state machine of the project",
                Some(command_shift("F9")),
            ),
            entry(
                Self::SendRequest,
                Menu::Request,
                "Send request",
                "Send the request of the API console",
                Some(command("Enter")),
            ),
            entry(
                Self::CopyAsCurl,
                Menu::Request,
                "Copy as curl",
                "The request as a command line",
                None,
            ),
            entry(
                Self::ShowPostmanDialog,
                Menu::Request,
                "Open Postman collection…",
                "Add its requests to the history",
                None,
            ),
            entry(
                Self::StartServer(0),
                Menu::Request,
                "Serve on loopback",
                "Let curl, a browser or the AWS CLI drive what is open",
                None,
            ),
            entry(Self::StopServer, Menu::Request, "Stop serving", "Close the local port", None),
            entry(
                Self::ShowLoadMocksDialog,
                Menu::Request,
                "Load mocks…",
                "A MockConfigFile of Step Functions Local",
                None,
            ),
            entry(
                Self::ResetTables,
                Menu::Request,
                "Reset tables",
                "Empty the tables and seed them again",
                None,
            ),
            entry(
                Self::ShowPalette,
                Menu::View,
                "Command palette…",
                "Find a command or a state by name",
                Some(command("P")),
            ),
            entry(
                Self::FitGraph,
                Menu::View,
                "Fit graph",
                "Show the whole machine",
                Some(command("Num0")),
            ),
            entry(
                Self::ShowGraphStart,
                Menu::View,
                "Start of the graph",
                "Show the start in a size that can be read",
                Some(command("Num2")),
            ),
            entry(
                Self::ZoomToSelection,
                Menu::View,
                "Zoom to selection",
                "Centre the selected state",
                Some(command("Num1")),
            ),
            entry(Self::ZoomIn, Menu::View, "Zoom in", "Enlarge the graph", Some(command("Plus"))),
            entry(
                Self::ZoomOut,
                Menu::View,
                "Zoom out",
                "Shrink the graph",
                Some(command("Minus")),
            ),
            entry(
                Self::ToggleTheme,
                Menu::View,
                "Toggle theme",
                "Light or dark",
                Some(command_shift("T")),
            ),
            entry(Self::ResetLayout, Menu::View, "Reset layout", "Put the panes back", None),
            entry(
                Self::ShowTour,
                Menu::Help,
                "Show the tour",
                "One request, one breakpoint, one step back",
                Some(plain("F1")),
            ),
            entry(
                Self::ShowShortcuts,
                Menu::Help,
                "Keyboard shortcuts",
                "Every key in one list",
                Some(command("Slash")),
            ),
            entry(
                Self::ShowAbout,
                Menu::Help,
                "About Stepwell",
                "Version, licences and limits",
                None,
            ),
        ];
        all.extend(Pane::ALL.map(|pane| {
            let label = match pane {
                Pane::Project => "Show project",
                Pane::Graph => "Show graph",
                Pane::Source => "Show source",
                Pane::DataFlow => "Show data flow",
                Pane::Variables => "Show variables",
                Pane::CallStack => "Show call stack",
                Pane::Breakpoints => "Show breakpoints",
                Pane::Events => "Show events",
                Pane::Timeline => "Show timeline",
                Pane::Problems => "Show problems",
                Pane::Tables => "Show tables",
                Pane::ApiConsole => "Show API console",
                Pane::Input => "Show input",
                Pane::Mocks => "Show mocks",
                Pane::TestState => "Show test state",
                Pane::Failure => "Show why it failed",
                Pane::Aws => "Show AWS",
                Pane::Compare => "Show comparison",
            };
            entry(Self::ShowPane(pane), Menu::View, label, "Bring the pane to the front", None)
        }));
        all
    }

    /// What is said of this command, if it is a listed one.
    pub fn listing(&self) -> Option<Listing> {
        Self::listed().into_iter().find(|listing| listing.command == *self)
    }
}

impl Shortcut {
    /// `Ctrl+Shift+F5`
    pub fn text(self) -> String {
        let mut text = String::new();
        for (held, name) in [
            (self.command, if cfg!(target_os = "macos") { "⌘" } else { "Ctrl+" }),
            (self.alt, "Alt+"),
            (self.shift, "Shift+"),
        ] {
            if held {
                text.push_str(name);
            }
        }
        text.push_str(match self.key {
            "Num0" => "0",
            "Num1" => "1",
            "Num2" => "2",
            "Plus" => "+",
            "Minus" => "-",
            "Slash" => "/",
            key => key,
        });
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_shortcut_or_a_label() {
        let listed = Command::listed();
        for (index, one) in listed.iter().enumerate() {
            for other in &listed[index + 1..] {
                assert_ne!(one.label, other.label);
                assert!(
                    one.shortcut.is_none() || one.shortcut != other.shortcut,
                    "{} and {}",
                    one.label,
                    other.label
                );
            }
        }
    }

    #[test]
    fn every_forward_step_has_its_reverse_under_ctrl() {
        let key = |command: &Command| {
            command.listing().and_then(|it| it.shortcut).expect("steps have shortcuts")
        };
        for (forward, reverse) in [
            (Command::Continue, Command::ReverseContinue),
            (Command::Next, Command::StepBack),
            (Command::StepIn, Command::ReverseStepIn),
            (Command::StepOut, Command::ReverseStepOut),
        ] {
            assert_eq!(Shortcut { command: true, ..key(&forward) }, key(&reverse));
        }
    }
}
