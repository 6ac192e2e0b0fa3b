//! A thousand ways to tamper with the record, each of which shows.

use border_gate::domain::audit::checkpoint::Signed;
use border_gate::domain::audit::evidence::{End, Evidence, Leaf, Recorded, Row};
use border_gate::domain::audit::{Hash, link_texts, merkle};
use border_gate::domain::number::Number;
use border_gate::identity::keys::Keys;
use chrono::TimeDelta;

use super::{checked, checkpoint, evidence, keys, some_work};
use crate::support::gate::TestGate;

/// How often it is tampered with.
const TIMES: u64 = 1_000;

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides).unwrap()).unwrap()
    }
}

/// The record in its parts.
#[derive(Clone)]
struct Parts {
    begin: Evidence,
    records: Vec<Recorded>,
    /// Each checkpoint with the leaves before it.
    signed: Vec<(Vec<Leaf>, Signed)>,
}

impl Parts {
    fn of(evidence: &[Evidence]) -> Self {
        let mut parts = Self { begin: evidence[0].clone(), records: Vec::new(), signed: Vec::new() };
        let mut leaves = Vec::new();
        for piece in evidence {
            match piece {
                Evidence::Declaration(recorded) => parts.records.push((**recorded).clone()),
                Evidence::Leaf(leaf) => leaves.push(*leaf),
                Evidence::Checkpoint(signed) => parts.signed.push((std::mem::take(&mut leaves), signed.clone())),
                Evidence::Export(_) | Evidence::End(_) => {}
            }
        }
        assert!(leaves.is_empty(), "a checkpoint covers everything");
        parts
    }

    /// Put together again, with an end that fits.
    fn whole(self) -> Vec<Evidence> {
        let count = |count: usize| u64::try_from(count).unwrap();
        let end = End {
            declarations: count(self.records.iter().filter(|record| record.row.is_some()).count()),
            actions: count(self.records.iter().map(|record| record.actions.len()).sum()),
            checkpoints: count(self.signed.len()),
        };
        let signed = self
            .signed
            .into_iter()
            .flat_map(|(leaves, signed)| leaves.into_iter().map(Evidence::Leaf).chain([Evidence::Checkpoint(signed)]));
        let records = self.records.into_iter().map(|record| Evidence::Declaration(Box::new(record)));
        [self.begin].into_iter().chain(records).chain(signed).chain([Evidence::End(end)]).collect()
    }

    /// Makes the leaves those of the records, as someone would who knows how.
    fn with_leaves_of_the_records(&mut self) {
        for (leaves, _) in &mut self.signed {
            leaves.retain_mut(|leaf| {
                let record = self.records.iter().find(|record| record.number == leaf.declaration);
                let action = record.and_then(|record| record.actions.iter().find(|action| action.seq == leaf.seq));
                action.map(|action| leaf.hash = action.hash).is_some()
            });
        }
    }
}

/// Chains a history anew and gives its row the new head.
fn chained_anew(record: &mut Recorded) {
    let mut head = Hash::default();
    for action in &mut record.actions {
        let texts = [action.action.as_str(), &action.actor, &action.role, &action.details];
        action.hash = link_texts(head, record.number, action.seq, [action.at, action.recorded_at], texts);
        head = action.hash;
    }
    if let Some(row) = &mut record.row {
        row.head = head;
    }
}

/// One of two words that `word` is not.
fn other_than(word: &str, one: &str, other: &str) -> String {
    if word == one { other.to_owned() } else { one.to_owned() }
}

fn change_action(record: &mut Recorded, dice: &mut Dice) -> &'static str {
    let place = dice.throw(record.actions.len());
    let action = &mut record.actions[place];
    match dice.throw(8) {
        0 => action.actor.push('9'),
        1 => action.role = other_than(&action.role, "admin", "auditor"),
        2 => action.action = other_than(&action.action, "remark", "leave_gate"),
        3 => action.at += TimeDelta::microseconds(1),
        4 => action.recorded_at -= TimeDelta::seconds(1),
        5 => action.details.push(' '),
        6 => action.transaction += 1,
        _ => action.hash.0[dice.throw(32)] ^= 1 << dice.throw(8),
    }
    "an action is changed"
}

