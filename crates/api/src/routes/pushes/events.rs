//! A push as it moves: server-sent events (HTML, 9.2) made from the change numbers of its rows.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, web};
use futures_util::{Stream, stream};
use handoff_domain::delivery::error::DeliveryError;
use handoff_domain::delivery::model::{PushChanges, PushState};
use handoff_domain::shared::ids::PushId;
use russe::{Event, Message};
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::dto::{PushSummaryDto, ResultDto, WatchPush};
use crate::error::{ApiError, Code, chain};
use crate::extract::{Caller, LastEventId, Query, Standing, path_id};
use crate::routes::search::in_own_workspaces;
use crate::state::AppState;

/// How many results are read at once; no more are held for a slow reader.
const GROUP: u32 = 100;
/// How often rows that other processes may have changed are looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How far looks are apart at least, however much moves.
const LOOK_APART: Duration = Duration::from_millis(50);
/// How long a right that was seen is relied on.
const RIGHT_HOLDS: Duration = Duration::from_secs(1);
/// How often something is said when nothing moves, so that nobody on the way takes the connection for dead.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// A push as it moves, as server-sent events; read it with fetch, which can send the token.
///
/// `delivery` is one result, `push` the push without its results, `settled` the same and the end. An event's id is the
/// number of the change; what came after it is told again by `Last-Event-ID` or `?after=`. The stream may end without
/// `settled`, when the server stops or the caller may no longer read; then ask again.
#[utoipa::path(
    tag = "execution",
    params(
        ("id" = Uuid, Path),
        WatchPush,
        ("Last-Event-ID" = Option<u64>, Header, description = "The last event that was seen; wins over `after`"),
    ),
    responses((status = 200, content_type = "text/event-stream", body = String)),
    security(("bearer" = [])),
)]
#[get("/api/execution/pushes/{id}/events")]
pub(super) async fn events(
    caller: Caller,
    query: Query<WatchPush>,
    last: LastEventId,
    path: web::Path<String>,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let after = last.checked()?.unwrap_or_else(|| query.0.after());
    let push: PushId = path_id(&path, Code::PushNotFound)?;
    let changes = async |workspace| {
        let deliveries = &state.deliveries;
        let found = deliveries.changes(workspace, push, after, GROUP).await?;
        Ok((workspace, found))
    };
    let found = in_own_workspaces(&state, caller, DeliveryError::PushNotFound, changes);
    let (workspace, found) = found.await?;
    let standing = Standing::of(&request, workspace).await?;
    let watch = Watch::new(state, standing, push, after, found);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(watch.into_stream()))
}

/// Somebody who watches a push. Nothing is read ahead of them: each group of changes is read when the one before is sent.
struct Watch {
    state: web::Data<AppState>,
    standing: Standing,
    push: PushId,
    /// The number of the last change that was told.
    after: i64,
    /// What was read and is not told yet.
    found: Option<PushChanges>,
    /// The counters as they were told last.
    told: Option<String>,
    moved: watch::Receiver<()>,
    stopping: watch::Receiver<bool>,
    right_seen: Instant,
    last_look: Instant,
    last_comment: Instant,
    has_more: bool,
    is_over: bool,
}

impl Watch {
    fn new(
        state: web::Data<AppState>,
        standing: Standing,
        push: PushId,
        after: i64,
        found: PushChanges,
    ) -> Self {
        let now = Instant::now();
        Self {
            standing,
            push,
            // A number from before a backup was restored would hide what happens until it is reached again.
            after: after.min(found.summary.push.change_number),
            found: Some(found),
            told: None,
            moved: state.moved.clone(),
            stopping: state.stopping.clone(),
            state,
            right_seen: now,
            last_look: now,
            last_comment: now,
            has_more: false,
            is_over: false,
        }
    }

    fn into_stream(self) -> impl Stream<Item = Result<web::Bytes, Infallible>> {
        stream::unfold(self, |mut watch| async move {
            let text = watch.next().await?;
            Some((Ok(web::Bytes::from(text)), watch))
        })
    }

    /// The next events to be sent; `None` at the end.
    async fn next(&mut self) -> Option<String> {
        while !self.is_over {
            let found = match self.found.take() {
                Some(found) => found,
                None => self.look().await?,
            };
            let text = self.tell(found)?;
            if !text.is_empty() {
                return Some(text);
            }
            if self.last_comment.elapsed() >= COMMENT_EVERY {
                self.last_comment = Instant::now();
                return encoded(Event::Comment("still here".into()));
            }
        }
        None
    }

    /// What changed, once there is a reason to look; `None` when nothing more may be told.
    async fn look(&mut self) -> Option<PushChanges> {
        if !self.has_more {
            self.rest().await;
        }
        if *self.stopping.borrow() {
            return None;
        }
        match self.changes().await {
            Ok(changes) => changes,
            Err(error) => {
                let cause = chain(&error);
                tracing::warn!(cause, push = %self.push, "a push can no longer be watched");
                None
            }
        }
    }

    async fn changes(&mut self) -> Result<Option<PushChanges>, ApiError> {
        if self.right_seen.elapsed() >= RIGHT_HOLDS {
            if !self.standing.holds(&self.state).await? {
                return Ok(None);
            }
            self.right_seen = Instant::now();
        }
        self.last_look = Instant::now();
        let workspace = self.standing.workspace();
        let deliveries = &self.state.deliveries;
        let changes = deliveries.changes(workspace, self.push, self.after, GROUP);
        Ok(Some(changes.await?))
    }

    /// Waits until something in this process moved, or something elsewhere may have, or the server stops.
    async fn rest(&mut self) {
        let until = self.last_look + LOOK_EVERY;
        let (moved, apart) = (&mut self.moved, self.last_look + LOOK_APART);
        let moving = async {
            sleep(apart.saturating_duration_since(Instant::now())).await;
            // The sender lives as long as the state, which is held here.
            let _ = moved.changed().await;
        };
        tokio::select! {
            _ = timeout_at(until, moving) => {}
            _ = self.stopping.wait_for(|is_stopping| *is_stopping) => {}
        }
    }

    /// The events for what was found; empty where nothing new is to be told.
    fn tell(&mut self, found: PushChanges) -> Option<String> {
        let mut text = String::new();
        let has_moved = !found.entries.is_empty();
        self.has_more = u32::try_from(found.entries.len()).is_ok_and(|read| read >= GROUP);
        for changed in found.entries {
            self.after = changed.change_number;
            let result = json(&ResultDto::from(changed.entry))?;
            text.push_str(&event("delivery", self.after, result)?);
        }
        let push = &found.summary.push;
        let is_told = !self.has_more && push.change_number <= self.after;
        self.is_over = push.state == PushState::Settled && is_told;
        let summary = json(&PushSummaryDto::from(found.summary))?;
        if has_moved || self.told.as_ref() != Some(&summary) {
            text.push_str(&event("push", self.after, summary.clone())?);
        }
        if self.is_over {
            text.push_str(&event("settled", self.after, summary)?);
        } else {
            self.told = Some(summary);
        }
        Some(text)
    }
}

fn event(name: &'static str, id: i64, data: String) -> Option<String> {
    encoded(Event::Message(Message {
        data: data.into(),
        event: Some(name.into()),
        retry: None,
        id: Some(id.to_string().into()),
    }))
}

fn encoded(event: Event) -> Option<String> {
    let encoded = event.into_bytestring().map(String::from);
    encoded.inspect_err(log_form).ok()
}

fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).inspect_err(log_form).ok()
}

fn log_form(error: &(impl std::error::Error + 'static)) {
    let cause = chain(error);
    tracing::error!(cause, "an event could not be written");
}
