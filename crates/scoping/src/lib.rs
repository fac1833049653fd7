//! From a Markdown document to its blocks and the tickets it calls for.

mod rules;

pub use rules::RuleScoper;
