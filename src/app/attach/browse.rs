//! What is listed of an account: machines, and of one of them its executions, versions, aliases and tags; Map Runs and their
//! children. Each list comes by itself, so that one that is refused leaves the others.

use std::collections::BTreeMap;

use super::connection::Link;
use super::listing::{Listing, Turn};
use super::runtime::{Request, RequestId};
use super::{News, Trouble};
use crate::app::app::App;
use crate::aws::arn::{Arn, Resource};
use crate::aws::browse::{
    AliasDescription, AliasItem, ExecutionItem, ExecutionsOf, MachineType, MapRunDescription,
    StateMachineDescription, StateMachineItem, Status, VersionItem,
};
use crate::aws::{AwsError, Session};
use crate::execution::Timestamp;

/// Machines that are listed without being asked for more: a search looks through all that are there.
const MACHINES_AT_ONCE: usize = 20_000;
/// Last results that are asked for at the same time.
const MOST_ASKED: usize = 16;

/// Something that is asked once.
#[derive(Debug, Default)]
pub enum Answer<T> {
    #[default]
    NotAsked,
    Asked(Asked),
    Come(T),
    Failed(Trouble),
}

/// A question that is under way.
#[derive(Debug)]
pub struct Asked(pub(super) Request);

impl<T> Answer<T> {
    pub fn come(&self) -> Option<&T> {
        match self {
            Self::Come(value) => Some(value),
            Self::NotAsked | Self::Asked(_) | Self::Failed(_) => None,
        }
    }

    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Failed(trouble) => Some(trouble),
            Self::NotAsked | Self::Asked(_) | Self::Come(_) => None,
        }
    }

    pub fn is_asked(&self) -> bool {
        matches!(self, Self::Asked(_))
    }

    fn wants_asking(&self) -> bool {
        matches!(self, Self::NotAsked | Self::Failed(_))
    }

    /// Takes an answer in, when it is to this question.
    pub(super) fn receive(&mut self, id: RequestId, outcome: Result<T, AwsError>) -> bool {
        if !matches!(self, Self::Asked(asked) if asked.0.is(id)) {
            return false;
        }
        *self = match outcome {
            Ok(value) => Self::Come(value),
            Err(err) => Self::Failed(Trouble::of(&err)),
        };
        true
    }
}

/// What is looked at.
#[derive(Debug, Default)]
pub struct Browser {
    pub machines: Listing<StateMachineItem>,
    /// The newest execution of each machine that was in sight, by its ARN.
    pub last: BTreeMap<String, Answer<Option<ExecutionItem>>>,
    pub machine: Option<Box<MachinePage>>,
    /// In front of the machine.
    pub map_run: Option<Box<MapRunPage>>,
}

/// One machine and its executions.
#[derive(Debug)]
pub struct MachinePage {
    /// Of the machine, without a version or alias.
    pub arn: String,
    pub name: String,
    /// A version or an alias that the list is limited to.
    pub qualified: Option<String>,
    pub status: Option<Status>,
    pub executions: Listing<ExecutionItem>,
    pub description: Answer<StateMachineDescription>,
    pub tags: Answer<Vec<(String, String)>>,
    pub versions: Listing<VersionItem>,
    pub aliases: Listing<AliasItem>,
    pub routes: BTreeMap<String, Answer<AliasDescription>>,
}

/// A Map Run and its children.
#[derive(Debug)]
pub struct MapRunPage {
    pub arn: String,
    pub description: Answer<MapRunDescription>,
    pub status: Option<Status>,
    pub children: Listing<ExecutionItem>,
}

impl MachinePage {
    /// The ARN whose executions are listed: of the machine, or of a version or alias.
    pub fn listed(&self) -> &str {
        self.qualified.as_deref().unwrap_or(&self.arn)
    }

    pub fn is_express(&self) -> bool {
        self.description.come().is_some_and(|it| it.machine_type == MachineType::Express)
    }
}

/// What the list of executions is narrowed to, beside the status, which AWS itself narrows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExecutionFilter {
    /// A part of the name, in whatever case.
    pub name: String,
    /// Not started before.
    pub since: Option<Timestamp>,
}

impl ExecutionFilter {
    pub fn passes(&self, item: &ExecutionItem) -> bool {
        let name = self.name.trim().to_lowercase();
        (name.is_empty()
            || item.name.to_lowercase().contains(&name)
            || item.arn == self.name.trim())
            && self.since.is_none_or(|since| item.started >= since)
    }

