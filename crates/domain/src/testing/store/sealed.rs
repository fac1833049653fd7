//! The sealed secrets in memory.

use super::State;
use crate::connection::model::{Integration, PendingConnection, Platform, SealedSecret};
use crate::connection::ports::{SealedHolder, SecretColumn, SecretHolder, SecretPlace};

impl State {
    pub(super) fn list_sealed(&self, after: Option<SecretHolder>, limit: u32) -> Vec<SealedHolder> {
        let integrations = self.integrations.values().map(of_integration);
        let pending = self.pending.values().map(of_pending);
        let mut holders: Vec<SealedHolder> = integrations
            .chain(pending)
            .filter(|row| !row.secrets.is_empty() && after.is_none_or(|after| row.holder > after))
            .collect();
        holders.sort_by_key(|row| row.holder);
        holders.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        holders
    }

    pub(super) fn reseal(
        &mut self,
        place: SecretPlace,
        old: &SealedSecret,
        new: &SealedSecret,
    ) -> bool {
        match self.secret(place).filter(|kept| *kept == old) {
            Some(kept) => {
                kept.clone_from(new);
                true
            }
            None => false,
        }
    }

    fn secret(&mut self, place: SecretPlace) -> Option<&mut SealedSecret> {
        let (tokens, spare) = match place.holder {
            SecretHolder::Integration(id) => {
                let row = self.integrations.get_mut(&id)?;
                (row.tokens.as_mut(), row.spare_refresh_token.as_mut())
            }
            SecretHolder::Pending(hash) => (Some(&mut self.pending.get_mut(&hash)?.tokens), None),
        };
        match place.column {
            SecretColumn::Access => Some(&mut tokens?.access_token),
            SecretColumn::Refresh => tokens?.refresh_token.as_mut(),
            SecretColumn::SpareRefresh => spare,
        }
    }
}

fn of_integration(row: &Integration) -> SealedHolder {
    let tokens = row.tokens.as_ref();
    let access = tokens.map(|tokens| tokens.access_token.clone());
    let refresh = tokens.and_then(|tokens| tokens.refresh_token.clone());
    SealedHolder {
        holder: SecretHolder::Integration(row.id),
        workspace_id: row.workspace_id,
        platform: row.platform,
        secrets: SecretColumn::filled([access, refresh, row.spare_refresh_token.clone()]),
    }
}

fn of_pending(row: &PendingConnection) -> SealedHolder {
    SealedHolder {
        holder: SecretHolder::Pending(row.confirm_hash),
        workspace_id: row.workspace_id,
        platform: Platform::Jira,
        secrets: SecretColumn::filled([
            Some(row.tokens.access_token.clone()),
            row.tokens.refresh_token.clone(),
            None,
        ]),
    }
}
