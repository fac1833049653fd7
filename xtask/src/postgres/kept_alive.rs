//! A server that is started again whenever it dies.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Result;

use super::cluster::Cluster;
use super::programs::Programs;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A running server, watched by a thread of its own until this is dropped.
#[derive(Debug)]
pub(crate) struct KeptAlive {
    url: String,
    pid_file: PathBuf,
    is_over: Arc<AtomicBool>,
    watcher: Option<JoinHandle<()>>,
}

impl KeptAlive {
    /// Starts a server and watches it.
    pub(crate) fn start(programs: Programs) -> Result<Self> {
        let mut cluster = Cluster::start(&programs)?;
        let (url, pid_file) = (cluster.url().to_owned(), cluster.pid_file());
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let watcher = thread::spawn(move || {
            while !over.load(Ordering::Acquire) {
                if let Err(error) = cluster.revive(&programs) {
                    eprintln!("PostgreSQL does not come back: {error:#}");
                }
                thread::sleep(LOOK_EVERY);
            }
        });
        Ok(Self {
            url,
            pid_file,
            is_over,
            watcher: Some(watcher),
        })
    }

    /// The address of the server, with the name and password of its superuser.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The file whose first line is the process id of the server.
    pub(crate) fn pid_file(&self) -> &PathBuf {
        &self.pid_file
    }
}

impl Drop for KeptAlive {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        if let Some(watcher) = self.watcher.take() {
            // A watcher that panicked has dropped the server all the same.
            let _ = watcher.join();
        }
    }
}
