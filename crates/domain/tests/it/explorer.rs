//! Explores the ledger: thousands of random schedules of two processes, their deaths and freezes, a tracker that loses answers
//! and acts late, and people who cancel, disconnect and decide.
//!
//! A schedule is drawn from its seed alone. `HANDOFF_EXPLORE_SCHEDULES` says how many are tried, `HANDOFF_EXPLORE_SEED` with
//! which one begins.

use std::collections::{BTreeMap, HashMap};

use handoff_domain::delivery::ledger::table::{Event, TABLE};

use self::schedule::Schedule;

mod dice;
mod line;
mod people;
mod process;
mod schedule;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn no_schedule_makes_an_issue_twice_or_loses_one() {
    let first = setting("HANDOFF_EXPLORE_SEED").unwrap_or(1);
    let count = setting("HANDOFF_EXPLORE_SCHEDULES").unwrap_or(150);
    let mut struck: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut moves: HashMap<Event, u64> = HashMap::new();
    for seed in first..first + count {
        let mut schedule = Schedule::new(seed).await;
        schedule.run().await;
        for (what, times) in schedule.struck() {
            *struck.entry(what).or_default() += times;
        }
        for (event, times) in schedule.moves() {
            *moves.entry(event).or_default() += times;
        }
    }
    println!("{count} schedules from seed {first}: {struck:?}, moves {moves:?}");
    if count >= 150 {
        for what in schedule::EVENTS {
            assert!(struck.contains_key(what), "nothing tried: {what}");
        }
        let played = TABLE.iter().map(|rule| rule.event);
        for event in played.filter(|event| !schedule::UNPLAYED.contains(event)) {
            assert!(moves.contains_key(&event), "never moved: {event:?}");
        }
    }
}
