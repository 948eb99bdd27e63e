//! What a Task calls: whether the integration exists, may be waited for in that way, and is given what it needs.

use super::Reader;
use super::fields::Fields;
use crate::asl::service::{self, Parameter};
use crate::asl::similar::closest;
use crate::asl::task::ResourceKind;
use crate::asl::{IntegrationPattern, QueryLanguage, ResourceArn, Rule, api, placeholder, rule};
use crate::json::document::{Member, Node, Span};

/// What is known of an integration that exists.
struct Integration {
    parameters: Option<Vec<Parameter>>,
    /// Parameters that AWS asks for when the machine is created.
    asked_for: &'static [&'static str],
}

impl Reader<'_> {
    /// The `Resource` of a Task, and the parameters that go with it.
    pub(super) fn resource(
        &mut self,
        resource: &ResourceArn,
        fields: &Fields<'_>,
        language: QueryLanguage,
    ) {
        let Some(node) = fields.get("Resource") else { return };
        if placeholder::has_placeholder(&resource.text) || placeholder::is_placeholder(node) {
            return;
        }
        let location = fields.at("Resource");
        let at = (&*location, node.span);
        let integration = match &resource.kind {
            ResourceKind::LambdaFunction { .. } => return,
            ResourceKind::Activity { .. } => {
                self.no_credentials(fields);
                return;
            }
            ResourceKind::Other => {
                self.report(
                    &rule::INVALID_RESOURCE,
                    at,
                    "Value is not a valid resource ARN",
                    "Use arn:aws:states:::service:action, a Lambda function's ARN or an activity's ARN",
                );
                return;
            }
            ResourceKind::Optimised { service, action, pattern } => {
                self.optimised(at, resource, (service, action, *pattern))
            }
            ResourceKind::AwsSdk { service, action, pattern } => {
                self.aws_sdk(at, resource, (service, action, *pattern))
            }
        };
        if let Some(integration) = integration {
            self.parameters(resource, fields, language, &integration);
        }
    }

    /// Measured: an activity runs wherever its worker does, under the worker's own role.
    fn no_credentials(&mut self, fields: &Fields<'_>) {
        if let Some(credentials) = fields.get("Credentials") {
            self.report(
                &rule::UNSUPPORTED_FIELD,
                (&fields.at("Credentials"), credentials.span),
                "The field 'Credentials' is not supported for activities",
                "Remove it; the worker of an activity has a role of its own",
            );
        }
    }

    fn optimised(
        &mut self,
        at: (&str, Span),
        resource: &ResourceArn,
        (service, action, pattern): (&str, &str, IntegrationPattern),
    ) -> Option<Integration> {
        match service::knows(service, action, pattern) {
            service::Known::Yes => {
                return Some(Integration {
                    parameters: service::parameters(service, action),
                    asked_for: service::refuses_without(service, action),
                });
            }
            service::Known::OtherPattern => {
                let remedy = service::instead(service, action);
                self.not_recognized(&rule::UNSUPPORTED_PATTERN, at, resource, &remedy);
            }
            service::Known::Spelled { service, action } => {
                let remedy = format!("Write {service}:{action}");
                self.not_recognized(&rule::RESOURCE_CASE, at, resource, &remedy);
            }
            service::Known::No => {
                let remedy = service::instead(service, action);
                self.not_recognized(&rule::UNKNOWN_INTEGRATION, at, resource, &remedy);
            }
            service::Known::Service => {
                let remedy = match (service::closest_service(service), api::service(service)) {
                    (Some(name), _) => format!("Did you mean '{name}'?"),
                    (None, Some(_)) => format!("Use arn:aws:states:::aws-sdk:{service}:{action}"),
                    (None, None) => {
                        "Check the spelling, or use arn:aws:states:::aws-sdk:service:action"
                            .to_owned()
                    }
                };
                let message = format!("'{service}' is no service integration that Stepwell knows");
                self.report(&rule::UNKNOWN_SERVICE, at, message, &remedy);
            }
        }
        None
    }

    fn aws_sdk(
        &mut self,
        at: (&str, Span),
        resource: &ResourceArn,
        (service, action, pattern): (&str, &str, IntegrationPattern),
    ) -> Option<Integration> {
        if matches!(pattern, IntegrationPattern::Sync | IntegrationPattern::Sync2) {
            // Measured: aws-sdk: integrations are called, or wait for a token, and nothing else.
            let remedy = "aws-sdk: integrations take no suffix but '.waitForTaskToken'; look whether the service has an optimised integration with '.sync'";
            self.not_recognized(&rule::UNSUPPORTED_PATTERN, at, resource, remedy);
            return None;
        }
        let folded = service.to_ascii_lowercase();
        let Some(api) = api::service(&folded) else {
            let remedy = api::closest_service(service).map_or_else(
                || "Check the spelling; the name is that of the service in the AWS SDK for Java, in small letters".to_owned(),
                |name| format!("Did you mean '{name}'?"),
            );
            let message = format!("'{service}' is no service of the AWS SDK that Stepwell knows");
            self.report(&rule::UNKNOWN_SERVICE, at, message, &remedy);
            return None;
        };
        let Some(call) = api.call(action) else {
            let remedy = api.closest_action(action).map_or_else(
                || {
                    "Check the spelling; the name is that of the API, with a small letter first"
                        .to_owned()
                },
                |name| format!("Did you mean '{name}'?"),
            );
            let message = format!("'{folded}' has no API action '{action}' that Stepwell knows");
            self.report(&rule::UNKNOWN_API_ACTION, at, message, &remedy);
            return None;
        };
        let spelled = call.action();
        if spelled != action || folded != service {
            let remedy = format!("Write aws-sdk:{folded}:{spelled}");
            self.not_recognized(&rule::RESOURCE_CASE, at, resource, &remedy);
            return None;
        }
        let parameter = |it: api::Member| Parameter { name: api::sdk_name(it.name), need: it.need };
        let parameters = call.members().map(|members| members.map(parameter).collect());
        Some(Integration { parameters, asked_for: &[] })
    }

    /// AWS's words, recorded for dynamodb:query and measured for lambda:invoke.sync.
    fn not_recognized(
        &mut self,
        rule: &'static Rule,
        at: (&str, Span),
        resource: &ResourceArn,
        remedy: &str,
    ) {
        let message = format!(
            "The resource provided {} is not recognized. The value is not a valid resource ARN, or the resource is not available in this region.",
            resource.text
        );
        self.report(rule, at, message, remedy);
    }

    fn parameters(
        &mut self,
        resource: &ResourceArn,
        fields: &Fields<'_>,
        language: QueryLanguage,
        integration: &Integration,
    ) {
        let (name, other) = match language {
            QueryLanguage::JsonPath => ("Parameters", "Arguments"),
            QueryLanguage::Jsonata => ("Arguments", "Parameters"),
        };
        let Some(node) = fields.get(name) else {
            // What is written for the other language is reported as such.
            if !fields.has(other) {
                let span = fields.get("Resource").map_or(fields.span, |node| node.span);
                let message =
                    format!("{name} field is required for resource ARN: {}", resource.text);
                let remedy = format!("Add \"{name}\"; {{}} when the call takes nothing");
                let at = (&*fields.at("Resource"), span);
                self.report(&rule::MISSING_PARAMETERS, at, message, &remedy);
            }
            return;
        };
        // A whole expression or a placeholder may give any.
        let Some(members) = node.as_object().filter(|_| !placeholder::is_placeholder(node)) else {
            return;
        };
        let plain = |member: &Member| -> String {
            let text = &*member.name;
            let computed = language == QueryLanguage::JsonPath;
            text.strip_suffix(".$").filter(|_| computed).unwrap_or(text).to_owned()
        };
        if members.iter().any(|it| placeholder::has_placeholder(&it.name)) {
            return;
        }
        let given: Vec<String> = members.iter().map(plain).collect();
        let location = fields.at(name);
        self.missing(&given, (&location, node), (integration, language));
        let Some(known) = &integration.parameters else { return };
        for (member, given) in members.iter().zip(&given) {
            if member.name.starts_with("Fn::") || known.iter().any(|it| it.name == *given) {
                continue;
            }
            let names = known.iter().map(|it| it.name.as_str());
            let remedy = closest(given, names).map_or_else(
                || "Check the spelling; Step Functions wants every name to begin with a capital letter".to_owned(),
                |name| format!("Did you mean '{name}'?"),
            );
            // The words with which an execution fails.
            let message = format!("The field \"{given}\" is not supported by Step Functions");
            self.report(&rule::UNKNOWN_PARAMETER, (&location, member.name_span), message, &remedy);
        }
    }

    fn missing(
        &mut self,
        given: &[String],
        (location, node): (&str, &Node),
        (integration, language): (&Integration, QueryLanguage),
    ) {
        let known = integration.parameters.as_deref().unwrap_or_default();
        for parameter in known.iter().filter(|it| it.need == api::Need::Required) {
            let name = &parameter.name;
            // One in other letters is told as such.
            if given.iter().any(|it| it.eq_ignore_ascii_case(name)) {
                continue;
            }
            let asked_for = integration.asked_for.contains(&name.as_str());
            let rule =
                if asked_for { &rule::MISSING_PARAMETER } else { &rule::MISSING_API_PARAMETER };
            // AWS's words.
            let message = format!("The field '{name}' is required but was missing");
            let at = (location, self.first_letter_of(node.span));
            let remedy = match language {
                QueryLanguage::JsonPath => format!("Add \"{name}\", or \"{name}.$\" with a path"),
                QueryLanguage::Jsonata => format!("Add \"{name}\""),
            };
            self.report(rule, at, message, &remedy);
        }
    }
}
