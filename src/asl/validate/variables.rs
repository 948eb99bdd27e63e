//! Variables: read where no state assigns them, before any state can have assigned them, or outside of their scope.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::order::{MAX_STEPS, Order};
use super::scopes_of;
use crate::asl::{
    Diagnostic, ProcessorMode, Rule, Scope, Severity, State, StateMachine, Template, rule,
};
use crate::json::Value;

pub(super) fn misused_variables(machine: &StateMachine) -> Vec<Diagnostic> {
    let mut everywhere = BTreeSet::new();
    for (_, state) in machine.states() {
        // An object that is computed as a whole may have any names.
        let Some(names) = assigned_by(state) else { return Vec::new() };
        everywhere.extend(names);
    }
    let mut walk = Walk { everywhere, steps: MAX_STEPS, unsure: false, diagnostics: Vec::new() };
    walk.scope(&machine.top, "", &mut Vec::new());
    if walk.unsure {
        walk.diagnostics.push(Diagnostic {
            severity: Severity::Note,
            ..Diagnostic::of(
                &rule::VARIABLE_BEFORE_ASSIGNED,
                ("", machine.top.start_at_span),
                "There are too many states and variables to follow the order of all assignments",
                "Move parts into state machines of their own",
            )
        });
    }
    walk.diagnostics
}

/// The names that a state assigns; `None` when they are computed.
fn assigned_by(state: &State) -> Option<BTreeSet<Arc<str>>> {
    let mut names = BTreeSet::new();
    for template in state.assignments() {
        match template {
            Template::Object(members) => {
                names.extend(members.iter().map(|member| Arc::clone(&member.name)));
            }
            Template::Literal(Value::Object(members)) => names.extend(members.keys().cloned()),
            Template::Literal(_) | Template::Array(_) => {}
            Template::Expression(_) => return None,
        }
    }
    Some(names)
}

/// A scope around the place where the walk is.
struct Frame<'m> {
    scope: &'m Scope,
    /// The state of this scope in which the walk is, by its place in the scope.
    state: usize,
    /// Every name that a state of the scope assigns, with its place in `assigners`.
    names: BTreeMap<Arc<str>, usize>,
    /// By name, the states that assign it.
    assigners: Vec<Vec<usize>>,
    /// Made when it is asked for.
    order: Option<Order>,
}

impl<'m> Frame<'m> {
    fn of(scope: &'m Scope) -> Self {
        let mut names: BTreeMap<Arc<str>, usize> = BTreeMap::new();
        let mut assigners: Vec<Vec<usize>> = Vec::new();
        for (state, assigning) in scope.states.values().enumerate() {
            for name in assigned_by(assigning).unwrap_or_default() {
                let at = *names.entry(name).or_insert(assigners.len());
                if at == assigners.len() {
                    assigners.push(Vec::new());
                }
                assigners[at].push(state);
            }
        }
        Self { scope, state: 0, names, assigners, order: None }
    }

    /// Whether the name, of `names`, may have a value when the walk's state is entered.
    fn assigned_before(&mut self, name: usize, steps: &mut usize) -> Option<bool> {
        let order = self.order.get_or_insert_with(|| Order::of(self.scope));
        order.may_follow(self.state, name, &self.assigners, steps)
    }
}

struct Walk {
    /// Every name that any state assigns.
    everywhere: BTreeSet<Arc<str>>,
    /// What may still be spent on orders of assignments.
    steps: usize,
    /// That was not enough.
    unsure: bool,
    diagnostics: Vec<Diagnostic>,
}

