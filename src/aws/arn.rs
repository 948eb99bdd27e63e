//! The ARNs of Step Functions, taken apart.

/// What an ARN of Step Functions names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Also with a version (`:3`) or an alias (`:live`) behind the name.
    StateMachine,
    Execution,
    /// An execution of an EXPRESS machine, of which AWS keeps no history.
    ExpressExecution,
    MapRun,
}

/// An ARN and what it says; the borrowed parts are of the text that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arn<'a> {
    pub resource: Resource,
    pub region: &'a str,
    pub account: &'a str,
    /// The machine's name; of a child of a Distributed Map and of a Map Run: `machine/label`.
    pub machine: &'a str,
    /// The execution's name, the Map Run's id, the version or alias; empty when there is none.
    pub name: &'a str,
}

impl<'a> Arn<'a> {
    /// `None` when it is no ARN of Step Functions.
    ///
    /// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html>
    pub fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.trim().splitn(9, ':').collect();
        let (region, account, kind, rest) = match parts.as_slice() {
            ["arn", partition, "states", region, account, kind, rest @ ..]
                if partition.starts_with("aws") =>
            {
                (*region, *account, *kind, rest)
            }
            _ => return None,
        };
        let (resource, machine, name) = match (kind, rest) {
            ("stateMachine", [machine]) => (Resource::StateMachine, *machine, ""),
            ("stateMachine", [machine, version]) => (Resource::StateMachine, *machine, *version),
            ("execution", [machine, name]) => (Resource::Execution, *machine, *name),
            ("express", [machine, name, ..]) => (Resource::ExpressExecution, *machine, *name),
            ("mapRun", [machine, id]) => (Resource::MapRun, *machine, *id),
            _ => return None,
        };
        let complete = !region.is_empty() && !machine.is_empty();
        complete.then_some(Self { resource, region, account, machine, name })
    }

    /// The machine's name without the label of a Distributed Map.
    pub fn machine_name(&self) -> &'a str {
        self.machine.split('/').next().unwrap_or(self.machine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read() {
        let run = Arn::parse("arn:aws:states:eu-west-1:123456789012:mapRun:m/Label:id").unwrap();
        assert_eq!((run.resource, run.machine_name(), run.name), (Resource::MapRun, "m", "id"));
        let child = Arn::parse("arn:aws-cn:states:cn-north-1:1:execution:m/Label:uuid").unwrap();
        assert_eq!((child.resource, child.region), (Resource::Execution, "cn-north-1"));
        let version = Arn::parse("arn:aws:states:eu-west-1:1:stateMachine:m:3").unwrap();
        assert_eq!((version.resource, version.name), (Resource::StateMachine, "3"));
        let express = Arn::parse("arn:aws:states:eu-west-1:1:express:m:n:uuid").unwrap();
        assert_eq!(express.resource, Resource::ExpressExecution);
    }

    #[test]
    fn anything_else_is_none() {
        for text in [
            "",
            "nonsense",
            "arn:aws:s3:::bucket",
            "arn:aws:states:eu-west-1:1:activity:a",
            "arn:aws:states::1:execution:m:n",
            "arn:aws:states:eu-west-1:1:execution:m",
            "arn:evil:states:eu-west-1:1:execution:m:n",
            "arn:aws:states:eu-west-1:1:execution:m:n:o:p:q",
        ] {
            assert_eq!(Arn::parse(text), None, "{text}");
        }
    }
}
