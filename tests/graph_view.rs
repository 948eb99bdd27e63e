//! The graph pane, driven as a person or a screen reader would, and looked at in both themes.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use egui::accesskit::{Role, Toggled};
use egui::{Key, Modifiers, Theme, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use egui_kittest::{Harness, SnapshotOptions};
use stepwell::asl::{Severity, StateMachine, StatePath};
use stepwell::execution::visit::StateType;
use stepwell::execution::{
    EventId, Moment, StateStatus, StateSummary, Thread, ThreadId, ThreadKind, ThreadStatus,
    Timestamp, Visit,
};
use stepwell::json::document::{Document, Format};
use stepwell::ui::canvas::{BreakpointMark, CanvasEvent, CanvasInput, CanvasView, canvas_ui};
use stepwell::ui::theme;

/// What a pane's owner keeps, here without a program around it.
struct Pane {
    view: CanvasView,
    machine: Arc<StateMachine>,
    moment: Option<Moment>,
    breakpoints: BTreeMap<StatePath, BreakpointMark>,
    problems: BTreeMap<StatePath, Severity>,
    selected: Option<StatePath>,
    events: Vec<CanvasEvent>,
    /// Frames drawn.
    frames: u32,
    /// A strip at the left, as a side panel would take it.
    left: f32,
    pointer_shape: egui::CursorIcon,
    styled: bool,
}

impl Pane {
    fn new(machine: StateMachine) -> Self {
        Self {
            view: CanvasView::new("test"),
            machine: Arc::new(machine),
            moment: None,
            breakpoints: BTreeMap::new(),
            problems: BTreeMap::new(),
            selected: None,
            events: Vec::new(),
            frames: 0,
            left: 0.0,
            pointer_shape: egui::CursorIcon::Default,
            styled: false,
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui) {
        if !std::mem::replace(&mut self.styled, true) {
            theme::install(ui.ctx());
            ui.ctx().request_discard("fonts are in use from the next pass on");
            return;
        }
        self.frames += 1;
        let mut events = Vec::new();
        let mut room = ui.ctx().content_rect();
        room.min.x += self.left;
        let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(room));
        let input = CanvasInput {
            machine: &self.machine,
            moment: self.moment.as_ref(),
            breakpoints: &self.breakpoints,
            selected: self.selected.as_ref(),
            problems: &self.problems,
            starters: &BTreeSet::new(),
            compared: &BTreeMap::new(),
        };
        canvas_ui(&mut inner, &mut self.view, &input, &mut events);
        for event in &events {
            match event {
                CanvasEvent::Selected(path) => self.selected = path.clone(),
                CanvasEvent::ToggleBreakpoint(path) => {
                    if self.breakpoints.remove(path).is_none() {
                        self.breakpoints.insert(path.clone(), BreakpointMark::Enabled);
                    }
                }
                CanvasEvent::EditBreakpoint(_)
                | CanvasEvent::OpenSource(_)
                | CanvasEvent::RunToHere(_)
                | CanvasEvent::RunFromHere(_)
                | CanvasEvent::OpenExecution(_)
                | CanvasEvent::TestState(_) => {}
            }
            ui.ctx().request_repaint();
        }
        self.events.extend(events);
        self.pointer_shape = ui.output(|output| output.cursor_icon);
    }
}

fn machine(text: &str) -> StateMachine {
    let parsed = stepwell::asl::parse::parse(&Document::parse(text, Format::Json));
    assert!(!parsed.has_errors(), "{:?}", parsed.diagnostics);
    parsed.machine
}

fn order_workflow() -> StateMachine {
    machine(include_str!("graph_view/order-workflow.asl.json"))
}

fn path(path: &str) -> StatePath {
    StatePath::new(path)
}

fn harness(pane: Pane, size: Vec2, theme: Theme) -> Harness<'static, Pane> {
    let builder = Harness::builder()
        .with_size(size)
        .with_theme(theme)
        .with_step_dt(1.0 / 60.0)
        .with_max_steps(60);
    let mut harness = builder.wgpu().build_ui_state(|ui, pane: &mut Pane| pane.ui(ui), pane);
    harness.run();
    wait_for_layout(&mut harness);
    harness.run();
    harness
}

