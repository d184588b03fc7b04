//! The program `mainstem`.

use std::process::ExitCode;

fn main() -> ExitCode {
    mainstem_server::main()
}
