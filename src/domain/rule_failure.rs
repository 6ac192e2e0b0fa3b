//! What is wrong with something that was sent: one entry a fault, all of them at once.

use serde::Serialize;

/// One rule that what was sent does not keep, or (as a warning) one oddity about it.
///
/// The domain says where, which rule and with what values; the sentence for a person is made
/// from `code` and `args` in the reader's language, at the edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleFailure {
    /// JSON Pointer (RFC 6901) into what was sent, such as `/vehicle/plate`.
    pub pointer: String,
    /// The rule's stable name, such as `plate-format`; never changes, never translated.
    pub code: &'static str,
    /// Values for the sentence, by name.
    #[serde(skip)]
    pub args: Vec<(&'static str, String)>,
}

impl RuleFailure {
    /// A failure of the rule `code` at `pointer`, with no values.
    pub fn new(pointer: impl Into<String>, code: &'static str) -> Self {
        Self { pointer: pointer.into(), code, args: Vec::new() }
    }

    /// The same, with `value` under `name` for the sentence.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "words and numbers are written without a borrow in front")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// The same failure, seen from the outside of the field `prefix` (such as `/vehicle`).
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

/// What a check found: failures stop a declaration, warnings are shown beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// What must be put right.
    pub failures: Vec<RuleFailure>,
    /// What could not be confirmed and does not stop.
    pub warnings: Vec<RuleFailure>,
}

impl Findings {
    /// Notes a failure.
    pub fn fail(&mut self, failure: RuleFailure) {
        self.failures.push(failure);
    }

    /// Notes a warning.
    pub fn warn(&mut self, warning: RuleFailure) {
        self.warnings.push(warning);
    }
}
