//! Grants that wait for the person who began, or for their choice.

use acceptance::{App, Browser, Client, Consent};
use diesel::RunQueryDsl as _;
use jira_sandbox::{ACME_CLOUD_ID, BEACON_CLOUD_ID};
use serde_json::json;

use super::{CONFIRM, PROJECTS, assert_keys, is_connected, landed, shift_time};

const PENDING: &str = "/api/integrations/jira/pending";

/// Consents in one browser and brings the callback with another one, and gives the confirm secret.
async fn parked(client: &Client, consent: Consent) -> String {
    let mut browser = Browser::default();
    let auth_url = browser.begin(client).await;
    let callback = browser.consent(&auth_url, consent).await;
    let end = Browser::default().callback(client, &callback).await;
    let found = landed(&end);
    assert_eq!(found["jira"], "confirm", "{end}");
    let expected = match consent {
        Consent::BothSites => "choose_site",
        _ => "other_browser",
    };
    assert_eq!(found["reason"], expected, "{end}");
    found["confirm"].clone()
}

async fn pending(client: &Client, confirm: &str) -> acceptance::Answer {
    client.get(&format!("{PENDING}?confirm={confirm}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_browser_is_parked_until_the_person_who_began_confirms() {
    let app = App::start().await;
    let (owner, admin) = (app.client("owner"), app.client("admin"));
    let confirm = parked(&owner, Consent::Acme).await;
    assert!(!is_connected(&owner).await, "parked grants do nothing");
    owner
        .get_in_workspace(PROJECTS)
        .await
        .problem(404, "NO_ACTIVE_INTEGRATION");

    let listed = pending(&owner, &confirm).await.expect(200);
    assert_keys(&listed, &["sites", "expires_at"]);
    let site_url = format!("{}/sites/acme", app.sandbox.base_url());
    let acme = json!({"cloud_id": ACME_CLOUD_ID, "name": "Acme", "url": site_url});
    assert_eq!(listed["sites"], json!([acme]));

    let body = json!({"confirm": confirm});
    pending(&admin, &confirm).await.problem(403, "FORBIDDEN");
    admin
        .post_in_workspace(CONFIRM, body.clone())
        .await
        .problem(403, "FORBIDDEN");
    pending(&app.client_with(None), &confirm)
        .await
        .problem(401, "UNAUTHORIZED");
    pending(&owner, "forged")
        .await
        .problem(422, "VALIDATION_FAILED");
    owner
        .post_in_workspace(CONFIRM, json!({"confirm": "forged"}))
        .await
        .problem(422, "VALIDATION_FAILED");
    assert!(!is_connected(&owner).await);

    let (one, other) = tokio::join!(
        owner.post_in_workspace(CONFIRM, body.clone()),
        owner.post_in_workspace(CONFIRM, body.clone())
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [200, 422],
        "one secret, one connection: {} {}",
        one.text,
        other.text
    );
    assert!(is_connected(&owner).await);
    owner
        .post_in_workspace(CONFIRM, body)
        .await
        .problem(422, "VALIDATION_FAILED");
    pending(&owner, &confirm)
        .await
        .problem(422, "VALIDATION_FAILED");
    owner.get_in_workspace(PROJECTS).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_grant_is_forgotten_after_half_an_hour() {
    let app = App::start().await;
    let owner = app.client("owner");
    let confirm = parked(&owner, Consent::Acme).await;
    shift_time(&app, "pending_connections", "expires_at", "-29 minutes");
    pending(&owner, &confirm).await.expect(200);
    shift_time(&app, "pending_connections", "expires_at", "-2 minutes");
    pending(&owner, &confirm)
        .await
        .problem(422, "VALIDATION_FAILED");
    owner
        .post_in_workspace(CONFIRM, json!({"confirm": confirm}))
        .await
        .problem(422, "VALIDATION_FAILED");
    assert!(!is_connected(&owner).await);

    let later = parked(&owner, Consent::Acme).await;
    assert_ne!(later, confirm);
    let left: Vec<Count> = diesel::sql_query("SELECT count(*) AS n FROM pending_connections")
        .load(&mut app.database())
        .unwrap();
    assert_eq!(left[0].n, 1, "late ones are swept away");
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[tokio::test(flavor = "multi_thread")]
async fn with_several_sites_the_person_who_began_chooses_one_of_them() {
    let app = App::start().await;
    let owner = app.client("owner");
    let end = Browser::default().connect(&owner, Consent::BothSites).await;
    let end = landed(&end);
    assert_eq!(
        (end["jira"].as_str(), end["reason"].as_str()),
        ("confirm", "choose_site")
    );
    let confirm = end["confirm"].as_str();
    assert!(!is_connected(&owner).await);
    let listed = pending(&owner, confirm).await.expect(200);
    let ids: Vec<_> = listed["sites"]
        .as_array()
        .unwrap()
        .iter()
        .map(|site| site["cloud_id"].clone())
        .collect();
    assert_eq!(ids, [json!(ACME_CLOUD_ID), json!(BEACON_CLOUD_ID)]);

    for cloud_id in [json!("00000000-0000-4000-8000-000000000000"), json!(null)] {
        let body = json!({"confirm": confirm, "cloud_id": cloud_id});
        let problem = owner
            .post_in_workspace(CONFIRM, body)
            .await
            .problem(422, "VALIDATION_FAILED");
        assert_eq!(problem["errors"][0]["pointer"], "/cloud_id", "{problem}");
    }
    let other = app.workspace("Another");
    let stranger = app.client_of(&other, "owner");
    let body = json!({"confirm": confirm, "cloud_id": BEACON_CLOUD_ID});
    stranger
        .post_in_workspace(CONFIRM, body.clone())
        .await
        .problem(403, "FORBIDDEN");
    assert!(!is_connected(&owner).await && !is_connected(&stranger).await);

    let status = owner.post_in_workspace(CONFIRM, body).await.expect(200);
    assert_eq!(
        (&status["connected"], &status["cloud_id"]),
        (&json!(true), &json!(BEACON_CLOUD_ID))
    );
    assert_eq!(status["site_name"], "Beacon");
}
