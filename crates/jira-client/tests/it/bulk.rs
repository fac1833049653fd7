//! Bulk create is aligned to its input; bulk fetch is cut into hundreds.

use jira_client::{Alignment, ElementOutcome, Error, FetchOptions};
use serde_json::{Value, json};

use crate::server::{Reply, Seen, Server};
use crate::support::{issues, jira, soon};

fn element_error(number: usize) -> Value {
    json!({"status": 400, "failedElementNumber": number, "elementErrors":
        {"errorMessages": [], "errors": {"summary": "You must specify a summary of the issue."}}})
}

/// Creates what does not say "bad", with ids counted over all requests.
fn create_bulk(seen: &Seen, base: usize) -> Value {
    let updates = seen.json()["issueUpdates"].as_array().unwrap().clone();
    let (mut created, mut errors) = (Vec::new(), Vec::new());
    for (number, update) in updates.iter().enumerate() {
        if update["fields"]["summary"]
            .as_str()
            .unwrap()
            .contains("bad")
        {
            errors.push(element_error(number));
        } else {
            let id = 1000 + base * 100 + number;
            created.push(json!({"id": id.to_string(), "key": format!("A-{id}"), "self": ""}));
        }
    }
    json!({"issues": created, "errors": errors})
}

#[tokio::test]
async fn one_refused_issue_leaves_its_neighbours_alone() {
    let server = Server::start(|seen, number| Reply::json(201, create_bulk(seen, number))).await;
    let mut batch = issues(3);
    batch[1] = batch[1].clone().field("summary", "bad");

    let bulk = jira(&server.url)
        .create_issues(&batch, soon())
        .await
        .unwrap();

    assert_eq!(bulk.alignment, Alignment::Aligned);
    assert_eq!(bulk.outcomes[0].created().unwrap().id, "1000");
    assert!(matches!(&bulk.outcomes[1], ElementOutcome::Rejected(why)
        if why.field_errors.contains_key("summary")));
    assert_eq!(bulk.outcomes[2].created().unwrap().id, "1002");
}

#[tokio::test]
async fn a_400_that_names_every_element_is_a_result() {
    let body = json!({"issues": [], "errors": [element_error(0), element_error(1)]});
    let server = Server::always(400, body).await;
    let bulk = jira(&server.url)
        .create_issues(&issues(2), soon())
        .await
        .unwrap();
    assert_eq!(bulk.alignment, Alignment::Aligned);
    assert!(
        bulk.outcomes
            .iter()
            .all(|outcome| matches!(outcome, ElementOutcome::Rejected(why)
        if !why.may_have_been_applied()))
    );
}

