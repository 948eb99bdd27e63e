//! The program's own figures: CPU time of the engine, the layout and a frame of the window. `cargo bench --bench figures`, or
//! `cargo bench --bench figures history` for those of a long history alone.
//!
//! CPU time, not wall time, so that a busy machine does not change them much. Inputs come from `../shared/bench`; a figure whose
//! input is not there is left out, and said so.

#![expect(clippy::print_stdout, reason = "the figures are what a benchmark prints")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use stepwell::app::{App, Command, Pane};
use stepwell::asl::parse::parse;
use stepwell::asl::{StateMachine, StateMachineType};
use stepwell::debug::DebugSession;
use stepwell::engine::run::{run_machine, run_to_end};
use stepwell::engine::{ExecutionStart, Input, Journal, Machine};
use stepwell::execution::{
    EventId, Execution, ExecutionSource, History, Timestamp, export, import,
};
use stepwell::json::Value;
use stepwell::json::document::{Document, Format};
use stepwell::ui::window::Window;

fn main() {
    let arguments: Vec<std::ffi::OsString> = std::env::args_os().skip(1).collect();
    if let [alone, definition, history] = arguments.as_slice()
        && alone == ALONE
    {
        return opened_alone(definition.into(), history.into());
    }
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/bench");
    println!("figure                                              CPU");
    if arguments.iter().any(|it| it == "history") {
        return history();
    }
    for name in ["loop_jsonpath", "loop_jsonata", "map1000", "sync3"] {
        engine(&shared.join(format!("peers/machines/{name}.asl.json")));
    }
    check(&shared.join("../realworld/asl"));
    whole_process(&shared.join("peers/machines/sync3.asl.json"));
    for name in ["flat_100", "nested_100", "flat_1000", "nested_1000"] {
        layout(&shared.join(format!("layout/machines/{name}.asl.json")));
    }
    history();
    for name in ["flat_100", "flat_1000"] {
        window(&shared.join(format!("layout/machines/{name}.asl.json")));
    }
    // Last, because their pictures take minutes.
    for (choices, rules) in [(300, 40), (1_000, 10), (1, 25_000), (5_000, 4)] {
        crowded(choices, rules);
    }
}

/// How much CPU this process has used so far, in nanoseconds.
#[cfg(unix)]
fn cpu_nanos() -> i64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    spent.tv_sec * 1_000_000_000 + spent.tv_nsec
}

/// The time that passes, in nanoseconds, where the system does not tell how much of it was CPU.
#[cfg(not(unix))]
fn cpu_nanos() -> i64 {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    i64::try_from(START.elapsed().as_nanos()).unwrap_or(i64::MAX)
}

fn measured<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = cpu_nanos();
    let done = work();
    (done, (cpu_nanos() - before) as f64 / 1e6)
}

fn read(path: &Path) -> Option<Document> {
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        println!("{:<50} left out: no such input", name_of(path));
    }
    text.map(|text| Document::parse(&text, Format::Json))
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|it| it.to_string_lossy().replace(".asl.json", "")).unwrap_or_default()
}

fn started(meta: &Value) -> ExecutionStart {
    // Express executions have no limit of 25,000 events, and nothing else of the loop differs.
    ExecutionStart {
        input: meta.get("input").cloned().unwrap_or_else(Value::empty_object),
        kind: StateMachineType::Express,
        synchronous: true,
        at: Timestamp(0),
        seed: 0,
        execution_arn: "arn:aws:states:us-east-1:123456789012:express:m:e:e".into(),
        execution_name: "e".into(),
        role_arn: "arn:aws:iam::123456789012:role/r".into(),
        state_machine_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:m".into(),
        state_machine_name: "m".into(),
    }
}

/// The whole history as AWS keeps it, with and without what the debugger shows beyond it.
fn engine(path: &Path) {
    let Some(document) = read(path) else { return };
    let definition = Arc::new(parse(&document).machine);
    let meta = path.with_file_name(format!("{}.meta.json", name_of(path)));
    let meta = Value::parse(&std::fs::read_to_string(meta).unwrap_or_default()).unwrap_or_default();
    let run = |inspecting: bool| {
        let mut history = History::default();
        let start = started(&meta);
        let machine = Machine::start(Arc::clone(&definition), &start, &mut history);
        let machine = if inspecting { machine } else { machine.without_inspections() };
        run_machine(machine, history, Journal::new(start), &mut |_| Vec::new()).history
    };
    let entered = |history: &History| {
        history
            .events()
            .iter()
            .filter(|event| event.event_type.as_str().ends_with("StateEntered"))
            .count()
    };
    let transitions = entered(&run(false)) as f64;
    for (inspecting, what) in [(false, "history"), (true, "history and data flow")] {
        let millis = repeated(|| drop(run(inspecting)));
        println!(
            "{:<50} {:.0} transitions/s, {:.0} runs/s",
            format!("engine {}: {what}", name_of(path)),
            transitions / millis * 1e3,
            1e3 / millis
        );
    }
}

