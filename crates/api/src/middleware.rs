//! What happens to every request and answer.

pub mod observe;
pub mod request_id;
pub mod security_headers;
