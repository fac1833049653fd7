//! In-memory fakes of the ports, and the contracts that every adapter must pass.
