//! Why something did not come from AWS, and what the user can do in this window or in a terminal.

use crate::aws::AwsError;

/// What went wrong, for the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub title: String,
    /// What AWS said, or what to do; may be empty.
    pub text: String,
    /// To be run in a terminal.
    pub command: Option<String>,
    /// The same may go well when it is tried again.
    pub passing: bool,
    /// The MFA device whose code is wanted.
    pub mfa_device: Option<String>,
    /// A sign-in is missing: as soon as somebody signs in, it goes on by itself.
    pub waits_for_sign_in: bool,
}

impl Trouble {
    pub(super) fn plain(title: impl Into<String>, text: impl Into<String>) -> Self {
        let (title, text) = (title.into(), text.into());
        Self {
            title,
            text,
            command: None,
            passing: false,
            mfa_device: None,
            waits_for_sign_in: false,
        }
    }

    /// An error in the words of the window, where regions and profiles are chosen and not typed as flags.
    pub(super) fn of(err: &AwsError) -> Self {
        let plain = |title: String, text: &str| Self::plain(title, text);
        let mut trouble = match err {
            AwsError::NotAnExecution => plain(
                "That is no execution of Step Functions".to_owned(),
                "An execution ARN looks like arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME; a link to it in the AWS console does as well.",
            ),
            AwsError::NotAStateMachine => {
                plain("That is no state machine of Step Functions".to_owned(), "")
            }
            AwsError::Express => plain(
                "AWS keeps no history of EXPRESS executions".to_owned(),
                "What is known of them is in the log group of their state machine, as far as its log level goes.",
            ),
            AwsError::NoRegion => plain(
                "No region is chosen".to_owned(),
                "Choose one below, or write `region = …` into the profile.",
            ),
            AwsError::UnknownProfile { profile, known } => {
                let known = if known.is_empty() {
                    "There are none: `aws configure` makes one.".to_owned()
                } else {
                    format!("There are: {}", known.join(", "))
                };
                plain(format!("There is no profile called {profile}"), &known)
            }
            AwsError::BadProfiles { why } => {
                plain("The profile files can't be used".to_owned(), why)
            }
            AwsError::NoCredentials => plain(
                "No credentials were found".to_owned(),
                "Choose another profile, or make one with `aws configure` or `aws configure sso`.",
            ),
            AwsError::SsoExpired { profile, command } => Self {
                command: Some(command.clone()),
                waits_for_sign_in: true,
                ..plain(
                    format!("The sign-in of {profile} has expired, or was never made"),
                    "Run this in a terminal; it goes on here by itself when you are signed in.",
                )
            },
            AwsError::MfaNeeded { profile, device, .. } => Self {
                mfa_device: Some(device.clone()),
                ..plain(
                    format!("{profile} wants a code of its MFA device"),
                    &format!(
                        "The device is {device}. The code is good for half a minute, and the session it gives for an hour."
                    ),
                )
            },
            AwsError::CredentialsFailed { why } => {
                plain("The credentials could not be loaded".to_owned(), why)
            }
            AwsError::WrongCredentials { call, code, message } => plain(
                "AWS does not know these credentials".to_owned(),
                &format!(
                    "Look at the profile's keys, or sign in again. {call} said: {message} ({code})"
                ),
            ),
            AwsError::ExpiredCredentials { remedy, call, code, message } => {
                let command = remedy.strip_prefix("Run: ").map(str::to_owned);
                let remedy = if command.is_some() {
                    "Run this in a terminal; it goes on here by itself."
                } else {
                    remedy
                };
                Self {
                    waits_for_sign_in: command.is_some(),
                    command,
                    ..plain(
                        "The credentials have expired".to_owned(),
                        &format!("{remedy} {call} said: {message} ({code})"),
                    )
                }
            }
            AwsError::AccessDenied { call, message } => plain(
                format!("These credentials may not call {call}"),
                &format!("Ask for the permission states:{call}. AWS said: {message}"),
            ),
            AwsError::Throttled { call, attempts } => plain(
                format!("AWS is throttling {call}"),
                &match attempts {
                    0 | 1 => "Wait a minute and try again.".to_owned(),
                    _ => format!("Also after {attempts} attempts. Wait a minute and try again."),
                },
            ),
            AwsError::NotFound { call, message } => plain(
                "There is nothing of that name".to_owned(),
                &format!(
                    "It may be deleted, or be in another account or region. {call} said: {message}"
                ),
            ),
            AwsError::Refused { call, code, message } => {
                plain(format!("AWS refused {call}"), &format!("{message} ({code})"))
            }
            AwsError::Unreachable { call, place, why } => {
                plain(format!("No usable answer from {place}"), &format!("{call}: {why}"))
            }
            AwsError::TimedOut { call, seconds, place } => {
                plain(format!("No answer within {seconds} s"), &format!("{call}, from {place}"))
            }
            AwsError::NotLogged { why } => plain("It was not logged".to_owned(), why),
            AwsError::NotSent { why } => plain("The request was not sent".to_owned(), why),
            AwsError::Cancelled => plain("Cancelled".to_owned(), ""),
            AwsError::Gap { after } => plain(
                "The history has a gap".to_owned(),
                &format!("What came after event {after} does not follow it."),
            ),
            AwsError::NotConfirmed { .. } => plain("Nothing was done".to_owned(), &err.to_string()),
            AwsError::NotRedrivable { reason } => {
                plain("This execution can't be redriven".to_owned(), reason)
            }
        };
        trouble.passing = err.is_passing();
        trouble
    }

