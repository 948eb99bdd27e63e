//! Stopping work that is under way.

use tokio::sync::watch;

/// Shared by whoever works and whoever may stop it; all clones are one.
#[derive(Clone, Debug)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Ends when somebody cancels, and never before.
    pub async fn cancelled(&self) {
        // Can't fail: the sender lives as long as `self`.
        drop(self.0.subscribe().wait_for(|cancelled| *cancelled).await);
    }
}
