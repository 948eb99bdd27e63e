//! Intrinsic functions, resolved as far as the template alone allows: parameters by their defaults, pseudo parameters by one
//! account and region, resources by the names AWS gives them.
//!
//! `None` as a node is `AWS::NoValue`. What cannot be known becomes a `${placeholder}` in the place where it stood.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::aws_names::{
    cloudformation_attribute, cloudformation_name_property, cloudformation_reference, derived_id,
};
use super::super::definition::{ACCOUNT, REGION};
use super::super::discover::Opening;
use super::super::rest_parts::{plain_text, root_of};
use super::super::source_text::{SourceText, next_placeholder};
use super::Budget;
use crate::json::Value;
use crate::json::document::{Content, Document, Member, Node, Span};

/// Functions inside functions.
const MAX_DEPTH: usize = 64;
/// Names of resources that name other resources.
const MAX_NAMES: usize = 32;
/// A name is no longer than this; the longest that AWS takes are the 2,048 characters of an ARN.
const MAX_NAME: usize = 2_048;
/// A text that `Fn::Sub` or `Fn::Join` makes is no longer than this.
const MAX_TEXT: usize = 4 * 1024 * 1024;

/// A template with what its names mean.
pub(super) struct Template<'a> {
    root: &'a Node,
    stack_name: String,
    /// Files of `AWS::Include`, by the location as written.
    included: BTreeMap<String, Document>,
    budget: Budget,
    /// The names of resources, by logical id, as far as they were asked for; `None` while one is made.
    names: RefCell<BTreeMap<String, Option<String>>>,
    /// How many names are being made.
    naming: Cell<usize>,
}

/// A function and its argument; the argument's own tag is the function's and is not looked at again.
struct Call<'n> {
    name: &'n str,
    argument: &'n Node,
}

impl<'n> Call<'n> {
    fn of(node: &'n Node) -> Option<Self> {
        const FUNCTIONS: &[&str] = &[
            "Ref",
            "GetAtt",
            "Sub",
            "Join",
            "Select",
            "Split",
            "FindInMap",
            "If",
            "ImportValue",
            "Transform",
            "Base64",
            "GetAZs",
            "Cidr",
            "ToJsonString",
            "Length",
            "Equals",
            "Not",
            "And",
            "Or",
            "ForEach",
        ];
        if let Some(tag) = node.tag() {
            return FUNCTIONS.contains(&tag).then_some(Self { name: tag, argument: node });
        }
        let [member] = node.as_object()? else { return None };
        let name = match &*member.name {
            "Ref" => "Ref",
            name => name.strip_prefix("Fn::")?,
        };
        Some(Self { name, argument: &member.value })
    }
}

impl<'a> Template<'a> {
    /// Reads the files that the template includes, too.
    pub(super) fn new(root: &'a Node, opening: &mut Opening, file: &Path) -> Self {
        let folder_name =
            file.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        // A stack's name holds letters, digits and hyphens only.
        let stack_name: String = folder_name
            .unwrap_or_default()
            .chars()
            .map(|ch| if ch.is_ascii_alphanumeric() { ch } else { '-' })
            .collect();
        let mut template = Self {
            root,
            stack_name,
            included: BTreeMap::new(),
            budget: opening.templates.clone(),
            names: RefCell::default(),
            naming: Cell::new(0),
        };
        template.read_included(root, opening, file, 0);
        template
    }

    fn read_included(&mut self, node: &Node, opening: &mut Opening, file: &Path, depth: usize) {
        if depth > crate::json::document::MAX_DEPTH {
            return;
        }
        if let Some(Call { name: "Transform", argument }) = Call::of(node)
            && let Some(location) = include_location(argument)
            && !self.included.contains_key(location)
        {
            let folder = file.parent().unwrap_or(file).to_path_buf();
            let read: Result<(PathBuf, Arc<str>), _> = opening.reader.read(&folder, location);
            match read {
                Ok((path, text)) => {
                    self.included.insert(location.to_owned(), super::parse_included(&text, &path));
                }
                Err(err) => opening.problem(
                    file,
                    argument.span,
                    "included-file",
                    format!("AWS::Include: {err}"),
                    "Put the file beside the template.",
                ),
            }
        }
        match &node.content {
            Content::Scalar(_) => {}
            Content::Array(items) => {
                items.iter().for_each(|item| self.read_included(item, opening, file, depth + 1));
            }
            Content::Object(members) => {
                members
                    .iter()
                    .for_each(|member| self.read_included(&member.value, opening, file, depth + 1));
            }
        }
    }

