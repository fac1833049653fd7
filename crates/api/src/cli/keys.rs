//! `handoff keys`

use anyhow::{Result, bail};
use handoff_domain::connection::rotation::RotationReport;
use handoff_domain::workspace::model::Actor;
use serde::Serialize;

use super::output::Output;
use crate::config::Config;
use crate::wiring::{self, Store};

#[derive(Serialize)]
struct Key {
    id: String,
    writes: bool,
}

/// Lists the ids of the keys, the writing one first.
pub(super) fn list(output: Output, config: &Config) -> Result<()> {
    let keys = wiring::configured_keys(config)?;
    let ids = keys.iter().flat_map(|keys| keys.key_ids());
    let keys: Vec<Key> = ids
        .enumerate()
        .map(|(index, id)| Key {
            id: id.to_owned(),
            writes: index == 0,
        })
        .collect();
    output.list(&keys, &["ID", "USE"], |key| {
        let purpose = if key.writes {
            "seals and opens"
        } else {
            "opens"
        };
        vec![key.id.clone(), purpose.to_owned()]
    })
}

#[derive(Serialize)]
struct Rotation<'a> {
    resealed: u64,
    already_current: u64,
    changed_meanwhile: u64,
    damaged: u64,
    unknown_keys: Vec<&'a str>,
}

/// Seals every stored secret with the first key, beside running servers.
pub(super) async fn rotate(output: Output, config: &Config, store: &Store) -> Result<()> {
    let rotation = wiring::key_rotation(config, store)?;
    let report = rotation.rotate(Actor::System).await?;
    let shown = Rotation {
        resealed: report.resealed,
        already_current: report.already_current,
        changed_meanwhile: report.changed_meanwhile,
        damaged: report.damaged,
        unknown_keys: report.unknown_keys.keys().map(String::as_str).collect(),
    };
    output.value(&shown, || sentence(&report))?;
    refuse_incomplete(&report)
}

fn sentence(report: &RotationReport) -> String {
    let (resealed, current) = (report.resealed, report.already_current);
    let next = if resealed > 0 {
        "run it once more before an old key is taken out"
    } else if report.is_complete() {
        "nothing was left to do"
    } else {
        "the rest cannot be opened"
    };
    format!("{resealed} sealed anew, {current} were current; {next}")
}

fn refuse_incomplete(report: &RotationReport) -> Result<()> {
    let unknown = report.unknown_keys.iter();
    let unknown: Vec<String> = unknown
        .map(|(id, count)| format!("{id} ({count} secrets)"))
        .collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        bail!(
            "secrets are sealed with keys that are not configured: {unknown}; add these keys and run it again"
        );
    }
    if report.damaged > 0 {
        let damaged = report.damaged;
        bail!("{damaged} secrets cannot be opened; their workspaces must connect again");
    }
    Ok(())
}
