//! The sites that a grant reaches.

use serde_json::{Value, json};

use crate::config::SiteListing;
use crate::kit::http::Answer;
use crate::world::{Site, World};

use super::Bearer;

/// Lists the granted sites in the order of the world, in which nothing marks the picked one.
pub(crate) fn accessible_resources(world: &World, bearer: &Bearer, listing: SiteListing) -> Answer {
    let granted = |site: &&Site| bearer.sites.contains(&site.cloud_id);
    let sites = world.sites.iter().filter(granted);
    let jira: Vec<_> = bearer
        .scopes
        .iter()
        .filter(|scope| scope.contains("jira"))
        .collect();
    let jira = json!(jira);
    let confluence = json!(["read:confluence-content.all"]);
    let resources: Vec<Value> = match listing {
        SiteListing::Empty => Vec::new(),
        _ if jira.as_array().is_some_and(Vec::is_empty) => Vec::new(),
        SiteListing::AsGranted => sites.map(|site| resource(site, &jira)).collect(),
        SiteListing::ConfluenceOnly => sites.map(|site| resource(site, &confluence)).collect(),
        SiteListing::WithConfluence => {
            let both = |site| [resource(site, &confluence), resource(site, &jira)];
            sites.flat_map(both).collect()
        }
    };
    Answer::json(200, &resources.into())
}

fn resource(site: &Site, scopes: &Value) -> Value {
    json!({
        "id": site.cloud_id,
        "name": site.name,
        "url": site.url,
        "scopes": scopes,
        "avatarUrl": format!("{}/avatar.png", site.url),
    })
}