    /// In one line.
    pub fn line(&self) -> String {
        [self.title.as_str(), self.text.as_str()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect::<Vec<_>>()
            .join(". ")
    }
}

/// Whether nothing else will work either, because nobody knows who asks.
pub(super) fn is_about_credentials(err: &AwsError) -> bool {
    match err {
        AwsError::NoCredentials
        | AwsError::BadProfiles { .. }
        | AwsError::UnknownProfile { .. }
        | AwsError::SsoExpired { .. }
        | AwsError::MfaNeeded { .. }
        | AwsError::CredentialsFailed { .. }
        | AwsError::WrongCredentials { .. }
        | AwsError::ExpiredCredentials { .. } => true,
        AwsError::NotAnExecution
        | AwsError::NotAStateMachine
        | AwsError::Express
        | AwsError::NoRegion
        | AwsError::AccessDenied { .. }
        | AwsError::Throttled { .. }
        | AwsError::NotFound { .. }
        | AwsError::Refused { .. }
        | AwsError::Unreachable { .. }
        | AwsError::TimedOut { .. }
        | AwsError::NotLogged { .. }
        | AwsError::NotSent { .. }
        | AwsError::Cancelled
        | AwsError::Gap { .. }
        | AwsError::NotConfirmed { .. }
        | AwsError::NotRedrivable { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_names_its_command_and_waits() {
        let err = AwsError::SsoExpired {
            profile: "dev".into(),
            command: "aws sso login --profile dev".into(),
        };
        let trouble = Trouble::of(&err);
        assert_eq!(trouble.command.as_deref(), Some("aws sso login --profile dev"));
        assert!(trouble.waits_for_sign_in && !trouble.passing);
        let err = AwsError::ExpiredCredentials {
            call: "ListExecutions",
            remedy: "Run: aws sso login --profile dev".into(),
            code: "ExpiredToken".into(),
            message: "it has".into(),
        };
        let trouble = Trouble::of(&err);
        assert_eq!(trouble.command.as_deref(), Some("aws sso login --profile dev"));
        assert!(!trouble.text.contains("aws sso login"), "{}", trouble.text);
    }

    #[test]
    fn no_flag_of_the_command_line_is_named_in_the_window() {
        for err in [AwsError::NoRegion, AwsError::NoCredentials] {
            assert!(!Trouble::of(&err).line().contains("--"), "{err}");
        }
    }
}
