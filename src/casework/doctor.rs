//! Recounting everything, to see that the statistics, the vehicles' places and those in yards, bays and hours are what the
//! declarations say.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use tokio_postgres::{Client, Row};

use crate::domain::audit::Hash;
use crate::domain::closing::Closing;
use crate::domain::declaration::Declaration;
use crate::domain::dwell::{Bucket, Dwell, Pair};
use crate::domain::throughput::{Cell, Counts, MEASURES, Measure, StockChange};
use crate::storage::declarations::{self, STORED_COLUMNS, Unreadable};

/// How many declarations are read at a time.
const PAGE: usize = 2_000;

/// Why a recount could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] tokio_postgres::Error),
    /// A row that holds no declaration.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A counter's row that is none of ours.
    #[error("a row of the counters cannot be read: {0}")]
    Counter(String),
}

/// One thing that is not as the declarations say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// A counter.
    Count {
        /// Which cell.
        cell: Cell,
        /// Which measure.
        measure: Measure,
        /// What the counters say.
        counted: i64,
        /// What the declarations add up to.
        recounted: i64,
    },
    /// A place in a room that runs out: a yard, a bay, an hour.
    Room {
        /// The room's name.
        room: String,
        /// The declaration.
        declaration: i64,
        /// Whether it holds a place there that is not due to it; otherwise one is due to it that it does not hold.
        held: bool,
    },
    /// A month's share of the stock: vehicles inside, and registered ones that have not arrived.
    Stock {
        /// Which cell; its day is the month's first.
        cell: Cell,
        /// What the stock says.
        counted: StockChange,
        /// What the declarations add up to.
        recounted: StockChange,
    },
    /// How many vehicles took so long.
    Dwell {
        /// Which cell.
        cell: Cell,
        /// From which stamp to which.
        pair: Pair,
        /// How long.
        bucket: Bucket,
        /// What is counted.
        counted: i64,
        /// What the declarations add up to.
        recounted: i64,
    },
    /// A closing that is not what was signed, or not where it was.
    Closing {
        /// Its place in the chain.
        seq: i64,
        /// Its period.
        period: String,
        /// Which closing of the period it is.
        revision: i32,
        /// What is wrong.
        fault: &'static str,
    },
    /// A place among the active vehicles.
    Place {
        /// The vehicle and its direction.
        vehicle: (String, String),
        /// The declaration that holds it, if any.
        held_by: Option<i64>,
        /// The declaration that should, if any.
        due_to: Option<i64>,
    },
    /// A receipt that an action names and that is not kept as its own, or one that no action names.
    Receipt {
        /// The declaration and the action.
        action: (i64, i32),
        /// What the action names; none where it names none, or is none about money.
        named: Option<String>,
        /// What is kept; none where none is.
        kept: Option<String>,
    },
    /// A day's takings at a crossing point.
    Takings {
        /// The local day.
        day: NaiveDate,
        /// Where.
        crossing_point: String,
        /// What the receipts add up to, in whole dong.
        received: i64,
        /// What the counters say.
        counted: i64,
    },
}

/// What the receipts of the actions are, against those that are kept; and the days' sums against the counters.
/// Actions from before there were receipts do not name theirs.
const RECEIPTS: &str = "
    with said as (
        select declaration, seq, case action when 'fee.pay' then 'payment' else 'refund' end as kind,
               details ->> 'receipt' as receipt
          from actions where action in ('fee.pay', 'fee.refund')
        union all
        select declaration, seq, 'payment', details -> 'carried' -> 'fee' ->> 'receipt'
          from actions where action = 'take_over' and details -> 'carried' -> 'fee' ->> 'receipt' is not null)
    select coalesce(said.declaration, kept.declaration), coalesce(said.seq, kept.seq), said.receipt, kept.receipt
      from said full join receipts kept on kept.declaration = said.declaration and kept.seq = said.seq
     where said.declaration is null or kept.declaration is null
        or kept.kind <> said.kind or kept.receipt <> upper(said.receipt)";

/// Days and crossing points whose receipts do not add up to what the counters say was taken.
const TAKINGS: &str = "
    select coalesce(r.day, t.day), coalesce(r.crossing_point, t.crossing_point), coalesce(r.vnd, 0), coalesce(t.vnd, 0)
      from (select day, crossing_point, sum(amount_vnd)::bigint as vnd from receipts group by day, crossing_point) r
      full join (select day, crossing_point, sum(fees_vnd)::bigint as vnd from throughput group by day, crossing_point) t
        on t.day = r.day and t.crossing_point = r.crossing_point
     where coalesce(r.vnd, 0) <> coalesce(t.vnd, 0)";

