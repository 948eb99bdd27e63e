//! The Map state, inline and distributed.

use super::Reader;
use super::fields::Fields;
use super::support;
use crate::asl::{
    Field, ItemProcessor, ItemsSource, Map, ProcessorMode, QueryLanguage, StateMachineType,
    Template, placeholder, rule,
};
use crate::json::document::{Node, Span};

/// Fields that only a distributed Map may have.
const DISTRIBUTED_ONLY: &[&str] = &[
    "ItemReader",
    "ItemBatcher",
    "ResultWriter",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "Label",
];

impl Reader<'_> {
    pub(super) fn map(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Map {
        let uses_iterator = fields.has("Iterator") && !fields.has("ItemProcessor");
        let name = if uses_iterator { "Iterator" } else { "ItemProcessor" };
        self.at_least_one(fields, &["ItemProcessor", "Iterator"]);
        self.at_most_one(fields, &["ItemProcessor", "Iterator"]);
        self.at_most_one(fields, &["ItemSelector", "Parameters"]);
        let processor = self.processor(fields, name);
        if processor.mode == ProcessorMode::Inline {
            self.distributed_only(fields);
        }
        let label = self.text(fields, "Label");
        self.label(fields);
        self.item_reader(fields, language);
        self.item_batcher(fields);
        self.result_writer(fields, language);
        let selector = if fields.has("ItemSelector") { "ItemSelector" } else { "Parameters" };
        Map {
            processor,
            uses_iterator,
            items: self.items(fields, language),
            item_selector: self.template(fields, selector, language),
            max_concurrency: self.count(fields, "MaxConcurrency", language, i64::MAX),
            result_selector: self.object_template(fields, "ResultSelector", language),
            result_path: self.result_path(fields),
            tolerated_failure_percentage: self.percentage(fields, language),
            tolerated_failure_count: self.count(
                fields,
                "ToleratedFailureCount",
                language,
                i64::MAX,
            ),
            label,
            item_reader: self.object_template(fields, "ItemReader", language),
            item_batcher: self.object_template(fields, "ItemBatcher", language),
            result_writer: self.object_template(fields, "ResultWriter", language),
        }
    }

    fn percentage(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> Option<Field<f64>> {
        self.field(fields, "ToleratedFailurePercentage", language, |reader, fields, name| {
            reader.number(fields, name, 0.0..=100.0)
        })
    }

    fn items(&mut self, fields: &Fields<'_>, language: QueryLanguage) -> ItemsSource {
        if let Some(path) = self.path(fields, "ItemsPath") {
            return ItemsSource::Path(path);
        }
        let Some(node) = fields.get("Items") else { return ItemsSource::Input };
        match self.template_node(node, &fields.at("Items"), language) {
            Template::Literal(value) => {
                if node.as_array().is_none()
                    && node.as_object().is_none()
                    && !placeholder::is_placeholder(node)
                {
                    self.wrong_type(&fields.at("Items"), node, "an array or a JSONata expression");
                }
                ItemsSource::Literal(value)
            }
            template @ (Template::Array(_) | Template::Object(_) | Template::Expression(_)) => {
                ItemsSource::Computed(template)
            }
        }
    }

    fn distributed_only(&mut self, fields: &Fields<'_>) {
        for name in DISTRIBUTED_ONLY {
            if let Some(node) = fields.get(name) {
                self.report(
                    &rule::DISTRIBUTED_ONLY,
                    (&fields.at(name), node.span),
                    format!("'{name}' has an effect in distributed Maps only"),
                    "Set \"ProcessorConfig\": {\"Mode\": \"DISTRIBUTED\", \"ExecutionType\": …} in ItemProcessor",
                );
            }
        }
    }

    fn processor(&mut self, fields: &Fields<'_>, name: &str) -> ItemProcessor {
        let Some(node) = fields.get(name) else { return ItemProcessor::default() };
        let Some(inner) = self.object(node, &fields.at(name)) else {
            return ItemProcessor::default();
        };
        self.unknown_fields(&inner, |name| support::of_scope(name, true));
        let (mode, execution_type) = self.processor_config(&inner);
        ItemProcessor {
            scope: self.scope(node, &inner, &["States", "StartAt"]),
            mode,
            execution_type,
        }
    }

    fn processor_config(
        &mut self,
        fields: &Fields<'_>,
    ) -> (ProcessorMode, Option<StateMachineType>) {
        let Some(node) = fields.get("ProcessorConfig") else {
            return (ProcessorMode::Inline, None);
        };
        let Some(config) = self.object(node, &fields.at("ProcessorConfig")) else {
            return (ProcessorMode::Inline, None);
        };
        let mode = self.one_of(
            &config,
            "Mode",
            &[("INLINE", ProcessorMode::Inline), ("DISTRIBUTED", ProcessorMode::Distributed)],
        );
        let types =
            [("STANDARD", StateMachineType::Standard), ("EXPRESS", StateMachineType::Express)];
        let execution_type = self.one_of(&config, "ExecutionType", &types);
        let mode = mode.unwrap_or_default();
        if let Some(node) = config.get("ExecutionType")
            && config.get("Mode").and_then(Node::as_str) == Some("INLINE")
        {
            // AWS's words, measured.
            let message = "Field 'ExecutionType' is not supported";
            let remedy = "Remove it: the iterations of an inline Map are no executions";
            self.report(&rule::UNSUPPORTED_FIELD, (config.here(), node.span), message, remedy);
        }
        if mode == ProcessorMode::Distributed && !config.has("ExecutionType") {
            let at = Span { start: config.span.start, end: config.span.end };
            self.report(
                &rule::REQUIRED_FIELD,
                (config.here(), at),
                "These fields are required: [ExecutionType]",
                "Write \"STANDARD\" or \"EXPRESS\"",
            );
        }
        (mode, execution_type)
    }

    fn one_of<T: Copy>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        values: &[(&str, T)],
    ) -> Option<T> {
        let text = self.text(fields, name)?;
        let found = values.iter().find(|(word, _)| *word == &*text).map(|(_, value)| *value);
        if found.is_none() && !placeholder::has_placeholder(&text) {
            let span = fields.get(name).map_or(fields.span, |node| node.span);
            let words: Vec<&str> = values.iter().map(|(word, _)| *word).collect();
            let message = format!("Value should be one of the following: [{}]", words.join(", "));
            self.report(&rule::UNKNOWN_VALUE, (&fields.at(name), span), message, "");
        }
        found
    }
}
