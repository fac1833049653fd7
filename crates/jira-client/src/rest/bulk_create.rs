//! Creating issues: one, up to fifty in one request, or any number.

mod align;

use std::collections::BTreeMap;
use std::ops::Range;

use futures_util::StreamExt;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Value, json};

use super::NewIssue;
use super::lenient::{id, null_as_empty};
use crate::error::Error;
use crate::send::{Answer, Call, SendDeadline, refuses_outright};
use crate::site::Jira;

/// How many issues one request may create.
pub const MAX_BULK_CREATE: usize = 50;

const BULK: &str = "/rest/api/3/issue/bulk";

/// An issue that Jira says it has created.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct CreatedIssue {
    /// The id, which never changes.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The key at the time of creation.
    pub key: String,
    /// The issue's address in the REST API.
    #[serde(default, rename = "self", deserialize_with = "null_as_empty")]
    pub self_url: String,
}

/// Why Jira refused one issue of a bulk create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IssueRejection {
    /// The status Jira gave this element, or the whole answer where an element has none but says why.
    pub status: Option<u16>,
    /// Messages that belong to no field.
    pub error_messages: Vec<String>,
    /// Messages by field id.
    pub field_errors: BTreeMap<String, String>,
}

impl IssueRejection {
    /// Tells whether the issue may exist all the same: a 5xx, or no status and no field named.
    #[must_use]
    pub fn may_have_been_applied(&self) -> bool {
        match self.status {
            Some(status) => !refuses_outright(status),
            None => self.field_errors.is_empty(),
        }
    }

    /// Tells whether a limit refused the issue, so that it can be tried again later.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.status == Some(429)
    }
}

/// What became of one issue of a bulk create.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElementOutcome {
    /// It was created. That this is its issue is sure only where the result is [`Alignment::Aligned`]; where it is
    /// [`Alignment::Ambiguous`], the issue may be another element's.
    Created(CreatedIssue),
    /// Jira refused it.
    Rejected(IssueRejection),
    /// The answer does not say; it may exist.
    Unknown,
}

impl ElementOutcome {
    /// Returns the created issue.
    #[must_use]
    pub const fn created(&self) -> Option<&CreatedIssue> {
        match self {
            Self::Created(issue) => Some(issue),
            _ => None,
        }
    }
}

/// Whether a bulk answer says without doubt which issue came from which element.
///
/// Jira lists created issues without their positions and nowhere promises their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Counts add up and the new ids ascend in input order.
    Aligned,
    /// Counts do not add up, positions are odd, or ids do not ascend: read something back to be sure.
    Ambiguous,
}

/// The result of a bulk create, in input order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BulkCreated {
    /// One outcome per input element.
    pub outcomes: Vec<ElementOutcome>,
    /// Whether the outcomes surely belong to their elements.
    pub alignment: Alignment,
    /// Issues created for elements that cannot be told; only when ambiguous.
    pub unplaced: Vec<CreatedIssue>,
    /// Refusals of elements that cannot be told; only when ambiguous.
    pub unplaced_rejections: Vec<IssueRejection>,
}

/// The result of one request of [`Jira::create_issues_chunked`].
#[derive(Debug)]
#[non_exhaustive]
pub struct ChunkOutcome {
    /// Which elements of the input the request carried.
    pub range: Range<usize>,
    /// What became of them; after an error ask [`Error::may_have_been_applied`].
    pub result: Result<BulkCreated, Error>,
}

impl Jira {
    /// Creates one issue; sent again only where the attempt before certainly created nothing.
    ///
    /// Needs the scope `write:jira-work`. Costs one quota point.
    ///
    /// # Errors
    /// [`Error`]; 400 with [`Error::field_errors`], 403 or 400 where the user may not create. Ask
    /// [`Error::may_have_been_applied`] before repeating.
    ///
    /// **Source:** Jira Cloud REST API v3, "Create issue".
    pub async fn create_issue(&self, issue: &NewIssue) -> Result<CreatedIssue, Error> {
        let call = Call::post("/rest/api/3/issue").json(issue);
        self.send(call).await?.json()
    }

