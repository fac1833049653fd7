//! What a stand-in for any service needs; it names none.
//!
//! Which endpoints there are and what a fault does to one come from outside: `crate::endpoint`, `crate::effect`.

pub(crate) mod clock;
pub(crate) mod control;
pub(crate) mod faults;
pub(crate) mod http;
pub(crate) mod journal;
pub(crate) mod limits;
pub(crate) mod random;
