//! What is attached of AWS: the connection, what is listed of the account, the executions that were opened.
//!
//! Everything is asked on one other thread; answers come as [`News`], and an answer that nobody waits for any more is passed over.
//! Nothing in an account is changed but by an act that the user confirmed. No credential comes here.

mod acts;
mod agreement;
mod arrived;
mod as_run;
mod browse;
mod connection;
mod link;
mod listing;
mod live_call;
mod open;
mod origin;
mod reading;
mod regions;
mod runtime;
mod show;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};

pub use acts::{Act, DiffLine, Done, Proposal, Step};
pub use agreement::{Agreement, FieldDifference};
pub(super) use as_run::AS_RUN;
pub use browse::{Answer, Browser, ExecutionFilter, MachinePage, MapRunPage, qualifier};
pub use connection::{
    Attached, Choice, Connected, ConnectionModel, Link, ProfileChoice, SOON_MILLIS,
};
pub use link::Target;
pub use listing::{Listing, Turn};
pub use live_call::why_not_live;
pub use open::{Opened, Stage, StartedThere};
pub use origin::{DefinitionSource, MachineId, Origin};
pub use reading::{First, Opening};
pub use regions::REGIONS;
pub use runtime::RequestId;
pub(super) use show::thread_to_blame;
pub use trouble::Trouble;

use self::runtime::Worker;
use super::app::App;
use super::worker::Outbox;
use crate::aws::AwsError;

// What views may read of AWS, so that they need not know that floor.
pub use crate::aws::act::{Finding, Validation};
pub use crate::aws::arn::{Arn, Resource};
pub use crate::aws::browse::{
    AliasDescription, AliasItem, ExecutionDescription, ExecutionItem, MachineType, MapRunCounts,
    MapRunDescription, RedriveStatus, StateMachineDescription, StateMachineItem, Status,
    VersionItem,
};
pub use crate::aws::{Identity, MfaCode, Patience, ProfileFiles, Progress};

/// What the user asks of AWS.
#[derive(Clone, Debug, PartialEq)]
pub enum AwsCommand {
    /// Shows the browser, and connects where there is nothing to choose.
    Attach,
    /// Reads the profile files again.
    ListProfiles,
    /// What is typed into the form.
    Choose(Choice),
    Connect(Choice),
    /// As the form says, with the code of the profile's MFA device.
    ConnectWithCode(MfaCode),
    Disconnect,
    /// Connects once more with the same choice.
    Retry,
    /// Lists the page in front anew.
    Refresh,
    MoreMachines,
    /// The newest executions of these machines, which are in sight.
    WantLastResults(Vec<String>),
    /// By the ARN of the machine, a version or an alias; `None` goes back to the list.
    SelectMachine(Option<String>),
    /// Tags, versions and aliases of the shown machine.
    WantDetails,
    ListExecutions {
        /// Of the machine, a version or an alias.
        of: String,
        status: Option<Status>,
    },
    MoreExecutions,
    SelectMapRun(Option<String>),
    ListChildren(Option<Status>),
    MoreChildren,
    /// What a pasted ARN or link names.
    Open(String),
    OpenExecution(String),
    /// What the shown execution started, by its ARN.
    OpenStarted(String),
    /// A child of the shown Map Run.
    OpenChild(String),
    CancelOpening(String),
    RetryOpening(String),
    SetReadOnly(bool),
    /// Asks the user whether this is to be done.
    Propose(Act),
    /// The input of a proposed start.
    SetStartInput(String),
    /// Yes to what is proposed.
    Confirm,
    /// No to it.
    Dismiss,
}

/// What came of a request.
#[derive(Debug)]
pub enum News {
    Connected(RequestId, Connected),
    SignedIn(RequestId),
    Machines(RequestId, Turn<StateMachineItem>),
    LastResult(RequestId, String, Result<Option<ExecutionItem>, AwsError>),
    Executions(RequestId, Turn<ExecutionItem>),
    Description(RequestId, Box<Result<StateMachineDescription, AwsError>>),
    Tags(RequestId, Result<Vec<(String, String)>, AwsError>),
    Versions(RequestId, Turn<VersionItem>),
    Aliases(RequestId, Turn<AliasItem>),
    Alias(RequestId, String, Result<AliasDescription, AwsError>),
    MapRun(RequestId, Box<Result<MapRunDescription, AwsError>>),
    Children(RequestId, Turn<ExecutionItem>),
    Opening(RequestId, String, Box<Opening>),
    ProposedMachine(RequestId, Box<Result<StateMachineDescription, AwsError>>),
    ProposedExecution(RequestId, Box<Result<ExecutionDescription, AwsError>>),
    Acted(RequestId, Box<Result<Done, AwsError>>),
}

