//! Writing a push with its results, without holding a large one twice.

use actix_web::web::Bytes;
use actix_web::{HttpResponse, HttpResponseBuilder};
use futures_util::{Stream, stream};
use handoff_domain::delivery::model::{PushEntry, PushReport};

use super::dto::{PushDto, PushSummaryDto, ResultDto};

/// How many results are written at once; a report of more of them is sent as it is written.
const GROUP: usize = 200;

/// Answers with a push.
pub(super) fn answer(mut response: HttpResponseBuilder, report: PushReport) -> HttpResponse {
    if report.entries.len() <= GROUP {
        return response.json(PushDto::from(report));
    }
    response
        .content_type("application/json")
        .streaming(written(report))
}

/// The same JSON as of [`PushDto`], in parts.
fn written(report: PushReport) -> impl Stream<Item = Result<Bytes, serde_json::Error>> {
    let counts = report.counts();
    let summary = PushSummaryDto::new(report.push, counts, report.pause);
    let entries = report.entries.into_iter();
    stream::try_unfold(Part::Head(summary, entries), |part| async move {
        Ok(match part {
            Part::Head(summary, entries) => {
                let mut text = serde_json::to_string(&summary)?;
                text.truncate(text.trim_end_matches('}').len());
                text.push_str(",\"results\":[");
                Some((Bytes::from(text), Part::Results(entries, true)))
            }
            Part::Results(mut entries, is_first) => {
                let text = group(&mut entries, is_first)?;
                let is_last = entries.as_slice().is_empty();
                let next = if is_last {
                    Part::End
                } else {
                    Part::Results(entries, false)
                };
                Some((Bytes::from(text), next))
            }
            Part::End => None,
        })
    })
}

/// What is still to be written.
#[expect(
    clippy::large_enum_variant,
    reason = "one value a request, and the large variant comes first"
)]
enum Part {
    Head(PushSummaryDto, std::vec::IntoIter<PushEntry>),
    Results(std::vec::IntoIter<PushEntry>, bool),
    End,
}

fn group(
    entries: &mut std::vec::IntoIter<PushEntry>,
    mut is_first: bool,
) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    for entry in entries.take(GROUP) {
        if !is_first {
            text.push(',');
        }
        is_first = false;
        text.push_str(&serde_json::to_string(&ResultDto::from(entry))?);
    }
    if entries.as_slice().is_empty() {
        text.push_str("]}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt as _;
    use handoff_domain::connection::model::Platform;
    use handoff_domain::delivery::model::{Fence, ProjectRef, Push, PushState};
    use handoff_domain::shared::ids::TicketId;
    use handoff_domain::workspace::model::Actor;
    use serde_json::Value;
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::*;

    fn report(entries: u128) -> PushReport {
        let id = Uuid::from_u128(7);
        PushReport {
            push: Push {
                id: id.into(),
                workspace_id: id.into(),
                document_id: id.into(),
                platform: Platform::Jira,
                site_id: "site".to_owned(),
                account_id: "account".to_owned(),
                project: ProjectRef {
                    id: "1".to_owned(),
                    key: "A}}".to_owned(),
                },
                fence: Fence(String::new()),
                state: PushState::Settled,
                quota_points: 3,
                change_number: 4,
                created_by: Actor::System,
                created_at: OffsetDateTime::UNIX_EPOCH,
                settled_at: None,
            },
            entries: (0..entries)
                .map(|number| PushEntry::AlreadyPushed {
                    ticket_id: TicketId::from_uuid(Uuid::from_u128(number)),
                    external: None,
                })
                .collect(),
            pause: None,
        }
    }

    #[tokio::test]
    async fn a_report_in_parts_is_the_report() {
        for entries in [0, 1, 199, 200, 201, 400, 401] {
            let whole = serde_json::to_string(&PushDto::from(report(entries))).unwrap();
            let parts: Vec<Bytes> = written(report(entries)).try_collect().await.unwrap();
            let parts = String::from_utf8(parts.concat()).unwrap();
            assert_eq!(parts, whole, "{entries}");
            let read: Value = serde_json::from_str(&parts).unwrap();
            assert_eq!(read["total"], u64::try_from(entries).unwrap());
        }
    }
}
