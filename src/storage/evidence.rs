//! The record as it stands, read page by page for whoever checks or exports it, in the order of
//! [`Evidence`](crate::domain::audit::evidence::Evidence).

use tokio_postgres::{Client, Error, Row as Found, Statement};

use super::column_types::JsonText;
use crate::domain::audit::Hash;
use crate::domain::audit::checkpoint::{Checkpoint, Gap, Signed};
use crate::domain::audit::evidence::{Leaf, Recorded, Row, Taken};
use crate::domain::declaration::Stamps;

/// How many declarations are read at a time.
pub const DECLARATIONS: usize = 1_000;
/// How many leaves are read at a time.
pub const LEAVES: usize = 10_000;
/// How many checkpoints are read at a time.
pub const CHECKPOINTS: usize = 1_000;

/// The columns of `declarations` as they are read, all of them.
const ROW: &str = "number, revision, state, firm, declarant, direction, crossing_point, cargo_class, plate, \
     trader_tax_code, customs_declarations, tracks, content, people, people_salt, people_digest, progress, created_at, \
     declared_at, registered_at, arrived_at, cleared_at, yard_in_at, yard_out_at, ready_at, completed_at, ended_at, \
     left_at, last_action, last_action_at, waiting_since, head, documents_since, inspection_since, \
     inspection_until";

/// The columns of `declarations` that are compared with what the actions add up to; a test holds that there are no others.
#[must_use]
pub fn compared_columns() -> Vec<&'static str> {
    ROW.split(", ").collect()
}

/// The statements of one connection.
pub struct Reading {
    rows: Statement,
    actions: Statement,
    leaves: Statement,
    checkpoints: Statement,
}

impl Reading {
    /// Prepares them.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn prepare(client: &Client) -> Result<Self, Error> {
        let rows = format!("select {ROW} from declarations where number > $1 order by number limit {DECLARATIONS}");
        let leaves = format!(
            "select transaction::text::bigint, declaration, seq, hash from actions
              where (transaction, declaration, seq) > ($1::bigint::text::xid8, $2, $3)
              order by actions.transaction, declaration, seq limit {LEAVES}"
        );
        let checkpoints = format!(
            "select number, previous, key_id, made_at, transactions_from, transactions_to, actions, root, gap_from,
                    gap_until, signature
               from checkpoints where number > $1 order by number limit {CHECKPOINTS}"
        );
        Ok(Self {
            rows: client.prepare(&rows).await?,
            actions: client
                .prepare(
                    "select declaration, seq, action, actor, role, at, recorded_at, details, hash,
                            transaction::text::bigint
                       from actions where declaration > $1 and declaration <= $2 order by declaration, seq",
                )
                .await?,
            leaves: client.prepare(&leaves).await?,
            checkpoints: client.prepare(&checkpoints).await?,
        })
    }

    /// The declarations after the number `after` with their histories, and up to which number that goes; none where
    /// there are no more. Histories without a declaration come among them.
    ///
    /// # Errors
    ///
    /// The database's, and a hash that has not 32 bytes.
    pub async fn declarations(&self, client: &Client, after: i64) -> Result<(Vec<Recorded>, Option<i64>), Error> {
        let found = client.query(&self.rows, &[&after]).await?;
        let mut rows = Vec::with_capacity(found.len());
        for row in &found {
            rows.push((row.try_get(0)?, whole(row)?));
        }
        // Behind the last declaration there may still be actions that lost theirs.
        let to = if rows.len() < DECLARATIONS { None } else { rows.last().map(|(number, _)| *number) };
        let found = client.query(&self.actions, &[&after, &to.unwrap_or(i64::MAX)]).await?;
        let mut rows = rows.into_iter().peekable();
        let mut recorded: Vec<Recorded> = Vec::with_capacity(rows.len());
        for row in &found {
            let number: i64 = row.try_get(0)?;
            if recorded.last().is_none_or(|last| last.number != number) {
                while let Some((before, row)) = rows.next_if(|(before, _)| *before < number) {
                    recorded.push(Recorded { number: before, row: Some(row), actions: Vec::new() });
                }
                let row = rows.next_if(|(same, _)| *same == number).map(|(_, row)| row);
                recorded.push(Recorded { number, row, actions: Vec::new() });
            }
            if let Some(last) = recorded.last_mut() {
                last.actions.push(taken(row)?);
            }
        }
        recorded.extend(rows.map(|(number, row)| Recorded { number, row: Some(row), actions: Vec::new() }));
        Ok((recorded, to))
    }

    /// The leaves after the place `after`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn leaves(&self, client: &Client, after: (i64, i64, i32)) -> Result<Vec<Leaf>, Error> {
        let rows = client.query(&self.leaves, &[&after.0, &after.1, &after.2]).await?;
        rows.iter()
            .map(|row| {
                Ok(Leaf {
                    transaction: row.try_get(0)?,
                    declaration: row.try_get(1)?,
                    seq: row.try_get(2)?,
                    hash: hash(row.try_get(3)?),
                })
            })
            .collect()
    }

    /// The checkpoints after the one numbered `after`.
    ///
    /// # Errors
    ///
    /// The database's.
    pub async fn checkpoints(&self, client: &Client, after: i64) -> Result<Vec<Signed>, Error> {
        client.query(&self.checkpoints, &[&after]).await?.iter().map(checkpoint).collect()
    }
}

