//! What the table of states and events must never say.

use handoff_domain::delivery::ledger::table::{self, Event, Rule, TABLE, TicketEffect};
use handoff_domain::delivery::model::DeliveryState;

use DeliveryState::{
    Abandoned, Cancelled, Confirmed, NeedsAttention, Queued, Rejected, Sending, Uncertain,
};

fn rules(from: DeliveryState, to: DeliveryState) -> Vec<Event> {
    let rules = TABLE.iter();
    let fitting = rules.filter(|rule| rule.from.contains(&from) && rule.to == to);
    fitting.map(|rule| rule.event).collect()
}

#[test]
fn the_documentation_shows_the_table() {
    let page = include_str!("../../../../../docs/DELIVERY.md");
    let table = table::markdown();
    assert!(page.contains(&table), "DELIVERY.md should show:\n{table}");
}

#[test]
fn each_event_has_one_line() {
    for rule in TABLE {
        let lines = TABLE.iter().filter(|other| other.event == rule.event);
        assert_eq!(lines.count(), 1, "{rule:?}");
    }
}

#[test]
fn only_what_a_worker_claims_is_sent() {
    let sending: Vec<&Rule> = TABLE.iter().filter(|rule| rule.to == Sending).collect();
    assert_eq!(sending.len(), 1);
    assert_eq!(
        (sending[0].event, sending[0].from),
        (Event::Claimed, &[Queued][..])
    );
}

#[test]
fn nothing_is_queued_again_that_may_have_been_applied() {
    assert_eq!(rules(Sending, Queued), [Event::NotApplied]);
    assert_eq!(rules(Uncertain, Queued), [Event::ProvenAbsent]);
    assert_eq!(rules(NeedsAttention, Queued), [Event::Resent]);
    assert_eq!(rules(Uncertain, Cancelled), [Event::CalledOff]);
    assert_eq!(rules(Sending, Cancelled), [Event::CalledOff]);
    assert_eq!(rules(NeedsAttention, Cancelled), []);
}

#[test]
fn what_ended_never_moves_again() {
    for state in [Confirmed, Rejected, Cancelled, Abandoned] {
        let moves = TABLE.iter().filter(|rule| rule.from.contains(&state));
        let moves: Vec<(Event, DeliveryState)> = moves.map(|rule| (rule.event, rule.to)).collect();
        let swap = (Event::Swapped, Confirmed);
        let allowed = if state == Confirmed {
            vec![swap]
        } else {
            vec![]
        };
        assert_eq!(moves, allowed, "{state:?}");
    }
}

#[test]
fn proof_of_an_issue_is_taken_while_a_delivery_is_open() {
    for state in DeliveryState::ALL {
        let rule = Event::Proven.rule(state);
        assert_eq!(rule.is_some(), state.is_open(), "{state:?}");
    }
}

#[test]
fn every_open_delivery_has_a_way_out_of_each_state() {
    for state in DeliveryState::ALL
        .into_iter()
        .filter(|state| state.is_open())
    {
        let moves = TABLE.iter().filter(|rule| rule.from.contains(&state));
        assert!(moves.count() > 1, "{state:?}");
    }
}

#[test]
fn the_ticket_follows_its_delivery() {
    for rule in TABLE.iter().filter(|rule| rule.event != Event::Swapped) {
        let expected = match rule.to {
            Confirmed => TicketEffect::Pushed,
            Rejected | Abandoned => TicketEffect::Failed,
            Cancelled => TicketEffect::Released,
            NeedsAttention => TicketEffect::Touched,
            Queued if rule.from == [NeedsAttention] => TicketEffect::Touched,
            Queued | Sending | Uncertain => TicketEffect::Keep,
        };
        assert_eq!(rule.ticket, expected, "{rule:?}");
    }
}