    /// The node without functions and places.
    pub(super) fn value(&self, node: &Node) -> Value {
        self.resolve(node).map(|node| node.to_value()).unwrap_or_default()
    }

    /// The node without functions; places are those of what was resolved.
    pub(super) fn resolve(&self, node: &Node) -> Option<Node> {
        self.resolve_at(node, 0)
    }

    fn resolve_at(&self, node: &Node, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH * 4 || !self.budget.step() {
            return Some(scalar(node.span, Value::from("${…}")));
        }
        match Call::of(node) {
            Some(call) => self.call(&call, node.span, depth + 1).map(|mut found| {
                // What a mapping holds stands elsewhere; here it is where it is used.
                if found.span.start < node.span.start || found.span.end > node.span.end {
                    place_at(&mut found, node.span);
                }
                found
            }),
            None => Some(self.resolve_content(node, depth)),
        }
    }

    /// Resolves what is inside, whatever the node's own tag says.
    fn resolve_content(&self, node: &Node, depth: usize) -> Node {
        let content = match &node.content {
            Content::Scalar(value) => Content::Scalar(value.clone()),
            Content::Array(items) => Content::Array(
                items.iter().filter_map(|item| self.resolve_at(item, depth + 1)).collect(),
            ),
            Content::Object(members) => {
                let mut resolved = Vec::with_capacity(members.len());
                for member in members {
                    if &*member.name == "Fn::Transform" {
                        // Beside other members, an included file adds its own.
                        let included = self.included(&member.value, node.span, depth);
                        if let Some(Content::Object(more)) = included.map(|node| node.content) {
                            resolved.extend(more);
                        }
                    } else if let Some(value) = self.resolve_at(&member.value, depth + 1) {
                        resolved.push(Member {
                            name: member.name.clone(),
                            name_span: member.name_span,
                            value,
                        });
                    }
                }
                Content::Object(resolved)
            }
        };
        Node { span: node.span, tag: None, content }
    }

    fn call(&self, call: &Call<'_>, span: Span, depth: usize) -> Option<Node> {
        let argument = call.argument;
        let text = |value: String| Some(scalar(span, Value::from(value)));
        let first = || argument.at(0);
        match call.name {
            "Ref" => {
                let name = argument.as_str().unwrap_or_default();
                if name == "AWS::NoValue" {
                    return None;
                }
                Some(scalar(
                    span,
                    self.reference(name).unwrap_or_else(|| Value::from(format!("${{{name}}}"))),
                ))
            }
            "GetAtt" => {
                let path = attribute_path(argument);
                let found = path
                    .split_once('.')
                    .and_then(|(name, attribute)| self.attribute(name, attribute));
                text(found.unwrap_or_else(|| format!("${{{path}}}")))
            }
            "Sub" => text(self.substituted(argument, depth)),
            "Join" => {
                let delimiter = first().and_then(Node::as_str).unwrap_or_default();
                let parts = self.list(argument.at(1), depth);
                let parts: Vec<String> =
                    parts.iter().map(|part| plain_text(&part.to_value())).collect();
                let joined = bounded(parts.join(delimiter));
                text(if self.budget.fill(&joined) { joined } else { "${Fn::Join}".to_owned() })
            }
            "Select" => {
                let index = first().and_then(|node| self.resolve_at(node, depth));
                let index =
                    index.and_then(|node| super::super::rest_parts::whole_number(&node.to_value()));
                let items = self.list(argument.at(1), depth);
                let item =
                    index.and_then(|index| items.into_iter().nth(usize::try_from(index).ok()?));
                item.or_else(|| text("${Fn::Select}".to_owned()))
            }
            "Split" => {
                let delimiter = first().and_then(Node::as_str).unwrap_or_default();
                let whole = argument.at(1).and_then(|node| self.resolve_at(node, depth));
                let whole = whole.map(|node| plain_text(&node.to_value())).unwrap_or_default();
                if delimiter.is_empty() || whole.contains("${") {
                    return text("${Fn::Split}".to_owned());
                }
                let parts = whole.split(delimiter).map(|part| scalar(span, Value::from(part)));
                Some(Node { span, tag: None, content: Content::Array(parts.collect()) })
            }
            "FindInMap" => {
                self.find_in_map(argument, depth).or_else(|| text("${Fn::FindInMap}".to_owned()))
            }
            "If" => {
                match first().and_then(Node::as_str).and_then(|name| self.condition(name, depth)) {
                    Some(truth) => self.resolve_at(argument.at(if truth { 1 } else { 2 })?, depth),
                    None => {
                        text(format!("${{{}}}", first().and_then(Node::as_str).unwrap_or("Fn::If")))
                    }
                }
            }
            "Transform" => {
                self.included(argument, span, depth).or_else(|| text("${Fn::Transform}".to_owned()))
            }
            "ToJsonString" => text(self.resolve_content(argument, depth).to_value().to_string()),
            "Length" => {
                let length =
                    i64::try_from(self.list(Some(argument), depth).len()).unwrap_or(i64::MAX);
                Some(scalar(span, Value::from(length)))
            }
            "Equals" | "Not" | "And" | "Or" => {
                let truth = self.truth(call, depth);
                Some(scalar(span, truth.map_or_else(|| Value::from("${Condition}"), Value::from)))
            }
            "ImportValue" => {
                let name = plain_text(&self.resolve_content(argument, depth).to_value());
                text(format!("${{ImportValue {}}}", name.replace(['{', '}', '$'], "")))
            }
            name => text(format!("${{Fn::{name}}}")),
        }
    }

