//! Proving that an issue does not exist.
//!
//! A look proves something only where it can see. Whatever stands against that makes the verdict [`Absence::NotYet`]:
//! nothing is lost by it but time.

use futures_util::StreamExt;
use futures_util::stream;
use handoff_domain::connection::model::TrackerSite;
use handoff_domain::delivery::model::ProjectRef;
use handoff_domain::delivery::tracker::{Absence, AbsenceReport, Mark};
use jira_client::{Error, Jira, Permission};

use super::errors::{access_token_error, tracker_error};
use super::look::{Look, OwnIssue};
use super::marks::{MarkRead, read_delivery};
use super::{DELIVERY_PROPERTY, cost};

/// The most keys that one look reads.
const LIMIT: u64 = 10_000;
/// How many known issues every page asks for besides; one of them must come back.
const CONTROLS: u32 = 3;
/// The most marks that are read one by one.
const SINGLE_MARKS: usize = 500;
const MARKS_AT_ONCE: usize = 4;

/// Why a look proves nothing.
enum Unproven {
    NotYet(String),
    Impossible(String),
    /// A question was not answered.
    Unanswered {
        reason: String,
        error: Error,
    },
}

impl Unproven {
    fn because(reason: &str) -> Self {
        Self::NotYet(reason.to_owned())
    }

    /// A question that was not answered.
    fn asking(what: &str, error: Error) -> Self {
        let reason = match access_token_error(&error) {
            Some(error) => format!("the tracker could not be asked ({error})"),
            None => format!("{what} ({error})"),
        };
        Self::Unanswered { reason, error }
    }
}

/// Looks for the marks, and decides whether those not found are nowhere.
pub(super) async fn prove(
    jira: &Jira,
    site: &TrackerSite,
    project: &ProjectRef,
    marks: &[Mark],
) -> AbsenceReport {
    let mut look = Look::new(jira, site, project, marks, LIMIT);
    let mut failure = None;
    let verdict = match look_at(&mut look).await {
        // What turns up only now may be the first of several.
        Ok(()) if look.has_matches() => {
            Absence::NotYet("some of the issues have only just been found".to_owned())
        }
        Ok(()) => Absence::Proven,
        Err(Unproven::NotYet(reason)) => Absence::NotYet(reason),
        Err(Unproven::Impossible(reason)) => Absence::Impossible(reason),
        Err(Unproven::Unanswered { reason, error }) => {
            failure = Some(tracker_error(error));
            Absence::NotYet(reason)
        }
    };
    AbsenceReport {
        verdict,
        strays: look.strays(),
        lagging: look.lagging(),
        ceiling: look.ceiling(),
        failure,
        quota_points: look.points,
        matches: look.into_matches(),
    }
}

async fn look_at(look: &mut Look<'_>) -> Result<(), Unproven> {
    require_account(look).await?;
    learn_key(look).await?;
    require_browsing(look).await?;
    let newest = look.learn_controls(CONTROLS).await;
    newest.map_err(|error| Unproven::asking("Jira's search did not answer", error))?;
    let range = match look.is_too_long() {
        true => Ok(()),
        false => look.read_range().await,
    };
    let own = look.search_own().await;
    own.map_err(|error| Unproven::asking("Jira's search did not answer", error))?;
    range.map_err(range_failed)?;
    require_short(look)?;
    look.read_range().await.map_err(range_failed)?;
    require_short(look)?;
    require_sight(look)?;
    read_single_marks(look).await?;
    require_unmoved(look).await?;
    require_browsing(look).await
}

fn range_failed(error: Error) -> Unproven {
    Unproven::asking("a page of the project's issues could not be read", error)
}

/// Another account sees other issues, and its own are not ours.
async fn require_account(look: &mut Look<'_>) -> Result<(), Unproven> {
    let myself = look.jira.myself().await;
    let myself = look.charge(myself, |_| cost::OF_IDENTITY);
    let myself = myself.map_err(|error| Unproven::asking("Jira did not say who asks", error))?;
    if myself.account_id == look.site.account_id {
        return Ok(());
    }
    Err(Unproven::because(
        "Jira is asked as another account than the one that sent the ticket",
    ))
}

async fn learn_key(look: &mut Look<'_>) -> Result<(), Unproven> {
    match look.learn_key().await {
        Ok(()) => Ok(()),
        Err(error) if error.is_not_found() => Err(Unproven::because(
            "the project is gone, or hidden from the account",
        )),
        Err(error) => Err(Unproven::asking("Jira did not show the project", error)),
    }
}

