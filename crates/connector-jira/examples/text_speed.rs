//! Prints what converting text costs, in nanoseconds for each KiB of input, the least of 20 runs:
//! `cargo run --release -p mainstem-connector-jira --example text_speed`
#![allow(clippy::print_stdout)]

use std::hint::black_box;
use std::time::Instant;

use mainstem_connector_jira::text::{adf, wiki};

/// A description as people write them, about 1.2 KiB of Markdown.
const DESCRIPTION: &str = "\
## What happens

The nightly *export* of [billing](https://example.com/billing) stops after **10,000** rows. It began \
with `v2.14.0`; [@Ann Smith](jira:mention?id=557058:0f2c) saw it first, and it blocks ENG-4711.

1. Open the export page as an administrator.
2. Choose *all customers* and a range of more than a year.
3. Wait for about a minute.
   - The bar stops at 37 %.
   - Nothing is written to the log.

> [!WARNING]
> Do not restart the worker: it loses what was exported so far.

| Version | Rows | Result |
| --- | --- | --- |
| 2.13.4 | 250,000 | good |
| 2.14.0 | 10,000 | stops |

```rust
let rows = export.rows().take(limit.unwrap_or(10_000));
writer.write_all(rows).await?;
```

What was tried: a higher limit in `export.toml`, another database, and the same range in two halves. The \
second half succeeds alone, so it cannot be the data. See also https://example.com/browse/OPS-12 for the \
outage of last week, where the same worker ran out of memory.

- [x] find the commit that did it
- [ ] write a test with more rows than the limit
- [ ] tell the customers who waited
";

fn main() {
    let document = serde_json::to_vec(&adf::from_markdown(DESCRIPTION)).unwrap_or_default();
    let markup = wiki::from_markdown(DESCRIPTION);
    measure("adf::to_markdown", document.len(), || adf::to_markdown(&document).len());
    measure("adf::from_markdown", DESCRIPTION.len(), || {
        let document = adf::from_markdown(DESCRIPTION);
        serde_json::to_vec(&document).map_or(0, |json| json.len())
    });
    measure("wiki::to_markdown", markup.len(), || wiki::to_markdown(&markup).len());
    measure("wiki::from_markdown", DESCRIPTION.len(), || wiki::from_markdown(DESCRIPTION).len());
}

fn measure(name: &str, bytes: usize, run: impl Fn() -> usize) {
    const TIMES: u32 = 500;
    let least = (0..20)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..TIMES {
                black_box(run());
            }
            start.elapsed() / TIMES
        })
        .min()
        .unwrap_or_default();
    let per_kib = least.as_nanos() * 1024 / bytes as u128;
    println!("{name}: {bytes} bytes in {least:?}, {per_kib} ns/KiB");
}