    /// The items of a list, or of a function that gives one.
    fn list(&self, node: Option<&Node>, depth: usize) -> Vec<Node> {
        let Some(node) = node.and_then(|node| self.resolve_at(node, depth)) else {
            return Vec::new();
        };
        match node.content {
            Content::Array(items) => items,
            Content::Scalar(_) | Content::Object(_) => vec![node],
        }
    }

    fn included(&self, argument: &Node, span: Span, depth: usize) -> Option<Node> {
        let document = self.included.get(include_location(argument)?)?;
        let mut node = self.resolve_at(document.root.as_ref()?, depth + 1)?;
        // Its places are in another file; here it all stands where it is included.
        place_at(&mut node, span);
        Some(node)
    }

    fn find_in_map(&self, argument: &Node, depth: usize) -> Option<Node> {
        let key = |index: usize| {
            let node = self.resolve_at(argument.at(index)?, depth)?;
            Some(plain_text(&node.to_value()))
        };
        let found = self.root.get("Mappings")?.get(&key(0)?)?.get(&key(1)?)?.get(&key(2)?)?;
        self.resolve_at(found, depth)
    }

    /// What `Ref` gives; `None` where the template does not say.
    pub(super) fn reference(&self, name: &str) -> Option<Value> {
        let pseudo = match name {
            "AWS::Region" => Some(REGION.to_owned()),
            "AWS::AccountId" => Some(ACCOUNT.to_owned()),
            "AWS::Partition" => Some("aws".to_owned()),
            "AWS::URLSuffix" => Some("amazonaws.com".to_owned()),
            "AWS::StackName" => Some(self.stack_name.clone()),
            _ => None,
        };
        if let Some(text) = pseudo {
            return Some(Value::from(text));
        }
        if let Some(parameter) = self.root.get("Parameters").and_then(|it| it.get(name)) {
            return default_of(parameter);
        }
        let resource = self.resource(name)?;
        let kind = resource.get("Type")?.as_str()?;
        if matches!(kind, "AWS::Serverless::Api" | "AWS::ApiGateway::RestApi") {
            return Some(Value::from(derived_id(name)));
        }
        cloudformation_reference(kind, &self.physical_name(name)?).map(Value::from)
    }

    fn attribute(&self, name: &str, attribute: &str) -> Option<String> {
        let kind = self.resource(name)?.get("Type")?.as_str()?;
        if attribute == "RootResourceId" {
            return Some(derived_id(&root_of(name)));
        }
        cloudformation_attribute(kind, &self.physical_name(name)?, attribute)
    }

