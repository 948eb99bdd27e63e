//! A list that comes page by page, and keeps what it has when a page fails.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::runtime::{Request, RequestId, Worker};
use super::{News, Trouble};
use crate::aws::{AwsError, Pages};

/// Pages without an item that are passed over in one go: AWS may give some in the middle.
const MOST_EMPTY_PAGES: usize = 20;

/// What has come of a list.
#[derive(Debug)]
pub struct Listing<T> {
    pub items: Vec<T>,
    /// There is no further page.
    pub complete: bool,
    /// Why the latest page did not come.
    pub trouble: Option<Trouble>,
    request: Option<Request>,
    pages: Option<Arc<Mutex<Pages<T>>>>,
}

/// A page that came, or did not.
#[derive(Debug)]
pub struct Turn<T> {
    pub page: Result<Vec<T>, AwsError>,
    pub complete: bool,
}

impl<T> Default for Listing<T> {
    fn default() -> Self {
        Self { items: Vec::new(), complete: false, trouble: None, request: None, pages: None }
    }
}

impl<T: Send + 'static> Listing<T> {
    pub(super) fn of(pages: Pages<T>) -> Self {
        Self { pages: Some(Arc::new(Mutex::new(pages))), ..Self::default() }
    }

    pub fn is_loading(&self) -> bool {
        self.request.is_some()
    }

    /// Whether anything was ever asked.
    pub fn is_begun(&self) -> bool {
        self.pages.is_some()
    }

    /// Asks for the next page, unless one is under way or there is none.
    pub(super) fn more(&mut self, worker: &mut Worker, news: fn(RequestId, Turn<T>) -> News) {
        let Some(pages) = self.pages.as_ref().filter(|_| self.request.is_none() && !self.complete)
        else {
            return;
        };
        self.trouble = None;
        let pages = Arc::clone(pages);
        self.request = Some(worker.ask(move |id| async move {
            let mut pages = pages.lock().await;
            let mut page = Ok(Vec::new());
            for _ in 0..MOST_EMPTY_PAGES {
                match pages.next_page().await {
                    Some(Ok(items)) if items.is_empty() => {}
                    Some(come) => {
                        page = come;
                        break;
                    }
                    None => break,
                }
            }
            news(id, Turn { page, complete: pages.is_complete() })
        }));
    }

    /// Takes a page in; whether it was this list's.
    pub(super) fn receive(&mut self, id: RequestId, turn: Turn<T>) -> bool {
        if !self.request.as_ref().is_some_and(|it| it.is(id)) {
            return false;
        }
        self.request = None;
        match turn.page {
            Ok(items) => {
                self.items.extend(items);
                self.complete = turn.complete;
            }
            Err(err) => self.trouble = Some(Trouble::of(&err)),
        }
        true
    }
}
