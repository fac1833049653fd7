//! What Atlassian leaves open or does differently, one switch at a time.

use jira_sandbox::{
    BadToken, CreateMetaWithoutCreate, Language, SearchLastPage, Switches, UnknownSite,
};
use serde_json::{Value, json};

use crate::harness::{Jira, refresh, task};

fn switched(change: impl FnOnce(&mut Switches)) -> Jira {
    let jira = Jira::start();
    jira.handle().switch(change);
    jira
}

#[test]
fn a_bad_token_is_told_in_several_ways() {
    for (shape, status, body) in [
        (BadToken::Gateway, 401, "{\"code\":401"),
        (BadToken::Jira, 401, "{\"errorMessages\""),
        (BadToken::Empty, 401, ""),
        (BadToken::Html, 401, "<!DOCTYPE"),
        (BadToken::Forbidden, 403, "{\"code\":403"),
    ] {
        let jira = switched(|switches| switches.gateway.bad_token = shape).lenient();
        jira.handle().expire_access_tokens();
        let reply = jira.get("myself");
        assert_eq!(reply.status, status);
        assert!(reply.text().starts_with(body), "{}", reply.text());
    }
}

#[test]
fn an_unknown_site_is_not_found_or_forbidden() {
    for (shape, status) in [(UnknownSite::NotFound, 404), (UnknownSite::Forbidden, 403)] {
        let mut jira = switched(|switches| switches.gateway.unknown_site = shape);
        jira.cloud_id = "5a0db0c0-0000-4000-8000-00000000dead".to_owned();
        assert_eq!(jira.get("myself").status, status);
    }
}

#[test]
fn createmeta_without_the_right_to_create_has_three_answers() {
    for (shape, status) in [
        (CreateMetaWithoutCreate::EmptyList, 200),
        (CreateMetaWithoutCreate::BadRequest, 400),
        (CreateMetaWithoutCreate::NotFound, 404),
    ] {
        let jira = switched(|switches| switches.writes.createmeta_without_create = shape);
        assert_eq!(jira.get("issue/createmeta/LOCK/issuetypes").status, status);
        assert_eq!(jira.get("issue/createmeta/SHOP/issuetypes").status, 200);
    }
}

/// Reads all pages of a search, at most ten.
fn pages(jira: &Jira) -> Vec<Value> {
    let mut pages: Vec<Value> = Vec::new();
    let mut asked = json!({"jql": "project = SHOP", "maxResults": 50});
    while pages.len() < 10 {
        let page = jira.post("search/jql", &asked).json();
        let token = page["nextPageToken"].clone();
        pages.push(page);
        if !token.is_string() {
            break;
        }
        asked["nextPageToken"] = token;
    }
    pages
}

#[test]
fn pages_of_a_search_can_be_short_and_end_in_several_ways() {
    for (last_page, count) in [
        (SearchLastPage::Documented, 2),
        (SearchLastPage::NullToken, 2),
        (SearchLastPage::WithoutIsLast, 2),
        (SearchLastPage::EmptyPage, 3),
        (SearchLastPage::RepeatedToken, 10),
    ] {
        let jira = switched(|switches| {
            switches.reads.search_page_most = Some(2);
            switches.reads.search_last_page = last_page;
        });
        let jira = jira.lenient();
        jira.create(&["A", "B", "C", "D"]);
        let pages = pages(&jira);
        assert_eq!(pages.len(), count, "{last_page:?}");
        let last = pages.last().unwrap();
        let is_last = last.get("isLast").cloned();
        match last_page {
            SearchLastPage::WithoutIsLast => assert_eq!(is_last, None),
            SearchLastPage::RepeatedToken => {
                assert_eq!(is_last, Some(json!(false)));
                assert_eq!(last["nextPageToken"], pages[count - 2]["nextPageToken"]);
            }
            _ => assert_eq!(is_last, Some(json!(true))),
        }
        assert_eq!(pages[0]["issues"].as_array().unwrap().len(), 2);
    }
}

