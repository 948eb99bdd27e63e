//! Who answers a task: the user's own mock first, then the chosen test case, then the embedded services (`DynamoDB`, S3); else
//! nobody.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::asl::task::ResourceKind;
use crate::engine::TaskRequest;
use crate::execution::Timestamp;
use crate::json::Value;
use crate::project::Project;
use crate::services::TaskAnswer;
use crate::services::dynamodb::{DynamoDb, Table};
use crate::services::mock::MockCase;
use crate::services::s3::{S3, SeedObject};

/// The database and the mocks of a project session.
#[derive(Clone)]
pub struct Answers {
    pub database: Arc<DynamoDb>,
    /// The buckets; none when the project brings none.
    pub s3: Arc<S3>,
    /// What the user typed in the window.
    pub typed: MockCase,
    /// The chosen test case of a `MockConfigFile`.
    pub case: Option<MockCase>,
    /// The name of that test case.
    pub case_name: Option<String>,
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
        let mut problems = create_tables(&database, &project.tables);
        let s3 = S3::default();
        problems.extend(create_buckets(&s3, &project.buckets));
        problems.extend(s3.seed(&project.objects).err().map(|why| format!("S3: {why}")));
        Ok((
            Self {
                database: Arc::new(database),
                s3: Arc::new(s3),
                typed: MockCase::default(),
                case: None,
                case_name: None,
            },
            problems,
        ))
    }

    /// The answer at a moment of the execution's own time, or `None` when only the user can give one. `own` is the test case of
    /// an execution that does not follow the chosen one.
    pub fn answer(
        &self,
        request: &TaskRequest,
        now: Timestamp,
        invocations: &mut Invocations,
        own: Option<&MockCase>,
    ) -> Option<TaskAnswer> {
        // A mock of the state is for its items; what becomes of them is written where S3 is, and nowhere without one.
        if S3::is_result_writer(request) {
            return Some(
                self.ask_s3(request, now)
                    .unwrap_or_else(|| TaskAnswer::Succeeded { output: Value::empty_object() }),
            );
        }
        let mocked = self.mocked(request, invocations, own);
        let mocked = mocked.or_else(|| self.ask_database(request, now));
        mocked.or_else(|| self.ask_s3(request, now))
    }

    /// As [`Answers::answer`], for a re-run of what happened on AWS: there the tables exist that no file here declares, so an
    /// error of the empty database would be made up.
    pub(super) fn answer_rerun(
        &self,
        request: &TaskRequest,
        now: Timestamp,
        invocations: &mut Invocations,
        own: Option<&MockCase>,
    ) -> Option<TaskAnswer> {
        if !DynamoDb::handles(request) || self.database.has_tables_of(request) {
            return self.answer(request, now, invocations, own);
        }
        self.mocked(request, invocations, own)
    }

    /// What the user typed, else what the test case says.
    fn mocked(
        &self,
        request: &TaskRequest,
        invocations: &mut Invocations,
        own: Option<&MockCase>,
    ) -> Option<TaskAnswer> {
        let count = invocations.entry(Arc::clone(&request.state_name)).or_default();
        let invocation = *count;
        *count += 1;
        let mocked = self.typed.answer(&request.state_name, invocation);
        let case = own.or(self.case.as_ref());
        mocked.or_else(|| case?.answer(&request.state_name, invocation))
    }

    fn ask_database(&self, request: &TaskRequest, now: Timestamp) -> Option<TaskAnswer> {
        DynamoDb::handles(request).then(|| {
            self.database.set_time(now);
            self.database.run(request)
        })
    }

    fn ask_s3(&self, request: &TaskRequest, now: Timestamp) -> Option<TaskAnswer> {
        self.s3.handles(request).then(|| {
            self.s3.set_time(now);
            self.s3.run(request)
        })
    }

    /// What to tell someone who has no window to type an answer into.
    pub fn unanswered(request: &TaskRequest) -> String {
        const REMEDY: &str = "Give a MockConfigFile with --mocks FILE and a case with --case NAME";
        let (state, resource) = (&request.state_name, &request.resource.text);
        if !request.is_called_back() {
            return format!("State '{state}' calls {resource} and nothing answers it. {REMEDY}.");
        }
        let awaited = match &request.resource.kind {
            ResourceKind::Activity { .. } => "for a worker, and none comes",
            ResourceKind::LambdaFunction { .. }
            | ResourceKind::Optimised { .. }
            | ResourceKind::AwsSdk { .. }
            | ResourceKind::Other => "for its task token, and nobody sends it back",
        };
        format!(
            "State '{state}' ({resource}) waits {awaited}; there is no TimeoutSeconds or HeartbeatSeconds that would end the wait. {REMEDY}."
        )
    }
}

/// Makes the buckets that are not there yet; the others keep their objects.
pub(super) fn create_buckets(s3: &S3, buckets: &[String]) -> Option<String> {
    let empty = |bucket: &String| SeedObject {
        bucket: bucket.clone(),
        key: String::new(),
        body: Arc::from([]),
    };
    let buckets: Vec<SeedObject> = buckets.iter().map(empty).collect();
    s3.seed(&buckets).err().map(|why| format!("S3: {why}"))
}

fn create_tables(database: &DynamoDb, tables: &[Table]) -> Vec<String> {
    let create = |table: &Table| {
        database.create_table(table).err().map(|why| format!("Table {}: {why}", table.name))
    };
    tables.iter().filter_map(create).collect()
}