#[tokio::test]
async fn a_400_about_the_whole_request_is_an_error() {
    let server = Server::always(400, r#"{"errorMessages":["INVALID_INPUT"],"errors":{}}"#).await;
    let error = jira(&server.url)
        .create_issues(&issues(2), soon())
        .await
        .unwrap_err();
    assert_eq!(error.as_status().unwrap().messages, ["INVALID_INPUT"]);
    assert!(!error.may_have_been_applied());
}

#[tokio::test]
async fn a_400_cut_short_leaves_doubt_because_an_element_may_have_met_a_server_error() {
    let text = "HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n\
                {\"issues\":[],\"errors\":[{\"status\":400";
    let server = Server::start(move |_, _| Reply::raw(text)).await;
    let error = jira(&server.url)
        .create_issues(&issues(2), soon())
        .await
        .unwrap_err();
    assert!(error.may_have_been_applied(), "{error:?}");
}

#[tokio::test]
async fn a_400_that_cannot_be_read_leaves_doubt_unless_it_refuses_the_request_as_a_whole() {
    let json = "Content-Type: application/json\r\n";
    let page = "Content-Type: text/html\r\n";
    let cases = [
        (json, r#"{"issues":[],"errors":[{"status":400"#, true),
        (
            json,
            r#"{"errors":[{"status":"odd","failedElementNumber":0}]}"#,
            true,
        ),
        (json, r#"{"issues":[{"id":"7"}]}"#, true),
        (json, "", true),
        (page, "<html>Bad Request</html>", true),
        (json, r#"{"code":400,"message":"no"}"#, false),
        (json, r#"{"errorMessages":["no"],"errors":{}}"#, false),
        (json, "{}", false),
    ];
    for (headers, body, may) in cases {
        let server = Server::start(move |_, _| Reply::with(400, headers, body)).await;
        let error = jira(&server.url)
            .create_issues(&issues(2), soon())
            .await
            .unwrap_err();
        assert_eq!(error.may_have_been_applied(), may, "{body}: {error:?}");
        assert_eq!(error.status(), Some(400), "{body}");
    }
}

#[tokio::test]
async fn a_refusal_of_any_status_that_tells_of_elements_is_their_result_and_is_not_repeated() {
    let body = json!({"issues": [{"id": "7", "key": "A-7", "self": ""}],
        "errors": [{"failedElementNumber": 1, "elementErrors": {"errorMessages": ["no"]}}]});
    for status in [400, 401, 403, 413, 422, 429] {
        let server = Server::always(status, &body).await;
        let jira = jira(&server.url);
        let one = jira.create_issues(&issues(2), soon()).await.unwrap();
        let many = jira.create_issues_chunked(&issues(2)).await.remove(0);
        assert_eq!(server.seen().len(), 2, "{status}");
        for bulk in [one, many.result.unwrap()] {
            assert_eq!(bulk.outcomes[0].created().unwrap().id, "7", "{status}");
            assert!(matches!(&bulk.outcomes[1], ElementOutcome::Rejected(why)
                if why.status == Some(status)));
        }
    }
}

#[tokio::test]
async fn a_refusal_that_breaks_off_as_a_document_leaves_doubt_and_is_not_repeated() {
    let json = "Content-Type: application/json\r\n";
    let page = "Content-Type: text/html\r\n";
    for (headers, body, may) in [
        (json, r#"{"issues":[{"id":"7""#, true),
        (json, r#"{"issues":[{"id":"7"}]}"#, true),
        (json, r#"{"code":429,"message":"slow down"}"#, false),
        (json, r#"{"issues":[],"errors":[]}"#, false),
        (page, "<html>slow down</html>", false),
        (json, "", false),
    ] {
        let server = Server::start(move |_, _| Reply::with(429, headers, body)).await;
        let chunk = jira(&server.url)
            .create_issues_chunked(&issues(2))
            .await
            .remove(0);
        let error = chunk.result.unwrap_err();
        assert_eq!(error.may_have_been_applied(), may, "{body}: {error:?}");
        let times = if may { 1 } else { 4 };
        assert_eq!(server.seen().len(), times, "{body}");
    }
}

#[tokio::test]
async fn a_400_that_tells_of_elements_counts_also_where_the_caller_was_taken_for_nobody() {
    let headers =
        "Content-Type: application/json\r\nX-Seraph-LoginReason: AUTHENTICATED_FAILED\r\n";
    let body = json!({"issues": [], "errors": [{"status": 500, "failedElementNumber": 0}]});
    let server = Server::start(move |_, _| Reply::with(400, headers, body.to_string())).await;
    let bulk = jira(&server.url)
        .create_issues(&issues(1), soon())
        .await
        .unwrap();
    assert!(matches!(&bulk.outcomes[0], ElementOutcome::Rejected(why)
        if why.may_have_been_applied()));
}

#[tokio::test]
async fn a_long_400_is_read_to_its_end() {
    let text = "x".repeat(300 * 1024);
    let error = json!({"status": 400, "failedElementNumber": 0,
        "elementErrors": {"errorMessages": [text], "errors": {}}});
    let server = Server::always(400, json!({"issues": [], "errors": [error]})).await;
    let bulk = jira(&server.url)
        .create_issues(&issues(1), soon())
        .await
        .unwrap();
    assert!(matches!(&bulk.outcomes[0], ElementOutcome::Rejected(why)
        if !why.may_have_been_applied()));
}

#[tokio::test]
async fn more_than_fifty_are_refused_and_none_need_no_request() {
    let server = Server::always(500, "").await;
    let jira = jira(&server.url);
    let error = jira.create_issues(&issues(51), soon()).await.unwrap_err();
    assert!(matches!(error, Error::InvalidArgument { .. }));
    assert!(
        jira.create_issues(&[], soon())
            .await
            .unwrap()
            .outcomes
            .is_empty()
    );
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn any_number_is_cut_into_fifties_and_a_failed_request_fails_alone() {
    let server = Server::start(|seen, number| {
        let first = seen.json()["issueUpdates"][0]["fields"]["summary"].clone();
        if first == "Issue 50" {
            return Reply::Drop;
        }
        Reply::json(201, create_bulk(seen, number))
    })
    .await;
    let chunks = jira(&server.url).create_issues_chunked(&issues(120)).await;
    let ranges: Vec<_> = chunks.iter().map(|chunk| chunk.range.clone()).collect();
    assert_eq!(ranges, [0..50, 50..100, 100..120]);
    assert_eq!(chunks[0].result.as_ref().unwrap().outcomes.len(), 50);
    assert!(
        chunks[1]
            .result
            .as_ref()
            .unwrap_err()
            .may_have_been_applied()
    );
    assert_eq!(chunks[2].result.as_ref().unwrap().outcomes.len(), 20);
    assert_eq!(server.seen().len(), 3);
}

#[tokio::test]
async fn bulk_fetch_is_cut_into_hundreds_and_repeated_like_a_read() {
    let server = Server::start(|seen, number| {
        if number == 0 {
            return Reply::with(503, "Retry-After: 0\r\n", "");
        }
        let ids = seen.json()["issueIdsOrKeys"].as_array().unwrap().clone();
        assert!(ids.len() <= 100);
        let issues: Vec<Value> = ids
            .iter()
            .filter(|id| *id != "7")
            .map(|id| {
                json!({"id": id, "key": format!("A-{}", id.as_str().unwrap()), "fields":
                {"summary": "s", "status": {"name": "Erledigt", "statusCategory": {"key": "done"}}},
                "properties": {"example.mark": {"n": 1}}})
            })
            .collect();
        let errors = json!([{"id": "7", "errorMessage": "cannot read"}]);
        Reply::json(200, json!({"issues": issues, "issueErrors": errors}))
    })
    .await;
    let ids: Vec<String> = (0..250).map(|id| id.to_string()).collect();
    let options = FetchOptions::fields(["summary", "status"]).with_property("example.mark");

    let found = jira(&server.url).bulk_fetch(&ids, &options).await.unwrap();

    assert_eq!(found.issues.len(), 249);
    assert_eq!(found.errors[0].message, "cannot read");
    assert_eq!(found.issues[0].properties["example.mark"]["n"], 1);
    assert_eq!(server.seen().len(), 4);
    assert_eq!(
        server.seen()[1].json()["properties"],
        json!(["example.mark"])
    );
}
