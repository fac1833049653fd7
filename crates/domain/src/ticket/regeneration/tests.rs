//! What people do to a document, and what becomes of its tickets.

use time::macros::datetime;
use uuid::Uuid;

use super::*;
use crate::delivery::model::DeliveryState;
use crate::shared::ids::DeliveryId;
use crate::ticket::model::{OpenDelivery, TicketContent};

const NOW: OffsetDateTime = datetime!(2026-11-30 12:00 UTC);

/// What has happened to a ticket before its document is edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Generated,
    Reviewed,
    PushFailed,
    InDelivery,
    Pushed,
    Deleted,
}

const STATES: [State; 6] = [
    State::Generated,
    State::Reviewed,
    State::PushFailed,
    State::InDelivery,
    State::Pushed,
    State::Deleted,
];

/// A document and its tickets.
#[derive(Clone, Default)]
struct World {
    known: Vec<KnownTicket>,
    drawn: u128,
}

/// An item: its number, its section and its text, of which the first line is the title.
fn item(id: Option<&str>, section: &str, text: &str) -> ScopedTicket {
    ScopedTicket {
        block: 0,
        content: TicketContent {
            title: text.lines().next().unwrap_or_default().to_owned(),
            description: text.to_owned(),
            ..TicketContent::default()
        },
        source_line: 0,
        source_end_line: 0,
        parent: None,
        depends_on: Vec::new(),
        item_id: id.map(str::to_owned),
        section: vec![section.to_owned()],
        source_text: text.to_owned(),
    }
}

impl World {
    fn generation(&mut self, items: &[ScopedTicket], scope: GenerationScope) -> Generation {
        let mut line = 0;
        let mut candidates = Vec::new();
        for scoped in items {
            let mut scoped = scoped.clone();
            line += 10;
            (scoped.source_line, scoped.source_end_line) = (line, line + 2);
            self.drawn += 1;
            candidates.push(Candidate {
                id: Uuid::from_u128(self.drawn).into(),
                block_id: None,
                scoped,
                is_wanted: true,
            });
        }
        Generation {
            workspace_id: Uuid::from_u128(1).into(),
            document_id: Uuid::from_u128(2).into(),
            document_version: 1,
            scope,
            candidates,
            coverage: Vec::new(),
            notes: Vec::new(),
            now: NOW,
        }
    }

    /// Generates from the whole document and does what the plan says.
    fn generate(&mut self, items: &[ScopedTicket]) -> RegenerationPlan {
        let generation = self.generation(items, GenerationScope::Whole);
        let plan = plan(&self.known, &generation);
        self.known
            .retain(|known| !plan.removed.contains(&known.ticket.id));
        for written in &plan.written {
            self.known
                .retain(|known| known.ticket.id != written.ticket.id);
            self.known.push(written.clone());
        }
        self.known.sort_by_key(|known| known.ticket.id);
        plan
    }

    fn with(items: &[ScopedTicket], state: State) -> Self {
        let mut world = Self::default();
        world.generate(items);
        for known in &mut world.known {
            let ticket = &mut known.ticket;
            match state {
                State::Generated => {}
                State::Reviewed => ticket.status = TicketStatus::Reviewed,
                State::PushFailed => ticket.status = TicketStatus::PushFailed,
                State::Pushed => ticket.status = TicketStatus::Pushed,
                State::InDelivery => {
                    ticket.delivery = Some(OpenDelivery {
                        id: DeliveryId::from_uuid(Uuid::from_u128(9)),
                        state: DeliveryState::Queued,
                    });
                }
                State::Deleted => known.is_deleted = true,
            }
        }
        world
    }

    /// The tickets that are not deleted, in the order of the document.
    fn tickets(&self) -> Vec<&Ticket> {
        let there = self.known.iter().filter(|known| !known.is_deleted);
        let mut tickets: Vec<&Ticket> = there.map(|known| &known.ticket).collect();
        tickets.sort_by_key(|ticket| ticket.source_line);
        tickets
    }

    fn titles(&self) -> Vec<&str> {
        let tickets = self.tickets().into_iter();
        tickets
            .map(|ticket| ticket.content.title.as_str())
            .collect()
    }
}

fn codes(plan: &RegenerationPlan) -> Vec<NoteCode> {
    plan.notes.iter().map(|note| note.code).collect()
}

const CART: &str = "Keep the cart of a guest for thirty days";
const CARD: &str = "Let people pay by credit card";
const PAGE: &str = "Drop the old page of contents";

fn document() -> Vec<ScopedTicket> {
    vec![
        item(Some("FR-1"), "Cart", CART),
        item(None, "Pay", CARD),
        item(None, "Pay", PAGE),
    ]
}

