//! The house rules that a machine can check: which floor may import which, and which crate belongs to which floor.
//!
//! The rules are data; the checks are pure functions of (file, text), and the tests below prove that each check bites.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each floor may import besides `json` and itself.
const FLOORS: &[(&str, &[&str])] = &[
    ("json", &[]),
    ("query", &[]),
    ("asl", &["query"]),
    // A moment holds the workflow variables, whose type is the expressions' own.
    ("execution", &["asl", "query"]),
    ("layout", &["asl", "query"]),
    ("apigateway", &["query"]),
    ("engine", &["query", "asl", "execution"]),
    ("aws", &["execution"]),
    ("services", &["asl", "execution", "engine", "aws"]),
    ("debug", &["query", "asl", "execution", "engine"]),
    ("project", &["asl", "apigateway", "services"]),
    (
        "app",
        &[
            "query",
            "asl",
            "execution",
            "layout",
            "apigateway",
            "engine",
            "aws",
            "services",
            "debug",
            "project",
        ],
    ),
    ("ui", &["app", "asl", "layout", "execution", "debug", "apigateway"]),
];

/// Crates that only some floors may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("egui", &["ui"]),
    ("eframe", &["ui"]),
    ("egui_graphs", &["ui"]),
    ("egui_tiles", &["ui"]),
    ("egui_extras", &["ui"]),
    ("egui_phosphor", &["ui"]),
    ("petgraph", &["ui"]),
    ("rfd", &["ui"]),
    ("aws_config", &["aws"]),
    ("aws_credential_types", &["aws"]),
    ("aws_runtime", &["aws"]),
    ("aws_sdk_sfn", &["aws"]),
    ("aws_sdk_sts", &["aws"]),
    ("aws_sigv4", &["aws"]),
    ("aws_smithy_http_client", &["aws"]),
    ("aws_smithy_runtime_api", &["aws"]),
    ("aws_types", &["aws"]),
    ("http_body_util", &["aws", "app"]),
    ("hcl_edit", &["project"]),
    ("granit_parser", &["json", "project"]),
    ("jsonc_parser", &["json", "project"]),
    ("jsonata_core", &["query"]),
    ("dynoxide", &["services"]),
    ("axum", &["app"]),
    ("tokio", &["app", "aws"]),
    ("notify", &["app"]),
    ("notify_debouncer_mini", &["app"]),
    ("directories", &["app"]),
    ("clap", &["app"]),
    ("resvg", &["app", "ui"]),
];

/// What is wrong with one file of a floor, a line each.
fn faults(floor: &str, path: &str, text: &str) -> Vec<String> {
    let allowed = FLOORS.iter().find(|(name, _)| *name == floor).map(|(_, allowed)| *allowed);
    let Some(allowed) = allowed else {
        return vec![format!("{path}: {floor} is no floor of the design")];
    };
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!("{path}: opens without saying what it is (`//!`)"));
    }
    for (number, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or("");
        for import in names_after(code, "crate::") {
            let is_floor = FLOORS.iter().any(|(name, _)| *name == import);
            if is_floor
                && import != floor
                && import != "json"
                && !allowed.contains(&import.as_str())
            {
                found.push(format!("{path}:{}: {floor} may not import {import}", number + 1));
            }
        }
        for (name, floors) in RESERVED {
            if names_crate(code, name) && !floors.contains(&floor) {
                found.push(format!(
                    "{path}:{}: {name} belongs to {}",
                    number + 1,
                    floors.join(", ")
                ));
            }
        }
    }
    found
}

/// The identifiers that directly follow `prefix`, braces looked into: `crate::{asl, query::jsonpath}` gives both.
fn names_after(code: &str, prefix: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(prefix) {
        let before = rest[..at].chars().next_back();
        rest = &rest[at + prefix.len()..];
        if before.is_some_and(|it| it.is_alphanumeric() || it == '_') {
            continue;
        }
        let identifier = |text: &str| {
            text.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect::<String>()
        };
        if let Some(inside) = rest.strip_prefix('{') {
            let mut depth = 0_i32;
            let mut start = true;
            for (index, letter) in inside.char_indices() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    _ if start && depth == 0 && !letter.is_whitespace() => {
                        names.push(identifier(&inside[index..]));
                        start = false;
                    }
                    _ => {}
                }
                if depth < 0 {
                    break;
                }
            }
        } else {
            names.push(identifier(rest));
        }
    }
    names
}

