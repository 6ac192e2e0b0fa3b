//! What a device sends, read item by item: what is wrong with one is its own refusal.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::api::declarations::problem;
use crate::api::principal::Caller;
use crate::api::problem::{Asked, Problem};
use crate::casework::failure::Failure;
use crate::casework::told::{Telling, Told, place_of};
use crate::domain::declaration::Details;
use crate::domain::number::Number;
use crate::domain::reading::Fields;
use crate::domain::rule_failure::RuleFailure;
use crate::domain::sent;
use crate::domain::workflow::Action;
use crate::identity::passes::PublicKeys;
use crate::identity::principal::OauthScope;
use crate::storage::column_types::JsonText;
use crate::storage::device_actions::DeviceAction;
use crate::texts::Language;

/// The most that a device tells at once: with the passes that it scanned they fit into an ordinary body.
const MOST: usize = 200;

/// What the items of a device's request have in common.
pub(super) struct Report<'a> {
    pub(super) caller: &'a Caller,
    pub(super) device: &'a str,
    pub(super) keys: PublicKeys,
    pub(super) language: Language,
    pub(super) request_id: String,
    pub(super) now: DateTime<Utc>,
}

/// An item as far as it could be read.
#[derive(Default)]
pub(super) struct Item {
    number: Option<Number>,
    at: Option<DateTime<Utc>>,
}

impl Report<'_> {
    /// The problem's document, as `take_action` would have answered it.
    fn document(problem: &Problem, number: Option<Number>, request_id: &str, language: Language) -> JsonText {
        let path = number.map_or_else(
            || "/api/v1/devices/actions".to_owned(),
            |number| format!("/api/v1/declarations/{number}/actions"),
        );
        let document = problem.document(&Asked { path: &path, request_id, language });
        // A document is made of plain fields: it always has a JSON form.
        JsonText::of(&document).unwrap_or_else(|_| JsonText("{}".to_owned()))
    }

    /// What is to be done about one item.
    pub(super) fn telling(&self, sequence: i64, said: Map<String, Value>) -> Telling {
        let text = JsonText(Value::Object(said.clone()).to_string());
        let mut item = Item::default();
        match self.read(said, &mut item) {
            Ok((number, action, details)) => {
                let (request_id, language) = (self.request_id.clone(), self.language);
                Telling::Asked(Box::new(Told {
                    device: self.device.to_owned(),
                    sequence,
                    said: text,
                    at: item.at,
                    number,
                    action,
                    details,
                    refusing: Box::new(move |failure| match failure {
                        undecided @ (Failure::Busy | Failure::Unavailable(_) | Failure::Internal(_)) => Err(undecided),
                        decided => {
                            let problem = problem(decided, Problem::InvalidAction);
                            Ok(Self::document(&problem, Some(number), &request_id, language))
                        }
                    }),
                }))
            }
            Err(problem) => Telling::Refused(Box::new(self.refused(sequence, text, &item, &problem))),
        }
    }

    /// An item that is refused before anything is looked up.
    pub(super) fn refused(&self, sequence: i64, said: JsonText, item: &Item, problem: &Problem) -> DeviceAction {
        DeviceAction {
            device: self.device.to_owned(),
            sequence,
            said,
            at: item.at,
            declaration: item.number.map(Number::as_i64),
            crossing_point: place_of(&self.caller.actor),
            recorded_at: self.now,
            seq: None,
            problem: Some(Self::document(problem, item.number, &self.request_id, self.language)),
        }
    }

    /// Reads an item; the problem is the one that `take_action` would have.
    fn read(&self, mut said: Map<String, Value>, item: &mut Item) -> Result<(Number, Action, Details), Problem> {
        let mut failures = Vec::new();
        let own = ["number", "pass", "pass_revision"];
        let own = own.into_iter().filter_map(|name| said.remove_entry(name)).collect();
        let mut fields = Fields::of(Value::Object(own), &mut failures);
        let number = fields.text("number");
        let token = fields.text("pass");
        let mut revision = fields.integer("pass_revision").map(|revision| i32::try_from(revision).unwrap_or(0));
        if number.is_none() && token.is_none() {
            drop(fields.required::<String>("number", None));
        }
        fields.finish();
        let named: Option<Result<Number, _>> = number.map(|number| number.parse());
        item.number = named.as_ref().and_then(|number| number.as_ref().ok().copied());
        if let Some(token) = token {
            match self.keys.read(token.trim()) {
                Ok(pass) => {
                    if item.number.is_some_and(|number| number != pass.number) {
                        failures.push(RuleFailure::new("/pass", "pass-of-another").with("number", pass.number));
                    }
                    if revision.is_some_and(|revision| revision != pass.revision) {
                        failures
                            .push(RuleFailure::new("/pass_revision", "pass-of-another").with("number", pass.number));
                    }
                    item.number = item.number.or(Some(pass.number));
                    revision = Some(pass.revision);
                }
                Err(_) => failures.push(RuleFailure::new("/pass", "pass-not-ours")),
            }
        }
        let at = said.get("at").and_then(Value::as_str).map(str::parse);
        item.at = at.and_then(Result::ok);
        let read = sent::action(Value::Object(said));
        if let Err(more) = &read {
            failures.extend(more.iter().cloned());
        } else if item.at.is_none() {
            failures.push(RuleFailure::new("/at", "required"));
        }
        let (action, mut details) = match read {
            Ok(read) if failures.is_empty() => read,
            Ok(_) | Err(_) => return Err(Problem::InvalidAction(failures)),
        };
        self.caller.may(OauthScope::ActionsWrite, action.rule().by)?;
        details.pass = revision;
        // What is no number is no declaration.
        item.number
            .filter(|_| !matches!(named, Some(Err(_))))
            .map(|number| (number, action, details))
            .ok_or(Problem::NotFound)
    }
}

/// An item with its sequence.
type Numbered = (i64, Map<String, Value>);

/// The items of a device's request, each with its sequence; anything wrong with those is wrong with the whole.
pub(super) fn items(sent: Value) -> Result<Vec<Numbered>, Problem> {
    let mut failures = Vec::new();
    let mut fields = Fields::of(sent, &mut failures);
    let list = fields.value("actions");
    let list = fields.required("actions", list);
    fields.finish();
    let mut items: Vec<Numbered> = Vec::new();
    match list {
        Some(Value::Array(list)) if list.len() > MOST => {
            failures.push(RuleFailure::new("/actions", "list-too-long").with("max", MOST));
        }
        Some(Value::Array(list)) => {
            let mut last = 0;
            for (place, item) in list.into_iter().enumerate() {
                let Value::Object(mut said) = item else {
                    let failure = RuleFailure::new(format!("/actions/{place}"), "wrong-type");
                    failures.push(failure.with("wanted", "object"));
                    continue;
                };
                match said.remove("sequence").and_then(|sequence| sequence.as_i64()) {
                    Some(sequence) if sequence > last => {
                        last = sequence;
                        items.push((sequence, said));
                    }
                    _ => failures.push(
                        RuleFailure::new(format!("/actions/{place}/sequence"), "sequence-not-rising")
                            .with("last", last),
                    ),
                }
            }
        }
        Some(_) => failures.push(RuleFailure::new("/actions", "wrong-type").with("wanted", "list")),
        None => {}
    }
    if failures.is_empty() { Ok(items) } else { Err(Problem::InvalidRequest(failures)) }
}
