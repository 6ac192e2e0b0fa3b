//! A passport's machine-readable zone: ICAO Doc 9303, part 4 (TD3), two lines of 44 characters.

use std::fmt::Arguments;

use crate::domain::rule_failure::{Findings, RuleFailure};

const LINE: usize = 44;

/// The zone as it is compared: upper case, one line break between its lines, however they were sent.
#[must_use]
pub fn normalise_mrz(zone: &str) -> String {
    let mut zone: String = zone.chars().filter(|character| !character.is_whitespace()).collect();
    zone.make_ascii_uppercase();
    if zone.len() == 2 * LINE && zone.is_char_boundary(LINE) {
        zone.insert(LINE, '\n');
    }
    zone
}

/// Checks a normalised zone: its form, then the check digits of number, birth, expiry and personal number, and
/// where these hold the composite one over them all.
pub(super) fn check(zone: &str, pointer: Arguments, findings: &mut Findings) {
    let lines: Vec<&[u8]> = zone.split('\n').map(str::as_bytes).collect();
    let ([first, second], true) = (lines.as_slice(), zone.bytes().all(|byte| byte == b'\n' || is_mark(byte))) else {
        findings.fail(RuleFailure::new(pointer.to_string(), "mrz-format"));
        return;
    };
    if first.len() != LINE || second.len() != LINE || !first.starts_with(b"P") {
        findings.fail(RuleFailure::new(pointer.to_string(), "mrz-format"));
        return;
    }
    let part = |places: std::ops::Range<usize>| second.get(places).unwrap_or_default();
    let holds = |checked: &[&[u8]], place: usize| second.get(place) == Some(&check_digit(checked));
    // The check digit of an empty personal number may be a filler.
    let no_personal_number = part(28..43).iter().all(|mark| *mark == b'<');
    let failed: Vec<&str> = [
        ("number", holds(&[part(0..9)], 9)),
        ("birth", holds(&[part(13..19)], 19)),
        ("expiry", holds(&[part(21..27)], 27)),
        ("personal-number", no_personal_number || holds(&[part(28..42)], 42)),
    ]
    .into_iter()
    .filter_map(|(name, holds)| (!holds).then_some(name))
    .collect();
    for name in &failed {
        findings.fail(RuleFailure::new(pointer.to_string(), "mrz-check-digit").with("part", name));
    }
    if failed.is_empty() && !holds(&[part(0..10), part(13..20), part(21..43)], 43) {
        findings.fail(RuleFailure::new(pointer.to_string(), "mrz-check-digit").with("part", "composite"));
    }
}

fn is_mark(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'<'
}

/// Weights 7, 3, 1 in turn; letters count from A = 10, fillers nothing; the sum modulo 10.
fn check_digit(parts: &[&[u8]]) -> u8 {
    let marks = parts.iter().copied().flatten();
    let sum: u32 = marks.zip([7, 3, 1].into_iter().cycle()).map(|(mark, weight)| value(*mark) * weight).sum();
    b'0' + u8::try_from(sum % 10).unwrap_or_default()
}

fn value(mark: u8) -> u32 {
    match mark {
        b'0'..=b'9' => u32::from(mark - b'0'),
        b'A'..=b'Z' => u32::from(mark - b'A') + 10,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The specimen of ICAO Doc 9303, part 4, appendix B.
    const SPECIMEN: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn failed(zone: &str) -> Vec<(String, String)> {
        let mut findings = Findings::default();
        check(&normalise_mrz(zone), format_args!("/driver/document/mrz"), &mut findings);
        let part = |failure: &RuleFailure| failure.args.first().map(|(_, value)| value.clone()).unwrap_or_default();
        findings.failures.iter().map(|failure| (failure.code.to_owned(), part(failure))).collect()
    }

    fn with(place: usize, mark: &str) -> String {
        let mut zone = SPECIMEN.to_owned();
        zone.replace_range(LINE + 1 + place..LINE + 2 + place, mark);
        zone
    }

    #[test]
    fn the_specimen_of_the_standard_is_good_however_its_lines_are_sent() {
        for zone in
            [SPECIMEN.to_owned(), SPECIMEN.replace('\n', ""), SPECIMEN.replace('\n', "\r\n "), SPECIMEN.to_lowercase()]
        {
            assert_eq!(failed(&zone), [], "{zone}");
        }
    }

    #[test]
    fn each_check_digit_is_held_and_named() {
        for (place, part) in [(0, "number"), (9, "number"), (13, "birth"), (21, "expiry"), (28, "personal-number")] {
            assert_eq!(failed(&with(place, "8")), [("mrz-check-digit".to_owned(), part.to_owned())], "{place}");
        }
        assert_eq!(failed(&with(43, "8")), [("mrz-check-digit".to_owned(), "composite".to_owned())]);
    }

    #[test]
    fn an_empty_personal_number_has_a_filler_or_a_nought_for_its_check_digit() {
        for mark in ["<", "0"] {
            let mut zone = SPECIMEN.to_owned();
            // Without the personal number the composite is made over number, birth and expiry: 8 here.
            zone.replace_range(LINE + 1 + 28.., &format!("<<<<<<<<<<<<<<{mark}8"));
            assert_eq!(failed(&zone), [], "{zone}");
        }
    }

    #[test]
    fn what_is_not_two_lines_of_44_characters_is_no_zone() {
        let visa = SPECIMEN.replacen('P', "V", 1);
        let lower = SPECIMEN.replace("ERIKSSON", "ERIKSSÖN");
        for zone in ["", "P<UTO", "\n", &SPECIMEN[..LINE], &format!("{SPECIMEN}0"), &visa, &lower, &"Đ".repeat(44)] {
            assert_eq!(failed(zone), [("mrz-format".to_owned(), String::new())], "{zone}");
        }
    }
}
