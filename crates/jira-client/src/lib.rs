//! A Jira Cloud REST v3 and OAuth 2.0 (3LO) client that knows whether a write may have happened.
