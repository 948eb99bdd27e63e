//! What changes something in the account, or has AWS run something: proposed, shown with account, region and machine, and done
//! only after the user confirmed exactly that. While the session is read-only nothing can be proposed.

use std::collections::BTreeMap;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use super::agreement::{Agreement, compared};
use super::browse::{Answer, Asked};
use super::runtime::{Request, RequestId};
use super::{DefinitionSource, MachineId, News, Trouble, live_call};
use crate::app::app::{App, NoticeLevel};
use crate::app::simulation::execution_name;
use crate::app::test_state::{ErrorOutput, Mock as OwnMock, run_test};
use crate::app::{MockedOutcome, RunId, now};
use crate::asl::{StateMachineType, StatePath};
use crate::aws::AwsError;
use crate::aws::act::{Confirmed, Mock, TestState, TestStateAnswer, Validation};
use crate::aws::arn::Arn;
use crate::aws::browse::{
    ExecutionDescription, MachineType, RedriveStatus, StateMachineDescription,
};
use crate::engine::TaskRequest;
use crate::json::{Value, readable};

/// Lines around a change that are shown with it.
const CONTEXT_LINES: usize = 3;
/// Lines of a difference that are shown.
const MOST_LINES: usize = 2_000;

/// Something to be done in an account.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    Start {
        machine_arn: String,
        input: String,
    },
    Stop {
        execution_arn: String,
    },
    Redrive {
        execution_arn: String,
    },
    Update {
        machine_arn: String,
        definition: Arc<str>,
    },
    Validate {
        machine_arn: String,
        definition: Arc<str>,
        machine_type: MachineType,
    },
    TestState {
        machine_arn: String,
        state: StatePath,
    },
    /// A task of that run waits for an answer: the service is really called.
    Call {
        machine_arn: String,
        run: RunId,
        request: Arc<TaskRequest>,
    },
}

impl Act {
    pub fn title(&self) -> &'static str {
        match self {
            Self::Start { .. } => "Start execution",
            Self::Stop { .. } => "Stop execution",
            Self::Redrive { .. } => "Redrive execution",
            Self::Update { .. } => "Update definition",
            Self::Validate { .. } => "Validate definition",
            Self::TestState { .. } => "Test state on AWS",
            Self::Call { .. } => "Call on AWS",
        }
    }

    /// What will happen, in a sentence or two.
    pub fn words(&self) -> String {
        match self {
            Self::Start { .. } => "A new execution starts and really runs: its tasks call the services that they name.".to_owned(),
            Self::Stop { execution_arn } => format!("{} ends as ABORTED. Work that its tasks have begun elsewhere goes on.", last_part(execution_arn)),
            Self::Redrive { execution_arn } => format!("{} runs again from the states that failed, were aborted or never ran, with the definition that it had. What succeeded is not repeated.", last_part(execution_arn)),
            Self::Update { .. } => "The definition below takes the place of the one there now. Executions that run keep the one they have.".to_owned(),
            Self::Validate { .. } => "AWS reads the definition and lists what is wrong with it. Nothing is changed or kept.".to_owned(),
            Self::TestState { state, .. } => format!("AWS runs the state {state} alone, with the input in the Test state pane and the role of the machine. A Task really calls its service, unless it is mocked there."),
            Self::Call { request, .. } => format!("AWS calls {} with the parameters below, by the role of the machine (TestState). What the service does is done for real; its answer becomes the answer of {}.", request.resource.text, request.state_name),
        }
    }

    fn arn(&self) -> &str {
        match self {
            Self::Stop { execution_arn } | Self::Redrive { execution_arn } => execution_arn,
            Self::Start { machine_arn, .. }
            | Self::Update { machine_arn, .. }
            | Self::Validate { machine_arn, .. }
            | Self::TestState { machine_arn, .. }
            | Self::Call { machine_arn, .. } => machine_arn,
        }
    }
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or(arn)
}

/// An act that the user is asked about.
#[derive(Debug)]
pub struct Proposal {
    pub act: Act,
    pub account: String,
    pub region: String,
    pub machine: String,
    /// Where the definition of an update or a validation comes from.
    pub from: Option<DefinitionSource>,
    /// The machine as it is now: for an update to be compared with, for a test its role.
    pub there: Answer<StateMachineDescription>,
    /// Whether it can be redriven.
    pub execution: Answer<ExecutionDescription>,
    pub step: Step,
    /// Of the execution that a start begins: the same when it is tried again, so that nothing starts twice.
    name: String,
    request: Option<Request>,
}

