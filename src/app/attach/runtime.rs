//! The thread on which AWS is asked, and the hold on each request that is under way.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::{Builder, Runtime};

use super::News;
use crate::app::event::Event;
use crate::app::worker::Outbox;
use crate::aws::Cancel;

/// Names one request; counts up, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(u64);

/// A request that is under way. When it is dropped the request ends, and what it may still have said is not looked at.
#[derive(Debug)]
pub(super) struct Request {
    id: RequestId,
    cancel: Cancel,
}

impl Request {
    /// Whether news are this request's.
    pub(super) fn is(&self, id: RequestId) -> bool {
        self.id == id
    }

    /// Has it end early, and still say what it has.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

/// One thread, started with the first request. It ends with the program, whatever is under way.
#[derive(Debug)]
pub(super) struct Worker {
    outbox: Outbox,
    runtime: Option<Runtime>,
    counter: Arc<AtomicU64>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Tells the app what a request came to, as often as there is something to tell.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    pub(super) id: RequestId,
    pub(super) cancel: Cancel,
    outbox: Outbox,
}

impl Teller {
    pub(super) fn tell(&self, news: News) {
        self.outbox.send(Event::Aws(Box::new(news)));
    }
}

impl Worker {
    pub(super) fn new(outbox: Outbox) -> Self {
        Self { outbox, runtime: None, counter: Arc::default() }
    }

    /// Begins a request that answers once. It ends without an answer when the [`Request`] is dropped.
    pub(super) fn ask<F>(&mut self, work: impl FnOnce(RequestId) -> F) -> Request
    where
        F: Future<Output = News> + Send + 'static,
    {
        self.begin(|teller| {
            let work = work(teller.id);
            async move {
                let cancel = teller.cancel.clone();
                tokio::select! {
                    biased;
                    () = cancel.cancelled() => {}
                    news = work => teller.tell(news),
                }
            }
        })
    }

    /// Begins a request that looks after its own end: it is told of a cancellation and may answer several times.
    pub(super) fn begin<F>(&mut self, work: impl FnOnce(Teller) -> F) -> Request
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let id = RequestId(self.counter.fetch_add(1, Ordering::Relaxed));
        let cancel = Cancel::default();
        let teller = Teller { id, cancel: cancel.clone(), outbox: self.outbox.clone() };
        if self.runtime.is_none() {
            // One thread: nothing here computes, and answers come in the order in which AWS gave them.
            let mut runtime = Builder::new_multi_thread();
            runtime.worker_threads(1).thread_name("aws").enable_all();
            match runtime.build() {
                Ok(runtime) => self.runtime = Some(runtime),
                Err(err) => tracing::error!(%err, "no thread for asking AWS"),
            }
        }
        if let Some(runtime) = &self.runtime {
            runtime.spawn(work(teller));
        }
        Request { id, cancel }
    }
}
