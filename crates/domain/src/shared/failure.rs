//! How a port fails.

use std::error::Error;
use std::fmt;
use std::time::Duration;

/// What kind of failure a port met; enough to decide what to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The other side cannot be reached or does not answer now; trying again later may help.
    Unavailable,
    /// The other side did not answer in time.
    TimedOut,
    /// The other side asks to slow down.
    RateLimited,
    /// Stored data cannot be understood.
    Corrupt,
    /// Anything else; a fault of ours.
    Internal,
}

/// The failure of a port, with its cause for the log and never for a user.
#[derive(Debug)]
pub struct Failure {
    kind: FailureKind,
    retry_after: Option<Duration>,
    source: Box<dyn Error + Send + Sync>,
}

impl Failure {
    /// Makes a failure of the given kind from its cause.
    pub fn new(kind: FailureKind, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            kind,
            retry_after: None,
            source: source.into(),
        }
    }

    /// A failure of ours.
    pub fn internal(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(FailureKind::Internal, source)
    }

    /// Stored data that cannot be understood.
    pub fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(FailureKind::Corrupt, source)
    }

    /// Adds how long the other side asked to wait.
    #[must_use]
    pub fn with_retry_after(mut self, retry_after: Option<Duration>) -> Self {
        self.retry_after = retry_after;
        self
    }

    /// The kind of failure.
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        self.kind
    }

    /// How long the other side asked to wait.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            FailureKind::Unavailable => "unavailable",
            FailureKind::TimedOut => "timed out",
            FailureKind::RateLimited => "rate limited",
            FailureKind::Corrupt => "stored data cannot be understood",
            FailureKind::Internal => "internal failure",
        })
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}
