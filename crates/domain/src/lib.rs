//! Values, rules, ports and use cases of Handoff; no I/O.
