//! Projects, createmeta, permissions and who one is.

use jira_sandbox::SandboxConfig;
use serde_json::{Value, json};

use crate::harness::Jira;

fn names(page: &Value, list: &str, name: &str) -> Vec<String> {
    let text = |value: &Value| value[name].as_str().unwrap().to_owned();
    page[list].as_array().unwrap().iter().map(text).collect()
}

#[test]
fn projects_are_listed_by_key_and_filtered() {
    let jira = Jira::start();
    let keys = |path: &str| names(&jira.get(path).json(), "values", "key");
    assert_eq!(
        keys("project/search"),
        ["LOCK", "OWN", "REQ", "SHOP", "TEAM"]
    );
    assert_eq!(
        keys("project/search?action=create"),
        ["OWN", "REQ", "SHOP", "TEAM"]
    );
    assert_eq!(keys("project/search?query=sHo"), ["SHOP"]);
    assert_eq!(keys("project/search?query=team%20space"), ["TEAM"]);
    assert_eq!(
        keys("project/search?keys=SHOP&keys=TEAM&orderBy=-key"),
        ["TEAM", "SHOP"]
    );
    assert_eq!(keys("project/search?query=none"), [""; 0]);
    let team = &jira.get("project/search?keys=TEAM").json()["values"][0];
    assert_eq!(
        (team["style"].as_str(), &team["simplified"]),
        (Some("next-gen"), &json!(true))
    );
}

#[test]
fn project_pages_follow_one_another_and_hold_a_hundred_at_most() {
    let config = SandboxConfig {
        extra_projects: 120,
        ..SandboxConfig::default()
    };
    let jira = Jira::with(config);
    let (mut start, mut seen) = (0, Vec::new());
    loop {
        let page = jira
            .get(&format!("project/search?startAt={start}&maxResults=1000"))
            .json();
        assert_eq!(
            (&page["total"], &page["maxResults"]),
            (&json!(125), &json!(100))
        );
        seen.extend(names(&page, "values", "key"));
        assert_eq!(
            page["isLast"] == json!(true),
            page.get("nextPage").is_none()
        );
        if page["isLast"] == json!(true) {
            break;
        }
        start += 100;
    }
    seen.dedup();
    assert_eq!(seen.len(), 125);
}

#[test]
fn a_project_is_found_by_id_and_by_its_key_in_the_right_case() {
    let jira = Jira::start();
    assert_eq!(jira.get("project/SHOP").json()["id"], "10000");
    assert_eq!(jira.get("project/10000").json()["key"], "SHOP");
    let missing = jira.get("project/shop");
    assert_eq!(missing.status, 404);
    let text = "No project could be found with key 'shop'.";
    assert_eq!(
        missing.json(),
        json!({"errorMessages": [text], "errors": {}})
    );
}

#[test]
fn createmeta_tells_types_with_their_untranslated_names() {
    let jira = Jira::start();
    let own = jira.get("issue/createmeta/OWN/issuetypes").json();
    assert_eq!(names(&own, "issueTypes", "name")[..2], ["Epos", "Aufgabe"]);
    assert_eq!(
        names(&own, "issueTypes", "untranslatedName")[..2],
        ["Epic", "Task"]
    );
    let levels: Vec<_> = own["issueTypes"].as_array().unwrap().iter().collect();
    assert_eq!(
        (&levels[0]["hierarchyLevel"], &levels[4]["subtask"]),
        (&json!(1), &json!(true))
    );
    let none = jira.get("issue/createmeta/LOCK/issuetypes").json();
    assert_eq!(
        (&none["total"], &none["issueTypes"]),
        (&json!(0), &json!([]))
    );
    assert_eq!(jira.get("issue/createmeta/NOPE/issuetypes").status, 404);
}

#[test]
fn createmeta_tells_fields_priorities_and_defaults() {
    let jira = Jira::start();
    let field = |project: &str, kind: &str, id: &str| {
        let meta = jira
            .get(&format!("issue/createmeta/{project}/issuetypes/{kind}"))
            .json();
        let fields = meta["fields"].as_array().unwrap().clone();
        fields.into_iter().find(|field| field["fieldId"] == id)
    };
    let priority = field("OWN", "10021", "priority").unwrap();
    assert_eq!(
        names(&priority, "allowedValues", "name"),
        ["Blocker", "Critical", "Major", "Minor"]
    );
    assert_eq!(priority["defaultValue"]["name"], "Major");
    assert_eq!(
        field("SHOP", "10001", "priority").unwrap()["defaultValue"]["name"],
        "Medium"
    );
    assert!(field("TEAM", "10011", "priority").is_none());
    assert_eq!(
        field("REQ", "10001", "customfield_10010").unwrap()["required"],
        true
    );
    assert!(field("REQ", "10001", "customfield_10011").is_none());
    let impact = field("REQ", "10003", "customfield_10011").unwrap();
    assert_eq!(
        names(&impact, "allowedValues", "value"),
        ["Low impact", "High impact"]
    );
    assert_eq!(
        jira.get("issue/createmeta/SHOP/issuetypes/10021").status,
        400
    );
}