/// The part of the model that is about AWS.
#[derive(Debug)]
pub struct Attach {
    pub connection: ConnectionModel,
    pub browser: Browser,
    /// By ARN.
    pub opened: BTreeMap<String, Opened>,
    /// Nothing in the account may be changed. So every session begins: it is never remembered as off.
    pub read_only: bool,
    /// What the user is asked to confirm.
    pub proposal: Option<Box<Proposal>>,
    agreements: acts::Agreements,
    /// The machines that ran a definition, by the name under which it is shown.
    ran: BTreeMap<String, BTreeSet<MachineId>>,
    worker: Worker,
}

impl Attach {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self {
            connection: ConnectionModel::default(),
            browser: Browser::default(),
            opened: BTreeMap::new(),
            read_only: true,
            proposal: None,
            agreements: BTreeMap::new(),
            ran: BTreeMap::new(),
            worker: Worker::new(outbox),
        }
    }
}

impl App {
    pub(super) fn carry_out_aws(&mut self, command: AwsCommand) {
        match command {
            AwsCommand::Attach => self.attach(),
            AwsCommand::ListProfiles => self.list_profiles(),
            AwsCommand::Choose(choice) => self.attach.connection.choice = choice,
            AwsCommand::Connect(choice) => self.connect_as_typed(choice),
            AwsCommand::ConnectWithCode(code) => self.connect_with_code(code),
            AwsCommand::Disconnect => self.disconnect(),
            AwsCommand::Retry => self.reconnect(),
            AwsCommand::Refresh => self.refresh_aws(),
            AwsCommand::MoreMachines => self.more_machines(),
            AwsCommand::WantLastResults(machines) => self.want_last_results(machines),
            AwsCommand::SelectMachine(Some(arn)) => self.select_aws_machine(&arn),
            AwsCommand::SelectMachine(None) => self.attach.browser.machine = None,
            AwsCommand::WantDetails => self.want_details(),
            AwsCommand::ListExecutions { of, status } => self.show_executions(&of, status),
            AwsCommand::MoreExecutions => self.more_executions(),
            AwsCommand::SelectMapRun(Some(arn)) => self.select_map_run(&arn),
            AwsCommand::SelectMapRun(None) => self.attach.browser.map_run = None,
            AwsCommand::ListChildren(status) => self.show_children(status),
            AwsCommand::MoreChildren => self.more_children(),
            AwsCommand::Open(text) => self.open_pasted(&text),
            AwsCommand::OpenExecution(arn) => self.open_execution(&arn, None),
            AwsCommand::OpenStarted(arn) => self.open_started_arn(&arn),
            AwsCommand::OpenChild(arn) => self.open_child_of_map_run(&arn),
            AwsCommand::CancelOpening(arn) => self.cancel_opening(&arn),
            AwsCommand::RetryOpening(arn) => self.retry_opening(&arn),
            AwsCommand::SetReadOnly(on) => {
                self.attach.read_only = on;
                self.attach.proposal = None;
            }
            AwsCommand::Propose(act) => self.propose(act),
            AwsCommand::SetStartInput(text) => self.set_start_input(text),
            AwsCommand::Confirm => self.confirm(),
            AwsCommand::Dismiss => self.attach.proposal = None,
        }
    }

    pub(super) fn aws_news(&mut self, news: News) {
        match news {
            News::Connected(id, connected) => self.connected(id, connected),
            News::SignedIn(id) => self.signed_in(id),
            News::Machines(id, turn) => self.machines_came(id, turn),
            News::LastResult(id, arn, outcome) => self.last_result_came(id, &arn, outcome),
            News::Executions(id, turn) => self.executions_came(id, turn),
            News::Description(id, outcome) => self.description_came(id, *outcome),
            News::Tags(id, outcome) => self.tags_came(id, outcome),
            News::Versions(id, turn) => self.versions_came(id, turn),
            News::Aliases(id, turn) => self.aliases_came(id, turn),
            News::Alias(id, arn, outcome) => self.alias_came(id, &arn, outcome),
            News::MapRun(id, outcome) => self.map_run_came(id, *outcome),
            News::Children(id, turn) => self.children_came(id, turn),
            News::Opening(id, arn, news) => self.opening_news(id, &arn, *news),
            News::ProposedMachine(id, outcome) => self.proposed_machine_came(id, *outcome),
            News::ProposedExecution(id, outcome) => self.proposed_execution_came(id, *outcome),
            News::Acted(id, outcome) => self.acted(id, *outcome),
        }
    }
}
