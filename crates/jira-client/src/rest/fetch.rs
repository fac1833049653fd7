//! Reading known issues: one, or any number by bulk fetch.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};

use super::Issue;
use super::lenient::{id_or_empty, null_as_empty};
use crate::error::Error;
use crate::send::Call;
use crate::site::Jira;

/// Where one issue is read.
pub(crate) const GET_ISSUE: &str = "/rest/api/3/issue/{issueIdOrKey}";

/// How many issues one bulk fetch may name.
pub const MAX_BULK_FETCH: usize = 100;

const CHUNKS_AT_ONCE: usize = 4;

/// Which parts of issues to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchOptions {
    /// Field ids, `*all` or `*navigable`; none means Jira's default.
    pub fields: Vec<String>,
    /// Keys of entity properties, at most 5.
    pub properties: Vec<String>,
}

impl FetchOptions {
    /// Asks for these fields and no properties.
    #[must_use]
    pub fn fields<F: Into<String>>(fields: impl IntoIterator<Item = F>) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        Self {
            fields,
            properties: Vec::new(),
        }
    }

    /// Asks for an entity property too.
    #[must_use]
    pub fn with_property(mut self, key: impl Into<String>) -> Self {
        self.properties.push(key.into());
        self
    }
}

/// What a bulk fetch found.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BulkFetched {
    /// The issues found, by ascending id within each hundred asked for, not in the order asked for.
    ///
    /// An issue that is neither here nor among the errors does not exist or is not visible to the user.
    #[serde(deserialize_with = "null_as_empty")]
    pub issues: Vec<Issue>,
    /// Issues that could not be read; of these nothing is known.
    #[serde(default, rename = "issueErrors", deserialize_with = "null_as_empty")]
    pub errors: Vec<IssueError>,
}

/// Why one issue of a bulk fetch could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct IssueError {
    /// The id or key, as asked for.
    #[serde(default, deserialize_with = "id_or_empty")]
    pub id: String,
    /// Jira's explanation.
    #[serde(default, rename = "errorMessage", deserialize_with = "null_as_empty")]
    pub message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BulkFetchRequest<'a> {
    issue_ids_or_keys: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    fields: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    properties: &'a [String],
}

impl Jira {
    /// Reads one issue; an old key of a moved issue finds it too.
    ///
    /// Needs the scope `read:jira-work`. Costs two quota points.
    ///
    /// # Errors
    /// [`Error`] as for every read; 404 stands for "gone" and for "not visible to this user".
    ///
    /// **Source:** Jira Cloud REST API v3, "Get issue".
    pub async fn issue(&self, id_or_key: &str, options: &FetchOptions) -> Result<Issue, Error> {
        let joined = |list: &[String]| (!list.is_empty()).then(|| list.join(","));
        let call = Call::get(GET_ISSUE)
            .argument(id_or_key)
            .query_if("fields", joined(&options.fields))
            .query_if("properties", joined(&options.properties));
        self.send(call).await?.json()
    }

    /// Reads any number of issues in requests of 100, several at a time.
    ///
    /// Costs one quota point per request and one per issue. Needs the scope `read:jira-work`.
    ///
    /// # Errors
    /// [`Error`] of the first request that failed. Ask for at most 100 to keep failures apart.
    ///
    /// **Source:** Jira Cloud REST API v3, "Bulk fetch issues".
    pub async fn bulk_fetch(
        &self,
        ids_or_keys: &[String],
        options: &FetchOptions,
    ) -> Result<BulkFetched, Error> {
        let mut requests = Vec::with_capacity(ids_or_keys.len().div_ceil(MAX_BULK_FETCH));
        for chunk in ids_or_keys.chunks(MAX_BULK_FETCH) {
            requests.push(self.fetch_chunk(chunk, options));
        }
        let merge = |mut all: BulkFetched, mut chunk: BulkFetched| async move {
            all.issues.append(&mut chunk.issues);
            all.errors.append(&mut chunk.errors);
            Ok(all)
        };
        stream::iter(requests)
            .buffered(CHUNKS_AT_ONCE)
            .try_fold(BulkFetched::default(), merge)
            .await
    }

    async fn fetch_chunk(
        &self,
        ids_or_keys: &[String],
        options: &FetchOptions,
    ) -> Result<BulkFetched, Error> {
        let request = BulkFetchRequest {
            issue_ids_or_keys: ids_or_keys,
            fields: &options.fields,
            properties: &options.properties,
        };
        let call = Call::post_read("/rest/api/3/issue/bulkfetch").json(&request);
        self.send(call).await?.json()
    }
}
