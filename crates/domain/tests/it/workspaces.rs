//! Who may do what: workspaces, members, tokens and features.

mod members;
mod tokens;