#[test]
fn errors_are_told_in_the_language_of_the_profile_unless_a_header_forces_another() {
    let jira = switched(|switches| switches.reads.language = Language::De);
    assert_eq!(jira.get("myself").json()["locale"], "de_DE");
    let bad = task("SHOP", &"x".repeat(256));
    let german = jira.post("issue", &bad).json();
    let text = german["errors"]["summary"].as_str().unwrap();
    assert!(text.starts_with("Die Zusammenfassung"), "{text}");
    let unknown = jira.get("issue/SHOP-9").json();
    assert!(
        unknown["errorMessages"][0]
            .as_str()
            .unwrap()
            .starts_with("Der Vorgang")
    );
    let bearer = format!("Bearer {}", jira.access_token);
    let headers = [
        ("Authorization", bearer.as_str()),
        ("X-Force-Accept-Language", "true"),
        ("Accept-Language", "en"),
    ];
    let path = format!("/ex/jira/{}/rest/api/3/issue/SHOP-9", jira.cloud_id);
    let base = jira.sandbox.base_url();
    let english = crate::http::send(base, "GET", &path, &headers, b"").unwrap();
    assert!(
        english.text().contains("Issue does not exist"),
        "{}",
        english.text()
    );
}

#[test]
fn a_create_can_name_a_transition() {
    let jira = Jira::start();
    let with = |id: &str| {
        let mut issue = task("SHOP", "A");
        issue["transition"] = json!({"id": id});
        issue
    };
    let created = jira.post("issue", &with("31")).json();
    assert_eq!(created["transition"]["status"], 204);
    let bulk = json!({"issueUpdates": [with("21"), with("99"), task("SHOP", "B")]});
    let bulk = jira.post("issue/bulk", &bulk).json();
    let of = |at: usize| bulk["issues"][at]["transition"]["status"].clone();
    assert_eq!((of(0), of(1), of(2)), (json!(204), json!(400), Value::Null));
    let status = |key: &str| jira.handle().issue(key).unwrap().status().to_owned();
    assert_eq!(
        [status("SHOP-1"), status("SHOP-2"), status("SHOP-3")],
        ["Done", "In Progress", "To Do"]
    );
}

#[test]
fn a_remote_link_is_replaced_by_its_global_id() {
    let jira = Jira::start();
    jira.create(&["A"]);
    let link = |title: &str| json!({"globalId": "system=1", "object": {"url": "http://localhost/1", "title": title}});
    let first = jira.post("issue/SHOP-1/remotelink", &link("One"));
    let second = jira.post("issue/SHOP-1/remotelink", &link("Two"));
    assert_eq!((first.status, second.status), (201, 200));
    assert_eq!(first.json()["id"], second.json()["id"]);
    let kept = jira.control("GET", "issues/SHOP-1/remotelinks", &json!({}));
    assert_eq!(kept["links"].as_array().unwrap().len(), 1);
    assert_eq!(kept["links"][0]["link"]["object"]["title"], "Two");
    let bad = jira.post(
        "issue/SHOP-1/remotelink",
        &json!({"object": {"url": "http://x/"}}),
    );
    assert_eq!(bad.status, 400);
    assert_eq!(bad.json()["errors"]["title"], "'title' is required.");
    assert_eq!(
        jira.post("issue/SHOP-9/remotelink", &link("One")).status,
        404
    );
}

#[test]
fn tokens_can_be_minted_and_their_lives_set() {
    let mut jira = Jira::start();
    let wanted = json!({"sites": ["beacon"], "scopes": ["read:jira-work", "offline_access"]});
    let minted = jira.control("POST", "tokens/mint", &wanted);
    jira.access_token = minted["access_token"].as_str().unwrap().to_owned();
    jira.refresh_token = minted["refresh_token"].as_str().unwrap().to_owned();
    jira.cloud_id = minted["cloud_ids"][0].as_str().unwrap().to_owned();
    assert_eq!(jira.get("project/BEA").status, 200);
    assert_eq!(
        jira.get("myself").status,
        401,
        "that scope was not asked for"
    );
    let lives = json!({"access_token_seconds": 60, "leeway_seconds": 5});
    jira.control("POST", "settings", &lives);
    let used = jira.refresh_token.clone();
    jira.refresh();
    jira.control("POST", "clock", &json!({"advance_seconds": 6}));
    assert_eq!(jira.get("project/BEA").status, 200);
    assert_eq!(refresh(jira.sandbox.base_url(), &used).status, 403);
    let again = jira.control("POST", "tokens/mint", &wanted);
    assert_eq!(again["expires_in"], 60);
    jira.access_token = again["access_token"].as_str().unwrap().to_owned();
    jira.control("POST", "clock", &json!({"advance_seconds": 61}));
    assert_eq!(jira.get("project/BEA").status, 401);
}

