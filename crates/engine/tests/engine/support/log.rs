//! The log lines of a test. Every test runs on a thread of its own, so its lines are kept there;
//! one subscriber serves them all, because where some threads have one and others none, `tracing`
//! may take a line for switched off.

use std::cell::RefCell;
use std::io;
use std::sync::Once;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// From now on log lines are kept.
pub fn keep() {
    static KEEP: Once = Once::new();
    KEEP.call_once(|| {
        tracing_subscriber::fmt()
            .json()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(|| Lines)
            .init();
    });
}

/// What this test has logged so far, one JSON object a line.
pub fn of_this_test() -> String {
    LINES.with_borrow(|lines| String::from_utf8(lines.clone()).unwrap())
}

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