fn order_pane() -> Harness<'static, Pane> {
    harness(Pane::new(order_workflow()), vec2(1100.0, 860.0), Theme::Light)
}

fn press(harness: &mut Harness<'static, Pane>, key: Key) {
    harness.key_press(key);
    harness.run();
}

/// The centre of a state on the screen.
fn centre(harness: &Harness<'static, Pane>, name: &str) -> egui::Pos2 {
    harness.get_by_role_and_label(Role::Button, name).rect().center()
}

fn click_at(harness: &mut Harness<'static, Pane>, pos: egui::Pos2) {
    harness.hover_at(pos);
    harness.run();
    for pressed in [true, false] {
        let button = egui::PointerButton::Primary;
        harness.event(egui::Event::PointerButton {
            pos,
            button,
            pressed,
            modifiers: Modifiers::NONE,
        });
        harness.run();
    }
}

#[test]
fn a_state_is_selected_by_its_accessible_name() {
    let mut harness = order_pane();
    harness.get_by_role_and_label(Role::Button, "Ship order").click();
    harness.run();
    assert_eq!(harness.state().selected, Some(path("Ship order")));
    assert!(
        harness.get_by_role_and_label(Role::Button, "Ship order").accesskit_node().toggled()
            == Some(Toggled::True)
    );

    harness.get_by_role_and_label(Role::Button, "检查库存").click_accesskit();
    harness.run();
    assert_eq!(harness.state().selected, Some(path("检查库存")));
}

#[test]
fn a_click_on_the_ground_selects_nothing() {
    let mut harness = order_pane();
    harness.state_mut().selected = Some(path("Ship order"));
    click_at(&mut harness, egui::pos2(20.0, 20.0));
    assert_eq!(harness.state().selected, None);
}

#[test]
fn a_click_in_the_margin_toggles_a_breakpoint_and_does_not_select() {
    let mut harness = order_pane();
    let margin = harness.get_by_role_and_label(Role::Button, "Ship order").rect().left_center()
        - vec2(3.0, 0.0);
    click_at(&mut harness, margin);
    assert!(harness.state().breakpoints.contains_key(&path("Ship order")));
    assert_eq!(harness.state().selected, None);
    let description =
        harness.get_by_role_and_label(Role::Button, "Ship order").accesskit_node().description();
    assert_eq!(description.as_deref(), Some("AWS Lambda: Invoke, not entered, breakpoint"));
    // Not a double click: the second one comes later.
    for _ in 0..40 {
        harness.step();
    }
    click_at(&mut harness, margin);
    assert!(harness.state().breakpoints.is_empty());
}

#[test]
fn arrows_walk_along_the_flow_and_enter_opens_the_source() {
    let mut harness = order_pane();
    harness.get_by_role_and_label(Role::Button, "Validate order").click();
    harness.run();
    press(&mut harness, Key::ArrowDown);
    assert_eq!(harness.state().selected, Some(path("检查库存")));
    press(&mut harness, Key::ArrowUp);
    assert_eq!(harness.state().selected, Some(path("Validate order")));
    press(&mut harness, Key::F9);
    assert!(harness.state().breakpoints.contains_key(&path("Validate order")));
    press(&mut harness, Key::Enter);
    assert_eq!(
        harness.state().events.last(),
        Some(&CanvasEvent::OpenSource(path("Validate order")))
    );
    press(&mut harness, Key::Escape);
    assert_eq!(harness.state().selected, None);
}

#[test]
fn every_state_can_be_reached_with_arrows() {
    let mut harness = order_pane();
    harness.get_by_role_and_label(Role::Button, "Validate order").click();
    harness.run();
    let all: BTreeSet<StatePath> =
        harness.state().machine.states().into_iter().map(|(path, _)| path).collect();
    let mut seen = BTreeSet::new();
    let mut open = vec![path("Validate order")];
    while let Some(from) = open.pop() {
        if !seen.insert(from.clone()) {
            continue;
        }
        for key in [Key::ArrowUp, Key::ArrowDown, Key::ArrowLeft, Key::ArrowRight] {
            harness.state_mut().selected = Some(from.clone());
            harness.run();
            press(&mut harness, key);
            open.extend(harness.state().selected.clone());
        }
    }
    assert_eq!(seen, all);
}

