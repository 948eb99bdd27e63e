//! A list that AWS gives in pages, read as it is wanted.

use std::pin::Pin;

use super::{AwsError, Session};

type Page<T> = Result<(Vec<T>, Option<String>), AwsError>;
type Turn<T> =
    dyn Fn(Session, Option<String>) -> Pin<Box<dyn Future<Output = Page<T>> + Send>> + Send + Sync;

/// Pages that are fetched one at a time. After an error the next call tries the same page again, so what has come stays and
/// nothing is read twice.
pub struct Pages<T> {
    session: Session,
    turn: Box<Turn<T>>,
    next: Next,
    /// Empty pages in a row.
    empty: usize,
}

/// Whoever gives so many empty pages in a row gives them for ever.
const MOST_EMPTY: usize = 100;

#[derive(Debug)]
enum Next {
    First,
    Token(String),
    End,
}

impl<T> std::fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pages").field("next", &self.next).finish_non_exhaustive()
    }
}

impl<T> Pages<T> {
    pub(super) fn new<F>(
        session: &Session,
        turn: impl Fn(Session, Option<String>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Page<T>> + Send + 'static,
    {
        let turn = move |session, token| -> Pin<Box<dyn Future<Output = Page<T>> + Send>> {
            Box::pin(turn(session, token))
        };
        Self { session: session.clone(), turn: Box::new(turn), next: Next::First, empty: 0 }
    }

    /// As [`Pages::new`], of a list that is about something.
    pub(super) fn about<A, F>(
        session: &Session,
        about: A,
        turn: impl Fn(Session, A, Option<String>) -> F + Send + Sync + 'static,
    ) -> Self
    where
        A: Clone + Send + Sync + 'static,
        F: Future<Output = Page<T>> + Send + 'static,
    {
        Self::new(session, move |session, token| turn(session, about.clone(), token))
    }

    /// Whether there is another page.
    pub fn is_complete(&self) -> bool {
        matches!(self.next, Next::End)
    }

    /// The next page; `None` after the last one. AWS may give an empty page in the middle.
    pub async fn next_page(&mut self) -> Option<Result<Vec<T>, AwsError>> {
        let token = match &self.next {
            Next::First => None,
            Next::Token(token) => Some(token.clone()),
            Next::End => return None,
        };
        Some((self.turn)(self.session.clone(), token.clone()).await.map(|(items, next)| {
            self.empty = if items.is_empty() { self.empty + 1 } else { 0 };
            self.next = match next {
                // The same token again would never end.
                Some(next)
                    if !next.is_empty()
                        && Some(&next) != token.as_ref()
                        && self.empty < MOST_EMPTY =>
                {
                    Next::Token(next)
                }
                Some(_) | None => Next::End,
            };
            items
        }))
    }

    /// Pages until there are `enough` items, with the error that stopped it before.
    pub async fn at_least(&mut self, enough: usize) -> (Vec<T>, Option<AwsError>) {
        let mut items = Vec::new();
        while items.len() < enough {
            match self.next_page().await {
                Some(Ok(page)) => items.extend(page),
                Some(Err(err)) => return (items, Some(err)),
                None => break,
            }
        }
        (items, None)
    }
}