/// Whether a line of code names a crate: `use egui`, `egui::`, not `self.egui` or `egui_extras` for `egui`.
fn names_crate(code: &str, name: &str) -> bool {
    let mut rest = code;
    let mut offset = 0;
    while let Some(at) = rest.find(name) {
        let before = code[..offset + at].chars().next_back();
        let after = &rest[at + name.len()..];
        let starts = before.is_none_or(|it| {
            !it.is_alphanumeric() && it != '_' && it != '.' && it != ':' && it != '"'
        });
        let is_path = after.starts_with("::")
            || (code.trim_start().trim_start_matches("pub ").starts_with("use ")
                && after.starts_with(';'));
        if starts && is_path {
            return true;
        }
        offset += at + name.len();
        rest = after;
    }
    false
}

fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in fs::read_dir(folder).expect("src can be listed").flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.insert(
                    path.clone(),
                    fs::read_to_string(&path).expect("a source file is text"),
                );
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

#[test]
fn every_floor_keeps_to_what_is_below_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for (path, text) in sources() {
        let inside = path.strip_prefix(&root).expect("found under src");
        let floor = inside
            .components()
            .next()
            .expect("a file has a name")
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        if floor == "lib.rs" || floor == "main.rs" {
            continue;
        }
        found.extend(faults(&floor, &inside.display().to_string(), &text));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_unfinished_work_is_left_behind() {
    let unfinished = ["todo!(", "unimplemented!(", "#[ignore"];
    let mut found = Vec::new();
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            if unfinished.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_top_level_holds_only_what_belongs_there() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "README.md",
        "assets",
        "benches",
        "clippy.toml",
        "deny.toml",
        "kittest.toml",
        // Left by a failing property test, and ignored by git.
        "proptest-regressions",
        "rustfmt.toml",
        "sample-machines",
        "src",
        "target",
        "tests",
    ];
    for entry in
        fs::read_dir(env!("CARGO_MANIFEST_DIR")).expect("the package can be listed").flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.') || allowed.contains(&name.as_str()),
            "{name} does not belong at the top level"
        );
    }
}

#[test]
fn an_import_from_above_is_caught() {
    assert_eq!(faults("asl", "a.rs", "//! A.\nuse crate::engine::Machine;").len(), 1);
    assert_eq!(faults("asl", "a.rs", "//! A.\nuse crate::{json::Value, ui::theme};").len(), 1);
    assert_eq!(faults("asl", "a.rs", "//! A.\nuse crate::query::jsonpath::Path;").len(), 0);
    assert_eq!(faults("asl", "a.rs", "//! A.\n// see crate::engine").len(), 0);
}

#[test]
fn a_reserved_crate_is_caught() {
    assert_eq!(faults("app", "a.rs", "//! A.\nuse egui::Ui;").len(), 1);
    assert_eq!(faults("app", "a.rs", "//! A.\nlet x = eframe::run();").len(), 1);
    assert_eq!(faults("ui", "a.rs", "//! A.\nuse egui::Ui;").len(), 0);
    assert_eq!(faults("engine", "a.rs", "//! A.\nlet x = tokio::spawn(y);").len(), 1);
    assert_eq!(faults("engine", "a.rs", "//! A.\nlet tokio = self.tokio;").len(), 0);
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_caught() {
    assert_eq!(faults("json", "a.rs", "use std::fmt;").len(), 1);
}

#[test]
fn an_unknown_floor_is_caught() {
    assert_eq!(faults("helpers", "a.rs", "//! A.").len(), 1);
}
