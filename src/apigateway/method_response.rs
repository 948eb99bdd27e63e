//! The method response: the status must be declared, and headers that are not would have been refused at deployment.

use super::Method;
use super::gateway_response::ResponseType;
use super::integration_response::Mapped;
use super::method_request::Refusal;

/// What was checked, in a sentence.
pub(super) fn check(method: &Method, mapped: &Mapped) -> Result<String, Refusal> {
    let Some(declared) = method.responses.get(&mapped.status_code) else {
        let known: Vec<_> = method.responses.keys().map(String::as_str).collect();
        let known = if known.is_empty() {
            "declares none".to_owned()
        } else {
            format!("declares {}", known.join(", "))
        };
        return Err(Refusal::new(
            ResponseType::ApiConfigurationError,
            "Internal server error",
            format!("the method has no response for status {}; it {known}", mapped.status_code),
        ));
    };
    let is_declared = |name: &&String| {
        declared.parameters.keys().any(|key| {
            key.strip_prefix("method.response.header.")
                .is_some_and(|header| header.eq_ignore_ascii_case(name))
        })
    };
    let undeclared: Vec<_> =
        mapped.header_names.iter().filter(|name| !is_declared(name)).map(String::as_str).collect();
    Ok(if undeclared.is_empty() {
        format!("{} is declared", mapped.status_code)
    } else {
        let names = undeclared.join(", ");
        format!(
            "{} is declared, but without the header {names}; AWS would refuse the deployment",
            mapped.status_code
        )
    })
}
