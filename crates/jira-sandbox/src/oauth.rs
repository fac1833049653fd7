//! OAuth 2.0 (3LO): consent, tokens and the sites of a grant.

mod authorize;
mod resources;
mod token;
mod tokens;

pub(crate) use authorize::{Authorization, authorize, decide};
pub(crate) use resources::accessible_resources;
pub(crate) use token::token;
pub(crate) use tokens::{Bearer, Tokens};
