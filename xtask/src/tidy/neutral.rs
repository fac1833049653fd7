//! Folders that speak of no one service, so that a second one can use them as they are.

use super::Findings;
use super::files::Files;

/// Each stands for the module's file and the folder beside it.
const MODULES: [&str; 2] = ["crates/jira-client/src/send", "crates/jira-sandbox/src/kit"];

/// What only Atlassian's products speak of, in whatever case and as part of any name.
const WORDS: [&str; 11] = [
    "jira",
    "atlassian",
    "confluence",
    "issue",
    "cloudid",
    "cloud_id",
    "cloud id",
    "seraph",
    "epic",
    "adf",
    "jql",
];

pub(super) fn check(files: &Files, findings: &mut Findings) {
    for (path, text) in files.texts() {
        if !MODULES.iter().any(|module| belongs_to(path, module)) {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let line = line.to_lowercase();
            if let Some(word) = WORDS.iter().find(|word| line.contains(**word)) {
                findings.violation(format!(
                    "{path}:{}: says \"{word}\", where no service is named",
                    index + 1
                ));
            }
        }
    }
}

fn belongs_to(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use crate::tidy::findings_in;

    #[test]
    fn a_word_of_one_service_is_found_in_a_module_that_names_none() {
        let text = "//! Sends.\nfn by_key(key: &IssueKey) {}\n";

        for path in [
            "crates/jira-client/src/send.rs",
            "crates/jira-sandbox/src/kit/clock.rs",
        ] {
            assert_eq!(
                findings_in(&[(path, text)]).violations,
                [format!(
                    "{path}:2: says \"issue\", where no service is named"
                )]
            );
        }
        for path in [
            "crates/jira-client/src/site.rs",
            "crates/jira-client/src/sender.rs",
        ] {
            assert!(findings_in(&[(path, text)]).violations.is_empty(), "{path}");
        }
    }
}
