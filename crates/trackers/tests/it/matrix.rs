//! What lands in each of the seeded projects for each priority.

use handoff_domain::delivery::model::WarningCode;
use handoff_domain::delivery::tracker::CreateOutcome;
use handoff_domain::ticket::model::{Priority, PushErrorCode, TicketContent, TicketType};
use serde_json::{Map, json};

use crate::world::{World, titled};

/// Pushes one ticket of each priority; answers the priority that each issue has and the warnings.
async fn land(world: &World, project: &str) -> Vec<(Option<String>, Vec<WarningCode>)> {
    let words = [
        Some("P0"),
        Some("P1"),
        Some("P2"),
        Some("P3"),
        None,
        Some("Soonish"),
    ];
    let contents = words.iter().map(|word| TicketContent {
        priority: word.and_then(Priority::parse),
        ..titled("A ticket")
    });
    let mut fields = Map::new();
    if project == "REQ" {
        fields.insert("customfield_10010".to_owned(), json!("ACME-1"));
    }
    let judged = world
        .judge(project, contents.collect(), fields)
        .await
        .unwrap();
    let refused = judged
        .iter()
        .find_map(|(_, _, verdict)| verdict.refusal.as_ref());
    assert_eq!(refused, None);
    let report = world.create(&judged).await;
    let mut landed = Vec::new();
    for (outcome, (_, _, verdict)) in report.outcomes.iter().zip(&judged) {
        let CreateOutcome::Confirmed(external) = outcome else {
            panic!("{outcome:?}")
        };
        let issue = world.sandbox.handle().issue(&external.key).unwrap();
        let name = issue
            .fields
            .pointer("/priority/name")
            .and_then(|name| name.as_str());
        let warnings = verdict
            .warnings
            .iter()
            .map(|warning| warning.code)
            .collect();
        landed.push((name.map(str::to_owned), warnings));
    }
    landed
}

#[tokio::test]
async fn stock_priorities_land_by_name_and_unset_is_medium_without_a_warning() {
    let landed = land(&World::start().await, "SHOP").await;
    let names: Vec<_> = landed
        .iter()
        .map(|(name, _)| name.as_deref().unwrap())
        .collect();
    assert_eq!(
        names,
        ["Highest", "High", "Medium", "Low", "Medium", "Medium"]
    );
    assert!(
        landed[..5].iter().all(|(_, warnings)| warnings.is_empty()),
        "{landed:?}"
    );
    assert_eq!(landed[5].1, [WarningCode::PriorityUnrecognised]);
}

#[tokio::test]
async fn a_project_without_the_field_takes_no_priority_and_warns_only_when_there_was_one() {
    let landed = land(&World::start().await, "TEAM").await;
    for (index, (name, warnings)) in landed.iter().enumerate() {
        assert_eq!(*name, None);
        let expected: &[WarningCode] = if index == 4 {
            &[]
        } else {
            &[WarningCode::PriorityNotOnScreen]
        };
        assert_eq!(warnings, expected);
    }
}

#[tokio::test]
async fn own_priority_names_are_taken_at_the_same_rank_with_a_warning() {
    let world = World::start().await;
    let types = world.tracker_types("OWN").await;
    let own: Vec<String> = types[0]
        .priorities
        .iter()
        .map(|priority| priority.name.clone())
        .collect();
    let landed = land(&world, "OWN").await;
    for ((name, warnings), own) in landed.iter().zip(&own).take(4) {
        assert_eq!(name.as_ref(), Some(own));
        assert_eq!(*warnings, [WarningCode::PriorityReplaced]);
    }
    assert_eq!(landed[4], (own.get(2).cloned(), Vec::new()));
    assert_eq!(
        landed[5],
        (own.get(2).cloned(), vec![WarningCode::PriorityUnrecognised])
    );
}

#[tokio::test]
async fn a_required_field_is_refused_by_name_before_anything_is_sent() {
    let world = World::start().await;
    let judged = world
        .judge("REQ", vec![titled("A ticket")], Map::new())
        .await
        .unwrap();
    let refusal = judged[0].2.refusal.as_ref().unwrap();
    assert_eq!(refusal.code, PushErrorCode::RequiredField);
    assert_eq!(refusal.field.as_deref(), Some("customfield_10010"));
    assert_eq!(world.sandbox.handle().issue_count(), 0);
}

#[tokio::test]
async fn a_required_field_that_is_given_lands_in_the_issue() {
    let landed = land(&World::start().await, "REQ").await;
    assert_eq!(landed.len(), 6);
}

#[tokio::test]
async fn translated_issue_types_are_found_by_their_untranslated_names() {
    let world = World::start().await;
    let types = [
        TicketType::Task,
        TicketType::Story,
        TicketType::Bug,
        TicketType::Epic,
    ];
    let contents = types.map(|ticket_type| TicketContent {
        ticket_type,
        ..titled("A ticket")
    });
    let judged = world
        .judge("OWN", contents.to_vec(), Map::new())
        .await
        .unwrap();
    let replaced = judged.iter().filter(|(_, _, verdict)| {
        verdict
            .warnings
            .iter()
            .any(|warning| warning.code == WarningCode::IssueTypeReplaced)
    });
    assert!(replaced.count() <= 1, "{judged:?}");
    let report = world.create(&judged).await;
    assert!(
        report
            .outcomes
            .iter()
            .all(|outcome| matches!(outcome, CreateOutcome::Confirmed(_))),
        "{report:?}"
    );
}

#[tokio::test]
async fn hostile_texts_are_taken_and_their_changes_told() {
    let world = World::start().await;
    let content = TicketContent {
        title: "word ".repeat(2_000),
        description: format!(
            "{}deep <b>html</b> שלום 🚀\n\n{}",
            "> ".repeat(100),
            "x ".repeat(40_000)
        ),
        labels: vec!["two words".to_owned(), "🚀".to_owned()],
        acceptance_criteria: vec!["It is *so*".to_owned()],
        ..TicketContent::default()
    };
    let judged = world
        .judge("SHOP", vec![content], Map::new())
        .await
        .unwrap();
    let codes: Vec<_> = judged[0]
        .2
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect();
    for code in [
        WarningCode::TextCut,
        WarningCode::LabelChanged,
        WarningCode::MarkdownDegraded,
    ] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    let report = world.create(&judged).await;
    assert!(
        matches!(report.outcomes[0], CreateOutcome::Confirmed(_)),
        "{report:?}"
    );
}
