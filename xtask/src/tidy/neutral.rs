//! Modules that speak of no one service, so that a second one can use them as they are.

use super::Findings;
use super::files::Files;

/// A module's file and the folder beside it.
struct Module {
    path: &'static str,
    /// What it may use of the rest of its crate: there the service's own words are.
    may_use: &'static [&'static str],
}

const MODULES: [Module; 2] = [
    Module {
        path: "crates/jira-client/src/send",
        may_use: &["REQUEST_SPAN", "auth", "error", "quota", "rates"],
    },
    Module {
        path: "crates/jira-sandbox/src/kit",
        may_use: &["effect", "endpoint"],
    },
];

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
        let Some(module) = MODULES.iter().find(|module| module.holds(path)) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            let place = format!("{path}:{}", index + 1);
            let lower = line.to_lowercase();
            if let Some(word) = WORDS.iter().find(|word| lower.contains(**word)) {
                findings.violation(format!(
                    "{place}: says \"{word}\" where no service is named"
                ));
            }
            if let Some(used) = module.foreign_use(line) {
                findings.violation(format!("{place}: uses crate::{used}, which is none of its"));
            }
        }
    }
}

impl Module {
    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.path)
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// Finds what a line of code uses of the crate that is neither the module's own nor allowed.
    fn foreign_use<'a>(&self, line: &'a str) -> Option<&'a str> {
        let code = line.split("//").next().unwrap_or_default();
        let used = code.split("crate::").skip(1).filter_map(|rest| {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            rest.split(|c| !is_name(c)).next()
        });
        let own = self.path.rsplit('/').next();
        let mut foreign = used.filter(|name| own != Some(name) && !self.may_use.contains(name));
        foreign.next()
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::findings_in;

    fn violations_in(path: &str, text: &str) -> Vec<String> {
        findings_in(&[(path, text)]).violations
    }

    #[test]
    fn a_word_of_one_service_is_found_in_a_module_that_names_none() {
        let text = "//! Sends.\nfn by_key(key: &IssueKey) {}\n";

        for path in [
            "crates/jira-client/src/send.rs",
            "crates/jira-sandbox/src/kit/clock.rs",
        ] {
            assert_eq!(
                violations_in(path, text),
                [format!(
                    "{path}:2: says \"issue\" where no service is named"
                )]
            );
        }
        for path in [
            "crates/jira-client/src/site.rs",
            "crates/jira-client/src/sender.rs",
        ] {
            assert!(violations_in(path, text).is_empty(), "{path}");
        }
    }

    #[test]
    fn such_a_module_uses_of_its_crate_only_what_is_listed() {
        let path = "crates/jira-sandbox/src/kit/faults.rs";
        let text = "use crate::kit::clock;\nuse crate::effect::Effect; // crate::rest\n\
                    use crate::world::World;\n";

        assert_eq!(
            violations_in(path, text),
            [format!("{path}:3: uses crate::world, which is none of its")]
        );
    }
}
