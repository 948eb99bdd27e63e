//! Threads beside the window: opening projects, watching their files, drawing pictures. Each reports by an [`Event`].

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, SystemTime};

use notify_debouncer_mini::notify::{RecommendedWatcher, RecursiveMode};
use notify_debouncer_mini::{DebounceEventResult, Debouncer, new_debouncer};

use super::event::Event;
use super::headless::render;
use crate::asl::{StateMachine, StatePath};
use crate::execution::{SharedMap, StateSummary};
use crate::project;

/// Sends an event and wakes whoever draws.
#[derive(Clone)]
pub struct Outbox {
    events: Sender<Event>,
    wake: Arc<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").finish_non_exhaustive()
    }
}

impl Outbox {
    pub(super) fn new(events: Sender<Event>, wake: Arc<dyn Fn() + Send + Sync>) -> Self {
        Self { events, wake }
    }

    /// Whether anybody still listens.
    pub(super) fn send(&self, event: Event) -> bool {
        let sent = self.events.send(event).is_ok();
        (self.wake)();
        sent
    }
}

/// Reads a project again on a thread of its own.
pub(super) fn reload(path: PathBuf, outbox: Outbox) {
    spawn("reload", move || {
        let outcome = project::open(&path).map(Box::new);
        outbox.send(Event::ProjectReloaded { path, outcome });
    });
}

/// Work that takes longer than a frame, on a thread of its own.
pub(super) fn spawn(name: &'static str, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(16 << 20);
    if let Err(err) = thread.spawn(work) {
        tracing::error!(%err, name, "no thread");
    }
}

/// What tells one state of a file from the next: when it was written, and its length.
#[derive(Debug, PartialEq, Eq)]
struct Stamp(Option<(Option<SystemTime>, u64)>);

impl Stamp {
    fn of(file: &Path) -> Self {
        Self(file.metadata().ok().map(|it| (it.modified().ok(), it.len())))
    }
}

/// Watches the files of a project until dropped.
#[derive(Debug)]
pub(super) struct FileWatcher {
    _debouncer: Debouncer<RecommendedWatcher>,
}

impl FileWatcher {
    /// Watches the folders of these files, because editors replace a file on saving and a watch on the file itself would be
    /// left with the old one. `None` when the platform refuses; then `Reload` still works.
    pub(super) fn new(files: &[PathBuf], outbox: Outbox) -> Option<Self> {
        let wanted: Vec<PathBuf> =
            files.iter().map(|file| file.canonicalize().unwrap_or_else(|_| file.clone())).collect();
        // Reading a file is an event too, and reloading reads: only a file that is another one than before counts.
        let mut last: Vec<Stamp> = wanted.iter().map(|file| Stamp::of(file)).collect();
        let handler = {
            let wanted = wanted.clone();
            move |_: DebounceEventResult| {
                let now: Vec<Stamp> = wanted.iter().map(|file| Stamp::of(file)).collect();
                if now != last {
                    last = now;
                    outbox.send(Event::FilesChanged);
                }
            }
        };
        let mut debouncer = new_debouncer(Duration::from_millis(120), handler)
            .inspect_err(|err| tracing::warn!(%err, "files are not watched"))
            .ok()?;
        let mut folders: Vec<&Path> = wanted.iter().filter_map(|file| file.parent()).collect();
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            if let Err(err) = debouncer.watcher().watch(folder, RecursiveMode::NonRecursive) {
                tracing::warn!(%err, "a folder is not watched");
            }
        }
        Some(Self { _debouncer: debouncer })
    }
}

/// Draws a picture of a machine into a file, which may take seconds.
pub(super) fn draw(
    machine: Arc<StateMachine>,
    statuses: Option<SharedMap<StatePath, StateSummary>>,
    path: PathBuf,
    outbox: Outbox,
) {
    let work = move || {
        let theme = render::Theme::Light;
        let bytes = match path.extension().and_then(|it| it.to_str()) {
            Some("png") => render::machine_png(&machine, statuses.as_ref(), theme, 2.0),
            Some(_) | None => Ok(render::svg(&machine, statuses.as_ref(), theme).into_bytes()),
        };
        let outcome =
            bytes.and_then(|bytes| std::fs::write(&path, bytes).map_err(|err| err.to_string()));
        outbox.send(Event::PictureDrawn { path, outcome });
    };
    if let Err(err) =
        std::thread::Builder::new().name("draw".to_owned()).stack_size(16 << 20).spawn(work)
    {
        tracing::error!(%err, "no thread for drawing a picture");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    fn next(events: &Receiver<Event>) -> bool {
        matches!(events.recv_timeout(Duration::from_secs(5)), Ok(Event::FilesChanged))
    }

    #[test]
    fn a_save_is_seen_and_a_read_is_not() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("m.asl.json");
        std::fs::write(&file, "{}").expect("written");
        let (sender, events) = channel();
        let outbox = Outbox::new(sender, Arc::new(|| ()));
        let _watcher =
            FileWatcher::new(std::slice::from_ref(&file), outbox).expect("files can be watched");
        for _ in 0..3 {
            assert_eq!(std::fs::read_to_string(&file).expect("read"), "{}");
        }
        assert!(events.recv_timeout(Duration::from_millis(600)).is_err(), "reading is no change");
        std::fs::write(&file, "{ }").expect("saved");
        assert!(next(&events), "a save is seen");
        // As editors do it: a fresh file is put in the place of the old one.
        let fresh = folder.path().join("m.new");
        std::fs::write(&fresh, "{  }").expect("written");
        std::fs::rename(&fresh, &file).expect("put in its place");
        assert!(next(&events), "a replaced file is seen");
    }
}
