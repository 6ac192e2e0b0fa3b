//! Under fire: while many declare, singly and in bulk, act, revoke, transfer and import, every figure equals a recount in the same
//! snapshot, again and again.

use std::sync::atomic::{AtomicBool, Ordering};

use border_gate::casework::doctor::{recount, recount_within};
use border_gate::casework::import::Import;
use border_gate::casework::writer::Writer;
use border_gate::demo;
use border_gate::domain::dwell::{Distribution, Pair};
use border_gate::domain::period::Span;
use border_gate::intake::{Line, Read};
use border_gate::storage::dwell::{Apart, buckets};
use border_gate::storage::pool::connect;
use border_gate::storage::throughput::backlog;
use chrono::{DateTime, Duration, Utc};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use serde_json::{Value, json};
use tokio::sync::RwLock;
use tokio_postgres::Client;

use crate::casework::{rule_book, tractor};
use crate::exact::{Dice, stir};
use crate::support::gate::{TestGate, declarant};

/// How many act at once.
const CLIENTS: u64 = 64;

/// How often each of them does something; `UNDER_FIRE` has them go on for longer.
fn steps() -> usize {
    std::env::var("UNDER_FIRE").ok().and_then(|steps| steps.parse().ok()).unwrap_or(8)
}

/// The vehicles inside and the registered ones at an instant, by crossing point, direction and cargo class: counted
/// from the declarations themselves.
const INSIDE: &str = "
    select crossing_point, direction, cargo_class,
           count(*) filter (where arrived_at <= $1), count(*) filter (where (arrived_at <= $1) is not true)
      from declarations
     where cargo_class is not null and registered_at <= $1 and (coalesce(completed_at, ended_at) <= $1) is not true
     group by 1, 2, 3 order by 1, 2, 3";

/// What each local day's end found open, by the counters' identity and by the declarations: where the two differ.
///
/// What was open before a span, and what was declared and transferred in during it, is what is open after it and what
/// ended during it: for every span, since it holds from the beginning to the end of each day.
const OPEN: &str = "
    with counted as (
        select day, crossing_point, direction, cargo_class,
               sum(declared + transferred_in - completed - cancelled - rejected - expired - turned_back - transferred)
                   over (partition by crossing_point, direction, cargo_class order by day) as open
          from throughput),
    lives as (
        select crossing_point, direction, cargo_class,
               ((case when progress ->> 'transferred_from' is null then declared_at else created_at end)
                   at time zone interval '7 hours')::date as came,
               (coalesce(completed_at, ended_at) at time zone interval '7 hours')::date as went
          from declarations where cargo_class is not null)
    select c.day::text, c.crossing_point, c.open::bigint, count(l.came)
      from counted c left join lives l on l.crossing_point = c.crossing_point and l.direction = c.direction
           and l.cargo_class = c.cargo_class and l.came <= c.day and (l.went <= c.day) is not true
     group by c.day, c.crossing_point, c.direction, c.cargo_class, c.open having c.open <> count(l.came)";

/// The seconds that each vehicle took, in their order.
fn taken(pair: Pair) -> String {
    let (first, second) = pair.as_str().split_once(',').unwrap();
    format!(
        "select greatest(extract(epoch from {second}_at - {first}_at)::bigint, 0) from declarations
          where cargo_class is not null and {first}_at is not null and {second}_at is not null order by 1"
    )
}

/// The minutes that so many percent did not exceed, by the nearest rank.
#[expect(clippy::cast_precision_loss, reason = "a century has fewer than 2^52 seconds")]
fn exact(seconds: &[i64], percent: i64) -> Option<f64> {
    let rank = (seconds.len() * usize::try_from(percent).unwrap()).div_ceil(100);
    rank.checked_sub(1).map(|place| seconds[place] as f64 / 60.0)
}

/// Compares every measure with a recount in one snapshot; how many figures of dwell it looked at.
async fn check(client: &Client, other: &mut AsyncPgConnection, now: DateTime<Utc>, dice: &mut Dice) -> i64 {
    client.batch_execute("begin isolation level repeatable read read only").await.unwrap();
    let findings = recount_within(client, &mut |_| ()).await.unwrap();
    assert_eq!(findings.differences, []);
    let open = client.query(OPEN, &[]).await.unwrap();
    assert!(open.is_empty(), "what is open is not what came and has not ended: {open:?}");

    // What the service reads, on a connection that sees the same.
    let snapshot: String = client.query_one("select pg_export_snapshot()", &[]).await.unwrap().get(0);
    let same = format!("begin isolation level repeatable read read only; set transaction snapshot '{snapshot}'");
    other.batch_execute(&same).await.unwrap();
    for _ in 0..4 {
        let at = now - Duration::minutes(i64::try_from(dice.below(120 * 24 * 60)).unwrap());
        let stood: Vec<(String, String, String, i64, i64)> = backlog(other, at)
            .await
            .unwrap()
            .into_iter()
            .map(|one| {
                (one.crossing_point, one.direction.to_string(), one.cargo_class.to_string(), one.inside, one.registered)
            })
            .filter(|one| one.3 != 0 || one.4 != 0)
            .collect();
        let rows = client.query(INSIDE, &[&at]).await.unwrap();
        let recounted: Vec<(String, String, String, i64, i64)> =
            rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4))).collect();
        assert_eq!(stood, recounted, "at {at}");
    }
    let mut looked = 0;
    for pair in Pair::VARIANTS {
        let always = Span { from: "2000-01-01".parse().unwrap(), to: "2100-01-01".parse().unwrap() };
        let mut distribution = Distribution::default();
        for one in buckets(other, &[always], *pair, Apart::default()).await.unwrap() {
            distribution.add(one.bucket, one.vehicles);
        }
        let rows = client.query(&taken(*pair), &[]).await.unwrap();
        let seconds: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(distribution.count(), i64::try_from(seconds.len()).unwrap(), "{pair}");
        for percent in [50, 90, 99] {
            match (distribution.percentile(percent), exact(&seconds, percent)) {
                (Some(found), Some(exact)) => {
                    assert!((found - exact).abs() <= 0.05 * exact, "{pair}: {found} is not {exact}");
                }
                (found, exact) => assert_eq!(found, exact, "{pair}"),
            }
        }
        looked += distribution.count();
    }
    other.batch_execute("rollback").await.unwrap();
    client.batch_execute("rollback").await.unwrap();
    looked
}

