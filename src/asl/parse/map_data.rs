//! Where a distributed Map takes its items from, how it batches them and where it puts its results: `ItemReader`, `ItemBatcher`,
//! `ResultWriter`, `Label`.

use super::Reader;
use super::fields::Fields;
use crate::asl::{QueryLanguage, placeholder, rule};
use crate::json::document::Node;

/// The longest `Label`, in characters.
const MAX_LABEL: usize = 40;

/// What a label may not hold (developer guide, "Using Map state in Distributed mode"); control characters neither.
const NOT_IN_LABELS: &str = "<>{}[]?*\"#%\\^|~`$&,;:/";

const INPUT_TYPES: [&str; 5] = ["CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"];
const DELIMITERS: [&str; 5] = ["COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"];

impl Reader<'_> {
    pub(super) fn item_reader(&mut self, fields: &Fields<'_>, language: QueryLanguage) {
        let Some(reader) = self.part(fields, "ItemReader") else { return };
        self.require(&reader, &["Resource"]);
        let resource = self.map_resource(&reader, &["s3:getObject", "s3:listObjectsV2"]);
        self.place_in_s3(&reader, language);
        let Some(config) = self.part(&reader, "ReaderConfig") else {
            if resource == Some("s3:getObject") && !reader.has("ReaderConfig") {
                self.no_input_type(&reader);
            }
            return;
        };
        self.reader_config(&config, resource);
        self.not_negative(&config, "MaxItems");
        self.at_most_one(&config, &["MaxItems", "MaxItemsPath"]);
    }

    fn no_input_type(&mut self, object: &Fields<'_>) {
        let at = (object.here(), self.first_letter_of(object.span));
        let message = "Nothing says what kind of file this is";
        let remedy =
            "Add \"ReaderConfig\" with an \"InputType\": CSV, JSON, JSONL, PARQUET or MANIFEST";
        self.report(&rule::READER_CONFIG, at, message, remedy);
    }

    fn reader_config(&mut self, config: &Fields<'_>, resource: Option<&str>) {
        let input_type = self.word(config, "InputType", &INPUT_TYPES);
        let headers_at = self.word(config, "CSVHeaderLocation", &["FIRST_ROW", "GIVEN"]);
        self.word(config, "CSVDelimiter", &DELIMITERS);
        let here = (config.here().to_owned(), self.first_letter_of(config.span));
        let here = (&*here.0, here.1);
        let span_of = |name: &str| config.get(name).map_or(config.span, |node| node.span);
        match input_type {
            Some("CSV") if !config.has("CSVHeaderLocation") => {
                // AWS's words, measured, as those below.
                let message = "The field 'CSVHeaderLocation' is required";
                let remedy = "Write \"FIRST_ROW\", or \"GIVEN\" and the names in \"CSVHeaders\"";
                self.report(&rule::REQUIRED_FIELD, here, message, remedy);
            }
            Some("JSON") if config.has("CSVHeaderLocation") => {
                let at = (here.0, span_of("CSVHeaderLocation"));
                let message = "Field 'CSVHeaderLocation' is not supported";
                self.report(
                    &rule::UNSUPPORTED_FIELD,
                    at,
                    message,
                    "Remove it: this is no CSV file",
                );
            }
            None if !config.has("InputType") && resource == Some("s3:getObject") => {
                self.no_input_type(config);
            }
            Some(_) | None => {}
        }
        match headers_at {
            Some("GIVEN") if !config.has("CSVHeaders") => {
                let message = "These fields are required: [CSVHeaders]";
                let remedy = "Write \"CSVHeaders\": [\"first\", \"second\"]";
                self.report(&rule::REQUIRED_FIELD, here, message, remedy);
            }
            Some("FIRST_ROW") if config.has("CSVHeaders") => {
                let at = (here.0, span_of("CSVHeaders"));
                let message =
                    "The names come from the first row of the file, so these are not used";
                let remedy = "Remove them, or write \"CSVHeaderLocation\": \"GIVEN\"";
                self.report(&rule::READER_CONFIG, at, message, remedy);
            }
            Some(_) | None => {}
        }
    }

    /// A literal below 0, with which the Map Run fails (recorded for `MaxItems`, where 0 is no limit).
    fn not_negative(&mut self, fields: &Fields<'_>, name: &str) {
        if let Some(node) = fields.get(name)
            && let Some(number) = node.as_i64()
            && number < 0
        {
            let at = (&*fields.at(name), node.span);
            let message = format!("field {name} must be positive, but is {number}");
            self.report(&rule::READER_CONFIG, at, message, "Leave it out for no limit");
        }
    }

    pub(super) fn item_batcher(&mut self, fields: &Fields<'_>) {
        const SIZES: [&str; 4] = [
            "MaxItemsPerBatch",
            "MaxItemsPerBatchPath",
            "MaxInputBytesPerBatch",
            "MaxInputBytesPerBatchPath",
        ];
        let Some(batcher) = self.part(fields, "ItemBatcher") else { return };
        if !SIZES.iter().any(|name| batcher.has(name)) {
            let at = (batcher.here(), self.first_letter_of(batcher.span));
            let message = "Nothing says how large a batch is";
            let remedy = "Add \"MaxItemsPerBatch\" or \"MaxInputBytesPerBatch\"";
            self.report(&rule::BATCH_WITHOUT_SIZE, at, message, remedy);
        }
        for pair in SIZES.chunks(2) {
            self.at_most_one(&batcher, pair);
            self.not_negative(&batcher, pair[0]);
        }
    }

    pub(super) fn result_writer(&mut self, fields: &Fields<'_>, language: QueryLanguage) {
        let Some(writer) = self.part(fields, "ResultWriter") else { return };
        let at = |reader: &Self, fields: &Fields<'_>| {
            (fields.here().to_owned(), reader.first_letter_of(fields.span))
        };
        if !writer.has("Resource") && !writer.has("WriterConfig") {
            let (location, span) = at(self, &writer);
            let message = "Nothing says where the results go, or in which form";
            let remedy = "Add \"Resource\": \"arn:aws:states:::s3:putObject\" with a Bucket, or \"WriterConfig\"";
            self.report(&rule::WRITER_CONFIG, (&location, span), message, remedy);
        }
        self.map_resource(&writer, &["s3:putObject"]);
        if writer.has("Resource") {
            self.place_in_s3(&writer, language);
        }
        let Some(config) = self.part(&writer, "WriterConfig") else { return };
        self.word(&config, "Transformation", &["NONE", "COMPACT", "FLATTEN"]);
        self.word(&config, "OutputType", &["JSON", "JSONL"]);
        for name in ["Transformation", "OutputType"] {
            if !config.has(name) {
                let (location, span) = at(self, &config);
                let message = format!("WriterConfig has no '{name}'");
                let remedy = "It takes \"Transformation\" and \"OutputType\" together";
                self.report(&rule::WRITER_CONFIG, (&location, span), message, remedy);
            }
        }
    }

    pub(super) fn label(&mut self, fields: &Fields<'_>) {
        let Some(node) = fields.get("Label") else { return };
        let Some(label) = node.as_str().filter(|it| !placeholder::has_placeholder(it)) else {
            return;
        };
        let at = (&*fields.at("Label"), node.span);
        if label.chars().count() > MAX_LABEL {
            // Documented, and told by other tools; machines with longer labels have been deployed.
            let message = format!("AWS documents labels of at most {MAX_LABEL} characters");
            self.report(&rule::LONG_LABEL, at, message, "Shorten it");
        }
        let wrong =
            |it: &char| it.is_whitespace() || it.is_control() || NOT_IN_LABELS.contains(*it);
        if let Some(wrong) = label.chars().find(wrong) {
            let message = format!("Invalid Label name: '{}'", label.escape_debug());
            let remedy = format!("Remove '{}', which a label may not hold", wrong.escape_debug());
            self.report(&rule::INVALID_LABEL, at, message, &remedy);
        }
    }

    /// An object inside of a Map; `None` as well for an expression or a placeholder that stands for it.
    fn part<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<Fields<'n>> {
        let node = fields.get(name).filter(|node| node.as_object().is_some())?;
        self.object(node, &fields.at(name))
    }

    /// The one of the known resources that a part names, without its partition.
    fn map_resource(&mut self, part: &Fields<'_>, known: &[&'static str]) -> Option<&'static str> {
        let node = part.get("Resource")?;
        let text = node.as_str().filter(|it| !placeholder::has_placeholder(it))?;
        let mut words = text.splitn(3, ':');
        let action = match (words.next(), words.next(), words.next()) {
            (Some("arn"), Some(_), Some(rest)) => rest.strip_prefix("states:::"),
            (_, _, _) => None,
        };
        let found = known.iter().copied().find(|name| Some(*name) == action);
        if found.is_none() {
            // AWS's words, measured.
            let message = "The field 'Resource' does not match any of the allowed values";
            let remedy = format!("Write arn:aws:states:::{}", known.join(" or arn:aws:states:::"));
            let at = (&*part.at("Resource"), node.span);
            self.report(&rule::MAP_RESOURCE, at, message, &remedy);
        }
        found
    }

    /// `Parameters` or `Arguments` with a bucket. The other language's field counts as there, and is not told.
    fn place_in_s3(&mut self, part: &Fields<'_>, language: QueryLanguage) {
        let name = match language {
            QueryLanguage::JsonPath => "Parameters",
            QueryLanguage::Jsonata => "Arguments",
        };
        let Some(node) = part.get(name) else {
            if !part.has("Parameters") && !part.has("Arguments") {
                let at = (part.here(), self.first_letter_of(part.span));
                let remedy = format!("Add \"{name}\" with a \"Bucket\"");
                self.report(&rule::NO_BUCKET, at, "Nothing says which bucket is meant", &remedy);
            }
            return;
        };
        let Some(place) = node.as_object().filter(|_| !placeholder::is_placeholder(node)) else {
            return;
        };
        let bucket = |name: &str| {
            name.trim_end_matches(".$") == "Bucket"
                || placeholder::has_placeholder(name)
                || name.starts_with("Fn::")
        };
        if !place.iter().any(|member| bucket(&member.name)) {
            let at = (&*part.at(name), self.first_letter_of(node.span));
            let message = "The field 'Bucket' is required but was missing";
            self.report(
                &rule::NO_BUCKET,
                at,
                message,
                "Add \"Bucket\", or \"Bucket.$\" with a path",
            );
        }
    }

    /// The one of some words that a field holds; `None` when it is computed, absent or another, which is reported.
    fn word(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        words: &[&'static str],
    ) -> Option<&'static str> {
        let node = fields.get(name)?;
        if is_computed(node) {
            return None;
        }
        let text = self.text(fields, name)?;
        let found = words.iter().copied().find(|word| *word == &*text);
        if found.is_none() {
            let message = format!("Value should be one of the following: [{}]", words.join(", "));
            self.report(&rule::UNKNOWN_VALUE, (&fields.at(name), node.span), message, "");
        }
        found
    }
}

/// Whether a value is known when the machine runs, or is deployed, only.
fn is_computed(node: &Node) -> bool {
    let text = node.as_str().unwrap_or_default();
    placeholder::is_placeholder(node)
        || placeholder::has_placeholder(text)
        || text.starts_with("{%")
}
