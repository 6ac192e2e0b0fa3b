//! What somebody is charged with: a role, and where it holds. Accounts and machine clients have one alike.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::actor::{Actor, ActorId, FirmId, Scope};
use super::reading::Fields;
use super::reference::Reference;
use super::rule_failure::RuleFailure;
use super::words::words;
use super::workflow::{QuarantineKind, Role};

words! {
    /// What a machine client's token is narrowed to; a person's is not.
    "OAuth scope" OauthScope {
        DeclarationsWrite = "declarations:write",
        DeclarationsRead = "declarations:read",
        ActionsWrite = "actions:write",
        StatisticsRead = "statistics:read",
    }
}

/// The firm that a declarant declares for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MandateFirm {
    /// Its key.
    pub id: FirmId,
    /// Its tax code.
    pub tax_code: String,
}

/// A role and where it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// The role.
    pub role: Role,
    /// For which firm; a declarant's alone.
    pub firm: Option<MandateFirm>,
    /// Of which quarantine; a quarantine officer's alone.
    pub quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; an officer's.
    pub crossing_points: Scope,
    /// In which yards; a yard operator's.
    pub yards: Scope,
}

impl Mandate {
    /// The mandate of a role that is bound to no firm, place or kind.
    #[must_use]
    pub const fn of(role: Role) -> Self {
        Self { role, firm: None, quarantine_kind: None, crossing_points: Scope::All, yards: Scope::All }
    }

    /// The actor that `id` is under this mandate.
    #[must_use]
    pub fn actor(&self, id: ActorId) -> Actor {
        Actor {
            id,
            role: self.role,
            quarantine_kind: self.quarantine_kind,
            firm: self.firm.as_ref().map(|firm| firm.id),
            firm_tax_code: self.firm.as_ref().map(|firm| firm.tax_code.clone()),
            crossing_points: self.crossing_points.clone(),
            yards: self.yards.clone(),
        }
    }
}

/// A mandate as it was sent, its firm known by its tax code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MandateSent {
    /// The role.
    pub role: Option<Role>,
    /// The firm's tax code.
    pub firm: Option<String>,
    /// Of which quarantine.
    pub quarantine_kind: Option<QuarantineKind>,
    /// At which crossing points; none for all.
    pub crossing_points: Option<Vec<String>>,
    /// In which yards; none for all.
    pub yards: Option<Vec<String>>,
}

impl MandateSent {
    /// Takes the fields of a mandate.
    pub fn read(fields: &mut Fields) -> Self {
        let role = fields.word("role");
        Self {
            role: fields.required("role", role),
            firm: fields.text("firm"),
            quarantine_kind: fields.word("quarantine_kind"),
            crossing_points: fields.texts("crossing_points"),
            yards: fields.texts("yards"),
        }
    }

    /// Everything about it that does not fit its role, or is not in the reference data on the local day `day`.
    #[must_use]
    pub fn check(&self, reference: &Reference, day: NaiveDate) -> Vec<RuleFailure> {
        let Some(role) = self.role else { return Vec::new() };
        let mut failures = Vec::new();
        if role == Role::System {
            failures.push(RuleFailure::new("/role", "role-of-nobody").with("role", role));
        }
        let mut fits = |pointer: &str, given: bool, wanted: bool, needed: bool| {
            if given && !wanted {
                failures.push(RuleFailure::new(pointer, "not-for-role").with("role", role));
            } else if needed && !given {
                failures.push(RuleFailure::new(pointer, "required"));
            }
        };
        let declares = role == Role::Declarant;
        fits("/firm", self.firm.is_some(), declares, declares);
        let quarantine = role == Role::QuarantineOfficer;
        fits("/quarantine_kind", self.quarantine_kind.is_some(), quarantine, quarantine);
        fits("/crossing_points", self.crossing_points.is_some(), has_crossing_points(role), false);
        fits("/yards", self.yards.is_some(), role == Role::YardOperator, false);
        let known = |code: &str| reference.crossing_point(code, day).is_some();
        check_codes(
            self.crossing_points.as_deref(),
            "/crossing_points",
            "crossing-point-unknown",
            known,
            &mut failures,
        );
        let known = |code: &str| reference.yard(code, day).is_some();
        check_codes(self.yards.as_deref(), "/yards", "yard-unknown", known, &mut failures);
        failures
    }

    /// The mandate, with the firm that its tax code names.
    #[must_use]
    pub fn mandate(self, firm: Option<MandateFirm>) -> Option<Mandate> {
        Some(Mandate {
            role: self.role?,
            firm,
            quarantine_kind: self.quarantine_kind,
            crossing_points: Scope::from(self.crossing_points),
            yards: Scope::from(self.yards),
        })
    }
}

