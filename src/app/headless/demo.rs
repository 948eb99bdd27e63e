//! The CRUD tour in the terminal: one request, one breakpoint, one step back, with the same code that the window uses.

use std::process::ExitCode;
use std::time::Duration;

use super::Failure;
use super::request::{exchange, headless_app, human};
use super::terminal::say;
use crate::app::requests::RequestDraft;
use crate::app::{App, Command, samples};
use crate::asl::{StateKind, StatePath};
use crate::json::Value;

pub(super) fn demo() -> Result<ExitCode, Failure> {
    let folder = samples::folder(samples::CRUD)?;
    say(&format!("Stepwell: the CRUD sample in {}\n", folder.display()));
    let mut app = headless_app(&folder, None, None, None)?;
    show_project(&app);

    say("\n1. A request goes through the API, every stage shown\n\n$ POST /items");
    let create = RequestDraft {
        api: 0,
        method: "POST".to_owned(),
        url: "/items".to_owned(),
        headers: vec![("Content-Type".to_owned(), "application/json".to_owned())],
        body: r#"{"make":"MINI","model":"Cooper","year":2015}"#.to_owned(),
    };
    let first = exchange(&mut app, &create)?;
    say(&human(&first));
    let id = Value::parse(&first.response.body)
        .ok()
        .and_then(|body| Some(body.get("id")?.as_str()?.to_owned()));

    say("2. A breakpoint holds the execution, and the HTTP response with it\n");
    let state = first_task(&app).ok_or("The sample has no task state")?;
    app.run_command(Command::ToggleBreakpoint(state.clone()));
    say(&format!("breakpoint on {state}\n\n$ POST /items"));
    let held = app.send(0, create.to_request(), false);
    while app.pump(Duration::from_secs(1)) {}
    show_cursor(&app, "held");
    show_data_flow(&app);

    say("\n3. A step forwards, and a step back: nothing runs again\n");
    for (name, command) in [("next", Command::Next), ("step back", Command::StepBack)] {
        app.run_command(command);
        while app.pump(Duration::from_secs(1)) {}
        show_cursor(&app, name);
    }

    say("\n4. It goes on, and the response is let go\n");
    app.run_command(Command::ClearBreakpoints);
    app.run_command(Command::Continue);
    while app.pump(Duration::from_secs(1)) {}
    let response = app.exchanges.iter().find(|it| it.id == held).and_then(|it| it.response());
    let response = response.ok_or("The response was never let go")?;
    say(&format!("HTTP {}  {}\n", response.status, response.body));

    say("5. The rest of the contract\n");
    let one = format!("/items/{}", id.unwrap_or_default());
    for (method, url, body) in [
        ("GET", "/items?limit=1", ""),
        ("GET", one.as_str(), ""),
        ("PUT", one.as_str(), r#"{"make":"MINI","model":"Clubman","year":2020}"#),
        ("DELETE", one.as_str(), ""),
        ("GET", one.as_str(), ""),
        ("POST", "/items", "[1, 2]"),
        ("GET", "/nowhere", ""),
    ] {
        let draft = RequestDraft {
            method: method.to_owned(),
            url: url.to_owned(),
            body: body.to_owned(),
            ..create.clone()
        };
        let answered = exchange(&mut app, &draft)?;
        say(&format!(
            "{method:<6} {url:<46} {}  {}",
            answered.response.status,
            shorten(&answered.response.body, 90)
        ));
    }
    say("\nThe same with a graph and a mouse: run `stepwell` where there is a display.");
    Ok(ExitCode::SUCCESS)
}

fn show_project(app: &App) {
    let Some(open) = &app.project else { return };
    for machine in &open.project.machines {
        say(&format!(
            "state machine  {} ({}), {} states",
            machine.name,
            machine.kind.as_str(),
            machine.machine.states().len()
        ));
    }
    for api in &open.project.apis {
        for resource in &api.resources {
            let methods: Vec<&str> = resource.methods.keys().map(String::as_str).collect();
            say(&format!("route          {} {}", methods.join(", "), resource.path));
        }
    }
    for table in &open.project.tables {
        say(&format!("table          {}", table.name));
    }
}

/// The first state that a created item passes through which talks to the database.
fn first_task(app: &App) -> Option<StatePath> {
    let run = app.run()?;
    let machine = &app.machine()?.machine;
    let is_task = |path: &StatePath| {
        machine.find(path).is_some_and(|state| matches!(state.kind, StateKind::Task(_)))
    };
    run.session.moment().states.keys().find(|path| is_task(path)).cloned()
}

fn show_cursor(app: &App, what: &str) {
    let Some(run) = app.run() else { return };
    let event = run.session.event().map_or("-", |event| event.event_type.as_str());
    let stack: Vec<String> =
        run.session.stack().iter().map(|frame| frame.name.to_string()).collect();
    say(&format!(
        "{what:<10} event {:>3} of {:<3} {event:<22} in {}",
        run.session.cursor().event.0,
        run.session.last_event().0,
        if stack.is_empty() { "-".to_owned() } else { stack.join(" < ") }
    ));
}

fn show_data_flow(app: &App) {
    let Some(inspection) = app.run().and_then(|run| run.session.inspection()) else { return };
    for (stage, value) in inspection.stages() {
        say(&format!("    {stage:<22} {}", shorten(&value.to_string(), 100)));
    }
}

fn shorten(text: &str, most: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        line
    } else {
        line.chars().take(most - 1).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn long_texts_are_cut_at_a_character() {
        assert_eq!(shorten("打印标签打印标签", 4), "打印标…");
        assert_eq!(shorten("a\n  b", 9), "a b");
    }

    #[test]
    fn a_wake_up_is_harmless_without_a_window() {
        let mut app = App::new(None, Arc::new(|| ()));
        assert!(!app.wait_and_tick(Duration::ZERO));
    }
}