#[test]
fn createmeta_pages_and_refuses_too_large_ones() {
    let config = SandboxConfig {
        extra_fields: 120,
        ..SandboxConfig::default()
    };
    let jira = Jira::with(config);
    let path = "issue/createmeta/SHOP/issuetypes/10001";
    let first = jira.get(path).json();
    assert_eq!(first["fields"].as_array().unwrap().len(), 50);
    assert_eq!(first["total"], 130);
    assert!(first.get("isLast").is_none());
    let last = jira.get(&format!("{path}?startAt=100")).json();
    assert_eq!(last["fields"].as_array().unwrap().len(), 30);
    let refused = jira.get(&format!("{path}?maxResults=201"));
    assert_eq!(refused.status, 400);
    let text = "Parameter 'maxResults' must not exceed the limit '200'";
    assert_eq!(refused.json()["errorMessages"], json!([text]));
}

#[test]
fn permissions_tell_where_issues_can_be_created() {
    let jira = Jira::start();
    let held = |project: &str| {
        let path =
            format!("mypermissions?projectKey={project}&permissions=CREATE_ISSUES,BROWSE_PROJECTS");
        let shown = jira.get(&path).json();
        let held = |key: &str| shown["permissions"][key]["havePermission"].clone();
        (held("CREATE_ISSUES"), held("BROWSE_PROJECTS"))
    };
    assert_eq!(held("SHOP"), (json!(true), json!(true)));
    assert_eq!(held("LOCK"), (json!(false), json!(true)));
    assert_eq!(jira.get("mypermissions").status, 400);
    assert_eq!(jira.get("mypermissions?permissions=FLY").status, 400);
    assert_eq!(
        jira.get("mypermissions?projectKey=NOPE&permissions=CREATE_ISSUES")
            .status,
        404
    );
    jira.handle().set_can_create("LOCK", true);
    assert_eq!(held("LOCK").0, json!(true));
}

#[test]
fn an_issue_is_shown_as_asked() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let shown = |query: &str| {
        let issue = jira.get(&format!("issue/SHOP-1?fields={query}")).json();
        issue["fields"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(shown("summary,status"), ["status", "summary"]);
    assert!(shown("*all").contains(&"description".to_owned()));
    let without = shown("*all,-description");
    assert!(!without.contains(&"description".to_owned()) && without.len() > 10);
    let missing = jira.get("issue/SHOP-2");
    assert_eq!(missing.status, 404);
    let text = "Issue does not exist or you do not have permission to see it.";
    assert_eq!(missing.json()["errorMessages"], json!([text]));
}

#[test]
fn the_caller_is_named_in_myself_and_in_a_header() {
    let jira = Jira::start();
    let myself = jira.get("myself");
    assert_eq!(
        myself.header("X-AAccountId"),
        myself.json()["accountId"].as_str()
    );
    assert_eq!(myself.json()["timeZone"], "Etc/GMT-2");
    assert_eq!(jira.get("serverInfo").json()["deploymentType"], "Cloud");
}

#[test]
fn names_and_schemas_come_where_they_are_asked_for() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let names = json!({"summary": "Summary", "duedate": "Due date"});
    let schema = json!({"type": "date", "system": "duedate"});
    let query = "fields=summary,duedate&expand=names,schema";
    let one = jira.get(&format!("issue/SHOP-1?{query}")).json();
    let found = jira
        .get(&format!("search/jql?jql=project%3DSHOP&{query}"))
        .json();
    let posted = json!({"jql": "project = SHOP", "fields": ["summary", "duedate"],
        "expand": "names, schema"});
    let posted = jira.post("search/jql", &posted).json();
    let fetch = json!({"issueIdsOrKeys": ["SHOP-1"], "fields": ["summary", "duedate"],
        "expand": ["names", "schema"]});
    let fetched = jira.post("issue/bulkfetch", &fetch).json();
    for shown in [&one, &found, &posted, &fetched["issues"][0]] {
        assert_eq!(
            (&shown["names"], &shown["schema"]["duedate"]),
            (&names, &schema)
        );
    }
    let plain = jira.get("issue/SHOP-1").json();
    assert!(plain.get("names").is_none() && plain.get("schema").is_none());
    let lead = |query: &str| {
        let found = jira.get(&format!("project/search?keys=SHOP{query}")).json();
        found["values"][0]["lead"]["accountId"].clone()
    };
    assert_eq!(lead("&expand=lead"), jira_sandbox::USER_ACCOUNT_ID);
    assert_eq!(lead(""), Value::Null);
}

#[test]
fn bulk_fetch_names_what_it_could_expand_where_that_is_switched_on() {
    let jira = Jira::start().lenient();
    jira.create(&["A"]);
    let fetch = || {
        let asked = json!({"issueIdsOrKeys": ["SHOP-1"]});
        jira.post("issue/bulkfetch", &asked).json()["expand"].clone()
    };
    assert_eq!(fetch(), Value::Null);
    jira.handle()
        .switch(|switches| switches.reads.bulk_fetch_expand = true);
    assert_eq!(fetch(), "schema,names");
}
