//! Large and hostile documents: refused beyond their limits, and never more work than their length.

use handoff_domain::scoping::error::ScopeError;
use handoff_scoping::{Limits, RuleScoper};

use super::shapes::{repeated, shapes};

#[test]
fn twice_the_document_is_twice_the_work() {
    let scoper = RuleScoper::new(Limits {
        tickets: usize::MAX,
        blocks: usize::MAX,
    });
    for ((name, once), (_, twice)) in shapes(30_000).into_iter().zip(shapes(60_000)) {
        let steps = |text: &str| scoper.scope_counted(text).unwrap().1;
        let (once, twice) = (steps(&once), steps(&twice));
        assert!(
            twice * 10 <= once * 22 + 2_000,
            "{name}: {once} steps became {twice}"
        );
    }
}

#[test]
fn a_document_of_too_many_tickets_is_refused() {
    let text = repeated("## Tasks\n\n", "- [ ] Do {n}\n", 200_000);
    let refused = RuleScoper::default().scope(&text);
    assert!(matches!(refused, Err(ScopeError::TooManyTickets(5_000))));
    let refused = RuleScoper::default().cut(&text);
    assert!(matches!(refused, Err(ScopeError::TooManyTickets(5_000))));
}

#[test]
fn a_document_of_too_many_blocks_is_refused() {
    let text = repeated("", "## Background\n\nText {n}.\n\n", 300_000);
    let refused = RuleScoper::default().cut(&text);
    assert!(matches!(refused, Err(ScopeError::TooManyBlocks(5_000))));
}

#[test]
fn a_document_of_too_many_parts_is_refused_whatever_the_limits() {
    let scoper = RuleScoper::new(Limits {
        tickets: usize::MAX,
        blocks: usize::MAX,
    });
    let refused = scoper.scope(&repeated("", "- <b>\n", 2_000_000));
    assert!(matches!(refused, Err(ScopeError::TooManyBlocks(_))));
}
