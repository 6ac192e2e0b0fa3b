//! Firms are known by their tax code (mã số thuế).

use super::rule_failure::{Findings, RuleFailure};

/// What a wrong check digit means: some firms' old codes do not keep the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckDigit {
    /// A failure.
    Enforced,
    /// A warning.
    Warned,
}

/// Weights of the first nine digits of a tax code.
const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Checks a tax code: ten digits with a check digit, or those and `-` and a branch 001–999
/// (Circular 105/2020/TT-BTC, Art 5), or a personal number of twelve digits.
pub fn check_tax_code(code: &str, pointer: &str, check_digit: CheckDigit, findings: &mut Findings) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if code.len() == 12 && digits(code) {
        return;
    }
    let (base, branch) = code.split_once('-').map_or((code, None), |(base, branch)| (base, Some(branch)));
    let branch_holds = branch.is_none_or(|branch| branch.len() == 3 && digits(branch) && branch != "000");
    if base.len() != 10 || !digits(base) || !branch_holds || base.get(2..9) == Some("0000000") {
        findings.fail(RuleFailure::new(pointer, "tax-code-format"));
        return;
    }
    let values: Vec<u32> = base.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let sum: u32 = values.iter().zip(WEIGHTS).map(|(digit, weight)| digit * weight).sum();
    if values.last() != Some(&(10 - sum % 11)) {
        let found = RuleFailure::new(pointer, "tax-code-check-digit");
        match check_digit {
            CheckDigit::Enforced => findings.fail(found),
            CheckDigit::Warned => findings.warn(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(code: &str, check_digit: CheckDigit) -> (usize, usize) {
        let mut findings = Findings::default();
        check_tax_code(code, "", check_digit, &mut findings);
        (findings.failures.len(), findings.warnings.len())
    }

    #[test]
    fn published_tax_codes_are_good() {
        for code in ["0100233488", "0100112437", "0312687878-001", "001203004567"] {
            assert_eq!(failures(code, CheckDigit::Enforced), (0, 0), "{code}");
        }
    }

    #[test]
    fn a_wrong_check_digit_fails_or_warns_by_setting() {
        assert_eq!(failures("0100233480", CheckDigit::Enforced), (1, 0));
        assert_eq!(failures("0100233480", CheckDigit::Warned), (0, 1));
    }

    #[test]
    fn what_is_no_tax_code_fails() {
        for code in
            ["", "010023348", "0100233488-000", "0100233488-1", "0100000007", "01OO233488", "０１００２３３４８８"]
        {
            assert_eq!(failures(code, CheckDigit::Warned).0, 1, "{code}");
        }
    }
}
