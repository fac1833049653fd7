//! Repositories that let a test fail a call, or do something at the very moment before or after one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use handoff_domain::audit::model::AuditEntry;
use handoff_domain::connection::model::{
    Integration, OAuthState, PendingConnection, Platform, ReconnectReason, SealedSecret,
    SealedTokens,
};
use handoff_domain::connection::ports::{
    ConnectionRepository, GrantFlows, IntegrationRepository, RefreshRepository, SealedHolder,
    SealedSecretRepository, SecretHolder, SecretPlace, WriteOutcome,
};
use handoff_domain::delivery::model::{
    AttemptFindings, ClaimedBatch, Delivery, DeliveryState, Pause, Push, PushChanges, PushReport,
    PushState, PushSummary, Resolution, SettledBatch, UncertainPush, UncertainRequest,
};
use handoff_domain::delivery::ports::{
    AcceptOutcome, DeliveryQueue, DeliveryRepository, HeldLease, IdempotencyKey, KeyLookup,
    NewPush, PushFilter, PushRepository, ResolveOutcome, UncertainDeliveries,
};
use handoff_domain::document::model::{Block, Document, DocumentSummary};
use handoff_domain::document::ports::{DocumentFilter, DocumentOutcome, DocumentRepository};
use handoff_domain::shared::failure::{Failure, FailureKind};
use handoff_domain::shared::ids::{
    DeliveryId, DocumentId, IntegrationId, LeaseId, PushId, WorkspaceId,
};
use handoff_domain::shared::page::{Page, PageRequest};
use handoff_domain::ticket::model::PushError;
use time::OffsetDateTime;

type Step = Box<dyn FnOnce() -> BoxFuture<'static, Result<(), Failure>> + Send>;

/// What is to happen around the next calls; each step is done once, in the order given.
#[derive(Clone, Default)]
pub(crate) struct Hooks(Arc<Mutex<HashMap<String, Vec<Step>>>>);

impl Hooks {
    /// Does something before the next call of this method reaches the store.
    pub(crate) fn before<F>(&self, method: &str, step: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.add(format!("before {method}"), step);
    }

    /// Does something after the next call of this method was done, before its caller knows.
    pub(crate) fn after<F>(&self, method: &str, step: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.add(format!("after {method}"), step);
    }

    /// Fails the next so many calls of this method; the store does not see them.
    pub(crate) fn fail(&self, method: &str, times: usize) {
        for _ in 0..times {
            self.push(format!("before {method}"), Box::new(|| Box::pin(down())));
        }
    }

    /// Does the next call of this method and loses its answer.
    pub(crate) fn lose(&self, method: &str) {
        self.push(format!("after {method}"), Box::new(|| Box::pin(down())));
    }

    /// Forgets what did not happen yet.
    pub(crate) fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    fn add<F>(&self, when: String, step: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let step: Step = Box::new(|| {
            Box::pin(async {
                step().await;
                Ok(())
            })
        });
        self.push(when, step);
    }

    fn push(&self, when: String, step: Step) {
        self.0.lock().unwrap().entry(when).or_default().push(step);
    }

    async fn reach(&self, when: String) -> Result<(), Failure> {
        let step = {
            let mut hooks = self.0.lock().unwrap();
            let steps = hooks.entry(when).or_default();
            (!steps.is_empty()).then(|| steps.remove(0))
        };
        match step {
            Some(step) => step().await,
            None => Ok(()),
        }
    }
}

async fn down() -> Result<(), Failure> {
    Err(Failure::new(FailureKind::Unavailable, "the store is down"))
}

macro_rules! hooked {
    ($name:ident of $all:ident: $($port:ident { $(fn $method:ident($($arg:ident: $of:ty),*) -> $answer:ty;)* })+) => {
        /// The repository with hooks around each call.
        pub(crate) struct $name {
            inner: Box<dyn $all>,
            hooks: Hooks,
        }

        impl $name {
            pub(crate) fn new(inner: impl $all, hooks: &Hooks) -> Self {
                Self { inner: Box::new(inner), hooks: hooks.clone() }
            }
        }

        $(#[async_trait]
        impl $port for $name {
            $(async fn $method(&self, $($arg: $of),*) -> Result<$answer, Failure> {
                self.hooks.reach(concat!("before ", stringify!($method)).to_owned()).await?;
                let answer = self.inner.$method($($arg),*).await;
                self.hooks.reach(concat!("after ", stringify!($method)).to_owned()).await?;
                answer
            })*
        })+
    };
}

