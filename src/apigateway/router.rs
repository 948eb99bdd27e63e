//! Which resource and method a request means.

use indexmap::IndexMap;

use super::http::percent_decode;
use super::{Method, Resource, RestApi};

/// A request's place in the API.
#[derive(Clone, Debug)]
pub(super) struct Route<'a> {
    pub(super) resource: &'a Resource,
    /// The key in the resource: the request's method, or `ANY`.
    pub(super) method_key: String,
    pub(super) method: &'a Method,
    /// Decoded.
    pub(super) path_parameters: IndexMap<String, String>,
}

/// How well a segment fits; the better first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Static,
    Parameter,
    Greedy,
}

/// The most specific resource that has a method for the request. Recorded: a static resource without that method does not
/// hide a greedy one that has it.
pub(super) fn route<'a>(api: &'a RestApi, method: &str, path: &str) -> Option<Route<'a>> {
    let segments = segments(path);
    let mut candidates: Vec<_> = api
        .resources
        .iter()
        .filter_map(|resource| {
            fit(&resource.path, &segments).map(|(fits, parameters)| (fits, resource, parameters))
        })
        .collect();
    candidates.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    candidates.into_iter().find_map(|(_, resource, path_parameters)| {
        let (method_key, method) =
            [method, "ANY"].into_iter().find_map(|key| resource.methods.get_key_value(key))?;
        Some(Route { resource, method_key: method_key.clone(), method, path_parameters })
    })
}

/// The route that a request takes: the key of its method in the resource, and the resource's path.
pub fn route_of<'a>(api: &'a RestApi, method: &str, path: &str) -> Option<(String, &'a str)> {
    route(api, method, path).map(|it| (it.method_key, it.resource.path.as_str()))
}

/// The parts between slashes; a slash at the end changes nothing.
fn segments(path: &str) -> Vec<&str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() { Vec::new() } else { path.split('/').collect() }
}

fn fit(pattern: &str, path: &[&str]) -> Option<(Vec<Fit>, IndexMap<String, String>)> {
    let pattern = segments(pattern);
    let mut fits = Vec::new();
    let mut parameters = IndexMap::new();
    for (index, part) in pattern.iter().enumerate() {
        let segment = path.get(index)?;
        match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => match name.strip_suffix('+') {
                Some(greedy) => {
                    fits.push(Fit::Greedy);
                    parameters.insert(greedy.to_owned(), percent_decode(&path[index..].join("/")));
                    return Some((fits, parameters));
                }
                None => {
                    fits.push(Fit::Parameter);
                    parameters.insert(name.to_owned(), percent_decode(segment));
                }
            },
            None if part == segment || percent_decode(segment) == *part => fits.push(Fit::Static),
            None => return None,
        }
    }
    (pattern.len() == path.len()).then_some((fits, parameters))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(resources: &[(&str, &[&str])]) -> RestApi {
        let resource = |(path, methods): &(&str, &[&str])| Resource {
            path: (*path).to_owned(),
            methods: methods
                .iter()
                .map(|method| ((*method).to_owned(), Method::default()))
                .collect(),
        };
        RestApi { resources: resources.iter().map(resource).collect(), ..RestApi::default() }
    }

    #[track_caller]
    fn check(api: &RestApi, request: &str, expected: Option<&str>) {
        let (method, path) = request.split_once(' ').unwrap();
        let found = route(api, method, path).map(|it| {
            let parameters: Vec<_> =
                it.path_parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {} {}", it.method_key, it.resource.path, parameters.join(","))
                .trim_end()
                .to_owned()
        });
        assert_eq!(found.as_deref(), expected, "{request}");
    }

    #[test]
    fn the_most_specific_resource_with_the_method_wins() {
        let api = api(&[
            ("/", &["GET"]),
            ("/{proxy+}", &["ANY"]),
            ("/items", &["GET", "POST"]),
            ("/items/{id}", &["GET"]),
            ("/items/special", &["GET"]),
        ]);
        check(&api, "GET /", Some("GET /"));
        check(&api, "GET /items", Some("GET /items"));
        check(&api, "GET /items/", Some("GET /items"));
        check(&api, "GET /items/a%20b", Some("GET /items/{id} id=a b"));
        check(&api, "GET /items/special", Some("GET /items/special"));
        check(&api, "DELETE /items/special", Some("ANY /{proxy+} proxy=items/special"));
        check(&api, "POST /", None);
    }

    #[test]
    fn an_unknown_path_has_no_route() {
        let api = api(&[("/items/{id}", &["GET"])]);
        check(&api, "GET /items", None);
        check(&api, "GET /items/1/2", None);
        check(&api, "PUT /items/1", None);
        check(&RestApi::default(), "GET /", None);
    }
}
