use super::*;

fn fired(fault: Fault, requests: usize) -> Vec<bool> {
    let mut plan = FaultPlan::default();
    plan.push(fault);
    let take = |_| {
        plan.take(Endpoint::BulkCreate, || Some("SHOP".to_owned()), || 2)
            .is_some()
    };
    (0..requests).map(take).collect()
}

#[test]
fn a_fault_for_n_times_skips_first_and_then_stops() {
    let fault = Fault::once(Endpoint::BulkCreate, Effect::DropAfter).after(1);
    assert_eq!(
        fired(fault.when(When::Times(2)), 5),
        [false, true, true, false, false]
    );
}

#[test]
fn every_nth_request_is_hit_for_ever() {
    let fault = Fault::once(Endpoint::BulkCreate, Effect::DropAfter);
    assert_eq!(
        fired(fault.when(When::Every(3)), 6),
        [false, false, true, false, false, true]
    );
}

#[test]
fn a_percentage_is_repeatable_by_its_seed() {
    let fault = |seed| {
        Fault::once(Endpoint::BulkCreate, Effect::DropBefore)
            .when(When::Percent { percent: 30, seed })
    };
    let hits = fired(fault(7), 1_000);
    assert_eq!(hits, fired(fault(7), 1_000));
    assert_ne!(hits, fired(fault(8), 1_000));
    let count = hits.iter().filter(|hit| **hit).count();
    assert!((250..350).contains(&count), "{count} of 1000");
}

#[test]
fn a_fault_keeps_to_its_project_and_endpoint() {
    let fault = Fault::once(Endpoint::BulkCreate, Effect::DropBefore);
    assert_eq!(fired(fault.clone().on_project("TEAM"), 1), [false]);
    assert_eq!(fired(fault.on_project("SHOP"), 1), [true]);
    let other = Fault::once(Endpoint::Myself, Effect::DropBefore);
    assert_eq!(fired(other, 1), [false]);
}

#[test]
fn a_fault_of_elements_waits_for_a_bulk_that_has_them() {
    let struck = |effect, elements| {
        let mut plan = FaultPlan::default();
        plan.push(Fault::once(Endpoint::BulkCreate, effect));
        let take = plan.take(Endpoint::BulkCreate, || None, || elements);
        (take.is_some(), plan.list().len())
    };
    let third = || Effect::FailElements {
        elements: vec![2, 7],
        status: 500,
        acting: false,
    };
    assert_eq!(struck(third(), 2), (false, 1));
    assert_eq!(struck(third(), 3), (true, 0));
    assert_eq!(struck(Effect::Shuffled, 1), (false, 1));
    assert_eq!(struck(Effect::Shuffled, 2), (true, 0));
    assert_eq!(struck(Effect::Cut, 0), (true, 0));
}

#[test]
fn a_fault_reads_from_json_with_only_its_effect() {
    let text = r#"{"effect": {"kind": "answer", "status": 503}}"#;
    let fault: Fault = serde_json::from_str(text).unwrap();
    assert_eq!(fault.when, When::Times(1));
    assert!(!fault.effect.acts());
}
