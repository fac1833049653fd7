//! Deliveries: when they are due, what became of each attempt, and when to try again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::kit::random::Random;
use crate::switches::WebhookSwitches;

/// The most attempts of one delivery after the first.
const MAX_RETRIES: usize = 5;
/// Least and most seconds between attempts.
const RETRY_SECONDS: [u64; 2] = [5 * 60, 15 * 60];
/// After failing for so long, an address gets only one attempt for each event.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// The largest body that is delivered.
const MAX_BODY_BYTES: usize = 25 * 1024 * 1024;
/// The most deliveries on their way at one time.
const MAX_IN_FLIGHT: usize = 8;
/// How many ended deliveries are remembered.
const MAX_REMEMBERED: usize = 10_000;
/// How much later every other delivery leaves where they are to overtake each other.
const OVERTAKING: Duration = Duration::from_millis(300);

/// Something to be delivered.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) cloud_id: String,
    pub(crate) url: String,
    pub(crate) event: String,
    pub(crate) webhook_ids: Vec<u64>,
    pub(crate) body: String,
}

/// A delivery as it stands.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct WebhookDelivery {
    /// The same for every attempt, and for a duplicate.
    pub identifier: String,
    /// The site's cloud id.
    pub cloud_id: String,
    /// Where it goes.
    pub url: String,
    /// Jira's name for the event.
    pub event: String,
    /// The webhooks that wanted it.
    pub webhook_ids: Vec<u64>,
    /// Whether it is the second delivery of the same event.
    pub duplicate: bool,
    /// What becomes of it.
    pub state: WebhookDeliveryState,
    /// The attempts so far.
    pub attempts: Vec<WebhookAttempt>,
    /// When the next attempt is due, by the sandbox's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub due: OffsetDateTime,
    #[serde(skip)]
    pub(crate) body: String,
}

/// What becomes of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookDeliveryState {
    /// It waits for its moment.
    Waiting,
    /// It is on its way.
    Sending,
    /// It was taken.
    Delivered,
    /// It was refused, or tried often enough.
    GivenUp,
    /// It was lost on purpose, or too large.
    Lost,
}

/// One attempt to deliver.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct WebhookAttempt {
    /// When, by the sandbox's clock.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The status answered; none where there was no answer.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// A delivery that is due, with how often it was tried before.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) id: u64,
    pub(crate) url: String,
    pub(crate) body: String,
    pub(crate) identifier: String,
    pub(crate) retry: usize,
}

/// Every delivery that is remembered.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    deliveries: BTreeMap<u64, WebhookDelivery>,
    waiting: BTreeSet<(OffsetDateTime, u64)>,
    /// Since when an address has done nothing but fail.
    failing_since: HashMap<String, OffsetDateTime>,
    in_flight: usize,
    last_id: u64,
}

impl Outbox {
    /// Takes a payload, with what the switches say of its way.
    pub(super) fn post(
        &mut self,
        payload: Payload,
        switches: &WebhookSwitches,
        draws: &mut Random,
        now: OffsetDateTime,
    ) {
        let identifier = Uuid::new_v4().to_string();
        let mut chance = |percent: u8| draws.between(1, 100) <= u64::from(percent);
        let (lost, twice) = (
            chance(switches.webhook_lose_percent),
            chance(switches.webhook_duplicate_percent),
        );
        let lost = lost || payload.body.len() > MAX_BODY_BYTES;
        let mut payload = payload;
        if let (true, Some((address, _))) =
            (switches.webhook_drop_query, payload.url.split_once('?'))
        {
            payload.url = address.to_owned();
        }
        let copies = if twice { 2 } else { 1 };
        for copy in 0..copies {
            let least = switches.webhook_delay_ms;
            let most = switches.webhook_delay_most_ms.unwrap_or(least).max(least);
            let mut due = now + Duration::from_millis(draws.between(least, most));
            self.last_id += 1;
            if switches.webhook_reorder && self.last_id % 2 == 1 {
                due += OVERTAKING;
            }
            let delivery = WebhookDelivery {
                identifier: identifier.clone(),
                cloud_id: payload.cloud_id.clone(),
                url: payload.url.clone(),
                event: payload.event.clone(),
                webhook_ids: payload.webhook_ids.clone(),
                duplicate: copy > 0,
                state: WebhookDeliveryState::Waiting,
                attempts: Vec::new(),
                due,
                body: payload.body.clone(),
            };
            self.enter(delivery, lost);
        }
        self.forget();
    }

