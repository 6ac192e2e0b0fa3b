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
    text.nfc()
        .filter(|character| !character.is_whitespace() && !matches!(character, '-' | '.' | '·' | '•'))
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plate_is_the_same_however_it_is_written() {
        assert_eq!(normalise(" 12c-123.45 "), "12C12345");
        assert_eq!(normalise("桂F·12345"), "桂F12345");
    }
}