#[test]
fn fields_can_be_added_to_a_create_screen() {
    let jira = Jira::start();
    let field = json!({"name": "Team", "kind": "select", "options": ["A", "B"], "required": true});
    let added = jira.control("POST", "projects/SHOP/fields", &field);
    let id = added["id"].as_str().unwrap();
    let refused = jira.post("issue", &task("SHOP", "A"));
    assert_eq!(refused.json()["errors"][id], "Team is required.");
    let mut issue = task("SHOP", "A");
    issue["fields"][id] = json!({"value": "B"});
    assert_eq!(jira.post("issue", &issue).status, 201);
    let off = json!({"priority_on_screen": false});
    jira.control("POST", "projects/SHOP", &off);
    issue["fields"]["priority"] = json!({"id": "1"});
    let refused = jira.post("issue", &issue).json();
    assert!(
        refused["errors"]["priority"]
            .as_str()
            .unwrap()
            .contains("cannot be set")
    );
}

#[test]
fn smaller_differences_can_be_switched_too() {
    let jira = switched(|switches| {
        switches
            .set("create_without_create", "bad_request")
            .unwrap();
        switches.set("email", "as_null").unwrap();
        switches.reads.bulk_fetch_thousand = true;
        switches.writes.notify_users_needs_admin = true;
        switches.reads.no_projects_is_not_found = true;
    })
    .lenient();
    assert_eq!(jira.post("issue", &task("LOCK", "A")).status, 400);
    assert_eq!(
        jira.get("myself").json().get("emailAddress"),
        Some(&Value::Null)
    );
    assert_eq!(jira.get("project/search?query=nothing").status, 404);
    let summary = json!({"fields": {"summary": "B"}});
    jira.create(&["A"]);
    assert_eq!(
        jira.put("issue/SHOP-1?notifyUsers=false", &summary).status,
        403
    );
    assert_eq!(jira.put("issue/SHOP-1", &summary).status, 204);
    let many: Vec<_> = (10_001..10_301).map(|id| id.to_string()).collect();
    let lean = json!({"issueIdsOrKeys": many, "fields": ["summary"]});
    assert_eq!(jira.post("issue/bulkfetch", &lean).status, 200);
    let all = json!({"issueIdsOrKeys": many});
    assert_eq!(jira.post("issue/bulkfetch", &all).status, 400);
}

#[test]
fn a_single_fault_can_be_named_like_a_random_one() {
    let jira = Jira::start();
    for (name, status, reason) in [
        ("limit_tenant", 429, Some("jira-quota-tenant-based")),
        ("status_422", 422, None),
        ("html_502", 502, None),
    ] {
        let fault = json!({"endpoint": "myself", "effect": name});
        let posted = jira.try_control("POST", "faults", &fault);
        assert_eq!(posted.status, 201);
        let reply = jira.get("myself");
        assert_eq!(
            (reply.status, reply.header("RateLimit-Reason")),
            (status, reason)
        );
    }
    let fault = json!({"endpoint": "token", "effect": "token_access_denied"});
    jira.control("POST", "faults", &fault);
    let refused = refresh(jira.sandbox.base_url(), &jira.refresh_token);
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (401, Some("access_denied"))
    );
    let unknown = json!({"effect": "status_999"});
    let refused = jira.try_control("POST", "faults", &unknown);
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("status_999"), "{}", refused.text());
}

#[test]
fn many_issues_are_hidden_or_deleted_by_their_numbers() {
    let jira = Jira::start();
    jira.handle().seed_issues("SHOP", 10).unwrap();
    assert_eq!(jira.handle().hide_issues("SHOP", 2..=4, true), 3);
    assert_eq!(jira.handle().delete_issues("SHOP", 9..=99), 2);
    let found = jira
        .post("search/jql", &json!({"jql": "project = SHOP"}))
        .json();
    assert_eq!(found["issues"].as_array().unwrap().len(), 5);
    assert_eq!(jira.handle().hide_issues("SHOP", 2..=4, false), 3);
    assert_eq!(jira.get("issue/SHOP-3").status, 200);
}
