//! Deciding before anything is sent.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::try_join_all;
use handoff_domain::delivery::model::Warning;
use handoff_domain::delivery::tracker::{Costed, PreflightBatch, TrackerError, Verdict};
use handoff_domain::ticket::model::TicketType;
use jira_client::{FieldMeta, IssueTypeMeta, Jira};

use super::fields;
use super::issue_types;
use super::meta::ProjectMeta;
use super::payload::{Target, judge as judge_ticket};

/// The issue type of each ticket type in a batch.
type Chosen<'a> = HashMap<TicketType, (&'a IssueTypeMeta, Option<Warning>)>;

/// One verdict a ticket.
pub(super) async fn judge(
    jira: &Jira,
    meta: &Costed<Arc<ProjectMeta>>,
    batch: &PreflightBatch,
) -> Result<Costed<Vec<Verdict>>, TrackerError> {
    let chosen = choose_types(&meta.value, batch)?;
    let screens = screens(jira, &meta.value, &chosen).await?;
    let quota_points = meta.quota_points + screens.quota_points;
    let screens = screens.value;
    let used: Vec<Arc<Vec<FieldMeta>>> = screens.values().cloned().collect();
    fields::check(&batch.fields, &used)?;
    let verdicts = batch.tickets.iter().filter_map(|ticket| {
        let (issue_type, warning) = chosen.get(&ticket.content.ticket_type)?;
        let screen = screens.get(issue_type.id.as_str())?;
        let target = Target {
            project: &batch.project,
            issue_type,
            screen,
        };
        Some(judge_ticket(
            &target,
            batch,
            ticket,
            warning.clone().into_iter().collect(),
        ))
    });
    Ok(Costed {
        value: verdicts.collect(),
        quota_points,
    })
}

fn choose_types<'a>(
    meta: &'a ProjectMeta,
    batch: &PreflightBatch,
) -> Result<Chosen<'a>, TrackerError> {
    let named = batch.issue_type.as_deref();
    let named = named
        .map(|wanted| issue_types::named(&meta.types, wanted))
        .transpose()?;
    let mut chosen = Chosen::new();
    for ticket in &batch.tickets {
        let ticket_type = ticket.content.ticket_type;
        if chosen.contains_key(&ticket_type) {
            continue;
        }
        let pair = match named {
            Some(issue_type) => (issue_type, None),
            None => issue_types::for_ticket(&meta.types, ticket_type)?,
        };
        chosen.insert(ticket_type, pair);
    }
    Ok(chosen)
}

/// The create screens of the chosen types, by type id.
async fn screens<'a>(
    jira: &Jira,
    meta: &ProjectMeta,
    chosen: &Chosen<'a>,
) -> Result<Costed<HashMap<&'a str, Arc<Vec<FieldMeta>>>>, TrackerError> {
    let mut ids: Vec<&str> = chosen
        .values()
        .map(|(issue_type, _)| issue_type.id.as_str())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let screens = try_join_all(ids.iter().map(|id| meta.fields(jira, id))).await?;
    let quota_points = screens.iter().map(|screen| screen.quota_points).sum();
    let fields = screens.into_iter().map(|screen| screen.value);
    Ok(Costed {
        value: ids.into_iter().zip(fields).collect(),
        quota_points,
    })
}
