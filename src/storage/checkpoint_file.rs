//! The file to which checkpoints are appended, so that they can be copied to where the database's owner cannot reach.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::domain::audit::checkpoint::Signed;

/// More than the longest line: the end of the file that is read for its last one.
const END: u64 = 8 * 1024;

/// The last checkpoint in the file; none where the file is not there or empty.
///
/// What stands after the last line feed was cut off in the middle of writing, and is taken away.
///
/// # Errors
///
/// The file system's; [`io::ErrorKind::InvalidData`] where the last line is no checkpoint.
pub fn last(file: &Path) -> io::Result<Option<Signed>> {
    let mut file = match OpenOptions::new().read(true).write(true).open(file) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let start = length.saturating_sub(END);
    file.seek(SeekFrom::Start(start))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let whole = end.iter().rposition(|byte| *byte == b'\n').map_or(0, |place| place + 1);
    if whole < end.len() {
        file.set_len(start + u64::try_from(whole).unwrap_or(0))?;
        end.truncate(whole);
    }
    let Some(line) = end.strip_suffix(b"\n") else { return Ok(None) };
    let line = line.rsplit(|byte| *byte == b'\n').next().unwrap_or(line);
    serde_json::from_slice(line).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Appends checkpoints, and waits until they are on the disk.
///
/// # Errors
///
/// The file system's.
pub fn append(file: &Path, checkpoints: &[Signed]) -> io::Result<()> {
    let mut lines = Vec::new();
    for signed in checkpoints {
        serde_json::to_writer(&mut lines, signed)?;
        lines.push(b'\n');
    }
    let mut file = OpenOptions::new().append(true).create(true).open(file)?;
    file.write_all(&lines)?;
    file.sync_all()
}

/// Every checkpoint in the file, oldest first; a line that holds none is told by its number.
///
/// # Errors
///
/// Where the file cannot be opened.
pub fn read(file: &Path) -> io::Result<impl Iterator<Item = Result<Signed, String>> + use<>> {
    let lines = (1..).zip(BufReader::new(File::open(file)?).lines());
    Ok(lines.map(|(number, line)| {
        let line = line.map_err(|error| format!("line {number} cannot be read: {error}"))?;
        serde_json::from_str(&line).map_err(|error| format!("line {number} is no checkpoint: {error}"))
    }))
}
