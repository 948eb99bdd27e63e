//! What reaches the app from its workers, drained once a frame.

use std::path::PathBuf;

use tokio::sync::oneshot;

use super::comparison::Compared;
use super::reading::Found;
use super::simulation::RunId;
use super::states_api::{Call, Prepared, Response};
use crate::apigateway::{HttpRequest, HttpResponse};
use crate::project::{OpenError, Project};

/// News from a worker.
#[derive(Debug)]
pub(super) enum Event {
    /// What there is at a path that somebody wants opened.
    PathRead {
        path: PathBuf,
        found: Found,
    },
    /// A project was read again because one of its files was saved.
    ProjectReloaded {
        path: PathBuf,
        outcome: Result<Box<Project>, OpenError>,
    },
    FilesChanged,
    /// A request came in over loopback and waits for its answer.
    Served {
        request: HttpRequest,
        reply: oneshot::Sender<HttpResponse>,
    },
    /// A call of AWS's own API came in over loopback and waits for its answer.
    StatesCalled {
        call: Call,
        prepared: Box<Prepared>,
        reply: oneshot::Sender<Response>,
    },
    /// The port could not be opened, or the server ended.
    ServerStopped(Option<String>),
    /// An answer of AWS.
    Aws(Box<super::attach::News>),
    /// A recorded execution was run again.
    Compared {
        recorded: RunId,
        outcome: Result<Compared, String>,
    },
    /// What a request to a deployed API, or a look into a log, came to.
    Remote(Box<super::remote::RemoteNews>),
    /// A picture of the graph was written, or could not be.
    PictureDrawn {
        path: PathBuf,
        outcome: Result<(), String>,
    },
}