/// What was looked at, and what differs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// How many declarations were recounted.
    pub declarations: u64,
    /// How many counters were compared.
    pub counters: u64,
    /// How many months' shares of the stock were compared.
    pub stocks: u64,
    /// How many dwell counts were compared.
    pub dwells: u64,
    /// How many closings were looked at, each with the one before it.
    pub closings: u64,
    /// How many places of vehicles were compared.
    pub places: u64,
    /// How many receipts were compared.
    pub receipts: u64,
    /// How many places in yards, bays and hours were compared.
    pub rooms: u64,
    /// What differs; nothing, if all is well.
    pub differences: Vec<Difference>,
}

/// Recounts everything in one snapshot; after each page `progress` is told how many declarations were read.
///
/// Reads every declaration, in flat memory but for the counters themselves and the active vehicles.
///
/// # Errors
///
/// [`DoctorError`].
pub async fn recount(client: &Client, mut progress: impl FnMut(u64)) -> Result<Findings, DoctorError> {
    // It takes as long as there are declarations, and he who asked waits for it: the limits of an answer are not for it.
    client
        .batch_execute(
            "begin isolation level repeatable read read only;
             set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0",
        )
        .await?;
    let outcome = recount_within(client, &mut progress).await;
    client.batch_execute("rollback").await?;
    outcome
}

/// As [`recount`], within a transaction of the caller's.
///
/// # Errors
///
/// [`DoctorError`].
pub async fn recount_within(client: &Client, progress: &mut impl FnMut(u64)) -> Result<Findings, DoctorError> {
    let mut findings = Findings::default();
    let mut counts = Counts::default();
    let mut dwell = Dwell::default();
    let mut due: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut due_rooms: BTreeSet<(String, i64)> = BTreeSet::new();
    let cursor = format!("declare everything no scroll cursor for select {STORED_COLUMNS} from declarations");
    client.batch_execute(&cursor).await?;
    loop {
        let rows = client.query(&format!("fetch {PAGE} from everything"), &[]).await?;
        for row in &rows {
            let declaration: Declaration = declarations::of_row(row)??;
            counts.add(&declaration, 1);
            dwell.add(&declaration, 1);
            if let Some(vehicle) = declaration.place_taken() {
                due.insert((vehicle, declaration.content.direction.to_string()), declaration.number.as_i64());
            }
            let rooms = declaration.rooms().into_iter();
            due_rooms.extend(rooms.map(|room| (room.to_string(), declaration.number.as_i64())));
            findings.declarations += 1;
        }
        progress(findings.declarations);
        if rows.len() < PAGE {
            break;
        }
    }
    compare_counters(client, &counts, &mut findings).await?;
    compare_stock(client, &counts, &mut findings).await?;
    compare_dwell(client, &dwell, &mut findings).await?;
    compare_places(client, due, &mut findings).await?;
    check_closings(client, &mut findings).await?;
    compare_receipts(client, &mut findings).await?;
    compare_rooms(client, due_rooms, &mut findings).await?;
    Ok(findings)
}

/// The cell whose day, crossing point, direction and cargo class are the first four columns.
fn cell_of(row: &Row) -> Result<Cell, DoctorError> {
    let unreadable = |error: crate::domain::words::UnknownWord| DoctorError::Counter(error.to_string());
    Ok(Cell {
        day: row.try_get(0)?,
        crossing_point: row.try_get(1)?,
        direction: row.try_get::<_, &str>(2)?.parse().map_err(unreadable)?,
        cargo_class: row.try_get::<_, &str>(3)?.parse().map_err(unreadable)?,
    })
}

/// Each key of either side with what stands there on both, nothing where there is nothing.
fn beside<K: Ord + Clone, V: Copy + Default>(counted: &BTreeMap<K, V>, recounted: &BTreeMap<K, V>) -> Vec<(K, V, V)> {
    let keys: BTreeSet<&K> = counted.keys().chain(recounted.keys()).collect();
    let of = |side: &BTreeMap<K, V>, key: &K| side.get(key).copied().unwrap_or_default();
    keys.into_iter().map(|key| (key.clone(), of(counted, key), of(recounted, key))).collect()
}

