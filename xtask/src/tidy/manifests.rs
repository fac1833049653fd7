//! Dependencies of members come from the workspace, so that each has one version and one place.

use std::fs;
use std::path::Path;

use super::Findings;

pub(super) fn check<'a>(
    root: &Path,
    manifests: impl Iterator<Item = &'a Path>,
    findings: &mut Findings,
) {
    for manifest in manifests {
        let shown = manifest.strip_prefix(root).unwrap_or(manifest).display();
        match fs::read_to_string(manifest) {
            Ok(text) => {
                for dependency in own_dependencies(&text) {
                    findings.violation(format!(
                        "{shown}: `{dependency}` must be inherited with `workspace = true`"
                    ));
                }
            }
            Err(error) => findings.violation(format!("{shown}: {error}")),
        }
    }
}

/// The dependencies that a manifest describes by itself.
fn own_dependencies(manifest: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut section = Section::Other;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section.finish(&mut found);
            section = Section::of_header(line);
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        let (key, value) = (key.trim(), value.trim());
        match &mut section {
            Section::Dependencies if !is_inherited(key, value) => {
                found.push(key.trim_matches('"').to_owned());
            }
            Section::OneDependency { is_inherited, .. } if key == "workspace" => {
                *is_inherited = value == "true";
            }
            _ => {}
        }
    }
    section.finish(&mut found);
    found
}

/// Whether an entry is `name.workspace = true`, `name = { workspace = true, … }` or a line inside one.
fn is_inherited(key: &str, value: &str) -> bool {
    let is_value_of_a_dotted_key = key.contains('.');
    match is_value_of_a_dotted_key {
        true => !key.ends_with(".version"),
        false => value.replace(' ', "").contains("workspace=true"),
    }
}

/// Which part of a manifest a line stands in.
enum Section {
    /// `[dependencies]` and its like.
    Dependencies,
    /// `[dependencies.name]`.
    OneDependency {
        name: String,
        is_inherited: bool,
    },
    Other,
}

impl Section {
    fn of_header(line: &str) -> Self {
        let header = line.trim_start_matches('[');
        let header = header.split(']').next().unwrap_or(header);
        let mut words = header.rsplit('.');
        let last = words.next().unwrap_or_default();
        if last.ends_with("dependencies") {
            return Self::Dependencies;
        }
        if words
            .next()
            .is_some_and(|word| word.ends_with("dependencies"))
        {
            return Self::OneDependency {
                name: last.to_owned(),
                is_inherited: false,
            };
        }
        Self::Other
    }

    fn finish(&self, found: &mut Vec<String>) {
        if let Self::OneDependency {
            name,
            is_inherited: false,
        } = self
        {
            found.push(name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inherited_dependencies_pass_in_every_form() {
        let manifest = r#"
[package]
version = "0.1.0"

[dependencies]
serde.workspace = true
time = { workspace = true, features = [
    "macros",
] }

[target.'cfg(unix)'.dependencies]
rustix = { workspace = true }

[dev-dependencies.tokio]
workspace = true
features = ["macros"]

[features]
testing = []
"#;

        assert_eq!(own_dependencies(manifest), Vec::<String>::new());
    }

    #[test]
    fn versions_and_paths_are_found_in_every_form() {
        let manifest = r#"
[dependencies]
serde = "1"
url = { version = "2", features = ["serde"] }
sibling = { path = "../sibling" }
uuid.version = "1"

[target.'cfg(unix)'.build-dependencies]
cc = "1"

[dev-dependencies.tokio]
version = "1"
"#;

        assert_eq!(
            own_dependencies(manifest),
            ["serde", "url", "sibling", "uuid.version", "cc", "tokio"]
        );
    }
}
