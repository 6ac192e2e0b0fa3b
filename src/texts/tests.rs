//! Every text is there, in every language, with the same values, and is said somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::*;
use crate::domain::content::{CargoClass, Direction, DocumentKind, Regime};
use crate::domain::next::Due;
use crate::domain::period::Interval;
use crate::domain::reference::GateKind;
use crate::domain::throughput::Measure;
use crate::domain::tracks::{InspectionResult, Lane, Means, Track, TrackState};
use crate::domain::vehicle::VehicleKind;
use crate::domain::workflow::{Action, Field, OnHold, QuarantineKind, Role, State};
use crate::reports::{self, Figure};

/// The values that each text has places for, by key; an attribute's key is `message.attribute`.
fn places(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut message = String::new();
    let mut key = String::new();
    for line in files(language).iter().flat_map(|file| file.lines()) {
        let named = line.split_once(" =").map(|(name, _)| name);
        match named {
            Some(name) if line.starts_with(|first: char| first.is_ascii_lowercase()) => {
                name.clone_into(&mut message);
                name.clone_into(&mut key);
                assert!(texts.insert(key.clone(), BTreeSet::new()).is_none(), "{language} says {key} twice");
            }
            Some(name) if name.trim_start().starts_with('.') => {
                key = format!("{message}{}", name.trim());
                assert!(texts.insert(key.clone(), BTreeSet::new()).is_none(), "{language} says {key} twice");
            }
            _ => {}
        }
        if line.starts_with('#') {
            continue;
        }
        for part in line.split('$').skip(1) {
            let name = part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            texts.get_mut(&key).unwrap().insert(name);
        }
    }
    texts
}

fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("texts/tests.rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

fn code() -> String {
    let mut found = String::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    found
}

fn labels() -> BTreeSet<String> {
    let kinds: [(&str, &[&str]); 25] = [
        ("state", State::WORDS),
        ("action", Action::WORDS),
        ("role", Role::WORDS),
        ("quarantine-kind", QuarantineKind::WORDS),
        ("track", Track::WORDS),
        ("track-state", TrackState::WORDS),
        ("lane", Lane::WORDS),
        ("means", Means::WORDS),
        ("result", InspectionResult::WORDS),
        ("direction", Direction::WORDS),
        ("regime", Regime::WORDS),
        ("cargo-class", CargoClass::WORDS),
        ("vehicle-kind", VehicleKind::WORDS),
        ("document-kind", DocumentKind::WORDS),
        ("gate-kind", GateKind::WORDS),
        ("measure", Measure::WORDS),
        ("field", Field::WORDS),
        ("next", Due::WORDS),
        ("report-title", reports::Kind::WORDS),
        ("chart-interval", Interval::WORDS),
        ("figure", Figure::WORDS),
        ("figure-group", reports::Group::WORDS),
        ("heading", reports::Heading::WORDS),
        ("level", reports::Level::WORDS),
        ("line", reports::Line::WORDS),
    ];
    let key = |kind: &str, word: &str| format!("{kind}-{}", word.replace(['.', '_'], "-"));
    let words = kinds.iter().flat_map(|(kind, words)| words.iter().map(move |word| key(kind, word)));
    let holds = OnHold::WORDS.iter().map(|word| key("hold-meaning", word));
    let meanings = Figure::WORDS.iter().map(|word| format!("{}.meaning", key("figure", word)));
    words.chain(holds).chain(meanings).collect()
}

/// The slugs that stand in the code behind one of `openings`, in quotes.
fn slugs(code: &str, openings: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for opening in openings {
        for rest in code.split(opening).skip(1) {
            let rest = rest.trim_start();
            if let Some(slug) = rest.strip_prefix('"').and_then(|rest| rest.split('"').next())
                && !slug.is_empty()
                && slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            {
                found.insert(slug.to_owned());
            }
        }
    }
    found
}

/// The codes of the rules: the second argument of a failure, which may stand behind calls.
fn rules(code: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for opening in ["RuleFailure::new(", "fail(\"", "refuse(\""] {
        for rest in code.split(opening).skip(1) {
            let mut depth = 1;
            let mut in_text = false;
            let mut argument = 0;
            let mut text = String::new();
            let from = if opening.ends_with('"') {
                in_text = true;
                rest
            } else {
                rest
            };
            for letter in from.chars() {
                match letter {
                    '"' => {
                        in_text = !in_text;
                        if in_text {
                            text.clear();
                        } else if argument == 1 && depth == 1 {
                            found.insert(text.clone());
                        }
                    }
                    _ if in_text => text.push(letter),
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => {
                        depth -= 1;
                        if depth == 0 {
                            break;
                        }
                    }
                    ',' if depth == 1 => argument += 1,
                    _ => {}
                }
            }
        }
    }
    found.retain(|code| {
        !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    });
    found
}

/// Every key that is said somewhere, as far as the code shows it.
fn said_somewhere() -> BTreeSet<String> {
    let code = code();
    let mut keys = labels();
    for slug in slugs(
        &code,
        &[
            "StatusCode::BAD_REQUEST,",
            "StatusCode::UNAUTHORIZED,",
            "StatusCode::FORBIDDEN,",
            "StatusCode::NOT_FOUND,",
            "StatusCode::METHOD_NOT_ALLOWED,",
            "StatusCode::NOT_ACCEPTABLE,",
            "StatusCode::CONFLICT,",
            "StatusCode::GONE,",
            "StatusCode::PRECONDITION_FAILED,",
            "StatusCode::PAYLOAD_TOO_LARGE,",
            "StatusCode::UNSUPPORTED_MEDIA_TYPE,",
            "StatusCode::UNPROCESSABLE_ENTITY,",
            "StatusCode::PRECONDITION_REQUIRED,",
            "StatusCode::TOO_MANY_REQUESTS,",
            "StatusCode::INTERNAL_SERVER_ERROR,",
            "StatusCode::SERVICE_UNAVAILABLE,",
        ],
    ) {
        keys.extend(["", ".detail", ".page"].map(|part| format!("problem-{slug}{part}")));
    }
    keys.extend(rules(&code).into_iter().map(|code| format!("rule-{code}")));
    let rules_of = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/act/obstacle.rs");
    let obstacles = std::fs::read_to_string(rules_of).unwrap();
    let mut why = slugs(&code, &["NotYours(", "NotNow(", "why: ", "Forbidden(", "NoPass(", "no("]);
    // In the rules, the slug of an own fact stands last: `unless(holds, "slug")`, `(holds, "slug")`.
    for rest in obstacles.split(", \"").skip(1) {
        if let Some((slug, end)) = rest.split_once('"')
            && end.starts_with(')')
        {
            why.insert(slug.to_owned());
        }
    }
    for line in obstacles.lines() {
        if let Some(slug) = line.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix("\",")) {
            why.insert(slug.to_owned());
        }
    }
    let why = why.into_iter().filter(|slug| !slug.is_empty() && !slug.contains([' ', '/', '_']));
    let rule_codes = rules(&code);
    keys.extend(why.filter(|slug| !rule_codes.contains(slug)).map(|slug| format!("why-{slug}")));
    keys.extend(
        slugs(&code, &["say(language,", "text("])
            .into_iter()
            .filter(|key| key.starts_with("page-") || key.starts_with("pass-")),
    );
    keys.extend(said_by_name(&code));
    keys.extend(slugs(&code, &["say(language,"]).into_iter().filter(|key| key.starts_with("because-")));
    // Those of the papers stand in quotes, wherever that is.
    let quoted = code.split('"').filter(|text| {
        ["report-", "chart-", "open-data-"]
            .iter()
            .any(|opening| text.starts_with(opening) && text.len() > opening.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    });
    for key in quoted.filter(|text| *text != "report-title" && *text != "chart-interval") {
        keys.insert(key.to_owned());
        if key.starts_with("open-data-") && !key.ends_with("-title") && !key.ends_with("-description") {
            keys.insert(format!("{key}.about"));
        }
    }
    keys
}

/// The keys that stand in the code as they are, in a call of `say`.
fn said_by_name(code: &str) -> BTreeSet<String> {
    let literal = |call: &str| call.split(')').next().and_then(|call| call.split('"').nth(1)).map(str::to_owned);
    let is_key =
        |key: &String| key.contains('-') && key.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte));
    code.split("say(").skip(1).filter_map(literal).filter(is_key).collect()
}

#[test]
fn every_file_reads_without_a_fault() {
    for language in Language::VARIANTS {
        for file in files(*language) {
            if let Err((_, faults)) = FluentResource::try_new(file.to_owned()) {
                panic!("{language}: {faults:?}");
            }
        }
    }
}