    /// Whether no later page can hold anything: AWS lists the newest first.
    pub fn is_past(&self, last: Option<&ExecutionItem>) -> bool {
        self.since.zip(last).is_some_and(|(since, last)| last.started < since)
    }
}

/// The part of an ARN that names a version or an alias.
pub fn qualifier(arn: &str) -> &str {
    Arn::parse(arn).filter(|it| it.resource == Resource::StateMachine).map_or("", |it| it.name)
}

impl App {
    pub(in crate::app) fn session(&self) -> Option<Session> {
        self.attach.connection.attached().map(|it| it.session.clone())
    }

    /// Another account or region: everything anew.
    pub(super) fn begin_browsing(&mut self) {
        let Some(session) = self.session() else { return };
        let machines = Listing::of(session.state_machines());
        self.attach.browser = Browser { machines, ..Browser::default() };
        self.more_machines();
    }

    /// The same account with fresh credentials: what failed is asked again, the rest stays.
    pub(super) fn renew_lists(&mut self) {
        let Some(session) = self.session() else { return };
        let browser = &mut self.attach.browser;
        browser.last.retain(|_, it| it.come().is_some());
        if browser.machines.trouble.is_some() || !browser.machines.is_begun() {
            browser.machines = Listing::of(session.state_machines());
        }
        if let Some(page) = &browser.machine
            && page.executions.trouble.is_some()
        {
            let (arn, status) = (page.listed().to_owned(), page.status);
            self.show_executions(&arn, status);
        }
        self.more_machines();
        self.retry_openings();
    }

    pub(super) fn more_machines(&mut self) {
        self.attach.browser.machines.more(&mut self.attach.worker, News::Machines);
    }

    pub(super) fn machines_came(&mut self, id: RequestId, turn: Turn<StateMachineItem>) {
        self.watch(&turn.page);
        let machines = &mut self.attach.browser.machines;
        if !machines.receive(id, turn) {
            return;
        }
        // Where STS doesn't say whose account it is, the machines do.
        if let (Link::On(attached), Some(first)) =
            (&mut self.attach.connection.link, machines.items.first())
            && attached.identity.is_none()
            && let Some(arn) = Arn::parse(&first.arn)
        {
            attached.account_of_machines = Some(arn.account.to_owned());
        }
        if machines.trouble.is_none() && machines.items.len() < MACHINES_AT_ONCE {
            self.more_machines();
        }
    }

    /// Asks for the newest executions of machines that are in sight; those that are known are not asked for again.
    pub(super) fn want_last_results(&mut self, machines: Vec<String>) {
        let Some(session) = self.session() else { return };
        for arn in machines {
            let asked = self.attach.browser.last.values().filter(|it| it.is_asked()).count();
            let known = self.attach.browser.last.contains_key(&arn);
            if known || asked >= MOST_ASKED {
                continue;
            }
            let (session, of) = (session.clone(), arn.clone());
            let request = self.attach.worker.ask(move |id| async move {
                let outcome = session.last_execution(&of).await;
                News::LastResult(id, of, outcome)
            });
            self.attach.browser.last.insert(arn, Answer::Asked(Asked(request)));
        }
    }

    pub(super) fn last_result_came(
        &mut self,
        id: RequestId,
        arn: &str,
        outcome: Result<Option<ExecutionItem>, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(last) = self.attach.browser.last.get_mut(arn) {
            last.receive(id, outcome);
        }
    }

    /// Shows a machine, or a version or alias of it, with its newest executions.
    pub(super) fn select_aws_machine(&mut self, arn: &str) {
        let Some(parsed) = Arn::parse(arn) else { return };
        let bare = match parsed.name {
            "" => arn,
            name => arn.strip_suffix(name).and_then(|it| it.strip_suffix(':')).unwrap_or(arn),
        };
        let page = MachinePage {
            arn: bare.to_owned(),
            name: parsed.machine_name().to_owned(),
            qualified: (bare != arn).then(|| arn.to_owned()),
            status: None,
            executions: Listing::default(),
            description: Answer::NotAsked,
            tags: Answer::NotAsked,
            versions: Listing::default(),
            aliases: Listing::default(),
            routes: BTreeMap::new(),
        };
        self.attach.browser.machine = Some(Box::new(page));
        self.attach.browser.map_run = None;
        self.show_executions(arn, None);
        self.want_description();
    }

