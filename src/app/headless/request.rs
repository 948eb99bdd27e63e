//! `stepwell request`: one request through the emulated API, every stage shown.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::args::{Format, RequestArgs};
use super::run::{answers, as_json, choose_case};
use super::terminal::{line, say, say_json};
use super::{Failure, open, text_or_file};
use crate::apigateway::{HttpResponse, Stage};
use crate::app::answers::Answers;
use crate::app::requests::RequestDraft;
use crate::app::{App, Run};

pub(super) fn request(args: &RequestArgs) -> Result<ExitCode, Failure> {
    let mut app = headless_app(
        &args.path,
        args.answering.mocks.as_deref(),
        args.answering.case.as_deref(),
        args.answering.s3.as_deref(),
    )?;
    if app.project.as_ref().is_none_or(|open| open.project.apis.is_empty()) {
        return Err(Failure(format!(
            "{} has no API. Open a Terraform or SAM project that has one.",
            args.path.display()
        )));
    }
    let body = args.body.as_deref().map_or_else(|| Ok(String::new()), text_or_file)?;
    let mut headers = Vec::new();
    for header in &args.headers {
        let (name, value) = header
            .split_once(':')
            .ok_or_else(|| format!("--header '{header}' has no colon. Write 'Name: value'."))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let draft = RequestDraft {
        api: 0,
        method: args.method.clone(),
        url: args.url_path.clone(),
        headers,
        body,
    };
    let exchange = exchange(&mut app, &draft)?;
    match args.format {
        Format::Human => say(&human(&exchange)),
        Format::Json => say_json(&format!("{:#}", json_of(&exchange))),
    }
    Ok(if exchange.response.status < 400 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// An app with the project open and nobody to ask.
pub(super) fn headless_app(
    path: &std::path::Path,
    mocks: Option<&std::path::Path>,
    case: Option<&str>,
    s3: Option<&std::path::Path>,
) -> Result<App, Failure> {
    let mut project = open(path)?;
    let mut answers = answers(&mut project, mocks, s3)?;
    let machine = project.machines.first().map(|it| it.name.clone()).unwrap_or_default();
    choose_case(&project, &mut answers, &machine, case)?;
    let mut app = App::new(None, Arc::new(|| ()));
    app.show_opened(project, answers);
    Ok(app)
}

/// What one request came to.
pub(super) struct Answered<'a> {
    pub(super) response: &'a HttpResponse,
    pub(super) stages: &'a [Stage],
    pub(super) run: Option<&'a Run>,
    /// All of the session.
    pub(super) runs: &'a [Run],
}

/// Sends and waits for the answer.
pub(super) fn exchange<'a>(
    app: &'a mut App,
    draft: &RequestDraft,
) -> Result<Answered<'a>, Failure> {
    let id = app.send(draft.api, draft.to_request(), false);
    while app.pump(Duration::from_secs(1)) {}
    let app: &App = app;
    let exchange = app.exchanges.iter().find(|it| it.id == id).ok_or("The request was lost")?;
    let run = exchange.run.and_then(|id| app.runs.iter().find(|run| run.id == id));
    let Some(response) = exchange.response() else {
        let waiting = run.map(|run| run.waiting()).unwrap_or_default();
        let why = waiting.first().map_or_else(
            || "The execution can't go on".to_owned(),
            |it| line(Answers::unanswered(it)),
        );
        return Err(Failure(why));
    };
    Ok(Answered { response, stages: exchange.stages(), run, runs: &app.runs })
}

pub(super) fn human(answered: &Answered<'_>) -> String {
    let mut text = String::new();
    for stage in answered.stages {
        text.push_str(&format!("{:<21} {}\n", stage.name.title(), line(&stage.summary)));
        if let Some(error) = &stage.error {
            text.push_str(&format!("{:<21} ! {}\n", "", line(error)));
        }
    }
    if let Some(run) = answered.run {
        text.push_str(&format!(
            "{:<21} {} in {} events\n",
            "Execution",
            run.status().as_str(),
            run.session.history().events().len()
        ));
    }
    text.push_str(&format!("\nHTTP {}\n", answered.response.status));
    for (name, value) in &answered.response.headers {
        text.push_str(&format!("{}: {}\n", line(name), line(value)));
    }
    text.push_str(&format!("\n{}\n", answered.response.body));
    text
}

fn json_of(answered: &Answered<'_>) -> serde_json::Value {
    let stages: Vec<serde_json::Value> = answered
        .stages
        .iter()
        .map(|stage| {
            json!({
                "name": stage.name.title(),
                "summary": stage.summary,
                "input": stage.input,
                "template": stage.template,
                "output": stage.output,
                "error": stage.error,
            })
        })
        .collect();
    let headers: serde_json::Map<String, serde_json::Value> = answered
        .response
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.as_str().into()))
        .collect();
    json!({
        "status": answered.response.status,
        "headers": headers,
        "body": answered.response.body,
        "stages": stages,
        "execution": answered.run.map(|run| as_json(answered.runs, run)),
    })
}
