//! The body of a write: its last byte leaves only before the deadline, and whether it left is known.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::task::AtomicWaker;
use http_body::{Body, Frame, SizeHint};

use super::SendDeadline;

const HELD: u8 = 0;
const RELEASED: u8 = 1;
const CLOSED: u8 = 2;
const EXPIRED: u8 = 3;

/// Decides, once and for all, whether a request's last byte leaves this process.
///
/// The body side asks to release it, the caller's side closes the gate when it stops waiting. Both are
/// one compare-and-set, so "never sent" is a fact also when the two happen at the same moment.
#[derive(Debug)]
pub(crate) struct SendGate {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: AtomicU8,
    deadline: SendDeadline,
}

/// What had become of the request's last byte when the gate was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateEnd {
    /// The complete body was handed to the connection.
    Released,
    /// The body was never complete and never will be.
    Withheld,
    /// The same as withheld, because the deadline had passed.
    Expired,
}

impl SendGate {
    pub(crate) fn new(deadline: SendDeadline) -> Self {
        let state = AtomicU8::new(HELD);
        Self {
            shared: Arc::new(Shared { state, deadline }),
        }
    }

    /// Wraps `data` so that its last byte passes this gate.
    pub(crate) fn body(&self, data: Bytes) -> GatedBody {
        GatedBody::new(Arc::clone(&self.shared), data)
    }

    /// Forbids the release from now on and tells whether it had happened.
    pub(crate) fn close(&self) -> GateEnd {
        match self.shared.swap_held(CLOSED) {
            Err(RELEASED) => GateEnd::Released,
            Err(EXPIRED) => GateEnd::Expired,
            Ok(_) | Err(_) => GateEnd::Withheld,
        }
    }
}

/// A caller that stops waiting (a dropped future) must not post later.
impl Drop for SendGate {
    fn drop(&mut self) {
        self.close();
    }
}

impl Shared {
    fn swap_held(&self, to: u8) -> Result<u8, u8> {
        self.state
            .compare_exchange(HELD, to, Ordering::SeqCst, Ordering::SeqCst)
    }

    /// Releases the last byte; the clock is read as the very last thing before it goes.
    fn release(&self) -> Result<(), io::Error> {
        if self.swap_held(RELEASED).is_err() {
            return Err(io::Error::new(
                io::ErrorKind::Interrupted,
                "caller stopped waiting",
            ));
        }
        if self.deadline.has_passed() {
            self.state.store(EXPIRED, Ordering::SeqCst);
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "send deadline passed",
            ));
        }
        Ok(())
    }
}

/// A request body in two pieces: all but the last byte, then, past the gate, the last byte.
///
/// The length is declared, so a server sees a body cut short as incomplete. The second piece waits until
/// the connection has let go of the first: otherwise the whole body could sit in a send buffer behind a
/// full socket or an exhausted HTTP/2 window and go out long after the gate was passed. A streaming body
/// also cannot be cloned, so no layer below can repeat the request.
#[derive(Debug)]
pub(crate) struct GatedBody {
    shared: Arc<Shared>,
    first: Option<Bytes>,
    last: Option<Bytes>,
    drained: Arc<Drained>,
    yielded: bool,
}

impl GatedBody {
    fn new(shared: Arc<Shared>, mut data: Bytes) -> Self {
        let last = data.split_off(data.len().saturating_sub(1));
        let drained = Arc::new(Drained::default());
        if data.is_empty() {
            drained.set();
        }
        let first = (!data.is_empty()).then(|| {
            Bytes::from_owner(TrackedChunk {
                data,
                drained: Arc::clone(&drained),
            })
        });
        Self {
            shared,
            first,
            last: Some(last),
            drained,
            yielded: false,
        }
    }
}

impl Body for GatedBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if self.last.is_none() {
            return Poll::Ready(None);
        }
        self.drained.waker.register(cx.waker());
        if !self.drained.done.load(Ordering::SeqCst) {
            return Poll::Pending;
        }
        // A connection that copied the first piece drops it before writing it out; give it one turn.
        if !self.yielded {
            self.yielded = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.shared.release() {
            Ok(()) => Poll::Ready(self.last.take().map(|last| Ok(Frame::data(last)))),
            Err(error) => Poll::Ready(Some(Err(error))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let length = |piece: &Option<Bytes>| piece.as_ref().map_or(0, Bytes::len);
        let total = length(&self.first).saturating_add(length(&self.last));
        SizeHint::with_exact(u64::try_from(total).unwrap_or(u64::MAX))
    }
}

#[derive(Debug, Default)]
struct Drained {
    done: AtomicBool,
    waker: AtomicWaker,
}

impl Drained {
    fn set(&self) {
        self.done.store(true, Ordering::SeqCst);
        self.waker.wake();
    }
}

/// Bytes that report when nobody holds them any more.
struct TrackedChunk {
    data: Bytes,
    drained: Arc<Drained>,
}

impl AsRef<[u8]> for TrackedChunk {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
}

impl Drop for TrackedChunk {
    fn drop(&mut self) {
        self.drained.set();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::poll_fn;

    use super::*;

    async fn frame(body: &mut GatedBody) -> Option<Result<Bytes, io::ErrorKind>> {
        let frame = poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await?;
        Some(
            frame
                .map(|frame| frame.into_data().unwrap())
                .map_err(|error| error.kind()),
        )
    }

    fn gate(deadline: SendDeadline) -> (SendGate, GatedBody) {
        let gate = SendGate::new(deadline);
        let body = gate.body(Bytes::from_static(b"body"));
        (gate, body)
    }

    #[tokio::test]
    async fn the_last_byte_follows_once_the_first_piece_is_gone() {
        let (gate, mut body) = gate(SendDeadline::after(Duration::from_secs(60)));
        assert_eq!(body.size_hint().exact(), Some(4));
        let first = frame(&mut body).await.unwrap().unwrap();
        assert_eq!(first, "bod");
        let waker = futures_util::task::noop_waker();
        let mut cx = Context::from_waker(&waker);
        for _ in 0..3 {
            assert!(Pin::new(&mut body).poll_frame(&mut cx).is_pending());
        }
        drop(first);
        assert_eq!(frame(&mut body).await.unwrap().unwrap(), "y");
        assert!(body.is_end_stream());
        assert_eq!(gate.close(), GateEnd::Released);
    }

    #[tokio::test]
    async fn past_the_deadline_the_last_byte_stays() {
        let (gate, mut body) = gate(SendDeadline::after(Duration::ZERO));
        drop(frame(&mut body).await);
        assert_eq!(frame(&mut body).await, Some(Err(io::ErrorKind::TimedOut)));
        assert_eq!(gate.close(), GateEnd::Expired);
    }

    #[tokio::test]
    async fn after_the_caller_has_gone_the_last_byte_stays() {
        let (gate, mut body) = gate(SendDeadline::after(Duration::from_secs(60)));
        drop(frame(&mut body).await);
        drop(gate);
        assert_eq!(
            frame(&mut body).await,
            Some(Err(io::ErrorKind::Interrupted))
        );
    }
}
