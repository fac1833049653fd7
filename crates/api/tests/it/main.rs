//! The service over HTTP: the real server in this process, SQLite, and the Atlassian stand-in.

#![cfg(test)]

mod app;
mod auth;
mod connection;
mod contract;
mod documents;
mod events;
mod execution;
mod identity;
mod operator;
mod scoping;
mod shapes;
mod turns;
mod workspaces;
