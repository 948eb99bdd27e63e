//! The arrangement of the panes, and which function draws each.

use std::collections::BTreeMap;
use std::sync::Arc;

use egui::{Ui, WidgetText};
use egui_tiles::{Behavior, SimplificationOptions, TileId, Tiles, UiResponse};

use super::api_console::{ApiConsoleView, api_console_ui};
use super::aws::{AwsView, aws_ui};
use super::breakpoints::{BreakpointsView, breakpoints_ui};
use super::canvas::{
    BreakpointMark, CanvasEvent, CanvasInput, CanvasView, ComparedMark, canvas_ui,
};
use super::compare::{CompareView, compare_ui};
use super::data_flow::{DataFlowView, data_flow_ui};
use super::failure::{FailureView, failure_ui, strip_ui};
use super::history_list::{HistoryView, history_ui};
use super::input::input_ui;
use super::mocks::{MocksView, mocks_ui};
use super::problems::{problems_ui, worst_by_state};
use super::project_tree::{ProjectView, project_ui};
use super::source::{SourceView, source_ui};
use super::stack::stack_ui;
use super::tables::{TablesView, tables_ui};
use super::test_state::{TestStateView, test_state_ui};
use super::theme::tokens;
use super::timeline::{TimelineView, timeline_ui};
use super::variables::{VariablesView, variables_ui};
use crate::app::{App, Command, EnteredBy, Pane};
use crate::asl::{Severity, StateMachine, StatePath};
use crate::debug::Breakpoint;

/// What all panes remember.
#[derive(Default)]
pub(super) struct PaneViews {
    /// One canvas per machine, by its name, so that each keeps its own camera.
    pub canvases: BTreeMap<String, CanvasView>,
    api_console: ApiConsoleView,
    pub aws: AwsView,
    breakpoints: BreakpointsView,
    compare: CompareView,
    data_flow: DataFlowView,
    pub failure: FailureView,
    history: HistoryView,
    mocks: MocksView,
    /// The worst finding about each state, of this machine with so many findings.
    problems: Option<(Arc<StateMachine>, usize, BTreeMap<StatePath, Severity>)>,
    project: ProjectView,
    source: SourceView,
    tables: TablesView,
    test_state: TestStateView,
    timeline: TimelineView,
    variables: VariablesView,
}

/// Draws panes for the tree.
pub(super) struct PaneBehavior<'a> {
    pub app: &'a App,
    pub views: &'a mut PaneViews,
    pub commands: &'a mut Vec<Command>,
}

impl Behavior<Pane> for PaneBehavior<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let Self { app, views, commands } = self;
        if *pane == Pane::Graph {
            graph_ui(ui, app, views, commands);
            return UiResponse::None;
        }
        egui::Frame::new().inner_margin(egui::Margin::symmetric(10, 8)).show(
            ui,
            |ui| match *pane {
                Pane::Project => project_ui(ui, app, &mut views.project, commands),
                Pane::Graph => {}
                Pane::Source => source_ui(ui, app, &mut views.source, commands),
                Pane::DataFlow => data_flow_ui(ui, app, &mut views.data_flow, commands),
                Pane::Variables => variables_ui(ui, app, &mut views.variables, commands),
                Pane::CallStack => stack_ui(ui, app, commands),
                Pane::Breakpoints => breakpoints_ui(ui, app, &mut views.breakpoints, commands),
                Pane::Events => history_ui(ui, app, &mut views.history, commands),
                Pane::Timeline => timeline_ui(ui, app, &mut views.timeline, commands),
                Pane::Problems => problems_ui(ui, app, commands),
                Pane::Tables => tables_ui(ui, app, &mut views.tables, commands),
                Pane::ApiConsole => api_console_ui(ui, app, &mut views.api_console, commands),
                Pane::Input => input_ui(ui, app, commands),
                Pane::Mocks => mocks_ui(ui, app, &mut views.mocks, commands),
                Pane::TestState => test_state_ui(ui, app, &mut views.test_state, commands),
                Pane::Failure => failure_ui(ui, app, &mut views.failure, commands),
                Pane::Aws => aws_ui(ui, app, &mut views.aws, commands),
                Pane::Compare => compare_ui(ui, app, &mut views.compare, commands),
            },
        );
        UiResponse::None
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "most panes count nothing")]
    fn tab_title_for_pane(&mut self, pane: &Pane) -> WidgetText {
        let count = match pane {
            Pane::Problems => problem_count(self.app),
            Pane::Mocks => self.app.run().map_or(0, |run| run.waiting().len()),
            Pane::Breakpoints => self.app.breakpoints().map_or(0, |it| it.states.len()),
            _ => 0,
        };
        if count > 0 { format!("{} ({count})", pane.title()).into() } else { pane.title().into() }
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        30.0
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }

    fn tab_bg_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &egui_tiles::TabState,
    ) -> egui::Color32 {
        if state.active { visuals.window_fill } else { visuals.panel_fill }
    }

    fn tab_text_color(
        &self,
        visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &egui_tiles::TabState,
    ) -> egui::Color32 {
        if state.active { visuals.text_color() } else { visuals.weak_text_color() }
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        1.0
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }
}

