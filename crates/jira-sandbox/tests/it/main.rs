//! The sandbox as a client sees it, over real HTTP.

#![cfg(test)]

mod bulk;
mod chaos;
mod console;
mod contract;
mod deliveries;
mod doubts;
mod edits;
mod faults;
mod harness;
mod http;
mod journal;
mod limits;
mod oauth;
mod pages;
mod projects;
mod reads;
mod receiver;
mod schema;
mod search;
mod site_address;
mod switches;
mod webhooks;
mod worlds;
mod writes;