async fn compare_counters(client: &Client, counts: &Counts, findings: &mut Findings) -> Result<(), DoctorError> {
    let columns: Vec<String> = Measure::WORDS.iter().map(|word| format!("\"{word}\"")).collect();
    let sql = format!("select day, crossing_point, direction, cargo_class, {} from throughput", columns.join(", "));
    let mut counted: BTreeMap<Cell, [i64; MEASURES]> = BTreeMap::new();
    for row in client.query(&sql, &[]).await? {
        let mut amounts = [0; MEASURES];
        for (place, amount) in amounts.iter_mut().enumerate() {
            *amount = row.try_get(4 + place)?;
        }
        counted.insert(cell_of(&row)?, amounts);
    }
    let recounted = counts.iter().map(|(cell, amounts)| (cell.clone(), *amounts)).collect();
    for (cell, counted, recounted) in beside(&counted, &recounted) {
        for ((measure, counted), recounted) in Measure::VARIANTS.iter().zip(counted).zip(recounted) {
            findings.counters += 1;
            if counted != recounted {
                findings.differences.push(Difference::Count {
                    cell: cell.clone(),
                    measure: *measure,
                    counted,
                    recounted,
                });
            }
        }
    }
    Ok(())
}

async fn compare_stock(client: &Client, counts: &Counts, findings: &mut Findings) -> Result<(), DoctorError> {
    let sql = "select month, crossing_point, direction, cargo_class, inside, registered from stock";
    let mut counted: BTreeMap<Cell, StockChange> = BTreeMap::new();
    for row in client.query(sql, &[]).await? {
        counted.insert(cell_of(&row)?, StockChange { inside: row.try_get(4)?, registered: row.try_get(5)? });
    }
    for (cell, counted, recounted) in beside(&counted, &counts.stock()) {
        findings.stocks += 1;
        if counted != recounted {
            findings.differences.push(Difference::Stock { cell, counted, recounted });
        }
    }
    Ok(())
}

async fn compare_dwell(client: &Client, dwell: &Dwell, findings: &mut Findings) -> Result<(), DoctorError> {
    let sql = "select day, crossing_point, direction, cargo_class, pair, bucket, vehicles from dwell";
    let mut counted: BTreeMap<(Cell, Pair, Bucket), i64> = BTreeMap::new();
    for row in client.query(sql, &[]).await? {
        let pair = row.try_get::<_, &str>(4)?.parse();
        let pair = pair.map_err(|error: crate::domain::words::UnknownWord| DoctorError::Counter(error.to_string()))?;
        let bucket: i16 = row.try_get(5)?;
        let bucket = Bucket::at(bucket).ok_or_else(|| DoctorError::Counter(format!("there is no bucket {bucket}")))?;
        counted.insert((cell_of(&row)?, pair, bucket), row.try_get(6)?);
    }
    let recounted =
        dwell.iter().map(|(cell, pair, bucket, vehicles)| ((cell.clone(), pair, bucket), vehicles)).collect();
    for ((cell, pair, bucket), counted, recounted) in beside(&counted, &recounted) {
        findings.dwells += 1;
        if counted != recounted {
            findings.differences.push(Difference::Dwell { cell, pair, bucket, counted, recounted });
        }
    }
    Ok(())
}

