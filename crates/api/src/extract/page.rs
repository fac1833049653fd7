//! Paging: `limit` and an opaque `cursor`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use handoff_domain::shared::page::{DEFAULT_LIMIT, MAX_LIMIT, PageRequest};
use uuid::Uuid;

use crate::error::ApiError;

/// The page that a caller asks for.
///
/// # Errors
/// When the limit is not 1 to 200, or the cursor is none of ours.
pub fn page_request(limit: Option<u32>, cursor: Option<&str>) -> Result<PageRequest, ApiError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(ApiError::invalid(
            "/limit",
            format!("give 1 to {MAX_LIMIT}"),
        ));
    }
    let after = match cursor {
        None => None,
        Some(text) => Some(decode(text).ok_or_else(unknown_cursor)?),
    };
    Ok(PageRequest { limit, after })
}

/// What the cursors of trackers begin with inside.
const TRACKER_CURSOR: &str = "p:";

/// A tracker's own cursor, as it is given out.
#[must_use]
pub fn opaque_cursor(tracker: Option<String>) -> Option<String> {
    tracker.map(|cursor| URL_SAFE_NO_PAD.encode(format!("{TRACKER_CURSOR}{cursor}")))
}

/// The tracker's own cursor; what never was one is refused before anything is looked up.
///
/// # Errors
/// VALIDATION_FAILED when the cursor is none of ours.
pub fn tracker_cursor(given: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(given) = given else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(given).unwrap_or_default();
    let text = String::from_utf8(bytes).unwrap_or_default();
    let cursor = text.strip_prefix(TRACKER_CURSOR).map(str::to_owned);
    cursor.map(Some).ok_or_else(unknown_cursor)
}

fn unknown_cursor() -> ApiError {
    ApiError::invalid("/cursor", "give the next_cursor of a former page, or none")
}

/// The cursor that stands for the next page.
#[must_use]
pub fn cursor_of(next: Option<Uuid>) -> Option<String> {
    next.map(|id| URL_SAFE_NO_PAD.encode(id.as_bytes()))
}

fn decode(cursor: &str) -> Option<Uuid> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    Uuid::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_id() {
        let id = Uuid::from_u128(0x0190_1234_5678_7abc_8def_0123_4567_89ab);
        let cursor = cursor_of(Some(id)).unwrap();
        assert!(!cursor.contains(&id.to_string()));
        assert_eq!(page_request(None, Some(&cursor)).unwrap().after, Some(id));
    }

    #[test]
    fn a_trackers_cursor_comes_back_as_it_was_and_no_other_text_passes() {
        let given = opaque_cursor(Some("50".to_owned())).unwrap();
        assert!(!given.contains("50"));
        assert_eq!(tracker_cursor(Some(&given)).unwrap().as_deref(), Some("50"));
        assert_eq!(tracker_cursor(None).unwrap(), None);
        for forged in ["50", "forged", "", "%"] {
            assert!(tracker_cursor(Some(forged)).is_err(), "{forged}");
        }
    }

    #[test]
    fn limits_out_of_bounds_and_foreign_cursors_are_refused() {
        for limit in [0, 201, u32::MAX] {
            assert!(page_request(Some(limit), None).is_err(), "{limit}");
        }
        for cursor in ["", "%%%", "AAAA", "0190"] {
            assert!(page_request(None, Some(cursor)).is_err(), "{cursor}");
        }
    }
}
