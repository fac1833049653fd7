//! Sealing every stored secret anew with the present key, while the service goes on.
//!
//! A refresh that was begun before may still write what it had read. So passes are made until one finds nothing to do, and an
//! old key is taken out of the ring only when a later run finds nothing to do either.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::model::SealedSecret;
use super::ports::{
    SealError, SealedHolder, SealedSecretRepository, SecretColumn, SecretPlace, SecretSealer,
};
use super::sealing::{context_of, seal_failure};
use crate::audit::model::{AuditAction, AuditEntry};
use crate::audit::ports::AuditTrail;
use crate::shared::clock::Clock;
use crate::shared::failure::Failure;
use crate::shared::ids::IdSource;
use crate::workspace::model::Actor;

/// How many rows are read at once.
const BATCH: u32 = 100;
/// How often everything is gone through while secrets change meanwhile.
const PASSES: u32 = 5;

/// What came of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationReport {
    /// Secrets that were sealed anew.
    pub resealed: u64,
    /// Secrets that the present key had sealed before.
    pub already_current: u64,
    /// Secrets that somebody else replaced at the same moment; they were looked at again.
    pub changed_meanwhile: u64,
    /// Secrets sealed with keys that are not configured, by the id of the key; they stay as they are.
    pub unknown_keys: BTreeMap<String, u64>,
    /// Secrets that cannot be opened; they stay as they are.
    pub damaged: u64,
}

impl RotationReport {
    /// Whether every secret is sealed with the present key now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.unknown_keys.is_empty() && self.damaged == 0
    }
}

/// What became of one secret.
enum Resealing {
    Done,
    Current,
    Changed,
    UnknownKey(String),
    Damaged,
}

/// Seals stored secrets anew.
#[derive(Clone)]
pub struct KeyRotation {
    connections: Arc<dyn SealedSecretRepository>,
    sealer: Arc<dyn SecretSealer>,
    audit: Arc<dyn AuditTrail>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
}

impl KeyRotation {
    /// Puts the use case on its ports.
    #[must_use]
    pub fn new(
        connections: Arc<dyn SealedSecretRepository>,
        sealer: Arc<dyn SecretSealer>,
        audit: Arc<dyn AuditTrail>,
        clock: Arc<dyn Clock>,
        ids: IdSource,
    ) -> Self {
        Self {
            connections,
            sealer,
            audit,
            clock,
            ids,
        }
    }

    /// Seals whatever the present key has not sealed with it, and records that this was done.
    ///
    /// # Errors
    /// The failure of the store, or of sealing; what was sealed anew until then stays so.
    pub async fn rotate(&self, actor: Actor) -> Result<RotationReport, Failure> {
        let mut report = self.pass().await?;
        let mut has_changed = report.resealed + report.changed_meanwhile > 0;
        for _ in 1..PASSES {
            if !has_changed {
                break;
            }
            let again = self.pass().await?;
            has_changed = again.resealed + again.changed_meanwhile > 0;
            report.resealed += again.resealed;
            report.changed_meanwhile += again.changed_meanwhile;
            report.unknown_keys = again.unknown_keys;
            report.damaged = again.damaged;
        }
        self.record(actor, &report).await?;
        Ok(report)
    }

    /// Goes through every secret once.
    async fn pass(&self) -> Result<RotationReport, Failure> {
        let mut report = RotationReport::default();
        let mut after = None;
        loop {
            let rows = self.connections.list_sealed(after, BATCH).await?;
            let Some(last) = rows.last() else {
                return Ok(report);
            };
            after = Some(last.holder);
            for row in &rows {
                for (column, secret) in &row.secrets {
                    let resealing = self.reseal(row, *column, secret).await?;
                    report.count(resealing);
                }
            }
        }
    }

    async fn reseal(
        &self,
        row: &SealedHolder,
        column: SecretColumn,
        secret: &SealedSecret,
    ) -> Result<Resealing, Failure> {
        match self.sealer.key_of(secret) {
            Ok(key) if key == self.sealer.writing_key() => return Ok(Resealing::Current),
            Ok(_) => {}
            Err(_) => return Ok(Self::damaged(row)),
        }
        let context = context_of(row, column);
        let opened = match self.sealer.open(secret, context) {
            Ok(opened) => opened,
            Err(SealError::UnknownKey { key_id }) => return Ok(Resealing::UnknownKey(key_id)),
            Err(SealError::Damaged | SealError::Sealing) => return Ok(Self::damaged(row)),
        };
        let sealed = self.sealer.seal(&opened, context).map_err(seal_failure)?;
        let place = SecretPlace {
            holder: row.holder,
            column,
        };
        let is_done = self.connections.reseal(place, secret, &sealed).await?;
        Ok(if is_done {
            Resealing::Done
        } else {
            Resealing::Changed
        })
    }

    fn damaged(row: &SealedHolder) -> Resealing {
        tracing::error!(workspace = %row.workspace_id, "a sealed secret cannot be opened");
        Resealing::Damaged
    }

    async fn record(&self, actor: Actor, report: &RotationReport) -> Result<(), Failure> {
        let result = match report {
            complete if complete.is_complete() => "ok",
            unknown if !unknown.unknown_keys.is_empty() => "unknown_key",
            _ => "damaged",
        };
        let entry = AuditEntry {
            id: self.ids.next(),
            workspace_id: None,
            actor,
            action: AuditAction::KeysRotated,
            subject: format!("key:{}", self.sealer.writing_key()),
            result: result.to_owned(),
            at: self.clock.now(),
        };
        self.audit.record(&entry).await
    }
}

impl RotationReport {
    fn count(&mut self, resealing: Resealing) {
        match resealing {
            Resealing::Done => self.resealed += 1,
            Resealing::Current => self.already_current += 1,
            Resealing::Changed => self.changed_meanwhile += 1,
            Resealing::Damaged => self.damaged += 1,
            Resealing::UnknownKey(id) => *self.unknown_keys.entry(id).or_default() += 1,
        }
    }
}

impl fmt::Debug for KeyRotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRotation").finish_non_exhaustive()
    }
}
