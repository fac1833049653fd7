//! What changed in a push.

use time::OffsetDateTime;

use super::super::{State, StoredEntry};
use crate::delivery::model::{NumberedEntry, PushChanges};
use crate::shared::ids::{PushId, WorkspaceId};

impl State {
    pub(in super::super) fn list_changes(
        &self,
        workspace: WorkspaceId,
        push: PushId,
        after: i64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Option<PushChanges> {
        let stored = self.pushes.get(&push)?;
        if stored.push.workspace_id != workspace {
            return None;
        }
        let mut entries: Vec<NumberedEntry> = stored
            .entries
            .iter()
            .filter_map(|entry| {
                let change_number = self.number_of(*entry)?;
                let entry = self.entry(*entry).filter(|_| change_number > after)?;
                Some(NumberedEntry {
                    change_number,
                    entry,
                })
            })
            .collect();
        entries.sort_by_key(|entry| entry.change_number);
        entries.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Some(PushChanges {
            summary: self.summary(stored, now),
            entries,
        })
    }

    fn number_of(&self, entry: StoredEntry) -> Option<i64> {
        match entry {
            StoredEntry::Own(id) => {
                let stored = self.deliveries.get(&id)?;
                Some(stored.delivery.change_number)
            }
            StoredEntry::Joined(_, number) | StoredEntry::AlreadyPushed(_, number) => Some(number),
        }
    }
}