#[test]
fn a_container_collapses_to_a_card_and_opens_again() {
    let mut harness = order_pane();
    assert!(harness.query_by_role_and_label(Role::Button, "Charge card").is_some());
    harness.get_by_role_and_label(Role::Button, "Prepare order").click();
    harness.run();
    press(&mut harness, Key::Space);
    assert!(harness.query_by_role_and_label(Role::Button, "Charge card").is_none());
    assert!(harness.state().view.collapsed().contains(&path("Prepare order")));

    // What happens inside is told on the card.
    harness
        .state_mut()
        .breakpoints
        .insert(path("Prepare order/0/Charge card"), BreakpointMark::Enabled);
    harness.run();
    let description =
        harness.get_by_role_and_label(Role::Button, "Prepare order").accesskit_node().description();
    assert_eq!(
        description.as_deref(),
        Some("Parallel state · 2 branches, not entered, breakpoint inside")
    );
    press(&mut harness, Key::Space);
    assert!(harness.query_by_role_and_label(Role::Button, "Charge card").is_some());
}

#[test]
fn idles_without_input() {
    let mut pane = Pane::new(order_workflow());
    pane.moment = Some(moment());
    let mut harness = harness(pane, vec2(1100.0, 860.0), Theme::Light);
    // `run` would have panicked if the graph asked for frame after frame; and it does not start again by itself.
    let frames = harness.state().frames;
    harness.run();
    assert!(harness.state().frames <= frames + 1);
    // The pointer moves over the graph, and then it rests again.
    for x in 0..20 {
        harness.hover_at(egui::pos2(300.0 + 10.0 * x as f32, 400.0));
        harness.run();
    }
}

#[test]
fn moving_the_pane_moves_the_graph_once() {
    let mut harness = order_pane();
    harness.hover_at(egui::pos2(500.0, 300.0));
    harness.run();
    // By hand, so that the pane's new size does not fit the graph anew.
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, 1.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    harness.run();
    let before = centre(&harness, "Validate order");
    harness.state_mut().left = 100.0;
    harness.run();
    harness.hover_at(egui::pos2(520.0, 310.0));
    harness.run();
    let moved = centre(&harness, "Validate order") - before;
    assert!((moved - vec2(100.0, 0.0)).length() < 0.5, "moved by {moved:?}");
}

#[test]
fn the_wheel_zooms_at_the_pointer() {
    let mut harness = order_pane();
    let at = centre(&harness, "检查库存");
    harness.hover_at(at);
    harness.run();
    let before = harness.state().view.camera().zoom;
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, 3.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    harness.run();
    assert!(harness.state().view.camera().zoom > before * 1.3);
    assert!((centre(&harness, "检查库存") - at).length() < 1.0);
}

#[test]
fn dragging_pans() {
    let mut harness = order_pane();
    let before = centre(&harness, "Ship order");
    harness.drag_at(egui::pos2(30.0, 30.0));
    harness.run();
    harness.hover_at(egui::pos2(60.0, 50.0));
    harness.run();
    harness.hover_at(egui::pos2(90.0, 60.0));
    harness.run();
    harness.drop_at(egui::pos2(90.0, 60.0));
    harness.run();
    let moved = centre(&harness, "Ship order") - before;
    assert!((moved - vec2(60.0, 30.0)).length() < 1.0, "moved by {moved:?}");
    assert_eq!(harness.state().selected, None);
}

#[test]
fn the_eye_follows_the_program_counter() {
    let mut harness = harness(Pane::new(order_workflow()), vec2(500.0, 320.0), Theme::Dark);
    let pane = egui::Rect::from_min_size(egui::Pos2::ZERO, vec2(500.0, 320.0));
    harness.state_mut().view.actual_size();
    harness.state_mut().moment = Some(moment());
    harness.run();
    let rect = harness.get_by_role_and_label(Role::Button, "Pack item").rect();
    assert!(pane.contains_rect(rect) && rect.width() > 100.0, "{rect:?}");
}

