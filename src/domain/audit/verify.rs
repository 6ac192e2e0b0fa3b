//! Checking the record against itself: every chain of hashes, every row against what its actions add up to, every
//! checkpoint against the actions that it covers, and a copy of the checkpoints against those that are there.
//!
//! The record is read once in the order of the declarations and once in the order of the commits, in flat memory. That
//! both orders hold the same actions is told by sums of hashes under a key that nobody knew before.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::checkpoint::Signed;
use super::evidence::{End, Evidence, FORM, Leaf, Recorded, Row, Taken};
use super::merkle::{self, Tree};
use super::{Hash, link_texts, seal};
use crate::domain::declaration::{Declaration, Details, Entry};
use crate::domain::legal_clocks::LegalClock;
use crate::domain::number::Number;

/// What is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where.
    pub at: Place,
    /// What is wrong there, and what would be right.
    pub what: String,
}

/// Where a difference is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A declaration, or one of its actions.
    Declaration {
        /// Its number.
        number: i64,
        /// The action's place.
        seq: Option<i32>,
    },
    /// A checkpoint.
    Checkpoint(i64),
    /// The copy of the checkpoints.
    Copy,
    /// What is read as a whole.
    Whole,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.at {
            Place::Declaration { number, seq } => {
                match Number::from_i64(*number) {
                    Some(number) => write!(f, "declaration {number}")?,
                    None => write!(f, "declaration {number} (no number that is issued)")?,
                }
                if let Some(seq) = seq {
                    write!(f, ", action {seq}")?;
                }
            }
            Place::Checkpoint(number) => write!(f, "checkpoint {number}")?,
            Place::Copy => f.write_str("the copy of the checkpoints")?,
            Place::Whole => f.write_str("the record")?,
        }
        write!(f, ": {}", self.what)
    }
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Declarations, each with its row.
    pub declarations: u64,
    /// Actions in their chains.
    pub actions: u64,
    /// Checkpoints.
    pub checkpoints: u64,
    /// Checkpoints of the copy.
    pub copies: u64,
    /// Actions that no checkpoint covers yet.
    pub uncovered: i64,
    /// Gaps that checkpoints tell of.
    pub gaps: u64,
    /// Records whose people were erased.
    pub erased: u64,
}

/// Who can tell whether a signature is by a key of ours: none where the key's name is not known.
pub trait Signatures {
    /// Whether `signature` over `message` is by the key named `key_id`.
    fn is_by(&self, key_id: &str, message: &[u8], signature: &[u8; 64]) -> Option<bool>;
}

/// The sums of keyed hashes of all actions, which do not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum([u64; 4]);

impl Sum {
    fn add(&mut self, key: &[u8; 32], leaf: &Leaf) {
        let mut hasher = Sha256::new();
        hasher.update(key);
        hasher.update(leaf.transaction.to_be_bytes());
        hasher.update(leaf.declaration.to_be_bytes());
        hasher.update(leaf.seq.to_be_bytes());
        hasher.update(leaf.hash.0);
        for (sum, eight) in self.0.iter_mut().zip(hasher.finalize().chunks_exact(8)) {
            *sum = sum.wrapping_add(eight.try_into().map_or(0, u64::from_be_bytes));
        }
    }
}

/// A check under way: takes everything in the order of [`Evidence`], and says what differs.
pub struct Verification<'a> {
    signatures: &'a dyn Signatures,
    /// A copy of the published checkpoints, oldest first.
    copy: Box<dyn Iterator<Item = Result<Signed, String>> + 'a>,
    copied: Option<Signed>,
    key: [u8; 32],
    by_declaration: Sum,
    by_commit: Sum,
    last_number: Option<i64>,
    last_leaf: Option<(i64, i64, i32)>,
    last_checkpoint: Option<Signed>,
    tree: Tree,
    begun: bool,
    /// Whether people are there to be compared.
    people: bool,
    ended: bool,
    compared: Compared,
    differences: Vec<Difference>,
}

impl<'a> Verification<'a> {
    /// A check by `signatures`, against `copy` where there is one. `key` is random, and nobody has known it before.
    pub fn new(
        signatures: &'a dyn Signatures,
        copy: impl Iterator<Item = Result<Signed, String>> + 'a,
        key: [u8; 32],
    ) -> Self {
        let mut begun = Self {
            signatures,
            copy: Box::new(copy),
            copied: None,
            key,
            by_declaration: Sum::default(),
            by_commit: Sum::default(),
            last_number: None,
            last_leaf: None,
            last_checkpoint: None,
            tree: Tree::default(),
            begun: false,
            people: true,
            ended: false,
            compared: Compared::default(),
            differences: Vec::new(),
        };
        begun.next_copy();
        begun
    }