/// One who declares, and does to what he declared and to what others made of it whatever is open.
async fn client(gate: &TestGate, place: u64, hour: &RwLock<()>) {
    let mut dice = Dice(place);
    let mut own = Vec::new();
    for step in 0..steps() {
        if step % 8 == 0 {
            // There is room for two batches at once; the others declare one by one.
            let bodies = (0..if place < 2 { 16 } else { 1 }).map(|nth| {
                let mut body = tractor(&format!("桂F{}", 20_000 + place * 100 + nth + step as u64 % 100));
                body["planned_arrival"] = json!(gate.now() + Duration::hours(1));
                body["transshipment"] = json!(place.is_multiple_of(3));
                body["crossing_point"] = json!(["HUU_NGHI", "TAN_THANH"][dice.below(2)]);
                body.to_string()
            });
            let bodies: Vec<String> = bodies.collect();
            let same = hour.read().await;
            let answers = if place < 2 {
                let kind = [("Content-Type", "application/x-ndjson")];
                let batch = "/api/v1/declarations/batch";
                let reply = gate.ask(Some(&declarant(1)), "POST", batch, &kind, bodies.join("\n")).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
            } else {
                let kind = [("Content-Type", "application/json")];
                let declared = gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations", &kind, &bodies[0]).await;
                // One of the random plates may be there already.
                assert!(matches!(declared.status, 201 | 409), "{}", declared.text);
                vec![declared.json()]
            };
            drop(same);
            own.extend(answers.iter().filter_map(|answer: &Value| answer["number"].as_str().map(str::to_owned)));
        }
        for number in &own {
            let _same = hour.read().await;
            stir(gate, number, &mut dice).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_sixty_four_act_and_a_file_is_imported_no_figure_is_ever_another_than_a_recount() {
    let gate = TestGate::open().await;
    let import = Import {
        // Another instance, in effect.
        writer: Writer::start(gate.database.url().to_owned(), gate.clock.clone(), rule_book()).unwrap(),
        pool: gate.database.pool(),
        rules: rule_book(),
        clock: gate.clock.clone(),
        firm: None,
        create_firms: true,
        dry_run: false,
    };
    let some = demo::quarter(demo::SEED).step_by(400);
    let lines = (1..).zip(some).map(|(line, history)| Ok(Read { line, says: Line::History(Box::new(history)) }));
    // The file says what came later than the gate's present moment, too.
    gate.clock.set("2025-05-01T00:00:00Z".parse().unwrap());
    let over = AtomicBool::new(false);
    // A token holds for a quarter of an hour: while one is on its way it does not get later.
    let hour = RwLock::new(());
    let fire = async {
        let clients = futures_util::future::join_all((0..CLIENTS).map(|place| client(&gate, place, &hour)));
        let imported = Box::pin(import.run(lines, |error| panic!("{error:?}"), |_| ()));
        let (_, tally) = tokio::join!(clients, imported);
        over.store(true, Ordering::Relaxed);
        tally.unwrap()
    };
    let watch = async {
        let (client, _driving) = connect(gate.database.url()).await.unwrap();
        let pool = gate.database.pool();
        let mut other = pool.get().await.unwrap();
        let (mut rounds, mut looked, mut dice) = (0, 0, Dice(1));
        while !over.load(Ordering::Relaxed) {
            looked = check(&client, &mut other, gate.now(), &mut dice).await;
            // Days and months go by.
            let _nobody_asks = hour.write().await;
            gate.clock.set(gate.now() + Duration::minutes(397));
            rounds += 1;
        }
        looked = looked.max(check(&client, &mut other, gate.now(), &mut dice).await);
        (rounds, looked)
    };
    let (tally, (rounds, looked)) = tokio::join!(fire, watch);
    assert!(tally.taken_in > 200, "{tally:?}");
    assert!(rounds > 2 && looked > 200, "{rounds} rounds, {looked} times");

    // What a database that is older has not kept is made up for by the migration.
    let admin = gate.database.admin().await;
    admin.batch_execute(include_str!("../migrations/0011_statistics/down.sql")).await.unwrap();
    admin.batch_execute(include_str!("../migrations/0011_statistics/up.sql")).await.unwrap();
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    let findings = recount(&client, |_| ()).await.unwrap();
    assert_eq!(findings.differences, []);
    assert!(findings.dwells > 200 && findings.stocks > 10, "{findings:?}");
}
