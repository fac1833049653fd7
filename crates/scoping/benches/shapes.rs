//! Seconds that scoping takes for a mebibyte of each shape, and how they grow from half of it.
//!
//! `cargo xtask bench scoping` runs it; the goals are a second for a mebibyte and a growth of 2.2 for twice the length.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::hint::black_box;
use std::time::Instant;

use handoff_scoping::{Limits, RuleScoper};

#[path = "../tests/it/shapes.rs"]
mod shapes;

const MEBIBYTE: usize = 1 << 20;
/// Of so many runs the fastest counts.
const RUNS: usize = 3;

fn seconds(scoper: RuleScoper, text: &str) -> f64 {
    let run = || {
        let begin = Instant::now();
        let _ = black_box(scoper.scope(black_box(text)));
        begin.elapsed().as_secs_f64()
    };
    (0..RUNS).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn main() {
    let unbounded = RuleScoper::new(Limits {
        tickets: usize::MAX,
        blocks: usize::MAX,
    });
    println!(
        "{:<14} {:>9} {:>9} {:>7}",
        "shape", "bounded", "unbounded", "growth"
    );
    let halves = shapes::shapes(MEBIBYTE / 2);
    for ((name, half), (_, whole)) in halves.into_iter().zip(shapes::shapes(MEBIBYTE)) {
        let bounded = seconds(RuleScoper::default(), &whole);
        let (once, twice) = (seconds(unbounded, &half), seconds(unbounded, &whole));
        let growth = twice / once.max(1e-6);
        let goal = if bounded <= 1.0 { "ok" } else { "missed" };
        println!("{name:<14} {bounded:>8.3}s {twice:>8.3}s {growth:>7.2}  {goal}");
    }
}