async fn compare_places(
    client: &Client,
    mut due: BTreeMap<(String, String), i64>,
    findings: &mut Findings,
) -> Result<(), DoctorError> {
    for row in client.query("select vehicle, direction, declaration from vehicles_present", &[]).await? {
        let vehicle: (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let held_by: i64 = row.try_get(2)?;
        let due_to = due.remove(&vehicle);
        findings.places += 1;
        if due_to != Some(held_by) {
            findings.differences.push(Difference::Place { vehicle, held_by: Some(held_by), due_to });
        }
    }
    for (vehicle, number) in due {
        findings.places += 1;
        findings.differences.push(Difference::Place { vehicle, held_by: None, due_to: Some(number) });
    }
    Ok(())
}

/// Checks the chain of closings; their signatures are for whoever has the keys.
async fn check_closings(client: &Client, findings: &mut Findings) -> Result<(), DoctorError> {
    let columns = "seq, period, revision, closed_at, closed_by, document, hash, kid, signature";
    let mut before: Option<Closing> = None;
    loop {
        let sql = format!("select {columns} from closings where seq > $1 order by seq limit 1");
        let after = before.as_ref().map_or(0, |before| before.seq);
        let Some(row) = client.query_opt(&sql, &[&after]).await? else { return Ok(()) };
        let closing = Closing {
            seq: row.try_get(0)?,
            period: row.try_get(1)?,
            revision: row.try_get(2)?,
            closed_at: row.try_get(3)?,
            closed_by: row.try_get(4)?,
            document: row.try_get(5)?,
            hash: Hash(row.try_get::<_, Vec<u8>>(6)?.try_into().unwrap_or_default()),
            kid: row.try_get(7)?,
            signature: row.try_get(8)?,
        };
        findings.closings += 1;
        if let Some(fault) = closing.fault(before.as_ref()) {
            let (seq, period, revision) = (closing.seq, closing.period.clone(), closing.revision);
            findings.differences.push(Difference::Closing { seq, period, revision, fault });
        }
        before = Some(closing);
    }
}

async fn compare_receipts(client: &Client, findings: &mut Findings) -> Result<(), DoctorError> {
    let count: i64 = client.query_one("select count(*) from receipts", &[]).await?.try_get(0)?;
    findings.receipts = u64::try_from(count).unwrap_or(0);
    for row in client.query(RECEIPTS, &[]).await? {
        let action = (row.try_get(0)?, row.try_get(1)?);
        findings.differences.push(Difference::Receipt { action, named: row.try_get(2)?, kept: row.try_get(3)? });
    }
    for row in client.query(TAKINGS, &[]).await? {
        findings.differences.push(Difference::Takings {
            day: row.try_get(0)?,
            crossing_point: row.try_get(1)?,
            received: row.try_get(2)?,
            counted: row.try_get(3)?,
        });
    }
    Ok(())
}

async fn compare_rooms(
    client: &Client,
    mut due: BTreeSet<(String, i64)>,
    findings: &mut Findings,
) -> Result<(), DoctorError> {
    for row in client.query("select room, declaration from places order by room, place", &[]).await? {
        let held: (String, i64) = (row.try_get(0)?, row.try_get(1)?);
        findings.rooms += 1;
        if !due.remove(&held) {
            let (room, declaration) = held;
            findings.differences.push(Difference::Room { room, declaration, held: true });
        }
    }
    for (room, declaration) in due {
        findings.rooms += 1;
        findings.differences.push(Difference::Room { room, declaration, held: false });
    }
    Ok(())
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = |number: &Option<i64>| {
            let number = number.and_then(crate::domain::number::Number::from_i64);
            number.map_or_else(|| "none".to_owned(), |number| number.to_string())
        };
        match self {
            Self::Count { cell, measure, counted, recounted } => write!(
                f,
                "{measure} on {} at {} ({}, {}): the counter says {counted}, the declarations {recounted}",
                cell.day, cell.crossing_point, cell.direction, cell.cargo_class
            ),
            Self::Room { room, declaration, held: true } => {
                write!(f, "{} holds a place in {room} that is not due to it", name(&Some(*declaration)))
            }
            Self::Room { room, declaration, held: false } => {
                write!(f, "a place in {room} is due to {}, which holds none", name(&Some(*declaration)))
            }
            Self::Stock { cell, counted, recounted } => write!(
                f,
                "the stock of {} at {} ({}, {}): it says {} inside and {} registered, the declarations {} and {}",
                cell.day.format("%Y-%m"),
                cell.crossing_point,
                cell.direction,
                cell.cargo_class,
                counted.inside,
                counted.registered,
                recounted.inside,
                recounted.registered
            ),
            Self::Dwell { cell, pair, bucket, counted, recounted } => write!(
                f,
                "from {pair} about {:.0} s on {} at {} ({}, {}): {counted} vehicles are counted, the declarations say \
                 {recounted}",
                bucket.seconds(),
                cell.day,
                cell.crossing_point,
                cell.direction,
                cell.cargo_class
            ),
            Self::Closing { seq, period, revision, fault } => {
                write!(f, "closing {seq} ({period}, revision {revision}): {fault}")
            }
            Self::Place { vehicle: (vehicle, direction), held_by, due_to } => write!(
                f,
                "the place of {vehicle} ({direction}) is held by {}, and due to {}",
                name(held_by),
                name(due_to)
            ),
            Self::Receipt { action: (number, seq), named, kept } => {
                let said = |receipt: &Option<String>| receipt.clone().unwrap_or_else(|| "none".to_owned());
                let number = name(&Some(*number));
                write!(f, "action {seq} of {number} names the receipt {}, and kept is {}", said(named), said(kept))
            }
            Self::Takings { day, crossing_point, received, counted } => write!(
                f,
                "the takings of {day} at {crossing_point}: the receipts add up to {received} dong, the counters say {counted}"
            ),
        }
    }
}
