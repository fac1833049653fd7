//! Sealing of secrets and hashing of tokens for Handoff, on ring.
