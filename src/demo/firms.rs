//! Firms that do not exist. Their tax codes keep the rule; one that some firm has is there by chance.

use super::random::Random;
use crate::domain::firm::{CheckDigit, check_tax_code};
use crate::domain::rule_failure::Findings;

/// How many there are.
pub const FIRMS: u32 = 140;

/// A firm as histories name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// Its tax code.
    pub tax_code: String,
    /// Its name.
    pub name: String,
}

/// All firms of the demo, the same for every seed.
pub fn firms() -> Vec<Firm> {
    (0..FIRMS).filter_map(firm).collect()
}

fn firm(place: u32) -> Option<Firm> {
    let mut random = Random::of(&[u64::from(place), 7]);
    // The first two digits tell where it was registered: Lạng Sơn 49, Hà Nội 01, Thành phố Hồ Chí Minh 03, …
    let province = random.one_of(&["49", "49", "49", "01", "01", "03", "23", "24", "02", "36", "12"]);
    let first_nine = format!("{province}{:07}", 900_000 + place * 641);
    let tax_code = with_check_digit(&first_nine).or_else(|| with_check_digit(&format!("{province}1{place:06}")))?;
    let form = random.one_of(&["Công ty TNHH", "Công ty TNHH MTV", "Công ty Cổ phần", "Hợp tác xã"]);
    let trade = random.one_of(&["XNK", "Thương mại", "Logistics", "Vận tải", "Nông sản", "XNK Nông sản"]);
    let first =
        random.one_of(&["Đồng Lâm", "Kỳ Sơn", "Bắc Lệ", "Phú Xuân", "Hoàng Long", "Tân Việt", "Mẫu Sơn", "Thành Đạt"]);
    let number = place + 1;
    Some(Firm { tax_code, name: format!("{form} {trade} {first} {number}") })
}

/// The nine digits with the digit that makes a tax code of them; some have none.
fn with_check_digit(first_nine: &str) -> Option<String> {
    (0..10).map(|digit| format!("{first_nine}{digit}")).find(|code| {
        let mut findings = Findings::default();
        check_tax_code(code, "", CheckDigit::Enforced, &mut findings);
        findings.failures.is_empty()
    })
}
