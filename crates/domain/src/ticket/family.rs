//! Which tickets may be part of which.

use std::collections::HashMap;

use thiserror::Error;

use super::model::{Dependency, Parent, Ticket, TicketType};
use crate::shared::ids::TicketId;

/// A ticket of the same document, as far as a family is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relative {
    /// The ticket.
    pub id: TicketId,
    /// Its sort.
    pub ticket_type: TicketType,
    /// The ticket it is part of.
    pub parent_id: Option<TicketId>,
}

/// Why a ticket cannot stand where it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FamilyError {
    /// The parent is no other ticket of the document.
    #[error("the parent must be another ticket of the same document")]
    UnknownParent,
    /// The levels do not fit.
    #[error(
        "an epic holds stories, tasks and bugs, and these hold sub-tasks; this parent cannot hold this ticket"
    )]
    ParentCannotHold,
    /// The ticket has children that its type cannot hold.
    #[error("the ticket has children that a ticket of this type cannot hold")]
    CannotHoldChildren,
    /// What it depends on is no other ticket of the document.
    #[error("it depends on something that is no other ticket of the same document")]
    UnknownDependency,
}

impl FamilyError {
    /// The member of a change that is at fault.
    #[must_use]
    pub const fn pointer(self) -> &'static str {
        match self {
            Self::UnknownParent | Self::ParentCannotHold => "/parent_id",
            Self::CannotHoldChildren => "/ticket_type",
            Self::UnknownDependency => "/depends_on",
        }
    }
}

/// Checks a ticket among those of its document. Each level holds only the next, so that no circle can come to be.
///
/// # Errors
/// [`FamilyError`]: the first rule that is broken.
pub fn check(ticket: &Ticket, document: &[Relative]) -> Result<(), FamilyError> {
    let others = document.iter().filter(|other| other.id != ticket.id);
    let types: HashMap<TicketId, TicketType> =
        others.map(|other| (other.id, other.ticket_type)).collect();
    let own = ticket.content.ticket_type;
    if let Some(Parent::Ticket(id)) = ticket.parent {
        let parent = types.get(&id).ok_or(FamilyError::UnknownParent)?;
        if !parent.may_hold(own) {
            return Err(FamilyError::ParentCannotHold);
        }
    }
    let mut children = document
        .iter()
        .filter(|other| other.parent_id == Some(ticket.id));
    if !children.all(|child| own.may_hold(child.ticket_type)) {
        return Err(FamilyError::CannotHoldChildren);
    }
    let mut needed = ticket.depends_on.iter().filter_map(Dependency::ticket_id);
    if needed.all(|id| types.contains_key(&id)) {
        Ok(())
    } else {
        Err(FamilyError::UnknownDependency)
    }
}