    /// Creates up to 50 issues in one request, which is sent at most once and not after `deadline`.
    ///
    /// Some may be refused while others are created. That all were refused is a result too, although
    /// Jira answers it with 400, and so is any other refusal that tells of single elements; a refusal that
    /// might have done so and cannot be read leaves doubt. No issues make no request.
    ///
    /// Needs the scope `write:jira-work`. Costs one request and one quota point per issue.
    ///
    /// # Errors
    /// [`Error`]; ask [`Error::may_have_been_applied`] before repeating. More than 50 issues are
    /// [`Error::InvalidArgument`].
    ///
    /// **Source:** Jira Cloud REST API v3, "Bulk create issue".
    pub async fn create_issues(
        &self,
        issues: &[NewIssue],
        deadline: SendDeadline,
    ) -> Result<BulkCreated, Error> {
        self.create_bulk(issues, |call| call.at_most_once(deadline))
            .await
    }

    /// Creates any number of issues in requests of 50, several at a time.
    ///
    /// A failed request does not stop the others; each reports for its own range, in input order. A request
    /// is sent again only where the attempt before certainly created nothing: no connection, 429, 401.
    ///
    /// **Source:** Jira Cloud REST API v3, "Bulk create issue".
    pub async fn create_issues_chunked(&self, issues: &[NewIssue]) -> Vec<ChunkOutcome> {
        let requests = issues
            .chunks(MAX_BULK_CREATE)
            .enumerate()
            .map(|(number, chunk)| {
                let start = number * MAX_BULK_CREATE;
                async move {
                    let result = self.create_bulk(chunk, |call| call).await;
                    ChunkOutcome {
                        range: start..start + chunk.len(),
                        result,
                    }
                }
            });
        stream::iter(requests)
            .buffered(CHUNKS_AT_ONCE)
            .collect()
            .await
    }

    async fn create_bulk(
        &self,
        issues: &[NewIssue],
        sent: impl FnOnce(Call) -> Call,
    ) -> Result<BulkCreated, Error> {
        if issues.is_empty() {
            return Ok(BulkCreated::empty());
        }
        let mut call = sent(Call::post(BULK))
            .json(&json!({ "issueUpdates": issues }))
            .refusal_as_result(may_speak_of_elements);
        if issues.len() > MAX_BULK_CREATE {
            call = call.refuse("more than 50 issues in one request");
        }
        let answer = self.send(call).await?;
        read_bulk_answer(&answer, issues.len())
    }
}

/// More would only wait for the limit of requests in flight, and their send deadlines with them.
const CHUNKS_AT_ONCE: usize = 4;

/// Reads a 2xx, or the refusal that says of elements what became of them.
fn read_bulk_answer(answer: &Answer, count: usize) -> Result<BulkCreated, Error> {
    if answer.is_success() {
        return Ok(align::align(answer.json()?, count, None));
    }
    match answer.json::<align::BulkAnswer>() {
        Ok(bulk) if bulk.has_results() => Ok(align::align(bulk, count, Some(answer.status))),
        Ok(_) => Err(Error::of(answer)),
        Err(_) if refuses_as_a_whole(answer) => Err(Error::of(answer)),
        // What cannot be read might have told of an element that failed by a server error.
        Err(error) => Err(error),
    }
}

/// Tells whether a refusal may have told of single elements, so that its status does not hold for all.
///
/// Jira does so with 400, which leaves doubt whenever it cannot be read; of other statuses only what is, or
/// begins like, a JSON object counts.
fn may_speak_of_elements(answer: &Answer) -> bool {
    let is_object = answer.body.trim_ascii_start().first() == Some(&b'{');
    (answer.status == 400 || is_object) && !refuses_as_a_whole(answer)
}

/// Tells whether a body says something, and nothing about elements.
fn refuses_as_a_whole(answer: &Answer) -> bool {
    let says_nothing = |list: Option<&Value>| match list {
        None | Some(Value::Null) => true,
        Some(Value::Array(list)) => list.is_empty(),
        Some(_) => false,
    };
    answer.complete
        && serde_json::from_slice::<Value>(&answer.body).is_ok_and(|body| {
            let errors = body.get("errors").filter(|errors| !errors.is_object());
            says_nothing(body.get("issues")) && says_nothing(errors)
        })
}

impl BulkCreated {
    const fn empty() -> Self {
        Self {
            outcomes: Vec::new(),
            alignment: Alignment::Aligned,
            unplaced: Vec::new(),
            unplaced_rejections: Vec::new(),
        }
    }
}