/// Edits the document, generates twice, and gives what the tickets are called and what was noted.
fn edited(state: State, edit: impl FnOnce(&mut Vec<ScopedTicket>)) -> (World, Vec<NoteCode>) {
    let mut items = document();
    let mut world = World::with(&items, state);
    edit(&mut items);
    let noted = codes(&world.generate(&items));
    let once = world.clone();
    let again = world.generate(&items);
    assert_eq!(
        again.written,
        [],
        "{state:?}: generating again changed something"
    );
    assert_eq!(
        again.removed,
        [],
        "{state:?}: generating again removed something"
    );
    assert_eq!(once.known, world.known);
    (world, noted)
}

/// What each state keeps of a title, and what it notes, where a source says something else.
#[test]
fn a_reworded_item_is_the_ticket_that_it_was() {
    let new = "Let people pay by debit or credit card";
    for state in STATES {
        let (world, noted) = edited(state, |items| items[1] = item(None, "Pay", new));
        let (titles, notes): (&[&str], &[NoteCode]) = match state {
            State::Generated => (&[CART, new, PAGE], &[]),
            State::Reviewed | State::PushFailed => (&[CART, CARD, PAGE], &[]),
            State::InDelivery | State::Pushed => {
                (&[CART, CARD, PAGE], &[NoteCode::DiffersFromDocument])
            }
            // Likeness brings no decision against an item to another one.
            State::Deleted => (&[new], &[]),
        };
        assert_eq!(
            (world.titles().as_slice(), noted.as_slice()),
            (titles, notes),
            "{state:?}"
        );
        let differs = world
            .tickets()
            .iter()
            .filter(|ticket| ticket.differs_from_document)
            .count();
        assert_eq!(differs, notes.len(), "{state:?}");
    }
}

#[test]
fn a_moved_item_changes_its_lines_only() {
    for state in STATES {
        let before = World::with(&document(), state);
        let (world, noted) = edited(state, |items| {
            items.rotate_left(1);
            for item in items {
                item.section = vec!["Elsewhere".to_owned()];
            }
        });
        assert_eq!(noted, []);
        assert_eq!(world.tickets().len(), before.tickets().len(), "{state:?}");
        for ticket in world.tickets() {
            let was = before
                .known
                .iter()
                .find(|known| known.ticket.id == ticket.id)
                .unwrap();
            assert_eq!(ticket.content, was.ticket.content);
            assert_ne!(ticket.source_line, was.ticket.source_line);
        }
    }
}

#[test]
fn of_a_split_item_the_like_part_is_the_ticket_and_the_rest_is_new() {
    let whole = "Export lists of orders as a file\nColumns can be chosen by hand\nSizes are shown beside names";
    let (first, rest) = (
        "Export lists of orders as a file\nColumns can be chosen by hand",
        "Sizes are shown beside names",
    );
    for state in STATES {
        let mut world = World::with(&[item(None, "Out", whole)], state);
        let id = world.known[0].ticket.id;
        world.generate(&[item(None, "Out", first), item(None, "Out", rest)]);
        let found: Vec<bool> = world
            .tickets()
            .iter()
            .map(|ticket| ticket.id == id)
            .collect();
        match state {
            State::Deleted => assert_eq!(found, [false, false]),
            _ => assert_eq!(found, [true, false], "{state:?}"),
        }
    }
}

#[test]
fn lines_of_a_kept_ticket_make_no_second_one() {
    let whole = "Export the orders\nColumns can be chosen by hand\nand more\nand yet more of it\nand all the rest of it too";
    for state in [
        State::Reviewed,
        State::PushFailed,
        State::Pushed,
        State::InDelivery,
    ] {
        let mut world = World::with(&[item(None, "Out", whole)], state);
        let plan = world.generate(&[item(None, "Elsewhere", "Columns can be chosen by hand")]);
        assert_eq!(world.titles(), ["Export the orders"], "{state:?}");
        assert_eq!(plan.ids, [None]);
        assert_eq!(
            codes(&plan),
            [NoteCode::OverlapsKeptTicket, NoteCode::NoLongerInDocument]
        );
    }
    let mut world = World::with(&[item(None, "Out", whole)], State::Generated);
    world.generate(&[item(None, "Elsewhere", "Columns can be chosen by hand")]);
    assert_eq!(world.titles(), ["Columns can be chosen by hand"]);
}

#[test]
fn an_item_that_is_deleted_and_pasted_back_is_the_ticket_that_a_person_kept() {
    for state in STATES {
        let mut world = World::with(&document(), state);
        let ids: Vec<TicketId> = world.tickets().iter().map(|ticket| ticket.id).collect();
        let gone = world.generate(&document()[..2]);
        let noted = codes(&gone);
        world.generate(&document());
        let back: Vec<TicketId> = world.tickets().iter().map(|ticket| ticket.id).collect();
        match state {
            State::Generated => {
                assert_eq!((back[..2].to_vec(), back.len()), (ids[..2].to_vec(), 3));
                assert_eq!(noted, []);
            }
            State::Deleted => assert_eq!((back.as_slice(), noted.as_slice()), (&[][..], &[][..])),
            _ => assert_eq!(
                (back, noted),
                (ids, vec![NoteCode::NoLongerInDocument]),
                "{state:?}"
            ),
        }
    }
}

