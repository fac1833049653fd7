//! The Atlassian Document Format (ADF): Markdown in, Jira's rich text out, and back.
//!
//! [`from_markdown`] turns CommonMark with GFM tables, task lists, strikethrough and bare links into
//! a [`Document`] that Jira accepts, whatever the input is, and lists what it could not carry.
//! [`to_markdown`] and [`to_text`] read a document that Jira returned.
//!
//! ```
//! use jira_client::adf;
//!
//! let conversion = adf::from_markdown("# Login\n\nSupport **SSO**, see <https://example.com>.");
//! assert!(conversion.degraded.is_empty());
//! assert_eq!(conversion.document.to_value()["content"][0]["type"], "heading");
//! ```
//!
//! **Guarantees** of every document made here: it is valid against Atlassian's published ADF
//! schema; no text node is empty or holds a line break outside a code block; inline code carries
//! no mark but a link; a link leads to `http`, `https` or `mailto`; lists, quotes and cells
//! are never empty; containers nest at most [`MAX_NESTING`] deep; the same Markdown gives the same
//! JSON. No visible word of the Markdown is lost or moved.
//!
//! **Source:** Atlassian Document Format, "Document structure",
//! <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>.

mod address;
mod autolink;
mod convert;
mod degradation;
mod edit;
mod inline;
mod lower;
mod markdown;
mod node;
mod parse;
mod read;
mod source;
mod text;
mod write;

pub use convert::{Conversion, MAX_NESTING, from_markdown};
pub use degradation::{Degradation, DegradationKind};
pub use markdown::to_markdown;
pub use node::{Document, Mark, Node, TaskState};
pub use text::to_text;
