//! Why AWS did not answer, in the user's words, with what to do.

/// Every way in which a call can fail. What may be private (paths, ARNs, AWS's own message) comes last in the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AwsError {
    #[error(
        "The execution ARN is not one of Step Functions. It looks like arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME."
    )]
    NotAnExecution,
    #[error(
        "The ARN is not one of a state machine. It looks like arn:aws:states:REGION:ACCOUNT:stateMachine:NAME."
    )]
    NotAStateMachine,
    #[error("AWS keeps no history of EXPRESS executions; only their log group has one.")]
    Express,
    #[error(
        "No region is known. Give one with --region, set AWS_REGION, or write `region = …` into the profile."
    )]
    NoRegion,
    #[error("There is no profile called {profile}. {}", known_profiles(.known))]
    UnknownProfile { profile: String, known: Vec<String> },
    #[error("The profile files can't be used: {why}")]
    BadProfiles { why: String },
    #[error(
        "No credentials were found. Name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or sign in (`aws configure`, `aws sso login`)."
    )]
    NoCredentials,
    #[error("The sign-in of profile {profile} has expired or was never made. Run: {command}")]
    SsoExpired { profile: String, command: String },
    #[error(
        "Profile {profile} assumes its role with a code from an MFA device, which has to be typed. Run this in the terminal from which Stepwell is started: {command} The device is {device}."
    )]
    MfaNeeded { profile: String, device: String, command: String },
    #[error("The credentials could not be loaded: {why}")]
    CredentialsFailed { why: String },
    #[error(
        "AWS does not know these credentials. Look at the profile's keys, or sign in again. {call} said: {message} ({code})"
    )]
    WrongCredentials { call: &'static str, code: String, message: String },
    #[error("The credentials have expired. {remedy} {call} said: {message} ({code})")]
    ExpiredCredentials { call: &'static str, remedy: String, code: String, message: String },
    #[error("These credentials may not call {call}. AWS said: {message}")]
    AccessDenied { call: &'static str, message: String },
    #[error(
        "AWS is throttling {call}{}. Wait a minute and try again.",
        if *attempts > 1 { format!(", also after {attempts} attempts") } else { String::new() }
    )]
    Throttled { call: &'static str, attempts: u32 },
    #[error("{call} found nothing: {message}")]
    NotFound { call: &'static str, message: String },
    #[error("AWS refused {call}: {message} ({code})")]
    Refused { call: &'static str, code: String, message: String },
    #[error("{call} got no answer from {place}: {why}")]
    Unreachable { call: &'static str, place: String, why: String },
    #[error("{call} took longer than {seconds} s at {place}")]
    TimedOut { call: &'static str, seconds: u64, place: String },
    /// What was looked for is in no log, with the reason.
    #[error("{why}")]
    NotLogged { why: String },
    /// Nothing has left this machine.
    #[error("The request was not sent: {why}")]
    NotSent { why: String },
    #[error("Cancelled")]
    Cancelled,
    #[error("The history has a gap after event {after}.")]
    Gap { after: u64 },
    /// An act that was confirmed for something else than what is connected.
    #[error("Nothing was done: the confirmation was for {confirmed}, and this is {actual}.")]
    NotConfirmed { confirmed: String, actual: String },
    #[error("This execution can't be redriven: {reason}")]
    NotRedrivable { reason: String },
}

impl AwsError {
    /// Whether the same call may succeed a little later without the user doing anything.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Throttled { .. } | Self::Unreachable { .. } | Self::TimedOut { .. })
    }
}

fn known_profiles(known: &[String]) -> String {
    if known.is_empty() {
        return "There are no profiles: `aws configure` makes one.".to_owned();
    }
    format!("There are: {}", known.join(", "))
}

/// What AWS's error codes mean, over all the services that answer here (Step Functions, STS, SSO).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Throttled,
    WrongCredentials,
    ExpiredCredentials,
    AccessDenied,
    NotFound,
    Other,
}

impl Meaning {
    /// From <https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html> and each call's own list.
    pub(super) fn of(code: &str) -> Self {
        // JSON protocols may write the code with its namespace before a `#`.
        match code.rsplit('#').next().unwrap_or(code) {
            "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded" => Self::Throttled,
            "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "AuthFailure"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException" => Self::WrongCredentials,
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => Self::ExpiredCredentials,
            "AccessDenied"
            | "AccessDeniedException"
            | "NotAuthorized"
            | "OptInRequired"
            | "KmsAccessDeniedException"
            | "UnauthorizedOperation" => Self::AccessDenied,
            "ExecutionDoesNotExist"
            | "StateMachineDoesNotExist"
            | "StateMachineDeleting"
            | "ResourceNotFound"
            | "ResourceNotFoundException"
            | "NotFoundException" => Self::NotFound,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_the_same_with_and_without_a_namespace() {
        assert_eq!(
            Meaning::of("com.amazonaws.swf.base.model#ThrottlingException"),
            Meaning::Throttled
        );
        assert_eq!(Meaning::of("ExecutionDoesNotExist"), Meaning::NotFound);
        assert_eq!(Meaning::of("SomethingNew"), Meaning::Other);
    }

    #[test]
    fn an_unknown_profile_lists_those_there_are() {
        let none = AwsError::UnknownProfile { profile: "x".into(), known: Vec::new() };
        assert!(none.to_string().contains("aws configure"));
        let some =
            AwsError::UnknownProfile { profile: "x".into(), known: vec!["a".into(), "b".into()] };
        assert!(some.to_string().ends_with("There are: a, b"));
    }
}
