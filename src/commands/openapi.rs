//! `border-gate openapi`

use std::path::Path;

use anyhow::Context;

/// Writes the contract to `file`, or to standard output.
pub fn write(file: Option<&Path>) -> anyhow::Result<()> {
    let document = border_gate::api::document().to_pretty_json()? + "\n";
    if let Some(file) = file {
        std::fs::write(file, document).with_context(|| format!("{} cannot be written", file.display()))
    } else {
        print!("{document}");
        Ok(())
    }
}
