//! Properties of what is asynchronous: many random cases, and the smallest one that fails.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestRunner};

/// Runs `test` on `cases` random values. It fails by panicking. Needs a runtime with several threads.
pub fn property<S: Strategy>(cases: u32, values: &S, test: impl AsyncFn(S::Value)) {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 100, ..Config::default() };
    let runtime = tokio::runtime::Handle::current();
    let outcome = tokio::task::block_in_place(|| {
        TestRunner::new(config).run(values, |value| {
            runtime.block_on(test(value));
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}