fn change_row(row: &mut Row, dice: &mut Dice) -> &'static str {
    match dice.throw(17) {
        0 => row.revision += 1,
        1 => row.state = other_than(&row.state, "completed", "ready"),
        2 => row.firm += 1,
        3 => row.declarant.push('x'),
        4 => row.direction = other_than(&row.direction, "import", "export"),
        5 => row.crossing_point.push('X'),
        6 => row.cargo_class = Some("fruit".to_owned()),
        7 => row.plate = None,
        8 => row.trader_tax_code = Some("0100233488".to_owned()),
        9 => row.customs_declarations.push("1".to_owned()),
        10 => row.tracks.push("fee:done".to_owned()),
        11 => row.content = row.content.replacen("1200", "1201", 1),
        12 => row.people = row.people.as_ref().map(|people| people.replace("CN", "VN")),
        13 => r#"{"end_reason":"another"}"#.clone_into(&mut row.progress),
        14 => row.stamps.declared_at = row.stamps.declared_at.map(|at| at + TimeDelta::days(1)),
        15 => row.people = None,
        _ => row.head.0[dice.throw(32)] ^= 1,
    }
    "a row is changed"
}

fn change_checkpoint(parts: &mut Parts, stranger: &Keys, dice: &mut Dice) -> &'static str {
    let last = parts.signed.len() - 1;
    let place = dice.throw(parts.signed.len());
    let (leaves, signed) = &mut parts.signed[place];
    let checkpoint = &mut signed.checkpoint;
    match dice.throw(9) {
        0 => checkpoint.made_at += TimeDelta::microseconds(1),
        1 => checkpoint.root.0[dice.throw(32)] ^= 1,
        2 => signed.signature[dice.throw(64)] ^= 1,
        3 => checkpoint.previous.0[dice.throw(32)] ^= 1,
        4 => {
            // Another key of the same name, over the same.
            signed.signature = stranger.sign(checkpoint.canonical().as_bytes());
        }
        5 => {
            leaves.clear();
            checkpoint.actions = 0;
            checkpoint.root = merkle::Tree::default().root();
            stranger.kid().clone_into(&mut checkpoint.key_id);
            signed.signature = stranger.sign(checkpoint.canonical().as_bytes());
        }
        6 => {
            parts.signed.remove(place);
            return "a checkpoint is dropped with its actions' leaves";
        }
        7 => {
            parts.signed.swap(place, (place + 1) % (last + 1));
            return "two checkpoints are swapped";
        }
        _ => {
            // The end is cut off, as if it had never been: only the copy tells.
            parts.signed.truncate(last);
            let kept = |record: &Recorded, seq| {
                let leaves = parts.signed.iter().flat_map(|(leaves, _)| leaves);
                leaves.clone().any(|leaf| (leaf.declaration, leaf.seq) == (record.number, seq))
            };
            let all = parts.records.clone();
            for (record, was) in parts.records.iter_mut().zip(&all) {
                record.actions.retain(|action| kept(was, action.seq));
            }
            parts.records.retain(|record| !record.actions.is_empty());
            return "the end is cut off";
        }
    }
    "a checkpoint is changed"
}

