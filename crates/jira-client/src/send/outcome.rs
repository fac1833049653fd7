//! What is known of a request's effect.

/// How far a request without an answer had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendPhase {
    /// No complete request left this process, and none will.
    NotSent,
    /// The complete request may have reached the server.
    MayHaveBeenSent,
}

impl SendPhase {
    pub(crate) const fn text(self, timed_out: bool) -> &'static str {
        match (self, timed_out) {
            (Self::NotSent, false) => "could not be sent",
            (Self::NotSent, true) => "could not be sent in time",
            (Self::MayHaveBeenSent, false) => "was sent, but no complete answer came",
            (Self::MayHaveBeenSent, true) => "was sent, but no complete answer came in time",
        }
    }
}

/// Tells whether a status says that the request was refused before anything was written.
///
/// A closed list: 408, 409, 3xx, 5xx and whatever proxies invent in the 4xx range are left in doubt.
pub(crate) const fn refuses_outright(status: u16) -> bool {
    matches!(
        status,
        400 | 401
            | 403
            | 404
            | 405
            | 406
            | 410
            | 411
            | 413
            | 414
            | 415
            | 417
            | 421
            | 422
            | 426
            | 428
            | 429
            | 431
    )
}
