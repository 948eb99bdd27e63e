//! What names mean: variables, locals, modules, data sources, and the attributes of other resources.

use std::path::{Path, PathBuf};

use hcl_edit::expr::TraversalOperator;
use hcl_edit::{Decorated, Span as _};

use super::super::aws_names::{derived_id, terraform_attribute, terraform_name_argument};
use super::super::definition::{ACCOUNT, REGION};
use super::super::rest_parts::root_of;
use super::Repetition;
use super::evaluate::{Evaluator, Scope};
use super::module::{Written, WrittenBlock, span_of};
use super::value::{Place, Val};

type Operators = [Decorated<TraversalOperator>];

/// A resource or data source, as it is referred to.
#[derive(Clone, Copy)]
struct Named<'a> {
    /// `None` when nobody declares it.
    block: Option<&'a WrittenBlock>,
    address: &'a str,
    kind: &'a str,
}

impl Evaluator<'_> {
    /// A name with everything that follows it.
    pub(super) fn reference(
        &mut self,
        root: &str,
        operators: &Operators,
        scope: &Scope,
        place: Place,
    ) -> Val {
        if let Some((_, value)) = scope.names.iter().rfind(|(name, _)| name == root) {
            let value = value.clone();
            return self.traverse(value, operators, scope, place);
        }
        if scope.closed {
            return self.unknown(place);
        }
        let first = operators.first().and_then(|it| self.name_of(it, scope));
        let rest = operators.get(1..).unwrap_or_default();
        let module = scope.module;
        match (root, first) {
            ("var", Some(name)) => {
                let value = self.variable(module, &name, place);
                self.traverse(value, rest, scope, place)
            }
            ("local", Some(name)) => {
                let Some(written) = self.instances[module].module.locals.get(&name).cloned() else {
                    return self.unknown(place);
                };
                let value = self.once((module, format!("local.{name}")), place, |it| {
                    it.written(&written, &Scope::new(module, written.file, &Repetition::default()))
                });
                self.traverse(value, rest, scope, place)
            }
            ("path", Some(name)) => match name.as_str() {
                "module" => Val::text(place, &self.module_path(module)),
                "root" | "cwd" => Val::text(place, "."),
                _ => self.unknown(place),
            },
            ("terraform", Some(name)) if name == "workspace" => Val::text(place, "default"),
            ("each", Some(name)) => match (&scope.repetition.each, name.as_str()) {
                (Some((key, _)), "key") => key.clone(),
                (Some((_, value)), "value") => {
                    let value = value.clone();
                    self.traverse(value, rest, scope, place)
                }
                _ => self.unknown(place),
            },
            ("count", Some(_)) => {
                scope.repetition.count.clone().unwrap_or_else(|| self.unknown(place))
            }
            ("module", Some(name)) => self.output(&name, rest, scope, place),
            ("data", Some(kind)) => {
                let name = rest.first().and_then(|it| self.name_of(it, scope)).unwrap_or_default();
                let address = format!("data.{kind}.{name}");
                let declared = &self.instances[module].module.data;
                let block = declared.get(&format!("{kind}.{name}")).cloned();
                let named = Named { block: block.as_ref(), address: &address, kind: &kind };
                self.resource(named, rest.get(1..).unwrap_or_default(), scope, place)
            }
            (kind, Some(name)) => {
                let address = format!("{kind}.{name}");
                let block = self.instances[module].module.resources.get(&address).cloned();
                match block {
                    Some(block) => {
                        let named = Named { block: Some(&block), address: &address, kind };
                        self.resource(named, rest, scope, place)
                    }
                    None => self.unknown(place),
                }
            }
            (_, None) => self.unknown(place),
        }
    }

    /// `.name` or `["name"]`.
    fn name_of(
        &mut self,
        operator: &Decorated<TraversalOperator>,
        scope: &Scope,
    ) -> Option<String> {
        match operator.value() {
            TraversalOperator::GetAttr(name) => Some(name.as_str().to_owned()),
            TraversalOperator::Index(index) => {
                self.expression(index, scope).as_text().map(str::to_owned)
            }
            TraversalOperator::LegacyIndex(_)
            | TraversalOperator::AttrSplat(_)
            | TraversalOperator::FullSplat(_) => None,
        }
    }

    fn variable(&mut self, module: usize, name: &str, place: Place) -> Val {
        let given = self.instances[module].call.as_ref().and_then(|call| {
            Some((call.caller, call.repetition.clone(), call.block.attribute(name)?))
        });
        let default = self.instances[module].module.variables.get(name).cloned().flatten();
        self.once((module, format!("var.{name}")), place, |it| match (given, default) {
            (Some((caller, repetition, written)), _) => {
                it.written(&written, &Scope::new(caller, written.file, &repetition))
            }
            // A default of null means that there is none.
            (None, Some(written)) => {
                let value =
                    it.written(&written, &Scope::new(module, written.file, &Repetition::default()));
                if value.is_null() { Val { place, ..value } } else { value }
            }
            (None, None) => Val::unknown(place, &format!("var.{name}")),
        })
    }

    fn output(&mut self, name: &str, operators: &Operators, scope: &Scope, place: Place) -> Val {
        let called: Vec<usize> = (0..self.instances.len())
            .filter(|index| {
                let call = self.instances[*index].call.as_ref();
                call.is_some_and(|call| call.caller == scope.module && call.block.label(0) == name)
            })
            .collect();
        let (chosen, rest) = match operators.first().map(Decorated::value) {
            Some(TraversalOperator::Index(index)) => {
                let wanted = self.expression(index, scope).in_text();
                let key = |instance: &super::Instance| {
                    let repetition = &instance.call.as_ref()?.repetition;
                    repetition
                        .each
                        .as_ref()
                        .map(|(key, _)| key)
                        .or(repetition.count.as_ref())?
                        .in_text()
                };
                let chosen =
                    called.iter().find(|index| key(&self.instances[**index]) == wanted).copied();
                (chosen, operators.get(1..).unwrap_or_default())
            }
            Some(_) | None => (called.first().copied(), operators),
        };
        let output = rest.first().and_then(|it| self.name_of(it, scope));
        let (Some(chosen), Some(output)) = (chosen, output) else { return self.unknown(place) };
        let Some(written) = self.instances[chosen].module.outputs.get(&output).cloned() else {
            return self.unknown(place);
        };
        let value = self.once((chosen, format!("output.{output}")), place, |it| {
            it.written(&written, &Scope::new(chosen, written.file, &Repetition::default()))
        });
        self.traverse(value, rest.get(1..).unwrap_or_default(), scope, place)
    }

    /// A resource or data source, from its name on.
    fn resource(
        &mut self,
        named: Named<'_>,
        operators: &Operators,
        scope: &Scope,
        place: Place,
    ) -> Val {
        let module = scope.module;
        let repeats = named.block.is_some_and(|it| {
            it.attribute("count").is_some() || it.attribute("for_each").is_some()
        });
        let (first, rest) =
            (operators.first().map(Decorated::value), operators.get(1..).unwrap_or_default());
        let mut repetition = Repetition::default();
        let mut operators = operators;
        match first {
            Some(TraversalOperator::Index(index)) => {
                let wanted = self.expression(index, scope).in_text();
                let all = named
                    .block
                    .and_then(|block| self.repetitions(module, block))
                    .unwrap_or_default();
                let found =
                    all.into_iter().find(|it| key_of(it).is_none_or(|key| Some(key) == wanted));
                repetition = found.unwrap_or_default();
                operators = rest;
            }
            Some(TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_)) => {
                let all = named.block.and_then(|block| self.repetitions(module, block));
                let Some(all) = all else { return self.unknown(place) };
                let items = all
                    .iter()
                    .map(|it| self.resource_attribute(named, it, rest, scope, place))
                    .collect();
                return Val::list(place, items);
            }
            Some(TraversalOperator::LegacyIndex(_)) => operators = rest,
            Some(TraversalOperator::GetAttr(_)) | None => {
                // A repeated resource without an index means all of them; one is as good as none known.
                if repeats && first.is_none() {
                    return self.unknown(place);
                }
            }
        }
        self.resource_attribute(named, &repetition, operators, scope, place)
    }

    fn resource_attribute(
        &mut self,
        named: Named<'_>,
        repetition: &Repetition,
        operators: &Operators,
        scope: &Scope,
        place: Place,
    ) -> Val {
        let Some(attribute) = operators.first().and_then(|it| self.name_of(it, scope)) else {
            return self.unknown(place);
        };
        let module = scope.module;
        let key = format!("{}{}.{attribute}", named.address, repetition_suffix(repetition));
        let value = self.once((module, key), place, |it| {
            it.attribute_of(module, named, repetition, &attribute, place)
        });
        self.traverse(value, operators.get(1..).unwrap_or_default(), scope, place)
    }

    fn attribute_of(
        &mut self,
        module: usize,
        named: Named<'_>,
        repetition: &Repetition,
        attribute: &str,
        place: Place,
    ) -> Val {
        let Named { block, address, kind } = named;
        let is_data = address.starts_with("data.");
        if is_data && let Some(text) = data_attribute(kind, attribute) {
            return Val::text(place, &text);
        }
        let Some(block) = block else { return self.unknown(place) };
        if !is_data
            && kind.starts_with("aws_api_gateway_")
            && let Some(text) =
                self.api_attribute(module, block, address, kind, repetition, attribute)
        {
            return Val::text(place, &text);
        }
        let scope = Scope::new(module, block.file, repetition);
        if is_data && kind == "template_file" && attribute == "rendered" {
            return self.rendered(block, &scope, place);
        }
        if let Some(written) = block.attribute(attribute) {
            let value = self.written(&written, &scope);
            if !value.is_null() {
                return value;
            }
        }
        let name = self.physical_name(block, kind, &scope);
        match name.and_then(|name| terraform_attribute(kind, &name, attribute)) {
            Some(text) => Val::text(place, &text),
            None => self.unknown(place),
        }
    }

    /// The name a resource says for itself, or the one in the file when AWS or the provider makes one up.
    pub(super) fn physical_name(
        &mut self,
        block: &WrittenBlock,
        kind: &str,
        scope: &Scope,
    ) -> Option<String> {
        let argument = terraform_name_argument(kind)?;
        let written = block.attribute(argument).map(|written| self.written(&written, scope));
        let name = written.and_then(|value| value.in_text()).filter(|name| !name.is_empty());
        Some(name.unwrap_or_else(|| block.label(1).to_owned()))
    }

    /// Ids of API Gateway's pieces, made from their addresses, so that they meet.
    fn api_attribute(
        &mut self,
        module: usize,
        block: &WrittenBlock,
        address: &str,
        kind: &str,
        repetition: &Repetition,
        attribute: &str,
    ) -> Option<String> {
        let id = self.derived_id(module, address, repetition);
        match (kind, attribute) {
            ("aws_api_gateway_rest_api", "root_resource_id") => Some(derived_id(&root_of(&id))),
            ("aws_api_gateway_rest_api", "execution_arn") => {
                Some(format!("arn:aws:execute-api:{REGION}:{ACCOUNT}:{id}"))
            }
            ("aws_api_gateway_rest_api", "arn") => {
                Some(format!("arn:aws:apigateway:{REGION}::/restapis/{id}"))
            }
            ("aws_api_gateway_stage" | "aws_api_gateway_deployment", "invoke_url") => {
                let scope = Scope::new(module, block.file, repetition);
                let mut text = |name: &str| {
                    let written = block.attribute(name)?;
                    self.written(&written, &scope).in_text()
                };
                let (api, stage) = (text("rest_api_id")?, text("stage_name").unwrap_or_default());
                Some(format!("https://{api}.execute-api.{REGION}.amazonaws.com/{stage}"))
            }
            (_, "id") => Some(id),
            _ => None,
        }
    }

    pub(super) fn derived_id(
        &self,
        module: usize,
        address: &str,
        repetition: &Repetition,
    ) -> String {
        derived_id(&format!(
            "{}{address}{}",
            self.instances[module].path,
            repetition_suffix(repetition)
        ))
    }

    /// The old `template_file` data source.
    fn rendered(&mut self, block: &WrittenBlock, scope: &Scope, place: Place) -> Val {
        let variables = block.attribute("vars").map(|written| self.written(&written, scope));
        let variables = variables.and_then(|it| it.as_object().cloned()).unwrap_or_default();
        let template = block.attribute("template").map(|written| self.written(&written, scope));
        match template.map(|it| it.kind) {
            Some(super::value::Kind::Text(text)) if self.is_whole_file(&text) => {
                self.template_file(text.file, &variables, scope, place)
            }
            _ => self.unknown(place),
        }
    }

    fn is_whole_file(&self, text: &super::value::Text) -> bool {
        self.files.get(text.file).is_some_and(|file| *file.text == *text.source.as_str())
    }

    /// From the root module's folder to a module's.
    fn module_path(&self, module: usize) -> String {
        let (root, folder) =
            (&self.instances[0].module.folder, &self.instances[module].module.folder);
        match folder.strip_prefix(root) {
            Ok(inside) if inside.as_os_str().is_empty() => ".".to_owned(),
            Ok(inside) => format!("./{}", inside.display()),
            Err(_) => folder.display().to_string(),
        }
    }

    /// Reads a file that an expression names, relative to the root module's folder as Terraform does.
    pub(super) fn read_file(&mut self, relative: &str, place: Place) -> Option<usize> {
        let folder: PathBuf = self.instances[0].module.folder.clone();
        match self.opening.reader.read(&folder, relative) {
            Ok((path, text)) => Some(self.file_index(&path, &text)),
            Err(err) => {
                self.problem(
                    place,
                    "terraform-file",
                    format!("The file can't be read: {err}"),
                    "Put the file into the project, or correct the path.",
                );
                None
            }
        }
    }

    fn file_index(&mut self, path: &Path, text: &std::sync::Arc<str>) -> usize {
        if let Some(index) = self.files.iter().position(|file| file.path == path) {
            return index;
        }
        self.files.push(super::SourceFile {
            path: path.to_path_buf(),
            text: std::sync::Arc::clone(text),
        });
        self.files.len() - 1
    }

    /// Where an expression stands.
    pub(super) fn place_of(written: &Written) -> Place {
        Place { file: written.file, span: span_of(written.expression.span()) }
    }
}

fn key_of(repetition: &Repetition) -> Option<String> {
    repetition.each.as_ref().map(|(key, _)| key).or(repetition.count.as_ref())?.in_text()
}

fn repetition_suffix(repetition: &Repetition) -> String {
    key_of(repetition).map_or_else(String::new, |key| format!("[{key}]"))
}

/// Data sources that ask who and where one is.
fn data_attribute(kind: &str, attribute: &str) -> Option<String> {
    let text = match (kind, attribute) {
        ("aws_caller_identity", "account_id" | "id") => ACCOUNT.to_owned(),
        ("aws_caller_identity", "arn") => format!("arn:aws:iam::{ACCOUNT}:root"),
        ("aws_region", "name" | "id" | "region") => REGION.to_owned(),
        ("aws_partition", "partition" | "id") => "aws".to_owned(),
        ("aws_partition", "dns_suffix") => "amazonaws.com".to_owned(),
        _ => return None,
    };
    Some(text)
}
