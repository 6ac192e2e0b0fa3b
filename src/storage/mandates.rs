//! Mandates as columns of accounts and clients.

use std::str::FromStr;

use diesel::prelude::*;
use diesel::result::Error::DeserializationError;

use super::schema::{accounts, clients};
use crate::domain::actor::{FirmId, Scope};
use crate::domain::mandate::{Mandate, MandateFirm};
use crate::domain::words::UnknownWord;

/// The columns of a mandate, without the firm's tax code, which stands with the firm.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = accounts, treat_none_as_null = true)]
pub(super) struct AccountMandate {
    role: String,
    firm: Option<i64>,
    quarantine_kind: Option<String>,
    crossing_points: Option<Vec<String>>,
    yards: Option<Vec<String>>,
}

/// The same columns of a client.
#[derive(Clone, Debug, Queryable, Insertable, AsChangeset)]
#[diesel(table_name = clients, treat_none_as_null = true)]
pub(super) struct ClientMandate {
    role: String,
    firm: Option<i64>,
    quarantine_kind: Option<String>,
    crossing_points: Option<Vec<String>>,
    yards: Option<Vec<String>>,
}

impl From<&Mandate> for AccountMandate {
    fn from(mandate: &Mandate) -> Self {
        Self {
            role: mandate.role.as_str().to_owned(),
            firm: mandate.firm.as_ref().map(|firm| firm.id.0),
            quarantine_kind: mandate.quarantine_kind.map(|kind| kind.as_str().to_owned()),
            crossing_points: mandate.crossing_points.codes().map(<[String]>::to_vec),
            yards: mandate.yards.codes().map(<[String]>::to_vec),
        }
    }
}

impl From<AccountMandate> for ClientMandate {
    fn from(columns: AccountMandate) -> Self {
        let AccountMandate { role, firm, quarantine_kind, crossing_points, yards } = columns;
        Self { role, firm, quarantine_kind, crossing_points, yards }
    }
}

impl From<ClientMandate> for AccountMandate {
    fn from(columns: ClientMandate) -> Self {
        let ClientMandate { role, firm, quarantine_kind, crossing_points, yards } = columns;
        Self { role, firm, quarantine_kind, crossing_points, yards }
    }
}

impl AccountMandate {
    /// The mandate, with its firm's tax code.
    pub(super) fn read(self, tax_code: Option<String>) -> QueryResult<Mandate> {
        Ok(Mandate {
            role: word(&self.role)?,
            firm: self.firm.zip(tax_code).map(|(id, tax_code)| MandateFirm { id: FirmId(id), tax_code }),
            quarantine_kind: self.quarantine_kind.as_deref().map(word).transpose()?,
            crossing_points: Scope::from(self.crossing_points),
            yards: Scope::from(self.yards),
        })
    }
}

/// A word as it stands in a column.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(text: &str) -> QueryResult<T> {
    text.parse().map_err(|unknown: UnknownWord| DeserializationError(unknown.into()))
}
