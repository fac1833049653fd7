use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

use uuid::Uuid;

use super::*;

const LONG: Duration = Duration::from_secs(600);

/// Works on `hold` until it is let go, and counts how many work at the same moment.
#[derive(Clone, Default)]
struct Held(Arc<Inner>);

#[derive(Default)]
struct Inner {
    is_open: Mutex<bool>,
    opened: Condvar,
    entered: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Held {
    fn open(&self) {
        *self.0.is_open.lock().unwrap() = true;
        self.0.opened.notify_all();
    }

    /// Lets other tasks of this very thread run until so many calls have begun.
    async fn entered(&self, calls: usize) {
        while self.0.entered.load(Ordering::SeqCst) < calls {
            tokio::task::yield_now().await;
        }
    }

    fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }

    fn work(&self, markdown: &str) {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        self.0.entered.fetch_add(1, Ordering::SeqCst);
        if markdown == "hold" {
            let is_open = self.0.is_open.lock().unwrap();
            drop(self.0.opened.wait_while(is_open, |open| !*open).unwrap());
        }
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl BlockingScoper for Held {
    fn scope(&self, markdown: &str) -> Result<ScopedDocument, ScopeError> {
        self.work(markdown);
        Ok(ScopedDocument::default())
    }

    fn cut(&self, markdown: &str) -> Result<Vec<ScopedBlock>, ScopeError> {
        self.work(markdown);
        Ok(Vec::new())
    }
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::from_uuid(Uuid::from_u128(number))
}

fn taking(at_once: usize, patience: Duration) -> (Held, Arc<TurnTaking<Held>>) {
    let held = Held::default();
    let scoper = TurnTaking::new(held.clone(), at_once, patience);
    (held, Arc::new(scoper))
}

fn begin(
    scoper: &Arc<TurnTaking<Held>>,
    number: u128,
    markdown: &'static str,
) -> tokio::task::JoinHandle<Result<ScopedDocument, ScopeError>> {
    let scoper = Arc::clone(scoper);
    tokio::spawn(async move { scoper.scope(workspace(number), markdown).await })
}

#[tokio::test]
async fn others_go_on_while_one_workspace_is_at_work() {
    let (held, scoper) = taking(2, LONG);
    let first = begin(&scoper, 1, "hold");
    held.entered(1).await;

    assert!(scoper.scope(workspace(2), "").await.is_ok());
    assert!(scoper.cut(workspace(3), "").await.is_ok());
    assert!(!first.is_finished());

    held.open();
    assert!(first.await.unwrap().is_ok());
}

#[tokio::test]
async fn the_documents_of_a_workspace_take_turns() {
    let (held, scoper) = taking(8, LONG);
    let all: Vec<_> = (0..20).map(|_| begin(&scoper, 1, "hold")).collect();
    held.entered(1).await;
    held.open();
    for one in all {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(held.most_at_once(), 1);
}

#[tokio::test]
async fn no_more_work_at_once_than_there_are_threads_for() {
    let (held, scoper) = taking(2, LONG);
    let all: Vec<_> = (0..20)
        .map(|number| begin(&scoper, number, "hold"))
        .collect();
    held.entered(2).await;
    held.open();
    for one in all {
        assert!(one.await.unwrap().is_ok());
    }
    assert_eq!(held.most_at_once(), 2);
}

#[tokio::test]
async fn whoever_waits_too_long_is_sent_away_and_the_turn_outlives_its_caller() {
    let (held, scoper) = taking(2, Duration::ZERO);
    let first = begin(&scoper, 1, "hold");
    held.entered(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());

    let second = scoper.scope(workspace(1), "").await;
    assert!(matches!(second, Err(ScopeError::Busy)));

    held.open();
    while scoper.scope(workspace(1), "").await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_line_has_an_end_and_an_empty_one_is_forgotten() {
    let (held, scoper) = taking(2, LONG);
    let all: Vec<_> = (0..MOST_IN_LINE)
        .map(|_| begin(&scoper, 1, "hold"))
        .collect();
    let standing = || scoper.lines.of_workspaces.lock().unwrap()[&workspace(1)].strong_count();
    held.entered(1).await;
    while standing() < MOST_IN_LINE {
        tokio::task::yield_now().await;
    }

    let beyond = scoper.scope(workspace(1), "").await;
    assert!(matches!(beyond, Err(ScopeError::Busy)));

    held.open();
    for one in all {
        assert!(one.await.unwrap().is_ok());
    }
    assert!(scoper.scope(workspace(2), "").await.is_ok());
    assert!(scoper.lines.line_of(workspace(3)).is_ok());
    assert_eq!(scoper.lines.of_workspaces.lock().unwrap().len(), 1);
}
