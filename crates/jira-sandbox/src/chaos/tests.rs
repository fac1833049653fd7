use super::*;

fn names(seed: u64, requests: usize) -> Vec<Option<&'static str>> {
    let share = [(ChaosKind::DropAfter, 0.2), (ChaosKind::Cut, 0.1)];
    let target = ChaosTarget::Group(EndpointGroup::Creates);
    let rules = vec![ChaosRule::new([target], share)];
    let mut run = ChaosRun::default();
    run.start(Chaos { seed, rules }).unwrap();
    let draw = |_| {
        run.draw(Endpoint::BulkCreate, || 2)
            .map(|struck| struck.name)
    };
    (0..requests).map(draw).collect()
}

#[test]
fn each_kind_strikes_as_often_as_asked_and_again_the_same_by_its_seed() {
    let drawn = names(7, 10_000);
    assert_eq!(drawn, names(7, 10_000));
    assert_ne!(drawn, names(8, 10_000));
    let count = |name| drawn.iter().filter(|it| **it == Some(name)).count();
    assert!(
        (1_900..2_100).contains(&count("drop_after")),
        "{}",
        count("drop_after")
    );
    assert!((900..1_100).contains(&count("cut")), "{}", count("cut"));
}

#[test]
fn a_rule_leaves_other_endpoints_alone() {
    let rule = ChaosRule::new(
        [ChaosTarget::Group(EndpointGroup::Reads)],
        [(ChaosKind::Cut, 1.0)],
    );
    let mut run = ChaosRun::default();
    let rules = vec![rule];
    run.start(Chaos { seed: 1, rules }).unwrap();
    assert!(run.draw(Endpoint::GetIssue, || 0).is_some());
    for endpoint in [
        Endpoint::BulkCreate,
        Endpoint::Token,
        Endpoint::Control,
        Endpoint::EditIssue,
    ] {
        assert!(run.draw(endpoint, || 0).is_none(), "{endpoint:?}");
    }
}

#[test]
fn elements_are_drawn_among_those_that_a_bulk_has() {
    let rule = ChaosRule::new(
        [ChaosTarget::Group(EndpointGroup::Jira)],
        [(ChaosKind::Element500, 1.0)],
    );
    let mut run = ChaosRun::default();
    let rules = vec![rule];
    run.start(Chaos { seed: 1, rules }).unwrap();
    for length in (1..=50).cycle().take(500) {
        let struck = run.draw(Endpoint::BulkCreate, || length).unwrap();
        let Effect::FailElements { elements, .. } = struck.effect else {
            panic!("{:?}", struck.effect);
        };
        assert!(
            elements.iter().all(|at| *at < length),
            "{elements:?} of {length}"
        );
    }
    assert!(run.draw(Endpoint::GetIssue, || 0).is_none());
}

#[test]
fn probabilities_beyond_one_are_refused() {
    for share in [[0.6, 0.6], [-0.1, 0.2], [1.5, 0.0]] {
        let kinds = [ChaosKind::Cut, ChaosKind::Empty].into_iter().zip(share);
        let rule = ChaosRule::new([ChaosTarget::One(Endpoint::Token)], kinds);
        let rules = vec![rule];
        assert!(
            ChaosRun::default().start(Chaos { seed: 1, rules }).is_err(),
            "{share:?}"
        );
    }
}

#[test]
fn rules_read_from_json_and_unknown_kinds_are_refused() {
    let text =
        r#"{"rules": [{"endpoints": ["creates", "token"], "probability": {"later_504": 0.1}}]}"#;
    let chaos: Chaos = serde_json::from_str(text).unwrap();
    let rule = chaos.rules.first().unwrap();
    assert_eq!(
        rule.endpoints.get(1),
        Some(&ChaosTarget::One(Endpoint::Token))
    );
    assert_eq!(rule.later_ms, [1_000, 5_000]);
    let unknown = text.replace("later_504", "later_505");
    assert!(serde_json::from_str::<Chaos>(&unknown).is_err());
}
