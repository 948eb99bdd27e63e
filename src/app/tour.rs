//! The first-time tour: one request, one breakpoint, one step back, click by click on the CRUD sample.
//!
//! Each step is done when the thing itself has happened, however the user made it happen.

use super::app::App;
use super::requests::Exchange;
use super::samples;

/// Where the tour stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tour {
    pub step: TourStep,
    /// The last exchange before the step that asks for a request: only later ones count.
    since: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TourStep {
    /// The sample is there to be looked at.
    Welcome,
    /// Set a breakpoint on the choice that every request passes.
    Breakpoint,
    /// Send `POST /items`.
    Request,
    /// Stopped at the breakpoint: step.
    Next,
    /// Step back.
    Back,
    /// Let it go on and read the response.
    Continue,
    Done,
}

impl TourStep {
    pub const ALL: [Self; 7] = [
        Self::Welcome,
        Self::Breakpoint,
        Self::Request,
        Self::Next,
        Self::Back,
        Self::Continue,
        Self::Done,
    ];

    /// The heading of the step's card.
    pub fn title(self) -> &'static str {
        match self {
            Self::Welcome => "Welcome to Stepwell",
            Self::Breakpoint => "Set a breakpoint",
            Self::Request => "Send a request",
            Self::Next => "Take a step",
            Self::Back => "Step back",
            Self::Continue => "Let it finish",
            Self::Done => "That was it",
        }
    }

    /// What to do, in a sentence or two.
    pub fn text(self) -> &'static str {
        match self {
            Self::Welcome => {
                "This is a CRUD API: API Gateway starts an EXPRESS state machine, which reads and writes a DynamoDB table. \
                 All of it runs here, with no account and no network."
            }
            Self::Breakpoint => {
                "Click in the margin left of “Which operation?” in the graph, or select the state and press F9. \
                 A red dot marks the breakpoint."
            }
            Self::Request => {
                "In the API console, choose POST /items and press Send (Ctrl+Enter). The request starts an execution."
            }
            Self::Next => {
                "The execution is held at the breakpoint, and so is the HTTP response. The data flow pane shows what goes \
                 into the state. Press F10 to take a step."
            }
            Self::Back => {
                "Now press Ctrl+F10 to step back. Nothing runs again: the cursor moves back through what happened."
            }
            Self::Continue => {
                "Press F5 to let the execution finish. The API console shows the response and every stage it went through."
            }
            Self::Done => {
                "The item is in the Tables pane. Open your own project with Ctrl+O: a definition, a Terraform folder or a \
                 SAM template. This tour stays in the Help menu."
            }
        }
    }

    fn following(self) -> Self {
        let at = Self::ALL.iter().position(|it| *it == self).unwrap_or(0);
        Self::ALL[(at + 1).min(Self::ALL.len() - 1)]
    }
}

impl Tour {
    pub fn start() -> Self {
        Self { step: TourStep::Welcome, since: 0 }
    }

    /// Goes on from the steps that only want to be read.
    pub fn advance_by_hand(&mut self, app: &App) {
        self.step = self.step.following();
        if self.step == TourStep::Request {
            self.since = app.exchanges.last().map_or(0, |it| it.id);
        }
    }

    /// Goes on when what the step asks for has happened.
    pub fn observe(&mut self, app: &App, event: TourEvent) {
        let done = match self.step {
            TourStep::Welcome | TourStep::Done => false,
            TourStep::Breakpoint => app.breakpoints().is_some_and(|it| !it.states.is_empty()),
            TourStep::Request => self.posted(app).next().is_some(),
            TourStep::Next => event == TourEvent::SteppedForwards,
            TourStep::Back => event == TourEvent::SteppedBackwards,
            TourStep::Continue => self.posted(app).any(|it| it.response().is_some()),
        };
        if done {
            self.advance_by_hand(app);
        }
    }

    fn posted<'a>(&self, app: &'a App) -> impl Iterator<Item = &'a Exchange> {
        let since = self.since;
        app.exchanges.iter().filter(move |it| it.id > since && it.request.method == "POST")
    }

    /// The sample it is about.
    pub fn sample() -> &'static str {
        samples::CRUD
    }
}

/// What the user just did, for the steps that leave no trace in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TourEvent {
    Other,
    SteppedForwards,
    SteppedBackwards,
}
