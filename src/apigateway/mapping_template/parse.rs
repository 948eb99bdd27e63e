//! Template text to blocks: text, references, directives, comments, and the white space that goes with a directive.
//!
//! The white space follows Velocity 1.x's tokens, which is what API Gateway was recorded to do: spaces before `#set`
//! belong to it, and a line end (with spaces before it) belongs to the closing parenthesis of a directive, to `#end`, to
//! `#else` and to a `##` comment.

use std::sync::Arc;

use super::TemplateError;
use super::syntax::{Block, Expression, Macro, Macros, Node, Reference, Step};

/// Blocks, parentheses and strings nested deeper than this are refused, so that no text can exhaust the stack.
const MAX_NESTING: usize = 60;

/// A longer template is refused. API Gateway's quota is 300 KB:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const MAX_BYTES: usize = 1 << 20;

/// What ended a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BlockEnd {
    EndOfText,
    End,
    Else,
    ElseIf,
}

/// Why a text is no template. Most of these are dropped again, so the line and column are counted only for the one that is
/// shown.
pub(super) struct Failure {
    message: String,
    /// Byte offset.
    at: usize,
}

type Parsed<T> = Result<T, Failure>;

/// The body of a template and the macros it defines, wherever they stand.
pub(super) fn parse(text: &str) -> Result<(Block, Macros), TemplateError> {
    if text.len() > MAX_BYTES {
        return Err(TemplateError::limit(format!(
            "the template is longer than {MAX_BYTES} bytes; API Gateway takes 300 KB"
        )));
    }
    // Velocity 1.x has no `\"` in a string, only `""`. Templates that need `\"` to make sense are read with it.
    let strict = Parser::new(text, false, 0).template();
    let parsed =
        strict.or_else(|failure| Parser::new(text, true, 0).template().map_err(|_later| failure));
    parsed.map_err(|Failure { message, at }| {
        let before = &text[..at];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.matches('\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        TemplateError { message, place: Some((line, column)) }
    })
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    /// Byte offset, always at a character's start.
    pub(super) at: usize,
    pub(super) backslash_quotes: bool,
    pub(super) nesting: usize,
    macros: Macros,
}

impl<'a> Parser<'a> {
    pub(super) fn new(text: &'a str, backslash_quotes: bool, nesting: usize) -> Self {
        Self { text, at: 0, backslash_quotes, nesting, macros: Macros::new() }
    }

    pub(super) fn template(mut self) -> Parsed<(Block, Macros)> {
        let (body, end) = self.block()?;
        match end {
            BlockEnd::EndOfText => Ok((body, self.macros)),
            BlockEnd::End => Err(self.error("#end has no directive to close")),
            BlockEnd::Else | BlockEnd::ElseIf => {
                Err(self.error("#else or #elseif stands outside of #if"))
            }
        }
    }

    fn block(&mut self) -> Parsed<(Block, BlockEnd)> {
        self.enter()?;
        let mut nodes = Vec::new();
        let mut text = String::new();
        let end = loop {
            let rest = self.rest();
            let plain = rest.find(['$', '#', '\\']).unwrap_or(rest.len());
            text.push_str(&rest[..plain]);
            self.at += plain;
            match self.peek() {
                Some('$') => match self.reference()? {
                    Some(reference) => {
                        flush(&mut text, &mut nodes);
                        nodes.push(Node::Reference(reference));
                    }
                    None => self.take(1, &mut text),
                },
                Some('\\') => self.backslashes(&mut text, &mut nodes)?,
                Some('#') => {
                    if let Some(end) = self.hash(&mut text, &mut nodes)? {
                        break end;
                    }
                }
                Some(_) | None => break BlockEnd::EndOfText,
            }
        };
        flush(&mut text, &mut nodes);
        self.nesting -= 1;
        Ok((nodes.into(), end))
    }

    /// Backslashes escape a reference or a directive after them; before anything else they are text.
    fn backslashes(&mut self, text: &mut String, nodes: &mut Vec<Node>) -> Parsed<()> {
        let count = self.rest().bytes().take_while(|byte| *byte == b'\\').count();
        let after = &self.rest()[count..];
        if after.starts_with('$') {
            let start = self.at;
            self.at += count;
            if let Some(reference) = self.reference()? {
                flush(text, nodes);
                nodes.push(Node::Escaped { backslashes: count, reference });
                return Ok(());
            }
            self.at = start;
        }
        match directive_name(after) {
            Some((name, length)) if is_directive(name) => {
                text.extend(std::iter::repeat_n('\\', count / 2));
                self.at += count;
                if count % 2 == 1 {
                    self.take(length, text);
                }
            }
            Some(_) | None => self.take(count, text),
        }
        Ok(())
    }

    /// What starts with `#`. Answers what it ended, if it ended the block.
    fn hash(&mut self, text: &mut String, nodes: &mut Vec<Node>) -> Parsed<Option<BlockEnd>> {
        let rest = self.rest();
        if rest.starts_with("##") {
            self.at += rest.find('\n').map_or(rest.len(), |newline| newline + 1);
            return Ok(None);
        }
        if rest.starts_with("#*") {
            self.at += rest.find("*#").map_or(rest.len(), |end| end + 2);
            return Ok(None);
        }
        if let Some(literal) = rest.strip_prefix("#[[") {
            let end = literal.find("]]#").unwrap_or(literal.len());
            text.push_str(&literal[..end]);
            self.at = (self.at + 3 + end + 3).min(self.text.len());
            return Ok(None);
        }
        let Some((name, length)) = directive_name(rest) else {
            self.take(1, text);
            return Ok(None);
        };
        match name {
            "end" => return Ok(Some(self.closing(length, BlockEnd::End))),
            "else" => return Ok(Some(self.closing(length, BlockEnd::Else))),
            "elseif" => {
                self.at += length;
                return Ok(Some(BlockEnd::ElseIf));
            }
            "set" | "if" | "foreach" | "macro" | "define" | "evaluate" | "include" | "parse"
                if !self.parenthesis_follows(length) =>
            {
                self.take(length, text);
                return Ok(None);
            }
            "set" => text.truncate(text.trim_end_matches([' ', '\t']).len()),
            _ => {}
        }
        let start = self.at;
        self.at += length;
        let node = match name {
            "set" => Some(self.set()?),
            "if" => Some(self.if_directive()?),
            "foreach" => Some(self.foreach()?),
            "define" => Some(self.define()?),
            "macro" => {
                self.macro_definition()?;
                None
            }
            "evaluate" => Some(self.evaluate()?),
            "include" | "parse" => {
                return Err(failure_at(
                    start,
                    &format!("API Gateway has no files, so #{name} cannot be used"),
                ));
            }
            "stop" => Some(Node::Stop),
            "break" => Some(Node::Break),
            other => match self.call(other, start)? {
                Some(call) => Some(call),
                None => {
                    self.at = start;
                    self.take(length, text);
                    None
                }
            },
        };
        if let Some(node) = node {
            flush(text, nodes);
            nodes.push(node);
        }
        Ok(None)
    }

    fn closing(&mut self, length: usize, end: BlockEnd) -> BlockEnd {
        self.at += length;
        self.gobble_line_end();
        end
    }

    fn set(&mut self) -> Parsed<Node> {
        self.open()?;
        let Some(target) = self.reference()? else {
            return Err(self.error("#set needs a reference such as $name to set"));
        };
        self.skip_space();
        if !self.eat("=") {
            return Err(self.error("#set needs `=` after its reference"));
        }
        let value = self.expression()?;
        self.close()?;
        Ok(Node::Set { target, value })
    }

    fn if_directive(&mut self) -> Parsed<Node> {
        let mut branches = Vec::new();
        let mut condition = self.condition()?;
        loop {
            let (body, end) = self.block()?;
            branches.push((condition, body));
            match end {
                BlockEnd::End => return Ok(Node::If { branches, otherwise: None }),
                BlockEnd::ElseIf => condition = self.condition()?,
                BlockEnd::Else => {
                    let otherwise = Some(self.body("#else")?);
                    return Ok(Node::If { branches, otherwise });
                }
                BlockEnd::EndOfText => return Err(self.error("#if is not closed by #end")),
            }
        }
    }

    fn condition(&mut self) -> Parsed<Expression> {
        self.open()?;
        let condition = self.expression()?;
        self.close()?;
        Ok(condition)
    }

    fn foreach(&mut self) -> Parsed<Node> {
        self.open()?;
        let variable = self.plain_name("#foreach")?;
        self.skip_space();
        if !self.eat_word("in") {
            return Err(self.error("#foreach needs `in` after its variable"));
        }
        let items = self.expression()?;
        self.close()?;
        Ok(Node::Foreach { variable, items, body: self.body("#foreach")? })
    }

    fn define(&mut self) -> Parsed<Node> {
        self.open()?;
        let name = self.plain_name("#define")?;
        self.close()?;
        Ok(Node::Define { name, body: self.body("#define")? })
    }

    fn macro_definition(&mut self) -> Parsed<()> {
        self.open()?;
        let Some(name) = self.identifier() else { return Err(self.error("#macro needs a name")) };
        let mut parameters = Vec::new();
        loop {
            self.skip_space();
            let _comma_is_optional = self.eat(",");
            self.skip_space();
            if self.peek() != Some('$') {
                break;
            }
            parameters.push(self.plain_name("#macro")?);
        }
        self.close()?;
        let body = self.body("#macro")?;
        self.macros.insert(name.into(), Arc::new(Macro { parameters, body }));
        Ok(())
    }

    fn evaluate(&mut self) -> Parsed<Node> {
        Ok(Node::Evaluate(self.condition()?))
    }

    /// `#name(arguments)`; `None` when it only looks like one.
    fn call(&mut self, name: &str, start: usize) -> Parsed<Option<Node>> {
        if !self.parenthesis_follows(0) {
            return Ok(None);
        }
        self.open()?;
        let mut arguments = Vec::new();
        loop {
            self.skip_space();
            if self.eat(")") {
                break;
            }
            // Text such as `count(#id (see below))` is no call; Velocity is as lenient with what it does not know.
            let nesting = self.nesting;
            let Ok(argument) = self.expression() else {
                self.nesting = nesting;
                return Ok(None);
            };
            arguments.push(argument);
            self.skip_space();
            let _comma_is_optional = self.eat(",");
        }
        let source = self.text[start..self.at].into();
        self.gobble_line_end();
        Ok(Some(Node::Call { name: name.into(), arguments, source }))
    }

    /// The block up to `#end`.
    fn body(&mut self, directive: &str) -> Parsed<Block> {
        let start = self.at;
        let (body, end) = self.block()?;
        match end {
            BlockEnd::End => Ok(body),
            BlockEnd::EndOfText => {
                Err(failure_at(start, &format!("{directive} is not closed by #end")))
            }
            BlockEnd::Else | BlockEnd::ElseIf => {
                Err(self
                    .error(&format!("#else or #elseif stands inside of {directive}, not of #if")))
            }
        }
    }

    /// `$name` without properties.
    fn plain_name(&mut self, directive: &str) -> Parsed<Arc<str>> {
        self.skip_space();
        match self.reference()? {
            Some(Reference { name, steps, .. }) if steps.is_empty() => Ok(name),
            Some(_) | None => {
                Err(self.error(&format!("{directive} needs a plain variable such as $name")))
            }
        }
    }

    /// A reference at `$`, or `None` and no movement when the dollar is just text.
    pub(super) fn reference(&mut self) -> Parsed<Option<Reference>> {
        let start = self.at;
        if !self.eat("$") {
            return Ok(None);
        }
        let _quiet_references_print_like_others = self.eat("!");
        let formal = self.eat("{");
        let Some(name) = self.identifier() else {
            self.at = start;
            return Ok(None);
        };
        let mut steps = Vec::new();
        while let Some(step) = self.step()? {
            steps.push(step);
        }
        if formal && !self.eat("}") {
            self.at = start;
            return Ok(None);
        }
        Ok(Some(Reference { source: self.text[start..self.at].into(), name: name.into(), steps }))
    }

    fn step(&mut self) -> Parsed<Option<Step>> {
        let start = self.at;
        if self.eat(".") {
            let Some(name) = self.identifier() else {
                self.at = start;
                return Ok(None);
            };
            return if self.eat("(") {
                Ok(Some(Step::Method(name.into(), self.expressions(")")?)))
            } else {
                Ok(Some(Step::Property(name.into())))
            };
        }
        if self.eat("[") {
            // `$name[` in running text is text when no index follows.
            let nesting = self.nesting;
            let index = self.expression();
            self.nesting = nesting;
            if let Ok(index) = index {
                self.skip_space();
                if self.eat("]") {
                    return Ok(Some(Step::Index(index)));
                }
            }
            self.at = start;
        }
        Ok(None)
    }

    pub(super) fn identifier(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let first = rest.bytes().next()?;
        if !first.is_ascii_alphabetic() && first != b'_' {
            return None;
        }
        let length = rest
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
            .count();
        self.at += length;
        Some(&rest[..length])
    }

    pub(super) fn enter(&mut self) -> Parsed<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(self.error(&format!("the template nests deeper than {MAX_NESTING} levels")));
        }
        Ok(())
    }

    fn open(&mut self) -> Parsed<()> {
        self.skip_space();
        if !self.eat("(") {
            return Err(self.error("the directive needs `(`"));
        }
        self.skip_space();
        Ok(())
    }

    fn close(&mut self) -> Parsed<()> {
        self.skip_space();
        if !self.eat(")") {
            return Err(self.error("the directive is not closed by `)`"));
        }
        self.gobble_line_end();
        Ok(())
    }

    fn parenthesis_follows(&self, length: usize) -> bool {
        self.rest()[length..].trim_start_matches([' ', '\t']).starts_with('(')
    }

    fn gobble_line_end(&mut self) {
        let rest = self.rest();
        let line_end = rest.trim_start_matches([' ', '\t']);
        let newline =
            ["\r\n", "\n", "\r"].into_iter().find(|newline| line_end.starts_with(newline));
        if let Some(newline) = newline {
            self.at += rest.len() - line_end.len() + newline.len();
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// A word that does not go on.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let ends = self
            .rest()
            .strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
        if ends {
            self.at += word.len();
        }
        ends
    }

    pub(super) fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn take(&mut self, length: usize, text: &mut String) {
        text.push_str(&self.rest()[..length]);
        self.at += length;
    }

    pub(super) fn error(&self, message: &str) -> Failure {
        failure_at(self.at, message)
    }
}

fn failure_at(at: usize, message: &str) -> Failure {
    Failure { message: message.to_owned(), at }
}

fn flush(text: &mut String, nodes: &mut Vec<Node>) {
    if !text.is_empty() {
        nodes.push(Node::Text(std::mem::take(text).into()));
    }
}

/// The word of `#word` or `#{word}` and the length of all of it.
fn directive_name(text: &str) -> Option<(&str, usize)> {
    let after = text.strip_prefix('#')?;
    let (word, braces) = after.strip_prefix('{').map_or((after, 0), |word| (word, 2));
    let length =
        word.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let starts_well = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || (braces == 2 && !word[length..].starts_with('}')) {
        return None;
    }
    Some((&word[..length], 1 + length + braces))
}

fn is_directive(name: &str) -> bool {
    matches!(
        name,
        "set"
            | "if"
            | "elseif"
            | "else"
            | "end"
            | "foreach"
            | "macro"
            | "define"
            | "evaluate"
            | "include"
            | "parse"
            | "stop"
            | "break"
    )
}
