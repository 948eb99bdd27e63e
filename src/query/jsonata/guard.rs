//! A fault inside the JSONata library becomes an error of the expression and does not end the program.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// What the library made, or `None` where it panicked (a date picture with its parts in a wrong order is enough).
///
/// Nothing of the library outlives a call, so what a panic leaves behind half done is never looked at again.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let shown = take_hook();
        set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                shown(panic);
            }
        }));
    });
    let outer = GUARDED.replace(true);
    let made = catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(outer);
    made.ok()
}
