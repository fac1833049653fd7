//! Aligns a bulk answer with what was sent.

use serde::Deserialize;
use serde_json::Value;

use super::{Alignment, BulkCreated, CreatedIssue, ElementOutcome, IssueRejection};
use crate::error::read_error_collection;
use crate::rest::lenient::number;
use crate::send::refuses_outright;

/// The body of a bulk create's 201 and of its 400.
#[derive(Debug, Deserialize)]
pub(super) struct BulkAnswer {
    #[serde(default)]
    issues: Option<Vec<CreatedIssue>>,
    #[serde(default)]
    errors: Option<Vec<ElementError>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ElementError {
    #[serde(default, deserialize_with = "number")]
    status: Option<u16>,
    #[serde(default)]
    element_errors: Value,
    #[serde(default, deserialize_with = "number")]
    failed_element_number: Option<usize>,
}

impl BulkAnswer {
    /// Tells whether the body speaks of elements, rather than of the request as a whole.
    pub(super) fn has_results(&self) -> bool {
        let some = |count: Option<usize>| count.is_some_and(|count| count > 0);
        some(self.issues.as_ref().map(Vec::len)) || some(self.errors.as_ref().map(Vec::len))
    }
}

/// Places errors by their numbers and issues, in the order given, on the places left.
///
/// `status` is the answer's own where it is an error; an element that says why, but has no status, takes it.
pub(super) fn align(answer: BulkAnswer, count: usize, status: Option<u16>) -> BulkCreated {
    let mut places: Vec<Option<ElementOutcome>> = vec![None; count];
    let mut unplaced_rejections = Vec::new();
    for error in answer.errors.unwrap_or_default() {
        let place = error
            .failed_element_number
            .and_then(|number| places.get_mut(number));
        let rejection = rejection(error, status);
        match place {
            Some(place @ None) => *place = Some(ElementOutcome::Rejected(rejection)),
            _ => unplaced_rejections.push(rejection),
        }
    }
    let issues = answer.issues.unwrap_or_default();
    let left = places.iter().filter(|place| place.is_none()).count();
    let counts_agree = left == issues.len() && unplaced_rejections.is_empty();
    let aligned = counts_agree && ids_ascend(&issues);
    let mut issues = issues.into_iter();
    let outcomes = places
        .into_iter()
        .map(|place| place.or_else(|| next_created(&mut issues, counts_agree)))
        .map(|place| place.unwrap_or(ElementOutcome::Unknown))
        .collect();
    BulkCreated {
        outcomes,
        alignment: if aligned {
            Alignment::Aligned
        } else {
            Alignment::Ambiguous
        },
        unplaced: issues.collect(),
        unplaced_rejections,
    }
}

fn next_created(
    issues: &mut impl Iterator<Item = CreatedIssue>,
    counts_agree: bool,
) -> Option<ElementOutcome> {
    if counts_agree {
        issues.next().map(ElementOutcome::Created)
    } else {
        None
    }
}

fn rejection(error: ElementError, answer_status: Option<u16>) -> IssueRejection {
    let (error_messages, field_errors) = read_error_collection(&error.element_errors);
    let inner = error.element_errors.get("status").and_then(Value::as_u64);
    let inner = inner.and_then(|status| u16::try_from(status).ok());
    // Where two are given, the one that leaves doubt counts.
    let given = [error.status, inner].into_iter().flatten();
    let given = given.min_by_key(|status| refuses_outright(*status));
    let says_why = !error_messages.is_empty() || !field_errors.is_empty();
    IssueRejection {
        status: given.or(answer_status.filter(|_| says_why)),
        error_messages,
        field_errors,
    }
}

fn ids_ascend(issues: &[CreatedIssue]) -> bool {
    let ids: Option<Vec<u64>> = issues.iter().map(|issue| issue.id.parse().ok()).collect();
    ids.is_some_and(|ids| ids.is_sorted_by(|a, b| a < b))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn aligned(body: Value, count: usize) -> BulkCreated {
        align(serde_json::from_value(body).unwrap(), count, None)
    }

    fn issue(id: &str) -> Value {
        json!({"id": id, "key": format!("A-{id}"), "self": "https://example.test"})
    }

    fn failed(number: usize) -> Value {
        json!({"status": 400, "failedElementNumber": number,
               "elementErrors": {"errorMessages": [], "errors": {"summary": "too long"}}})
    }

    #[test]
    fn successes_fill_the_places_that_no_error_claims() {
        let bulk = aligned(
            json!({"issues": [issue("7"), issue("9")], "errors": [failed(1)]}),
            3,
        );
        assert_eq!(bulk.alignment, Alignment::Aligned);
        assert_eq!(bulk.outcomes[0].created().unwrap().id, "7");
        assert!(matches!(&bulk.outcomes[1], ElementOutcome::Rejected(why)
            if why.field_errors["summary"] == "too long" && !why.may_have_been_applied()));
        assert_eq!(bulk.outcomes[2].created().unwrap().id, "9");
    }

    #[test]
    fn ids_that_do_not_ascend_are_placed_but_called_ambiguous() {
        let bulk = aligned(json!({"issues": [issue("9"), issue("7")], "errors": []}), 2);
        assert_eq!(bulk.alignment, Alignment::Ambiguous);
        assert_eq!(bulk.outcomes[0].created().unwrap().id, "9");
    }

    #[test]
    fn counts_that_do_not_add_up_leave_the_rest_unknown_and_lose_nothing() {
        let bulk = aligned(json!({"issues": [issue("7")], "errors": [failed(1)]}), 3);
        assert_eq!(bulk.alignment, Alignment::Ambiguous);
        assert_eq!(bulk.outcomes[0], ElementOutcome::Unknown);
        assert!(matches!(bulk.outcomes[1], ElementOutcome::Rejected(_)));
        assert_eq!(bulk.outcomes[2], ElementOutcome::Unknown);
        assert_eq!(bulk.unplaced.len(), 1);
    }

    #[test]
    fn errors_with_odd_numbers_are_kept_apart() {
        let bulk = aligned(
            json!({"issues": [issue("7")], "errors": [failed(0), failed(0)]}),
            2,
        );
        assert_eq!(bulk.alignment, Alignment::Ambiguous);
        assert_eq!(bulk.unplaced_rejections.len(), 1);
        assert_eq!(bulk.unplaced.len(), 1);
        assert_eq!(bulk.outcomes[1], ElementOutcome::Unknown);

        let out_of_range = aligned(json!({"issues": [], "errors": [failed(5)]}), 1);
        assert_eq!(out_of_range.outcomes, [ElementOutcome::Unknown]);
    }

    fn rejected(error: Value, status: Option<u16>) -> IssueRejection {
        let body = serde_json::from_value(json!({"errors": [error]})).unwrap();
        match align(body, 1, status).outcomes.remove(0) {
            ElementOutcome::Rejected(why) => why,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_element_that_failed_in_the_server_may_exist() {
        let error = |status: Value, inner: Value| {
            let element = json!({"errorMessages": [], "errors": {}, "status": inner});
            json!({"status": status, "failedElementNumber": 0, "elementErrors": element})
        };
        for (status, inner, may) in [
            (json!(500), json!(null), true),
            (json!(400), json!(500), true),
            (json!(500), json!(400), true),
            (json!(null), json!(503), true),
            (json!(null), json!(null), true),
            (json!(400), json!(null), false),
            (json!(400), json!(400), false),
            (json!(429), json!(null), false),
        ] {
            let why = rejected(error(status.clone(), inner.clone()), Some(400));
            assert_eq!(why.may_have_been_applied(), may, "{status} {inner}");
        }
        let limited = rejected(error(json!(429), json!(null)), None);
        assert!(limited.is_rate_limited());
    }

    #[test]
    fn without_a_status_only_a_named_field_or_a_refusal_of_all_is_certain() {
        let error = |messages: Value, errors: Value| {
            let element = json!({"errorMessages": messages, "errors": errors});
            json!({"failedElementNumber": 0, "elementErrors": element})
        };
        let named = error(json!([]), json!({"summary": "too long"}));
        let told = error(json!(["no"]), json!({}));
        assert!(!rejected(named.clone(), None).may_have_been_applied());
        assert!(!rejected(named, Some(400)).may_have_been_applied());
        assert!(!rejected(told.clone(), Some(400)).may_have_been_applied());
        assert!(rejected(told, None).may_have_been_applied());
        let nothing = json!({"failedElementNumber": 0});
        assert!(rejected(nothing, Some(400)).may_have_been_applied());
    }
}