    fn enter(&mut self, mut delivery: WebhookDelivery, lost: bool) {
        if lost {
            delivery.state = WebhookDeliveryState::Lost;
        } else {
            self.waiting.insert((delivery.due, self.last_id));
        }
        self.deliveries.insert(self.last_id, delivery);
    }

    /// Takes what is due out of the waiting, as much as may be on its way at one time.
    pub(super) fn take_due(&mut self, now: OffsetDateTime) -> Vec<Due> {
        let mut taken = Vec::new();
        while self.in_flight < MAX_IN_FLIGHT {
            let next = self.waiting.first().copied();
            let Some((due, id)) = next.filter(|(due, _)| *due <= now) else {
                break;
            };
            self.waiting.remove(&(due, id));
            let Some(delivery) = self.deliveries.get_mut(&id) else {
                continue;
            };
            delivery.state = WebhookDeliveryState::Sending;
            self.in_flight += 1;
            taken.push(Due {
                id,
                url: delivery.url.clone(),
                body: delivery.body.clone(),
                identifier: delivery.identifier.clone(),
                retry: delivery.attempts.len(),
            });
        }
        taken
    }

    /// Notes how an attempt ended, and when the next one is due.
    pub(super) fn finish(
        &mut self,
        id: u64,
        outcome: Result<u16, String>,
        draws: &mut Random,
        now: OffsetDateTime,
    ) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(delivery) = self.deliveries.get_mut(&id) else {
            return;
        };
        let (status, error) = match outcome {
            Ok(status) => (Some(status), None),
            Err(error) => (None, Some(error)),
        };
        delivery.attempts.push(WebhookAttempt {
            at: now,
            status,
            error,
        });
        if status.is_some_and(|status| (200..300).contains(&status)) {
            delivery.state = WebhookDeliveryState::Delivered;
            self.failing_since.remove(&delivery.url);
            return;
        }
        let since = *self
            .failing_since
            .entry(delivery.url.clone())
            .or_insert(now);
        let worn_out = now - since > PATIENCE && delivery.attempts.len() == 1;
        if !is_retried(status) || worn_out || delivery.attempts.len() > MAX_RETRIES {
            delivery.state = WebhookDeliveryState::GivenUp;
            return;
        }
        let [least, most] = RETRY_SECONDS;
        delivery.state = WebhookDeliveryState::Waiting;
        delivery.due = now + Duration::from_secs(draws.between(least, most));
        self.waiting.insert((delivery.due, id));
    }

    /// Gives every remembered delivery, the oldest first.
    pub(crate) fn deliveries(&self) -> impl Iterator<Item = &WebhookDelivery> {
        self.deliveries.values()
    }

    /// Delivers something once more, under the same identifier.
    pub(crate) fn again(&mut self, identifier: &str, now: OffsetDateTime) -> bool {
        let found = self.deliveries.values().rev();
        let found = found
            .into_iter()
            .find(|delivery| delivery.identifier == identifier);
        let Some(delivery) = found.cloned() else {
            return false;
        };
        self.last_id += 1;
        let copy = WebhookDelivery {
            duplicate: true,
            state: WebhookDeliveryState::Waiting,
            attempts: Vec::new(),
            due: now,
            ..delivery
        };
        self.enter(copy, false);
        true
    }

    fn forget(&mut self) {
        while self.deliveries.len() > MAX_REMEMBERED {
            let ended = |delivery: &WebhookDelivery| {
                use WebhookDeliveryState::{Sending, Waiting};
                !matches!(delivery.state, Waiting | Sending)
            };
            let oldest = self.deliveries.iter().find(|(_, it)| ended(it));
            let Some(id) = oldest.map(|(id, _)| *id) else {
                return;
            };
            self.deliveries.remove(&id);
        }
    }
}

/// Tells whether an answer, or none, is followed by another attempt.
fn is_retried(status: Option<u16>) -> bool {
    match status {
        None => true,
        Some(status) => matches!(status, 408 | 409 | 425 | 429) || status >= 500,
    }
}
