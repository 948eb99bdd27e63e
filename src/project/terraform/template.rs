//! Strings with `${…}` and `%{…}`, in place and in template files.

use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, Strip, Template};
use indexmap::IndexMap;

use super::super::source_text::SourceText;
use super::evaluate::{Evaluator, Scope, pairs_of};
use super::module::span_of;
use super::value::{Kind, Place, Text, Val, placeholder};

/// A text that templates make is no longer than this.
const MAX_TEXT: usize = 4 * 1024 * 1024;

impl Evaluator<'_> {
    /// A string with parts to fill in.
    pub(super) fn template(&mut self, template: &Template, scope: &Scope, place: Place) -> Val {
        // A single interpolation is the value itself, whatever type it has.
        if let Some(Element::Interpolation(single)) = template.as_single_element() {
            return self.expression(&single.expr, scope);
        }
        let source = self.render(template, scope);
        Val::new(place, Kind::Text(Arc::new(Text { source, file: scope.file, ..Text::default() })))
    }

    /// A template file, which knows nothing but the variables it is given.
    pub(super) fn template_file(
        &mut self,
        file: usize,
        variables: &IndexMap<String, Val>,
        scope: &Scope,
        place: Place,
    ) -> Val {
        let text = Arc::clone(&self.files[file].text);
        let substitutions = variables
            .iter()
            .map(|(name, value)| (name.clone(), value.in_text().filter(|_| !value.is_unknown())))
            .collect();
        let source = match hcl_edit::parser::parse_template(&text) {
            Ok(template) => {
                let scope = Scope {
                    file,
                    names: variables
                        .iter()
                        .map(|(name, value)| (name.clone(), value.clone()))
                        .collect(),
                    closed: true,
                    ..scope.clone()
                };
                self.render(&template, &scope)
            }
            Err(err) => {
                self.problem(
                    place,
                    "terraform-template",
                    format!("The template file can't be rendered: {}", err.message()),
                    "Its plain placeholders are filled in, the rest is shown as it is.",
                );
                SourceText::of_file(&text).with_placeholders(|name| variables.get(name)?.in_text())
            }
        };
        Val::new(
            place,
            Kind::Text(Arc::new(Text { source, file, substitutions, ..Text::default() })),
        )
    }

    fn render(&mut self, template: &Template, scope: &Scope) -> SourceText {
        let mut out = SourceText::default();
        self.render_into(template, scope, (false, false), &mut out);
        out
    }

    /// `strip`: whether the marks around this template take white space off its start and end.
    fn render_into(
        &mut self,
        template: &Template,
        scope: &Scope,
        strip: (bool, bool),
        out: &mut SourceText,
    ) {
        let elements: Vec<&Element> = template.iter().collect();
        for (at, element) in elements.iter().enumerate() {
            if out.as_str().len() > MAX_TEXT {
                return;
            }
            let span = span_of(element.span());
            match element {
                Element::Literal(text) => {
                    let before = at.checked_sub(1).map_or(strip.0, |at| strips(elements[at]).1);
                    let after = elements.get(at + 1).map_or(strip.1, |next| strips(next).0);
                    let mut source = SourceText::default();
                    match self.files[scope.file].text.get(span.start..span.end) {
                        Some(raw) => source.push_decoded(text, raw, span.start),
                        None => source.push_filled(text, span),
                    }
                    let text = source.as_str();
                    let start = if before { text.len() - text.trim_start().len() } else { 0 };
                    let end = if after { text.trim_end().len().max(start) } else { text.len() };
                    out.append(&source.slice(start..end));
                }
                Element::Interpolation(interpolation) => {
                    let value = self.expression(&interpolation.expr, scope);
                    // A text of the same file keeps its own way back.
                    if let Kind::Text(text) = &value.kind
                        && text.file == scope.file
                        && text.encoded.is_none()
                    {
                        out.append(&text.source);
                        continue;
                    }
                    let place =
                        Place { file: scope.file, span: span_of(interpolation.expr.span()) };
                    let text = value.in_text().unwrap_or_else(|| placeholder(&self.words(place)));
                    out.push_filled(&text, span);
                }
                Element::Directive(directive) => self.directive(directive, scope, out),
            }
        }
    }

    fn directive(&mut self, directive: &Directive, scope: &Scope, out: &mut SourceText) {
        match directive {
            Directive::If(it) => {
                let truth =
                    self.expression(&it.if_expr.cond_expr, scope).as_bool().unwrap_or(false);
                let (first, last) = (it.if_expr.strip, it.endif_expr.strip);
                match (&it.else_expr, truth) {
                    (Some(other), true) => {
                        let strip = (strips_after(first), strips_before(other.strip));
                        self.render_into(&it.if_expr.template, scope, strip, out);
                    }
                    (None, true) => {
                        let strip = (strips_after(first), strips_before(last));
                        self.render_into(&it.if_expr.template, scope, strip, out);
                    }
                    (Some(other), false) => {
                        let strip = (strips_after(other.strip), strips_before(last));
                        self.render_into(&other.template, scope, strip, out);
                    }
                    (None, false) => {}
                }
            }
            Directive::For(it) => {
                let collection = self.expression(&it.for_expr.collection_expr, scope);
                let strip = (strips_after(it.for_expr.strip), strips_before(it.endfor_expr.strip));
                for (key, value) in pairs_of(&collection).unwrap_or_default() {
                    let mut inner = scope.with(it.for_expr.value_var.as_str(), value);
                    if let Some(name) = &it.for_expr.key_var {
                        inner = inner.with(name.as_str(), key);
                    }
                    self.render_into(&it.for_expr.template, &inner, strip, out);
                }
            }
        }
    }
}

/// Whether an element takes white space off what stands before and after it.
fn strips(element: &Element) -> (bool, bool) {
    match element {
        Element::Literal(_) => (false, false),
        Element::Interpolation(it) => (strips_before(it.strip), strips_after(it.strip)),
        Element::Directive(directive) => match &**directive {
            Directive::If(it) => {
                (strips_before(it.if_expr.strip), strips_after(it.endif_expr.strip))
            }
            Directive::For(it) => {
                (strips_before(it.for_expr.strip), strips_after(it.endfor_expr.strip))
            }
        },
    }
}

fn strips_before(strip: Strip) -> bool {
    matches!(strip, Strip::Start | Strip::Both)
}

fn strips_after(strip: Strip) -> bool {
    matches!(strip, Strip::End | Strip::Both)
}
