//! The province's reports, over HTTP: the published figures in every format, and that the workbook says what the API does.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{Cursor, Read};

use border_gate::demo;
use border_gate::domain::actor::Actor;
use border_gate::domain::throughput::Measure;
use border_gate::domain::workflow::Role;
use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::demo::{counts, golden};
use crate::import::{import, lines};
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

pub fn analyst() -> Actor {
    officer(Role::Analyst, &[])
}

/// A gate that has taken over the vehicles of 22 August 2024 and counted the first quarter of 2025, two years on.
pub async fn published() -> TestGate {
    let database = TestDatabase::open().await;
    let tally = import(&database).run(lines(demo::day(demo::SEED)), |error| panic!("{error:?}"), |_| ()).await.unwrap();
    assert_eq!(tally.refused, 0);
    let measures: Vec<String> = Measure::WORDS.iter().map(|word| format!("\"{word}\"")).collect();
    let mut sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, {}) values ",
        measures.join(", ")
    );
    let first = "2025-01-01".parse().unwrap();
    let cells = counts().iter().filter(|(cell, _)| cell.day >= first);
    for (place, (cell, counts)) in cells.enumerate() {
        let counts: Vec<String> = counts.iter().map(ToString::to_string).collect();
        let comma = if place == 0 { "" } else { "," };
        let (point, direction, class) = (&cell.crossing_point, cell.direction, cell.cargo_class);
        write!(sql, "{comma}('{}', '{point}', '{direction}', '{class}', {})", cell.day, counts.join(", ")).unwrap();
    }
    database.admin().await.batch_execute(&sql).await.unwrap();
    let gate = TestGate::on(database).await;
    gate.clock.set("2026-11-24T02:00:00Z".parse().unwrap());
    gate
}

async fn read(gate: &TestGate, path: &str, headers: &[(&str, &str)]) -> Reply {
    let reply = gate.ask(Some(&analyst()), "GET", &format!("/api/v1/reports/{path}"), headers, "").await;
    assert_eq!(reply.status, 200, "{path}: {}", reply.text);
    reply
}

/// The figures of a report by the code of their row.
fn rows(report: &Value) -> BTreeMap<String, Value> {
    let rows = report["rows"].as_array().unwrap().iter();
    rows.map(|row| (format!("{} {}", row["level"].as_str().unwrap(), row["code"].as_str().unwrap()), row.clone()))
        .collect()
}

