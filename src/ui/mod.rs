//! The window; the only floor that names egui.
//!
//! A view looks at the app and asks by commands; it changes nothing but its own memory.

mod api_compare;
mod api_console;
mod api_target;
mod arrangement;
mod aws;
mod breakpoints;
mod buckets;
pub mod canvas;
mod command_palette;
mod compare;
mod controls;
mod data_flow;
mod executions;
mod failure;
pub mod fonts;
mod history_list;
pub mod icons;
mod input;
pub mod json_view;
mod lambda_log;
mod mocks;
mod notices;
mod panes;
mod problems;
mod project_tree;
mod save_execution;
mod source;
mod source_draft;
mod stack;
mod stages;
mod tables;
mod test_state;
pub mod theme;
mod timeline;
mod variables;
mod welcome;
mod widgets;
pub mod window;
