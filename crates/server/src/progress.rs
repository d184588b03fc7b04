//! A progress bar for a person at a terminal.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use mainstem_engine::{Event, Observer};
use mainstem_model::record::Progress;

/// One bar over everything that is being read.
pub struct ProgressObserver {
    bar: ProgressBar,
    scopes: Mutex<HashMap<(String, String), Progress>>,
}

impl ProgressObserver {
    /// A bar on the standard error.
    #[must_use]
    pub fn new() -> Self {
        let style = ProgressStyle::with_template(
            "{spinner} {bar:30} {human_pos}/{human_len} items, {rate}, {eta} left  {wide_msg}",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, text: &mut dyn fmt::Write| {
            // A bar that cannot be drawn is no failure of what it shows.
            let _ = write!(text, "{:.0}/s", state.per_sec());
        });
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(style);
        bar.enable_steady_tick(std::time::Duration::from_millis(200));
        Self { bar, scopes: Mutex::default() }
    }

    fn update(&self, source: &str, scope: &str, change: impl FnOnce(&mut Progress)) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = scopes
            .entry((source.to_owned(), scope.to_owned()))
            .or_insert(Progress { done: 0, total: None });
        change(known);
        let done = scopes.values().map(|scope| scope.done).sum();
        let total = scopes.values().map(|scope| scope.total.unwrap_or(0).max(scope.done)).sum();
        if total > 0 {
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
        self.bar.set_message(format!("{source} {scope}"));
    }
}

impl Default for ProgressObserver {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ProgressObserver {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for ProgressObserver {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::PassStarted { source, scope, .. } => self.update(source, scope, |_| {}),
            Event::BatchStored { source, scope, progress: Some(progress), .. } => {
                self.update(source, scope, |known| *known = *progress);
            }
            Event::PassFinished { source, scope, .. } => {
                self.update(source, scope, |known| known.total = Some(known.done));
            }
            Event::Failed { source, scope, error, .. } => {
                let scope = scope.unwrap_or_default();
                self.bar.println(format!("{source} {scope}: {}", error.message));
            }
            Event::LeaseLost { source } => {
                self.bar.println(format!("{source}: another worker has taken it over"));
            }
            Event::HistoryStored { source, scope, .. } => {
                self.bar.set_message(format!("{source} {scope}: the past"));
            }
            Event::BatchStored { .. }
            | Event::HintsAnswered { .. }
            | Event::HistoryFinished { .. }
            | Event::CensusFinished { .. }
            | Event::StateChanged { .. } => {}
        }
    }
}
