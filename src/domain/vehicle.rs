//! What crosses: its kind, and how its plates and marks are compared.

use unicode_normalization::UnicodeNormalization;

use super::words::words;

words! {
    /// The kind of vehicle that crosses.
    "vehicle kind" VehicleKind {
        Truck = "truck",
        Tractor = "tractor",
        Van = "van",
        /// Known by its wagon number instead of a plate.
        RailWagon = "rail_wagon",
    }
}

/// A plate, mark or code as it is compared: NFC, upper case, separators dropped.
#[must_use]
pub fn normalise(text: &str) -> String {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return text.to_ascii_uppercase();
    }
    // Composed once more at the end: a letter's upper case may come in parts.
    text.nfc().flat_map(char::to_uppercase).filter(|character| !is_separator(*character)).nfc().collect()
}

/// Spaces, and the dashes and dots that stand between the parts of a plate.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '.' | '·' | '•' | '‧' | '・')
}

/// A text for people as it is kept: NFC, without spaces around it.
#[must_use]
pub fn tidy(text: &str) -> String {
    text.trim().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_the_same_however_it_is_written() {
        assert_eq!(normalise(" 12c-123.45 "), "12C12345");
        assert_eq!(normalise("桂F·12345"), "桂F12345");
        assert_eq!(normalise("80td\u{2013}1234"), "80TD1234");
        // A letter and its mark in two characters are the letter in one.
        assert_eq!(normalise("80tđ1234"), "80TĐ1234");
        assert_eq!(normalise("e\u{301}"), "É");
    }
}
