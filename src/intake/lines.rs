//! The lines of a file as it lies there, each bounded in length.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use crate::domain::rule_failure::RuleFailure;

/// The longest line, in bytes: as much as the body of one request may hold.
pub const MAX_LINE: usize = 256 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a line is no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is longer than [`MAX_LINE`].
    TooLong,
    /// It is not UTF-8, from this byte of it on.
    NotUtf8(usize),
    /// The input cannot be read on.
    Unreadable(String),
}

impl Fault {
    /// Whether nothing can come after it.
    pub const fn ends(&self) -> bool {
        matches!(self, Self::Unreadable(_))
    }

    /// The same as it is reported.
    pub fn failure(&self) -> RuleFailure {
        match self {
            Self::TooLong => RuleFailure::new("", "line-too-long").with("max", MAX_LINE),
            Self::NotUtf8(byte) => RuleFailure::new("", "not-utf-8").with("byte", byte + 1),
            Self::Unreadable(why) => RuleFailure::new("", "unreadable").with("why", why),
        }
    }
}

/// Reads physical lines, without their ends and without a byte order mark before the first.
#[derive(Debug)]
pub struct Physical<R> {
    input: R,
    number: u64,
    buffer: Vec<u8>,
    /// Lines that were read and given back.
    waiting: VecDeque<(u64, Result<String, Fault>)>,
}

impl<R: BufRead> Physical<R> {
    /// Reads `input` from its beginning.
    pub const fn new(input: R) -> Self {
        Self { input, number: 0, buffer: Vec::new(), waiting: VecDeque::new() }
    }

    /// Whether the first character that is no space is a brace. Call it before anything was read.
    pub fn begins_with_brace(&mut self) -> io::Result<bool> {
        let start = self.input.fill_buf()?;
        let start = start.strip_prefix(BYTE_ORDER_MARK).unwrap_or(start);
        Ok(start.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{'))
    }

    /// Gives lines back, to be read next in the same order.
    pub fn give_back(&mut self, lines: impl DoubleEndedIterator<Item = (u64, Result<String, Fault>)>) {
        for line in lines.rev() {
            self.waiting.push_front(line);
        }
    }

    /// The next line and its number, from 1; none at the end.
    pub fn next(&mut self) -> Option<(u64, Result<String, Fault>)> {
        if let Some(line) = self.waiting.pop_front() {
            return Some(line);
        }
        self.buffer.clear();
        let limit = MAX_LINE as u64 + 2;
        let read = match self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer) {
            Ok(0) => return None,
            Ok(read) => read,
            Err(error) => return Some((self.number + 1, Err(Fault::Unreadable(error.to_string())))),
        };
        self.number += 1;
        let ended = self.buffer.last() == Some(&b'\n');
        if !ended && read as u64 == limit && !self.skip_rest() {
            return Some((self.number, Err(Fault::Unreadable("the input ended in error".to_owned()))));
        }
        let mut line = self.buffer.as_slice();
        line = line.strip_suffix(b"\n").unwrap_or(line);
        line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.number == 1 {
            line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        }
        let text = if line.len() > MAX_LINE {
            Err(Fault::TooLong)
        } else {
            match std::str::from_utf8(line) {
                Ok(text) => Ok(text.to_owned()),
                Err(error) => Err(Fault::NotUtf8(error.valid_up_to())),
            }
        };
        Some((self.number, text))
    }

    /// Skips what is left of an over-long line; false when that could not be read.
    fn skip_rest(&mut self) -> bool {
        loop {
            let (skipped, done) = match self.input.fill_buf() {
                Ok([]) => return true,
                Ok(bytes) => match bytes.iter().position(|byte| *byte == b'\n') {
                    Some(end) => (end + 1, true),
                    None => (bytes.len(), false),
                },
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => return false,
            };
            self.input.consume(skipped);
            if done {
                return true;
            }
        }
    }
}
