//! What a refused create means for its tickets, in words a person can act on.

use handoff_domain::connection::ports::AccessTokenError;
use handoff_domain::delivery::tracker::CreateOutcome;
use handoff_domain::ticket::model::{PushError, PushErrorCode};
use jira_client::{BodyShape, Error, IssueRejection, Jira, StatusError};

use super::cost;
use super::errors::access_token_error;

/// Nothing is known of the issue.
pub(super) fn uncertain() -> CreateOutcome {
    let message = "no clear answer came; the issue may exist, so it is not sent again";
    CreateOutcome::Uncertain(PushError::new(PushErrorCode::TrackerUnavailable, message))
}

/// What the refusal of one element means.
pub(super) fn refused_element(rejection: IssueRejection) -> CreateOutcome {
    if rejection.is_rate_limited() {
        let message = "Jira asked to slow down; the ticket will be sent again";
        let error = PushError::new(PushErrorCode::TrackerRateLimited, message);
        return CreateOutcome::Retryable {
            retry_after: None,
            error,
        };
    }
    if rejection.may_have_been_applied() {
        return uncertain();
    }
    let said = Said {
        messages: rejection.error_messages,
        field: rejection.field_errors.into_iter().next(),
    };
    CreateOutcome::Rejected(said.refusal(rejection.status))
}

/// What the failure of the whole request means for each of its elements.
pub(super) fn refused_request(error: &Error) -> CreateOutcome {
    if error.may_have_been_applied() {
        return uncertain();
    }
    let retry = |code, message: &str| CreateOutcome::Retryable {
        retry_after: error.retry_after(),
        error: PushError::new(code, message),
    };
    if let Some((code, message)) = access_token_error(error).and_then(without_token) {
        return retry(code, message);
    }
    if error.is_missing_scope() {
        let message = "the grant lacks the scope write:jira-work; connect Jira again";
        return CreateOutcome::Rejected(PushError::new(PushErrorCode::MissingScope, message));
    }
    match error.as_status() {
        Some(status) if status.status == 429 => {
            retry(PushErrorCode::TrackerRateLimited, "Jira asked to slow down")
        }
        Some(status) if status.status == 401 => retry(
            PushErrorCode::TrackerUnavailable,
            "Jira refused the access token; it is renewed and the ticket sent again",
        ),
        Some(status) => CreateOutcome::Rejected(refused_by(status)),
        None => retry(
            PushErrorCode::TrackerUnavailable,
            "Jira could not be reached",
        ),
    }
}

/// Why no request could be made, where trying again alone does not help.
const fn without_token(error: &AccessTokenError) -> Option<(PushErrorCode, &'static str)> {
    match error {
        AccessTokenError::NotConnected => Some((
            PushErrorCode::NoActiveIntegration,
            "the workspace is not connected",
        )),
        AccessTokenError::ReconnectRequired => Some((
            PushErrorCode::ReconnectRequired,
            "Jira must be connected again",
        )),
        AccessTokenError::AppMisconfigured => Some((
            PushErrorCode::TrackerAppMisconfigured,
            "Jira refuses the app's credentials; an operator must correct them",
        )),
        AccessTokenError::Failure(_) => None,
    }
}

/// Why the site refused the request as a whole.
fn refused_by(status: &StatusError) -> PushError {
    let field = status.field_errors.iter().next();
    let said = Said {
        messages: status.messages.clone(),
        field: field.map(|(id, text)| (id.clone(), text.clone())),
    };
    let is_gateway = status.body == BodyShape::Gateway;
    let (code, advice) = match status.status {
        403 if is_gateway => (
            PushErrorCode::PermissionDenied,
            "the site does not admit the app; a site administrator must allow it, or connect Jira again",
        ),
        404 if status.body != BodyShape::Jira => (
            PushErrorCode::TrackerUnavailable,
            "the site cannot be reached at its address; it may be suspended or gone",
        ),
        413 => (
            PushErrorCode::FieldRejected,
            "the request is too large for Jira; push fewer tickets at a time, or shorten them",
        ),
        422 => (
            PushErrorCode::FieldRejected,
            "the site's configuration does not allow the issue; a Jira administrator must correct it",
        ),
        400 | 403 | 404 => return said.refusal(Some(status.status)),
        _ => (
            PushErrorCode::TrackerUnavailable,
            "Jira did not take the request at all",
        ),
    };
    PushError::new(code, said.after(advice))
}

/// Jira's own words.
struct Said {
    messages: Vec<String>,
    field: Option<(String, String)>,
}

impl Said {
    /// Why an issue was refused.
    fn refusal(self, status: Option<u16>) -> PushError {
        if let Some((field, text)) = self.field {
            return PushError::new(PushErrorCode::FieldRejected, text).of_field(field);
        }
        let code = match status {
            Some(401 | 403) => PushErrorCode::PermissionDenied,
            Some(404) => PushErrorCode::ProjectNotFound,
            _ => PushErrorCode::FieldRejected,
        };
        let said = self.messages.join(" ");
        let message = match said.is_empty() {
            true => "Jira refused the issue without a reason".to_owned(),
            false => said,
        };
        PushError::new(code, message)
    }

    /// The advice, and what Jira said besides.
    fn after(&self, advice: &str) -> String {
        let field = self
            .field
            .as_ref()
            .map(|(field, text)| format!("{field}: {text}"));
        let said: Vec<String> = self.messages.iter().cloned().chain(field).collect();
        with_words(advice, &said.join(" "))
    }
}

fn with_words(advice: &str, said: &str) -> String {
    match said.is_empty() {
        true => advice.to_owned(),
        false => format!("{advice} (Jira said: {said})"),
    }
}

/// Finds out whether refusals that speak of the project mean that it is gone or that creating is forbidden.
///
/// Jira answers both with the same statuses. Asks at most once a request, and answers what that cost.
pub(super) async fn explain(
    jira: &Jira,
    project_id: Option<&str>,
    outcomes: &mut [CreateOutcome],
) -> i64 {
    let Some(project_id) = project_id.filter(|_| outcomes.iter().any(is_about_project)) else {
        return 0;
    };
    let (code, advice, cost) = match jira.project(project_id).await {
        Ok(project) => (
            PushErrorCode::PermissionDenied,
            format!(
                "the account may not create issues in the project {}; ask its administrator for the permission",
                project.key
            ),
            cost::of_objects(1),
        ),
        Err(error) if error.is_not_found() => (
            PushErrorCode::ProjectNotFound,
            "the project is gone, or hidden from the account; push to another one".to_owned(),
            cost::of_failure(&error),
        ),
        Err(error) => return cost::of_failure(&error),
    };
    for outcome in outcomes {
        if is_about_project(outcome)
            && let CreateOutcome::Rejected(error) = outcome
        {
            *error = PushError::new(code, with_words(&advice, &error.message));
        }
    }
    cost
}

fn is_about_project(outcome: &CreateOutcome) -> bool {
    let CreateOutcome::Rejected(error) = outcome else {
        return false;
    };
    match error.field.as_deref() {
        Some(field) => field == "project",
        None => matches!(
            error.code,
            PushErrorCode::PermissionDenied | PushErrorCode::ProjectNotFound
        ),
    }
}
