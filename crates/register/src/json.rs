//! The register as data: an array with one object a line.

use std::io::{self, Write};

use crate::Edge;

pub(crate) fn write<'v>(
    edges: impl Iterator<Item = Edge<'v>>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut before = "[\n";
    for edge in edges {
        out.write_all(before.as_bytes())?;
        serde_json::to_writer(&mut *out, &edge)?;
        before = ",\n";
    }
    out.write_all(if before == "[\n" { b"[]\n" } else { b"\n]\n" })
}
