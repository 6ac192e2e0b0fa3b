//! What the province reads, over HTTP: the quarter, throughput and backlog, and every wrong way to ask for them.

use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use serde_json::{Value, json};

use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

fn analyst() -> Actor {
    officer(Role::Analyst, &[])
}

/// Counts vehicles of one cell: `measures` is the columns and their values, such as `declared, 5`.
async fn count(gate: &TestGate, day: &str, crossing_point: &str, direction: &str, measures: &[(&str, i64)]) {
    count_class(gate, day, crossing_point, direction, "general", measures).await;
}

async fn count_class(
    gate: &TestGate,
    day: &str,
    crossing_point: &str,
    direction: &str,
    cargo_class: &str,
    measures: &[(&str, i64)],
) {
    let columns: Vec<String> = measures.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let values: Vec<String> = measures.iter().map(|(_, value)| value.to_string()).collect();
    let (columns, values) = (columns.join(", "), values.join(", "));
    let sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, {columns})
         values ('{day}', '{crossing_point}', '{direction}', '{cargo_class}', {values})"
    );
    gate.database.admin().await.execute(&sql, &[]).await.unwrap();
}

async fn read(gate: &TestGate, path: &str) -> Value {
    let reply = gate.get(&analyst(), &format!("/api/v1/statistics/{path}")).await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply.json()
}

async fn read_with(gate: &TestGate, path: &str, headers: &[(&str, &str)]) -> Reply {
    gate.ask(Some(&analyst()), "GET", &format!("/api/v1/statistics/{path}"), headers, "").await
}

