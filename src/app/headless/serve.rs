//! `stepwell serve`: the project's API, and Step Functions' own, on loopback until Ctrl-C.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Failure;
use super::args::ServeArgs;
use super::request::headless_app;
use super::terminal::{line, say, say_error};
use crate::app::Command;
use crate::app::answers::Answers;
use crate::services::TaskAnswer;

pub(super) fn serve(args: &ServeArgs) -> Result<ExitCode, Failure> {
    let mut app = headless_app(
        &args.path,
        args.answering.mocks.as_deref(),
        args.answering.case.as_deref(),
        args.answering.s3.as_deref(),
    )?;
    app.run_command(Command::StartServer(args.port));
    let Some(url) = app.server_url() else {
        let why = app
            .notices
            .pop()
            .map_or_else(|| "The API can't be served".to_owned(), |notice| notice.text);
        return Err(Failure(why));
    };
    let stopped = Arc::new(AtomicBool::new(false));
    watch_for_interrupt(Arc::clone(&stopped))?;
    say(&format!("Serving {} on {url}", line(args.path.display())));
    if let Some(api) = app.project.as_ref().and_then(|open| open.project.apis.first()) {
        for resource in &api.resources {
            for method in resource.methods.keys() {
                say(&format!("  {:<7} {url}{}", line(method), line(&resource.path)));
            }
        }
    }
    say(&format!(
        "  Step Functions itself, such as: aws stepfunctions list-state-machines --endpoint-url {url}"
    ));
    say("Ctrl-C ends it.");
    let mut told = 0;
    let mut tokens = BTreeSet::new();
    let mut more = false;
    while !stopped.load(Ordering::Relaxed) {
        // What runs is not held up by waiting for news.
        more = app.wait_and_tick(if more { Duration::ZERO } else { Duration::from_millis(200) });
        more |= refuse_unanswered(&mut app);
        tell_tokens(&app, &mut tokens);
        for notice in app.notices.drain(..) {
            say_error(&format!("{} {}", line(&notice.text), line(&notice.remedy)));
        }
        for (operation, status) in app.states_api.take_told() {
            say(&format!("{} -> {status}", line(&operation)));
        }
        for exchange in app.exchanges.iter().filter(|it| it.id > told) {
            if let Some(response) = exchange.response() {
                say(&format!(
                    "{} {} -> {}",
                    line(&exchange.request.method),
                    line(&exchange.request.path),
                    response.status
                ));
            }
        }
        told = app
            .exchanges
            .iter()
            .filter(|it| it.response().is_some())
            .map(|it| it.id)
            .max()
            .unwrap_or(told)
            .max(told);
        if app.server.is_none() {
            return Err(Failure("The local server ended".to_owned()));
        }
    }
    app.run_command(Command::StopServer);
    say("Stopped.");
    Ok(ExitCode::SUCCESS)
}

/// Nobody is there to type an answer, so a task without one fails, and says why. Whether there was one.
fn refuse_unanswered(app: &mut crate::app::App) -> bool {
    let mut refused = Vec::new();
    for run in app.runs.iter_mut().filter(|run| run.is_running()) {
        let waiting: Vec<_> = run.waiting().into_iter().filter(|it| !it.is_called_back()).collect();
        let waiting: Vec<_> =
            waiting.into_iter().map(|it| (it.token, Answers::unanswered(it))).collect();
        for (token, why) in waiting {
            let answer = TaskAnswer::Failed {
                error: Some("Stepwell.NoAnswer".into()),
                cause: Some(why.as_str().into()),
            };
            if run.answer(token, &answer) {
                refused.push(why);
            }
        }
    }
    for why in &refused {
        say_error(&line(why));
    }
    !refused.is_empty()
}

/// Says once of each callback which token it waits for: the message that would carry it goes nowhere here.
fn tell_tokens(app: &crate::app::App, told: &mut BTreeSet<Arc<str>>) {
    for run in app.runs.iter().filter(|run| run.is_running()) {
        for request in run.waiting().into_iter().filter(|it| it.is_called_back()) {
            let token = run.callback_token(request);
            if told.insert(Arc::clone(&token)) {
                say(&format!(
                    "State '{}' waits for SendTaskSuccess or SendTaskFailure with the token {token}",
                    line(&request.state_name)
                ));
            }
        }
    }
}

fn watch_for_interrupt(stopped: Arc<AtomicBool>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wait = move || {
        runtime.block_on(async {
            if tokio::signal::ctrl_c().await.is_err() {
                tracing::warn!("Ctrl-C can't be watched for");
            }
            stopped.store(true, Ordering::Relaxed);
        });
    };
    std::thread::Builder::new().name("interrupt".to_owned()).spawn(wait)?;
    Ok(())
}
