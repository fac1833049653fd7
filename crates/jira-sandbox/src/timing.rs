//! When things happen: the clock, and from when search sees what is written.

use std::time::Duration;

use time::OffsetDateTime;

use crate::kit::clock::Clock;
use crate::kit::random::Random;
use crate::switches::TimingSwitches;
use crate::world::Edit;

/// The sandbox's clock and its draws of lags and orders.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    pub(crate) clock: Clock,
    pub(crate) draws: Random,
    switches: TimingSwitches,
}

impl Timing {
    /// Takes over what the switches say of lags; draws begin anew where the seed changes.
    pub(crate) fn follow(&mut self, switches: TimingSwitches) {
        if switches.seed != self.switches.seed {
            self.draws = Random::new(switches.seed);
        }
        self.switches = switches;
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Gives the moment from which search sees a write made now.
    pub(crate) fn searchable_from(&mut self) -> OffsetDateTime {
        let least = self.switches.search_lag_ms;
        let lag = match self.switches.search_lag_most_ms {
            Some(most) => self.draws.between(least, most.max(least)),
            None => least,
        };
        self.now() + Duration::from_millis(lag)
    }

    /// Describes a write that somebody makes now.
    pub(crate) fn edit<'a>(&mut self, actor: &'a str) -> Edit<'a> {
        Edit {
            actor,
            now: self.now(),
            visible_at: self.searchable_from(),
        }
    }
}
