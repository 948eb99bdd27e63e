//! Who answers a task: the user's own mock first, then the chosen test case, then the embedded services; else nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::TaskRequest;
use crate::execution::Timestamp;
use crate::project::Project;
use crate::services::TaskAnswer;
use crate::services::dynamodb::{DynamoDb, Table};
use crate::services::mock::MockCase;

/// The database and the mocks of a project session.
#[derive(Clone)]
pub struct Answers {
    pub database: Arc<DynamoDb>,
    /// What the user typed in the window.
    pub typed: MockCase,
    /// The chosen test case of a `MockConfigFile`.
    pub case: Option<MockCase>,
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answers")
            .field("typed", &self.typed)
            .field("case", &self.case)
            .finish_non_exhaustive()
    }
}

/// How often each state has asked, because a mock may answer the second invocation otherwise than the first.
pub(super) type Invocations = BTreeMap<Arc<str>, u32>;

impl Answers {
    /// A fresh database with the project's tables in it, and what could not be created.
    ///
    /// # Errors
    /// The database engine could not be set up at all.
    pub fn of(project: &Project) -> Result<(Self, Vec<String>), String> {
        let database = DynamoDb::new()?;
        let problems = create_tables(&database, &project.tables);
        Ok((
            Self { database: Arc::new(database), typed: MockCase::default(), case: None },
            problems,
        ))
    }

    /// The answer at a moment of the execution's own time, or `None` when only the user can give one.
    pub fn answer(
        &self,
        request: &TaskRequest,
        now: Timestamp,
        invocations: &mut Invocations,
    ) -> Option<TaskAnswer> {
        let count = invocations.entry(Arc::clone(&request.state_name)).or_default();
        let invocation = *count;
        *count += 1;
        let mocked = self.typed.answer(&request.state_name, invocation);
        let mocked = mocked.or_else(|| self.case.as_ref()?.answer(&request.state_name, invocation));
        mocked.or_else(|| {
            DynamoDb::handles(request).then(|| {
                self.database.set_time(now);
                self.database.run(request)
            })
        })
    }

    /// What to tell someone who has no window to type an answer into.
    pub fn unanswered(request: &TaskRequest) -> String {
        format!(
            "State '{}' calls {} and nothing answers it. Give a MockConfigFile with --mocks FILE and a case with --case NAME.",
            request.state_name, request.resource.text
        )
    }
}

fn create_tables(database: &DynamoDb, tables: &[Table]) -> Vec<String> {
    let create = |table: &Table| {
        database.create_table(table).err().map(|why| format!("Table {}: {why}", table.name))
    };
    tables.iter().filter_map(create).collect()
}