impl From<&Mandate> for MandateSent {
    fn from(mandate: &Mandate) -> Self {
        Self {
            role: Some(mandate.role),
            firm: mandate.firm.as_ref().map(|firm| firm.tax_code.clone()),
            quarantine_kind: mandate.quarantine_kind,
            crossing_points: mandate.crossing_points.codes().map(<[String]>::to_vec),
            yards: mandate.yards.codes().map(<[String]>::to_vec),
        }
    }
}

/// Whether a role's business is bound to crossing points.
#[must_use]
pub const fn has_crossing_points(role: Role) -> bool {
    match role {
        Role::CustomsOfficer
        | Role::BorderGuard
        | Role::QuarantineOfficer
        | Role::YardOperator
        | Role::FeeCollector
        | Role::GateManager => true,
        Role::Declarant | Role::Analyst | Role::Auditor | Role::Admin | Role::System => false,
    }
}

fn check_codes(
    codes: Option<&[String]>,
    pointer: &str,
    unknown: &'static str,
    known: impl Fn(&str) -> bool,
    failures: &mut Vec<RuleFailure>,
) {
    let Some(codes) = codes else { return };
    if codes.is_empty() {
        failures.push(RuleFailure::new(pointer, "list-empty"));
    }
    for (place, code) in codes.iter().enumerate() {
        if !known(code) {
            failures.push(RuleFailure::new(format!("{pointer}/{place}"), unknown).with("code", code));
        }
        if let Some(first) = codes.iter().take(place).position(|earlier| earlier == code) {
            let duplicate = RuleFailure::new(format!("{pointer}/{place}"), "duplicate");
            failures.push(duplicate.with("first", format!("{pointer}/{first}")));
        }
    }
}

/// What is wrong with a name to sign in with, at `pointer`: 3 to 64 ASCII letters, digits, `.`, `_` and `-`,
/// letters or digits at the ends.
#[must_use]
pub fn check_username(username: &str, pointer: &str) -> Option<RuleFailure> {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let holds = (3..=64).contains(&username.len())
        && username.chars().all(|c| plain(c) || matches!(c, '.' | '_' | '-'))
        && username.starts_with(plain)
        && username.ends_with(plain);
    (!holds).then(|| RuleFailure::new(pointer, "username-format"))
}

/// What is wrong with the name of a firm or client, at `pointer`: 1 to 200 characters, none of them a control.
#[must_use]
pub fn check_name(name: &str, pointer: &str) -> Option<RuleFailure> {
    let holds = (1..=200).contains(&name.chars().count()) && name.trim() == name && !name.contains(char::is_control);
    (!holds).then(|| RuleFailure::new(pointer, "name-format"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(sent: &MandateSent) -> Vec<(String, &'static str)> {
        sent.check(&Reference::default(), NaiveDate::default())
            .into_iter()
            .map(|failure| (failure.pointer, failure.code))
            .collect()
    }

    #[test]
    fn every_role_has_a_scope_of_its_own_kind() {
        for role in Role::VARIANTS.iter().copied().filter(|role| *role != Role::System) {
            let sent = MandateSent { role: Some(role), ..MandateSent::default() };
            let needed: &[(String, &str)] = match role {
                Role::Declarant => &[("/firm".to_owned(), "required")],
                Role::QuarantineOfficer => &[("/quarantine_kind".to_owned(), "required")],
                _ => &[],
            };
            assert_eq!(codes(&sent), needed, "{role}");
        }
        let analyst = MandateSent {
            role: Some(Role::Analyst),
            firm: Some("0100112437".to_owned()),
            quarantine_kind: Some(QuarantineKind::Animal),
            crossing_points: Some(vec![]),
            yards: Some(vec!["NOWHERE".to_owned(), "NOWHERE".to_owned()]),
        };
        let found: Vec<(String, &str)> = codes(&analyst);
        let found: Vec<(&str, &str)> = found.iter().map(|(pointer, code)| (pointer.as_str(), *code)).collect();
        assert_eq!(
            found,
            [
                ("/firm", "not-for-role"),
                ("/quarantine_kind", "not-for-role"),
                ("/crossing_points", "not-for-role"),
                ("/yards", "not-for-role"),
                ("/crossing_points", "list-empty"),
                ("/yards/0", "yard-unknown"),
                ("/yards/1", "yard-unknown"),
                ("/yards/1", "duplicate"),
            ]
        );
        assert_eq!(codes(&MandateSent { role: Some(Role::System), ..MandateSent::default() })[0].1, "role-of-nobody");
    }

    #[test]
    fn a_username_is_plain_text() {
        for good in ["admin", "border_guard_chi_ma", "Nguyen.Van-An", "a1b"] {
            assert_eq!(check_username(good, ""), None, "{good}");
        }
        for wrong in ["", "ab", "_admin", "admin.", "quản_trị", "a b c", &"a".repeat(65)] {
            assert!(check_username(wrong, "").is_some(), "{wrong}");
        }
    }
}
