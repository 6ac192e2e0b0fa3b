//! The records that the writer has in mind: those it wrote last, as they were written.
//!
//! A vehicle at the gate is acted on again and again. What is decided on a record from here is written only if the row still has
//! its head; what is refused on it is decided again on the row itself. So a record that another instance has moved on
//! costs a second look, and never a wrong answer. A new connection may lead to another database: it begins with nothing
//! in mind.

use std::cell::RefCell;
use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::domain::declaration::Declaration;

/// How many: more than stand at the gates of a province at one time.
const MOST: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// The records, the longest untouched forgotten first.
pub(super) struct Memory(RefCell<LruCache<i64, Arc<Declaration>>>);

impl Memory {
    pub(super) fn new() -> Self {
        Self(RefCell::new(LruCache::new(MOST)))
    }

    /// Takes a record out: whoever decides on it keeps what he has written of it.
    pub(super) fn take(&self, number: i64) -> Option<Arc<Declaration>> {
        self.0.borrow_mut().pop(&number)
    }

    /// Forgets them all.
    pub(super) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    /// Keeps a record as it was written, while there is something left to be done on it.
    pub(super) fn keep(&self, record: &Arc<Declaration>) {
        if !record.state.is_terminal() {
            self.0.borrow_mut().put(record.number.as_i64(), Arc::clone(record));
        }
    }
}
