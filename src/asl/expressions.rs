//! Every expression of a state with the field it stands in.

use super::{
    Condition, Expression, Field, ItemsSource, Operand, PayloadPath, State, StateKind, Template,
    WaitUntil,
};
use crate::json::document::Span;
use crate::query::jsonpath::{Path, Root};

/// Something that is evaluated, and the field of the state that holds it (`Parameters`, `Choices`, `Catch`).
#[derive(Clone, Copy, Debug)]
pub enum Evaluated<'a> {
    Expression(&'a Expression),
    /// The right side of a comparison.
    Path(&'a Path),
}

impl<'a> Evaluated<'a> {
    /// The variables that it reads, without their `$`. `states` is one of them where it is read.
    pub fn variables(self) -> Vec<&'a str> {
        let path = match self {
            Self::Expression(Expression::Jsonata(jsonata)) => {
                return jsonata.variables_used().collect();
            }
            Self::Expression(Expression::Intrinsic(intrinsic)) => {
                return intrinsic.paths().into_iter().filter_map(variable).collect();
            }
            Self::Expression(Expression::Invalid { .. }) => return Vec::new(),
            Self::Expression(Expression::Path(path)) | Self::Path(path) => path,
        };
        variable(path).into_iter().collect()
    }
}

fn variable(path: &Path) -> Option<&str> {
    match path.root() {
        Root::Variable(name) => Some(name),
        Root::Input | Root::Context => None,
    }
}

impl State {
    /// Every expression of this state, without those of the states inside it.
    pub fn expressions(&self) -> Vec<(&'static str, Evaluated<'_>)> {
        let mut found = Found(Vec::new());
        found.payload("InputPath", self.input_path.as_ref());
        found.kind(&self.kind);
        for catcher in &self.catch {
            found.template("Catch", catcher.assign.as_ref());
            found.template("Catch", catcher.output.as_ref());
        }
        found.template("Assign", self.assign.as_ref());
        found.template("Output", self.output.as_ref());
        found.payload("OutputPath", self.output_path.as_ref());
        found.0
    }

    /// Where a field is written, or the `…Path` form of it; the state's name when it has neither.
    pub fn span_of(&self, field: &str) -> Span {
        self.field_spans
            .get(field)
            .or_else(|| self.field_spans.get(format!("{field}Path").as_str()))
            .copied()
            .unwrap_or(self.name_span)
    }

    /// The templates that give variables their values.
    pub fn assignments(&self) -> impl Iterator<Item = &Template> {
        let rules = self.choices().iter().filter_map(|rule| rule.assign.as_ref());
        let catchers = self.catch.iter().filter_map(|catcher| catcher.assign.as_ref());
        self.assign.iter().chain(rules).chain(catchers)
    }
}

struct Found<'a>(Vec<(&'static str, Evaluated<'a>)>);

impl<'a> Found<'a> {
    fn expression(&mut self, field: &'static str, expression: &'a Expression) {
        self.0.push((field, Evaluated::Expression(expression)));
    }

    fn payload(&mut self, field: &'static str, path: Option<&'a PayloadPath>) {
        if let Some(PayloadPath::Path(expression)) = path {
            self.expression(field, expression);
        }
    }

    fn field<T>(&mut self, name: &'static str, field: Option<&'a Field<T>>) {
        if let Some(Field::Computed(expression)) = field {
            self.expression(name, expression);
        }
    }

    fn template(&mut self, field: &'static str, template: Option<&'a Template>) {
        match template {
            None | Some(Template::Literal(_)) => {}
            Some(Template::Expression(expression)) => self.expression(field, expression),
            Some(Template::Array(items)) => {
                items.iter().for_each(|item| self.template(field, Some(item)));
            }
            Some(Template::Object(members)) => {
                members.iter().for_each(|member| self.template(field, Some(&member.value)));
            }
        }
    }

    fn kind(&mut self, kind: &'a StateKind) {
        match kind {
            StateKind::Task(task) => {
                self.template("Parameters", task.parameters.as_ref());
                self.template("Arguments", task.arguments.as_ref());
                self.template("Credentials", task.credentials.as_ref());
                self.field("TimeoutSeconds", task.timeout_seconds.as_ref());
                self.field("HeartbeatSeconds", task.heartbeat_seconds.as_ref());
                self.template("ResultSelector", task.result_selector.as_ref());
            }
            StateKind::Pass(pass) => self.template("Parameters", pass.parameters.as_ref()),
            StateKind::Choice(choice) => {
                for rule in &choice.choices {
                    self.condition(&rule.condition);
                    self.template("Choices", rule.assign.as_ref());
                    self.template("Choices", rule.output.as_ref());
                }
            }
            StateKind::Wait(wait) => match &wait.until {
                Some(WaitUntil::Seconds(field)) => self.field("Seconds", Some(field)),
                Some(WaitUntil::Timestamp(field)) => self.field("Timestamp", Some(field)),
                None => {}
            },
            StateKind::Fail(fail) => {
                self.field("Error", fail.error.as_ref());
                self.field("Cause", fail.cause.as_ref());
            }
            StateKind::Parallel(parallel) => {
                self.template("Parameters", parallel.parameters.as_ref());
                self.template("Arguments", parallel.arguments.as_ref());
                self.template("ResultSelector", parallel.result_selector.as_ref());
            }
            StateKind::Map(map) => {
                match &map.items {
                    ItemsSource::Path(expression) => self.expression("ItemsPath", expression),
                    ItemsSource::Computed(template) => self.template("Items", Some(template)),
                    ItemsSource::Input | ItemsSource::Literal(_) => {}
                }
                self.template("ItemReader", map.item_reader.as_ref());
                self.template("ItemSelector", map.item_selector.as_ref());
                self.template("ItemBatcher", map.item_batcher.as_ref());
                self.field("MaxConcurrency", map.max_concurrency.as_ref());
                self.field("ToleratedFailurePercentage", map.tolerated_failure_percentage.as_ref());
                self.field("ToleratedFailureCount", map.tolerated_failure_count.as_ref());
                self.template("ResultWriter", map.result_writer.as_ref());
                self.template("ResultSelector", map.result_selector.as_ref());
            }
            StateKind::Succeed | StateKind::Unknown(_) => {}
        }
    }

    fn condition(&mut self, condition: &'a Condition) {
        match condition {
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| self.condition(part));
            }
            Condition::Not(part) => self.condition(part),
            Condition::Compare(comparison) => {
                self.expression("Choices", &comparison.variable);
                if let Operand::Path(path) = &comparison.operand {
                    self.0.push(("Choices", Evaluated::Path(path)));
                }
            }
            Condition::Jsonata(expression) => self.expression("Choices", expression),
            Condition::Literal(_) | Condition::Invalid(_) => {}
        }
    }
}
