//! Rules on the text of sources.

use super::Findings;
use super::files::Files;

/// Files longer than this are worth a second look.
const LONG_FILE_LINES: usize = 600;

/// The crates of concrete adapters, which the service names only where it is wired.
const ADAPTERS: [&str; 5] = [
    "handoff_crypto",
    "handoff_store",
    "handoff_trackers",
    "jira_client",
    "jira_sandbox",
];

/// Folders that exist only on the machine of whoever wrote them down. Split, so that this file passes.
const PRIVATE_FOLDERS: [&str; 3] = [
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/"),
];

pub(super) fn check(files: &Files, findings: &mut Findings) {
    for (path, text) in files.texts() {
        check_name(path, findings);
        check_private_folders(path, &text, findings);
        check_todos(path, &text, findings);
        if path.ends_with(".rs") {
            check_length(path, &text, findings);
            check_adapters(path, &text, findings);
        }
    }
}

fn check_name(path: &str, findings: &mut Findings) {
    if path.starts_with("crates/") && path.contains("/src/") && path.ends_with("/mod.rs") {
        findings.violation(format!(
            "{path}: modules are files named after them, not mod.rs"
        ));
    }
}

fn check_private_folders(path: &str, text: &str, findings: &mut Findings) {
    for (number, line) in numbered_lines(text) {
        for folder in PRIVATE_FOLDERS {
            if names_folder(line, folder) {
                findings.violation(format!("{path}:{number}: names {folder} of one machine"));
            }
        }
    }
}

/// Whether a line holds an absolute path below a folder, rather than a longer path or an address.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(position, _)| {
        let before = line.get(..position).and_then(|text| text.chars().last());
        !before
            .is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '}' | '~'))
    })
}

fn check_todos(path: &str, text: &str, findings: &mut Findings) {
    let Some(comment) = comment_mark(path) else {
        return;
    };
    for (number, line) in numbered_lines(text) {
        let Some((_, words)) = line.split_once(comment) else {
            continue;
        };
        let words = without_quotations(words);
        for marker in ["TODO", "FIXME", "XXX"] {
            if let Some(rest) = after_word(&words, marker)
                && !names_issue(rest)
            {
                findings.violation(format!(
                    "{path}:{number}: write {marker}(#issue), or do it now"
                ));
            }
        }
    }
}

fn comment_mark(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        "rs" => Some("//"),
        "sql" => Some("--"),
        "toml" | "yml" | "yaml" | "sh" => Some("#"),
        _ => None,
    }
}

fn names_issue(rest: &str) -> bool {
    rest.strip_prefix("(#")
        .and_then(|rest| rest.split_once(')'))
        .is_some_and(|(number, _)| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()))
}

fn check_length(path: &str, text: &str, findings: &mut Findings) {
    let lines = text.lines().count();
    if lines > LONG_FILE_LINES {
        findings.warning(format!(
            "{path}: {lines} lines, more than {LONG_FILE_LINES}"
        ));
    }
}

fn check_adapters(path: &str, text: &str, findings: &mut Findings) {
    let Some(module) = path.strip_prefix("crates/api/src/") else {
        return;
    };
    if module == "wiring.rs" || module.starts_with("wiring/") {
        return;
    }
    let is_demo = module
        .split('/')
        .any(|part| matches!(part, "demo" | "demo.rs"));
    for (number, line) in numbered_lines(text) {
        let code = without_comment_and_strings(line);
        for adapter in ADAPTERS {
            let is_allowed = is_demo && adapter == "jira_sandbox";
            if !is_allowed && after_word(&code, adapter).is_some() {
                findings.violation(format!(
                    "{path}:{number}: names {adapter}, which belongs in wiring"
                ));
            }
        }
    }
}

fn numbered_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
}

/// What follows on a word that stands by itself.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let is_part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).find_map(|(position, _)| {
        let before = text.get(..position)?;
        let after = text.get(position + word.len()..)?;
        let stands_alone =
            !before.ends_with(is_part_of_word) && !after.starts_with(is_part_of_word);
        stands_alone.then_some(after)
    })
}

/// A comment without what it quotes, such as `TODO` as a value of somebody's format.
fn without_quotations(comment: &str) -> String {
    comment.split(['`', '"']).step_by(2).collect()
}

fn without_comment_and_strings(line: &str) -> String {
    let outside: String = line.split('"').step_by(2).collect();
    match outside.split_once("//") {
        Some((code, _)) => code.to_owned(),
        None => outside,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::findings_in;

    fn violations_in(path: &str, text: &str) -> Vec<String> {
        findings_in(&[(path, text)]).violations
    }

    #[test]
    fn an_adapter_is_named_only_where_the_service_is_wired() {
        let code = "use handoff_store::Store;\n";

        assert_eq!(
            violations_in("crates/api/src/routes/push.rs", code),
            ["crates/api/src/routes/push.rs:1: names handoff_store, which belongs in wiring"]
        );
        for allowed in [
            "crates/api/src/wiring.rs",
            "crates/api/src/wiring/store.rs",
            "crates/trackers/src/lib.rs",
        ] {
            assert!(violations_in(allowed, code).is_empty(), "{allowed}");
        }
    }

    #[test]
    fn the_demo_may_start_the_sandbox_and_nothing_else() {
        let code = "use jira_sandbox::Sandbox;\nuse jira_client::Client;\n";

        for path in ["crates/api/src/cli/demo.rs", "crates/api/src/demo/steps.rs"] {
            assert_eq!(
                violations_in(path, code),
                [format!(
                    "{path}:2: names jira_client, which belongs in wiring"
                )]
            );
        }
    }

    #[test]
    fn comments_texts_and_longer_names_do_not_name_an_adapter() {
        let code =
            "// see handoff_store\nlet filter = \"handoff_store=debug\"; my_jira_client();\n";

        assert!(violations_in("crates/api/src/telemetry.rs", code).is_empty());
    }

    #[test]
    fn module_files_of_the_old_form_are_found() {
        assert_eq!(violations_in("crates/store/src/rows/mod.rs", "").len(), 1);
        assert!(violations_in("crates/store/tests/it/mod.rs", "").is_empty());
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        for folder in PRIVATE_FOLDERS {
            let text = format!("first\nread({folder}shared)\n");
            assert_eq!(
                violations_in("docs/notes.txt", &text),
                [format!("docs/notes.txt:2: names {folder} of one machine")]
            );
            let harmless = format!("https://example.com{folder}x ..{folder}x a{folder}");
            assert!(violations_in("docs/notes.txt", &harmless).is_empty());
        }
    }

    #[test]
    fn an_open_task_needs_an_issue() {
        let marker = "TODO";

        for bad in [
            marker.to_owned(),
            format!("{marker}: x"),
            format!("{marker}(me)"),
        ] {
            assert_eq!(
                violations_in("crates/store/src/lib.rs", &format!("// {bad}\n")).len(),
                1,
                "{bad}"
            );
        }
        for good in [
            format!("// {marker}(#12): x"),
            format!("let word = \"{marker}\";"),
            format!("/// The state `{marker}`, or \"{marker}\"."),
        ] {
            assert!(
                violations_in("crates/store/src/lib.rs", &good).is_empty(),
                "{good}"
            );
        }
    }

    #[test]
    fn a_long_file_is_only_a_warning() {
        let findings = findings_in(&[("crates/store/src/lib.rs", &"\n".repeat(601))]);

        assert!(findings.violations.is_empty());
        assert_eq!(
            findings.warnings,
            ["crates/store/src/lib.rs: 601 lines, more than 600"]
        );
    }
}