/// Hundredths of a second that processes which were waited for have used. Only Linux tells.
fn ticks_of_children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<f64> =
        stat.rsplit(')').next()?.split_whitespace().map(|it| it.parse().unwrap_or(0.0)).collect();
    // Fields 16 and 17 of the line, counted behind the name.
    Some(fields.get(13)? + fields.get(14)?)
}

/// `stepwell check` of 1,000 files, as it is typed: the whole process, and what it prints.
fn check(folder: &Path) {
    const WHAT: &str = "stepwell check of 1,000 files, whole process";
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path());
    let mut files: Vec<PathBuf> = files.filter(|it| it.is_file()).collect();
    files.sort();
    if files.is_empty() {
        println!("{WHAT:<50} left out: no such input");
        return;
    }
    let before = ticks_of_children();
    let ended = std::process::Command::new(env!("CARGO_BIN_EXE_stepwell"))
        .arg("check")
        .args(files.iter().cycle().take(1_000))
        .output();
    let (Ok(ended), Some(before), Some(after)) = (ended, before, ticks_of_children()) else {
        println!("{WHAT:<50} left out: it could not be run");
        return;
    };
    let said = String::from_utf8_lossy(&ended.stdout);
    let found = said.lines().next_back().unwrap_or_default();
    println!("{WHAT:<50} {:.0} ms ({found})", (after - before) * 10.0);
}

/// The program itself, started and ended: CPU of the whole process. Only Linux tells.
fn whole_process(path: &Path) {
    const RUNS: u32 = 50;
    let before = ticks_of_children();
    for _ in 0..RUNS {
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_stepwell"))
            .arg("run")
            .arg(path)
            .args(["--input", r#"{"method":"GET","id":"i1"}"#, "--format", "json"])
            .output();
        if !ended.is_ok_and(|it| it.status.success()) {
            println!("{:<50} left out: it did not succeed", "stepwell run, whole process");
            return;
        }
    }
    if let (Some(before), Some(after)) = (before, ticks_of_children()) {
        println!(
            "{:<50} {:.1} ms",
            "stepwell run, whole process",
            (after - before) * 10.0 / f64::from(RUNS)
        );
    }
}

/// Milliseconds of CPU for one call, over enough calls for the clock to tell.
fn repeated(mut work: impl FnMut()) -> f64 {
    work();
    let (mut calls, mut spent) = (0_u32, 0.0);
    while spent < 300.0 && calls < 200_000 {
        let batch = (calls / 4).max(1);
        spent += measured(|| (0..batch).for_each(|_| work())).1;
        calls += batch;
    }
    spent / f64::from(calls)
}

fn layout(path: &Path) {
    let Some(document) = read(path) else { return };
    let machine = parse(&document).machine;
    let best = repeated(|| drop(stepwell::app::headless::layout_json::layout_json(&machine)));
    println!("{:<50} {best:.2} ms, JSON included", format!("layout {}", name_of(path)));
}

/// A definition of nearly 1 MiB whose graph nobody can read: how long it takes all the same.
fn crowded(choices: usize, rules: usize) {
    let mut seed = 7_u64;
    let mut draw = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % choices
    };
    let states = (0..choices).map(|at| {
        let rules: Vec<String> = (0..rules)
            .map(|_| format!(r#"{{"Condition":"{{%1%}}","Next":"S{}"}}"#, draw()))
            .collect();
        let rules = rules.join(",");
        format!(r#""S{at}":{{"Type":"Choice","Choices":[{rules}],"Default":"S{at}"}}"#)
    });
    let states: Vec<String> = states.collect();
    let text = format!(
        r#"{{"QueryLanguage":"JSONata","StartAt":"S0","States":{{{}}}}}"#,
        states.join(",")
    );
    let machine = parse(&Document::parse(&text, Format::Json)).machine;
    let (_, millis) = measured(|| stepwell::app::headless::layout_json::layout_json(&machine));
    println!(
        "{:<50} {millis:.0} ms, JSON included",
        format!("layout {choices} choices of {rules} rules")
    );
    let (_, millis) = measured(|| {
        let theme = stepwell::app::headless::render::Theme::Light;
        stepwell::app::headless::render::machine_png(&machine, None, theme, 2.0)
    });
    println!("{:<50} {millis:.0} ms", format!("PNG of {choices} choices of {rules} rules"));
}

/// 25,000 events: Maps in a Parallel, retries, payloads of 64 KiB.
const EVENTFUL: &str = r#"{"StartAt":"Big","States":{
    "Big":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:big","ResultPath":null,"Next":"Fan"},
    "Fan":{"Type":"Parallel","ResultPath":null,"Next":"Big","Branches":[
        {"StartAt":"Each","States":{"Each":{"Type":"Map","ItemsPath":"$.items","End":true,"ItemProcessor":{"StartAt":"Try","States":{
            "Try":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:try","End":true,
                "Retry":[{"ErrorEquals":["States.ALL"],"IntervalSeconds":1,"MaxAttempts":2}]}}}}}},
        {"StartAt":"Side","States":{"Side":{"Type":"Task","Resource":"arn:aws:lambda:us-east-1:1:function:big","ResultPath":null,"End":true}}}]}}}"#;

/// The history of that machine, as a file would hold it.
fn eventful_history() -> (Arc<StateMachine>, String) {
    let machine = Arc::new(parse(&Document::parse(EVENTFUL, Format::Json)).machine);
    let items = (0..40).map(|it| Value::object([("n", Value::from(it))]));
    let input = Value::object([("items", Value::array(items))]);
    let start = ExecutionStart {
        input,
        kind: StateMachineType::Standard,
        synchronous: false,
        ..started(&Value::Null)
    };
    let big = Value::object([("text", Value::from("x\u{1f980}".repeat(13_000)))]);
    let run = run_to_end(Arc::clone(&machine), start, &mut |request| {
        let token = request.token;
        vec![if request.resource.text.ends_with("big") {
            Input::TaskSucceeded { token, output: big.clone() }
        } else if request.attempt == 0 {
            Input::TaskFailed { token, error: Some("Once".into()), cause: Some("again".into()) }
        } else {
            Input::TaskSucceeded { token, output: Value::from(1) }
        }]
    });
    (machine, export::to_json(&run.history).to_string())
}

/// Bytes of memory that this process has in use. Only Linux tells.
fn resident() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|it| it.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0
}