/// How far a proposal is.
#[derive(Debug, Default)]
pub enum Step {
    /// Waits for the user.
    #[default]
    Asks,
    Doing,
    Failed(Trouble),
    Validated(Validation),
}

/// What an act came to.
#[derive(Debug)]
pub enum Done {
    Started(String),
    Stopped,
    Redriven,
    Updated,
    Validated(Validation),
    Tested(Box<TestStateAnswer>),
}

/// A line of a difference between two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffLine {
    Same(String),
    Added(String),
    Removed(String),
    /// Lines that are the same in both are left out here.
    Skipped(usize),
}

impl Proposal {
    /// Why it can't be done, whatever the user says.
    pub fn obstacle(&self) -> Option<String> {
        let to = self.machine_id();
        if let Some(why) = self.from.as_ref().and_then(|it| it.origin.obstacle(&to)) {
            return Some(why);
        }
        match &self.act {
            Act::Start { input, .. } => {
                Value::parse(input).err().map(|why| format!("The input is not JSON: {why}"))
            }
            Act::Redrive { .. } => self.redrive_obstacle(),
            Act::Update { definition, .. } => match &self.there {
                Answer::NotAsked | Answer::Asked(_) => {
                    Some("It is being compared with the one there now.".to_owned())
                }
                // White space alone is no change: what is shown was laid out to be read.
                Answer::Come(there) if readable(&there.definition) == readable(definition) => {
                    Some("It is the one there now: nothing would change.".to_owned())
                }
                Answer::Come(_) => not_json(definition),
                Answer::Failed(trouble) => Some(format!(
                    "The one there now did not come, so nobody could see what changes. {}",
                    trouble.line()
                )),
            },
            Act::Validate { definition, .. } => not_json(definition),
            Act::TestState { .. } | Act::Call { .. } => {
                self.there.is_asked().then(|| "The machine's role is being read.".to_owned())
            }
            Act::Stop { .. } => None,
        }
    }

    /// What the user should look at twice before saying yes.
    pub fn warning(&self) -> Option<String> {
        self.from.as_ref()?.origin.warning(&self.machine_id())
    }

    fn machine_id(&self) -> MachineId {
        MachineId {
            account: self.account.clone(),
            region: self.region.clone(),
            name: self.machine.clone(),
        }
    }

    fn redrive_obstacle(&self) -> Option<String> {
        match &self.execution {
            Answer::NotAsked | Answer::Asked(_) => {
                Some("AWS is asked whether it can be.".to_owned())
            }
            // Whoever may not look may still be allowed to do it; AWS will say.
            Answer::Failed(_) => None,
            Answer::Come(execution) => {
                let redrive = &execution.redrive;
                let says = |otherwise: &str| {
                    redrive.reason.clone().unwrap_or_else(|| otherwise.to_owned())
                };
                match redrive.status {
                    RedriveStatus::Redrivable | RedriveStatus::Unsaid => None,
                    RedriveStatus::NotRedrivable => {
                        Some(format!("It can't be redriven: {}", says("AWS gives no reason.")))
                    }
                    RedriveStatus::RedrivableByMapRun => Some(format!(
                        "It can't be redriven by itself: {}",
                        says("redrive the execution that started its Map Run.")
                    )),
                }
            }
        }
    }

    /// What an update would change; `None` for other acts and while the definition there is not known.
    pub fn difference(&self) -> Option<Vec<DiffLine>> {
        let Act::Update { definition, .. } = &self.act else { return None };
        Some(difference(&readable(&self.there.come()?.definition), &readable(definition)))
    }
}

fn not_json(definition: &str) -> Option<String> {
    let parsed = Value::parse(definition);
    parsed.err().map(|why| format!("AWS takes JSON, and the definition is none: {why}"))
}

