//! What is published: closed periods alone, described so that a program can check it.

use border_gate::domain::workflow::Role;
use serde_json::{Value, json};

use crate::support::gate::{TestGate, officer};
use crate::support::http::Reply;

async fn read(gate: &TestGate, file: &str, headers: &[(&str, &str)]) -> Reply {
    gate.ask(None, "GET", &format!("/open-data/{file}"), headers, "").await
}

async fn count(gate: &TestGate, day: &str, declared: i64) {
    let sql = format!(
        "insert into throughput (day, crossing_point, direction, cargo_class, declared, completed_kg, fees_vnd)
         values ('{day}', 'TAN_THANH', 'export', 'fruit', {declared}, 18000, 350000)
         on conflict (day, crossing_point, direction, cargo_class) do update set declared = excluded.declared"
    );
    gate.database.admin().await.execute(&sql, &[]).await.unwrap();
}

async fn close(gate: &TestGate, period: &str) {
    let reply =
        gate.post(&officer(Role::Analyst, &[]), "/api/v1/statistics/closings", &json!({"period": period})).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
}

fn rows(csv: &str) -> Vec<Vec<&str>> {
    csv.split_terminator("\r\n").map(|line| line.split(',').collect()).collect()
}

/// Checks a table against its description as a reader of data packages does.
fn fits(csv: &str, package: &Value) {
    let resource = &package["resources"][0];
    assert_eq!(resource["bytes"], csv.len());
    let fields = resource["schema"]["fields"].as_array().unwrap();
    let rows = rows(csv);
    let names: Vec<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(rows[0], names);
    for row in &rows[1..] {
        assert_eq!(row.len(), fields.len());
        for (cell, field) in row.iter().zip(fields) {
            assert!(!field["title"].as_str().unwrap().is_empty() && !field["description"].as_str().unwrap().is_empty());
            match field["type"].as_str().unwrap() {
                "integer" => drop(cell.parse::<i64>().unwrap()),
                "date" => drop(cell.parse::<chrono::NaiveDate>().unwrap()),
                "datetime" => drop(cell.parse::<chrono::DateTime<chrono::Utc>>().unwrap()),
                "string" => assert!(!cell.is_empty()),
                other => panic!("{other}"),
            }
            if let Some(allowed) = field["constraints"]["enum"].as_array() {
                assert!(allowed.contains(&json!(cell)), "{cell}");
            }
        }
    }
    let key = resource["schema"]["primaryKey"].as_array().unwrap();
    let places: Vec<usize> = key.iter().map(|name| names.iter().position(|field| field == name).unwrap()).collect();
    let mut keys: Vec<Vec<&str>> =
        rows[1..].iter().map(|row| places.iter().map(|place| row[*place]).collect()).collect();
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), rows.len() - 1, "the primary key tells rows apart");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_an_analyst_has_closed_is_published_and_its_last_revision() {
    let gate = TestGate::open().await;
    gate.clock.set("2025-04-01T02:00:00Z".parse().unwrap());
    count(&gate, "2025-03-30", 5).await;
    let nothing = read(&gate, "throughput.csv", &[]).await;
    assert_eq!((nothing.status, rows(&nothing.text).len()), (200, 1), "the quarter is over, and nobody has closed it");
    fits(&nothing.text, &read(&gate, "datapackage.json", &[]).await.json());

    close(&gate, "2025-Q1").await;
    close(&gate, "2025-03-30").await;
    gate.clock.set("2025-04-01T02:01:00Z".parse().unwrap());
    let published = read(&gate, "throughput.csv", &[]).await.text;
    let told = rows(&published);
    let periods: Vec<(&str, &str, &str)> = told[1..].iter().map(|row| (row[0], row[3], row[9])).collect();
    assert_eq!(periods, [("2025-Q1", "1", "5"), ("2025-03-30", "1", "5")]);
    assert_eq!(told[1][5..9], ["HUU_NGHI", "TAN_THANH", "export", "fruit"]);
    // One vehicle's mass and fee would be one firm's.
    assert!(!published.contains("18000") && !published.contains("350000"), "{published}");
    let package = read(&gate, "datapackage.json", &[("Accept-Language", "en")]).await.json();
    fits(&published, &package);
    assert_eq!(package["temporal"], json!({"start": "2025-01-01", "end": "2025-03-31"}));
    assert_eq!(package["licenses"][0]["name"], "CC-BY-4.0");
    assert_eq!(package["resources"][0]["schema"]["fields"][9]["unit"], "vehicle");

    // A correction shows when it is closed again, not before.
    count(&gate, "2025-03-30", 6).await;
    gate.clock.set("2025-04-01T02:02:00Z".parse().unwrap());
    assert_eq!(read(&gate, "throughput.csv", &[]).await.text, published);
    close(&gate, "2025-Q1").await;
    gate.clock.set("2025-04-01T02:03:00Z".parse().unwrap());
    let revised = read(&gate, "throughput.csv", &[]).await.text;
    let periods: Vec<(&str, &str, &str)> = rows(&revised)[1..].iter().map(|row| (row[0], row[3], row[9])).collect();
    assert_eq!(periods, [("2025-Q1", "2", "6"), ("2025-03-30", "1", "5")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_read_it_from_anywhere_and_keep_it_a_while() {
    let gate = TestGate::open().await;
    for file in ["throughput.csv", "datapackage.json"] {
        let reply = read(&gate, file, &[]).await;
        assert_eq!(reply.status, 200, "{file}: {}", reply.text);
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"));
        assert_eq!(reply.header("cross-origin-resource-policy"), Some("cross-origin"));
        assert_eq!(reply.header("cache-control"), Some("public, max-age=60"));
        let tag = reply.header("etag").unwrap();
        assert_eq!(read(&gate, file, &[("If-None-Match", tag)]).await.status, 304, "{file}");
        assert_eq!(read(&gate, &format!("{file}?all=1"), &[]).await.faults()[0].1, "unknown-field");
    }
}