/// Compares each row of the published daily report with what `of` says of its code and figure.
fn compare_with_published(of: impl Fn(&str, &str) -> Option<i64>) {
    let published = &golden()["day_2024_08_22"];
    let mut compared = 0;
    let mut compare = |code: &str, part: &Value| {
        for (figure, pointer) in [
            ("completed", "/total"),
            ("completed_export", "/export/total"),
            ("completed_export_fruit", "/export/fruit"),
            ("completed_export_other", "/export/other"),
            ("completed_import", "/import/total"),
            ("completed_import_goods", "/import/goods"),
            ("completed_import_new_vehicle", "/import/new_vehicle"),
        ] {
            if let Some(figure_published) = part.pointer(pointer) {
                assert_eq!(of(code, figure), figure_published.as_i64(), "{code} {figure}");
                compared += 1;
            }
        }
    };
    compare("total", published);
    for (code, part) in published["crossing_points"].as_object().unwrap() {
        compare(code, part);
    }
    for (figure, word) in [("backlog", "total"), ("backlog_fruit", "fruit"), ("backlog_other", "other")] {
        assert_eq!(of("total", figure), published["backlog"][word].as_i64(), "{figure}");
        compared += 1;
    }
    for (code, count) in published["turned_back_or_transferred_after_arrival"].as_object().unwrap() {
        assert_eq!(of(code, "went_back"), count.as_i64(), "{code}");
        compared += 1;
    }
    assert_eq!(compared, 7 + 7 + 7 + 2 + 3 + 2);
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_day_and_quarter_come_out_exactly_in_every_format() {
    let gate = published().await;
    for (path, marks) in [("daily/2024-08-22", 17), ("quarterly/2025-Q1", 17)] {
        let report = read(&gate, path, &[]).await.json();
        let csv = csv_rows(&read(&gate, &format!("{path}?format=csv"), &[]).await.text);
        let workbook = read(&gate, path, &[("Accept", WORKBOOK)]).await;
        assert_eq!(workbook.header("content-type"), Some(WORKBOOK));
        let json_rows = report["rows"].as_array().unwrap();
        // CSV says what JSON does, cell by cell.
        assert_eq!(csv.len(), json_rows.len() + 1);
        for (row, cells) in json_rows.iter().zip(csv.iter().skip(1)) {
            for (name, cell) in csv[0].iter().zip(cells).skip(1) {
                let said = match &row[name] {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                assert_eq!(*cell, said, "{name} of {row}");
            }
        }
        assert_eq!(the_workbook_says_what_json_does(&workbook.bytes, &report), marks, "columns");
        if path.starts_with("daily") {
            let of_json = rows(&report);
            compare_with_published(|code, figure| {
                let level = if code == "total" { "total" } else { "crossing_point" };
                of_json[&format!("{level} {code}")][figure].as_i64()
            });
            compare_with_published(|code, figure| {
                let column = csv[0].iter().position(|name| name == figure).unwrap();
                csv.iter().find(|row| row[2] == code).unwrap()[column].parse().ok()
            });
        } else {
            let published = &golden()["quarter_2025_q1"];
            let total = &rows(&report)["total total"];
            assert_eq!(total["declared"], published["total"]);
            assert_eq!(total["declared_export"], published["export"]);
            assert_eq!(total["declared_import"], published["import"]);
            let by = |level: &str, figure: &str| -> i64 {
                let rows = json_rows.iter().filter(|row| row["level"] == level);
                rows.map(|row| row[figure].as_i64().unwrap()).sum()
            };
            for figure in ["declared", "completed", "completed_kg", "fees_vnd", "turned_back"] {
                assert_eq!(by("month", figure), total[figure], "{figure}: a quarter is its months");
                assert_eq!(by("gate", figure), total[figure], "{figure}: and its gates");
            }
        }
    }
}

/// The place that a cell's name such as `C7` names: row and column from 0 on.
fn place(name: &str) -> (u32, u32) {
    let letters = name.bytes().take_while(u8::is_ascii_uppercase);
    let column = letters.fold(0, |column, letter| column * 26 + u32::from(letter - b'A') + 1) - 1;
    let row: u32 = name.trim_start_matches(|letter: char| letter.is_ascii_uppercase()).parse().unwrap();
    (row - 1, column)
}

/// What a formula of the reports comes to, by the cells of its sheet.
fn worked_out(formula: &str, cell: impl Fn(&str) -> f64) -> Option<f64> {
    if let Some(range) = formula.strip_prefix("SUM(").and_then(|rest| rest.strip_suffix(')')) {
        let (first, last) = range.split_once(':').unwrap();
        let (from, to) = (place(first), place(last));
        assert_eq!(from.1, to.1, "{formula} adds up a column");
        let letters: String = first.chars().take_while(char::is_ascii_uppercase).collect();
        return Some((from.0..=to.0).map(|row| cell(&format!("{letters}{}", row + 1))).sum());
    }
    if let Some(rest) = formula.strip_prefix("IF(") {
        let before = rest.split("<=").next().unwrap();
        let now = rest.split("ROUND((").nth(1).unwrap().split('-').next().unwrap();
        assert_eq!(formula, format!("IF({before}<=0,\"\",ROUND(({now}-{before})/{before},4))"));
        let (now, before) = (cell(now), cell(before));
        return (before > 0.0).then(|| ((now - before) / before * 10_000.0).round() / 10_000.0);
    }
    if let Some((now, before)) = formula.split_once('-') {
        return Some(cell(now) - cell(before));
    }
    Some(formula.split('+').map(cell).sum())
}

/// Reads a workbook back and compares each of its cells with the report's JSON, and each formula with what it comes to;
/// how many columns it has.
fn the_workbook_says_what_json_does(bytes: &[u8], report: &Value) -> usize {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let names = book.sheet_names();
    assert_eq!(names, ["Báo cáo", "Giải thích"]);
    let sheet = book.worksheet_range(&names[0]).unwrap();
    let formulas = book.worksheet_formula(&names[0]).unwrap();
    let text = |row: u32, column: u32| sheet.get_value((row, column)).map(ToString::to_string).unwrap_or_default();
    assert_eq!(text(0, 0), report["title"].as_str().unwrap());
    let columns = report["columns"].as_array().unwrap();
    let mut row = 6;
    let mut level = String::new();
    let mut made_of_others = 0;
    for said in report["rows"].as_array().unwrap() {
        if said["level"] != level.as_str() && said["level"] != "total" {
            // A caption opens each section.
            assert!(!text(row, 0).is_empty() && text(row, 1).is_empty(), "row {row}");
            row += 1;
        }
        said["level"].as_str().unwrap().clone_into(&mut level);
        assert_eq!(text(row, 0), said["name"].as_str().unwrap());
        for (column, about) in (1..).zip(columns) {
            let figure = &said[about["figure"].as_str().unwrap()];
            let stands = sheet.get_value((row, column));
            let number = match stands {
                Some(Data::Float(number)) => Some(*number),
                None | Some(Data::Empty) => None,
                Some(Data::String(text)) if text.is_empty() => None,
                other => panic!("{other:?} at {row} {column}"),
            };
            assert_eq!(number, figure.as_f64(), "{} of {said}", about["figure"]);
            let formula = formulas.get_value((row, column)).filter(|formula| !formula.is_empty());
            if let Some(formula) = formula {
                let cell = |name: &str| match sheet.get_value(place(name)) {
                    Some(Data::Float(number)) => *number,
                    other => panic!("{name} in {formula} is {other:?}"),
                };
                assert_eq!(worked_out(formula, cell), number, "{formula} at {row} {column}");
                made_of_others += 1;
            } else {
                assert!(said["level"] != "total", "the total is added up by the sheet");
            }
        }
        row += 1;
    }
    assert_eq!(sheet.end().map(|(last, _)| last), Some(row - 1), "nothing stands below");
    assert!(made_of_others > 50, "{made_of_others}");
    let definitions = book.worksheet_range(&names[1]).unwrap();
    let told: Vec<String> = definitions.rows().map(|row| row[1].to_string()).collect();
    for column in columns {
        assert!(told.contains(&column["meaning"].as_str().unwrap().to_owned()), "{column}");
    }
    assert!(told.iter().any(|text| text.contains("Asia/Ho_Chi_Minh")));
    is_set_for_print(bytes);
    columns.len() + 1
}

/// What readers of values do not show: how the sheet is frozen, printed and written.
fn is_set_for_print(bytes: &[u8]) {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    for wanted in [
        "<pane xSplit=\"1\" ySplit=\"6\"",
        "state=\"frozen\"",
        "orientation=\"landscape\"",
        "paperSize=\"9\"",
        "<pageSetUpPr fitToPage=\"1\"/>",
        "fitToHeight=\"0\"",
        "<mergeCell ref=\"A1:Q1\"/>",
    ] {
        assert!(sheet.contains(wanted), "no {wanted}");
    }
    assert!(part("xl/styles.xml").contains("[$-42A]#,##0"), "Vietnamese thousands");
    assert!(part("xl/workbook.xml").contains("Print_Titles"), "the heads are on every page");
}

/// Counts vehicles of one cell.
async fn count(gate: &TestGate, day: &str, point: &str, direction: &str, class: &str, measure: &str, count: i64) {
    let sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, {measure})
         values ('{day}', '{point}', '{direction}', '{class}', {count})
         on conflict (day, crossing_point, direction, cargo_class) do update set {measure} = excluded.{measure}"
    );
    gate.database.admin().await.execute(&sql, &[]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_compared_with_the_day_before_and_with_last_years_week_and_month() {
    let gate = TestGate::open().await;
    // 31 March 2025 is a Monday; 52 weeks before is 1 April 2024, also one.
    for (day, crossed) in [
        ("2025-03-31", 30),
        ("2025-03-30", 20),
        ("2025-03-01", 50),
        ("2025-02-28", 1_000),
        ("2024-04-01", 24),
        ("2024-04-02", 1_000),
        ("2024-03-31", 70),
        ("2024-03-01", 130),
    ] {
        count(&gate, day, "CHI_MA", "export", "fruit", "completed", crossed).await;
    }
    count(&gate, "2025-03-31", "CHI_MA", "import", "empty", "completed", 2).await;
    count(&gate, "2025-03-31", "CHI_MA", "import", "empty", "fees_vnd", 150_000).await;

    let report = read(&gate, "daily/2025-03-31", &[]).await.json();

    let rows = rows(&report);
    let of = |code: &str, figure: &str| rows[&format!("comparison {code}")][figure].clone();
    assert_eq!(rows["total total"]["completed"], 32);
    assert_eq!(rows["total total"]["completed_import_goods"], 2, "an empty vehicle is no new one");
    assert_eq!(rows["total total"]["fees_vnd"], 150_000);
    assert_eq!(rows["crossing_point TAN_THANH"]["completed"], 0, "shown although nothing crossed");
    assert_eq!((of("day_before", "completed"), of("change_on_day_before", "completed")), (json!(20), json!(12)));
    assert_eq!(of("percent_on_day_before", "completed"), json!(0.6));
    assert_eq!(of("percent_on_day_before", "completed_import"), json!(null), "there were none to compare with");
    assert_eq!((of("week_so_far", "completed"), of("week_last_year", "completed")), (json!(32), json!(24)));
    assert_eq!(of("percent_on_week_last_year", "completed"), json!(0.3333));
    assert_eq!((of("month_so_far", "completed"), of("month_last_year", "completed")), (json!(102), json!(200)));
    assert_eq!(of("percent_on_month_last_year", "completed"), json!(-0.49));
    assert_eq!(of("week_so_far", "backlog"), json!(null), "what waits is no sum over days");
    assert_eq!(of("week_so_far", "fees_vnd"), json!(150_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_goes_to_another_gate_counts_as_gone_back_only_after_arrival() {
    let gate = TestGate::open().await;
    count(&gate, "2025-03-30", "CHI_MA", "export", "fruit", "turned_back", 3).await;
    // The counter knows both that were transferred, and not which had come.
    count(&gate, "2025-03-30", "CHI_MA", "export", "fruit", "transferred", 2).await;
    for (number, arrived) in [(1, "'2025-03-30T01:00:00Z'"), (2, "null")] {
        let sql = format!(
            "insert into declarations (number, revision, state, firm, declarant, direction, crossing_point, cargo_class,
                 customs_declarations, tracks, content, progress, created_at, registered_at, arrived_at, ended_at,
                 last_action, last_action_at, head)
             select {number}, 1, 'transferred', min(id), 'account-1', 'export', 'CHI_MA', 'fruit', '{{}}', '{{}}', '{{}}',
                 '{{}}', '2025-03-30T00:00:00Z', '2025-03-30T00:00:00Z', {arrived}, '2025-03-30T16:59:59Z', 'transfer',
                 '2025-03-30T16:59:59Z', ''
             from firms"
        );
        gate.database.admin().await.execute(&sql, &[]).await.unwrap();
    }
    let rows = rows(&read(&gate, "daily/2025-03-30", &[]).await.json());
    let here = &rows["crossing_point CHI_MA"];
    let parts = ["went_back", "turned_back", "transferred_after_arrival"].map(|figure| here[figure].clone());
    assert_eq!(parts, [4, 3, 1].map(Value::from));
    let monday = self::rows(&read(&gate, "daily/2025-03-31", &[]).await.json());
    assert_eq!(monday["crossing_point CHI_MA"]["went_back"], 0, "the day before's last second is not today's");
    assert_eq!(monday["comparison day_before"]["went_back"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_whether_its_period_is_over_and_is_all_zeros_before_it_begins() {
    let gate = TestGate::open().await;
    count(&gate, "2025-03-31", "CHI_MA", "export", "fruit", "completed", 5).await;
    count(&gate, "2025-03-31", "CHI_MA", "export", "fruit", "arrived", 9).await;
    for (path, zero) in [("daily/2025-04-01", "completed"), ("quarterly/2025-Q2", "declared")] {
        let report = read(&gate, path, &[]).await.json();
        assert_eq!(report["closed"], false, "{path}");
        let all = rows(&report);
        for (code, row) in &all {
            let numbers = row.as_object().unwrap().values().filter_map(Value::as_f64);
            assert!(numbers.into_iter().all(|number| number == 0.0), "{path} {code}: {row}");
            assert_eq!(row[zero].is_null(), code.starts_with("comparison"), "{path} {code}");
        }
        let file = read(&gate, &format!("{path}?format=csv"), &[]).await;
        assert!(file.header("content-disposition").unwrap().contains("-open.csv"));
    }
    for (now, closed) in [("2025-03-31T16:59:59.999Z", false), ("2025-03-31T17:00:00Z", true)] {
        gate.clock.set(now.parse().unwrap());
        for path in ["daily/2025-03-31", "quarterly/2025-Q1"] {
            assert_eq!(read(&gate, path, &[]).await.json()["closed"], closed, "{path} at {now}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_report_is_not_sent_twice_and_a_changed_one_is() {
    let gate = TestGate::open().await;
    count(&gate, "2025-03-30", "CHI_MA", "export", "fruit", "completed", 5).await;
    let ask = async |path: &str, accept: &str, tag: &str| {
        let headers = [("Accept", accept), ("If-None-Match", tag)];
        gate.ask(Some(&analyst()), "GET", &format!("/api/v1/reports/{path}"), &headers, "").await
    };
    let mut tags = Vec::new();
    for path in ["daily/2025-03-30", "quarterly/2025-Q1"] {
        for accept in ["application/json", "text/csv", WORKBOOK] {
            let tag = ask(path, accept, "").await.header("etag").unwrap().to_owned();
            gate.clock.set(gate.now() + chrono::Duration::seconds(1));
            assert_eq!(ask(path, accept, &tag).await.status, 304, "{path} as {accept}");
            assert!(!tags.contains(&tag));
            tags.push(tag);
        }
    }
    let changed = "update throughput set completed = completed + 1, declared = declared + 1";
    gate.database.admin().await.execute(changed, &[]).await.unwrap();
    assert_eq!(ask("daily/2025-03-30", WORKBOOK, &tags[2]).await.status, 200);
    assert_eq!(ask("quarterly/2025-Q1", "text/csv", &tags[4]).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_says_that_its_period_was_signed_and_whether_a_figure_changed_since() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T00:00:00Z".parse().unwrap());
    count(&gate, "2025-03-30", "CHI_MA", "export", "fruit", "completed", 5).await;
    for (period, path, registered) in [("2025-03-30", "daily/2025-03-30", 1), ("2025-Q1", "quarterly/2025-Q1", 2)] {
        let state = async |sentence: &str| {
            let reply = read(&gate, path, &[("Accept-Language", "vi")]).await;
            let made = read(&gate, path, &[("Accept-Language", "vi"), ("Accept", WORKBOOK)]).await;
            let mut book: Xlsx<_> = Xlsx::new(Cursor::new(made.bytes)).unwrap();
            let names = book.sheet_names();
            let sheet = book.worksheet_range(&names[0]).unwrap();
            let said = sheet.get_value((2, 0)).unwrap().to_string();
            assert!(said.ends_with(sentence), "{path}: {said}");
            let report = reply.json();
            (
                report["last_closing"].as_i64(),
                report["revised"].as_bool().unwrap(),
                reply.header("etag").unwrap().to_owned(),
            )
        };
        let open = state("Kỳ báo cáo đã kết thúc.").await;
        assert_eq!((open.0, open.1), (None, false), "{path}");
        let close = gate.post(&analyst(), "/api/v1/statistics/closings", &json!({"period": period})).await;
        assert_eq!(close.status, 201, "{}", close.text);
        let signed = state("Kỳ báo cáo đã được chốt (lần 1); số liệu đúng như bản đã ký.").await;
        assert_eq!((signed.0, signed.1), (Some(1), false), "{path}");
        count(&gate, "2025-03-30", "TAN_THANH", "import", "general", "registered", registered).await;
        let revised = state("Kỳ báo cáo đã được chốt (lần 1); số liệu đã thay đổi so với bản đã ký.").await;
        assert_eq!((revised.0, revised.1), (Some(1), true), "{path}");
        assert!(open.2 != signed.2 && signed.2 != revised.2, "{path}: each is another report");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_is_written_in_the_readers_language_and_vietnamese_without_one() {
    let gate = TestGate::open().await;
    let titles = ["", "en", "zh"].map(async |language| {
        let reply = read(&gate, "daily/2025-03-30", &[("Accept-Language", language)]).await;
        (reply.header("content-language").unwrap().to_owned(), reply.json()["columns"][2]["name"].clone())
    });
    let titles = futures_util::future::join_all(titles).await;
    let wanted = [("vi", "Xuất khẩu: hoa quả"), ("en", "Export: fruit"), ("zh", "出口：水果")];
    assert_eq!(titles, wanted.map(|(language, name)| (language.to_owned(), json!(name))));
    let marked = read(&gate, "daily/2025-03-30?format=csv&bom=true", &[]).await;
    assert!(marked.text.starts_with("\u{feff}period,level,code,name,completed,"), "{}", marked.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_there_cannot_be_is_refused_with_what_would_be_right() {
    let gate = TestGate::open().await;
    let ask = async |path: &str, accept: &str| {
        gate.ask(Some(&analyst()), "GET", &format!("/api/v1/reports/{path}"), &[("Accept", accept)], "").await
    };
    for (path, fault) in [
        ("daily/2025-02-29", ("/day", "wrong-type")),
        ("daily/-9999-01-1", ("/day", "wrong-type")),
        ("daily/22-08-2024", ("/day", "wrong-type")),
        ("quarterly/2025-Q5", ("/quarter", "quarter-format")),
        ("daily/2025-03-30?format=pdf", ("/format", "unknown-word")),
        ("daily/2025-03-30?bom=1", ("/bom", "unknown-word")),
        ("quarterly/2025-Q1?day=1", ("/day", "unknown-field")),
    ] {
        let reply = ask(path, "*/*").await;
        assert_eq!(reply.status, 422, "{path}: {}", reply.text);
        assert_eq!(reply.faults(), [(fault.0.to_owned(), fault.1.to_owned())], "{path}");
    }
    for path in ["daily/0000-01-01", "daily/9999-12-31", "daily/0001-02-28"] {
        assert!(matches!(ask(path, "*/*").await.status, 200 | 404), "{path}");
    }
    assert_eq!(ask("daily/2025-03-30", "application/pdf").await.problem(), "not-acceptable");
    let refused = gate.get(&declarant(1), "/api/v1/reports/daily/2025-03-30").await;
    assert_eq!(refused.problem(), "forbidden");
}
