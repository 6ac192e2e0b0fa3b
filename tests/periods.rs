//! Any period and how long vehicles took, over HTTP: what is compared with what, what is remembered, what it costs.

use border_gate::domain::actor::Actor;
use border_gate::domain::period::Span;
use border_gate::domain::workflow::{QuarantineKind, Role};
use border_gate::storage::dwell::{Apart, buckets};
use border_gate::storage::throughput::{backlog, sums};
use chrono::Duration;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer, quarantine};

fn analyst() -> Actor {
    officer(Role::Analyst, &[])
}

async fn read(gate: &TestGate, path: &str) -> Value {
    let reply = gate.get(&analyst(), &format!("/api/v1/statistics/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

async fn declared(gate: &TestGate, day: &str, direction: &str, vehicles: i64) {
    let sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, declared)
         values ('{day}', 'HUU_NGHI', '{direction}', 'fruit', {vehicles})"
    );
    gate.database.admin().await.simple_query(&sql).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leap_quarter_is_compared_by_the_day_as_well() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    declared(&gate, "2024-02-29", "export", 91_000).await;
    declared(&gate, "2025-02-28", "export", 90_000).await;
    declared(&gate, "2025-03-01", "import", 500).await;

    let change = read(&gate, "quarters/2025-Q1").await["change"].clone();
    let plain = &change["same_quarter_last_year"]["declared"];
    assert_eq!(*plain, json!({"total": -0.0055, "export": -0.011, "import": null}));
    let a_day = &change["per_day"]["same_quarter_last_year"]["declared"];
    assert_eq!(*a_day, json!({"total": 0.0056, "export": 0.0, "import": null}), "1,000 a day in both years");
    assert_eq!(change["per_day"]["previous_quarter"]["declared"]["total"], Value::Null);

    let leap = read(&gate, "quarters/2024-Q1").await;
    assert_eq!((&leap["declared"]["total"], &leap["to"]), (&json!(91_000), &json!("2024-04-01")));
    let nothing = json!({"total": null, "export": null, "import": null});
    for period in ["previous_quarter", "same_quarter_last_year"] {
        assert_eq!(leap["change"][period]["declared"], nothing, "2023 has no figures: not 0 %");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_period_is_compared_with_the_one_before_and_last_years() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    for (day, vehicles) in [
        ("2024-02-29", 4),
        ("2024-03-31", 8),
        ("2025-02-28", 10),
        ("2025-03-24", 20),
        ("2025-03-30", 5),
        ("2025-03-31", 6),
    ] {
        declared(&gate, day, "export", vehicles).await;
    }
    for (period, from, to, total, previous, last_year, per_day) in [
        ("2025-03-31", "2025-03-31", "2025-04-01", 6, json!(0.2), json!(-0.25), json!(0.2)),
        ("2025-W13", "2025-03-24", "2025-03-31", 25, json!(null), json!(2.125), json!(null)),
        ("2025-03", "2025-03-01", "2025-04-01", 31, json!(2.1), json!(2.875), json!(1.8)),
        ("2025-02", "2025-02-01", "2025-03-01", 10, json!(null), json!(1.5), json!(null)),
        ("2024-02-29", "2024-02-29", "2024-03-01", 4, json!(null), json!(null), json!(null)),
        // A year under way: 90 of its days have begun, and the one of 1 April.
        ("2025", "2025-01-01", "2026-01-01", 41, json!(2.4167), json!(2.4167), json!(12.7418)),
        ("2025-03-30..2025-04-01", "2025-03-30", "2025-04-01", 11, json!(null), json!(0.375), json!(null)),
    ] {
        let report = read(&gate, &format!("periods/{period}")).await;
        assert_eq!((&report["period"], &report["from"], &report["to"]), (&json!(period), &json!(from), &json!(to)));
        assert_eq!(report["declared"]["total"], total, "{period}");
        let change = &report["change"];
        let of = |change: &Value| change["declared"]["total"].clone();
        let found = (
            of(&change["previous_period"]),
            of(&change["same_period_last_year"]),
            of(&change["per_day"]["previous_period"]),
        );
        assert_eq!(found, (previous, last_year, per_day), "{period}");
        assert_eq!(report["closed"], period != "2025", "{period}");
    }
    let future = read(&gate, "periods/2025-05").await;
    assert_eq!((&future["closed"], &future["declared"]["total"]), (&json!(false), &json!(0)));
    let csv = gate.get(&analyst(), "/api/v1/statistics/periods/2025-03-30..2025-04-01?format=csv").await;
    assert!(csv.text.contains("\r\n2025-03-30..2025-04-01,total,,,export,11,0,"), "{}", csv.text);
    assert!(csv.text.contains(",change_per_day,same_period_last_year,,total,0.375,"), "{}", csv.text);
    assert!(csv.header("content-disposition").unwrap().contains("2025-03-30-to-2025-04-01.csv"));
    for wrong in ["2025-Q5", "2025-13", "2025-W54", "2025-02-29", "1999", "2025-03-02..2025-03-01", "2025%00"] {
        let reply = gate.get(&analyst(), &format!("/api/v1/statistics/periods/{wrong}?revision=x")).await;
        let mut faults = reply.faults();
        faults.sort();
        let fault = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(
            (reply.status, faults),
            (422, vec![fault("/period", "period-format"), fault("/revision", "wrong-type")])
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_is_never_shown_once_anybody_has_written() {
    let gate = TestGate::open().await;
    declared(&gate, "2025-03-01", "export", 1).await;
    let admin = gate.database.admin().await;
    for round in 1..20 {
        for path in ["quarters/2025-Q1", "periods/2025-03", "quarters/2025-Q1"] {
            assert_eq!(read(&gate, path).await["declared"]["total"], round, "{path}");
        }
        // Another instance, for all that this one knows.
        let sql = "update throughput set declared = declared + 1";
        if round % 2 == 0 {
            admin.simple_query(sql).await.unwrap();
        } else {
            // While it is not committed the old figure is the right one, however often it is asked for.
            admin.simple_query(&format!("begin; {sql}")).await.unwrap();
            assert_eq!(read(&gate, "quarters/2025-Q1").await["declared"]["total"], round);
            admin.simple_query("commit").await.unwrap();
        }
    }
    let before = read(&gate, "quarters/2025-Q1").await["declared"]["total"].clone();
    admin.simple_query("begin; update throughput set declared = 0; rollback").await.unwrap();
    assert_eq!(read(&gate, "quarters/2025-Q1").await["declared"]["total"], before);
}

/// Takes a vehicle from declaring to crossing, with so many minutes between its stamps; its number.
async fn crossed(gate: &TestGate, plate: &str, to_arrival: i64, to_clearance: i64, to_crossing: i64) -> String {
    let wait = |minutes: i64| gate.clock.set(gate.now() + Duration::minutes(minutes));
    let mut body = tractor(plate);
    body["planned_arrival"] = json!(gate.now());
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    let number = declared.json()["number"].as_str().unwrap().to_owned();
    let act = async |actor: Actor, action: Value| {
        let reply = gate.act(&actor, &number, &action).await;
        assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    };
    let role = |role| officer(role, &[]);
    act(role(Role::GateManager), json!({"action": "register"})).await;
    wait(to_arrival);
    act(role(Role::BorderGuard), json!({"action": "arrive", "observed_plate": plate})).await;
    wait(to_clearance);
    act(role(Role::CustomsOfficer), json!({"action": "customs.set_lane", "lane": "green"})).await;
    act(role(Role::CustomsOfficer), json!({"action": "customs.clear"})).await;
    act(quarantine(QuarantineKind::Health), json!({"action": "health.pass"})).await;
    act(role(Role::BorderGuard), json!({"action": "border_guard.pass"})).await;
    act(role(Role::FeeCollector), json!({"action": "fee.assess", "amount_vnd": 100_000})).await;
    act(role(Role::FeeCollector), json!({"action": "fee.pay", "receipt": plate})).await;
    if to_crossing > 0 {
        wait(to_crossing);
        act(role(Role::BorderGuard), json!({"action": "complete", "observed_plate": plate})).await;
    }
    number
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_vehicles_took_is_told_by_pair_and_a_revoked_clearance_takes_it_back() {
    let gate = TestGate::open().await;
    crossed(&gate, "桂F10001", 30, 60, 120).await;
    crossed(&gate, "桂F10002", 10, 20, 40).await;
    let third = crossed(&gate, "桂F10003", 10, 100, 0).await;
    let dwell = async |between: &str| {
        let path = format!("dwell?from=2025-03-31&to=2025-04-01&between={between}");
        let report = read(&gate, &path).await;
        assert_eq!((&report["between"], &report["relative_error"]), (&json!(between), &json!(0.05)));
        report["rows"][0].clone()
    };
    let about = |row: &Value, count: i64, p50: f64, p99: f64| {
        assert_eq!(row["count"], count, "{row}");
        for (percentile, exact) in [("p50", p50), ("p99", p99)] {
            let found = row[percentile].as_f64().unwrap();
            assert!((found - exact).abs() <= 0.05 * exact, "{percentile} of {row} is not {exact}");
        }
    };
    about(&dwell("arrived,cleared").await, 3, 60.0, 100.0);
    about(&dwell("arrived,completed").await, 2, 60.0, 180.0);
    about(&dwell("declared,completed").await, 2, 70.0, 210.0);

    let revoke = json!({"action": "customs.revoke", "reason": "wrong vehicle"});
    let revoked = gate.act(&officer(Role::CustomsOfficer, &[]), &third, &revoke).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text);
    about(&dwell("arrived,cleared").await, 2, 20.0, 60.0);

    let by = "dwell?from=2025-03-31&to=2025-04-02&interval=day&by=gate,crossing_point,direction,cargo_class&between=arrived,cleared";
    let rows = read(&gate, by).await["rows"].clone();
    let cell = json!({"period": "2025-03-31", "gate": "HUU_NGHI", "crossing_point": "HUU_NGHI", "direction": "import",
        "cargo_class": "general", "count": 2, "p50": rows[0]["p50"], "p90": rows[0]["p90"], "p99": rows[0]["p99"]});
    assert_eq!(rows, json!([cell]), "only where there is any");
    let none = read(&gate, "dwell?from=2024-01-01&to=2025-01-01&interval=quarter").await["rows"].clone();
    assert_eq!(none.as_array().unwrap().len(), 4);
    assert_eq!(none[0], json!({"period": "2024-Q1", "count": 0, "p50": null, "p90": null, "p99": null}));
    let csv = gate.get(&analyst(), "/api/v1/statistics/dwell?from=2024-01-01&to=2024-02-01&format=csv").await;
    assert_eq!(csv.text, "period,count,p50,p90,p99\r\n2024-01-01/2024-02-01,0,,,\r\n");
    for (wrong, fault) in [
        ("from=2025-01-01&to=2025-02-01&between=cleared,arrived", ("/between", "unknown-word")),
        ("from=2025-01-01&to=2025-02-01&by=firm", ("/by", "unknown-word")),
        ("from=2025-02-01&to=2025-01-01", ("/to", "span-backwards")),
        ("from=2010-01-01&to=2025-01-01", ("/to", "span-too-long")),
        ("from=2020-01-01&to=2025-01-01&interval=day", ("/to", "answer-too-long")),
    ] {
        let reply = gate.get(&analyst(), &format!("/api/v1/statistics/dwell?{wrong}")).await;
        assert_eq!((reply.status, reply.faults()), (422, vec![(fault.0.to_owned(), fault.1.to_owned())]), "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_was_cleared_before_it_arrived_waited_for_nothing() {
    let gate = TestGate::open().await;
    let mut body = tractor("桂F10001");
    body["planned_arrival"] = json!(gate.now());
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    let number = declared.json()["number"].as_str().unwrap().to_owned();
    for (role, action) in [
        (Role::GateManager, json!({"action": "register"})),
        (Role::CustomsOfficer, json!({"action": "customs.set_lane", "lane": "green"})),
        (Role::CustomsOfficer, json!({"action": "customs.clear"})),
        (Role::BorderGuard, json!({"action": "arrive", "observed_plate": "桂F10001"})),
    ] {
        assert_eq!(gate.act(&officer(role, &[]), &number, &action).await.status, 200);
        gate.clock.set(gate.now() + Duration::minutes(10));
    }
    let row =
        async || read(&gate, "dwell?from=2025-03-31&to=2025-04-01&between=arrived,cleared").await["rows"][0].clone();
    assert_eq!(row().await, json!({"period": "2025-03-31/2025-04-01", "count": 1, "p50": 0.0, "p90": 0.0, "p99": 0.0}));
    let undo = json!({"action": "undo_arrive", "reason": "another vehicle"});
    assert_eq!(gate.act(&officer(Role::BorderGuard, &[]), &number, &undo).await.status, 200);
    assert_eq!(row().await["count"], 0);
}

#[derive(QueryableByName)]
struct RowsRead {
    #[diesel(sql_type = Text)]
    relname: String,
    #[diesel(sql_type = BigInt)]
    read: i64,
}

/// How many rows of throughput, stock, dwell and declarations PostgreSQL has read in this session so far.
async fn rows_read(conn: &mut AsyncPgConnection) -> [i64; 4] {
    let sql = "select relname::text, (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::bigint as read
                 from pg_stat_xact_user_tables";
    let rows: Vec<RowsRead> = diesel::sql_query(sql).load(conn).await.unwrap();
    let of = |table: &str| rows.iter().filter(|row| row.relname == table).map(|row| row.read).sum();
    [of("throughput"), of("stock"), of("dwell"), of("declarations")]
}

/// What `what` reads of each is as many rows as `most` says, or hardly more: to plan, PostgreSQL looks at the ends of an
/// index.
async fn reads_at_most(conn: &mut AsyncPgConnection, most: [i64; 4], what: impl AsyncFnOnce(&mut AsyncPgConnection)) {
    conn.batch_execute("begin").await.unwrap();
    let before = rows_read(conn).await;
    what(conn).await;
    let after = rows_read(conn).await;
    conn.batch_execute("rollback").await.unwrap();
    let read: Vec<i64> = after.iter().zip(before).map(|(after, before)| after - before).collect();
    assert!(read.iter().any(|read| *read > 0), "nothing was counted");
    assert!(read.iter().zip(most).all(|(read, most)| *read <= most + 4), "{read:?} rows for {most:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_reads_as_many_rows_as_its_span_has_days_however_long_the_gate_has_stood() {
    let gate = TestGate::open().await;
    // Twenty years of two crossing points, and a million vehicles a day for all that the counters know.
    let years = "
        insert into throughput (day, crossing_point, direction, cargo_class, declared, arrived, \"left\")
        select day, point, 'export', 'fruit', 1000000, 1000000, 1000000
          from generate_series(date '2005-01-01', date '2025-03-31', '1 day') day, unnest(array['HUU_NGHI', 'CHI_MA']) point;
        insert into stock (month, crossing_point, direction, cargo_class, inside)
        select month, point, 'export', 'fruit', 1
          from generate_series(date '2005-01-01', date '2025-03-01', '1 month') month, unnest(array['HUU_NGHI', 'CHI_MA']) point;
        insert into dwell (day, crossing_point, direction, cargo_class, pair, bucket, vehicles)
        select day, 'HUU_NGHI', 'export', 'fruit', pair, bucket, 1000000
          from generate_series(date '2015-01-01', date '2025-03-31', '1 day') day, generate_series(60, 63) bucket,
               unnest(array['arrived,cleared', 'arrived,completed', 'declared,completed']) pair;
        analyze throughput, stock, dwell, declarations;";
    gate.database.admin().await.simple_query(years).await.unwrap();
    let pool = gate.database.pool();
    let mut conn = pool.get().await.unwrap();
    let quarter = Span { from: "2024-10-01".parse().unwrap(), to: "2025-01-01".parse().unwrap() };

    reads_at_most(&mut conn, [92 * 2, 0, 0, 0], async |conn| {
        assert_eq!(sums(conn, &[quarter]).await.unwrap().len(), 2);
    })
    .await;
    // Of the backlog the months, the days before in its month, and its day's vehicles.
    reads_at_most(&mut conn, [20 * 2, 243 * 2, 0, 0], async |conn| {
        let stood = backlog(conn, "2025-03-21T05:00:00Z".parse().unwrap()).await.unwrap();
        assert_eq!(stood.iter().map(|one| one.inside).sum::<i64>(), 2 * 242);
    })
    .await;
    reads_at_most(&mut conn, [0, 0, 92 * 4, 0], async |conn| {
        let taken = buckets(conn, &[quarter], "arrived,cleared".parse().unwrap(), Apart::default()).await.unwrap();
        assert_eq!(taken.iter().map(|one| one.vehicles).sum::<i64>(), 92 * 4 * 1_000_000);
    })
    .await;
}