/// A hash; one of another length reads as zeros, which no action has.
fn hash(bytes: &[u8]) -> Hash {
    Hash(bytes.try_into().unwrap_or_default())
}

fn json(row: &Found, place: usize) -> Result<String, Error> {
    Ok(row.try_get::<_, JsonText>(place)?.0)
}

fn whole(row: &Found) -> Result<Row, Error> {
    Ok(Row {
        revision: row.try_get(1)?,
        state: row.try_get(2)?,
        firm: row.try_get(3)?,
        declarant: row.try_get(4)?,
        direction: row.try_get(5)?,
        crossing_point: row.try_get(6)?,
        cargo_class: row.try_get(7)?,
        plate: row.try_get(8)?,
        trader_tax_code: row.try_get(9)?,
        customs_declarations: row.try_get(10)?,
        tracks: row.try_get(11)?,
        content: json(row, 12)?,
        people: row.try_get::<_, Option<JsonText>>(13)?.map(|text| text.0),
        people_salt: row.try_get(14)?,
        people_digest: row.try_get(15)?,
        progress: json(row, 16)?,
        stamps: Stamps {
            created_at: row.try_get(17)?,
            declared_at: row.try_get(18)?,
            registered_at: row.try_get(19)?,
            arrived_at: row.try_get(20)?,
            cleared_at: row.try_get(21)?,
            yard_in_at: row.try_get(22)?,
            yard_out_at: row.try_get(23)?,
            ready_at: row.try_get(24)?,
            completed_at: row.try_get(25)?,
            ended_at: row.try_get(26)?,
            left_at: row.try_get(27)?,
        },
        last_action: row.try_get(28)?,
        last_action_at: row.try_get(29)?,
        waiting_since: row.try_get(30)?,
        head: hash(row.try_get(31)?),
        documents_since: row.try_get(32)?,
        inspection_since: row.try_get(33)?,
        inspection_until: row.try_get(34)?,
    })
}

fn taken(row: &Found) -> Result<Taken, Error> {
    Ok(Taken {
        seq: row.try_get(1)?,
        action: row.try_get(2)?,
        actor: row.try_get(3)?,
        role: row.try_get(4)?,
        at: row.try_get(5)?,
        recorded_at: row.try_get(6)?,
        details: json(row, 7)?,
        hash: hash(row.try_get(8)?),
        transaction: row.try_get(9)?,
    })
}

fn checkpoint(row: &Found) -> Result<Signed, Error> {
    let (from, until): (Option<_>, Option<_>) = (row.try_get(8)?, row.try_get(9)?);
    Ok(Signed {
        checkpoint: Checkpoint {
            number: row.try_get(0)?,
            previous: hash(row.try_get(1)?),
            key_id: row.try_get(2)?,
            made_at: row.try_get(3)?,
            transactions_from: row.try_get(4)?,
            transactions_to: row.try_get(5)?,
            actions: row.try_get(6)?,
            root: hash(row.try_get(7)?),
            gap: from.zip(until).map(|(from, until)| Gap { from, until }),
        },
        signature: row.try_get::<_, &[u8]>(10)?.try_into().unwrap_or([0; 64]),
    })
}
