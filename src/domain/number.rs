//! The declaration's number: 64 bits, time-ordered, spoken and typed by people.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Crockford's base 32: no I, L, O or U, so that no two characters look or sound alike.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 2020-01-01T00:00:00Z in milliseconds since 1970.
const EPOCH_MS: i64 = 1_577_836_800_000;
const RANDOM_BITS: u32 = 22;
/// 13 characters of 5 bits hold the 64 bits.
const DIGITS: usize = 13;

/// The number of a declaration: 42 bits of milliseconds since 2020 and 22 random bits.
///
/// People see 13 base-32 characters and a check character, `0C8K-7Q2M-9XAB-4G`. The check is the value
/// modulo 37; values whose remainder is 32 or more are never issued, so it is an ordinary character
/// too. 37 is prime and no power of 2 below 2^64's 13 digits is a multiple of it, so every single
/// wrong character and every swap of neighbours changes the remainder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(i64);

/// A text that is not a declaration number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It has not 14 characters besides dashes.
    #[error("a declaration number has 14 characters, such as 0C8K-7Q2M-9XAB-4G")]
    Length,
    /// A character that the alphabet lacks.
    #[error("{0:?} does not occur in a declaration number")]
    Character(char),
    /// The check character does not fit the rest: something was mistyped.
    #[error("the number's check character does not fit: it was mistyped")]
    Check,
}

impl Number {
    /// The number for something made at `at`, with the low 22 bits of `random`.
    ///
    /// None when the check character would not be an ordinary one (5 in 37 draws), or the time lies
    /// before 2020 or after 2089: draw again, or look at the clock.
    #[must_use]
    pub fn draw(at: DateTime<Utc>, random: u32) -> Option<Self> {
        let millis = at.timestamp_millis() - EPOCH_MS;
        if !(0..1 << 41).contains(&millis) {
            return None;
        }
        Self::from_i64(millis << RANDOM_BITS | i64::from(random & ((1 << RANDOM_BITS) - 1)))
    }

    /// The number a stored value is; none when no such number is ever issued.
    #[must_use]
    pub const fn from_i64(value: i64) -> Option<Self> {
        if value >= 0 && value % 37 < 32 { Some(Self(value)) } else { None }
    }

    /// The value as it is stored.
    #[must_use]
    pub const fn as_i64(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'-'; 17];
        let digit = |value: i64| ALPHABET.get(usize::try_from(value & 31).unwrap_or(0)).copied().unwrap_or(b'0');
        for place in 0..DIGITS {
            // The first digit holds the topmost four bits.
            let shift = 5 * (DIGITS - 1 - place);
            if let Some(slot) = text.get_mut(place + place / 4) {
                *slot = digit(self.0 >> shift);
            }
        }
        if let Some(slot) = text.last_mut() {
            *slot = digit(self.0 % 37);
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, NotANumber> {
        let mut value: u64 = 0;
        let mut check = 0;
        let mut count = 0;
        for character in text.chars().filter(|character| *character != '-') {
            let plain = match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let digit =
                ALPHABET.iter().position(|known| char::from(*known) == plain).ok_or(NotANumber::Character(character))?
                    as u64;
            count += 1;
            match count {
                // The first character holds the topmost three bits of a positive value.
                1 if digit > 7 => return Err(NotANumber::Check),
                1..=DIGITS => value = value << 5 | digit,
                _ => check = digit,
            }
        }
        if count != DIGITS + 1 {
            return Err(NotANumber::Length);
        }
        let value = i64::try_from(value).map_err(|_| NotANumber::Check)?;
        if u64::try_from(value % 37) != Ok(check) {
            return Err(NotANumber::Check);
        }
        Self::from_i64(value).ok_or(NotANumber::Check)
    }
}

impl utoipa::PartialSchema for Number {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some("A declaration's number: 13 base-32 characters and a check character"))
            .examples(["0C8K-7Q2M-9XAB-4G"])
            .into()
    }
}

impl utoipa::ToSchema for Number {}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        std::borrow::Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Number> {
        (0..i64::MAX).prop_filter_map("a remainder of 32 or more is never issued", Number::from_i64)
    }

    proptest! {
        #[test]
        fn a_number_reads_back_as_it_was_written(number in number()) {
            let text = number.to_string();
            prop_assert_eq!(text.len(), 17);
            prop_assert_eq!(text.parse(), Ok(number));
            prop_assert_eq!(text.to_lowercase().replace('-', "").replace('0', "o").replace('1', "l").parse(), Ok(number));
        }

        #[test]
        fn every_single_wrong_character_is_caught(number in number(), place in 0..14_usize, other in 0..32_usize) {
            let mut text: Vec<u8> = number.to_string().replace('-', "").into_bytes();
            prop_assume!(text[place] != ALPHABET[other]);
            text[place] = ALPHABET[other];
            prop_assert!(String::from_utf8(text).unwrap().parse::<Number>().is_err());
        }

        #[test]
        fn every_swap_of_neighbours_is_caught(number in number(), place in 0..13_usize) {
            let mut text: Vec<u8> = number.to_string().replace('-', "").into_bytes();
            prop_assume!(text[place] != text[place + 1]);
            text.swap(place, place + 1);
            prop_assert!(String::from_utf8(text).unwrap().parse::<Number>().is_err());
        }
    }

    #[test]
    fn a_later_number_is_a_greater_one() {
        let first = "2025-03-31T17:00:00Z".parse::<DateTime<Utc>>().unwrap();
        let early = (0..40).find_map(|random| Number::draw(first, (1 << 22) - 1 - random)).unwrap();
        let late = (0..40).find_map(|random| Number::draw(first + chrono::Duration::milliseconds(1), random)).unwrap();
        assert!(early < late);
        assert!(early.to_string() < late.to_string());
    }
}
