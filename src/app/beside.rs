//! One computation on a thread of its own, for a window that goes on drawing until the result is there.

use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// A result that will come. Dropping it gives the result up; the computation runs to its end, so it has to be bounded.
#[derive(Debug)]
pub struct Beside<T>(Receiver<T>);

/// What has become of a computation.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    Working,
    Done(T),
    /// It ended without a result.
    Lost,
}

impl<T: Send + 'static> Beside<T> {
    /// Begins the work, and calls `wake` when it is done. `None` when there is no thread to be had.
    pub fn begin(
        name: &str,
        work: impl FnOnce() -> T + Send + 'static,
        wake: impl FnOnce() + Send + 'static,
    ) -> Option<Self> {
        /// Deep definitions are walked by recursion in places.
        const STACK: usize = 16 << 20;
        /// Called whatever becomes of the work.
        struct Wake<F: FnOnce()>(Option<F>);
        impl<F: FnOnce()> Drop for Wake<F> {
            fn drop(&mut self) {
                if let Some(wake) = self.0.take() {
                    wake();
                }
            }
        }
        let (sender, receiver) = channel();
        let run = move || {
            let wake = Wake(Some(wake));
            // Nobody listens any more when the result was given up.
            drop(sender.send(work()));
            drop(sender);
            drop(wake);
        };
        std::thread::Builder::new()
            .name(name.to_owned())
            .stack_size(STACK)
            .spawn(run)
            .inspect_err(|err| tracing::error!(%err, "no thread for {name}"))
            .ok()?;
        Some(Self(receiver))
    }

    /// The result, once.
    pub fn poll(&self) -> Outcome<T> {
        match self.0.try_recv() {
            Ok(done) => Outcome::Done(done),
            Err(TryRecvError::Empty) => Outcome::Working,
            Err(TryRecvError::Disconnected) => Outcome::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_comes_once_and_wakes_whoever_waits() {
        let (go, gone) = channel::<()>();
        let (woken, wake) = channel();
        let work = move || gone.recv().map(|()| 42);
        let beside = Beside::begin("test", work, move || woken.send(()).expect("somebody waits"))
            .expect("a thread");
        assert_eq!(beside.poll(), Outcome::Working);
        go.send(()).expect("it waits");
        wake.recv().expect("it wakes");
        assert_eq!(beside.poll(), Outcome::Done(Ok(42)));
        assert_eq!(beside.poll(), Outcome::Lost);
    }
}
