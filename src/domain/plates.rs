//! Number plates and container numbers.

use super::rule_failure::{Findings, RuleFailure};

/// What bears the plate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    /// A truck, tractor or van.
    Powered,
    /// What is pulled.
    Trailer,
}

/// Checks a normalised plate of `country` (ISO 3166 alpha-2).
pub fn check_plate(plate: &str, country: &str, bearer: Bearer, pointer: &str, findings: &mut Findings) {
    let good = match country {
        "VN" => match vietnamese(plate) {
            Some(Vietnamese::Unusual) => {
                findings.warn(RuleFailure::new(pointer, "plate-unusual").with("plate", plate));
                true
            }
            Some(Vietnamese::Trailer) => bearer == Bearer::Trailer,
            Some(Vietnamese::Powered) => bearer == Bearer::Powered,
            Some(Vietnamese::Any) => true,
            None => false,
        },
        // 挂 is the trailers' mark.
        "CN" => is_chinese(plate) && plate.ends_with('挂') == (bearer == Bearer::Trailer),
        _ => {
            (3..=12).contains(&plate.len())
                && plate.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        }
    };
    if !good {
        findings.fail(RuleFailure::new(pointer, "plate-format").with("plate", plate).with("country", country));
    }
}

enum Vietnamese {
    Powered,
    Trailer,
    /// Special and temporary series.
    Any,
    /// Two letters in the series: could not be confirmed.
    Unusual,
}