fn problem_count(app: &App) -> usize {
    let worth = |severity: Severity| severity != Severity::Note;
    app.project.as_ref().map_or(0, |open| {
        let of_machines = open
            .project
            .machines
            .iter()
            .flat_map(|it| &it.diagnostics)
            .filter(|it| worth(it.severity))
            .count();
        of_machines
            + open.project.problems.iter().filter(|it| worth(it.diagnostic.severity)).count()
    })
}

fn graph_ui(ui: &mut Ui, app: &App, views: &mut PaneViews, commands: &mut Vec<Command>) {
    let Some(machine) = app.machine() else {
        ui.painter().rect_filled(ui.max_rect(), 0, tokens(ui.ctx()).canvas);
        super::aws::opened_ui(ui, app, commands);
        super::welcome::start_ui(ui, app, commands);
        return;
    };
    let view = views
        .canvases
        .entry(machine.name.clone())
        .or_insert_with(|| CanvasView::new(&machine.name));
    let run = app.run().filter(|run| *run.machine_name == *machine.name);
    let marks: BTreeMap<StatePath, BreakpointMark> = app
        .breakpoints()
        .map(|it| {
            it.states.iter().map(|(path, breakpoint)| (path.clone(), mark(breakpoint))).collect()
        })
        .unwrap_or_default();
    let of_these = |it: &(Arc<StateMachine>, usize, BTreeMap<StatePath, Severity>)| {
        Arc::ptr_eq(&it.0, &machine.machine) && it.1 == machine.diagnostics.len()
    };
    let (_, _, problems) = match views.problems.take_if(|it| of_these(it)) {
        Some(known) => views.problems.insert(known),
        None => views.problems.insert((
            Arc::clone(&machine.machine),
            machine.diagnostics.len(),
            worst_by_state(machine),
        )),
    };
    let starters = run.map(|_| super::executions::starters(app)).unwrap_or_default();
    let drawn = app.drawn_definition().unwrap_or(&machine.machine);
    // What is wrong with the text that is open says nothing of another one.
    let nothing = BTreeMap::new();
    let problems = if Arc::ptr_eq(drawn, &machine.machine) { problems } else { &nothing };
    let comparison = app.shown_comparison().filter(|_| run.is_some());
    let compared: BTreeMap<StatePath, ComparedMark> = comparison
        .map(|(it, _)| it.entered_by_one())
        .unwrap_or_default()
        .into_iter()
        .map(|(path, by)| match by {
            EnteredBy::RerunOnly => (path, ComparedMark::OnlyNow),
            EnteredBy::RecordingOnly => (path, ComparedMark::OnlyThen),
        })
        .collect();
    let input = CanvasInput {
        machine: drawn,
        compared: &compared,
        moment: run.map(|run| run.session.moment()),
        breakpoints: &marks,
        selected: app.selection.state.as_ref(),
        problems,
        starters: &starters,
    };
    ui.spacing_mut().item_spacing.y = 0.0;
    super::notices::changed_definition_ui(ui, app, commands);
    super::aws::opened_ui(ui, app, commands);
    if run.is_some() {
        strip_ui(ui, app, &mut views.failure, commands);
    }
    if run.is_some() {
        super::executions::breadcrumbs_ui(ui, app, commands);
    }
    if machine.machine.top.states.is_empty() {
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0, tokens(ui.ctx()).canvas);
        let text = if app.history_to_open.is_some() {
            "What happened is listed in the events. Choose the definition that was run, and it is drawn here."
        } else {
            "No state of this definition could be read. The problems say why."
        };
        super::controls::empty_ui(ui, "There is nothing to draw", text);
        return;
    }
    let mut events = Vec::new();
    canvas_ui(ui, view, &input, &mut events);
    for event in events {
        match event {
            CanvasEvent::Selected(state) => commands.push(Command::SelectState(state)),
            CanvasEvent::ToggleBreakpoint(state) => commands.push(Command::ToggleBreakpoint(state)),
            CanvasEvent::EditBreakpoint(state) => {
                if app.breakpoints().is_none_or(|it| !it.states.contains_key(&state)) {
                    commands.push(Command::ToggleBreakpoint(state));
                }
                commands.push(Command::ShowPane(Pane::Breakpoints));
            }
            CanvasEvent::OpenSource(state) => {
                commands.push(Command::SelectState(Some(state)));
                commands.push(Command::ShowPane(Pane::Source));
            }
            CanvasEvent::TestState(state) => {
                commands.push(Command::SelectState(Some(state)));
                commands.push(Command::TestThisState);
            }
            CanvasEvent::OpenExecution(state) => commands.push(Command::OpenExecutionOf(state)),
            CanvasEvent::RunToHere(state) => commands.push(Command::RunToState(state)),
            CanvasEvent::RunFromHere(state) => commands.push(Command::RunFromState(state)),
        }
    }
}

fn mark(breakpoint: &Breakpoint) -> BreakpointMark {
    if !breakpoint.enabled {
        BreakpointMark::Disabled
    } else if breakpoint.log_message.is_some() {
        BreakpointMark::LogMessage
    } else if breakpoint.condition.is_some() || breakpoint.hit_count.is_some() {
        BreakpointMark::Conditional
    } else {
        BreakpointMark::Enabled
    }
}
