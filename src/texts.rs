//! Every text for people, in Vietnamese, English and Chinese: the files under `locales/` in the Fluent
//! syntax, one message a line, the same messages with the same values in every language.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::resolver::ResolverError;
use fluent_bundle::resolver::errors::ReferenceKind;
use fluent_bundle::{FluentArgs, FluentError, FluentResource};
use unic_langid::LanguageIdentifier;

use crate::domain::act::Standing;
use crate::domain::next::NextStep;
use crate::domain::words::words;
use crate::domain::workflow::{Role, State};

words! {
    /// The languages in which the service speaks to people.
    "language" Language { Vi = "vi", En = "en", Zh = "zh" }
}

type Bundle = FluentBundle<FluentResource>;

static VI: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Vi));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::En));
static ZH: LazyLock<Bundle> = LazyLock::new(|| bundle(Language::Zh));

macro_rules! files {
    ($language:literal) => {
        [
            include_str!(concat!("../locales/", $language, "/words.ftl")),
            include_str!(concat!("../locales/", $language, "/problems.ftl")),
            include_str!(concat!("../locales/", $language, "/rules.ftl")),
            include_str!(concat!("../locales/", $language, "/sentences.ftl")),
            include_str!(concat!("../locales/", $language, "/reports.ftl")),
        ]
    };
}

const fn files(language: Language) -> [&'static str; 5] {
    match language {
        Language::Vi => files!("vi"),
        Language::En => files!("en"),
        Language::Zh => files!("zh"),
    }
}

fn bundle(language: Language) -> Bundle {
    let locale = match language {
        Language::Vi => "vi",
        Language::En => "en",
        Language::Zh => "zh-Hans",
    };
    let mut bundle = Bundle::new_concurrent(vec![locale.parse::<LanguageIdentifier>().unwrap_or_default()]);
    // The marks around values are for mixed writing directions; all three languages run the same way.
    bundle.set_use_isolating(false);
    for file in files(language) {
        // A test holds that every file reads without a fault; should one not, what did read is used.
        let resource = FluentResource::try_new(file.to_owned()).unwrap_or_else(|(read, _)| read);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Language {
    /// The best of the three for an `Accept-Language` header (RFC 9110, section 12.5.4); Vietnamese when
    /// none fits, or the header cannot be read. Of languages liked equally, the one named first.
    ///
    /// # Example
    ///
    /// ```
    /// use border_gate::texts::Language;
    ///
    /// assert_eq!(Language::preferred(Some("fr, zh-Hans;q=0.7, en-GB;q=0.8")), Language::En);
    /// assert_eq!(Language::preferred(None), Language::Vi);
    /// ```
    #[must_use]
    pub fn preferred(accept_language: Option<&str>) -> Self {
        let ranges: Vec<(&str, u16)> =
            accept_language.unwrap_or_default().split(',').filter_map(range_and_weight).collect();
        let mut best = (Self::Vi, 0);
        for (range, weight) in &ranges {
            let primary = range.split('-').next().unwrap_or_default();
            let meant = match Self::VARIANTS.iter().find(|one| primary.eq_ignore_ascii_case(one.as_str())) {
                Some(language) => Some(*language),
                // `*` is any language that the header does not name.
                None if *range == "*" => Self::VARIANTS.iter().copied().find(|one| !one.is_named_in(&ranges)),
                None => None,
            };
            if let Some(language) = meant
                && *weight > best.1
            {
                best = (language, *weight);
            }
        }
        best.0
    }

    fn is_named_in(self, ranges: &[(&str, u16)]) -> bool {
        let primary = |range: &str| range.split('-').next().unwrap_or_default().to_ascii_lowercase();
        ranges.iter().any(|(range, _)| primary(range) == self.as_str())
    }

    fn bundle(self) -> &'static Bundle {
        match self {
            Self::Vi => &VI,
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

/// One element of an `Accept-Language` header, with its weight in thousandths; none when it is malformed.
fn range_and_weight(element: &str) -> Option<(&str, u16)> {
    let (range, weight) = match element.split_once(';') {
        None => (element.trim(), 1000),
        Some((range, weight)) => {
            let weight = weight.trim();
            let value = weight.strip_prefix("q=").or_else(|| weight.strip_prefix("Q="))?;
            (range.trim(), thousandths(value)?)
        }
    };
    let well_formed = range == "*"
        || range
            .split('-')
            .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    well_formed.then_some((range, weight))
}

/// A quality value: 0 to 1 with at most three decimals.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if !matches!(whole, "0" | "1") || decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{whole}{decimals:0<3}").parse().ok()?;
    (thousandths <= 1000).then_some(thousandths)
}

/// The text `key` in `language`, with `args` in their places; `message.attribute` names an attribute.
///
/// A value that the text has a place for and `args` does not hold reads as `none`, so that a text can
/// say less. A key that is not there is looked for in Vietnamese and then stands for itself; a test
/// holds that this never happens.
#[must_use]
pub fn say(language: Language, key: &str, args: &[(&str, &str)]) -> String {
    [language, Language::Vi]
        .into_iter()
        .find_map(|language| said(language, key, args))
        .unwrap_or_else(|| key.to_owned())
}

fn said(language: Language, key: &str, args: &[(&str, &str)]) -> Option<String> {
    let bundle = language.bundle();
    let pattern = match key.split_once('.') {
        None => bundle.get_message(key)?.value()?,
        Some((message, attribute)) => bundle.get_message(message)?.get_attribute(attribute)?.value(),
    };
    let mut values: FluentArgs = args.iter().map(|(name, value)| (Cow::Borrowed(*name), *value)).collect();
    let mut faults = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&values), &mut faults).into_owned();
    let missing: Vec<String> = faults.into_iter().filter_map(missing_value).collect();
    if missing.is_empty() {
        return Some(text);
    }
    for name in missing {
        values.set(name, "none");
    }
    Some(bundle.format_pattern(pattern, Some(&values), &mut Vec::new()).into_owned())
}

fn missing_value(fault: FluentError) -> Option<String> {
    match fault {
        FluentError::ResolverError(ResolverError::Reference(ReferenceKind::Variable { id })) => Some(id),
        _ => None,
    }
}

/// The label of one of the gate's words, such as `word(Vi, "state", "in_yard")`: *Đã vào bến bãi*.
///
/// `kind` is the first part of the keys in `words.ftl`.
#[must_use]
pub fn word(language: Language, kind: &str, word: &str) -> String {
    say(language, &format!("{kind}-{}", word.replace(['.', '_'], "-")), &[])
}

/// Several of the gate's words as a list.
#[must_use]
pub fn words<'a>(language: Language, kind: &str, words: impl Iterator<Item = &'a str>) -> String {
    let between = match language {
        Language::Vi | Language::En => ", ",
        Language::Zh => "、",
    };
    words.map(|one| word(language, kind, one)).collect::<Vec<_>>().join(between)
}

