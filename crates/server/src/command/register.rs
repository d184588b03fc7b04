//! `register`: the dependency register, written without a server. No token is needed, because whoever
//! may read the database has it all anyway.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use mainstem_model::{LinkKind, LinkState, Visibility};
use mainstem_register::{Choice, Format, Register, read_kind, read_state};

use crate::exit::{self, Failure};
use crate::installation::Installation;

/// What `register` takes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mainstem register --output register.csv\n  \
    mainstem register --kinds BLOCKS --states ACTIVE --cross-tool --format mermaid\n  \
    mainstem register --project ENG --format dot | dot -Tsvg > register.svg")]
pub struct Arguments {
    /// How it is written
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    format: FormatName,
    /// The file to write; the standard output where left out
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only edges of these kinds, such as BLOCKS,MIRRORS; all but MENTIONS where left out
    #[arg(long, value_name = "KINDS", value_delimiter = ',', value_parser = read_kind)]
    kinds: Vec<LinkKind>,
    /// Only edges in these states, such as ACTIVE,ENDED; ACTIVE,SETTLED,UNBOUND where left out
    #[arg(long, value_name = "STATES", value_delimiter = ',', value_parser = read_state)]
    states: Vec<LinkState>,
    /// Only edges between two sources
    #[arg(long)]
    cross_tool: bool,
    /// Only edges that touch this project
    #[arg(long, value_name = "KEY")]
    project: Option<String>,
    /// Only edges that touch this source
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

/// How it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    /// A table for spreadsheets
    Csv,
    /// An array of objects
    Json,
    /// A picture, as Mermaid reads it
    Mermaid,
    /// A picture, as Graphviz reads it
    Dot,
}

/// Writes it.
///
/// # Errors
/// Where the database cannot be read, there is no such register, or the file cannot be written.
pub async fn run(installation: &Installation, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let store = installation.open_for_questions().await?;
    let view = installation.read_model(&store).await?.view(&Visibility::Everything);
    store.close().await;
    let register = Register::of(&view, &arguments.choice())
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let format = arguments.format();
    match &arguments.output {
        Some(path) => write_file(&register, format, path).map_err(|error| {
            Failure::because(&format!("{} cannot be written", path.display()), error)
        })?,
        None => match write_to(&register, format, io::stdout().lock()) {
            // Whoever stops reading (`| head`) is no failure.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
            _ => {}
        },
    }
    Ok(exit::DONE)
}

impl Arguments {
    fn choice(&self) -> Choice {
        Choice {
            kinds: self.kinds.clone(),
            states: self.states.clone(),
            cross_tool: self.cross_tool.then_some(true),
            project: self.project.clone(),
            source: self.source.clone(),
        }
    }

    const fn format(&self) -> Format {
        match self.format {
            FormatName::Csv => Format::Csv,
            FormatName::Json => Format::Json,
            FormatName::Mermaid => Format::Mermaid,
            FormatName::Dot => Format::Dot,
        }
    }
}

fn write_file(register: &Register<'_>, format: Format, path: &Path) -> io::Result<()> {
    write_to(register, format, std::fs::File::create(path)?)
}

fn write_to(register: &Register<'_>, format: Format, out: impl Write) -> io::Result<()> {
    let mut out = BufWriter::new(out);
    register.write(format, &mut out)?;
    out.flush()
}