#[test]
fn the_context_menu_asks_to_run_to_a_state() {
    let mut harness = order_pane();
    let pos = centre(&harness, "Ship order");
    harness.hover_at(pos);
    harness.run();
    for pressed in [true, false] {
        let button = egui::PointerButton::Secondary;
        harness.event(egui::Event::PointerButton {
            pos,
            button,
            pressed,
            modifiers: Modifiers::NONE,
        });
        harness.run();
    }
    harness.get_by_label("Run to here").click();
    harness.run();
    assert_eq!(harness.state().selected, Some(path("Ship order")));
    assert_eq!(harness.state().events.last(), Some(&CanvasEvent::RunToHere(path("Ship order"))));
    assert!(harness.query_by_label("Run to here").is_none(), "the menu has closed");
}

#[test]
fn the_overview_moves_the_eye() {
    let mut harness = harness(Pane::new(chain(100)), vec2(900.0, 600.0), Theme::Light);
    let before = harness.state().view.camera();
    let overview = harness.get_by_label("Overview").rect();
    click_at(&mut harness, overview.center_bottom() - vec2(0.0, 10.0));
    let after = harness.state().view.camera();
    assert_eq!(after.zoom, before.zoom);
    assert!(after.pan.y < before.pan.y - 1000.0, "{before:?} {after:?}");
    // Far out everything is in sight, so there is nothing to give an overview of.
    harness.get_by_label("Fit graph").click();
    harness.run();
    assert!(harness.query_by_label("Overview").is_none());
}

#[test]
fn a_large_machine_is_drawn_in_little_time() {
    for states in [100, 1_000] {
        let size = vec2(1400.0, 900.0);
        let harness = Rc::new(RefCell::new(harness(Pane::new(chain(states)), size, Theme::Light)));
        let mut harness = harness.borrow_mut();
        harness.state_mut().view.fit();
        harness.run();
        let cpu = cpu_millis();
        const FRAMES: u32 = 60;
        for frame in 0..FRAMES {
            harness.hover_at(egui::pos2(200.0 + frame as f32 * 5.0, 300.0));
            harness.step();
        }
        if let (Some(before), Some(after)) = (cpu, cpu_millis()) {
            let each = (after - before) / f64::from(FRAMES);
            println!(
                "{states} states: {each:.2} ms of CPU a frame, pointer moving, everything in sight"
            );
            // Wide: a debug build on a busy machine. What is caught is a frame that costs seconds.
            assert!(each < 150.0, "{each} ms for {states} states");
        }
    }
}

/// Processor time of this thread, where the system tells it (Linux).
fn cpu_millis() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e6)
}

/// A machine of Choice states and tasks, `states` of them.
fn chain(states: usize) -> StateMachine {
    let mut text = String::from("{\"StartAt\":\"State 0\",\"States\":{");
    for at in 0..states {
        let next = at + 1;
        let comma = if at == 0 { "" } else { "," };
        text += &match (at % 5, next < states) {
            (_, false) => format!("{comma}\"State {at}\":{{\"Type\":\"Succeed\"}}"),
            (0, true) => {
                let skip = (at + 3).min(states - 1);
                format!(
                    "{comma}\"State {at}\":{{\"Type\":\"Choice\",\"Choices\":[{{\"Variable\":\"$.n\",\"NumericEquals\":{at},\"Next\":\"State {skip}\"}}],\"Default\":\"State {next}\"}}"
                )
            }
            (_, true) => format!(
                "{comma}\"State {at}\":{{\"Type\":\"Task\",\"Resource\":\"arn:aws:states:::dynamodb:getItem\",\"Parameters\":{{\"TableName\":\"t\",\"Key\":{{}}}},\"Next\":\"State {next}\"}}"
            ),
        };
    }
    machine(&(text + "}}"))
}

