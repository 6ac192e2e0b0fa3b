//! The whole record in one snapshot, piece by piece, for whoever checks or exports it.

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::Sender;
use tokio_postgres::{Client, Error};

use crate::domain::audit::evidence::{Beginning, End, Evidence, FORM, Leaf};
use crate::storage::evidence::{CHECKPOINTS, LEAVES, Reading};

/// Reads everything in one snapshot and sends it on, many pieces at a time; memory stays flat, since the one who takes
/// them is waited for. How much it was.
///
/// # Errors
///
/// The database's.
pub async fn gather(client: &Client, now: DateTime<Utc>, to: &Sender<Vec<Evidence>>) -> Result<End, Error> {
    // A page is read in a moment, but he who takes it may need longer; the order is that of the indexes.
    client
        .batch_execute(
            "set statement_timeout = '60s'; set idle_in_transaction_session_timeout = 0; set enable_sort = off; set jit = off;
             begin isolation level repeatable read read only",
        )
        .await?;
    let outcome = within_snapshot(client, now, to).await;
    client.batch_execute("rollback").await?;
    outcome
}

async fn within_snapshot(client: &Client, now: DateTime<Utc>, to: &Sender<Vec<Evidence>>) -> Result<End, Error> {
    let reading = Reading::prepare(client).await?;
    let mut end = End::default();
    // Whoever has gone away wants no more: what is sent to him is dropped.
    let send = async |pieces: Vec<Evidence>| drop(to.send(pieces).await);
    send(vec![Evidence::Export(Beginning { form: FORM, made_at: now, people: true })]).await;
    let mut after = Some(i64::MIN);
    while let Some(from) = after {
        let (recorded, next) = reading.declarations(client, from).await?;
        after = next;
        end.declarations += recorded.iter().map(|one| u64::from(one.row.is_some())).sum::<u64>();
        end.actions += recorded.iter().map(|one| count(one.actions.len())).sum::<u64>();
        send(recorded.into_iter().map(|one| Evidence::Declaration(Box::new(one))).collect()).await;
    }
    let mut after = 0;
    let mut leaves = Leaves { place: (0, i64::MIN, 0), page: Vec::new().into_iter(), ended: false };
    loop {
        let page = reading.checkpoints(client, after).await?;
        for signed in &page {
            after = signed.checkpoint.number;
            leaves.send_to(signed.checkpoint.transactions_to, &reading, client, to).await?;
            send(vec![Evidence::Checkpoint(signed.clone())]).await;
        }
        end.checkpoints += count(page.len());
        if page.len() < CHECKPOINTS {
            break;
        }
    }
    leaves.send_to(i64::MAX, &reading, client, to).await?;
    send(vec![Evidence::End(end)]).await;
    Ok(end)
}

/// The actions in the order of their commits, read page by page.
struct Leaves {
    place: (i64, i64, i32),
    page: std::vec::IntoIter<Leaf>,
    ended: bool,
}

impl Leaves {
    /// Sends on those before the transaction `before`.
    async fn send_to(
        &mut self,
        before: i64,
        reading: &Reading,
        client: &Client,
        to: &Sender<Vec<Evidence>>,
    ) -> Result<(), Error> {
        loop {
            let mut pieces = Vec::new();
            while let Some(leaf) = self.page.as_slice().first().filter(|leaf| leaf.transaction < before) {
                self.place = leaf.place();
                pieces.push(Evidence::Leaf(*leaf));
                self.page.next();
            }
            drop(to.send(pieces).await);
            if self.page.len() > 0 || self.ended {
                return Ok(());
            }
            let page = reading.leaves(client, self.place).await?;
            self.ended = page.len() < LEAVES;
            self.page = page.into_iter();
        }
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