#[test]
fn the_three_languages_say_the_same_texts_with_the_same_values() {
    let vi = places(Language::Vi);
    for language in [Language::En, Language::Zh] {
        let other = places(language);
        for (key, values) in &vi {
            assert_eq!(other.get(key), Some(values), "{key} in {language}");
        }
        for key in other.keys() {
            assert!(vi.contains_key(key), "{key} is in {language} alone");
        }
    }
}

#[test]
fn whatever_the_code_says_there_is_a_text_for() {
    let there = places(Language::Vi);
    let missing: Vec<_> = said_somewhere().into_iter().filter(|key| !there.contains_key(key)).collect();
    assert!(missing.is_empty(), "no text for {missing:#?}");
}

#[test]
fn every_value_that_a_text_has_a_place_for_is_given_somewhere_under_that_name() {
    let code = code();
    let given = |name: &str| code.contains(&format!("(\"{name}\", "));
    let never: Vec<String> = places(Language::Vi)
        .into_iter()
        .flat_map(|(key, values)| values.into_iter().map(move |value| (key.clone(), value)))
        .filter(|(_, value)| !given(value))
        .map(|(key, value)| format!("{key}: ${value}"))
        .collect();
    assert!(never.is_empty(), "nothing gives {never:#?}");
}

/// The names that the code gives values to a rule's sentence under: those said with its failure, wherever it arises.
fn given_to(code: &str, rule: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for rest in code.split(&format!("\"{rule}\"")).skip(1) {
        let statement: String = rest.split("RuleFailure::new").next().unwrap_or_default().chars().take(400).collect();
        names.extend(statement.split(".with(\"").skip(1).filter_map(|with| with.split('"').next()).map(str::to_owned));
    }
    names
}

#[test]
fn a_rule_whose_failure_says_no_value_has_no_place_for_one() {
    let code = code();
    let mut wrong = Vec::new();
    for (key, values) in places(Language::Vi) {
        let Some(rule) = key.strip_prefix("rule-") else { continue };
        let given = given_to(&code, rule);
        // Where the values come another way (a failure that is passed on), nothing is seen here.
        if !given.is_empty() {
            wrong.extend(values.difference(&given).map(|value| format!("{key}: ${value}, given {given:?}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_text_is_there_for_nothing() {
    let said = said_somewhere();
    let idle: Vec<_> = places(Language::Vi).into_keys().filter(|key| !said.contains(key)).collect();
    assert!(idle.is_empty(), "nothing says {idle:#?}");
}

#[test]
fn a_text_says_its_values_and_says_less_without_them() {
    let say = |args: &[(&str, &str)]| super::say(Language::En, "rule-mass-out-of-range", args);
    assert_eq!(say(&[("max", "200000")]), "One vehicle's gross mass must not exceed 200000 kg.");
    assert_eq!(say(&[]), "The mass must be from 1 to 200000 kg.");
    assert_eq!(super::say(Language::Vi, "rule-no-such-rule", &[]), "rule-no-such-rule");
}

#[test]
fn the_states_are_called_as_at_the_gate() {
    assert_eq!(word(Language::Vi, "state", "in_yard"), "Đã vào bến bãi");
    assert_eq!(word(Language::Zh, "action", "hold.place"), "下达扣停令");
}

#[test]
fn a_reader_gets_the_language_he_likes_best() {
    for (header, language) in [
        (Some("en"), Language::En),
        (Some("EN-us"), Language::En),
        (Some("zh-CN,zh;q=0.9,en;q=0.8"), Language::Zh),
        (Some("en;q=0.2, zh;q=0.3"), Language::Zh),
        (Some("zh;q=0.5, en;q=0.5"), Language::Zh),
        (Some("fr, de;q=0.9, *;q=0.1"), Language::Vi),
        (Some("vi;q=0, *;q=0.5"), Language::En),
        (Some("en;q=0"), Language::Vi),
        (Some("fr"), Language::Vi),
        (Some("en;q=2"), Language::Vi),
        (Some("en;q=0.1234"), Language::Vi),
        (Some(";;,,q=1;\u{1f69a}"), Language::Vi),
        (Some(""), Language::Vi),
        (None, Language::Vi),
    ] {
        assert_eq!(Language::preferred(header), language, "{header:?}");
    }
}
