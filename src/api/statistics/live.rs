//! The live figures of periods, remembered for as long as nothing at all was committed.
//!
//! PostgreSQL's snapshot names the transactions that an answer saw. As long as it is the same, on the same server,
//! nothing was committed by anybody, at no instance: what was read then would be read again. To ask for it costs next
//! to nothing and writes nothing; reading the counters costs a hundred times as much.

use std::sync::{Arc, Mutex, PoisonError};

use diesel_async::AsyncPgConnection;

use crate::api::problem::{Cause, Problem};
use crate::domain::closing::Compared;
use crate::domain::period::Reported;
use crate::domain::reference::Reference;
use crate::storage::closings;
use crate::storage::throughput::{compared, generation};

/// The most periods that are remembered.
const REMEMBERED: usize = 32;

/// A period's figures as they stand.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The figures, and those they are compared with.
    pub figures: Compared,
    /// The revision of the period's last closing; none where it was never closed.
    pub closing: Option<i32>,
    /// They differ from those of that closing.
    pub revised: bool,
}

/// What was read of one generation of the database, with one state of the reference data.
#[derive(Debug, Default)]
struct Remembered {
    generation: String,
    reference: Option<Arc<Reference>>,
    standings: Vec<(Reported, Arc<Standing>)>,
}

/// The live figures.
#[derive(Debug, Default)]
pub struct Live(Mutex<Remembered>);

impl Live {
    /// The figures of `reported` at this moment, with the gates as `reference` has them.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn figures(
        &self,
        conn: &mut AsyncPgConnection,
        reported: &Reported,
        reference: &Arc<Reference>,
    ) -> Result<Arc<Standing>, Problem> {
        let before = generation(conn).await?;
        if let Some(standing) = self.remembered(&before, reported, reference) {
            return Ok(standing);
        }
        // The closing first: what differs from it then differs from it now, or it was closed again meanwhile.
        let last = closings::of(conn, &reported.period.name, None).await?;
        let figures = compared(conn, reported, reference).await?;
        let revised = match &last {
            Some(last) => {
                let document = last.read().map_err(|error| Problem::Internal(Cause::from(error)))?;
                !document.differences(&figures.own).is_empty()
            }
            None => false,
        };
        let closing = last.map(|last| last.revision);
        let standing = Arc::new(Standing { figures, closing, revised });
        // All was read of one generation only if it is still the same.
        if generation(conn).await? == before {
            self.remember(before, reported, reference, &standing);
        }
        Ok(standing)
    }

    fn remembered(&self, generation: &str, reported: &Reported, reference: &Arc<Reference>) -> Option<Arc<Standing>> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = remembered.generation == generation
            && remembered.reference.as_ref().is_some_and(|known| Arc::ptr_eq(known, reference));
        let found = remembered.standings.iter().filter(|_| same).find(|(known, _)| known == reported);
        found.map(|(_, standing)| Arc::clone(standing))
    }

    fn remember(&self, generation: String, reported: &Reported, reference: &Arc<Reference>, standing: &Arc<Standing>) {
        let mut remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = remembered.generation == generation
            && remembered.reference.as_ref().is_some_and(|known| Arc::ptr_eq(known, reference));
        if !same {
            *remembered = Remembered { generation, reference: Some(Arc::clone(reference)), standings: Vec::new() };
        }
        if remembered.standings.len() < REMEMBERED {
            remembered.standings.push((reported.clone(), Arc::clone(standing)));
        }
    }
}