/// Two texts line by line, with what is the same for long left out.
fn difference(before: &str, after: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    let mut shown = 0;
    for group in diff.grouped_ops(CONTEXT_LINES) {
        let begin = group.first().map_or(shown, |it| it.old_range().start);
        if begin > shown {
            lines.push(DiffLine::Skipped(begin - shown));
        }
        for op in &group {
            for change in diff.iter_changes(op) {
                let text = change.value().trim_end_matches(['\n', '\r']).to_owned();
                lines.push(match change.tag() {
                    ChangeTag::Equal => DiffLine::Same(text),
                    ChangeTag::Insert => DiffLine::Added(text),
                    ChangeTag::Delete => DiffLine::Removed(text),
                });
            }
            shown = op.old_range().end;
        }
        if lines.len() > MOST_LINES {
            break;
        }
    }
    lines
}

impl App {
    /// Shows what an act would do, and to what.
    pub(super) fn propose(&mut self, act: Act) {
        if self.attach.read_only {
            return self.notify(
                NoticeLevel::Info,
                "The session is read-only",
                "Switch that off beside the account first.",
            );
        }
        let Some(session) = self.session() else { return };
        let Some(arn) = Arn::parse(act.arn()) else { return };
        let mut proposal = Proposal {
            account: arn.account.to_owned(),
            region: arn.region.to_owned(),
            machine: arn.machine_name().to_owned(),
            from: self.source_of(&act),
            there: Answer::NotAsked,
            execution: Answer::NotAsked,
            step: Step::Asks,
            name: format!("stepwell-{}", execution_name(now().0.unsigned_abs())),
            request: None,
            act,
        };
        match &proposal.act {
            Act::Update { machine_arn, .. }
            | Act::TestState { machine_arn, .. }
            | Act::Call { machine_arn, .. } => {
                let of = machine_arn.clone();
                let asked = self.attach.worker.ask(move |id| async move {
                    News::ProposedMachine(id, Box::new(session.state_machine(&of).await))
                });
                proposal.there = Answer::Asked(Asked(asked));
            }
            Act::Redrive { execution_arn } => {
                let of = execution_arn.clone();
                let asked = self.attach.worker.ask(move |id| async move {
                    News::ProposedExecution(id, Box::new(session.execution(&of).await))
                });
                proposal.execution = Answer::Asked(Asked(asked));
            }
            Act::Start { .. } | Act::Stop { .. } | Act::Validate { .. } => {}
        }
        self.attach.proposal = Some(Box::new(proposal));
    }

    /// Where the definition of an act comes from, as far as it is the one that is shown or edited.
    fn source_of(&self, act: &Act) -> Option<DefinitionSource> {
        match act {
            Act::Update { definition, .. } | Act::Validate { definition, .. } => {
                let is_at_hand = self.definition_at_hand() == Some(&**definition);
                self.source_at_hand().filter(|_| is_at_hand)
            }
            Act::Start { .. }
            | Act::Stop { .. }
            | Act::Redrive { .. }
            | Act::TestState { .. }
            | Act::Call { .. } => None,
        }
    }

    pub(super) fn proposed_machine_came(
        &mut self,
        id: RequestId,
        outcome: Result<StateMachineDescription, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(proposal) = &mut self.attach.proposal {
            proposal.there.receive(id, outcome);
        }
    }

    pub(super) fn proposed_execution_came(
        &mut self,
        id: RequestId,
        outcome: Result<ExecutionDescription, AwsError>,
    ) {
        self.watch(&outcome);
        if let Some(proposal) = &mut self.attach.proposal {
            proposal.execution.receive(id, outcome);
        }
    }

    pub(super) fn set_start_input(&mut self, text: String) {
        if let Some(Act::Start { input, .. }) = self.attach.proposal.as_mut().map(|it| &mut it.act)
        {
            *input = text;
        }
    }

