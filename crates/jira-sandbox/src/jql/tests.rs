use std::time::Duration;

use serde_json::json;

use super::*;
use crate::config::SandboxConfig;
use crate::world::{Content, OTHER_USER_ACCOUNT_ID, USER_ACCOUNT_ID, World, seed};

const START: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

/// Fills a site: SHOP-1 to SHOP-4, TEAM-1 and OWN-1, a minute apart.
fn world() -> World {
    let mut world = seed(&SandboxConfig::default(), "http://site");
    let site = world.sites.first_mut().unwrap();
    let rows = [
        (
            0,
            "10001",
            "Pay by card",
            &["billing", "web"][..],
            "10000",
            USER_ACCOUNT_ID,
        ),
        (0, "10003", "Crash on pay", &[], "3", USER_ACCOUNT_ID),
        (
            0,
            "10000",
            "Checkout",
            &["web"],
            "10001",
            OTHER_USER_ACCOUNT_ID,
        ),
        (0, "10002", "Refunds", &[], "10000", OTHER_USER_ACCOUNT_ID),
        (1, "10011", "Team task", &["web"], "10010", USER_ACCOUNT_ID),
        (2, "10021", "Eigene Aufgabe", &[], "10020", USER_ACCOUNT_ID),
    ];
    for (at, (project, kind, summary, labels, status, person)) in rows.into_iter().enumerate() {
        let created = START + Duration::from_secs(60 * u64::try_from(at).unwrap());
        let content = Content {
            issue_type: kind.to_owned(),
            summary: summary.to_owned(),
            description: Some(json!({"type": "doc", "version": 1, "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "Details"}]}]})),
            priority: Some("3".to_owned()),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            status: status.to_owned(),
            creator: person.to_owned(),
            reporter: Some(person.to_owned()),
            assignee: None,
            parent: None,
            due_date: None,
            resolved_at: (status == "10001").then_some(created),
            status_changed_at: created,
            created,
            updated: created,
            custom: Default::default(),
            properties: Default::default(),
        };
        let data = IssueData::new(project, content);
        site.insert(data, created);
    }
    world
}

fn run(jql: &str) -> Result<Vec<String>, String> {
    let world = world();
    let site = world.sites.first().unwrap();
    let now = START + Duration::from_secs(3600);
    let query = Query::read(
        jql,
        Reader {
            site,
            account: USER_ACCOUNT_ID,
            now,
            asks_properties: false,
        },
    )?;
    let ids = query.run(site, |issue| issue.as_searched(now));
    Ok(ids
        .iter()
        .map(|id| site.key_of(&site.issue(*id).unwrap().data))
        .collect())
}

fn found(jql: &str) -> Vec<String> {
    run(jql).unwrap_or_else(|error| panic!("{jql}: {error}"))
}

#[test]
fn clauses_find_what_they_say() {
    for (jql, expected) in [
        ("project = SHOP", "SHOP-4 SHOP-3 SHOP-2 SHOP-1"),
        ("project in (TEAM, \"Own Names\")", "OWN-1 TEAM-1"),
        ("project = 10001", "TEAM-1"),
        ("project not in (SHOP) AND labels = web", "TEAM-1"),
        ("issuetype = Bug", "SHOP-2"),
        ("type in (Aufgabe, Epic)", "OWN-1 SHOP-3"),
        ("status = \"In Progress\"", "SHOP-2"),
        ("statusCategory = Done", "SHOP-3"),
        ("labels = web AND labels = billing", "SHOP-1"),
        ("labels is EMPTY and project = SHOP", "SHOP-4 SHOP-2"),
        ("labels != billing", "TEAM-1 SHOP-3"),
        (
            "creator = currentUser() AND project = SHOP",
            "SHOP-2 SHOP-1",
        ),
        ("summary ~ pay", "SHOP-2 SHOP-1"),
        ("text ~ \"details card\"", "SHOP-1"),
        ("resolution is not empty", "SHOP-3"),
        ("key in (SHOP-1, team-1)", "TEAM-1 SHOP-1"),
        ("issuekey >= SHOP-3", "SHOP-4 SHOP-3"),
        ("key > SHOP-1 AND key < SHOP-4", "SHOP-3 SHOP-2"),
        (
            "project = SHOP AND (key <= SHOP-1 OR key = TEAM-1 OR key > SHOP-3)",
            "SHOP-4 SHOP-1",
        ),
        (
            "(project = TEAM OR labels = billing) AND labels = web",
            "TEAM-1 SHOP-1",
        ),
        ("id = 10005", "TEAM-1"),
        ("id >= 10005", "OWN-1 TEAM-1"),
        ("NOT (project = SHOP OR project = OWN)", "TEAM-1"),
        (
            "project = SHOP && !(status = Done) || key = OWN-1",
            "OWN-1 SHOP-4 SHOP-2 SHOP-1",
        ),
    ] {
        assert_eq!(found(jql), expected.split(' ').collect::<Vec<_>>(), "{jql}");
    }
}

#[test]
fn a_reporter_can_be_named_by_account_id() {
    assert_eq!(
        found(&format!("reporter = \"{OTHER_USER_ACCOUNT_ID}\"")),
        ["SHOP-4", "SHOP-3"]
    );
}

#[test]
fn dates_are_read_in_the_readers_zone_and_to_the_minute() {
    assert_eq!(
        found("created >= \"1970-01-01 02:04\""),
        ["OWN-1", "TEAM-1"]
    );
    assert_eq!(found("created < \"1970/01/01 02:01\""), ["SHOP-1"]);
    assert_eq!(found("created >= -56m"), ["OWN-1", "TEAM-1"]);
    assert_eq!(found("created <= now() AND project = TEAM"), ["TEAM-1"]);
    assert_eq!(found("created > startOfDay() AND key = OWN-1"), ["OWN-1"]);
    assert_eq!(found("created > endOfDay(-1d) AND key = OWN-1"), ["OWN-1"]);
    assert_eq!(found("created > startOfDay(1) AND key = OWN-1"), [""; 0]);
    assert_eq!(found("created >= 1970-01-01 and key = OWN-1"), ["OWN-1"]);
}

#[test]
fn results_come_in_the_asked_order() {
    assert_eq!(
        found("project = SHOP ORDER BY key ASC"),
        ["SHOP-1", "SHOP-2", "SHOP-3", "SHOP-4"]
    );
    assert_eq!(
        found("project in (SHOP, TEAM) order by summary desc, created"),
        ["TEAM-1", "SHOP-4", "SHOP-1", "SHOP-2", "SHOP-3"]
    );
}

#[test]
fn what_jira_refuses_is_refused_with_its_text() {
    for (jql, expected) in [
        ("", UNBOUNDED_JQL),
        ("ORDER BY created", UNBOUNDED_JQL),
        (
            "project = NOPE",
            "The value 'NOPE' does not exist for the field 'project'.",
        ),
        (
            "status = Nowhere",
            "The value 'Nowhere' does not exist for the field 'status'.",
        ),
        (
            "colour = red",
            "Field 'colour' does not exist or you do not have permission to view it.",
        ),
        (
            "issue.property[a.b].c = 1",
            "Field 'issue.property[a.b].c' does not exist or you do not have permission to view it.",
        ),
        (
            "status > Done",
            "The operator '>' is not supported by the 'status' field.",
        ),
        (
            "summary not in (a)",
            "The operator 'not in' is not supported by the 'summary' field.",
        ),
        (
            "text is EMPTY",
            "The operator 'is' is not supported by the 'text' field.",
        ),
        (
            "cf[10010] = Nowhere",
            "The operator '=' is not supported by the 'cf[10010]' field.",
        ),
        (
            "Impact = Nowhere",
            "The value 'Nowhere' does not exist for the field 'Impact'.",
        ),
        (
            "key >= SHOP-99",
            "An issue with key 'SHOP-99' does not exist for field 'key'.",
        ),
        (
            "created > endOfTime(1)",
            "Unable to find JQL function 'endOfTime(1)'.",
        ),
        (
            "reporter = nobody()",
            "Unable to find JQL function 'nobody()'.",
        ),
        (
            "project = SHOP project = TEAM",
            "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'project'. (line 1, character 16)",
        ),
        (
            "project = SHOP ORDER BY a,b,c,d,e,f,g,h",
            "The query orders by more than 7 fields.",
        ),
    ] {
        assert_eq!(run(jql).unwrap_err(), expected, "{jql}");
    }
    for jql in [
        "project =",
        "(project = SHOP",
        "project",
        "= SHOP",
        "created = yesterday",
        "created > \"999999w\"",
        "created > startOfDay(2000000000)",
        "summary = x",
        "status was Done",
        "key = \"SHOP-1",
        "project in (SHOP",
    ] {
        assert!(run(jql).is_err(), "{jql}");
    }
    assert!(
        run(&format!(
            "{}project = SHOP{}",
            "(".repeat(5_000),
            ")".repeat(5_000)
        ))
        .is_err()
    );
}

#[test]
fn a_query_that_does_not_parse_is_refused_with_the_place() {
    let operators = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', \
        'NOT IN', 'IS' and 'IS NOT'.";
    let no_operator =
        format!("Expecting operator but got 'SHOP'. {operators} (line 1, character 9)");
    let too_short = format!("Expecting operator before the end of the query. {operators}");
    for (jql, expected) in [
        ("project SHOP", no_operator.as_str()),
        ("project", too_short.as_str()),
        (
            "project = SHOP AND\n  = 1",
            "Expecting a field name but got '='. (line 2, character 3)",
        ),
        (
            "summary ~ \"Fees",
            "The quoted string 'Fees' has not been completed. (line 1, character 11)",
        ),
        (
            "labels = a@b",
            "The character '@' is a reserved JQL character. You must enclose it in a string or \
             use the escape '\\u0040' instead. (line 1, character 11)",
        ),
        (
            "project = SHOP AND (status = End)",
            "'End' is a reserved JQL word. You must surround it in quotation marks to use it in \
             a query. (line 1, character 30)",
        ),
        (
            "project =",
            "Expecting either a value, list or function before the end of the query.",
        ),
        (
            "(project = SHOP",
            "Expecting ')' before the end of the query.",
        ),
    ] {
        let expected = format!("Error in the JQL Query: {expected}");
        assert_eq!(run(jql).unwrap_err(), expected, "{jql}");
    }
    assert_eq!(
        run("project = OR").unwrap_err(),
        "Error in JQL Query: Expecting either a value, list or function but got 'OR'. You must \
         surround 'OR' in quotation marks to use it as a value. (line 1, character 11)"
    );
    for quoted in ["project = \"OR\"", "status = \"End\"", "project = \"a@b\""] {
        let refusal = run(quoted).unwrap_err();
        assert!(
            refusal.contains("does not exist for the field"),
            "{refusal}"
        );
    }
}
