//! Looking at a failure: the place in the history, and the field of the data flow that a card leads to.

use super::app::App;
use super::command::{Command, Pane};
use super::simulation::RunId;
use crate::debug::StopReason;
use crate::debug::failure::{Evidence, JsonPlace, Look};
use crate::execution::EventId;

/// A field of some stage, to be shown and marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reveal {
    /// Where the cursor goes, so that the stage is known.
    pub at: Look,
    /// The visit, by its entered event.
    pub entered: EventId,
    /// Under `TestState`'s name; or `variables`, `context`.
    pub stage: &'static str,
    pub place: JsonPlace,
}

/// A field that was revealed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revealed {
    pub run: RunId,
    /// Another number each time, so that a view knows whether it has followed.
    pub serial: u64,
    pub reveal: Reveal,
}

impl Reveal {
    /// The field of a piece of evidence. `at` is where the failure is; a value of another visit is looked at where that visit
    /// ended.
    pub fn of(evidence: &Evidence, at: Look) -> Self {
        Self { at, entered: evidence.entered, stage: evidence.stage, place: evidence.place.clone() }
    }
}

impl App {
    /// Puts the cursor at an event, with the thread and its state.
    pub(super) fn look_at(&mut self, at: Look) {
        if let Some(run) = self.run_mut() {
            run.session.goto(at.event);
            run.session.select_thread(at.thread);
            run.stopped = Some(StopReason::Goto);
        }
        self.select_current();
    }

    pub(super) fn reveal(&mut self, mut reveal: Reveal) {
        let Some(run) = self.run() else { return };
        let id = run.id;
        let moments = run.session.moments();
        let of_thread = run.session.moments().latest();
        let shown = of_thread.thread(reveal.at.thread).and_then(|it| it.current.as_ref());
        // The value of an earlier visit of the thread: it is known where that one ended.
        if shown.is_none_or(|it| it.entered != reveal.entered)
            && moments.visit_of(reveal.at.event) != Some(reveal.entered)
            && let Some(visit) = moments.timeline().visits.get(&reveal.entered)
        {
            reveal.at = Look { event: visit.last_event, thread: visit.thread };
        }
        let pane = match reveal.stage {
            "variables" | "context" => Pane::Variables,
            _ => Pane::DataFlow,
        };
        self.look_at(reveal.at);
        let serial = self.next_id();
        self.revealed = Some(Revealed { run: id, serial, reveal });
        self.for_window.push(Command::ShowPane(pane));
    }

    /// The field that was revealed, while its visit is the one at the cursor.
    pub fn revealed(&self) -> Option<&Revealed> {
        let run = self.run()?;
        let revealed = self.revealed.as_ref().filter(|it| it.run == run.id)?;
        let thread = run.session.moment().thread(run.session.thread())?;
        let entered = thread.current.as_ref()?.entered;
        (entered == revealed.reveal.entered).then_some(revealed)
    }
}