    /// What was compared so far.
    #[must_use]
    pub const fn compared(&self) -> Compared {
        self.compared
    }

    /// The differences that were found since this was asked last.
    pub fn differences(&mut self) -> Vec<Difference> {
        std::mem::take(&mut self.differences)
    }

    /// Takes one more piece.
    pub fn take(&mut self, evidence: &Evidence) {
        if self.ended || self.begun == matches!(evidence, Evidence::Export(_)) {
            self.differ(Place::Whole, "it does not begin and end as an export does");
        }
        self.begun = true;
        match evidence {
            Evidence::Export(beginning) => {
                self.people = beginning.people;
                if beginning.form != FORM {
                    self.differ(Place::Whole, format!("the export is of form {}, known is {FORM}", beginning.form));
                }
            }
            Evidence::Declaration(recorded) => self.recorded(recorded),
            Evidence::Leaf(leaf) => self.leaf(leaf),
            Evidence::Checkpoint(signed) => self.checkpoint(signed),
            Evidence::End(end) => {
                self.ended = true;
                let Compared { declarations, actions, checkpoints, .. } = self.compared;
                if *end != (End { declarations, actions, checkpoints }) {
                    self.differ(Place::Whole, format!("the end says {end:?}, and there were {declarations} declarations, {actions} actions, {checkpoints} checkpoints"));
                }
            }
        }
    }

    /// Whatever shows only at the end.
    pub fn finish(&mut self) {
        if !self.ended {
            self.differ(Place::Whole, "its end is missing: it was cut off");
        }
        if self.by_declaration != self.by_commit {
            self.differ(Place::Whole, "the actions in the order of commits are not those of the declarations");
        }
        self.compared.uncovered = self.tree.leaves();
        while let Some(copied) = self.copied.take() {
            let number = copied.checkpoint.number;
            self.differ(Place::Checkpoint(number), "it was published and is gone: the end was cut off");
            self.next_copy();
        }
    }

    fn differ(&mut self, at: Place, what: impl Into<String>) {
        self.differences.push(Difference { at, what: what.into() });
    }

    fn recorded(&mut self, recorded: &Recorded) {
        let number = recorded.number;
        let before = self.differences.len();
        let whole = Place::Declaration { number, seq: None };
        if self.last_number.is_some_and(|last| last >= number) {
            self.differ(whole.clone(), "it comes twice, or out of its order");
        }
        self.last_number = Some(number);
        self.compared.declarations += u64::from(recorded.row.is_some());
        for action in &recorded.actions {
            self.compared.actions += 1;
            let leaf =
                Leaf { transaction: action.transaction, declaration: number, seq: action.seq, hash: action.hash };
            self.by_declaration.add(&self.key, &leaf);
        }
        let mut found = Vec::new();
        let replayed = replayed(recorded, &mut |seq, what| found.push((seq, what)));
        for (seq, what) in found {
            self.differ(Place::Declaration { number, seq }, what);
        }
        match (&recorded.row, replayed) {
            (None, _) => self.differ(whole, "its actions are there, and the declaration itself is missing"),
            (Some(_), None) if recorded.actions.is_empty() => self.differ(whole, "it has no actions"),
            // Why it cannot be replayed was said.
            (Some(_), None) => debug_assert!(self.differences.len() > before, "a replay fails for a reason"),
            (Some(row), Some(replayed)) => {
                self.compared.erased += u64::from(replayed.progress.people_erased_at.is_some());
                let people = self.people.then(|| compare_people(row, &replayed)).flatten();
                for what in compare(row, &replayed).into_iter().chain(people) {
                    self.differ(whole.clone(), what);
                }
            }
        }
    }

    fn leaf(&mut self, leaf: &Leaf) {
        if self.last_leaf.is_some_and(|last| last >= leaf.place()) {
            let at = Place::Declaration { number: leaf.declaration, seq: Some(leaf.seq) };
            self.differ(at, "it comes twice, or out of its order, among the commits");
        }
        self.last_leaf = Some(leaf.place());
        self.by_commit.add(&self.key, leaf);
        self.tree.push(merkle::leaf(leaf.declaration, leaf.seq, leaf.hash));
    }