/// The argument with which this program is started again for [`opened_alone`], followed by a definition and a history.
const ALONE: &str = "opened-alone";

/// Prints how much memory it takes to open a history: in a process of its own, in which nothing else was ever freed.
fn opened_alone(definition: PathBuf, history: PathBuf) {
    let file = std::fs::metadata(&history).map_or(0, |it| it.len()) as f64;
    let mut app = opened(definition);
    let before = resident();
    app.run_command(Command::Open(history));
    while app.opening.is_some() {
        app.wait_and_tick(Duration::from_millis(20));
    }
    for event in 1..=25_000 {
        app.run_command(Command::GoTo(EventId(event)));
    }
    let used = resident() - before;
    println!(
        "{:<50} {:.1} MB, {:.2} times the file of {:.1} MB",
        "history: memory once gone through",
        used / 1e6,
        used / file,
        file / 1e6
    );
}

/// A long history: opened, gone through, and in the window.
fn history() {
    let (machine, text) = eventful_history();
    let execution = |history| Execution {
        arn: "arn:aws:states:us-east-1:123456789012:execution:eventful:e".into(),
        state_machine: Arc::clone(&machine),
        kind: StateMachineType::Standard,
        history,
        source: ExecutionSource::Imported { path: PathBuf::new() },
    };
    let (mut session, open) = measured(|| {
        let history = import::parse(&text, None).expect("what was exported").history;
        DebugSession::open(&execution(history))
    });
    let last = session.last_event().0;
    println!("{:<50} {open:.0} ms", format!("history of {last} events: file to session"));
    let (mut sum, mut worst) = (0.0, (0.0, 0));
    for step in 0..last {
        // In an order that helps no cache; the least of a few, because others use the machine too.
        let event = 1 + step.wrapping_mul(7919) % last;
        let once = |session: &mut DebugSession| {
            session.goto(EventId(1 + (event + last / 2) % last));
            measured(|| session.goto(EventId(event))).1
        };
        let least = (0..3).map(|_| once(&mut session)).fold(f64::MAX, f64::min);
        sum += least;
        if least > worst.0 {
            worst = (least, event);
        }
    }
    println!(
        "{:<50} {:.3} ms on average, {:.3} ms at worst (event {})",
        format!("history of {last} events: to any event"),
        sum / last as f64,
        worst.0,
        worst.1
    );
    let (_, report) = measured(|| session.failures());
    println!("{:<50} {report:.1} ms", format!("history of {last} events: why it failed"));
    drop(session);

    let folder = tempfile::tempdir().expect("a temporary folder");
    let (definition, events) =
        (folder.path().join("eventful.asl.json"), folder.path().join("history.json"));
    std::fs::write(&definition, EVENTFUL).expect("written");
    std::fs::write(&events, &text).expect("written");
    let program = std::env::current_exe().expect("where this program is");
    let alone =
        std::process::Command::new(program).arg(ALONE).args([&definition, &events]).output();
    print!("{}", String::from_utf8_lossy(&alone.expect("started again").stdout));
    let (mut harness, first) = measured(|| {
        let mut app = opened(definition);
        app.run_command(Command::Open(events.clone()));
        while app.opening.is_some() {
            app.wait_and_tick(Duration::from_millis(20));
        }
        shown(app)
    });
    println!("{:<50} {first:.0} ms", format!("history of {last} events: file to first frame"));
    harness.run_steps(5);
    for pane in [Pane::Events, Pane::Timeline] {
        if let Some(window) = harness.state_mut() {
            window.app.run_command(Command::ShowPane(pane));
        }
        harness.run_steps(3);
        let mut spent: Vec<(f64, EventId)> = Vec::new();
        for step in 0..60_u64 {
            let event = EventId(1 + step.wrapping_mul(7919) % last);
            let millis = measured(|| {
                if let Some(window) = harness.state_mut() {
                    window.app.run_command(Command::GoTo(event));
                }
                harness.step();
            });
            spent.push((millis.1, event));
        }
        let worst = spent
            .iter()
            .copied()
            .fold((0.0, EventId(0)), |worst, it| if it.0 > worst.0 { it } else { worst });
        println!(
            "{:<50} {:.2} ms on average, {:.2} ms at worst (event {})",
            format!("history of {last} events: a frame of scrubbing, {}", pane.title()),
            spent.iter().map(|(millis, _)| millis).sum::<f64>() / spent.len() as f64,
            worst.0,
            worst.1.0
        );
    }
}

