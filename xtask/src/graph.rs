//! The resolved dependency graph, read from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::process;
use crate::workspace::Workspace;

/// The packages of the workspace and everything below them.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    packages: BTreeMap<String, Package>,
}

/// One package and what it needs.
#[derive(Debug, Default)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) manifest: PathBuf,
    pub(crate) is_member: bool,
    /// The licence as an SPDX expression; empty where the package names none.
    pub(crate) license: String,
    dependencies: BTreeMap<String, Kinds>,
}

/// For what a package needs another one.
#[derive(Debug, Default, Clone, Copy)]
struct Kinds {
    is_normal: bool,
}

impl Graph {
    /// Asks cargo.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        let text = process::output(workspace.cargo().args([
            "metadata",
            "--format-version",
            "1",
            "--locked",
        ]))?;
        let metadata = serde_json::from_str(&text).context("cargo metadata is not JSON")?;
        Self::parse(&metadata).context("cargo metadata is not of the known form")
    }

    fn parse(metadata: &Value) -> Option<Self> {
        let members: BTreeSet<&str> = metadata
            .get("workspace_members")?
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let mut packages = BTreeMap::new();
        for package in metadata.get("packages")?.as_array()? {
            let id = package.get("id")?.as_str()?;
            packages.insert(
                id.to_owned(),
                Package {
                    name: package.get("name")?.as_str()?.to_owned(),
                    manifest: package.get("manifest_path")?.as_str()?.into(),
                    is_member: members.contains(id),
                    license: package
                        .get("license")
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned(),
                    dependencies: BTreeMap::new(),
                },
            );
        }
        for node in metadata.pointer("/resolve/nodes")?.as_array()? {
            let package = packages.get_mut(node.get("id")?.as_str()?)?;
            for dependency in node.get("deps")?.as_array()? {
                let id = dependency.get("pkg")?.as_str()?;
                let is_normal = dependency
                    .get("dep_kinds")?
                    .as_array()?
                    .iter()
                    .any(|kind| kind.get("kind").is_some_and(Value::is_null));
                package
                    .dependencies
                    .insert(id.to_owned(), Kinds { is_normal });
            }
        }
        Some(Self { packages })
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Package)> {
        self.packages
            .iter()
            .filter(|(_, package)| package.is_member)
            .map(|(id, package)| (id.as_str(), package))
    }

    /// The normal dependencies that a package names itself.
    pub(crate) fn direct(&self, id: &str) -> impl Iterator<Item = &Package> {
        self.normal_dependencies(id)
            .filter_map(|id| self.packages.get(id))
    }

    /// Every package in the normal dependency tree of one, with the shortest way to it by name.
    pub(crate) fn tree(&self, id: &str) -> Vec<Vec<&str>> {
        let mut ways: Vec<Vec<&str>> = Vec::new();
        let mut seen = BTreeSet::from([id]);
        let mut queue = VecDeque::from([(id, Vec::new())]);
        while let Some((id, way)) = queue.pop_front() {
            for next in self.normal_dependencies(id) {
                if let Some(package) = self.packages.get(next)
                    && seen.insert(next)
                {
                    let mut longer = way.clone();
                    longer.push(package.name.as_str());
                    ways.push(longer.clone());
                    queue.push_back((next, longer));
                }
            }
        }
        ways
    }

    /// The packages that need one of this name for anything.
    pub(crate) fn dependents(&self, name: &str) -> impl Iterator<Item = &Package> {
        self.packages.values().filter(move |package| {
            package.dependencies.keys().any(|id| {
                self.packages
                    .get(id)
                    .is_some_and(|dependency| dependency.name == name)
            })
        })
    }

    /// Every package of the graph.
    pub(crate) fn packages(&self) -> impl Iterator<Item = &Package> {
        self.packages.values()
    }

    fn normal_dependencies(&self, id: &str) -> impl Iterator<Item = &str> {
        self.packages
            .get(id)
            .into_iter()
            .flat_map(|package| &package.dependencies)
            .filter(|(_, kinds)| kinds.is_normal)
            .map(|(id, _)| id.as_str())
    }
}

#[cfg(test)]
impl Graph {
    /// The same graph with a package under a licence.
    pub(crate) fn licensed(mut self, name: &str, license: &str) -> Self {
        self.packages.get_mut(name).unwrap().license = license.to_owned();
        self
    }

    /// A graph from `package: dependency dependency` lines; members are marked with a `*`.
    pub(crate) fn drawn(lines: &[&str]) -> Self {
        let mut graph = Self::default();
        for line in lines {
            let (name, dependencies) = line.split_once(':').unwrap();
            let dependencies: Vec<&str> = dependencies.split_whitespace().collect();
            for name in dependencies.iter().chain([&name.trim_start_matches('*')]) {
                graph.packages.entry((*name).to_owned()).or_default().name = (*name).to_owned();
            }
            let package = graph
                .packages
                .get_mut(name.trim_start_matches('*'))
                .unwrap();
            package.is_member = name.starts_with('*');
            package.dependencies = dependencies
                .iter()
                .map(|id| ((*id).to_owned(), Kinds { is_normal: true }))
                .collect();
        }
        graph
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_normal_dependencies_are_in_the_tree() {
        let metadata = json!({
            "workspace_members": ["a 0.1"],
            "packages": [
                { "id": "a 0.1", "name": "a", "manifest_path": "/a/Cargo.toml" },
                { "id": "b 1", "name": "b", "manifest_path": "/b/Cargo.toml" },
                { "id": "c 1", "name": "c", "manifest_path": "/c/Cargo.toml" },
                { "id": "d 1", "name": "d", "manifest_path": "/d/Cargo.toml" },
            ],
            "resolve": { "nodes": [
                { "id": "a 0.1", "deps": [
                    { "pkg": "b 1", "dep_kinds": [{ "kind": "dev" }, { "kind": null }] },
                    { "pkg": "c 1", "dep_kinds": [{ "kind": "dev" }] },
                ] },
                { "id": "b 1", "deps": [{ "pkg": "d 1", "dep_kinds": [{ "kind": null }] }] },
                { "id": "c 1", "deps": [] },
                { "id": "d 1", "deps": [] },
            ] },
        });

        let graph = Graph::parse(&metadata).unwrap();

        assert_eq!(graph.tree("a 0.1"), [vec!["b"], vec!["b", "d"]]);
        let dependents: Vec<_> = graph.dependents("c").map(|package| &package.name).collect();
        assert_eq!(dependents, ["a"]);
        assert_eq!(graph.members().count(), 1);
    }

    #[test]
    fn a_drawn_graph_may_have_circles() {
        let graph = Graph::drawn(&["*a: b", "b: a c"]);

        assert_eq!(graph.tree("a"), [vec!["b"], vec!["b", "c"]]);
    }
}