#[test]
fn an_item_keeps_its_ticket_when_its_number_or_all_of_its_words_change() {
    for state in STATES {
        let (renumbered, _) = edited(state, |items| items[0] = item(Some("FR-9"), "Cart", CART));
        let (rewritten, _) = edited(state, |items| {
            items[0] = item(Some("fr-01"), "New", "Quite another thing");
        });
        let n = if state == State::Deleted { 0 } else { 3 };
        assert_eq!(
            (renumbered.tickets().len(), rewritten.tickets().len()),
            (n, n),
            "{state:?}"
        );
        let drawn = |world: &World| world.known.iter().map(|known| known.ticket.id).max();
        assert_eq!(drawn(&renumbered), drawn(&World::with(&document(), state)));
        assert_eq!(drawn(&rewritten), drawn(&World::with(&document(), state)));
    }
}

#[test]
fn two_alike_keep_their_tickets_apart_and_a_guess_is_never_made() {
    let twin = || item(None, "Pay", CARD);
    for state in STATES {
        let mut world = World::with(&[twin(), twin()], state);
        let before = world.clone();
        assert_eq!(world.generate(&[twin(), twin()]).written, []);
        assert_eq!(world.known, before.known);

        let reworded = item(None, "Pay", "Let people pay by debit or credit card");
        let plan = world.generate(&[reworded]);
        let is_new = world.tickets().iter().any(|ticket| {
            !before
                .known
                .iter()
                .any(|known| known.ticket.id == ticket.id)
        });
        match state {
            State::Deleted => assert_eq!(codes(&plan), []),
            _ => assert_eq!(codes(&plan)[0], NoteCode::AmbiguousMatch, "{state:?}"),
        }
        assert!(is_new, "{state:?}");
    }
}

#[test]
fn a_pushed_ticket_that_says_again_what_the_document_says_no_longer_differs() {
    let mut items = document();
    let mut world = World::with(&items, State::Pushed);
    items[0].source_text = "Keep the cart of a guest for sixty days".to_owned();
    world.generate(&items);
    assert!(world.tickets()[0].differs_from_document);
    world.generate(&document());
    assert!(!world.tickets()[0].differs_from_document);
}

#[test]
fn an_upgrade_makes_no_second_set_of_tickets() {
    for state in STATES.into_iter().filter(|state| *state != State::Deleted) {
        let mut world = World::with(&document(), state);
        for (number, known) in world.known.iter_mut().enumerate() {
            known.provenance = Provenance {
                fingerprint: format!("title:{number}"),
                item_id: known.provenance.item_id.as_ref().map(|_| "FR-1".to_owned()),
                ..Provenance::default()
            };
        }
        let ids: Vec<TicketId> = world.tickets().iter().map(|ticket| ticket.id).collect();
        let plan = world.generate(&document());
        assert_eq!(
            plan.ids,
            ids.iter().copied().map(Some).collect::<Vec<_>>(),
            "{state:?}"
        );
        assert_eq!((plan.removed.len(), codes(&plan).len()), (0, 0));
        assert_eq!(world.generate(&document()).written, []);
    }
}

#[test]
fn children_find_their_parent_again_and_one_that_a_person_chose_stays() {
    let mut items = document();
    items[0].content.ticket_type = TicketType::Epic;
    items[1].parent = Some(0);
    items[2].parent = Some(0);
    items[2].depends_on = vec![
        ScopedDependency::Ticket(1),
        ScopedDependency::Key("OPS-1".to_owned()),
    ];
    let mut world = World::with(&items, State::Generated);
    let [epic, first, second] = [0, 1, 2].map(|at| world.known[at].ticket.clone());
    assert_eq!(first.parent, Some(Parent::Ticket(epic.id)));
    let needed = [
        Dependency::Ticket {
            ticket_id: first.id,
        },
        Dependency::Key {
            key: "OPS-1".to_owned(),
        },
    ];
    assert_eq!(second.depends_on, needed);

    world.known[1].ticket.status = TicketStatus::Reviewed;
    world.known[1].ticket.parent = None;
    items[0].source_text = "Keep the cart of every guest for thirty days".to_owned();
    world.generate(&items);
    assert_eq!(world.known[0].ticket.id, epic.id);
    assert_eq!(world.known[1].ticket.parent, None);
    assert_eq!(world.known[2].ticket.parent, Some(Parent::Ticket(epic.id)));

    world.known[1].ticket.parent = Some(Parent::Ticket(epic.id));
    let (mut child, mut other) = (items[1].clone(), items[2].clone());
    (child.parent, other.parent, other.depends_on) = (None, None, Vec::new());
    world.generate(&[child, other]);
    assert_eq!(world.known.len(), 2);
    assert!(
        world
            .known
            .iter()
            .all(|known| known.ticket.parent.is_none()),
        "nobody names what is gone"
    );
}

