//! Writing histories, in the form in which they are read.

use std::io::{self, Write};

use serde_json::Value;

use super::Kind;
use super::cells::looks_like_a_formula;
use super::columns::columns;
use crate::domain::history::History;

/// A history that one line of CSV cannot hold; NDJSON can.
#[derive(Debug, thiserror::Error)]
pub enum DoesNotFit {
    /// There is more than one of these.
    #[error("{source_id} has several {of}: one line of CSV holds one; write NDJSON")]
    Several {
        /// The record.
        source_id: String,
        /// What there is more than one of.
        of: &'static str,
    },
    /// It could not be written.
    #[error(transparent)]
    Unwritten(#[from] csv::Error),
}

/// Writes a history a line, and gives how many.
///
/// # Errors
///
/// When `output` cannot be written.
pub fn write_ndjson(histories: impl IntoIterator<Item = History>, mut output: impl Write) -> io::Result<u64> {
    let mut written = 0;
    for history in histories {
        serde_json::to_writer(&mut output, &history)?;
        output.write_all(b"\n")?;
        written += 1;
    }
    output.flush()?;
    Ok(written)
}

/// Writes a history a line below the names of all columns, and gives how many. Cells that a spreadsheet would take
/// for a formula begin with a `'`, which is taken off when they are read.
///
/// # Errors
///
/// [`DoesNotFit`] at the first history with several lines of goods, several customs declarations, a crew or a space
/// within a seal; or when `output` cannot be written.
pub fn write_csv(histories: impl IntoIterator<Item = History>, output: impl Write) -> Result<u64, DoesNotFit> {
    let columns = columns(Kind::Histories);
    let mut writer = csv::Writer::from_writer(output);
    writer.write_record(columns.clone().map(|column| column.name))?;
    let mut written = 0;
    for history in histories {
        let several = |of| DoesNotFit::Several { source_id: history.source.source_id.clone(), of };
        if history.content.goods.len() > 1 {
            return Err(several("lines of goods"));
        }
        if history.content.customs_declarations.len() > 1 {
            return Err(several("customs declarations"));
        }
        if !history.people.crew.is_empty() {
            return Err(several("people aboard"));
        }
        let seals = history.content.vehicle.as_ref().map(|vehicle| &*vehicle.seals).unwrap_or_default();
        if seals.iter().any(|seal| seal.contains(char::is_whitespace)) {
            return Err(several("words in a seal"));
        }
        let tree = serde_json::to_value(&history).map_err(|error| csv::Error::from(io::Error::from(error)))?;
        writer.write_record(columns.clone().map(|column| cell(tree.pointer(column.pointer))))?;
        written += 1;
    }
    writer.flush().map_err(csv::Error::from)?;
    Ok(written)
}

/// The text of a cell that holds `value`.
fn cell(value: Option<&Value>) -> String {
    let text = match value {
        None | Some(Value::Null | Value::Object(_)) => String::new(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => return number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
    };
    if looks_like_a_formula(&text) { format!("'{text}") } else { text }
}