/// The middle of an order: a branch has failed, an item is being packed.
fn moment() -> Moment {
    let mut moment = Moment { at: EventId(42), ..Moment::default() };
    let mut enter = |name: &str, status: StateStatus| {
        let mut summary = StateSummary::default();
        summary.status = status;
        summary.visits = 1;
        moment.states.insert(path(name), summary);
    };
    enter("Validate order", StateStatus::Succeeded);
    enter("检查库存", StateStatus::Succeeded);
    enter("In stock?", StateStatus::Succeeded);
    enter("Prepare order", StateStatus::InProgress);
    enter("Prepare order/0/Charge card", StateStatus::Succeeded);
    enter("Prepare order/0/Fraud score", StateStatus::Failed);
    enter("Prepare order/0/Review by hand", StateStatus::Caught);
    enter("Prepare order/1/Pack items", StateStatus::InProgress);
    enter("Prepare order/1/Pack items/Pack item", StateStatus::InProgress);
    if let Some(summary) = moment.states.get_mut(&path("Prepare order/1/Pack items")) {
        summary.iterations = Some((4, 3, 5));
    }
    if let Some(summary) = moment.states.get_mut(&path("Prepare order/0/Charge card")) {
        summary.retries = 2;
    }
    for (from, to) in [
        ("Validate order", "检查库存"),
        ("检查库存", "In stock?"),
        ("In stock?", "Prepare order"),
        ("Prepare order/0/Charge card", "Prepare order/0/Fraud score"),
    ] {
        moment.taken.insert((path(from), path(to)), 1);
    }
    let top = thread(0, None, ThreadKind::Top, "Prepare order", StateType::Parallel);
    let of = path("Prepare order");
    let branch = ThreadKind::Branch { of, index: 1 };
    let packing = thread(1, Some(0), branch, "Prepare order/1/Pack items", StateType::Map);
    let iteration = |index| ThreadKind::Iteration { of: path("Prepare order/1/Pack items"), index };
    let item = "Prepare order/1/Pack items/Pack item";
    let third = thread(2, Some(1), iteration(3), item, StateType::Task);
    let fourth = thread(3, Some(1), iteration(4), item, StateType::Task);
    moment.threads = [top, packing, third, fourth].map(Arc::new).to_vec();
    moment.focus = ThreadId(2);
    moment
}

fn thread(
    id: u32,
    parent: Option<u32>,
    kind: ThreadKind,
    state: &str,
    state_type: StateType,
) -> Thread {
    let visit = Visit {
        state: path(state),
        name: state.into(),
        state_type,
        entered: EventId(u64::from(id) + 10),
        entered_at: Timestamp(0),
        exited: None,
        aborted: None,
        input: None,
        output: None,
        status: StateStatus::InProgress,
        attempts: 1,
        error: None,
        container: None,
    };
    Thread {
        id: ThreadId(id),
        parent: parent.map(ThreadId),
        kind,
        started: EventId(1),
        current: Some(visit),
        status: ThreadStatus::Running,
        variables: Arc::default(),
        superseded: false,
    }
}

#[test]
fn looks_as_it_should_in_the_light() {
    check_picture(Theme::Light, "graph_light");
}

#[test]
fn looks_as_it_should_in_the_dark() {
    check_picture(Theme::Dark, "graph_dark");
}

fn check_picture(theme: Theme, name: &str) {
    let mut pane = Pane::new(order_workflow());
    pane.moment = Some(moment());
    pane.selected = Some(path("Prepare order/0/Fraud score"));
    pane.breakpoints.insert(path("Prepare order/0/Fraud score"), BreakpointMark::Enabled);
    pane.breakpoints.insert(path("Ship order"), BreakpointMark::Conditional);
    pane.breakpoints.insert(path("Notify customer"), BreakpointMark::Disabled);
    pane.problems.insert(path("Order failed"), Severity::Warning);
    let mut harness = harness(pane, vec2(1100.0, 860.0), theme);
    let options = SnapshotOptions::new().threshold(1.0).max_failed_pixels(40);
    harness.snapshot_options(name, &options);
}

