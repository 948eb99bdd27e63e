//! Aliases: names for one or two versions of a machine, with the share of the executions that each gets.

use std::sync::Arc;

use super::describe::seconds;
use super::page::Page;
use super::refusal::ApiError;
use super::request::{ARN, Is, LONG_ARN, MAX_RESULTS, Member, NAME, NEXT_TOKEN, Request};
use super::versions::version_of_arn;
use crate::app::app::App;
use crate::app::clock;
use crate::execution::Timestamp;
use crate::json::Value;

/// Aliases of one machine (service quotas).
const MAX_ALIASES: usize = 100;
/// Versions that an alias may stand for (API reference of `CreateStateMachineAlias`).
const MAX_ROUTES: usize = 2;

const PATTERN: &str = r"^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$";

const CREATE: &[Member] = &[
    Member::needed("name", NAME),
    Member::needed("routingConfiguration", Is::Nested),
    Member::optional("description", Is::Payload { most: 256 }),
];
const UPDATE: &[Member] = &[
    Member::needed("stateMachineAliasArn", ARN),
    Member::optional("routingConfiguration", Is::Nested),
    Member::optional("description", Is::Payload { most: 256 }),
];
const ONE: &[Member] = &[Member::needed("stateMachineAliasArn", LONG_ARN)];
const LIST: &[Member] = &[Member::needed("stateMachineArn", ARN), MAX_RESULTS, NEXT_TOKEN];

/// An alias.
#[derive(Clone, Debug)]
pub(super) struct Alias {
    machine_arn: String,
    name: String,
    description: Option<Arc<str>>,
    routes: Vec<Route>,
    created: Timestamp,
    updated: Timestamp,
    /// Executions that were started through it.
    started: u64,
}

/// A version with its share, in percent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    version_arn: String,
    weight: u64,
}

impl Route {
    /// As AWS shows it in messages.
    fn shown(&self) -> String {
        let Self { version_arn, weight } = self;
        format!(
            "RoutingConfigurationListItem(stateMachineVersionArn={version_arn}, weight={weight})"
        )
    }
}

impl Alias {
    /// The version of the next execution. AWS draws lots; here the shares are kept exactly, so that what is run can be told
    /// beforehand.
    pub(super) fn next_version(&mut self) -> Option<&str> {
        let first = self.routes.first()?;
        let share = |started: u64| started.saturating_mul(first.weight) / 100;
        let is_first = share(self.started + 1) > share(self.started);
        self.started += 1;
        let route = if is_first { self.routes.first() } else { self.routes.last() };
        route.map(|it| it.version_arn.as_str())
    }
}

