//! Creating issues, and what became of each.

use std::collections::HashMap;

use handoff_domain::connection::model::TrackerSite;
use handoff_domain::connection::ports::SendDeadline;
use handoff_domain::delivery::model::{ClaimedDelivery, PauseScope};
use handoff_domain::delivery::tracker::{CreateOutcome, CreateReport, PauseRequest};
use handoff_domain::shared::failure::Failure;
use handoff_domain::ticket::model::{ExternalIssue, PushError, PushErrorCode};
use jira_client::{
    Alignment, BulkCreated, CreatedIssue, ElementOutcome, Error, FetchOptions, IssueRejection,
    Jira, NewIssue, RateLimitReason,
};
use serde_json::Value;

use super::errors::{DEFAULT_PAUSE, reason_word, tracker_error};
use super::refusal::{self, refused_element, refused_request, uncertain};
use super::{DELIVERY_PROPERTY, cost, fence};

/// Creates the issues of a batch in one request.
pub(super) async fn create(
    jira: &Jira,
    site: &TrackerSite,
    deliveries: &[ClaimedDelivery],
    deadline: SendDeadline,
) -> CreateReport {
    let issues: Option<Vec<NewIssue>> = deliveries.iter().map(new_issue).collect();
    let Some(issues) = issues else {
        return not_sent(
            deliveries.len(),
            &Failure::corrupt("a frozen payload cannot be read"),
        );
    };
    let deadline = jira_client::SendDeadline::at(deadline.0);
    let cost = i64::try_from(deliveries.len()).unwrap_or(i64::MAX);
    match jira.create_issues(&issues, deadline).await {
        Ok(created) => {
            let marks = match needs_reading_back(&created) {
                true => Some(read_marks(jira, site, &created).await),
                false => None,
            };
            let read = marks.as_ref().map_or(0, |marks| marks.asked);
            let fence = fence::of_created(&created);
            let pause = element_pause(site, &created);
            let mut outcomes = outcomes(site, deliveries, created, marks.as_ref());
            let asked = refusal::explain(jira, project_id(&issues), &mut outcomes).await;
            CreateReport {
                outcomes,
                pause: marks.and_then(|marks| marks.pause).or(pause),
                quota_points: cost + read + asked,
                fence,
            }
        }
        Err(error) => {
            let mut outcomes = vec![refused_request(&error); deliveries.len()];
            let asked = refusal::explain(jira, project_id(&issues), &mut outcomes).await;
            let pause = pause(site, &error);
            let was_sent = error.status().is_some() || error.may_have_been_applied();
            let quota_points = if was_sent { cost } else { 0 };
            CreateReport {
                outcomes,
                pause,
                quota_points: quota_points + asked,
                fence: None,
            }
        }
    }
}

/// The report of a batch whose request could not even be made.
pub(super) fn not_sent(count: usize, failure: &Failure) -> CreateReport {
    let message =
        format!("the request could not be made ({failure}); the ticket will be sent again");
    let error = PushError::new(PushErrorCode::TrackerUnavailable, message);
    let outcome = CreateOutcome::Retryable {
        retry_after: failure.retry_after(),
        error,
    };
    CreateReport {
        outcomes: vec![outcome; count],
        pause: None,
        quota_points: 0,
        fence: None,
    }
}

/// The project that the issues of a request go to.
fn project_id(issues: &[NewIssue]) -> Option<&str> {
    issues.first()?.fields.get("project")?.get("id")?.as_str()
}

fn new_issue(delivery: &ClaimedDelivery) -> Option<NewIssue> {
    let mut payload: Value = serde_json::from_str(&delivery.payload).ok()?;
    let Value::Object(fields) = payload.get_mut("fields")?.take() else {
        return None;
    };
    let mut properties = Vec::new();
    for property in payload.get_mut("properties")?.as_array_mut()? {
        let key = property.get("key")?.as_str()?.to_owned();
        properties.push((key, property.get_mut("value")?.take()));
    }
    Some(NewIssue { fields, properties })
}

/// Nothing promises the order of the answer, so it is trusted only when it leaves no doubt.
fn needs_reading_back(created: &BulkCreated) -> bool {
    let has_failures = created
        .outcomes
        .iter()
        .any(|outcome| outcome.created().is_none());
    let has_successes = created
        .outcomes
        .iter()
        .any(|outcome| outcome.created().is_some());
    created.alignment == Alignment::Ambiguous
        || (has_failures && (has_successes || !created.unplaced.is_empty()))
}