impl Walk {
    fn scope<'m>(&mut self, scope: &'m Scope, path: &str, frames: &mut Vec<Frame<'m>>) {
        frames.push(Frame::of(scope));
        for (index, state) in scope.states.values().enumerate() {
            let location = format!("{path}/States/{}", state.name);
            if let Some(frame) = frames.last_mut() {
                frame.state = index;
            }
            self.reads(state, &location, frames);
            self.assigns(state, &location, frames);
            for (part, inner) in scopes_of(state) {
                let inside = format!("{location}/{part}");
                // Each child of a distributed Map is an execution of its own.
                let is_distributed =
                    state.map().is_some_and(|it| it.processor.mode == ProcessorMode::Distributed);
                if is_distributed {
                    self.scope(inner, &inside, &mut Vec::new());
                } else {
                    self.scope(inner, &inside, frames);
                }
            }
        }
        frames.pop();
    }

    fn reads(&mut self, state: &State, location: &str, frames: &mut [Frame<'_>]) {
        let mut told = BTreeSet::new();
        for (field, evaluated) in state.expressions() {
            for name in evaluated.variables() {
                if name == "states" {
                    continue;
                }
                let nearest = frames
                    .iter_mut()
                    .rev()
                    .find_map(|frame| Some((*frame.names.get(name)?, frame)))
                    .map(|(name, frame)| {
                        frame.assigned_before(name, &mut self.steps).unwrap_or_else(|| {
                            self.unsure = true;
                            true
                        })
                    });
                let (rule, message, remedy): (&'static Rule, _, _) = match nearest {
                    Some(true) => continue,
                    Some(false) => (
                        &rule::VARIABLE_BEFORE_ASSIGNED,
                        format!("Nothing can have assigned '${name}' when '{}' runs", state.name),
                        "Assign it in a state that comes before; a state's own Assign counts from the next state on",
                    ),
                    None if self.everywhere.contains(name) => (
                        &rule::VARIABLE_OUT_OF_SCOPE,
                        format!(
                            "The variable '${name}' is assigned in another scope, which '{}' cannot see",
                            state.name
                        ),
                        "Pass the value through the input or the output of the branch or iteration",
                    ),
                    None => (
                        &rule::UNDEFINED_VARIABLE,
                        format!("No state assigns the variable '${name}'"),
                        "Assign it in a state before this one, or check its spelling",
                    ),
                };
                if told.insert((field, name.to_owned())) {
                    let at = (format!("{location}/{field}"), state.span_of(field));
                    self.diagnostics.push(Diagnostic::of(rule, at, message, remedy));
                }
            }
        }
    }

    /// A scope may not assign what a scope around it assigns (states-language.net, "Variable scope").
    fn assigns(&mut self, state: &State, location: &str, frames: &[Frame<'_>]) {
        let Some((_, outer)) = frames.split_last() else { return };
        for name in assigned_by(state).unwrap_or_default() {
            if outer.iter().any(|frame| frame.names.contains_key(&name)) {
                self.diagnostics.push(Diagnostic::of(
                    &rule::OUTER_VARIABLE_ASSIGNED,
                    (format!("{location}/Assign"), state.span_of("Assign")),
                    format!("'${name}' is a variable of a scope around this one"),
                    "Give it another name, and pass the value on in the output",
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::asl::parse::check;
    use crate::asl::validate::tests::of_rule;
    use crate::json::document::{Document, Format};

    #[test]
    fn a_variable_that_nothing_assigns_is_told_once_per_field() {
        let text = r#"{"QueryLanguage":"JSONata","StartAt":"A","States":{
            "A":{"Type":"Pass","Assign":{"known":1},"Next":"B"},
            "B":{"Type":"Choice","Choices":[{"Condition":"{% $known = $sum([$nope, $nope]) %}","Next":"C"}],"Default":"C"},
            "C":{"Type":"Pass","Output":"{% ($local := 1; $local + $states.input + $gone) %}","End":true}}}"#;
        let parsed = check(&Document::parse(text, Format::Json));
        let found: Vec<&str> = parsed.diagnostics.iter().map(|it| it.message.as_str()).collect();
        assert_eq!(
            found,
            ["No state assigns the variable '$nope'", "No state assigns the variable '$gone'"]
        );
        assert_eq!(parsed.diagnostics[1].location, "/States/C/Output");
        let paths = r#"{"StartAt":"A","States":{"A":{"Type":"Pass","InputPath":"$v.a","Parameters":{"x.$":"States.Format('{}', $w)"},"End":true}}}"#;
        assert_eq!(of_rule("undefined-variable", paths).len(), 2);
    }

    #[test]
    fn a_variable_has_no_value_before_it_is_assigned() {
        let machine = |read_in: &str, next: &str| {
            let read = |name: &str| if name == read_in { r#""InputPath":"$v","# } else { "" };
            format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass",{}"Next":"B"}},"B":{{"Type":"Pass",{}"Assign":{{"v":1}},"Next":"C"}},
                   "C":{{"Type":"Choice",{}"Choices":[{{"Variable":"$.x","IsNull":true,"Next":"{next}"}}],"Default":"D"}},"D":{{"Type":"Succeed"}}}}}}"#,
                read("A"),
                read("B"),
                read("C"),
            )
        };
        let told = |text: &str| of_rule("variable-before-assigned", text);
        assert_eq!(told(&machine("A", "D")), ["/States/A/InputPath"]);
        assert_eq!(told(&machine("B", "D")), ["/States/B/InputPath"]);
        assert_eq!(told(&machine("C", "D")), Vec::<String>::new());
        // A loop brings it back.
        assert_eq!(told(&machine("B", "B")), Vec::<String>::new());
        assert_eq!(told(&machine("A", "B")), ["/States/A/InputPath"]);
    }

    #[test]
    fn scopes_hide_their_variables_and_see_those_around_them() {
        let inner = r#""StartAt":"I","States":{"I":{"Type":"Pass","InputPath":"$v","Assign":{"w":1},"End":true}}"#;
        let machine = |config: &str| {
            format!(
                r#"{{"StartAt":"A","States":{{"A":{{"Type":"Pass","Assign":{{"v":1}},"Next":"M"}},
                   "M":{{"Type":"Map","ItemProcessor":{{{config}{inner}}},"Next":"Z"}},"Z":{{"Type":"Pass","InputPath":"$w","End":true}}}}}}"#
            )
        };
        let told = |text: &str| of_rule("variable-out-of-scope", text);
        assert_eq!(told(&machine("")), ["/States/Z/InputPath"]);
        let distributed = r#""ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"#;
        assert_eq!(
            told(&machine(distributed)),
            ["/States/M/ItemProcessor/States/I/InputPath", "/States/Z/InputPath"]
        );
        let outer = machine("").replace(r#""w":1"#, r#""v":2"#);
        assert_eq!(
            of_rule("outer-variable-assigned", &outer),
            ["/States/M/ItemProcessor/States/I/Assign"]
        );
    }
}
