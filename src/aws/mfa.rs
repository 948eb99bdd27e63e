//! A role that wants a code of an MFA device: assumed here, because the SDK's own provider can't ask for one.

use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::client::{Connection, Session};
use super::profile::{ProfileKind, RoleSource};
use super::quota::Api;
use super::{AwsError, Profile};

/// The six digits that a device shows. They are good for half a minute, and once; nobody sees them here.
#[derive(Clone, PartialEq, Eq)]
pub struct MfaCode(String);

impl MfaCode {
    /// `None` when these are no six digits. Spaces between them are passed over.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = text.chars().filter(|it| !it.is_whitespace()).collect();
        let is_code = code.len() == 6 && code.bytes().all(|it| it.is_ascii_digit());
        is_code.then_some(Self(code))
    }
}

impl fmt::Debug for MfaCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MfaCode(…)")
    }
}

/// The credentials of the role of a profile, which last as long as AWS says and are kept nowhere else.
///
/// # Errors
/// The profile is none that a code helps with, or as any call.
pub(super) async fn assumed(
    connection: &Connection,
    profile: &Profile,
    code: &MfaCode,
    region_of_arn: Option<&str>,
) -> Result<SharedCredentialsProvider, AwsError> {
    let ProfileKind::AssumeRole {
        role_arn,
        source: RoleSource::Profile(source),
        mfa_serial: Some(device),
    } = &profile.kind
    else {
        let why = format!(
            "profile {} does not name whose credentials its role is assumed with",
            profile.name
        );
        return Err(AwsError::CredentialsFailed { why });
    };
    let of_source = Connection {
        profile: Some(source.clone()),
        region: connection.region.clone().or_else(|| profile.region.clone()),
        endpoint_url: connection.endpoint_url.clone().or_else(|| profile.endpoint_url.clone()),
        mfa_code: None,
        ..connection.clone()
    };
    // Boxed, because a connection may need another one.
    let source = Box::pin(Session::connect(&of_source, region_of_arn)).await?;
    let request = source.sts.assume_role().role_arn(role_arn).role_session_name("stepwell");
    let request = request.serial_number(device).token_code(&code.0);
    let answer = source.call(Api::AssumeRole, || request.send()).await?;
    let Some(given) = answer.credentials else {
        return Err(AwsError::CredentialsFailed { why: "AWS gave none for the role".to_owned() });
    };
    let expires = std::time::SystemTime::try_from(given.expiration).ok();
    Ok(SharedCredentialsProvider::new(Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        expires,
        "MFA",
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_and_is_not_shown() {
        let code = MfaCode::parse(" 123 456 ").expect("six digits");
        assert_eq!(format!("{code:?}"), "MfaCode(…)");
        for text in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert_eq!(MfaCode::parse(text), None, "{text}");
        }
    }
}
