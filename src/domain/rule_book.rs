//! The rules' standing ground, and how it is replaced while the service runs.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::act::Rules;
use super::firm::CheckDigit;
use super::places::{NOTHING_TAKEN, Places};
use super::reference::Reference;

/// The rules' standing ground at one moment.
#[derive(Clone, Debug)]
pub struct RuleBook {
    /// Gates, yards, calendars, type codes, track rules.
    pub reference: Arc<Reference>,
    /// Days after which what waits expires.
    pub expire_after_days: i64,
    /// Whether a tax code's wrong check digit is a failure or a warning.
    pub tax_code_check: CheckDigit,
}

impl RuleBook {
    /// What the rules are asked with.
    #[must_use]
    pub fn rules(&self) -> Rules<'_> {
        self.rules_with(&NOTHING_TAKEN)
    }

    /// The same, with what is taken in the rooms that are in question.
    #[must_use]
    pub fn rules_with<'a>(&'a self, places: &'a Places) -> Rules<'a> {
        Rules {
            reference: &self.reference,
            expire_after_days: self.expire_after_days,
            tax_code_check: self.tax_code_check,
            places,
        }
    }
}

/// The rule book in force. Reference data change while the service runs: whoever decides takes the book once and
/// decides by it to the end, so that nobody sees half a change.
#[derive(Debug)]
pub struct InForce(ArcSwap<RuleBook>);

impl InForce {
    /// With this book in force.
    #[must_use]
    pub fn new(book: RuleBook) -> Self {
        Self(ArcSwap::from_pointee(book))
    }

    /// The book in force now.
    #[must_use]
    pub fn book(&self) -> Arc<RuleBook> {
        self.0.load_full()
    }

    /// Puts other reference data in force.
    pub fn replace_reference(&self, reference: Reference) {
        self.0.store(Arc::new(RuleBook { reference: Arc::new(reference), ..RuleBook::clone(&self.book()) }));
    }
}