    pub(super) fn resource(&self, logical: &str) -> Option<&'a Node> {
        self.root.get("Resources")?.get(logical)
    }

    /// The name a resource will have; AWS makes one from the logical id when the template gives none.
    pub(super) fn physical_name(&self, logical: &str) -> Option<String> {
        let resource = self.resource(logical)?;
        let property = cloudformation_name_property(resource.get("Type")?.as_str()?)?;
        let Some(named) = resource.get("Properties").and_then(|it| it.get(property)) else {
            return Some(logical.to_owned());
        };
        if let Some(known) = self.names.borrow().get(logical) {
            // A name made of the resource itself would never end.
            return known.clone();
        }
        if self.naming.get() >= MAX_NAMES {
            return None;
        }
        self.names.borrow_mut().insert(logical.to_owned(), None);
        self.naming.set(self.naming.get() + 1);
        let name = self
            .resolve_at(named, MAX_DEPTH * 3)
            .map(|node| cut(plain_text(&node.to_value()), MAX_NAME))
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| logical.to_owned());
        self.naming.set(self.naming.get() - 1);
        self.names.borrow_mut().insert(logical.to_owned(), Some(name.clone()));
        Some(name)
    }

    /// Whether a condition holds; `None` where that hangs on a parameter without a default.
    fn condition(&self, name: &str, depth: usize) -> Option<bool> {
        let node = self.root.get("Conditions")?.get(name)?;
        self.truth_of(node, depth + 1)
    }

    fn truth_of(&self, node: &Node, depth: usize) -> Option<bool> {
        if depth > MAX_DEPTH || !self.budget.step() {
            return None;
        }
        if node.tag() == Some("Condition") {
            return self.condition(node.as_str()?, depth + 1);
        }
        if let Some([member]) = node.as_object()
            && &*member.name == "Condition"
        {
            return self.condition(member.value.as_str()?, depth + 1);
        }
        self.truth(&Call::of(node)?, depth + 1)
    }

    fn truth(&self, call: &Call<'_>, depth: usize) -> Option<bool> {
        let operands = call.argument.as_array()?;
        let truths = || {
            operands
                .iter()
                .map(|operand| self.truth_of(operand, depth + 1))
                .collect::<Option<Vec<bool>>>()
        };
        match call.name {
            "Equals" => {
                let side = |index: usize| {
                    Some(plain_text(&self.resolve_at(operands.get(index)?, depth + 1)?.to_value()))
                };
                let (left, right) = (side(0)?, side(1)?);
                let known = !left.contains("${") && !right.contains("${");
                known.then_some(left == right)
            }
            "Not" => truths()?.first().map(|truth| !truth),
            "And" => Some(truths()?.into_iter().all(|truth| truth)),
            "Or" => Some(truths()?.into_iter().any(|truth| truth)),
            _ => None,
        }
    }

    fn substituted(&self, argument: &Node, depth: usize) -> String {
        let (text, own) = match argument.as_array() {
            Some(items) => (items.first(), items.get(1)),
            None => (Some(argument), None),
        };
        let text = text.and_then(Node::as_str).unwrap_or_default();
        let filled =
            SourceText::of_file(text).with_placeholders(|name| self.sub_meaning(name, own, depth));
        bounded(filled.as_str().to_owned())
    }

    /// What `${name}` means in `Fn::Sub`; `None` leaves it.
    fn sub_meaning(&self, name: &str, own: Option<&Node>, depth: usize) -> Option<String> {
        self.meaning(name, own, depth).filter(|text| self.budget.fill(text))
    }

    fn meaning(&self, name: &str, own: Option<&Node>, depth: usize) -> Option<String> {
        if let Some(literal) = name.strip_prefix('!') {
            return Some(format!("${{{literal}}}"));
        }
        if let Some(node) = own.and_then(|own| own.get(name)) {
            return self.resolve_at(node, depth + 1).map(|node| plain_text(&node.to_value()));
        }
        match name.split_once('.') {
            Some((resource, attribute)) => self.attribute(resource, attribute),
            None => self.reference(name).map(|value| match value.as_array() {
                Some(items) => items.iter().map(plain_text).collect::<Vec<_>>().join(","),
                None => plain_text(&value),
            }),
        }
    }

    /// The text of a node with its way back into the template: a plain string, `Fn::Sub` or `Fn::Join` of these.
    pub(super) fn source_text(&self, node: &Node, file: &str) -> SourceText {
        self.source_text_at(node, file, 0)
    }

    fn source_text_at(&self, node: &Node, file: &str, depth: usize) -> SourceText {
        let mut result = SourceText::default();
        if depth > MAX_DEPTH {
            return result;
        }
        let call = Call::of(node);
        match call.as_ref().map(|call| (call.name, call.argument)) {
            None => match node.as_str() {
                Some(text) => push_written(&mut result, text, node.span, file),
                None => {
                    let value = self.value(node);
                    result.push_filled(&plain_text(&value), node.span);
                }
            },
            Some(("Sub", argument)) => {
                let (text, own) = match argument.as_array() {
                    Some(items) => (items.first(), items.get(1)),
                    None => (Some(argument), None),
                };
                let mut written = SourceText::default();
                if let Some((node, text)) = text.and_then(|node| Some((node, node.as_str()?))) {
                    push_written(&mut written, text, node.span, file);
                }
                return written.with_placeholders(|name| self.sub_meaning(name, own, depth));
            }
            Some(("Join", argument)) => {
                let delimiter = argument.at(0).and_then(Node::as_str).unwrap_or_default();
                for (index, part) in
                    argument.at(1).and_then(Node::as_array).unwrap_or_default().iter().enumerate()
                {
                    if index > 0 {
                        result.push_filled(
                            delimiter,
                            Span { start: part.span.start, end: part.span.start },
                        );
                    }
                    if result.as_str().len() < MAX_TEXT {
                        result.append(&self.source_text_at(part, file, depth + 1));
                    }
                }
            }
            Some(_) => {
                let text = self
                    .resolve_at(node, depth)
                    .map(|node| plain_text(&node.to_value()))
                    .unwrap_or_default();
                result.push_filled(&text, node.span);
            }
        }
        result
    }
}