    /// Lists the executions of the shown machine anew: of all of it or of a version or alias, of every status or of one.
    pub(super) fn show_executions(&mut self, arn: &str, status: Option<Status>) {
        let Some(session) = self.session() else { return };
        let browser = &mut self.attach.browser;
        let known = browser.machines.items.iter().find(|it| it.arn == arn);
        let is_express = known.is_some_and(|it| it.machine_type == MachineType::Express);
        let Some(page) = &mut browser.machine else { return };
        page.qualified = (arn != page.arn).then(|| arn.to_owned());
        page.status = status;
        page.executions = if is_express {
            // AWS refuses to list them; their log knows some.
            Listing::of(session.logged_executions(&page.arn, status, crate::app::now()))
        } else {
            let of = ExecutionsOf::StateMachine(arn.to_owned());
            Listing::of(session.executions(&of, status))
        };
        page.executions.more(&mut self.attach.worker, News::Executions);
    }

    pub(super) fn more_executions(&mut self) {
        if let Some(page) = &mut self.attach.browser.machine {
            page.executions.more(&mut self.attach.worker, News::Executions);
        }
    }

    pub(super) fn executions_came(&mut self, id: RequestId, turn: Turn<ExecutionItem>) {
        self.watch(&turn.page);
        let Some(page) = &mut self.attach.browser.machine else { return };
        if page.executions.receive(id, turn)
            && page.status.is_none()
            && page.qualified.is_none()
            && let Some(newest) = page.executions.items.first()
        {
            // What the list of machines says should not be older than what is on the screen.
            let last = Answer::Come(Some(newest.clone()));
            self.attach.browser.last.insert(page.arn.clone(), last);
        }
    }

    pub(super) fn want_description(&mut self) {
        let Some(session) = self.session() else { return };
        let Some(page) = &mut self.attach.browser.machine else { return };
        let arn = page.arn.clone();
        let request = self.attach.worker.ask(move |id| async move {
            News::Description(id, Box::new(session.state_machine(&arn).await))
        });
        page.description = Answer::Asked(Asked(request));
    }

    pub(super) fn description_came(
        &mut self,
        id: RequestId,
        outcome: Result<StateMachineDescription, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(page) = &mut self.attach.browser.machine {
            page.description.receive(id, outcome);
        }
    }

    /// Tags, versions and aliases of the shown machine, which nobody needs who does not ask.
    pub(super) fn want_details(&mut self) {
        let Some(session) = self.session() else { return };
        let attach = &mut self.attach;
        let Some(page) = &mut attach.browser.machine else { return };
        if page.tags.wants_asking() {
            let (session, arn) = (session.clone(), page.arn.clone());
            let request = attach
                .worker
                .ask(move |id| async move { News::Tags(id, session.tags(&arn).await) });
            page.tags = Answer::Asked(Asked(request));
        }
        if !page.versions.is_begun() {
            page.versions = Listing::of(session.versions(&page.arn));
        }
        page.versions.more(&mut attach.worker, News::Versions);
        if !page.aliases.is_begun() {
            page.aliases = Listing::of(session.aliases(&page.arn));
        }
        page.aliases.more(&mut attach.worker, News::Aliases);
    }

    pub(super) fn tags_came(
        &mut self,
        id: RequestId,
        outcome: Result<Vec<(String, String)>, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(page) = &mut self.attach.browser.machine {
            page.tags.receive(id, outcome);
        }
    }

    pub(super) fn versions_came(&mut self, id: RequestId, turn: Turn<VersionItem>) {
        self.watch(&turn.page);
        if let Some(page) = &mut self.attach.browser.machine {
            page.versions.receive(id, turn);
        }
    }

    /// Where each alias leads is asked at once: there are few.
    pub(super) fn aliases_came(&mut self, id: RequestId, turn: Turn<AliasItem>) {
        self.watch(&turn.page);
        let Some(session) = self.session() else { return };
        let attach = &mut self.attach;
        let Some(page) = &mut attach.browser.machine else { return };
        if !page.aliases.receive(id, turn) {
            return;
        }
        for alias in page.aliases.items.iter().take(MOST_ASKED) {
            if page.routes.contains_key(&alias.arn) {
                continue;
            }
            let (session, arn) = (session.clone(), alias.arn.clone());
            let request = attach.worker.ask(move |id| async move {
                let outcome = session.alias(&arn).await;
                News::Alias(id, arn, outcome)
            });
            page.routes.insert(alias.arn.clone(), Answer::Asked(Asked(request)));
        }
    }