/// Tampers once; what was done.
fn tamper(parts: &mut Parts, stranger: &Keys, dice: &mut Dice) -> &'static str {
    let place = dice.throw(parts.records.len());
    let other = (place + 1 + dice.throw(parts.records.len() - 1)) % parts.records.len();
    let record = &mut parts.records[place];
    let length = record.actions.len();
    match dice.throw(13) {
        0 | 1 => change_action(record, dice),
        2 => {
            change_action(record, dice);
            chained_anew(record);
            parts.with_leaves_of_the_records();
            "an action is changed, and all after it chained anew"
        }
        3 => {
            record.actions.remove(dice.throw(length));
            "an action is dropped"
        }
        4 => {
            record.actions.truncate(dice.throw(length));
            chained_anew(record);
            parts.with_leaves_of_the_records();
            "a history is cut"
        }
        5 => {
            let first = dice.throw(length);
            record.actions.swap(first, (first + 1) % length);
            "two actions are swapped"
        }
        6 => {
            let first = dice.throw(length);
            let twice = record.actions[first].clone();
            record.actions.insert(dice.throw(length), twice);
            "an action comes twice"
        }
        7 => {
            parts.records.remove(place);
            parts.with_leaves_of_the_records();
            "a declaration is gone with all its actions"
        }
        8 => {
            record.row = None;
            "a row is gone"
        }
        9 => {
            let taken = record.actions.clone();
            let given = std::mem::replace(&mut parts.records[other].actions, taken);
            parts.records[place].actions = given;
            "two histories are swapped"
        }
        10 => record.row.as_mut().map_or("", |row| change_row(row, dice)),
        11 => {
            let (leaves, _) = &mut parts.signed[0];
            let first = dice.throw(leaves.len());
            if dice.throw(2) == 0 {
                leaves.remove(first);
            } else {
                leaves[first].hash.0[dice.throw(32)] ^= 1;
            }
            "a leaf is dropped or changed"
        }
        _ => change_checkpoint(parts, stranger, dice),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_changed_dropped_swapped_or_cut_shows() {
    let gate = TestGate::open().await;
    let [_, _, _, cancelled] = some_work(&gate).await;
    let mut copy = vec![checkpoint(&gate).await];
    let declared = super::declared(&gate, "桂F33333").await;
    copy.push(checkpoint(&gate).await);
    super::done(&gate, &crate::support::gate::declarant(1), &declared, &serde_json::json!({"action": "cancel"})).await;
    let admin = crate::support::gate::officer(border_gate::domain::workflow::Role::Admin, &[]);
    let path = format!("/api/v1/admin/declarations/{cancelled}/erasure");
    assert_eq!(gate.post(&admin, &path, &serde_json::json!({"reason": "asked for"})).await.status, 200);
    copy.push(checkpoint(&gate).await);

    let evidence = evidence(&gate).await;
    let keys = keys(&gate);
    assert_eq!(checked(&evidence, &keys, &copy).1, Vec::<String>::new());
    let parts = Parts::of(&evidence);
    assert_eq!(parts.clone().whole(), evidence, "put together again it is the same");
    let stranger = Keys::passing().unwrap();
    let mut dice = Dice(0x5eed);
    let mut tampered = 0;
    while tampered < TIMES {
        let mut changed = parts.clone();
        let how = tamper(&mut changed, &stranger, &mut dice);
        let changed = changed.whole();
        // Some throws change nothing, such as a field that was so already.
        if changed != evidence {
            tampered += 1;
            let (_, found) = checked(&changed, &keys, &copy);
            assert!(!found.is_empty(), "{how} ({tampered}): nobody sees it");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn differences_are_told_by_declaration_action_and_what_is_wrong() {
    let gate = TestGate::open().await;
    let [rejected, _, _, _] = some_work(&gate).await;
    let copy = [checkpoint(&gate).await];
    let evidence = evidence(&gate).await;
    let parts = Parts::of(&evidence);
    let number: Number = rejected.parse().unwrap();
    let place = parts.records.iter().position(|record| record.number == number.as_i64()).unwrap();
    let found = |change: &dyn Fn(&mut Parts)| {
        let mut changed = parts.clone();
        change(&mut changed);
        checked(&changed.whole(), &keys(&gate), &copy).1
    };
    let actor = found(&|parts| parts.records[place].actions[2].actor = "account:1".to_owned());
    let wrong = "its hash is not that of what it says and of the action before it";
    assert_eq!(actor, [format!("declaration {number}, action 3: {wrong}")]);
    let state = found(&|parts| parts.records[place].row.as_mut().unwrap().state = "completed".to_owned());
    assert_eq!(state, [format!("declaration {number}: state is \"completed\", and its actions lead to \"rejected\"")]);
    let gone = found(&|parts| {
        parts.records.remove(place);
        parts.with_leaves_of_the_records();
    });
    let (covers, there) = (copy[0].checkpoint.actions, copy[0].checkpoint.actions - 6);
    assert_eq!(gone, [format!("checkpoint 1: it covers {covers} actions, and {there} are there")]);
    let cut = found(&|parts| parts.signed.truncate(0));
    assert!(cut.contains(&"checkpoint 1: it was published and is gone: the end was cut off".to_owned()), "{cut:?}");
}