impl App {
    pub(super) fn create_alias(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, CREATE)?;
        let name = request.needed("name");
        if !is_alias_name(name) {
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '{name}' at 'name' failed to satisfy constraint: Member must satisfy regular \
                 expression pattern: {PATTERN}"
            )));
        }
        let (machine_arn, routes) = self.routes(&request)?.unwrap_or_default();
        self.may_be_changed(&machine_arn)?;
        let arn = format!("{machine_arn}:{name}");
        let description: Option<Arc<str>> = request.text("description").map(Arc::from);
        if let Some(earlier) = self.states_api.aliases.get(&arn) {
            // The same request once more gets the same answer (API reference).
            if earlier.routes == routes && earlier.description == description {
                return Ok(created(&arn, earlier));
            }
            let message = "Failed to create alias because an alias with the same name and a different routing configuration already \
                           exists.";
            return Err(ApiError::new("ConflictException", message));
        }
        let own = self.states_api.aliases.values().filter(|it| it.machine_arn == machine_arn);
        if own.count() >= MAX_ALIASES {
            let message = format!("A state machine has at most {MAX_ALIASES} aliases");
            return Err(ApiError::new("ServiceQuotaExceededException", message));
        }
        let now = clock::now();
        let name = name.to_owned();
        let alias = Alias {
            machine_arn,
            name,
            description,
            routes,
            created: now,
            updated: now,
            started: 0,
        };
        let answer = created(&arn, &alias);
        self.states_api.aliases.insert(arn, alias);
        Ok(answer)
    }

    pub(super) fn update_alias(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, UPDATE)?;
        let arn = request.needed("stateMachineAliasArn");
        let routes = self.routes(&request)?;
        let description = request.text("description");
        let alias = self.states_api.aliases.get_mut(arn);
        let alias = alias.ok_or_else(no_alias)?;
        if routes.is_none() && description.is_none() {
            let message = "Either the description or the routing configuration must be specified";
            return Err(ApiError::validation(message));
        }
        if let Some((machine_arn, routes)) = routes {
            if machine_arn != alias.machine_arn {
                let message = "An alias can not be moved to the versions of another machine";
                return Err(ApiError::validation(message));
            }
            alias.routes = routes;
        }
        if let Some(description) = description {
            alias.description = Some(description.into());
        }
        alias.updated = clock::now();
        Ok(Value::object([("updateDate", seconds(alias.updated))]))
    }

    pub(super) fn describe_alias(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, ONE)?;
        let arn = request.needed("stateMachineAliasArn");
        let alias = self.states_api.aliases.get(arn);
        let alias = alias.ok_or_else(no_alias)?;
        let routes = alias.routes.iter().map(|it| {
            let weight = i64::try_from(it.weight).unwrap_or(100);
            Value::object([
                ("stateMachineVersionArn", Value::from(it.version_arn.as_str())),
                ("weight", Value::from(weight)),
            ])
        });
        let mut members = vec![
            ("stateMachineAliasArn", Value::from(arn)),
            ("name", Value::from(alias.name.as_str())),
            ("routingConfiguration", Value::array(routes)),
            ("creationDate", seconds(alias.created)),
            ("updateDate", seconds(alias.updated)),
        ];
        if let Some(description) = &alias.description {
            members.push(("description", Value::String(Arc::clone(description))));
        }
        Ok(Value::object(members))
    }

    /// In the order of their names; those of a version, where the ARN is one of a version.
    pub(super) fn list_aliases(&self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, LIST)?;
        let arn = request.needed("stateMachineArn");
        let page = Page::of(&request, &format!("ListStateMachineAliases {arn}"))?;
        self.target(arn)?;
        let of_it = |it: &Alias| {
            it.machine_arn == *arn || it.routes.iter().any(|route| route.version_arn == *arn)
        };
        let after = page.after.as_ref();
        let following = self
            .states_api
            .aliases
            .iter()
            .filter(|(_, it)| of_it(it) && after.is_none_or(|after| it.name > *after));
        Ok(page.answer(
            "stateMachineAliases",
            following,
            |(_, it)| it.name.clone(),
            |(arn, it)| created(arn, it),
        ))
    }

    /// Deleting what is not there is no error (recorded).
    pub(super) fn delete_alias(&mut self, body: &str) -> Result<Value, ApiError> {
        let request = Request::read(body, ONE)?;
        let arn = request.needed("stateMachineAliasArn");
        super::arns::read(arn, &["stateMachine"])?;
        self.states_api.aliases.remove(arn);
        Ok(Value::empty_object())
    }

    /// The names of the aliases that stand for a version.
    pub(super) fn aliases_of_version(&self, version_arn: &str) -> Vec<&str> {
        let stands = |it: &&Alias| it.routes.iter().any(|route| route.version_arn == version_arn);
        self.states_api.aliases.values().filter(stands).map(|it| it.name.as_str()).collect()
    }

    /// With all aliases of a machine that is deleted.
    pub(super) fn forget_aliases(&mut self, machine_arn: &str) {
        self.states_api.aliases.retain(|_, it| it.machine_arn != machine_arn);
    }

    /// The machine and the versions that a request routes to.
    fn routes(&self, request: &Request) -> Result<Option<(String, Vec<Route>)>, ApiError> {
        let Some(given) = request.get("routingConfiguration") else { return Ok(None) };
        let items = given.as_array().map(|it| it.as_slice()).unwrap_or_default();
        let mut routes = Vec::new();
        for (item, number) in items.iter().zip(1_u64..) {
            routes.push(route(item, number)?);
        }
        let bound = match routes.len() {
            0 => Some("greater than or equal to 1".to_owned()),
            many => (many > MAX_ROUTES).then(|| format!("less than or equal to {MAX_ROUTES}")),
        };
        if let Some(bound) = bound {
            let shown: Vec<String> = routes.iter().map(Route::shown).collect();
            return Err(ApiError::validation(format!(
                "1 validation error detected: Value '[{}]' at 'routingConfiguration' failed to satisfy constraint: Member must have \
                 length {bound}",
                shown.join(", ")
            )));
        }
        let all: Vec<&str> = routes.iter().map(|it| it.version_arn.as_str()).collect();
        let received =
            |what: &str| ApiError::validation(format!("{what}. Received: [{}]", all.join(", ")));
        let mut machine_arn = None;
        for arn in &all {
            let Some((own, number)) = version_of_arn(arn)? else {
                return Err(received(
                    "Routing configuration must contain state machine version ARNs",
                ));
            };
            if self.version(own, number).is_none() {
                return Err(ApiError::no_resource(arn));
            }
            if machine_arn.replace(own).is_some_and(|it| it != own) {
                let message = "Routing configuration must contain versions of one state machine";
                return Err(received(message));
            }
        }
        if let [one, other] = all.as_slice()
            && one == other
        {
            let message = "Routing configuration must contain distinct state machine version ARNs";
            return Err(received(message));
        }
        if routes.iter().map(|it| it.weight).sum::<u64>() != 100 {
            let weights: Vec<String> = routes.iter().map(|it| it.weight.to_string()).collect();
            return Err(ApiError::validation(format!(
                "Sum of routing configuration weights must equal 100. Received: [{}]",
                weights.join(", ")
            )));
        }
        let machine_arn = machine_arn.unwrap_or_default().to_owned();
        Ok(Some((machine_arn, routes)))
    }
}