#[test]
fn a_parent_that_cannot_hold_the_child_is_passed_over() {
    let mut items = document();
    items[0].content.ticket_type = TicketType::Epic;
    items[1].content.ticket_type = TicketType::Story;
    (items[1].parent, items[2].parent) = (Some(0), Some(1));
    let world = World::with(&items, State::Generated);
    assert_eq!(
        world.known[2].ticket.parent,
        Some(Parent::Ticket(world.known[0].ticket.id))
    );
}

#[test]
fn a_part_of_the_document_touches_nothing_else() {
    let mut world = World::with(&document(), State::Generated);
    let mut generation = world.generation(&document()[1..], GenerationScope::Part);
    generation.candidates[0].scoped.content.title = "Changed".to_owned();
    generation.candidates[1].scoped.content.title = "Changed too".to_owned();
    generation.candidates[0].is_wanted = false;
    let plan = plan(&world.known, &generation);
    assert_eq!(plan.removed, []);
    let written: Vec<&str> = plan
        .written
        .iter()
        .map(|known| known.ticket.content.title.as_str())
        .collect();
    assert_eq!(written, ["Changed too"]);
}

/// Numbers without a pattern that matters, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

fn random_document(dice: &mut Dice) -> Vec<ScopedTicket> {
    const WORDS: [&str; 12] = [
        "export", "order", "list", "guest", "card", "pay", "mail", "page", "show", "name", "sort",
        "file",
    ];
    let n = 1 + dice.below(8);
    let mut items = Vec::new();
    for number in 0..n {
        let words: Vec<&str> = (0..3 + dice.below(4))
            .map(|_| WORDS[dice.below(12)])
            .collect();
        let id = (dice.below(3) == 0).then(|| format!("FR-{number}"));
        let section = ["A", "B", "C"][dice.below(3)];
        let mut item = item(id.as_deref(), section, &words.join(" "));
        if dice.below(4) == 0 {
            item.content.ticket_type = TicketType::Epic;
        } else if number > 0 && dice.below(2) == 0 {
            item.parent = Some(dice.below(number));
        }
        items.push(item);
    }
    items
}

#[test]
fn whatever_was_there_generating_twice_changes_nothing() {
    let mut dice = Dice(7);
    for round in 0..2_000 {
        let first = random_document(&mut dice);
        let mut world = World::with(&first, STATES[dice.below(STATES.len())]);
        for known in &mut world.known {
            if dice.below(3) == 0 {
                known.ticket.status = TicketStatus::Reviewed;
            }
        }
        let second = random_document(&mut dice);
        world.generate(&second);
        let once = world.clone();
        let again = world.generate(&second);
        assert_eq!(
            (again.written, again.removed),
            (vec![], vec![]),
            "round {round}: {second:#?}"
        );
        assert!(once.known == world.known);
        let ids: HashSet<TicketId> = again.ids.iter().copied().flatten().collect();
        assert_eq!(
            ids.len(),
            again.ids.iter().flatten().count(),
            "one ticket was matched twice"
        );
    }
}

#[test]
fn permuting_sections_changes_lines_only() {
    let mut dice = Dice(11);
    for round in 0..500 {
        let items: Vec<ScopedTicket> = random_document(&mut dice)
            .into_iter()
            .map(|item| ScopedTicket {
                parent: None,
                ..item
            })
            .collect();
        let mut world = World::with(&items, STATES[dice.below(STATES.len())]);
        let before = world.clone();
        let mut sections = ["A", "B", "C"];
        sections.rotate_left(1 + dice.below(2));
        let of = |section: &str| {
            items
                .iter()
                .filter(|item| item.section[0] == section)
                .cloned()
                .collect::<Vec<_>>()
        };
        let permuted: Vec<ScopedTicket> = sections.into_iter().flat_map(of).collect();
        world.generate(&permuted);
        assert_eq!(world.known.len(), before.known.len(), "round {round}");
        for (now, was) in world.known.iter().zip(&before.known) {
            assert_eq!(
                (now.ticket.id, &now.ticket.content, now.is_deleted),
                (was.ticket.id, &was.ticket.content, was.is_deleted)
            );
            assert_eq!(now.provenance, was.provenance);
        }
    }
}
