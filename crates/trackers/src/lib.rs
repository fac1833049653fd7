//! Issue trackers behind the ports of the Handoff domain.
//!
//! One module a platform. [`jira`] maps the domain's tickets to Jira's issues and Jira's answers to the domain's outcomes;
//! it knows both sides' words and neither HTTP nor the database.

pub mod jira;
