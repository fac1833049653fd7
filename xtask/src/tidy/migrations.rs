//! Each migration exists for both databases, and can be taken back.

use std::collections::BTreeMap;

use super::Findings;
use super::files::Files;

const DATABASES: [&str; 2] = ["sqlite", "postgres"];
const SCRIPTS: [&str; 2] = ["up.sql", "down.sql"];

pub(super) fn check(files: &Files, findings: &mut Findings) {
    let mut scripts: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for path in files.paths() {
        let parts: Vec<&str> = path.split('/').collect();
        if let ["migrations", database, name, script] = parts.as_slice() {
            scripts.entry(name).or_default().push((database, script));
        }
    }
    for (name, present) in scripts {
        for database in DATABASES {
            for script in SCRIPTS {
                if !present.contains(&(database, script)) {
                    findings.violation(format!("migrations/{database}/{name}/{script} is missing"));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::tidy::findings_in;

    const UP: &str = "select 1;";

    #[test]
    fn a_migration_without_its_twin_is_found() {
        let findings = findings_in(&[
            ("migrations/README.md", ""),
            ("migrations/sqlite/1_make_users/up.sql", UP),
            ("migrations/sqlite/1_make_users/down.sql", UP),
        ]);

        assert_eq!(
            findings.violations,
            [
                "migrations/postgres/1_make_users/up.sql is missing",
                "migrations/postgres/1_make_users/down.sql is missing",
            ]
        );
    }

    #[test]
    fn a_migration_that_cannot_be_taken_back_is_found() {
        let findings = findings_in(&[
            ("migrations/sqlite/1_make_users/up.sql", UP),
            ("migrations/sqlite/1_make_users/down.sql", UP),
            ("migrations/postgres/1_make_users/up.sql", UP),
        ]);

        assert_eq!(
            findings.violations,
            ["migrations/postgres/1_make_users/down.sql is missing"]
        );
    }
}
