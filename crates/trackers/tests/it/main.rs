//! The Jira adapter against the sandbox.