fn split(total: i64, export: i64, import: i64) -> Value {
    json!({"total": total, "export": export, "import": import})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_is_its_days_and_no_others() {
    let gate = TestGate::open().await;
    count(&gate, "2024-12-31", "HUU_NGHI", "export", &[("declared", 1)]).await;
    count(&gate, "2025-01-01", "HUU_NGHI", "export", &[("declared", 10), ("cleared", 3)]).await;
    count(&gate, "2025-02-28", "TAN_THANH", "import", &[("declared", 100), ("turned_back", 4)]).await;
    count(&gate, "2025-03-31", "CHI_MA", "import", &[("declared", 1_000)]).await;
    count(&gate, "2025-04-01", "CHI_MA", "import", &[("declared", 10_000)]).await;

    let report = read(&gate, "quarters/2025-Q1").await;

    let head = json!({"period": "2025-Q1", "from": "2025-01-01", "to": "2025-04-01", "time_zone": "Asia/Ho_Chi_Minh"});
    for (field, value) in head.as_object().unwrap() {
        assert_eq!(report[field], *value, "{field}");
    }
    assert_eq!(report["declared"], split(1_110, 10, 1_100));
    assert_eq!(report["cleared"], split(3, 3, 0));
    assert_eq!(report["turned_back"], split(4, 0, 4));
    assert_eq!(report["completed"], split(0, 0, 0));
    let of = |level: &str, code: &str| {
        let found = report[format!("{level}s")].as_array().unwrap().iter().find(|one| one[level] == code);
        found.cloned().unwrap_or_else(|| panic!("no {level} {code} in {report}"))
    };
    assert_eq!(of("gate", "HUU_NGHI")["declared"], split(110, 10, 100), "a gate is the sum of its crossing points");
    assert_eq!(of("gate", "HUU_NGHI")["name"], "Hữu Nghị");
    assert_eq!(of("crossing_point", "HUU_NGHI")["declared"], split(10, 10, 0));
    assert_eq!(of("crossing_point", "TAN_THANH")["gate"], "HUU_NGHI");
    assert_eq!(of("crossing_point", "COC_NAM")["declared"], split(0, 0, 0), "shown although nothing crossed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_is_over_at_local_midnight_and_not_before() {
    let gate = TestGate::open().await;
    for (now, closed) in [("2025-03-31T16:59:59.999Z", false), ("2025-03-31T17:00:00Z", true)] {
        gate.clock.set(now.parse().unwrap());
        assert_eq!(read(&gate, "quarters/2025-Q1").await["closed"], closed, "{now}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn change_is_a_fraction_and_null_where_there_is_nothing_to_compare_with() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    count(&gate, "2024-02-29", "HUU_NGHI", "export", &[("declared", 8)]).await;
    count(&gate, "2024-12-31", "HUU_NGHI", "import", &[("declared", 3)]).await;
    count(&gate, "2025-01-01", "HUU_NGHI", "export", &[("declared", 6), ("arrived", 6)]).await;

    let change = read(&gate, "quarters/2025-Q1").await["change"].clone();

    assert_eq!(change["previous_quarter"]["declared"], json!({"total": 1.0, "export": null, "import": -1.0}));
    assert_eq!(change["same_quarter_last_year"]["declared"], json!({"total": -0.25, "export": -0.25, "import": null}));
    assert_eq!(change["same_quarter_last_year"]["arrived"], json!({"total": null, "export": null, "import": null}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quarter_that_has_not_begun_is_all_zeros_and_compared_with_nothing() {
    let gate = TestGate::open().await;
    count(&gate, "2025-03-31", "HUU_NGHI", "export", &[("declared", 6)]).await;

    let report = read(&gate, "quarters/2025-Q2").await;

    assert_eq!((&report["closed"], &report["declared"]), (&json!(false), &split(0, 0, 0)));
    let nothing = json!({"total": null, "export": null, "import": null});
    assert_eq!(report["change"]["previous_quarter"]["declared"], nothing, "{}", report["change"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_figures_are_not_sent_twice() {
    let gate = TestGate::open().await;
    count(&gate, "2024-02-01", "HUU_NGHI", "export", &[("declared", 4)]).await;
    count(&gate, "2025-02-01", "HUU_NGHI", "export", &[("declared", 5)]).await;
    for path in
        ["quarters/2025-Q1", "throughput?from=2025-01-01&to=2025-04-01&by=gate", "backlog?at=2025-03-01T00:00:00Z"]
    {
        for accept in ["application/json", "text/csv"] {
            let first = read_with(&gate, path, &[("Accept", accept)]).await;
            assert_eq!(first.status, 200, "{path}: {}", first.text);
            let tag = first.header("etag").unwrap().to_owned();
            gate.clock.set(gate.now() + chrono::Duration::seconds(1));
            let again = read_with(&gate, path, &[("Accept", accept), ("If-None-Match", &tag)]).await;
            assert_eq!((again.status, again.text.as_str()), (304, ""), "{path} as {accept}");
            assert_eq!(again.header("etag"), Some(tag.as_str()));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tag_changes_with_every_figure_that_is_shown() {
    let gate = TestGate::open().await;
    count(&gate, "2024-02-01", "HUU_NGHI", "export", &[("declared", 4)]).await;
    count(&gate, "2025-02-01", "HUU_NGHI", "export", &[("declared", 5)]).await;
    for accept in ["application/json", "text/csv"] {
        let before = read_with(&gate, "quarters/2025-Q1", &[("Accept", accept)]).await;
        // A correction of last year's quarter: this year's counts stand, the change against last year does not.
        gate.database
            .admin()
            .await
            .execute("update throughput set declared = declared + 1 where day < '2025-01-01'", &[])
            .await
            .unwrap();
        let tag = before.header("etag").unwrap();
        let after = read_with(&gate, "quarters/2025-Q1", &[("Accept", accept), ("If-None-Match", tag)]).await;
        assert_eq!(after.status, 200, "{accept}");
        assert_ne!(after.text, before.text, "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn json_and_csv_bear_different_tags() {
    let gate = TestGate::open().await;
    let tag = |reply: &Reply| reply.header("etag").unwrap().to_owned();
    let json = read_with(&gate, "quarters/2025-Q1", &[]).await;
    let csv = read_with(&gate, "quarters/2025-Q1?format=csv", &[]).await;
    let marked = read_with(&gate, "quarters/2025-Q1?format=csv&bom=true", &[]).await;
    assert!(tag(&json) != tag(&csv) && tag(&csv) != tag(&marked));
}

#[tokio::test(flavor = "multi_thread")]
async fn throughput_is_split_by_period_and_dimensions_with_zeros_where_nothing_happened() {
    let gate = TestGate::open().await;
    count(&gate, "2025-01-31", "HUU_NGHI", "export", &[("declared", 1), ("completed", 7)]).await;
    count(&gate, "2025-02-01", "TAN_THANH", "import", &[("declared", 2)]).await;
    count(&gate, "2025-03-01", "CHI_MA", "import", &[("declared", 50)]).await;

    let path = "throughput?from=2025-01-15&to=2025-03-01&interval=month&by=direction&measure=declared,completed";
    let report = read(&gate, path).await;

    assert_eq!(
        report["rows"],
        json!([
            {"period": "2025-01", "direction": "export", "declared": 1, "completed": 7},
            {"period": "2025-01", "direction": "import", "declared": 0, "completed": 0},
            {"period": "2025-02", "direction": "export", "declared": 0, "completed": 0},
            {"period": "2025-02", "direction": "import", "declared": 2, "completed": 0},
        ])
    );
    let whole = read(&gate, "throughput?from=2025-01-01&to=2025-04-01").await;
    assert_eq!(whole["rows"], json!([{"period": "2025-01-01/2025-04-01", "declared": 53}]));
    let by_gate = read(&gate, "throughput?from=2025-01-01&to=2025-04-01&by=gate,cargo_class").await;
    let rows = by_gate["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 6 * 4, "every gate and cargo class: {by_gate}");
    let of = |gate: &str, class: &str| rows.iter().find(|row| row["gate"] == gate && row["cargo_class"] == class);
    assert_eq!(of("HUU_NGHI", "general").unwrap()["declared"], 3);
    assert_eq!(of("CHI_MA", "fruit").unwrap()["declared"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn weeks_begin_on_monday_and_belong_to_the_year_of_their_thursday() {
    let gate = TestGate::open().await;
    count(&gate, "2024-12-29", "HUU_NGHI", "export", &[("declared", 1)]).await;
    count(&gate, "2024-12-30", "HUU_NGHI", "export", &[("declared", 10)]).await;
    count(&gate, "2025-01-05", "HUU_NGHI", "export", &[("declared", 100)]).await;
    let rows = read(&gate, "throughput?from=2024-12-23&to=2025-01-06&interval=week").await["rows"].clone();
    assert_eq!(rows, json!([{"period": "2024-W52", "declared": 1}, {"period": "2025-W01", "declared": 110}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_is_written_as_rfc_4180_says() {
    let gate = TestGate::open().await;
    count(&gate, "2025-01-01", "HUU_NGHI", "export", &[("declared", 3), ("fees_vnd", -5)]).await;
    let path = "throughput?from=2025-01-01&to=2025-01-02&by=direction&measure=declared,fees_vnd";

    let reply = read_with(&gate, path, &[("Accept", "text/csv")]).await;

    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        reply.text,
        "period,direction,declared,fees_vnd\r\n2025-01-01/2025-01-02,export,3,-5\r\n2025-01-01/2025-01-02,import,0,0\r\n"
    );
    let marked = read_with(&gate, &format!("{path}&format=csv&bom=true"), &[]).await;
    assert_eq!(marked.text, format!("\u{feff}{}", reply.text));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quarters_table_holds_its_figures_and_changes() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    count(&gate, "2024-12-01", "HUU_NGHI", "export", &[("declared", 4)]).await;
    count(&gate, "2025-01-01", "HUU_NGHI", "export", &[("declared", 5)]).await;
    let text = read_with(&gate, "quarters/2025-Q1?format=csv", &[]).await.text;
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert!(lines[0].starts_with("period,level,code,name,direction,declared,registered,arrived,"), "{}", lines[0]);
    assert_eq!(lines[1], "2025-Q1,total,,,total,5,0,0,0,0,0,0,0,0,0");
    assert!(lines.contains(&"2025-Q1,gate,HUU_NGHI,Hữu Nghị,export,5,0,0,0,0,0,0,0,0,0"), "{text}");
    assert!(lines.contains(&"2025-Q1,change,previous_quarter,,export,0.25,,,,,,,,,"), "{text}");
    let width = lines[0].split(',').count();
    assert!(lines.iter().all(|line| line.split(',').count() == width), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_neither_json_nor_csv_is_not_given() {
    let gate = TestGate::open().await;
    for path in ["quarters/2025-Q1", "throughput?from=2025-01-01&to=2025-04-01", "backlog"] {
        let reply = read_with(&gate, path, &[("Accept", "application/xml")]).await;
        assert_eq!((reply.status, reply.problem().as_str()), (406, "not-acceptable"), "{path}");
    }
    let preferred = read_with(&gate, "quarters/2025-Q1?format=json", &[("Accept", "application/xml")]).await;
    assert_eq!(preferred.status, 200, "the parameter stands in place of the header");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_wrong_with_a_question_is_named_at_once() {
    let gate = TestGate::open().await;
    let wrong: &[(&str, &[(&str, &str)])] = &[
        ("quarters/2025-Q5", &[("/quarter", "quarter-format")]),
        ("quarters/2025", &[("/quarter", "quarter-format")]),
        ("quarters/2025-Q1%00", &[("/quarter", "quarter-format")]),
        (
            "quarters/2025-Q0?year=1&bom=perhaps",
            &[("/year", "unknown-field"), ("/bom", "unknown-word"), ("/quarter", "quarter-format")],
        ),
        ("throughput", &[("/from", "required"), ("/to", "required")]),
        (
            "throughput?from=2025-02-29&to=1&interval=hour&by=gate,colour&measure=declared,speed&format=pdf&x=1",
            &[
                ("/interval", "unknown-word"),
                ("/format", "unknown-word"),
                ("/x", "unknown-field"),
                ("/from", "wrong-type"),
                ("/to", "wrong-type"),
                ("/by", "unknown-word"),
                ("/measure", "unknown-word"),
            ],
        ),
        ("throughput?from=2025-04-01&to=2025-01-01", &[("/to", "span-backwards")]),
        ("throughput?from=2025-01-01&to=2025-01-01", &[("/to", "span-backwards")]),
        ("throughput?from=2010-01-01&to=2025-01-01&interval=day", &[("/to", "span-too-long")]),
        ("throughput?from=1800-01-01&to=2025-01-01", &[("/to", "span-too-long")]),
        ("throughput?from=2025-01-01&from=2025-01-02&to=2025-02-01", &[("/from", "duplicate")]),
        ("backlog?at=yesterday&crossing=1", &[("/at", "wrong-type"), ("/crossing", "unknown-field")]),
    ];
    for (path, faults) in wrong {
        let reply = read_with(&gate, path, &[]).await;
        assert_eq!((reply.status, reply.problem().as_str()), (422, "invalid-request"), "{path}: {}", reply.text);
        let mut found = reply.faults();
        let mut wanted: Vec<(String, String)> =
            faults.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_too_many_rows_is_refused_with_the_span_that_would_fit() {
    let gate = TestGate::open().await;
    let all = "by=crossing_point,direction,cargo_class";
    let ten_years = format!("throughput?from=2015-01-01&to=2025-01-01&interval=day&{all}");
    let reply = read_with(&gate, &ten_years, &[("Accept-Language", "en")]).await;
    assert_eq!(reply.status, 422, "{} bytes", reply.text.len());
    assert_eq!(reply.faults(), [("/to".to_owned(), "answer-too-long".to_owned())]);

    let rows = |report: &Value| report["rows"].as_array().unwrap().len();
    let year = read(&gate, &format!("throughput?from=2024-01-01&to=2025-01-01&interval=day&{all}")).await;
    assert_eq!(rows(&year), 366 * 8 * 2 * 4);
    let plain = read(&gate, "throughput?from=2015-01-01&to=2025-01-01&interval=day").await;
    assert_eq!(rows(&plain), 3_653, "ten years of days are no row too many");
    let monthly = read(&gate, &format!("throughput?from=2015-01-01&to=2025-01-01&interval=month&{all}")).await;
    assert_eq!(rows(&monthly), 120 * 64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_is_what_had_arrived_and_not_ended() {
    let gate = TestGate::open().await;
    // Two days before: 10 registered, 6 of them arrived, 1 left again, 1 fell away.
    let before = [("registered", 10), ("arrived", 6), ("left", 1), ("fell_away", 1)];
    count_class(&gate, "2025-03-29", "HUU_NGHI", "export", "fruit", &before).await;
    // The day itself is told from the stamps: its counters are not asked.
    count_class(&gate, "2025-03-30", "HUU_NGHI", "export", "fruit", &[("arrived", 999)]).await;
    stamped(&gate, 1, "2025-03-30T01:00:00Z", Some("2025-03-30T02:00:00Z"), Some("2025-03-30T03:00:00Z")).await;
    stamped(&gate, 2, "2025-03-30T01:00:00Z", None, Some("2025-03-30T03:00:00Z")).await;
    stamped(&gate, 3, "2025-03-29T17:00:00Z", Some("2025-03-30T16:59:59.999999Z"), None).await;

    for (at, inside, registered) in [
        ("2025-03-29T16:59:59.999999Z", 0, 0),
        ("2025-03-29T17:00:00Z", 5, 4),
        ("2025-03-30T00:59:59Z", 5, 4),
        ("2025-03-30T01:00:00Z", 5, 6),
        ("2025-03-30T02:00:00Z", 6, 5),
        ("2025-03-30T03:00:00Z", 5, 4),
        ("2025-03-30T16:59:59.999999Z", 6, 3),
    ] {
        let report = read(&gate, &format!("backlog?at={at}")).await;
        let found = (report["total"].as_i64().unwrap(), report["registered_not_arrived"].as_i64().unwrap());
        assert_eq!(found, (inside, registered), "at {at}: {report}");
    }
    let row = &read(&gate, "backlog?at=2025-03-30T02:00:00Z").await["rows"][0];
    assert_eq!(
        *row,
        json!({"crossing_point": "HUU_NGHI", "direction": "export", "cargo_class": "fruit", "inside": 6, "registered_not_arrived": 5})
    );
    let by_gate = read(&gate, "backlog?at=2025-03-30T02:00:00Z&by=direction,gate").await["rows"].clone();
    assert_eq!(by_gate, json!([{"gate": "HUU_NGHI", "direction": "export", "inside": 6, "registered_not_arrived": 5}]));
    let csv = read_with(&gate, "backlog?at=2025-03-30T02:00:00Z&by=cargo_class,gate&format=csv", &[]).await.text;
    assert_eq!(csv, "at,cargo_class,gate,inside,registered_not_arrived\r\n2025-03-30T02:00:00Z,fruit,HUU_NGHI,6,5\r\n");
}

/// A declaration with these stamps; it ended, if so, by crossing where it had arrived, else as cancelled.
async fn stamped(gate: &TestGate, number: i64, registered: &str, arrived: Option<&str>, ended: Option<&str>) {
    let quoted = |at: Option<&str>| at.map_or("null".to_owned(), |at| format!("'{at}'"));
    let completed = ended.filter(|_| arrived.is_some());
    let fell = ended.filter(|_| arrived.is_none());
    let sql = format!(
        "insert into declarations (number, revision, state, firm, declarant, direction, crossing_point, cargo_class,
             customs_declarations, tracks, content, progress, created_at, registered_at, arrived_at, completed_at,
             ended_at, last_action, last_action_at, head)
         select {number}, 1, 'registered', min(id), 'account-1', 'export', 'HUU_NGHI', 'fruit', '{{}}', '{{}}', '{{}}',
             '{{}}', '{registered}', '{registered}', {}, {}, {}, 'register', '{registered}', ''
         from firms",
        quoted(arrived),
        quoted(completed),
        quoted(fell),
    );
    gate.database.admin().await.execute(&sql, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_backlog_of_a_moment_to_come_is_not_known() {
    let gate = TestGate::open().await;
    let reply = read_with(&gate, "backlog?at=2025-03-31T02:00:00.000001Z", &[]).await;
    assert_eq!((reply.status, reply.faults()), (422, vec![("/at".to_owned(), "instant-in-future".to_owned())]));
    assert_eq!(read(&gate, "backlog?at=2025-03-31T02:00:00Z").await["total"], 0, "now is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn statistics_are_for_those_who_read_them() {
    let gate = TestGate::open().await;
    for path in ["quarters/2025-Q1", "throughput?from=2025-01-01&to=2025-04-01", "backlog"] {
        let path = format!("/api/v1/statistics/{path}");
        for role in [Role::Analyst, Role::Auditor, Role::Admin, Role::GateManager] {
            assert_eq!(gate.get(&officer(role, &["CHI_MA"]), &path).await.status, 200, "{role} {path}");
        }
        for actor in [declarant(1), officer(Role::BorderGuard, &[]), officer(Role::FeeCollector, &[])] {
            let reply = gate.get(&actor, &path).await;
            assert_eq!((reply.status, reply.problem().as_str()), (403, "forbidden"), "{} {path}", actor.role);
        }
        assert_eq!(gate.ask(None, "GET", &path, &[], "").await.status, 401, "{path}");
    }
}