    fn checkpoint(&mut self, signed: &Signed) {
        self.compared.checkpoints += 1;
        let checkpoint = &signed.checkpoint;
        let at = Place::Checkpoint(checkpoint.number);
        self.compared.gaps += u64::from(checkpoint.gap.is_some());
        let (number, hash, from) = match &self.last_checkpoint {
            Some(last) => (last.checkpoint.number + 1, last.hash(), last.checkpoint.transactions_to),
            None => (1, Hash::default(), 0),
        };
        if checkpoint.number != number {
            self.differ(
                at.clone(),
                format!("the one before it should be followed by checkpoint {number}: some are missing"),
            );
        } else if checkpoint.previous != hash {
            self.differ(at.clone(), "it does not follow the checkpoint before it: its `previous` is another's");
        }
        if checkpoint.transactions_from != from {
            self.differ(
                at.clone(),
                format!("it begins at transaction {} and not at {from}", checkpoint.transactions_from),
            );
        }
        if self.last_leaf.is_some_and(|(transaction, _, _)| transaction >= checkpoint.transactions_to) {
            self.differ(at.clone(), "actions of later transactions come before it");
        }
        match self.signatures.is_by(&checkpoint.key_id, checkpoint.canonical().as_bytes(), &signed.signature) {
            Some(true) => {}
            Some(false) => self.differ(at.clone(), "its signature does not hold"),
            None => {
                self.differ(at.clone(), format!("it is signed by the key {:?}, which is not known", checkpoint.key_id));
            }
        }
        let tree = std::mem::take(&mut self.tree);
        if checkpoint.actions != tree.leaves() {
            let (covers, there) = (checkpoint.actions, tree.leaves());
            self.differ(at.clone(), format!("it covers {covers} actions, and {there} are there"));
        } else if checkpoint.root != tree.root() {
            self.differ(at.clone(), "its root is not that of the actions: one of them was changed or replaced");
        }
        self.compare_copy(signed);
        self.last_checkpoint = Some(signed.clone());
    }

    /// Holds the copy's checkpoint of the same number against `signed`; a copy may begin later.
    fn compare_copy(&mut self, signed: &Signed) {
        let number = signed.checkpoint.number;
        while let Some(copied) = self.copied.take() {
            match copied.checkpoint.number.cmp(&number) {
                std::cmp::Ordering::Less => {
                    self.differ(Place::Checkpoint(copied.checkpoint.number), "it was published and is not there");
                    self.next_copy();
                }
                std::cmp::Ordering::Equal => {
                    if copied != *signed {
                        self.differ(
                            Place::Checkpoint(number),
                            "it is not the one that was published: it was signed anew",
                        );
                    }
                    self.next_copy();
                    return;
                }
                std::cmp::Ordering::Greater => {
                    self.copied = Some(copied);
                    return;
                }
            }
        }
    }

    fn next_copy(&mut self) {
        while let Some(next) = self.copy.next() {
            match next {
                Ok(signed) => {
                    self.compared.copies += 1;
                    self.copied = Some(signed);
                    return;
                }
                Err(why) => self.differ(Place::Copy, why),
            }
        }
    }
}

/// What the actions of a record add up to, with its head; what keeps them from it is told to `differ`.
fn replayed(recorded: &Recorded, differ: &mut dyn FnMut(Option<i32>, String)) -> Option<Declaration> {
    let Some(number) = Number::from_i64(recorded.number) else {
        differ(None, "its number is none that is issued".to_owned());
        return None;
    };
    let mut head = Hash::default();
    let mut declaration: Option<Declaration> = None;
    let mut follows = true;
    for (expected, taken) in (1..).zip(&recorded.actions) {
        let seq = Some(taken.seq);
        let texts = [taken.action.as_str(), taken.actor.as_str(), taken.role.as_str(), taken.details.as_str()];
        let times = [taken.at, taken.recorded_at];
        let right = link_texts(head, recorded.number, taken.seq, times, texts) == taken.hash;
        // The next is held against the hash that stands here: only what was changed is told.
        head = taken.hash;
        if taken.seq != expected {
            differ(seq, format!("action {expected} should stand here: actions are missing, or out of their order"));
            follows = false;
        } else if !right {
            differ(seq, "its hash is not that of what it says and of the action before it".to_owned());
        }
        if !follows {
            continue;
        }
        let added = entry(taken).and_then(|entry| {
            let added = match &mut declaration {
                None => Declaration::begin(number, &entry).map(|begun| declaration = Some(begun)),
                Some(declaration) => declaration.evolve(&entry),
            };
            added.map_err(|broken| broken.to_string())
        });
        if let Err(why) = added {
            differ(seq, why);
            follows = false;
        }
    }
    let declaration = declaration.filter(|_| follows)?;
    Some(Declaration { head, ..declaration })
}

fn entry(taken: &Taken) -> Result<Entry, String> {
    let details: Box<Details> =
        serde_json::from_str(&taken.details).map_err(|error| format!("its details cannot be read: {error}"))?;
    Ok(Entry {
        seq: taken.seq,
        action: taken.action.parse().map_err(|error| format!("{error}"))?,
        actor: taken.actor.clone(),
        role: taken.role.parse().map_err(|error| format!("{error}"))?,
        at: taken.at,
        recorded_at: taken.recorded_at,
        details,
    })
}

