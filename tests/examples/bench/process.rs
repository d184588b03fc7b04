//! Programs that are measured from outside: wall time, largest memory, exit.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

/// The release build of the program, beside this benchmark.
pub fn program() -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder =
        here.parent().and_then(Path::parent).context("the benchmark stands in no target folder")?;
    let program = folder.join("mainstem");
    anyhow::ensure!(program.is_file(), "{} is missing: run `cargo xtask bench`", program.display());
    Ok(program)
}

/// What a finished program showed.
pub struct Finished {
    /// From start to exit.
    pub wall: Duration,
    /// Largest resident memory in bytes, as the kernel counted it.
    pub peak_bytes: u64,
    /// What it printed.
    pub output: String,
}

/// Runs a program to its end.
pub fn finish(command: &mut Command) -> anyhow::Result<Finished> {
    let started = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut peak_bytes = 0;
    let status = loop {
        peak_bytes = memory(child.id(), "VmHWM:").unwrap_or(0).max(peak_bytes);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let wall = started.elapsed();
    let output = child.wait_with_output()?;
    anyhow::ensure!(
        status.success(),
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stderr),
        String::from_utf8_lossy(&output.stdout)
    );
    Ok(Finished { wall, peak_bytes, output: String::from_utf8(output.stdout)? })
}

/// A figure of `/proc/PID/status`, in bytes.
pub fn memory(pid: u32, field: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// A server that is stopped when this value goes.
pub struct Server(pub Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
