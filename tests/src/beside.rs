//! Further services on one database.

use std::process::{Child, Command};

use crate::client::Client;

/// A service beside an [`App`](crate::App), on its database and sandbox; killed on drop.
///
/// Dropped before the app, whose folder it uses.
#[derive(Debug)]
pub struct Beside {
    base_url: String,
    child: Child,
}

impl Beside {
    pub(crate) const fn new(child: Child, base_url: String) -> Self {
        Self { base_url, child }
    }

    /// The same caller, who asks this service.
    #[must_use]
    pub fn serves(&self, client: &Client) -> Client {
        client.at(&self.base_url)
    }

    /// Kills the service at once, as a crash would.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a signal to a process.
pub(crate) fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status();
    assert!(sent.expect("kill runs").success());
}