/// What of `row` is not what its actions add up to.
fn compare(row: &Row, replayed: &Declaration) -> Vec<String> {
    let mut found = Vec::new();
    let content = &replayed.content;
    let clocks = replayed.running_clocks();
    let running = |which| clocks.iter().find(|running| running.clock == which);
    let mut same = |column: &str, stands: &dyn fmt::Debug, follows: &dyn fmt::Debug, is: bool| {
        if !is {
            found.push(format!("{column} is {stands:?}, and its actions lead to {follows:?}"));
        }
    };
    macro_rules! compare {
        ($($column:literal: $stands:expr => $follows:expr),+ $(,)?) => {
            $({ let (stands, follows) = (&$stands, &$follows); same($column, stands, follows, stands == follows); })+
        };
    }
    compare! {
        "revision": row.revision => replayed.revision,
        "state": row.state.as_str() => replayed.state.as_str(),
        "firm": row.firm => replayed.firm.0,
        "declarant": row.declarant => replayed.declarant,
        "direction": row.direction.as_str() => content.direction.as_str(),
        "crossing_point": row.crossing_point => content.crossing_point,
        "cargo_class": row.cargo_class.as_deref() => content.cargo_class.map(crate::domain::content::CargoClass::as_str),
        "plate": row.plate.as_deref() => content.mark(),
        "trader_tax_code": row.trader_tax_code => content.trader_tax_code,
        "customs_declarations": row.customs_declarations.iter().map(String::as_str).collect::<Vec<_>>()
            => content.customs_declaration_numbers().collect::<Vec<_>>(),
        "tracks": row.tracks => replayed.track_states().collect::<Vec<_>>(),
        "stamps": row.stamps => replayed.stamps,
        "last_action": row.last_action.as_str() => replayed.last_action.as_str(),
        "last_action_at": row.last_action_at => replayed.last_action_at,
        "waiting_since": row.waiting_since => replayed.waiting_since(),
        "documents_since": row.documents_since => running(LegalClock::Documents).map(|running| running.since),
        "inspection_since": row.inspection_since => running(LegalClock::Inspection).map(|running| running.since),
        "inspection_until": row.inspection_until => running(LegalClock::Inspection).and_then(|running| running.until),
        "head": row.head => replayed.head,
        "people_digest": row.people_digest.as_deref() => replayed.people_seal.as_ref().map(|seal| seal.digest.as_str()),
    }
    found.extend(same_json("content", &row.content, content));
    found.extend(same_json("progress", &row.progress, &replayed.progress));
    found
}

/// What of a JSON column is not what its actions lead to. Almost always its text is just what we would write.
fn same_json<T: Serialize + DeserializeOwned>(column: &str, stands: &str, follows: &T) -> Option<String> {
    if serde_json::to_string(follows).is_ok_and(|text| text == stands) {
        return None;
    }
    let follows = serde_json::to_value(follows).unwrap_or_default();
    // Read and written again, it stands as this version would have written it.
    match serde_json::from_str::<T>(stands).and_then(serde_json::to_value) {
        Err(error) => Some(format!("{column} cannot be read: {error}")),
        Ok(stands) if stands == follows => None,
        Ok(stands) => {
            let fields = |value: &Value| value.as_object().map(|object| object.keys().cloned().collect::<Vec<_>>());
            let names: BTreeSet<String> = fields(&stands).into_iter().chain(fields(&follows)).flatten().collect();
            let differing: Vec<String> =
                names.into_iter().filter(|name| stands.get(name) != follows.get(name)).collect();
            Some(format!("{column} is not what its actions lead to, in: {}", differing.join(", ")))
        }
    }
}

/// The people stand in the row beside their salt, and both are gone once they were erased.
fn compare_people(row: &Row, replayed: &Declaration) -> Option<String> {
    let what = match (&row.people, &row.people_salt, &replayed.people_seal) {
        (None, None, None) => return None,
        (Some(_), _, None) => "people stand in it that its actions do not tell of",
        (None, Some(_), _) => "the salt stands in it without the people",
        (_, _, Some(_)) if replayed.progress.people_erased_at.is_some() => {
            row.people.as_ref()?;
            "the people were erased, and stand in it"
        }
        (None, None, Some(_)) => "the people are gone, and no action erased them",
        (Some(_), None, Some(_)) => "the salt of its people is gone",
        (Some(people), Some(salt), Some(sealed)) => {
            if seal(salt, people) == sealed.digest {
                return None;
            }
            "the people are not those that its actions tell of"
        }
    };
    Some(what.to_owned())
}