hooked!(Connections of ConnectionRepository:
    IntegrationRepository {
        fn find(workspace: WorkspaceId, platform: Platform) -> Option<Integration>;
        fn connect(row: &Integration, expected: Option<i64>, audit: &AuditEntry) -> WriteOutcome;
        fn disconnect(workspace: WorkspaceId, platform: Platform, now: OffsetDateTime, audit: &AuditEntry) -> bool;
    }
    GrantFlows {
        fn insert_state(state: &OAuthState, now: OffsetDateTime) -> ();
        fn take_state(hash: &[u8; 32]) -> Option<OAuthState>;
        fn park(pending: &PendingConnection, now: OffsetDateTime, audit: &AuditEntry) -> ();
        fn find_pending(hash: &[u8; 32]) -> Option<PendingConnection>;
        fn take_pending(hash: &[u8; 32]) -> Option<PendingConnection>;
        fn forget_ended(now: OffsetDateTime) -> u32;
    }
    RefreshRepository {
        fn begin_refresh(id: IntegrationId, expected: i64, lease: LeaseId, now: OffsetDateTime) -> WriteOutcome;
        fn finish_refresh(id: IntegrationId, expected: i64, tokens: &SealedTokens, scope: &str, now: OffsetDateTime) -> WriteOutcome;
        fn drop_refresh(id: IntegrationId, expected: i64, now: OffsetDateTime) -> WriteOutcome;
        fn set_spare(id: IntegrationId, expected: i64, spare: Option<&SealedSecret>, now: OffsetDateTime) -> WriteOutcome;
        fn mark_needs_reconnect(id: IntegrationId, expected: i64, reason: ReconnectReason, now: OffsetDateTime, audit: &AuditEntry) -> WriteOutcome;
        fn list_idle(before: OffsetDateTime, limit: u32) -> Vec<Integration>;
    }
    SealedSecretRepository {
        fn list_sealed(after: Option<SecretHolder>, limit: u32) -> Vec<SealedHolder>;
        fn reseal(place: SecretPlace, old: &SealedSecret, new: &SealedSecret) -> bool;
    }
);

hooked!(Deliveries of DeliveryRepository:
    PushRepository {
        fn find_key(workspace: WorkspaceId, key: &IdempotencyKey, now: OffsetDateTime) -> KeyLookup;
        fn accept(push: &NewPush) -> AcceptOutcome;
        fn find_push(workspace: WorkspaceId, id: PushId, now: OffsetDateTime) -> Option<PushReport>;
        fn push_state(workspace: WorkspaceId, id: PushId) -> Option<PushState>;
        fn list_pushes(workspace: WorkspaceId, filter: PushFilter, page: PageRequest, now: OffsetDateTime) -> Page<PushSummary>;
        fn list_deliveries(workspace: WorkspaceId, state: Option<DeliveryState>, page: PageRequest) -> Page<Delivery>;
        fn cancel(workspace: WorkspaceId, id: PushId, now: OffsetDateTime, audit: &AuditEntry) -> Option<u32>;
        fn list_changes(workspace: WorkspaceId, push: PushId, after: i64, limit: u32, now: OffsetDateTime) -> Option<PushChanges>;
    }
    DeliveryQueue {
        fn claim(lease: LeaseId, limit: u32, busy: &[String], now: OffsetDateTime) -> Option<ClaimedBatch>;
        fn settle(batch: &SettledBatch, now: OffsetDateTime) -> u32;
        fn list_held() -> Vec<HeldLease>;
        fn expire_lease(lease: LeaseId, now: OffsetDateTime) -> u32;
        fn pause(pause: &Pause) -> ();
    }
    UncertainDeliveries {
        fn list_uncertain(limit: u32, now: OffsetDateTime) -> Vec<UncertainPush>;
        fn load_uncertain(push: PushId) -> Vec<UncertainRequest>;
        fn begin_look(push: PushId, seen: Option<OffsetDateTime>, next: OffsetDateTime) -> bool;
        fn reconcile(push: PushId, findings: &[AttemptFindings], quota_points: i64, now: OffsetDateTime) -> u32;
        fn give_up_uncertain(before: OffsetDateTime, error: &PushError, now: OffsetDateTime) -> u32;
        fn find_delivery(workspace: WorkspaceId, id: DeliveryId) -> Option<(Delivery, Push)>;
        fn resolve(workspace: WorkspaceId, id: DeliveryId, change_number: i64, resolution: &Resolution, now: OffsetDateTime, audit: &AuditEntry) -> ResolveOutcome;
        fn quarantine(workspace: Option<WorkspaceId>, error: &PushError, now: OffsetDateTime, audit: &AuditEntry) -> u32;
    }
);

hooked!(Documents of DocumentRepository: DocumentRepository {
    fn insert(document: &Document, blocks: &[Block]) -> ();
    fn find(workspace: WorkspaceId, id: DocumentId) -> Option<(Document, Vec<Block>)>;
    fn list(workspace: WorkspaceId, filter: DocumentFilter, page: PageRequest) -> (Page<DocumentSummary>, u64);
    fn update(document: &Document, blocks: &[Block], expected: i64) -> DocumentOutcome;
    fn delete(workspace: WorkspaceId, id: DocumentId, expected: Option<i64>, now: OffsetDateTime) -> DocumentOutcome;
    fn begin_generation(id: DocumentId, lease: LeaseId, now: OffsetDateTime, stale_after: Duration) -> bool;
    fn end_generation(id: DocumentId, lease: LeaseId) -> ();
});
