//! Repositories of Handoff on SQLite and PostgreSQL, written once for both.
