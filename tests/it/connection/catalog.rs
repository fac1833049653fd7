//! Projects and issue types of the connected site.

use std::collections::BTreeSet;

use acceptance::{App, AppBuilder, Client};
use jira_sandbox::{Effect, Endpoint, Fault, RateLimitReason, When};
use serde_json::{Value, json};
use std::time::Duration;

use super::{PROJECTS, assert_keys};

async fn keys(client: &Client, query: &str) -> Vec<String> {
    let page = client
        .get_in_workspace(&format!("{PROJECTS}{query}"))
        .await
        .expect(200);
    let projects = page["projects"].as_array().unwrap().iter();
    projects
        .map(|project| project["key"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn projects_are_found_by_name_or_key_and_only_those_that_take_issues_unless_asked() {
    let app = App::start().await;
    let owner = app.connected().await;
    let member = app.client("member");
    let page = member.get_in_workspace(PROJECTS).await.expect(200);
    assert_keys(&page, &["projects", "next_cursor"]);
    let shop = &page["projects"]
        .as_array()
        .unwrap()
        .iter()
        .find(|project| project["key"] == "SHOP")
        .unwrap();
    assert_keys(
        shop,
        &["id", "key", "name", "style", "can_create", "avatar_url"],
    );
    assert_eq!(
        (&shop["id"], &shop["name"], &shop["style"]),
        (&json!("10000"), &json!("Web Shop"), &json!("classic"))
    );
    assert_eq!(shop["can_create"], true);

    let usable = keys(&owner, "").await;
    assert_eq!(
        usable.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ["SHOP", "TEAM", "OWN", "REQ"].into()
    );
    assert_eq!(keys(&owner, "?can_create=true").await, usable);
    let all = owner
        .get_in_workspace(&format!("{PROJECTS}?can_create=false"))
        .await
        .expect(200);
    let all = all["projects"].as_array().unwrap();
    assert_eq!(all.len(), 5);
    for project in all {
        assert_eq!(project["can_create"], project["key"] != "LOCK", "{project}");
    }
    assert_eq!(keys(&owner, "?query=web%20sh").await, ["SHOP"]);
    assert_eq!(keys(&owner, "?query=tea").await, ["TEAM"]);
    assert!(keys(&owner, "?query=nothing-of-the-kind").await.is_empty());
    for query in ["?can_create=maybe", "?cursor=forged"] {
        let refused = owner.get_in_workspace(&format!("{PROJECTS}{query}")).await;
        refused.problem(422, "VALIDATION_FAILED");
    }
    let unknown = format!("{PROJECTS}?nonsense=1");
    owner
        .get_in_workspace(&unknown)
        .await
        .problem(400, "UNKNOWN_FIELD");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_projects_come_page_by_page_each_once() {
    let app = AppBuilder::default()
        .sandbox(|config| config.extra_projects = 60)
        .start()
        .await;
    let owner = app.connected().await;
    let (mut found, mut pages, mut query) = (BTreeSet::new(), 0, String::new());
    loop {
        let page = owner
            .get_in_workspace(&format!("{PROJECTS}{query}"))
            .await
            .expect(200);
        for project in page["projects"].as_array().unwrap() {
            let key = project["key"].as_str().unwrap().to_owned();
            assert!(found.insert(key), "{project} came twice");
        }
        pages += 1;
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        query = format!("?cursor={cursor}");
    }
    assert_eq!(found.len(), 64);
    assert!(pages > 1, "one page of everything is no page");
    assert_eq!(keys(&owner, "?query=EXTRA60").await, ["EXTRA60"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn issue_types_tell_levels_required_fields_and_priorities() {
    let app = App::start().await;
    let owner = app.connected().await;
    let types = async |key: &str| -> Vec<Value> {
        let path = format!("{PROJECTS}/{key}/issue-types");
        let found = owner.get_in_workspace(&path).await.expect(200);
        assert_keys(&found, &["issue_types"]);
        found["issue_types"].as_array().unwrap().clone()
    };
    let named = |types: &[Value], name: &str| -> Value {
        let found = types.iter().find(|kind| kind["name"] == name);
        found.unwrap().clone()
    };

    let shop = types("SHOP").await;
    for kind in &shop {
        assert_keys(
            kind,
            &[
                "id",
                "name",
                "hierarchy_level",
                "required_fields",
                "priorities",
            ],
        );
    }
    assert_eq!(named(&shop, "Epic")["hierarchy_level"], 1);
    let task = named(&shop, "Task");
    assert_eq!(task["hierarchy_level"], 0);
    let priorities: Vec<&str> = task["priorities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|priority| priority["name"].as_str().unwrap())
        .collect();
    assert_eq!(priorities, ["Highest", "High", "Medium", "Low", "Lowest"]);
    for field in task["required_fields"].as_array().unwrap() {
        assert_keys(field, &["id", "name", "supplied_by_us"]);
        assert_eq!(field["supplied_by_us"], true, "{field}");
    }

    let team = types("TEAM").await;
    assert_eq!(named(&team, "Task")["priorities"], json!([]));
    let required = types("REQ").await;
    let missing = |kind: &str| -> Vec<String> {
        let kind = named(&required, kind);
        let fields = kind["required_fields"].as_array().unwrap().iter();
        fields
            .filter(|field| field["supplied_by_us"] == false)
            .map(|field| field["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(missing("Task"), ["customfield_10010"]);
    assert_eq!(missing("Bug"), ["customfield_10010", "customfield_10011"]);

    for key in ["NOPE", "..%2F..%2Fmyself", "SHOP%3Fexpand=x", "%20"] {
        owner
            .get_in_workspace(&format!("{PROJECTS}/{key}/issue-types"))
            .await
            .problem(404, "PROJECT_NOT_FOUND");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_jira_that_fails_is_told_from_one_that_refuses() {
    let app = App::start().await;
    let owner = app.connected().await;
    let handle = app.sandbox.handle();
    let html = Effect::Html {
        status: 200,
        acting: false,
    };
    let limited = Effect::rate_limited(RateLimitReason::Burst, Duration::from_secs(3_600));
    let wrong_scope = Effect::Answer {
        status: 401,
        headers: vec![],
        body: json!({"code": 401, "message": "Unauthorized; scope does not match"}),
        acting: false,
    };
    let cases = [
        (Effect::status(500), 502, "TRACKER_UNAVAILABLE"),
        (Effect::DropBefore, 502, "TRACKER_UNAVAILABLE"),
        (html, 502, "TRACKER_UNAVAILABLE"),
        (limited, 503, "TRACKER_RATE_LIMITED"),
        (wrong_scope, 409, "MISSING_SCOPE"),
    ];
    for (effect, status, code) in cases {
        handle.set_faults([Fault::once(Endpoint::ProjectSearch, effect).when(When::Always)]);
        let answer = owner.get_in_workspace(PROJECTS).await;
        if status == 503 {
            assert!(answer.header("retry-after").parse::<u64>().is_ok());
        }
        answer.problem(status, code);
        handle.clear_faults();
    }
    assert_eq!(
        handle.token_counters().refreshes,
        0,
        "none of these asks for another token"
    );
}