    /// The user said yes to what stands in the proposal: the only place where anybody does.
    pub(super) fn confirm(&mut self) {
        let Some(session) = self.session() else { return };
        if self.attach.read_only {
            return;
        }
        let test = self.test_for_aws();
        let Some(proposal) = &mut self.attach.proposal else { return };
        let may = matches!(proposal.step, Step::Asks | Step::Failed(_));
        if !may || proposal.obstacle().is_some() {
            return;
        }
        let confirmed = Confirmed {
            account: proposal.account.clone(),
            region: proposal.region.clone(),
            machine: proposal.machine.clone(),
        };
        let revision = proposal.there.come().and_then(|it| it.revision_id.clone());
        let act = proposal.act.clone();
        proposal.step = Step::Doing;
        let name = proposal.name.clone();
        let request = self.attach.worker.ask(move |id| async move {
            let done = match &act {
                Act::Start { machine_arn, input } => session
                    .start(&confirmed, machine_arn, &name, input)
                    .await
                    .map(|it| Done::Started(it.execution_arn)),
                Act::Stop { execution_arn } => {
                    session.stop(&confirmed, execution_arn, None, None).await.map(|_| Done::Stopped)
                }
                Act::Redrive { execution_arn } => {
                    session.redrive(&confirmed, execution_arn).await.map(|_| Done::Redriven)
                }
                Act::Update { machine_arn, definition } => session
                    .update_definition(&confirmed, machine_arn, definition, revision.as_deref())
                    .await
                    .map(|_| Done::Updated),
                Act::Validate { definition, machine_type, .. } => session
                    .validate(&confirmed, definition, *machine_type)
                    .await
                    .map(Done::Validated),
                Act::TestState { .. } | Act::Call { .. } => match &test {
                    Some(test) => session
                        .test_state(&confirmed, test)
                        .await
                        .map(|it| Done::Tested(Box::new(it))),
                    None => Err(AwsError::Cancelled),
                },
            };
            News::Acted(id, Box::new(done))
        });
        proposal.request = Some(request);
    }

    pub(super) fn acted(&mut self, id: RequestId, outcome: Result<Done, AwsError>) {
        self.watch(&outcome);
        let Some(proposal) = &mut self.attach.proposal else { return };
        if !proposal.request.as_ref().is_some_and(|it| it.is(id)) {
            return;
        }
        proposal.request = None;
        let done = match outcome {
            Ok(done) => done,
            Err(err) => {
                let mut trouble = Trouble::of(&err);
                let calls = matches!(proposal.act, Act::TestState { .. } | Act::Call { .. });
                if calls && matches!(err, AwsError::TimedOut { .. } | AwsError::Unreachable { .. })
                {
                    trouble.text = format!(
                        "{} The service may have been called all the same: look there before it is called again.",
                        trouble.text
                    );
                }
                proposal.step = Step::Failed(trouble);
                return;
            }
        };
        let (act, machine) = (proposal.act.clone(), proposal.machine.clone());
        match done {
            Done::Validated(validation) => proposal.step = Step::Validated(validation),
            Done::Started(arn) => {
                self.attach.proposal = None;
                self.notify(NoticeLevel::Info, format!("Started {}", last_part(&arn)), "");
                self.open_execution(&arn, None);
                self.refresh_executions();
            }
            Done::Stopped | Done::Redriven => {
                self.attach.proposal = None;
                let arn = act.arn().to_owned();
                let what = if matches!(done, Done::Stopped) { "stopped" } else { "redriven" };
                self.notify(NoticeLevel::Info, format!("{} was {what}", last_part(&arn)), "");
                // Its history has gone on.
                self.retry_opening(&arn);
                self.refresh_executions();
            }
            Done::Updated => {
                self.attach.proposal = None;
                let text = format!("The definition of {machine} was updated");
                self.notify(NoticeLevel::Info, text, "");
                self.want_description();
            }
            Done::Tested(answer) => {
                self.attach.proposal = None;
                match act {
                    Act::TestState { state, .. } => self.take_agreement(&state, &answer),
                    Act::Call { run, request, .. } => self.called(run, &request, &answer),
                    Act::Start { .. }
                    | Act::Stop { .. }
                    | Act::Redrive { .. }
                    | Act::Update { .. }
                    | Act::Validate { .. } => {}
                }
            }
        }
    }

    /// The test in the form of the selected state or the call of a waiting task, as AWS takes it.
    fn test_for_aws(&self) -> Option<TestState> {
        let proposal = self.attach.proposal.as_ref()?;
        if let Act::Call { request, .. } = &proposal.act {
            let there = proposal.there.come().map(|it| it.role_arn.clone());
            let role = self.recorded_role(&proposal.act).or(there);
            return Some(live_call::test(request, role));
        }
        let Act::TestState { state, .. } = &proposal.act else { return None };
        let machine = self.machine()?;
        let draft = self.test(state).map_or_else(|| self.fresh_test(state), |it| it.draft.clone());
        let request = draft.request(machine, state);
        let of_execution = self.opened().and_then(|it| it.as_run.as_ref());
        let role = of_execution.map(|it| it.role_arn.clone());
        let role = role.or_else(|| proposal.there.come().map(|it| it.role_arn.clone()));
        let mock = match draft.mock {
            MockedOutcome::Nothing => None,
            MockedOutcome::Result => Some(Mock::Result(draft.result)),
            MockedOutcome::Error => Some(Mock::Error {
                error: draft.error,
                cause: Some(draft.cause).filter(|it| !it.is_empty()),
            }),
        };
        let is_mocked = mock.is_some();
        Some(TestState {
            definition: machine.machine.source.to_string(),
            state_name: machine.machine.find(state).map(|it| it.name.as_str().to_owned()),
            role_arn: role,
            input: request.input,
            variables: request.variables,
            // AWS takes a context object beside a mock only.
            context: request.context.filter(|_| is_mocked),
            mock,
        })
    }

