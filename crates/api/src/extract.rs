//! Reading requests: who calls, what they may do, and what they ask for, refused in this order.

mod body;
mod caller;
mod etag;
mod event_id;
mod input;
mod page;
mod path;
mod prefer;
mod query;

pub use body::{Body, WorkspaceBody};
pub use caller::{Caller, Standing};
pub use etag::{IfMatch, etag};
pub use event_id::LastEventId;
pub use input::{Gate, Input, double_option};
pub use page::{cursor_of, opaque_cursor, page_request, tracker_cursor};
pub use path::path_id;
pub use prefer::{IDEMPOTENCY_KEY, IdempotencyKey, Wait};
pub use query::{Query, WorkspaceQuery, from_text};
