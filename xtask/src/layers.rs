//! The layers of the workspace: which package may use which, and what must never get below it.
//!
//! CONTRIBUTING.md tells the same table in words. A package without a row is a violation,
//! so that nobody adds one without deciding where it stands.

use crate::graph::{Graph, Package};

/// The rules of one package.
struct Layer {
    package: &'static str,
    /// The packages of this workspace that it may depend on.
    may_use: &'static [&'static str],
    /// What must not be in its normal dependency tree.
    never_below: &'static [Family],
    /// What it must not depend on by itself, while others below it may.
    never_direct: &'static [Family],
}

/// A crate, or a group of crates that belong together.
#[derive(Debug, Clone, Copy)]
enum Family {
    /// The crate of this name.
    Crate(&'static str),
    /// The crate of this name and those whose names continue it, such as `actix` and `actix-web`.
    Group(&'static str),
}

use Family::{Crate, Group};

const LAYERS: &[Layer] = &[
    Layer {
        package: "handoff-domain",
        may_use: &[],
        never_below: &[
            Group("tokio"),
            Group("actix"),
            Group("diesel"),
            Group("reqwest"),
            Crate("ring"),
            Crate("anyhow"),
            Crate("pulldown-cmark"),
        ],
        never_direct: &[],
    },
    Layer {
        package: "handoff-scoping",
        may_use: &["handoff-domain"],
        never_below: &[
            Group("diesel"),
            Group("actix"),
            Group("reqwest"),
            Group("tokio"),
        ],
        never_direct: &[],
    },
    Layer {
        package: "handoff-crypto",
        may_use: &["handoff-domain"],
        never_below: &[Group("diesel"), Group("reqwest"), Group("actix")],
        never_direct: &[],
    },
    Layer {
        package: "jira-client",
        may_use: &[],
        never_below: &[Group("diesel"), Group("actix")],
        never_direct: &[],
    },
    Layer {
        package: "handoff-trackers",
        may_use: &["handoff-domain", "jira-client"],
        never_below: &[Group("diesel"), Group("actix")],
        never_direct: &[],
    },
    Layer {
        package: "handoff-store",
        may_use: &["handoff-domain"],
        never_below: &[Group("reqwest"), Group("actix")],
        never_direct: &[],
    },
    Layer {
        package: "jira-sandbox",
        may_use: &[],
        never_below: &[Group("diesel")],
        never_direct: &[],
    },
    Layer {
        package: "jira-contract",
        may_use: &[],
        never_below: &[Group("diesel"), Group("actix"), Group("reqwest")],
        never_direct: &[],
    },
    Layer {
        package: "handoff-api",
        may_use: &[
            "handoff-crypto",
            "handoff-domain",
            "handoff-scoping",
            "handoff-store",
            "handoff-trackers",
            "jira-client",
            "jira-sandbox",
        ],
        never_below: &[],
        never_direct: &[Group("diesel"), Crate("ring")],
    },
    Layer {
        package: "acceptance",
        may_use: &[
            "handoff-api",
            "handoff-crypto",
            "handoff-domain",
            "handoff-store",
            "handoff-trackers",
            "jira-client",
            "jira-contract",
            "jira-sandbox",
        ],
        never_below: &[],
        never_direct: &[],
    },
    Layer {
        package: "xtask",
        may_use: &[],
        never_below: &[],
        never_direct: &[],
    },
];

/// A crate that the project does not use.
struct Ban {
    name: &'static str,
    reach: Reach,
    reason: &'static str,
}

/// How far a ban goes.
#[derive(Debug, PartialEq, Eq)]
enum Reach {
    /// Nothing that is built may need the crate.
    Everywhere,
    /// Packages of this workspace must not depend on it; foreign ones may.
    OwnPackages,
}

const BANS: &[Ban] = &[
    Ban {
        name: "actix-governor",
        reach: Reach::Everywhere,
        reason: "it is GPL: use governor",
    },
    Ban {
        name: "openssl-sys",
        reach: Reach::Everywhere,
        reason: "TLS is rustls with ring",
    },
    Ban {
        name: "native-tls",
        reach: Reach::Everywhere,
        reason: "TLS is rustls with ring",
    },
    Ban {
        name: "aws-lc-sys",
        reach: Reach::Everywhere,
        reason: "TLS is rustls with ring",
    },
    Ban {
        name: "sqlx",
        reach: Reach::Everywhere,
        reason: "the store is diesel",
    },
    Ban {
        name: "lazy_static",
        reach: Reach::OwnPackages,
        reason: "use std::sync::LazyLock",
    },
];

/// Every place at which the graph breaks a rule.
pub(crate) fn violations(graph: &Graph) -> Vec<String> {
    let mut found = Vec::new();
    for (id, package) in graph.members() {
        match LAYERS.iter().find(|layer| layer.package == package.name) {
            Some(layer) => check_layer(graph, id, layer, &mut found),
            None => found.push(format!(
                "{} has no row in xtask/src/layers.rs: decide what it may use",
                package.name
            )),
        }
    }
    for ban in BANS {
        check_ban(graph, ban, &mut found);
    }
    for package in graph
        .packages()
        .filter(|package| is_copyleft(&package.license))
    {
        let Package { name, license, .. } = package;
        found.push(format!(
            "{name} is under {license}: nothing under a GPL is used"
        ));
    }
    found
}

/// Whether every choice that a licence leaves is one of the GNU licences.
fn is_copyleft(license: &str) -> bool {
    license
        .split(" OR ")
        .all(|choice| choice.to_ascii_uppercase().contains("GPL"))
}

fn check_layer(graph: &Graph, id: &str, layer: &Layer, found: &mut Vec<String>) {
    let Layer { package, .. } = layer;
    for dependency in graph.direct(id) {
        if is_forbidden_neighbour(layer, dependency) {
            found.push(format!("{package} must not depend on {}", dependency.name));
        } else if layer
            .never_direct
            .iter()
            .any(|family| family.holds(&dependency.name))
        {
            found.push(format!(
                "{package} must not depend on {} directly",
                dependency.name
            ));
        }
    }
    for way in graph.tree(id) {
        if let Some(name) = way.last()
            && layer.never_below.iter().any(|family| family.holds(name))
        {
            found.push(format!(
                "{package} must not reach {name}: {package} → {}",
                way.join(" → ")
            ));
        }
    }
}

fn is_forbidden_neighbour(layer: &Layer, dependency: &Package) -> bool {
    dependency.is_member && !layer.may_use.contains(&dependency.name.as_str())
}

fn check_ban(graph: &Graph, ban: &Ban, found: &mut Vec<String>) {
    let Ban { name, reason, .. } = ban;
    for dependent in graph.dependents(name) {
        if dependent.is_member || ban.reach == Reach::Everywhere {
            found.push(format!(
                "{} needs the banned crate {name}: {reason}",
                dependent.name
            ));
        }
    }
}

impl Family {
    fn holds(self, name: &str) -> bool {
        match self {
            Crate(own) => name == own,
            Group(prefix) => name
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_'])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: [&str; 7] = [
        "*handoff-domain: serde",
        "*jira-client: reqwest tokio",
        "*handoff-trackers: handoff-domain jira-client",
        "*handoff-store: handoff-domain diesel-async",
        "*handoff-crypto: handoff-domain ring",
        "*handoff-api: handoff-domain handoff-store handoff-trackers actix-web tracing-subscriber",
        "diesel-async: diesel tokio",
    ];

    fn violations_with(planted: &[&str]) -> Vec<String> {
        let lines: Vec<&str> = SOUND.iter().chain(planted).copied().collect();
        violations(&Graph::drawn(&lines))
    }

    #[test]
    fn a_sound_graph_has_no_violation() {
        assert_eq!(violations_with(&[]), Vec::<String>::new());
    }

    #[test]
    fn a_forbidden_crate_deep_in_the_tree_is_found_with_the_way_to_it() {
        let found = violations_with(&["*handoff-domain: harmless", "harmless: tokio-util"]);

        assert_eq!(
            found,
            ["handoff-domain must not reach tokio-util: \
              handoff-domain → harmless → tokio-util"]
        );
    }

    #[test]
    fn adapters_must_not_see_each_other() {
        let found = violations_with(&["*handoff-crypto: handoff-store"]);

        assert!(
            found.contains(&"handoff-crypto must not depend on handoff-store".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn jira_client_stands_alone() {
        let found = violations_with(&["*jira-client: handoff-domain"]);

        assert_eq!(found, ["jira-client must not depend on handoff-domain"]);
    }

    #[test]
    fn the_sandbox_shares_nothing_with_the_client() {
        let found = violations_with(&["*jira-sandbox: jira-client"]);

        assert_eq!(found, ["jira-sandbox must not depend on jira-client"]);
    }

    #[test]
    fn api_may_reach_diesel_but_not_name_it() {
        let found = violations_with(&["*handoff-api: handoff-store diesel ring"]);

        assert_eq!(
            found,
            [
                "handoff-api must not depend on diesel directly",
                "handoff-api must not depend on ring directly",
            ]
        );
    }

    #[test]
    fn nothing_depends_on_the_acceptance_tests() {
        let found = violations_with(&["*acceptance: serde", "*handoff-trackers: acceptance"]);

        assert_eq!(found, ["handoff-trackers must not depend on acceptance"]);
    }

    #[test]
    fn a_package_without_a_row_is_found() {
        let found = violations_with(&["*handoff-linear: serde"]);

        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("handoff-linear has no row")),
            "{found:?}"
        );
    }

    #[test]
    fn banned_crates_are_found_wherever_they_are_needed() {
        let found = violations_with(&["reqwest: native-tls", "*xtask: lazy_static"]);

        assert_eq!(
            found,
            [
                "reqwest needs the banned crate native-tls: TLS is rustls with ring",
                "xtask needs the banned crate lazy_static: use std::sync::LazyLock",
            ]
        );
    }

    #[test]
    fn what_only_our_own_packages_must_not_use_may_come_with_foreign_ones() {
        assert!(violations_with(&["sharded-slab: lazy_static"]).is_empty());
    }

    #[test]
    fn a_package_that_can_only_be_had_under_a_gpl_is_found() {
        let under = |license| violations(&Graph::drawn(&SOUND).licensed("tokio", license));

        for gpl in ["GPL-3.0-only", "LGPL-2.1-or-later AND MIT", "(AGPL-3.0)"] {
            assert_eq!(under(gpl).len(), 1, "{gpl}");
        }
        for free in ["MIT", "MIT OR LGPL-2.1-or-later", "Apache-2.0 AND ISC", ""] {
            assert!(under(free).is_empty(), "{free}");
        }
    }

    #[test]
    fn a_group_is_no_mere_prefix() {
        assert!(Group("actix").holds("actix-web"));
        assert!(Group("diesel").holds("diesel_migrations"));
        assert!(!Group("tokio").holds("tokiolike"));
        assert!(!Crate("ring").holds("ring-x"));
    }
}