    /// Compares AWS's answer with our own. What a real service answered is given to ours as its mock, so that all that is compared
    /// is what the language makes of it.
    fn take_agreement(&mut self, state: &StatePath, answer: &TestStateAnswer) {
        let Some(open) = &self.project else { return };
        let Some(machine) = open.machine() else { return };
        let draft = self.test(state).map_or_else(|| self.fresh_test(state), |it| it.draft.clone());
        let mut request = draft.request(machine, state);
        let is_task = machine.machine.find(state).is_some_and(|it| it.kind.type_name() == "Task");
        if request.mock.is_none() && is_task {
            let failed = answer.error.is_some();
            let result = answer.inspection.get("result").cloned();
            request.mock = Some(OwnMock {
                result: result.filter(|_| !failed),
                error_output: failed.then(|| ErrorOutput {
                    error: answer.error.as_deref().map(Into::into),
                    cause: answer.cause.as_deref().map(Into::into),
                }),
                field_validation_mode: crate::app::FieldValidationMode::None,
            });
        }
        let agreement = match run_test(&request, &open.answers) {
            Ok(own) => Agreement::Compared(compared(&own, answer)),
            Err(why) => Agreement::OwnFailed(why),
        };
        let key = (machine.name.clone(), state.clone());
        self.attach.agreements.insert(key, (draft, agreement));
    }

    /// What AWS said to the test of a state that stands in the form; `None` when none was made, or the form has changed since.
    pub fn agreement(&self, state: &StatePath) -> Option<&Agreement> {
        let key = (self.machine()?.name.clone(), state.clone());
        let (tested, agreement) = self.attach.agreements.get(&key)?;
        let draft = self.test(state).map_or_else(|| self.fresh_test(state), |it| it.draft.clone());
        (*tested == draft).then_some(agreement)
    }

    /// The machine of AWS that the shown definition belongs to: the one that the shown execution ran, else the one in the browser.
    pub fn aws_machine(&self) -> Option<&str> {
        let as_run = self.opened().and_then(|it| it.as_run.as_ref());
        let of_run = as_run.map(|it| it.state_machine_arn.as_str());
        of_run.or_else(|| Some(self.attach.browser.machine.as_ref()?.arn.as_str()))
    }

    /// The kind of the machine that is shown, in AWS's words.
    pub fn aws_machine_type(&self) -> MachineType {
        match self.machine_type {
            StateMachineType::Standard => MachineType::Standard,
            StateMachineType::Express => MachineType::Express,
        }
    }
}

/// Tests by machine and state: what was typed, and how the two answers compare.
pub(super) type Agreements = BTreeMap<(String, StatePath), (crate::app::TestDraft, Agreement)>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_shows_what_changes_and_little_around_it() {
        let before: String = (0..40).map(|it| format!("line {it}\n")).collect();
        let after = before.replace("line 20\n", "line twenty\n");
        let lines = difference(&before, &after);
        assert_eq!(lines.first(), Some(&DiffLine::Skipped(17)));
        assert!(lines.contains(&DiffLine::Removed("line 20".into())));
        assert!(lines.contains(&DiffLine::Added("line twenty".into())));
        assert_eq!(lines.iter().filter(|it| matches!(it, DiffLine::Same(_))).count(), 6);
        assert!(difference(&before, &before).is_empty());
    }

    #[test]
    fn every_act_says_what_happens() {
        let execution_arn = "arn:aws:states:eu-west-1:1:execution:m:e-1".to_owned();
        let act = Act::Stop { execution_arn };
        assert!(act.words().starts_with("e-1 ends as ABORTED"));
    }
}