/// Why an action is not possible now: the sentence of the slug `why`, with where the record stands, from where the
/// action would be possible, and who leads there by what.
#[must_use]
pub fn why_not_now(language: Language, why: &str, standing: &Standing) -> String {
    let from = standing.action.starts_from().map(State::as_str);
    let mut args =
        vec![("state", word(language, "state", standing.state.as_str())), ("from", words(language, "state", from))];
    if standing.state.is_terminal() {
        args.push(("ended", "yes".to_owned()));
    }
    if let Some(way) = standing.way() {
        let who = way.rule().by.iter().filter(|role| **role != Role::System);
        args.push(("way", word(language, "action", way.as_str())));
        args.push(("who", words(language, "role", who.map(|role| role.as_str()))));
    }
    let args: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    say(language, &format!("why-{why}"), &args)
}

/// Everything that is due now, as sentences one after the other.
#[must_use]
pub fn due(language: Language, steps: &[NextStep]) -> String {
    steps.iter().map(|step| next(language, *step).to_string()).collect::<Vec<_>>().join(" ")
}

/// Sentences that were made already.
type Told = RwLock<HashMap<(Language, NextStep), Arc<str>>>;

/// What must be done now and by whom, as a sentence.
///
/// Every record that is shown says it, and there are few such sentences: each is made once.
#[must_use]
pub fn next(language: Language, step: NextStep) -> Arc<str> {
    static TOLD: LazyLock<Told> = LazyLock::new(RwLock::default);
    if let Some(told) = TOLD.read().unwrap_or_else(PoisonError::into_inner).get(&(language, step)) {
        return Arc::clone(told);
    }
    let who = match step.quarantine_kind {
        Some(kind) => word(language, "quarantine-kind", kind.as_str()),
        None => word(language, "role", step.role.as_str()),
    };
    let key = format!("next-{}", step.due.as_str().replace('_', "-"));
    let told: Arc<str> = say(language, &key, &[("who", &who)]).into();
    TOLD.write().unwrap_or_else(PoisonError::into_inner).insert((language, step), Arc::clone(&told));
    told
}

#[cfg(test)]
mod tests;
