//! The firms' tax codes and names, kept at hand: every record shows its firm.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::view::FirmName;
use crate::domain::actor::FirmId;
use crate::storage::schema::firms;

/// What every instance knows of the firms, at most a few seconds old.
#[derive(Debug, Default)]
pub struct FirmNames(RwLock<HashMap<FirmId, Arc<FirmName>>>);

impl FirmNames {
    /// Reads all firms anew.
    ///
    /// # Errors
    ///
    /// The database's; then what was known stays.
    pub async fn refresh(&self, conn: &mut AsyncPgConnection) -> QueryResult<()> {
        let rows: Vec<(i64, String, String)> =
            firms::table.select((firms::id, firms::tax_code, firms::name)).load(conn).await?;
        let names =
            rows.into_iter().map(|(id, tax_code, name)| (FirmId(id), Arc::new(FirmName { tax_code, name }))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = names;
        Ok(())
    }

    /// The firm's name, where it is known yet.
    #[must_use]
    pub fn of(&self, firm: FirmId) -> Option<Arc<FirmName>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&firm).cloned()
    }
}
