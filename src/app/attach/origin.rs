//! Where the shown definition comes from, so that it is not put in the place of another machine's by mistake.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::AS_RUN;
use crate::app::app::App;
use crate::aws::arn::Arn;

/// A machine of an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MachineId {
    pub account: String,
    pub region: String,
    pub name: String,
}

impl MachineId {
    /// Of the ARN of a machine, one of its versions or one of its executions.
    pub fn of(arn: &str) -> Option<Self> {
        let arn = Arn::parse(arn)?;
        Some(Self {
            account: arn.account.to_owned(),
            region: arn.region.to_owned(),
            name: arn.machine_name().to_owned(),
        })
    }
}

/// Whose a definition is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was run, by these machines; more than one where they had the same text.
    Run(BTreeSet<MachineId>),
    /// It stands in a file, which does not say which deployed machine it is for.
    File { name: String, file: PathBuf },
}

impl Origin {
    /// Why a definition from here is not for a machine.
    pub fn obstacle(&self, to: &MachineId) -> Option<String> {
        match self {
            Self::File { .. } => None,
            Self::Run(machines) if machines.contains(to) => None,
            Self::Run(machines) => Some(match machines.first() {
                Some(own) => format!(
                    "The shown definition was run by {} in account {}, {}, and is not for {} in account {}, {}.",
                    own.name, own.account, own.region, to.name, to.account, to.region
                ),
                None => "It is not known whose the shown definition is.".to_owned(),
            }),
        }
    }

    /// What the user should look at twice: the names differ.
    pub fn warning(&self, to: &MachineId) -> Option<String> {
        match self {
            Self::File { name, .. } if *name != to.name => Some(format!(
                "The definition is that of {name}, and the machine is {}. Is it the right one?",
                to.name
            )),
            Self::File { .. } | Self::Run(_) => None,
        }
    }

    /// `orders.asl.json, machine orders`
    pub fn title(&self) -> String {
        match self {
            Self::File { name, file } => {
                let file = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
                format!("{file}, machine {name}")
            }
            Self::Run(machines) => match machines.first() {
                Some(own) => format!("{}, as it was run", own.name),
                None => "an execution, as it was run".to_owned(),
            },
        }
    }
}

/// Where the definition of an update or a validation comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionSource {
    pub origin: Origin,
    /// It is the copy that was edited in the window.
    pub is_edited: bool,
}

impl DefinitionSource {
    /// `orders, as it was run, edited here`
    pub fn title(&self) -> String {
        let edited = if self.is_edited { ", edited here" } else { "" };
        format!("{}{edited}", self.origin.title())
    }
}

impl App {
    /// The definition that an update or a validation would take: the edited copy where there is one, else the one that is shown.
    pub fn definition_at_hand(&self) -> Option<&str> {
        let draft = self.draft_of_definition().filter(|it| it.is_changed);
        Some(match draft {
            Some(draft) => &draft.text,
            None => &self.machine()?.machine.source,
        })
    }

    /// Where that one comes from; `None` while none is shown.
    pub fn source_at_hand(&self) -> Option<DefinitionSource> {
        let is_edited = self.draft_of_definition().is_some_and(|it| it.is_changed);
        Some(DefinitionSource { origin: self.origin_of_shown()?, is_edited })
    }

    /// Where the shown definition comes from; `None` while none is shown.
    fn origin_of_shown(&self) -> Option<Origin> {
        let shown = self.machine()?;
        if shown.file.as_os_str() != AS_RUN {
            let (name, file) = (shown.name.clone(), shown.file.clone());
            return Some(Origin::File { name, file });
        }
        Some(Origin::Run(self.attach.ran.get(&shown.name).cloned().unwrap_or_default()))
    }

    /// Remembers that a machine ran the definition which is shown by this name.
    pub(super) fn remember_who_ran(&mut self, shown: &str, arn: &str) {
        if let Some(machine) = MachineId::of(arn) {
            self.attach.ran.entry(shown.to_owned()).or_default().insert(machine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_machine_ran_is_refused_and_a_file_of_another_name_is_warned_of() {
        let of = |arn: &str| MachineId::of(arn).expect("an ARN of Step Functions");
        let orders = of("arn:aws:states:eu-west-1:1:stateMachine:orders");
        let ran = Origin::Run([of("arn:aws:states:eu-west-1:1:execution:orders:e-1")].into());
        assert_eq!(ran.obstacle(&orders), None);
        for other in [
            "arn:aws:states:eu-west-1:1:stateMachine:billing",
            "arn:aws:states:us-east-1:1:stateMachine:orders",
            "arn:aws:states:eu-west-1:2:stateMachine:orders",
        ] {
            assert!(ran.obstacle(&of(other)).is_some_and(|it| it.contains("was run by orders")));
        }
        assert!(Origin::Run(BTreeSet::new()).obstacle(&orders).is_some());
        let file = |name: &str| Origin::File { name: name.into(), file: "a/b.asl.json".into() };
        assert_eq!(
            (file("orders").obstacle(&orders), file("orders").warning(&orders)),
            (None, None)
        );
        assert_eq!(file("b").obstacle(&orders), None);
        assert!(file("b").warning(&orders).is_some_and(|it| it.contains("that of b")));
        assert_eq!(file("b").title(), "b.asl.json, machine b");
    }
}
