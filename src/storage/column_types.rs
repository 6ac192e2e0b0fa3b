//! How values stand in columns where the crates' own types would cost a parse.

use bytes::BytesMut;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Json;
use serde::ser::Error as _;
use tokio_postgres::types::{Type, accepts, to_sql_checked};

/// A transaction's 64-bit id, PostgreSQL's `xid8`; read in statements that cast it.
#[derive(Clone, Copy, Debug, diesel::sql_types::SqlType)]
#[diesel(postgres_type(name = "xid8", schema = "pg_catalog"))]
pub struct Xid8;

/// A JSON text exactly as it is stored, in a column of type `json`.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = Json)]
pub struct JsonText(pub String);

/// Room for nearly every text: it is not moved while it is written.
const ROOM: usize = 1_024;

impl JsonText {
    /// What `value` is as JSON.
    ///
    /// # Errors
    ///
    /// Where `value` has no JSON form.
    pub fn of(value: &impl serde::Serialize) -> Result<Self, serde_json::Error> {
        let mut text = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut text, value)?;
        String::from_utf8(text).map(Self).map_err(serde_json::Error::custom)
    }
}

impl FromSql<Json, Pg> for JsonText {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(std::str::from_utf8(value.as_bytes())?.to_owned()))
    }
}

impl ToSql<Json, Pg> for JsonText {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        std::io::Write::write_all(out, self.0.as_bytes())?;
        Ok(serialize::IsNull::No)
    }
}

impl<'a> tokio_postgres::types::FromSql<'a> for JsonText {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?.to_owned()))
    }

    accepts!(JSON);
}

/// A JSON text as it came, where it is read at once.
#[derive(Clone, Copy, Debug)]
pub struct JsonStr<'a>(pub &'a str);

impl<'a> tokio_postgres::types::FromSql<'a> for JsonStr<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(std::str::from_utf8(raw)?))
    }

    accepts!(JSON);
}

impl tokio_postgres::types::ToSql for JsonText {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<tokio_postgres::types::IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(self.0.as_bytes());
        Ok(tokio_postgres::types::IsNull::No)
    }

    accepts!(JSON);
    to_sql_checked!();
}

/// Texts as PostgreSQL writes an array of them, for columns that are sent many rows at a time: an array
/// of arrays of different lengths cannot be sent.
#[must_use]
pub fn array_literal<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut literal = String::from("{");
    for text in texts {
        if literal.len() > 1 {
            literal.push(',');
        }
        literal.push('"');
        for character in text.chars() {
            if matches!(character, '"' | '\\') {
                literal.push('\\');
            }
            literal.push(character);
        }
        literal.push('"');
    }
    literal.push('}');
    literal
}
