//! Importing on a real database: taken in once, counted exactly, every bad line told.

use std::collections::BTreeMap;

use border_gate::casework::doctor::recount;
use border_gate::casework::import::{Import, Tally};
use border_gate::casework::writer::Writer;
use border_gate::clock::Clock;
use border_gate::demo;
use border_gate::domain::content::Direction;
use border_gate::domain::declaration::YardPlace;
use border_gate::domain::history::{FeePaid, History};
use border_gate::domain::stamps::Stamp;
use border_gate::domain::throughput::{Counts, Measure};
use border_gate::domain::workflow::{Role, State};
use border_gate::intake::{Line, LineError, Lines, Read, write_csv, write_ndjson};
use border_gate::storage::pool::connect;
use chrono::NaiveDate;
use serde_json::{Value, json};

use crate::casework::{rule_book, tractor};
use crate::demo::{first_quarter, golden, now, reference, taken_over};
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, officer};
use crate::take_over::history;

struct Gate {
    database: TestDatabase,
    import: Import,
}

impl Gate {
    async fn open() -> Self {
        let database = TestDatabase::open().await;
        Self { import: import(&database), database }
    }

    /// As another process would have it.
    fn another(&self) -> Import {
        import(&self.database)
    }

    async fn import(&self, lines: impl Iterator<Item = Result<Read, LineError>>) -> (Tally, Vec<LineError>) {
        let mut refused = Vec::new();
        let tally = self.import.run(lines, |error| refused.push(error.clone()), |_| ()).await.unwrap();
        (tally, refused)
    }

    async fn take_over(&self, histories: impl IntoIterator<Item = History>) -> (Tally, Vec<LineError>) {
        Box::pin(self.import(lines(histories))).await
    }

