use super::*;
use crate::kit::journal::KEPT;

const APP: Cow<'static, str> = Cow::Borrowed("app");

fn request(journal: &mut Journal, endpoint: Endpoint, quota_points: u64) {
    let sequence = journal.push(JournalEntry {
        sequence: 0,
        at: OffsetDateTime::UNIX_EPOCH,
        app: APP,
        method: "GET".to_owned(),
        path: "/".to_owned(),
        template: endpoint.template(),
        query: String::new(),
        endpoint,
        status: None,
        quota_points: 0,
        bytes_in: 3,
        bytes_out: 0,
        duration_us: 0,
        created_issues: 0,
        in_flight: 1,
        fault: None,
    });
    journal.close(&Ended {
        sequence,
        app: &APP,
        endpoint,
        fault: None,
        status: Some(200),
        quota_points,
        bytes_in: 3,
        bytes_out: 5,
        created_issues: 0,
        duration_us: 7,
    });
}

#[test]
fn charges_stay_exact_when_the_oldest_requests_are_forgotten() {
    let mut journal = Journal::default();
    for _ in 0..KEPT + 10 {
        request(&mut journal, Endpoint::GetIssue, 2);
    }
    request(&mut journal, Endpoint::Myself, 3);

    assert_eq!(journal.entries().count(), KEPT);
    assert_eq!(journal.arrived(), KEPT + 11);
    assert_eq!(journal.entries().next().unwrap().sequence, 11);
    let report = journal.charges();
    let gets = u64::try_from(KEPT + 10).unwrap();
    assert_eq!(report.total.requests, gets + 1);
    assert_eq!(report.total.quota_points, gets * 2 + 3);
    assert_eq!(report.total.bytes_out, (gets + 1) * 5);
    let [app] = report.apps.as_slice() else {
        panic!("{report:?}");
    };
    assert_eq!(
        app.endpoints[0].template,
        "/rest/api/3/issue/{issueIdOrKey}"
    );
    assert_eq!(app.endpoints[1].charges.quota_points, 3);
}

#[test]
fn the_end_of_a_forgotten_request_changes_no_other() {
    let mut journal = Journal::default();
    request(&mut journal, Endpoint::GetIssue, 2);
    for _ in 0..KEPT {
        request(&mut journal, Endpoint::Myself, 3);
    }
    journal.close(&Ended {
        sequence: 0,
        app: &APP,
        endpoint: Endpoint::GetIssue,
        fault: None,
        status: Some(500),
        quota_points: 1,
        bytes_in: 0,
        bytes_out: 0,
        created_issues: 0,
        duration_us: 0,
    });

    assert!(journal.entries().all(|entry| entry.status == Some(200)));
    assert_eq!(journal.charges().total.refused, 1);
}
