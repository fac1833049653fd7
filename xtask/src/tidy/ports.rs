//! Ports stay so small that an adapter, or a double for a test, is written in one sitting.

use super::Findings;
use super::files::Files;

/// Two ports are better than one with more methods.
const MOST_METHODS: usize = 8;

/// Ports that may have more methods, each with the reason.
const EXCEPTIONS: [(&str, &str); 3] = [
    (
        "IssueTracker",
        "whoever creates issues at a site must also find them there, or prove that they are absent",
    ),
    (
        "TicketRepository",
        "each write is one atomic step on the same rows, and every read is of these rows",
    ),
    (
        "WorkspaceDirectory",
        "what a caller may do is answered from workspaces, members, tokens and features at once",
    ),
];

/// Counts the methods of each port; ports are the public traits of the domain.
pub(super) fn check(files: &Files, findings: &mut Findings) {
    for (path, text) in files.texts() {
        if !path.starts_with("crates/domain/src/") || !path.ends_with(".rs") {
            continue;
        }
        for port in ports(&text) {
            let is_excepted = EXCEPTIONS.iter().any(|(name, _)| *name == port.name);
            let found = format!(
                "{path}:{}: {} has {} methods",
                port.line, port.name, port.methods
            );
            match (port.methods > MOST_METHODS, is_excepted) {
                (true, false) => findings.violation(format!("{found}, more than {MOST_METHODS}")),
                (false, true) => findings.violation(format!("{found} and needs no exception")),
                (true, true) | (false, false) => {}
            }
        }
    }
}

struct Port<'a> {
    name: &'a str,
    line: usize,
    methods: usize,
}

/// Reads public traits by the columns in which rustfmt puts them, their methods and their ends.
fn ports(text: &str) -> Vec<Port<'_>> {
    let mut ports: Vec<Port<'_>> = Vec::new();
    let mut column_of_open = None;
    for (index, line) in text.lines().enumerate() {
        let code = line.trim_start();
        let column = line.len() - code.len();
        if let Some(rest) = code.strip_prefix("pub trait ") {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            ports.push(Port {
                name: rest.split(|c| !is_name(c)).next().unwrap_or_default(),
                line: index + 1,
                methods: 0,
            });
            column_of_open = (!code.ends_with('}')).then_some(column);
        } else if column_of_open == Some(column) && code.ends_with('}') {
            column_of_open = None;
        } else if column_of_open.is_some_and(|open| column == open + 4)
            && is_method(code)
            && let Some(port) = ports.last_mut()
        {
            port.methods += 1;
        }
    }
    ports
}

fn is_method(code: &str) -> bool {
    code.starts_with("fn ") || code.starts_with("async fn ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::findings_in;

    const PATH: &str = "crates/domain/src/ticket/ports.rs";

    /// A port among other items, whose last method has a body.
    fn port(name: &str, methods: usize) -> String {
        let items = "pub trait Base {}\n\npub trait Joined:\n    Base + Send\n{\n}\n";
        let method = "    /// Keeps it.\n    async fn keep(\n        &self,\n    );\n\n";
        let with_body = "    fn name(&self) -> u8 {\n        fn inner() {}\n        1\n    }\n";
        let other = "impl Ticket {\n    fn number() {}\n}\n";
        let methods = method.repeat(methods - 1) + with_body;
        format!("{items}\n#[async_trait]\npub trait {name}: Base {{\n{methods}}}\n\n{other}")
    }

    fn violations_in(path: &str, text: &str) -> Vec<String> {
        findings_in(&[(path, text)]).violations
    }

    #[test]
    fn a_port_of_more_than_eight_methods_is_found() {
        assert_eq!(
            violations_in(PATH, &port("LabelRepository", 9)),
            [format!(
                "{PATH}:9: LabelRepository has 9 methods, more than 8"
            )]
        );
        assert!(violations_in(PATH, &port("LabelRepository", 8)).is_empty());
    }

    #[test]
    fn only_public_traits_of_the_domain_are_ports() {
        let text = port("LabelRepository", 9);
        let private = text.replace("pub trait", "pub(crate) trait");

        assert!(violations_in("crates/api/src/state.rs", &text).is_empty());
        assert!(violations_in(PATH, &private).is_empty());
    }

    #[test]
    fn an_exception_holds_as_long_as_it_is_needed() {
        let (name, _) = EXCEPTIONS[0];

        assert!(violations_in(PATH, &port(name, 9)).is_empty());
        assert_eq!(
            violations_in(PATH, &port(name, 8)),
            [format!(
                "{PATH}:9: {name} has 8 methods and needs no exception"
            )]
        );
    }
}