/// A project of another key than before the reading was renamed meanwhile, and other keys were read.
async fn require_unmoved(look: &mut Look<'_>) -> Result<(), Unproven> {
    let before = look.project.key.clone();
    learn_key(look).await?;
    if look.project.key == before {
        return Ok(());
    }
    Err(Unproven::because(
        "the project's key was changed during the look",
    ))
}

async fn require_browsing(look: &mut Look<'_>) -> Result<(), Unproven> {
    let wanted = [Permission::BrowseProjects];
    let held = look
        .jira
        .my_permissions(Some(&look.project.id), &wanted)
        .await;
    let held = look.charge(held, |_| cost::OF_IDENTITY);
    match held {
        Ok(held) if held.has(&Permission::BrowseProjects) => Ok(()),
        Err(error) if !error.is_not_found() => Err(Unproven::asking(
            "Jira did not say what the account may see",
            error,
        )),
        _ => Err(Unproven::because(
            "the account may not browse the project at present",
        )),
    }
}

fn require_short(look: &Look<'_>) -> Result<(), Unproven> {
    if !look.is_too_long() {
        return Ok(());
    }
    let message = format!(
        "more than {LIMIT} issues were created in the project since; they are too many to look through"
    );
    Err(Unproven::Impossible(message))
}

/// What the reading itself tells of how well it saw.
fn require_sight(look: &Look<'_>) -> Result<(), Unproven> {
    if !look.is_range_read() || !look.is_searched {
        return Err(Unproven::because("not every page was read"));
    }
    // Nothing shows then whether the account sees any of them, and where their numbers end.
    if look.controls.is_empty() && look.had_issues {
        return Err(Unproven::because(
            "Jira's search shows no issue of the project, although it had some before",
        ));
    }
    if look.blind_pages > 0 {
        return Err(Unproven::because(
            "Jira did not show issues that are known to exist",
        ));
    }
    if !look.unread.is_empty() {
        let message = format!("Jira could not read {} of the issues", look.unread.len());
        return Err(Unproven::NotYet(message));
    }
    let shows_nothing = look.controls.is_empty() && look.range_showed_any;
    if shows_nothing || look.is_lagging_for_all() {
        return Err(Unproven::because(
            "Jira's search does not show the newest issues yet",
        ));
    }
    Ok(())
}

/// Reads the marks that no answer has shown: an issue of ours whose mark is not known could be the one.
async fn read_single_marks(look: &mut Look<'_>) -> Result<(), Unproven> {
    let ceiling = look.greatest_ceiling();
    let unknown = look.own.iter();
    let unknown = unknown.filter(|(_, own)| is_unknown(own) && !is_later(own, ceiling));
    let unknown: Vec<(String, bool)> = unknown.map(|(id, own)| (id.clone(), own.read)).collect();
    if unknown.len() > SINGLE_MARKS {
        let message = format!(
            "the account created {} issues that carry no mark",
            unknown.len()
        );
        return Err(Unproven::NotYet(message));
    }
    let jira = look.jira;
    let ids: Vec<String> = unknown.iter().map(|(id, _)| id.clone()).collect();
    let asked = ids.into_iter().map(|id| async move {
        let mark = jira.issue_property(&id, DELIVERY_PROPERTY).await;
        mark.map(|mark| mark.as_ref().map(read_delivery))
    });
    let answers: Vec<_> = stream::iter(asked).buffered(MARKS_AT_ONCE).collect().await;
    let mut is_unreadable = false;
    for ((id, read), answer) in unknown.iter().zip(answers) {
        let answer = look.charge(answer, |mark| cost::of_objects(usize::from(mark.is_some())));
        let mark = answer.map_err(|error| Unproven::asking("a mark could not be read", error))?;
        // Where only the search showed the issue, nothing there may as well mean that the issue is gone.
        is_unreadable |= mark == Some(MarkRead::Garbled) || (mark.is_none() && !read);
        look.note_mark(id, mark.unwrap_or(MarkRead::Absent));
    }
    if is_unreadable {
        return Err(Unproven::because(
            "an issue of the account carries a mark that cannot be read",
        ));
    }
    Ok(())
}

/// Whether an issue that the range shows was made when every attempt had its settle time already.
fn is_later(own: &OwnIssue, ceiling: u64) -> bool {
    own.read && own.number.is_some_and(|number| number > ceiling)
}

/// Whether an issue that may be from after the fence has shown no readable mark.
fn is_unknown(own: &OwnIssue) -> bool {
    !own.is_older && !matches!(own.mark, MarkRead::Delivery(_))
}
