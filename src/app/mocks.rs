//! The mocks of the open project: typed for a task that waits, or loaded from a `MockConfigFile`.

use std::path::Path;
use std::sync::Arc;

use super::app::{App, NoticeLevel};
use super::limited;
use crate::engine::TaskToken;
use crate::json::Value;
use crate::project::Project;
use crate::services::TaskAnswer;
use crate::services::mock::MockConfig;

impl App {
    /// Answers a task that waits. With `keep`, every task of its state is answered so from now on.
    pub(super) fn answer_task(&mut self, token: TaskToken, answer: &TaskAnswer, keep: bool) {
        if self.answer_rerun(token, answer, keep) {
            return;
        }
        let state = self.run().and_then(|run| {
            let waiting = run.waiting().into_iter().find(|it| it.token == token)?;
            Some(Arc::clone(&waiting.state_name))
        });
        if let Some(run) = self.run_mut()
            && run.answer(token, answer)
            && let (true, Some(state), Some(open)) = (keep, state, &mut self.project)
        {
            open.answers.typed.set(&state, answer.clone());
            // The others that wait in the same state are answered by what was just kept.
            self.answer_all(&state, answer);
        }
    }

    fn answer_all(&mut self, state: &str, answer: &TaskAnswer) {
        let Some(run) = self.run_mut() else { return };
        let waiting: Vec<_> =
            run.waiting().iter().filter(|it| &*it.state_name == state).map(|it| it.token).collect();
        for token in waiting {
            run.answer(token, answer);
        }
    }

    pub(super) fn load_mocks(&mut self, path: &Path) {
        let loaded = limited::read_text(path, limited::MAX_MOCKS_BYTES)
            .and_then(|text| Value::parse(&text).map_err(|err| format!("It is not JSON: {err}")))
            .and_then(|json| MockConfig::parse(&json));
        match loaded {
            Ok(mocks) => {
                if let Some(open) = &mut self.project {
                    open.project.mocks = Some(mocks);
                    let case = first_case(&open.project, open.machine);
                    self.select_mock_case(case);
                }
            }
            Err(why) => self.notify(
                NoticeLevel::Error,
                format!("{} can't be used for mocks", path.display()),
                why,
            ),
        }
    }

    pub(super) fn select_mock_case(&mut self, case: Option<String>) {
        let Some(open) = &mut self.project else { return };
        let name = open.machine().map(|it| it.name.clone()).unwrap_or_default();
        open.answers.case =
            case.as_ref().and_then(|case| open.project.mocks.as_ref()?.case(&name, case));
        open.answers.case_name.clone_from(&case);
        open.mock_case = case;
    }
}

pub(super) fn first_case(project: &Project, machine: usize) -> Option<String> {
    let name = &project.machines.get(machine)?.name;
    project.mocks.as_ref()?.cases(name).into_iter().next()
}
