//! The faults by which the sandbox strikes requests at random.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What may strike a create.
const CREATE_FAULTS: [&str; 28] = [
    "drop_before",
    "drop_after",
    "cut",
    "truncated",
    "empty",
    "delay_before",
    "delay_after",
    "later_504",
    "later_drop",
    "limit_global",
    "limit_tenant",
    "limit_burst",
    "limit_per_issue",
    "limit_gateway",
    "status_500",
    "acting_500",
    "html_502",
    "acting_html_200",
    "status_503",
    "acting_503",
    "status_504",
    "acting_504",
    "acting_408",
    "status_401",
    "status_409",
    "element_500",
    "acting_element_500",
    "element_429",
];
/// What may strike a question.
const READ_FAULTS: [&str; 11] = [
    "drop_before",
    "cut",
    "truncated",
    "empty",
    "delay_after",
    "limit_burst",
    "status_500",
    "html_502",
    "acting_html_200",
    "status_503",
    "status_401",
];
/// What may strike the token endpoint.
const TOKEN_FAULTS: [&str; 6] = [
    "drop_before",
    "drop_after",
    "cut",
    "delay_after",
    "status_500",
    "html_502",
];
/// Endpoints that are struck alike.
#[derive(Debug)]
pub(super) struct Group {
    name: &'static str,
    pub(super) kinds: &'static [&'static str],
    /// How probable it is that a request is struck.
    pub(super) share: f64,
}

pub(super) const GROUPS: [Group; 3] = [
    Group {
        name: "creates",
        kinds: &CREATE_FAULTS,
        share: 0.4,
    },
    Group {
        name: "token",
        kinds: &TOKEN_FAULTS,
        share: 0.6,
    },
    Group {
        name: "reads",
        kinds: &READ_FAULTS,
        share: 0.12,
    },
];

impl Group {
    pub(super) fn name_of(&self, kind: &str) -> String {
        format!("{}: {kind}", self.name)
    }

    pub(super) fn has(&self, endpoint: &str) -> bool {
        let group = match endpoint {
            "bulk_create" | "create_issue" => "creates",
            "token" => "token",
            _ => "reads",
        };
        group == self.name
    }

    pub(super) fn rule(&self, kinds: &[&str], share: f64) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "there are few kinds")]
        let each = share / kinds.len() as f64;
        let probability: BTreeMap<&str, f64> = kinds.iter().map(|kind| (*kind, each)).collect();
        json!({
            "endpoints": [self.name], "probability": probability,
            "delay_ms": [50, 600], "later_ms": [300, 1_800], "later_ms_per_issue": 5,
            "retry_after_seconds": [1, 1],
        })
    }
}
