//! Every request that the sandbox accepts and every answer it gives, against Atlassian's own
//! descriptions.

use std::sync::OnceLock;

use jira_contract::{Contract, Request};
use jira_sandbox::Exchange;

static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();

/// Tells whether the descriptions are at hand; a test that needs them is skipped otherwise.
pub(crate) fn is_at_hand() -> bool {
    let found = CONTRACT.get_or_init(Contract::find).is_some();
    if !found {
        println!("skipped: the shared folder with Atlassian's descriptions is absent");
    }
    found
}

/// Checks exchanges, where the descriptions are at hand.
#[track_caller]
pub(crate) fn check(exchanges: &[Exchange]) {
    let faults = faults_of(exchanges);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Names what does not fit; nothing where the descriptions are absent.
pub(crate) fn faults_of(exchanges: &[Exchange]) -> Vec<String> {
    let contract = CONTRACT.get_or_init(Contract::find).as_ref();
    let named = |contract| {
        let of_one = exchanges.iter().map(|exchange| faults(contract, exchange));
        of_one.flatten().collect()
    };
    contract.map(named).unwrap_or_default()
}

fn faults(contract: &Contract, exchange: &Exchange) -> Vec<String> {
    let (Some(answer), "3") = (&exchange.answer, exchange.version.as_str()) else {
        return Vec::new();
    };
    let (method, template) = (exchange.method.as_str(), exchange.template);
    let of_answer = contract.faults_of_answer(method, template, answer.status, &answer.body);
    let mut named: Vec<_> = of_answer
        .into_iter()
        .map(|fault| {
            format!(
                "{method} {} answers {}: {fault}",
                exchange.path, answer.status
            )
        })
        .collect();
    if answer.status < 400 {
        let of_request = contract.faults_of_request(&Request {
            method,
            template,
            query: &exchange.query,
            content_type: &exchange.content_type,
            body: &exchange.body,
        });
        let of_request = of_request.into_iter();
        named.extend(of_request.map(|fault| format!("{method} {} asks: {fault}", exchange.path)));
    }
    named
}