/// Created issues by the delivery id in their mark.
#[derive(Default)]
struct Marks {
    by_delivery: HashMap<String, ExternalIssue>,
    /// What reading them cost.
    asked: i64,
    /// What should pause, when Jira refused to show them for that.
    pause: Option<PauseRequest>,
}

/// Reads the marks of what was created; none when they cannot be read now.
async fn read_marks(jira: &Jira, site: &TrackerSite, created: &BulkCreated) -> Marks {
    let placed = created.outcomes.iter().filter_map(ElementOutcome::created);
    let issues: Vec<&CreatedIssue> = placed.chain(&created.unplaced).collect();
    let ids: Vec<String> = issues.iter().map(|issue| issue.id.clone()).collect();
    let options = FetchOptions::fields(["summary"]).with_property(DELIVERY_PROPERTY);
    let fetched = match jira.bulk_fetch(&ids, &options).await {
        Ok(fetched) => fetched,
        Err(error) => {
            tracing::warn!(%error, "the marks of created issues could not be read");
            return Marks {
                asked: cost::of_failure(&error),
                pause: tracker_error(error).pause(&site.cloud_id),
                ..Marks::default()
            };
        }
    };
    let asked = cost::of_objects(fetched.issues.len());
    let mut by_delivery = HashMap::new();
    for issue in fetched.issues {
        let mark = issue
            .properties
            .get(DELIVERY_PROPERTY)
            .and_then(|mark| mark.get("delivery_id"));
        let Some(mark) = mark.and_then(Value::as_str) else {
            continue;
        };
        by_delivery.insert(mark.to_owned(), external_issue(site, &issue.id, &issue.key));
    }
    Marks {
        by_delivery,
        asked,
        pause: None,
    }
}

/// One outcome a delivery: what its mark says where marks were read, else what its place in the answer says.
///
/// An issue whose place is in doubt and whose mark was not read is left to the next look, which links it.
fn outcomes(
    site: &TrackerSite,
    deliveries: &[ClaimedDelivery],
    created: BulkCreated,
    marks: Option<&Marks>,
) -> Vec<CreateOutcome> {
    let pairs = deliveries.iter().zip(created.outcomes);
    pairs
        .map(|(delivery, outcome)| {
            let marked = marks.and_then(|marks| marks.by_delivery.get(&delivery.id.to_string()));
            if let Some(issue) = marked {
                return CreateOutcome::Confirmed(issue.clone());
            }
            match outcome {
                ElementOutcome::Created(_) if marks.is_some() => uncertain(),
                ElementOutcome::Created(issue) => {
                    CreateOutcome::Confirmed(external_issue(site, &issue.id, &issue.key))
                }
                ElementOutcome::Rejected(rejection) => refused_element(rejection),
                _ => uncertain(),
            }
        })
        .collect()
}

/// The issue with this id and key as the domain keeps it; people see it under `{site}/browse/{key}`.
pub(super) fn external_issue(site: &TrackerSite, id: &str, key: &str) -> ExternalIssue {
    ExternalIssue {
        site_id: site.cloud_id.clone(),
        id: id.to_owned(),
        key: key.to_owned(),
        url: format!("{}/browse/{key}", site.site_url),
    }
}

/// What should pause after Jira asked to slow down, by a limit or because it cannot serve for a while.
fn pause(site: &TrackerSite, error: &Error) -> Option<PauseRequest> {
    let creates = || PauseScope::Creates(site.cloud_id.clone());
    let (scope, word) = match error.rate_limit_reason() {
        Some(reason) => {
            let scope = match reason {
                RateLimitReason::GlobalQuota => PauseScope::App,
                RateLimitReason::TenantQuota => PauseScope::Site(site.cloud_id.clone()),
                _ => creates(),
            };
            (scope, reason_word(reason))
        }
        None => {
            error.as_status()?.retry_after?;
            (creates(), "jira-unavailable")
        }
    };
    Some(PauseRequest {
        scope,
        wait: error.retry_after().unwrap_or(DEFAULT_PAUSE),
        reason: word.to_owned(),
    })
}

/// What should pause after a limit refused single issues of a request; no header says for how long.
fn element_pause(site: &TrackerSite, created: &BulkCreated) -> Option<PauseRequest> {
    let placed = created.outcomes.iter().filter_map(|outcome| match outcome {
        ElementOutcome::Rejected(rejection) => Some(rejection),
        _ => None,
    });
    let mut rejections = placed.chain(&created.unplaced_rejections);
    rejections
        .any(IssueRejection::is_rate_limited)
        .then(|| PauseRequest {
            scope: PauseScope::Creates(site.cloud_id.clone()),
            wait: DEFAULT_PAUSE,
            reason: reason_word(&RateLimitReason::Burst).to_owned(),
        })
}