fn push_written(result: &mut SourceText, text: &str, span: Span, file: &str) {
    match file.get(span.start..span.end) {
        Some(raw) => result.push_decoded(text, raw, span.start),
        None => result.push_filled(text, span),
    }
}

/// The logical id that a `Ref` or `GetAtt` names, and the attribute.
pub(super) fn named_resource(node: &Node) -> Option<(&str, Option<&str>)> {
    let call = Call::of(node)?;
    match call.name {
        "Ref" => Some((call.argument.as_str()?, None)),
        "GetAtt" => match call.argument.as_array() {
            Some(items) => Some((items.first()?.as_str()?, items.get(1).and_then(Node::as_str))),
            None => {
                let (name, attribute) = call.argument.as_str()?.split_once('.')?;
                Some((name, Some(attribute)))
            }
        },
        _ => None,
    }
}

fn attribute_path(argument: &Node) -> String {
    match argument.as_array() {
        Some(items) => items.iter().filter_map(Node::as_str).collect::<Vec<_>>().join("."),
        None => argument.as_str().unwrap_or_default().to_owned(),
    }
}

fn include_location(argument: &Node) -> Option<&str> {
    let is_include = argument.get("Name").and_then(Node::as_str) == Some("AWS::Include");
    argument.get("Parameters").filter(|_| is_include)?.get("Location")?.as_str()
}

/// The value a parameter has when nobody says another.
fn default_of(parameter: &Node) -> Option<Value> {
    let kind = parameter.get("Type").and_then(Node::as_str).unwrap_or_default();
    // The default of an SSM parameter is the name under which the value is kept, not the value.
    if kind.starts_with("AWS::SSM::Parameter::Value") {
        return None;
    }
    let default = parameter.get("Default")?.to_value();
    if kind == "CommaDelimitedList" || kind.starts_with("List<") {
        let text = plain_text(&default);
        return Some(Value::array(text.split(',').map(|item| Value::from(item.trim()))));
    }
    // Parameters are texts, whatever YAML took the default for.
    Some(Value::from(plain_text(&default)))
}

/// Whether a text is one placeholder and nothing else.
pub(super) fn is_placeholder(text: &str) -> bool {
    next_placeholder(text, 0) == Some((0, text.len()))
}

fn scalar(span: Span, value: Value) -> Node {
    let content = match value.as_array() {
        Some(items) => {
            Content::Array(items.iter().map(|item| scalar(span, item.clone())).collect())
        }
        None => Content::Scalar(value),
    };
    Node { span, tag: None, content }
}

fn bounded(text: String) -> String {
    cut(text, MAX_TEXT)
}

fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = (0..=max).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

fn place_at(node: &mut Node, span: Span) {
    node.span = span;
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::Array(items) => items.iter_mut().for_each(|item| place_at(item, span)),
        Content::Object(members) => {
            for member in members {
                member.name_span = span;
                place_at(&mut member.value, span);
            }
        }
    }
}