    pub(super) fn alias_came(
        &mut self,
        id: RequestId,
        arn: &str,
        outcome: Result<AliasDescription, AwsError>,
    ) {
        self.watch(&outcome);
        let page = self.attach.browser.machine.as_mut();
        if let Some(route) = page.and_then(|it| it.routes.get_mut(arn)) {
            route.receive(id, outcome);
        }
    }

    /// Shows a Map Run with its children, those that failed first when any has.
    pub(super) fn select_map_run(&mut self, arn: &str) {
        let Some(session) = self.session() else { return };
        let of = arn.to_owned();
        let describe = self
            .attach
            .worker
            .ask(move |id| async move { News::MapRun(id, Box::new(session.map_run(&of).await)) });
        let page = MapRunPage {
            arn: arn.to_owned(),
            description: Answer::Asked(Asked(describe)),
            status: None,
            children: Listing::default(),
        };
        self.attach.browser.map_run = Some(Box::new(page));
        self.show_children(None);
    }

    pub(super) fn show_children(&mut self, status: Option<Status>) {
        let Some(session) = self.session() else { return };
        let attach = &mut self.attach;
        let Some(page) = &mut attach.browser.map_run else { return };
        page.status = status;
        page.children =
            Listing::of(session.executions(&ExecutionsOf::MapRun(page.arn.clone()), status));
        page.children.more(&mut attach.worker, News::Children);
    }

    pub(super) fn more_children(&mut self) {
        if let Some(page) = &mut self.attach.browser.map_run {
            page.children.more(&mut self.attach.worker, News::Children);
        }
    }

    pub(super) fn children_came(&mut self, id: RequestId, turn: Turn<ExecutionItem>) {
        self.watch(&turn.page);
        if let Some(page) = &mut self.attach.browser.map_run {
            page.children.receive(id, turn);
        }
    }

    pub(super) fn map_run_came(
        &mut self,
        id: RequestId,
        outcome: Result<MapRunDescription, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(page) = &mut self.attach.browser.map_run {
            page.description.receive(id, outcome);
        }
    }

    /// Lists everything on the page in front anew.
    pub(super) fn refresh_aws(&mut self) {
        if let Some(page) = &self.attach.browser.map_run {
            let (arn, status) = (page.arn.clone(), page.status);
            self.select_map_run(&arn);
            if status.is_some() {
                self.show_children(status);
            }
        } else if let Some(page) = &self.attach.browser.machine {
            let (arn, status) = (page.listed().to_owned(), page.status);
            self.show_executions(&arn, status);
            self.want_description();
        } else {
            self.begin_browsing();
        }
    }

    /// Something happened to an execution of the shown machine.
    pub(super) fn refresh_executions(&mut self) {
        if let Some(page) = &self.attach.browser.machine {
            let (arn, status) = (page.listed().to_owned(), page.status);
            self.show_executions(&arn, status);
        }
    }

    /// Looks whether an answer says that the credentials are no good any more.
    pub(super) fn watch<T>(&mut self, outcome: &Result<T, AwsError>) {
        if let Err(err) = outcome {
            self.call_failed(err);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, started: i64) -> ExecutionItem {
        ExecutionItem {
            arn: format!("arn:aws:states:eu-west-1:1:execution:m:{name}"),
            name: name.to_owned(),
            status: Status::Failed,
            started: Timestamp(started),
            stopped: None,
            redrive_count: 0,
            redriven: None,
            version_arn: None,
            alias_arn: None,
            map_run_arn: None,
            item_count: None,
        }
    }

    #[test]
    fn a_filter_takes_part_of_a_name_and_a_time() {
        let filter = ExecutionFilter { name: " ORD ".into(), since: Some(Timestamp(10)) };
        assert!(filter.passes(&item("my-order", 10)));
        assert!(!filter.passes(&item("my-order", 9)));
        assert!(!filter.passes(&item("other", 10)));
        assert!(filter.is_past(Some(&item("other", 9))) && !filter.is_past(None));
    }

    #[test]
    fn a_qualifier_is_a_version_or_an_alias() {
        assert_eq!(qualifier("arn:aws:states:eu-west-1:1:stateMachine:m:3"), "3");
        assert_eq!(qualifier("arn:aws:states:eu-west-1:1:stateMachine:m"), "");
        assert_eq!(qualifier("nonsense"), "");
    }
}