    async fn number(&self, sql: &str) -> i64 {
        self.database.admin().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The counters as the database holds them.
    async fn counters(&self) -> BTreeMap<(NaiveDate, String, String, String), Vec<i64>> {
        let columns: Vec<String> = Measure::WORDS.iter().map(|word| format!("\"{word}\"")).collect();
        let sql = format!("select day, crossing_point, direction, cargo_class, {} from throughput", columns.join(", "));
        let rows = self.database.admin().await.query(&sql, &[]).await.unwrap();
        let counts = |row: &tokio_postgres::Row| (4..4 + columns.len()).map(|place| row.get(place)).collect();
        rows.iter().map(|row| ((row.get(0), row.get(1), row.get(2), row.get(3)), counts(row))).collect()
    }
}

pub fn import(database: &TestDatabase) -> Import {
    let clock = Clock::standing_at(now());
    let writer = Writer::start(database.url().to_owned(), clock.clone(), rule_book()).unwrap();
    Import { writer, pool: database.pool(), rules: rule_book(), clock, firm: None, create_firms: true, dry_run: false }
}

pub fn lines(histories: impl IntoIterator<Item = History>) -> impl Iterator<Item = Result<Read, LineError>> {
    (1..).zip(histories).map(|(line, history)| Ok(Read { line, says: Line::History(Box::new(history)) }))
}

fn completed(source_id: &str) -> History {
    let mut history =
        history(State::Completed, &[Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ArrivedAt, Stamp::CompletedAt]);
    source_id.clone_into(&mut history.source.source_id);
    history
}

/// One whose vehicle is on its way.
fn open(source_id: &str, plate: &str) -> History {
    let mut history = history(State::Registered, &[Stamp::DeclaredAt, Stamp::RegisteredAt]);
    source_id.clone_into(&mut history.source.source_id);
    history.content.vehicle.as_mut().unwrap().plate = Some(plate.to_owned());
    history
}

/// The first fault of each refused line: line, place, rule.
fn faults(errors: &[LineError]) -> Vec<String> {
    let told = |error: &LineError| {
        let first = &error.failures[0];
        format!("{} {} {}", error.line, first.pointer, first.code)
    };
    errors.iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_an_older_system_used_twice_stands_for_the_first_payment_alone() {
    let gate = Gate::open().await;
    let paid = |source_id: &str, receipt: &str| {
        let mut history = completed(source_id);
        let paid_at = history.stamps.arrived_at.unwrap();
        history.fee = Some(FeePaid { amount_vnd: 350_000, receipt: receipt.to_owned(), paid_at });
        history
    };
    let file = || [paid("1", "BL1"), paid("2", "BL1"), paid("3", "BL2")];
    let (tally, refused) = gate.take_over(file()).await;
    assert_eq!((tally.taken_in, faults(&refused)), (2, vec!["2 /fee/receipt receipt-used".to_owned()]));
    // In another run, and by the same file once more.
    let (tally, refused) = gate.take_over([paid("4", "BL2")]).await;
    assert_eq!((tally.taken_in, faults(&refused)), (0, vec!["1 /fee/receipt receipt-used".to_owned()]));
    let (tally, _) = gate.take_over(file()).await;
    assert_eq!((tally.taken_in, tally.known, tally.refused), (0, 2, 1));
    assert_eq!(gate.number("select sum(amount_vnd)::bigint from receipts").await, 700_000);
    assert_eq!(gate.number("select sum(fees_vnd)::bigint from throughput").await, 700_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_doubles_nothing_and_the_counters_are_what_the_histories_add_up_to() {
    let gate = Gate::open().await;
    let some = || demo::day(demo::SEED).step_by(6).chain(demo::quarter(demo::SEED).take(300));
    let (tally, refused) = gate.take_over(some()).await;
    assert_eq!((tally.taken_in, tally.known, refused), (some().count() as u64, 0, vec![]));

    let mut counts = Counts::default();
    for history in some() {
        counts.add(&taken_over(history, &reference()), 1);
    }
    let expected: BTreeMap<_, _> = counts
        .iter()
        .map(|(cell, counts)| {
            let words = (cell.direction.to_string(), cell.cargo_class.to_string());
            ((cell.day, cell.crossing_point.clone(), words.0, words.1), counts.to_vec())
        })
        .collect();
    assert_eq!(gate.counters().await, expected);

    let (again, refused) = gate.take_over(some()).await;
    assert_eq!((again.taken_in, again.known, again.firms, refused), (0, tally.taken_in, 0, vec![]));
    assert_eq!(gate.counters().await, expected);
    assert_eq!(gate.number("select count(*) from declarations").await, i64::try_from(tally.taken_in).unwrap());
    assert_eq!(gate.number("select count(*) from vehicles_present").await, 0, "all have ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_at_once_with_the_same_file_take_each_line_once() {
    let gate = Gate::open().await;
    let other = gate.another();
    let some = || demo::quarter(demo::SEED).take(600);
    let (one, two) = tokio::join!(gate.take_over(some()), other.run(lines(some()), |_| (), |_| ()));
    let (one, two) = (one.0, two.unwrap());
    assert_eq!((one.refused, two.refused), (0, 0));
    assert_eq!((one.taken_in + two.taken_in, one.known + two.known), (600, 600));
    assert_eq!(gate.number("select count(*) from declarations").await, 600);
    assert_eq!(gate.number("select sum(declared)::bigint from throughput").await, 600);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_source_twice_in_a_file_is_taken_once() {
    let gate = Gate::open().await;
    let (tally, _) = gate.take_over([completed("1"), completed("2"), completed("1")]).await;
    assert_eq!((tally.taken_in, tally.known), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_history_takes_its_vehicles_place_and_an_ended_one_does_not() {
    let gate = Gate::open().await;
    let some = vec![open("1", "桂F11111"), completed("2"), open("3", "桂F22222"), open("4", "桂F11111")];
    let (tally, refused) = gate.take_over(some).await;
    assert_eq!(faults(&refused), ["4 /vehicle vehicle-already-declared"]);
    assert_eq!(tally.taken_in, 3);
    let rows = gate.database.admin().await.query("select vehicle from vehicles_present order by 1", &[]).await.unwrap();
    let present: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(present, ["CN:桂F11111", "CN:桂F22222"]);
    // Refused for its vehicle, it was not noted as taken in either.
    assert_eq!(gate.number("select count(*) from sources").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_firm_that_is_not_known_is_a_fault_unless_firms_are_to_be_made() {
    let mut gate = Gate::open().await;
    gate.import.create_firms = false;
    let (tally, refused) = gate.take_over([completed("1")]).await;
    assert_eq!((tally.taken_in, faults(&refused)), (0, vec!["1 /firm_tax_code firm-unknown".to_owned()]));

    gate.import.create_firms = true;
    let mut named = completed("1");
    named.firm_name = Some("Công ty Đồng Lâm".into());
    let (tally, refused) = gate.take_over([named]).await;
    assert_eq!((tally.taken_in, tally.firms, refused), (1, 1, vec![]));
    assert_eq!(gate.number("select count(*) from firms where name = 'Công ty Đồng Lâm'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_tells_what_is_wrong_and_writes_nothing() {
    let mut gate = Gate::open().await;
    gate.import.dry_run = true;
    let mut wrong = completed("2");
    wrong.stamps.arrived_at = None;
    let (tally, refused) = gate.take_over([completed("1"), wrong]).await;
    assert_eq!((tally.taken_in, tally.firms), (1, 1));
    assert_eq!(faults(&refused), ["2 /stamps/arrived_at stamp-required"]);
    assert_eq!(gate.number("select count(*) from firms").await, 0);
    assert_eq!(gate.number("select count(*) from declarations").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_line_is_told_by_its_number_and_the_good_ones_stand() {
    let gate = Gate::open().await;
    let mut file = Vec::new();
    write_ndjson([completed("1")], &mut file).unwrap();
    file.extend_from_slice(b"{\"source\": \"port-2\"}\n");
    write_ndjson([completed("2")], &mut file).unwrap();
    file.extend_from_slice(b"not at all\n");
    let mut late = completed("3");
    late.stamps.completed_at = Some(now() + chrono::Duration::days(1));
    write_ndjson([late, completed("4")], &mut file).unwrap();
    let (tally, refused) = gate.import(Lines::new(file.as_slice(), None, None).unwrap()).await;
    assert_eq!((tally.taken_in, tally.refused, tally.lines()), (3, 3, 6));
    let lines: Vec<(u64, &str)> = refused.iter().map(|error| (error.line, error.failures[0].code)).collect();
    assert_eq!(lines, [(2, "required"), (4, "json-syntax"), (5, "stamp-in-future")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_replays_to_its_row_and_names_its_source() {
    let gate = Gate::open().await;
    let mut csv = Vec::new();
    write_csv(demo::day(demo::SEED).take(20), &mut csv).unwrap();
    gate.import(Lines::new(csv.as_slice(), None, None).unwrap()).await;
    let sql = "select count(*) from declarations d join actions a on a.declaration = d.number
               join sources s on s.declaration = d.number
               where a.hash = d.head and a.action = 'take_over' and d.revision = 1 and s.source = 'demo-2024-08-22'
                 and a.details -> 'source' ->> 'source_id' = s.source_id and d.people_salt is not null";
    assert_eq!(gate.number(sql).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn declarations_are_declared_once_by_the_firm_that_is_named() {
    let mut gate = Gate::open().await;
    let file = || {
        let mut one = tractor("桂F12345");
        one["planned_arrival"] = json!(now());
        let mut draft = json!({"direction": "export", "crossing_point": "CHI_MA"});
        draft["draft"] = json!(true);
        format!("{one}\n{draft}\n{}\n", json!({"direction": "export", "crossing_point": "CHI_MA"}))
    };
    let (tally, refused) = gate.import(Lines::new(file().as_bytes(), None, None).unwrap()).await;
    assert_eq!((tally.taken_in, faults(&refused)[0].as_str()), (0, "1  firm-not-named"));
    gate.import.firm = Some("0100112437".into());
    let (tally, refused) = gate.import(Lines::new(file().as_bytes(), None, None).unwrap()).await;
    assert_eq!((tally.taken_in, tally.firms), (2, 1));
    assert_eq!(faults(&refused), ["3 /regime required"]);
    let (tally, _) = gate.import(Lines::new(file().as_bytes(), None, None).unwrap()).await;
    assert_eq!((tally.taken_in, tally.known), (0, 2));
    assert_eq!(gate.number("select count(*) from declarations where state = 'submitted'").await, 1);
    assert_eq!(gate.number("select count(*) from actions where action = 'create'").await, 2);
}

/// The sum of `measure` over the rows that `of` takes.
fn sum_of(rows: &[Value], measure: &str, of: impl Fn(&Value) -> bool) -> i64 {
    rows.iter().filter(|row| of(row)).map(|row| row[measure].as_i64().unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_22_august_2024_as_published() {
    let gate = TestGate::open().await;
    let (tally, refused) = {
        let mut refused = Vec::new();
        let import = import(&gate.database);
        let tally =
            Box::pin(import.run(lines(demo::day(demo::SEED)), |error| refused.push(error.clone()), |_| ())).await;
        (tally.unwrap(), refused)
    };
    assert_eq!((tally.refused, refused), (0, vec![]));
    let published = &golden()["day_2024_08_22"];
    let analyst = officer(Role::Analyst, &[]);

    let path = "/api/v1/statistics/throughput?from=2024-08-22&to=2024-08-23&by=crossing_point,direction,cargo_class&measure=completed";
    let reply = gate.get(&analyst, path).await.json();
    let rows = reply["rows"].as_array().unwrap();
    assert_eq!(sum_of(rows, "completed", |_| true), published["total"].as_i64().unwrap());
    for (point, figures) in published["crossing_points"].as_object().unwrap() {
        let at = |row: &Value| row["crossing_point"] == point.as_str();
        assert_eq!(sum_of(rows, "completed", at), figures["total"].as_i64().unwrap(), "{point}");
        let Some(export) = figures["export"].as_object() else { continue };
        let fruit =
            sum_of(rows, "completed", |row| at(row) && row["direction"] == "export" && row["cargo_class"] == "fruit");
        let exported = sum_of(rows, "completed", |row| at(row) && row["direction"] == "export");
        let new = sum_of(rows, "completed", |row| at(row) && row["cargo_class"] == "new_vehicle");
        let imported = sum_of(rows, "completed", |row| at(row) && row["direction"] == "import");
        assert_eq!((fruit, exported - fruit), (export["fruit"].as_i64().unwrap(), export["other"].as_i64().unwrap()));
        let import = &figures["import"];
        assert_eq!((new, imported - new), (import["new_vehicle"].as_i64().unwrap(), import["goods"].as_i64().unwrap()));
    }

    let reply = gate.get(&analyst, "/api/v1/statistics/backlog?at=2024-08-22T13:00:00Z").await.json();
    let backlog = &published["backlog"];
    assert_eq!(reply["total"], backlog["total"], "{reply}");
    let rows = reply["rows"].as_array().unwrap();
    let fruit = sum_of(rows, "inside", |row| row["cargo_class"] == "fruit");
    assert_eq!(
        (fruit, sum_of(rows, "inside", |_| true) - fruit),
        (backlog["fruit"].as_i64().unwrap(), backlog["other"].as_i64().unwrap())
    );
    assert!(reply["registered_not_arrived"].as_i64().unwrap() > 0, "some were on their way");
}

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

/// Runs `border-gate import` on the gate's database.
async fn command(gate: &Gate, arguments: &[&str]) -> Ran {
    let ran = tokio::process::Command::new(env!("CARGO_BIN_EXE_border-gate"))
        .arg("import")
        .args(arguments)
        .env("DATABASE_URL", gate.database.url())
        .env("LOG", "warn")
        .stdin(std::process::Stdio::null())
        .output()
        .await
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: ran.status.code(), out: text(ran.stdout), err: text(ran.stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_what_it_did_by_words_and_by_its_exit_code() {
    let gate = Gate::open().await;
    let file = |name: &str| {
        let directory = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        directory.join(format!("{}-{name}", std::process::id())).to_str().unwrap().to_owned()
    };
    let (good, bad, report) = (file("good.csv"), file("bad.ndjson"), file("report.ndjson"));
    write_csv([completed("1"), completed("2")], std::fs::File::create(&good).unwrap()).unwrap();

    let ran = command(&gate, &[&good]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), "2 lines: 0 taken in, 2 refused\n"), "{}", ran.err);
    let ran = command(&gate, &[&good, "--create-firms"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "2 lines: 2 taken in, 1 firms made\n"), "{}", ran.err);
    let ran = command(&gate, &[&good]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(0), "2 lines: 0 taken in, 2 taken in before\n"), "{}", ran.err);

    let mut text = b"{}\n".to_vec();
    write_ndjson([completed("3")], &mut text).unwrap();
    std::fs::write(&bad, text).unwrap();
    let ran = command(&gate, &[&bad, "--as", "histories", "--report", &report]).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), "2 lines: 1 taken in, 1 refused\n"), "{}", ran.err);
    assert!(ran.err.contains("line 1: /source:"), "{}", ran.err);
    let told: Value = serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap();
    assert_eq!((&told["line"], &told["errors"][0]["pointer"]), (&json!(1), &json!("/source")));

    for wrong in [&["/nowhere.csv"][..], &[], &[&good, "--as", "vehicles"], &[&good, "--report", "/nowhere/report"]] {
        assert_eq!(command(&gate, wrong).await.code, Some(2), "{wrong:?}");
    }
    for file in [good, bad, report] {
        std::fs::remove_file(file).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_answers_the_first_quarter_of_2025_as_published() {
    let gate = TestGate::open().await;
    gate.clock.set(now());
    let lines = (1..).zip(demo::quarter(demo::SEED));
    let lines = lines.map(|(line, history)| Ok(Read { line, says: Line::History(Box::new(history)) }));
    let import = Import { clock: gate.clock.clone(), ..import(&gate.database) };
    let tally = import.run(lines, |error| panic!("{error:?}"), |_| ()).await.unwrap();
    let published = &golden()["quarter_2025_q1"];
    assert_eq!(Some(tally.taken_in), published["total"].as_u64());

    let analyst = officer(Role::Analyst, &[]);
    let report = gate.get(&analyst, "/api/v1/statistics/quarters/2025-Q1").await.json();
    for part in ["total", "export", "import"] {
        assert_eq!(report["declared"][part], published[part], "{part}");
    }
    assert_eq!(report["closed"], true);
    assert_eq!(report["change"]["previous_quarter"]["declared"]["total"], serde_json::Value::Null);
    for level in ["gates", "crossing_points"] {
        let parts = report[level].as_array().unwrap().iter();
        let sum: i64 = parts.map(|part| part["declared"]["total"].as_i64().unwrap()).sum();
        assert_eq!(Some(sum), published["total"].as_i64(), "the {level} add up");
    }
    let csv = gate.get(&analyst, "/api/v1/statistics/quarters/2025-Q1?format=csv").await.text;
    assert!(
        csv.contains("\r\n2025-Q1,total,,,total,93940,") && csv.contains("\r\n2025-Q1,total,,,export,23077,"),
        "{csv}"
    );
    // Every other measure is what the file's vehicles add up to.
    let all = Measure::WORDS.join(",");
    let path = format!("/api/v1/statistics/throughput?from=2025-01-01&to=2025-04-01&by=direction&measure={all}");
    let rows = gate.get(&analyst, &path).await.json()["rows"].clone();
    for (direction, row) in [Direction::Export, Direction::Import].into_iter().zip(rows.as_array().unwrap()) {
        for measure in Measure::VARIANTS {
            let expected = first_quarter(*measure, direction);
            assert_eq!(row[measure.as_str()], expected, "{measure} of {direction}");
            if let Some(shown) = report.get(measure.as_str()) {
                assert_eq!(shown[direction.as_str()], expected, "{measure} of {direction} in the report");
            }
        }
    }
    let path = "/api/v1/statistics/throughput?from=2025-01-01&to=2025-04-01&interval=day&measure=declared";
    let days = gate.get(&analyst, path).await.json()["rows"].as_array().unwrap().clone();
    assert_eq!(days.len(), 90);
    let sum: i64 = days.iter().map(|day| day["declared"].as_i64().unwrap()).sum();
    assert_eq!(Some(sum), published["total"].as_i64(), "the days add up");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_older_system_had_parked_stands_where_it_stands_also_where_there_is_no_room() {
    let gate = TestGate::open().await;
    gate.clock.set(now());
    let entry = json!({"name": "Xuân Cương", "crossing_point": "HUU_NGHI", "capacity": 1, "bays": ["A1"]});
    let full = json!({"valid_from": "2021-01-01", "reason": "x", "entry": entry}).to_string();
    let headers = [("Content-Type", "application/json")];
    let path = "/api/v1/admin/reference/yards/XUAN_CUONG";
    assert_eq!(gate.ask(Some(&officer(Role::Admin, &[])), "PUT", path, &headers, full).await.status, 200);
    let rules = std::sync::Arc::clone(&gate.service.office.rules);
    let import = Import {
        writer: gate.service.office.writer.clone(),
        rules,
        clock: gate.clock.clone(),
        ..import(&gate.database)
    };
    let parked = (0..3).map(|place| {
        let stamps = [Stamp::DeclaredAt, Stamp::RegisteredAt, Stamp::ArrivedAt, Stamp::YardInAt];
        let mut history = history(State::InYard, &stamps);
        history.source.source_id = format!("parked-{place}");
        history.content.vehicle.as_mut().unwrap().plate = Some(format!("桂F1234{place}"));
        history.yard = Some(YardPlace { yard: "XUAN_CUONG".into(), bay: Some("A1".into()) });
        history
    });
    let mut refused = Vec::new();
    let tally = Box::pin(import.run(lines(parked), |error| refused.push(error.clone()), |_| ())).await.unwrap();
    assert_eq!((tally.taken_in, refused), (3, vec![]));
    let yards = gate.get(&officer(Role::YardOperator, &[]), "/api/v1/yards?crossing_point=HUU_NGHI").await.json();
    let yard = &yards["items"][0];
    assert_eq!((&yard["capacity"], &yard["taken"], &yard["free"]), (&json!(1), &json!(3), &json!(0)));
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_edges_of_a_leap_quarter_are_exact_to_the_millisecond_in_every_measure() {
    let gate = TestGate::open().await;
    gate.clock.set(now());
    // Each with all its stamps within a minute, in two directions of time from an edge.
    let edges = [
        ("2023-12-31T16:59:59.999Z", "2023-Q4"),
        ("2023-12-31T17:00:00Z", "2024-Q1"),
        ("2024-02-29T02:00:00Z", "2024-Q1"),
        ("2024-03-31T16:59:59.999Z", "2024-Q1"),
        ("2024-03-31T17:00:00Z", "2024-Q2"),
    ];
    let histories = (1..).zip(edges).map(|(place, (at, _))| {
        let mut history = completed(&place.to_string());
        let at = Some(at.parse().unwrap());
        let stamps = &mut history.stamps;
        (stamps.declared_at, stamps.registered_at, stamps.arrived_at) = (at, at, at);
        (stamps.cleared_at, stamps.completed_at) = (at, at);
        history
    });
    let import = Import { clock: gate.clock.clone(), ..import(&gate.database) };
    let tally = Box::pin(import.run(lines(histories), |error| panic!("{error:?}"), |_| ())).await.unwrap();
    assert_eq!(tally.taken_in, 5);

    let analyst = officer(Role::Analyst, &[]);
    let ask = async |path: &str| gate.get(&analyst, &format!("/api/v1/statistics/{path}")).await;
    for quarter in ["2023-Q4", "2024-Q1", "2024-Q2"] {
        let vehicles = edges.iter().filter(|(_, of)| *of == quarter).count();
        let report = ask(&format!("quarters/{quarter}")).await.json();
        for measure in ["declared", "registered", "arrived", "cleared", "completed"] {
            assert_eq!(report[measure]["total"], vehicles, "{measure} in {quarter}");
            assert_eq!(report[measure]["import"], vehicles, "{measure} in {quarter}");
        }
        for measure in ["cancelled", "rejected", "expired", "turned_back", "transferred"] {
            assert_eq!(report[measure]["total"], 0, "{measure} in {quarter}");
        }
        let csv = ask(&format!("quarters/{quarter}?format=csv")).await.text;
        let of = vec![vehicles.to_string(); 5].join(",");
        assert!(csv.contains(&format!("\r\n{quarter},total,,,import,{of},0,0,0,0,0\r\n")), "{csv}");
    }
    let path = "throughput?from=2024-01-01&to=2024-04-01&measure=completed_kg,left,fell_away,transferred_in,fees_vnd,clock_breaches";
    let row = ask(path).await.json()["rows"][0].clone();
    assert_eq!(
        row,
        json!({"period": "2024-01-01/2024-04-01", "completed_kg": 3 * 8200, "left": 3, "fell_away": 0,
               "transferred_in": 0, "fees_vnd": 0, "clock_breaches": 0})
    );
    assert_eq!(ask("periods/2024-02-29").await.json()["completed"]["total"], 1);
    let backlog = ask("backlog?at=2024-03-31T17:00:00Z").await.json();
    assert_eq!(backlog["total"], 0, "whoever arrives and crosses in one moment is not inside: {backlog}");
}
