//! What each type of state does between entering and leaving.

mod choice;
mod compare;
mod csv;
mod fail;
mod item_batcher;
mod item_reader;
mod items;
mod map;
mod map_limits;
mod map_run;
mod parallel;
mod pass;
mod result_writer;
mod succeed;
mod task;
mod task_parameters;
mod wait;

pub(crate) use item_reader::Reading;
pub(crate) use items::Items;
pub(crate) use result_writer::Writing;
