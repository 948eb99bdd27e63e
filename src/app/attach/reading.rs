//! The history and the definition of an execution, read on the other thread: the newest events and the definition at once, the
//! rest page by page, and whatever happens from then on while it runs.

use super::News;
use super::as_run::parsed;
use super::runtime::Teller;
use crate::asl::{Diagnostic, StateMachine};
use crate::aws::browse::ExecutionDescription;
use crate::aws::{AwsError, DefinitionAsRun, ExecutionReader, Progress, Session};
use crate::execution::partial::partial;
use crate::execution::{ExecutionStatus, History, HistoryEvent};

/// Failures in a row that are waited out while a history is read, after the SDK's own attempts.
const MOST_FAILURES: u32 = 3;

/// News of an execution that is being opened.
#[derive(Debug)]
pub enum Opening {
    First(Box<First>),
    Progress(Progress),
    /// All that there is.
    Whole(History),
    /// What has happened since.
    More(Vec<HistoryEvent>),
    /// No more will come, and why; with what there is.
    Ended(Option<AwsError>, Option<History>),
}

/// The first answers, all asked for at the same time.
#[derive(Debug)]
pub struct First {
    pub(super) newest: Result<Progress, AwsError>,
    pub(super) history: History,
    pub(super) definition: Result<(DefinitionAsRun, StateMachine, Vec<Diagnostic>), AwsError>,
    pub(super) description: Result<ExecutionDescription, AwsError>,
}

pub(super) async fn read(session: Session, arn: String, teller: Teller) {
    let tell = |news| teller.tell(News::Opening(teller.id, arn.clone(), Box::new(news)));
    let (mut reader, asker) =
        match (ExecutionReader::new(&session, &arn), ExecutionReader::new(&session, &arn)) {
            (Ok(reader), Ok(asker)) => (reader, asker),
            (Err(err), _) | (_, Err(err)) => return tell(Opening::Ended(Some(err), None)),
        };
    let first =
        async { tokio::join!(reader.newest(), asker.definition(), session.execution(&arn)) };
    let (newest, definition, description) = tokio::select! {
        biased;
        () = teller.cancel.cancelled() => return,
        first = first => first,
    };
    let failed = newest.as_ref().err().cloned();
    let definition = definition.map(|as_run| {
        let (machine, diagnostics) = parsed(&as_run.definition);
        (as_run, machine, diagnostics)
    });
    let history = partial(reader.history(), reader.tail());
    tell(Opening::First(Box::new(First { newest, history, definition, description })));
    if let Some(err) = failed {
        return tell(Opening::Ended(Some(err), None));
    }
    let was_whole = reader.progress().complete;
    if let Err(end) = read_on(&mut reader, &teller, &tell).await {
        let history = partial(reader.history(), reader.tail());
        return tell(Opening::Ended(Some(end), Some(history)));
    }
    if !was_whole {
        tell(Opening::Whole(reader.history().clone()));
    }
    if reader.history().status() != ExecutionStatus::Running {
        return tell(Opening::Ended(None, None));
    }
    let mut known = reader.history().events().len();
    let follow = reader.follow(|history| {
        let fresh = history.events().get(known..).unwrap_or_default().to_vec();
        known = history.events().len();
        tell(Opening::More(fresh));
    });
    let end = tokio::select! {
        biased;
        () = teller.cancel.cancelled() => Some(AwsError::Cancelled),
        end = follow => end.err(),
    };
    tell(Opening::Ended(end, None));
}

/// The pages before the newest one. A passing failure is waited out.
async fn read_on(
    reader: &mut ExecutionReader,
    teller: &Teller,
    tell: &(impl Fn(Opening) + Sync),
) -> Result<(), AwsError> {
    let mut failures = 0;
    while !reader.progress().complete {
        let page = tokio::select! {
            biased;
            () = teller.cancel.cancelled() => return Err(AwsError::Cancelled),
            page = reader.more() => page,
        };
        match page {
            Ok(progress) => {
                failures = 0;
                tell(Opening::Progress(progress));
            }
            Err(err) if err.is_passing() && failures < MOST_FAILURES => {
                failures += 1;
                let wait = std::time::Duration::from_millis(500 << failures);
                tokio::select! {
                    () = teller.cancel.cancelled() => return Err(AwsError::Cancelled),
                    () = tokio::time::sleep(wait) => {}
                }
            }
            Err(err) => return Err(err),
        }
    }
    Ok(())
}
