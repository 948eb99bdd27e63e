//! Whether a request may leave this machine at once, is asked about first, or is refused because the session is read-only.

use super::{Auth, Outgoing, Target, TargetKind};
use crate::app::app::App;
use crate::aws::http::host_of;

/// What has to happen before a request leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Leave {
    AtOnce,
    Ask,
    /// Why not, for the user.
    Refused(&'static str),
}

/// What `TestInvokeMethod` does is real whatever the method: a GET may start an execution as well as any.
const TEST_INVOKE_READ_ONLY: &str = "TestInvokeMethod runs the method's real integration, whatever the method is. Switch “Read-only” off beside the account first.";
const STAGE_READ_ONLY: &str = "Only GET, HEAD and OPTIONS go to a deployed stage while “Read-only” is on. Switch that off beside the account first.";

/// Methods that only read, as far as the API keeps to HTTP's meaning of them (RFC 9110, 9.2.1).
fn only_reads(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

impl App {
    /// The rule for a request that is ready to leave.
    pub(super) fn may_leave(&self, outgoing: &Outgoing) -> Leave {
        let target = &outgoing.target;
        if target.is_here() {
            return Leave::AtOnce;
        }
        // The switch stands beside an attached account; without one there is nothing that it guards.
        let read_only = self.attach.read_only && self.attach.connection.attached().is_some();
        let agreed = self.remote.without_asking && *target == self.remote.target;
        match target.kind {
            TargetKind::Emulated => Leave::AtOnce,
            TargetKind::TestInvoke if read_only => Leave::Refused(TEST_INVOKE_READ_ONLY),
            TargetKind::TestInvoke => Leave::Ask,
            TargetKind::Stage => {
                let reads = only_reads(&outgoing.request.method);
                if read_only && !reads {
                    Leave::Refused(STAGE_READ_ONLY)
                } else if agreed || reads && outgoing.warning.is_none() {
                    Leave::AtOnce
                } else {
                    Leave::Ask
                }
            }
        }
    }
}

/// A signature tells whoever receives it the access key's id and, for temporary credentials, the session token; API Gateway alone
/// has a use for them.
pub(super) fn warning_of(target: &Target) -> Option<String> {
    let signed = target.kind == TargetKind::Stage && target.auth == Auth::SigV4;
    (signed && !target.is_here() && target.region_of_url().is_none()).then(|| {
        format!(
            "{} is not a host of API Gateway. The request is signed all the same, and whoever answers there sees the signature and a temporary session's token.",
            host_of(target.url.trim())
        )
    })
}
