//! Labels that Jira takes: no white space, at most 255 characters.

use handoff_domain::delivery::model::{Warning, WarningCode};
use handoff_domain::shared::validation::one_line;

use super::text::utf16_prefix;

/// Jira's limit for one label, counted in UTF-16 code units as Java counts.
const MAX_UNITS: usize = 255;

/// Labels as Jira takes them, and a warning when any had to be changed.
pub(super) fn fit(labels: &[String]) -> (Vec<String>, Option<Warning>) {
    let mut fitted: Vec<String> = Vec::with_capacity(labels.len());
    let mut changed = Vec::new();
    for label in labels {
        let fit = fit_one(label);
        if fit != *label {
            changed.push(format!(
                "\u{201c}{label}\u{201d} became \u{201c}{fit}\u{201d}"
            ));
        }
        if !fit.is_empty() && !fitted.contains(&fit) {
            fitted.push(fit);
        }
    }
    let message = format!(
        "labels cannot have spaces or be too long: {}",
        changed.join(", ")
    );
    let warning = (!changed.is_empty()).then_some(Warning {
        code: WarningCode::LabelChanged,
        message,
    });
    (fitted, warning)
}

fn fit_one(label: &str) -> String {
    utf16_prefix(&one_line(label).replace(' ', "-"), MAX_UNITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_become_hyphens_and_the_warning_names_both() {
        let (labels, warning) = fit(&["needs  design review".to_owned(), "api".to_owned()]);
        assert_eq!(labels, ["needs-design-review", "api"]);
        assert!(warning.unwrap().message.contains("needs-design-review"));
    }

    #[test]
    fn emoji_and_right_to_left_labels_stay_as_they_are() {
        let labels = ["🚀".to_owned(), "בדיקה".to_owned()];
        assert_eq!(fit(&labels), (labels.to_vec(), None));
    }

    #[test]
    fn labels_that_become_equal_are_sent_once() {
        let (labels, _) = fit(&["a b".to_owned(), "a-b".to_owned()]);
        assert_eq!(labels, ["a-b"]);
    }

    #[test]
    fn an_over_long_label_is_cut_to_the_limit() {
        let (labels, warning) = fit(&["x".repeat(300)]);
        assert_eq!(labels[0].len(), 255);
        assert!(warning.is_some());
    }
}