/// An item of a routing configuration; AWS counts them from 1.
fn route(item: &Value, number: u64) -> Result<Route, ApiError> {
    let member = format!("routingConfiguration.{number}.member");
    let missing = |name: &str| {
        ApiError::validation(format!(
            "1 validation error detected: Value null at '{member}.{name}' failed to satisfy constraint: Member must not be null"
        ))
    };
    let arn = item.get("stateMachineVersionArn").and_then(Value::as_str);
    let weight = item.get("weight").and_then(Value::as_i64);
    let version_arn = arn.ok_or_else(|| missing("stateMachineVersionArn"))?.to_owned();
    let weight = weight.ok_or_else(|| missing("weight"))?;
    let beyond = |bound: &str| {
        ApiError::validation(format!(
            "1 validation error detected: Value '{weight}' at '{member}.weight' failed to satisfy constraint: Member must have \
             value {bound}"
        ))
    };
    match u64::try_from(weight) {
        Ok(weight) if weight <= 100 => Ok(Route { version_arn, weight }),
        Ok(_) => Err(beyond("less than or equal to 100")),
        Err(_) => Err(beyond("greater than or equal to 0")),
    }
}

/// What [`PATTERN`] says: no other characters, and not digits alone, which would be a version.
fn is_alias_name(name: &str) -> bool {
    let allowed = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    name.chars().all(allowed) && !name.chars().all(|it| it.is_ascii_digit())
}

fn no_alias() -> ApiError {
    ApiError::new("ResourceNotFound", "Request references a resource that does not exist.")
}

fn created(arn: &str, alias: &Alias) -> Value {
    Value::object([
        ("stateMachineAliasArn", Value::from(arn)),
        ("creationDate", seconds(alias.created)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_kept_to_the_hundredth() {
        for (weight, first) in [(100, 200), (50, 100), (25, 50), (1, 2), (0, 0)] {
            let route = |arn: &str, weight| Route { version_arn: arn.to_owned(), weight };
            let now = Timestamp(0);
            let mut alias = Alias {
                machine_arn: "m".to_owned(),
                name: "live".to_owned(),
                description: None,
                routes: vec![route("m:1", weight), route("m:2", 100 - weight)],
                created: now,
                updated: now,
                started: 0,
            };
            let chosen = (0..200).filter(|_| alias.next_version() == Some("m:1")).count();
            assert_eq!(chosen, first, "{weight}");
        }
    }

    #[test]
    fn names_are_those_of_the_pattern() {
        for name in ["live", "v1", "1-2", "a.b_c"] {
            assert!(is_alias_name(name), "{name}");
        }
        for name in ["123", "a b", "!a", "a@", "ä"] {
            assert!(!is_alias_name(name), "{name}");
        }
    }
}