fn digits(text: &str, counts: std::ops::RangeInclusive<usize>) -> bool {
    counts.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn vietnamese(plate: &str) -> Option<Vietnamese> {
    if let Some(rest) = plate.strip_prefix('T') {
        return digits(rest, 7..=7).then_some(Vietnamese::Any);
    }
    let province = plate.get(..2).filter(|code| digits(code, 2..=2) && !code.starts_with('0'))?;
    let rest = plate.get(province.len()..)?;
    let series: String = rest.chars().take_while(|character| !character.is_ascii_digit()).collect();
    if !digits(rest.get(series.len()..)?, 4..=5) {
        return None;
    }
    // The letters of the ordinary series (A–H, K–N, P, S–V, X–Z); R is the trailers'.
    let ordinary = |letter: char| "ABCDEFGHKLMNPSTUVXYZ".contains(letter);
    match series.as_str() {
        "R" => Some(Vietnamese::Trailer),
        "LD" | "DA" | "KT" | "MK" | "MA" | "TĐ" | "HC" | "SA" | "XA" => Some(Vietnamese::Any),
        _ if series.chars().count() == 1 && series.chars().all(ordinary) => Some(Vietnamese::Powered),
        _ if series.chars().count() == 2 && series.chars().all(ordinary) => Some(Vietnamese::Unusual),
        _ => None,
    }
}

const PROVINCES_OF_CHINA: &str = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";

fn is_chinese(plate: &str) -> bool {
    let characters: Vec<char> = plate.chars().collect();
    let letter = |c: char| c.is_ascii_uppercase() && c != 'I' && c != 'O';
    let mark = |c: char| c.is_ascii_digit() || letter(c);
    let Some((province, [authority, serial @ ..])) = characters.split_first() else { return false };
    if !PROVINCES_OF_CHINA.contains(*province) || !letter(*authority) {
        return false;
    }
    match serial {
        [body @ .., last] if serial.len() == 5 => {
            body.iter().copied().all(mark) && (mark(*last) || "挂学警港澳".contains(*last))
        }
        [first, second, rest @ ..] if serial.len() == 6 => {
            let small =
                ('A'..='K').contains(first) && letter(*first) && mark(*second) && rest.iter().all(char::is_ascii_digit);
            let large = matches!(serial, [numbers @ .., kind]
                if numbers.iter().all(char::is_ascii_digit) && ('A'..='K').contains(kind) && letter(*kind));
            small || large
        }
        _ => false,
    }
}

/// Checks a normalised container number by ISO 6346: four letters, six digits and a check digit.
pub fn check_container(container: &str, pointer: &str, findings: &mut Findings) {
    let well_formed = container.len() == 11
        && container.bytes().take(4).all(|byte| byte.is_ascii_uppercase())
        && container.as_bytes().get(3).is_some_and(|byte| b"UJZ".contains(byte))
        && container.bytes().skip(4).all(|byte| byte.is_ascii_digit());
    if !well_formed {
        findings.fail(RuleFailure::new(pointer, "container-format").with("container", container));
        return;
    }
    // Letters count from 10 upwards, leaving out the multiples of 11.
    let value = |byte: u8| match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A' => 10,
        b'B'..=b'K' => u32::from(byte - b'B') + 12,
        b'L'..=b'U' => u32::from(byte - b'L') + 23,
        _ => u32::from(byte.saturating_sub(b'V')) + 34,
    };
    let sum: u32 = container.bytes().take(10).zip(0..).map(|(byte, place)| value(byte) << place).sum();
    if container.bytes().last().map(value) != Some(sum % 11 % 10) {
        findings.fail(RuleFailure::new(pointer, "container-check-digit").with("container", container));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plate(plate: &str, country: &str, bearer: Bearer) -> (usize, usize) {
        let mut findings = Findings::default();
        check_plate(plate, country, bearer, "", &mut findings);
        (findings.failures.len(), findings.warnings.len())
    }

    #[test]
    fn vietnamese_plates_keep_the_rule() {
        for good in ["12C12345", "29H1234", "12LD12345", "T1234567", "80TĐ1234"] {
            assert_eq!(plate(good, "VN", Bearer::Powered), (0, 0), "{good}");
        }
        for wrong in ["12I12345", "12W12345", "12C123", "02C12345", "12C123456", ""] {
            assert_eq!(plate(wrong, "VN", Bearer::Powered), (1, 0), "{wrong}");
        }
    }

    #[test]
    fn a_trailer_plate_is_good_on_a_trailer_alone() {
        assert_eq!(plate("51R14139", "VN", Bearer::Trailer), (0, 0));
        assert_eq!(plate("51R14139", "VN", Bearer::Powered), (1, 0));
    }

    #[test]
    fn another_countrys_plate_is_letters_and_digits() {
        for good in ["ABC", "1234ABCD5678"] {
            assert_eq!(plate(good, "LA", Bearer::Powered), (0, 0), "{good}");
        }
        for wrong in ["AB", "1234ABCD56789", "ກຂ1234", "ab1234", ""] {
            assert_eq!(plate(wrong, "LA", Bearer::Powered), (1, 0), "{wrong}");
        }
    }

    #[test]
    fn two_letters_in_the_series_are_a_warning() {
        assert_eq!(plate("12AB12345", "VN", Bearer::Powered), (0, 1));
    }

    #[test]
    fn chinese_plates_are_counted_in_characters() {
        for good in ["京AD80234", "辽D46234F", "桂F12345", "粤Z1234港"] {
            assert_eq!(plate(good, "CN", Bearer::Powered), (0, 0), "{good}");
            assert_eq!(plate(good, "CN", Bearer::Trailer), (1, 0), "{good}");
        }
        assert_eq!(plate("桂F1234挂", "CN", Bearer::Trailer), (0, 0));
        assert_eq!(plate("桂F1234挂", "CN", Bearer::Powered), (1, 0));
        for wrong in ["桂I12345", "桂F1234", "F12345", "桂F123456", "桂"] {
            assert_eq!(plate(wrong, "CN", Bearer::Powered), (1, 0), "{wrong}");
        }
    }

    #[test]
    fn a_container_number_must_have_its_check_digit() {
        let failures = |container: &str| {
            let mut findings = Findings::default();
            check_container(container, "", &mut findings);
            findings.failures.len()
        };
        for good in ["CSQU3054383", "MSCU6639870", "CSQU1000080"] {
            assert_eq!(failures(good), 0, "{good}");
        }
        for wrong in ["TCLU4265648", "CSQX3054383", "CSQU305438", "ĐSQU305438"] {
            assert_eq!(failures(wrong), 1, "{wrong}");
        }
    }
}
