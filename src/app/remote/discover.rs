//! Which deployed API is the project's: by its name and by the paths that both have.

use crate::apigateway::RestApi;
use crate::aws::gateway::{DeployedApi, DeployedResource};
use crate::aws::{AwsError, Session};

/// APIs whose resources and stages are asked for; the account's quota is a few calls a second.
const MOST_ASKED: usize = 8;

/// A deployed API, with what is known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundApi {
    pub api: DeployedApi,
    pub resources: Vec<DeployedResource>,
    /// Name and URL.
    pub stages: Vec<(String, String)>,
    /// How much of the project's API it has, in percent of paths; `None` when it was not asked.
    pub shared: Option<usize>,
    /// Why its resources or stages did not come.
    pub problem: Option<String>,
}

impl FoundApi {
    /// The resource that takes a request of this method and path.
    pub fn resource_of(&self, method: &str, path: &str) -> Option<&DeployedResource> {
        let has = |it: &&DeployedResource| {
            it.methods
                .iter()
                .any(|own| own == method || own == "ANY" || own == "x-amazon-apigateway-any-method")
        };
        self.resources.iter().filter(has).filter(|it| fits(&it.path, path)).min_by_key(|it| {
            // A word goes before a parameter, and either before the rest of a path.
            it.path
                .split('/')
                .map(|part| part.starts_with('{') as usize + part.ends_with("+}") as usize)
                .sum::<usize>()
        })
    }
}

/// Whether a path fits a resource's: word by word, a parameter for any one, `{proxy+}` for all that are left.
fn fits(resource: &str, path: &str) -> bool {
    let mut words = path.trim_end_matches('/').split('/');
    for part in resource.trim_end_matches('/').split('/') {
        let Some(word) = words.next() else { return false };
        if part.ends_with("+}") {
            return !word.is_empty();
        }
        if part != word && (!part.starts_with('{') || word.is_empty()) {
            return false;
        }
    }
    words.next().is_none()
}

/// The deployed APIs, the likeliest first.
pub(super) async fn discover(
    session: &Session,
    own: Option<&RestApi>,
) -> Result<Vec<FoundApi>, AwsError> {
    let mut apis = session.rest_apis().await?;
    let name = own.map(|it| it.name.to_lowercase()).unwrap_or_default();
    apis.sort_by_key(|it| {
        let other = it.name.to_lowercase();
        let near = !name.is_empty() && (other.contains(&name) || name.contains(&other));
        (other != name, !near, other)
    });
    let mut found = Vec::new();
    for (index, api) in apis.into_iter().enumerate() {
        let mut item = FoundApi { api, ..FoundApi::default() };
        if index < MOST_ASKED {
            match session.resources(&item.api.id).await {
                Ok(resources) => {
                    item.shared = own.map(|own| shared(own, &resources));
                    item.resources = resources;
                }
                Err(AwsError::Cancelled) => return Err(AwsError::Cancelled),
                Err(err) => item.problem = Some(err.to_string()),
            }
            match session.stages(&item.api.id).await {
                Ok(stages) => {
                    let stage = |name: String| {
                        let url = session.stage_url(&item.api.id, &name);
                        (name, url)
                    };
                    item.stages = stages.into_iter().map(|it| stage(it.name)).collect();
                }
                Err(AwsError::Cancelled) => return Err(AwsError::Cancelled),
                Err(err) => item.problem = Some(err.to_string()),
            }
        }
        found.push(item);
    }
    // Names are often generated; paths are the project's own.
    found.sort_by_key(|it| std::cmp::Reverse(it.shared));
    Ok(found)
}

fn shared(own: &RestApi, resources: &[DeployedResource]) -> usize {
    let paths: Vec<&str> = own
        .resources
        .iter()
        .filter(|it| !it.methods.is_empty())
        .map(|it| it.path.as_str())
        .collect();
    let both = paths.iter().filter(|path| resources.iter().any(|it| it.path == **path)).count();
    if paths.is_empty() { 0 } else { both * 100 / paths.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(paths: &[(&str, &str)]) -> FoundApi {
        let resource = |(path, method): &(&str, &str)| DeployedResource {
            id: (*path).to_owned(),
            path: (*path).to_owned(),
            methods: vec![(*method).to_owned()],
        };
        FoundApi { resources: paths.iter().map(resource).collect(), ..FoundApi::default() }
    }

    #[test]
    fn the_nearest_resource_takes_a_request() {
        let api = api(&[
            ("/{proxy+}", "ANY"),
            ("/items/{id}", "GET"),
            ("/items/new", "GET"),
            ("/", "GET"),
        ]);
        let of = |method, path| api.resource_of(method, path).map(|it| it.path.as_str());
        assert_eq!(of("GET", "/items/7"), Some("/items/{id}"));
        assert_eq!(of("GET", "/items/new"), Some("/items/new"));
        assert_eq!(of("POST", "/items/7"), Some("/{proxy+}"));
        assert_eq!(of("GET", "/a/b/c"), Some("/{proxy+}"));
        assert_eq!(of("GET", "/"), Some("/"));
        assert_eq!(of("POST", "/"), None);
    }
}
