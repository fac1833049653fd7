//! Tests over real HTTP against a loopback server that answers as each test says.

#![cfg(test)]

mod adf;
mod bulk;
mod disguised;
mod doubt;
mod edits;
mod fence;
mod hostile;
mod http2;
mod limits;
mod oauth;
mod paging;
mod reads;
mod refreshing;
mod secrets;
mod server;
mod support;
mod webhooks;
mod writes;
