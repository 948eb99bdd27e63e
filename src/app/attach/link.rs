//! What a pasted text names: an ARN of Step Functions, by itself or inside a link to the AWS console.

use crate::aws::Arn;
use crate::aws::arn::Resource;

/// Something that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Execution(String),
    /// AWS keeps no history of it but what was logged.
    ExpressExecution(String),
    StateMachine(String),
    MapRun(String),
}

impl Target {
    /// Finds the first ARN of Step Functions in a text. `None` when there is none.
    ///
    /// The console's links have it after a `#`, with colons as they are or as `%3A`, and may have a `?` behind it.
    pub fn find(text: &str) -> Option<Self> {
        // Some programs encode a link once more when they pass it on.
        let decoded = decoded(&decoded(text.trim()));
        let ends = |letter: char| {
            letter.is_whitespace()
                || letter.is_control()
                || "?#&\"'<>()[]{},;|\\^`".contains(letter)
        };
        let starts = decoded.match_indices("arn:").map(|(at, _)| at);
        starts.into_iter().find_map(|at| {
            let arn = decoded.get(at..)?.split(ends).next()?.trim_end_matches(['/', '.']);
            let parsed = Arn::parse(arn)?;
            let arn = arn.to_owned();
            Some(match parsed.resource {
                Resource::Execution => Self::Execution(arn),
                Resource::ExpressExecution => Self::ExpressExecution(arn),
                Resource::StateMachine => Self::StateMachine(arn),
                Resource::MapRun => Self::MapRun(arn),
            })
        })
    }

    pub fn arn(&self) -> &str {
        match self {
            Self::Execution(arn)
            | Self::ExpressExecution(arn)
            | Self::StateMachine(arn)
            | Self::MapRun(arn) => arn,
        }
    }
}

/// `%3A` as `:`; anything that is no such escape stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'%')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()))
            .and_then(|it| u8::from_str_radix(it, 16).ok());
        match escaped {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:states:eu-west-1:123456789012:execution:orders:1a-2b";

    #[test]
    fn an_execution_is_found_in_whatever_names_it() {
        for text in [
            ARN.to_owned(),
            format!("  {ARN}\n"),
            format!("\"{ARN}\","),
            format!(
                "https://eu-west-1.console.aws.amazon.com/states/home?region=eu-west-1#/v2/executions/details/{ARN}"
            ),
            format!(
                "https://console.aws.amazon.com/states/home#/executions/details/{}",
                ARN.replace(':', "%3A")
            ),
            format!("https://x/#/v2/executions/details/{}?tab=events", ARN.replace(':', "%253A")),
            format!("Look at {ARN}. It failed"),
        ] {
            assert_eq!(Target::find(&text), Some(Target::Execution(ARN.to_owned())), "{text}");
        }
    }

    #[test]
    fn other_things_are_told_apart() {
        let express = "arn:aws:states:us-east-1:1:express:m:n:u";
        let link = format!(
            "https://console/states/home#/express-executions/details/{express}?startDate=17"
        );
        assert_eq!(Target::find(&link), Some(Target::ExpressExecution(express.to_owned())));
        let machine = "arn:aws-cn:states:cn-north-1:1:stateMachine:m";
        let link = format!("https://console/states/home#/statemachines/view/{machine}");
        assert_eq!(Target::find(&link), Some(Target::StateMachine(machine.to_owned())));
        let run = "arn:aws:states:eu-west-1:1:mapRun:m/Label:0-1";
        assert_eq!(Target::find(run), Some(Target::MapRun(run.to_owned())));
    }

    #[test]
    fn nonsense_names_nothing_and_breaks_nothing() {
        for text in
            ["", "%", "%3", "%zz", "arn:", "arn:aws:s3:::bucket", "%ff%fe arn:aws", "é%3Aarn:%41"]
        {
            assert_eq!(Target::find(text), None, "{text}");
        }
    }
}