/// The texts on the screen that are cut.
fn cut_texts(harness: &Harness<'_, Pane>) -> BTreeSet<String> {
    fn collect(shape: &egui::Shape, cut: &mut BTreeSet<String>) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "only texts are looked for")]
        match shape {
            egui::Shape::Text(text) if text.galley.elided => {
                cut.insert(text.galley.text().to_owned());
            }
            egui::Shape::Vec(shapes) => shapes.iter().for_each(|it| collect(it, cut)),
            _ => {}
        }
    }
    let mut cut = BTreeSet::new();
    for clipped in &harness.output().shapes {
        collect(&clipped.shape, &mut cut);
    }
    cut
}

#[test]
fn a_name_is_not_cut_because_its_state_was_entered() {
    for zoom in [0.3, 0.47, 0.6, 1.0] {
        let mut harness = order_pane();
        harness.state_mut().view.actual_size();
        harness.state_mut().view.zoom_by(zoom);
        harness.run();
        let before = cut_texts(&harness);
        harness.state_mut().view.follow = false;
        harness.state_mut().moment = Some(moment());
        harness.run();
        let after = cut_texts(&harness);
        let (machine, is_name) = (Arc::clone(&harness.state().machine), |text: &String| {
            machine_names(&harness.state().machine).contains(text)
        });
        assert!(machine.states().len() > 10);
        assert_eq!(
            before.iter().filter(|it| is_name(it)).collect::<Vec<_>>(),
            after.iter().filter(|it| is_name(it)).collect::<Vec<_>>(),
            "at {zoom}"
        );
        assert_eq!(before.iter().filter(|it| is_name(it)).count(), 0, "at {zoom}: {before:?}");
    }
}

fn machine_names(machine: &StateMachine) -> BTreeSet<String> {
    machine.states().into_iter().map(|(_, state)| state.name.as_str().to_owned()).collect()
}

#[test]
fn a_large_machine_opens_at_its_start_where_it_can_be_read() {
    let size = vec2(900.0, 600.0);
    let mut harness = harness(Pane::new(chain(1_000)), size, Theme::Light);
    let opened = harness.state().view.camera();
    assert!((0.6..=1.0).contains(&opened.zoom), "{opened:?}");
    let first = harness.get_by_role_and_label(Role::Button, "State 0").rect();
    assert!(first.top() < 160.0 && (first.center().x - 450.0).abs() < 200.0, "{first:?}");
    // A pane that is made wider or narrower keeps it in sight.
    harness.state_mut().left = 300.0;
    harness.run();
    let moved = harness.get_by_role_and_label(Role::Button, "State 0").rect();
    assert!(moved.left() > 300.0 && moved.right() < 900.0, "{moved:?}");
    harness.state_mut().view.fit();
    harness.run();
    assert!(harness.state().view.camera().zoom < 0.1, "all of it is asked for");
    harness.state_mut().view.begin();
    harness.run();
    assert!(harness.state().view.camera().zoom > 0.6);
}

/// Draws until the layout that is made beside the window is there.
fn wait_for_layout(harness: &mut Harness<'static, Pane>) {
    for _ in 0..20_000 {
        if harness.query_by_label_contains("Laying out").is_none() {
            return;
        }
        std::thread::yield_now();
        harness.step();
    }
    panic!("the layout does not end");
}

#[test]
fn a_large_graph_is_laid_out_beside_the_window() {
    let mut harness = harness(Pane::new(order_workflow()), vec2(1100.0, 860.0), Theme::Light);
    harness.state_mut().machine = Arc::new(chain(1_200));
    harness.step();
    assert!(harness.query_by_label("Laying out 1,200 states…").is_some());
    assert!(harness.query_by_label("Validate order").is_none(), "another machine's graph is gone");
    wait_for_layout(&mut harness);
    harness.run();
    assert!(harness.query_by_label("State 0").is_some());
    // Much the same states: their drawing stays until the new one is there.
    harness.state_mut().machine = Arc::new(chain(1_300));
    harness.step();
    assert!(harness.query_by_label("State 0").is_some());
    assert!(harness.query_by_label_contains("Laying out").is_none());
    // What was begun for another definition is given up.
    harness.state_mut().machine = Arc::new(order_workflow());
    harness.run();
    assert!(harness.query_by_label("Validate order").is_some());
    assert!(harness.query_by_label("State 0").is_none());
}
