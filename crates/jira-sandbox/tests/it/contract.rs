//! Every request that the sandbox accepts and every answer it gives, against Atlassian's own
//! descriptions.

use std::sync::OnceLock;

use jira_contract::{Contract, Request};
use jira_sandbox::Exchange;

static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();

/// Checks exchanges, where the descriptions are at hand.
#[track_caller]
pub(crate) fn check(exchanges: &[Exchange]) {
    let contract = CONTRACT.get_or_init(|| {
        let found = Contract::find();
        if found.is_none() {
            // Not as a skipped test: the test itself has run.
            println!("not checked against Atlassian's descriptions: the shared folder is absent");
        }
        found
    });
    let Some(contract) = contract else { return };
    let faults: Vec<_> = exchanges
        .iter()
        .flat_map(|exchange| faults(contract, exchange))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
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
