//! Work that outlives its answer, and answers that end too early.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, MessageBody};
use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::kit::http::Request;

/// Cuts a bulk create into requests of one issue each; any other request stays one.
pub(crate) fn one_by_one(request: &Request) -> Vec<Request> {
    let body: Option<Value> = serde_json::from_slice(&request.body).ok();
    let elements = body.as_ref().and_then(|body| body.get("issueUpdates"));
    let Some(elements) = elements.and_then(Value::as_array) else {
        return vec![request.clone()];
    };
    let one = |element: &Value| Request {
        body: json!({"issueUpdates": [element]}).to_string().into(),
        ..request.clone()
    };
    elements.iter().map(one).collect()
}

/// Promises a whole body and breaks off in its middle.
pub(crate) fn cut(mut body: Vec<u8>) -> Cut {
    let promised = body.len();
    body.truncate(promised / 2);
    Cut {
        promised: u64::try_from(promised).unwrap_or(u64::MAX).max(1),
        half: Some(body.into()),
    }
}

/// A body that ends with an error, upon which the connection is closed.
#[derive(Debug)]
pub(crate) struct Cut {
    promised: u64,
    half: Option<Bytes>,
}

impl MessageBody for Cut {
    type Error = io::Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.promised)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, io::Error>>> {
        match self.half.take() {
            Some(half) if !half.is_empty() => {
                // What is written is sent only when the body has nothing more at the moment.
                self.half = Some(Bytes::new());
                Poll::Ready(Some(Ok(half)))
            }
            Some(_) => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            None => Poll::Ready(Some(Err(io::Error::other("cut off")))),
        }
    }
}
