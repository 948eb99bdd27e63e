//! The ARNs that requests name, as far as the API tells them apart.

use super::refusal::ApiError;

/// An ARN of Step Functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arn<'a> {
    /// `stateMachine`, `execution`, `express`, `mapRun`, `activity`
    pub(super) kind: &'a str,
    /// Behind the kind.
    pub(super) rest: &'a str,
}

/// # Errors
/// It is no ARN of Step Functions, or one of another kind.
pub(super) fn read<'a>(arn: &'a str, kinds: &[&str]) -> Result<Arn<'a>, ApiError> {
    let parts: Vec<&str> = arn.splitn(7, ':').collect();
    let ["arn", _partition, "states", _region, _account, kind, rest] = parts.as_slice() else {
        return Err(ApiError::invalid_arn(&format!("Invalid ARN prefix: {arn}")));
    };
    if kinds.contains(kind) {
        Ok(Arn { kind, rest })
    } else {
        Err(ApiError::invalid_arn(&format!("Resource type not valid in this context: {kind}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_of_another_kind_are_refused() {
        let says = |arn: &str| {
            let read = read(arn, &["execution"]).map(|it| (it.kind.to_owned(), it.rest.to_owned()));
            read.map_err(|it| it.message)
        };
        assert_eq!(
            says("arn:aws:states:r:1:execution:m/L:n"),
            Ok(("execution".to_owned(), "m/L:n".to_owned()))
        );
        assert_eq!(
            says("arn:aws:states:r:1:express:m:n:u"),
            Err("Invalid Arn: 'Resource type not valid in this context: express'".to_owned())
        );
        for arn in ["", "nonsense", "arn:aws:s3:::b", "arn:aws:states:r:1:execution"] {
            assert_eq!(says(arn), Err(format!("Invalid Arn: 'Invalid ARN prefix: {arn}'")));
        }
    }
}
