//! The rules of the ledger: what each command makes of the deliveries that an adapter has locked.
//!
//! An adapter locks and loads, asks one function here, and writes the [`Changes`] that it answers, all in one transaction.

mod accept;
mod changes;
mod claim;
mod proof;
mod reconcile;
mod resolve;
mod settle;
mod stop;
pub mod table;

pub use accept::{AcceptedEntry, HeldTicket, KeptKey, Opening, Plan, accept};
pub use changes::{
    Attempt, Changes, Held, HeldPush, JoinedEntry, Locked, NumberedJoin, Step, Writes,
};
pub use claim::claim;
pub use proof::Links;
pub use reconcile::reconcile;
pub use resolve::{relink, resolve};
pub use settle::{expire, settle};
pub use stop::{cancel, give_up, quarantine, strand};
