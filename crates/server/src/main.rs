//! The program `mainstem`.

use std::process::ExitCode;

/// Records are many small texts: the system's allocator takes an eighth of a first sync's time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    mainstem_server::main()
}