fn opened(path: PathBuf) -> App {
    let mut app = App::new(None, Arc::new(|| ()));
    app.run_command(Command::Open(path));
    while app.opening.is_some() {
        app.wait_and_tick(Duration::from_millis(20));
    }
    app
}

/// The window of an app, drawn until its graph is there.
fn shown(app: App) -> Harness<'static, Option<Window>> {
    let mut app = Some(app);
    let draw = move |ui: &mut egui::Ui, window: &mut Option<Window>| {
        match (window.as_mut(), app.take()) {
            (Some(window), _) => window.ui(ui),
            // Fonts that are given in a frame are there from the next one on.
            (None, Some(app)) => *window = Some(Window::new(ui.ctx(), app)),
            (None, None) => {}
        }
    };
    let mut harness = Harness::builder().with_size([1600.0, 1000.0]).build_ui_state(draw, None);
    while harness.query_by_label_contains("Laying out").is_some() {
        std::thread::yield_now();
        harness.step();
    }
    harness
}

/// The whole window without a GPU: what the CPU does before the painting.
fn window(path: &Path) {
    if !path.is_file() {
        println!("{:<50} left out: no such input", format!("window {}", name_of(path)));
        return;
    }
    let (mut harness, first) = measured(|| shown(opened(path.to_owned())));
    println!("{:<50} {first:.1} ms", format!("window {}: file to first frame", name_of(path)));
    harness.run_steps(5);
    const FRAMES: usize = 60;
    let ((), still) = measured(|| harness.run_steps(FRAMES));
    println!(
        "{:<50} {:.2} ms",
        format!("window {}: a frame, nothing moving", name_of(path)),
        still / FRAMES as f64
    );
    let ((), moving) = measured(|| {
        for frame in 0..FRAMES {
            harness.hover_at(egui::pos2(500.0 + frame as f32, 300.0));
            harness.step();
        }
    });
    println!(
        "{:<50} {:.2} ms",
        format!("window {}: a frame, the mouse moving", name_of(path)),
        moving / FRAMES as f64
    );
}
