//! Declaring in bulk over one connection.

use std::collections::HashMap;
use std::fmt::Write;

use border_gate::domain::workflow::Role;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer};

const BATCH: &str = "/api/v1/declarations/batch";

/// Sends a batch; its answers, by line.
async fn sent(gate: &TestGate, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<Value> {
    let reply = gate.ask(Some(&declarant(1)), "POST", path, headers, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn ndjson(gate: &TestGate, body: &str) -> Vec<Value> {
    sent(gate, BATCH, &[("Content-Type", "application/x-ndjson")], body).await
}

fn lines(plates: impl IntoIterator<Item = String>) -> String {
    plates.into_iter().fold(String::new(), |mut body, plate| {
        writeln!(body, "{}", tractor(&plate)).unwrap();
        body
    })
}

async fn declarations(gate: &TestGate) -> i64 {
    gate.database.admin().await.query_one("select count(*) from declarations", &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_line_has_its_own_answer_and_good_lines_stand_whatever_the_bad_ones_do() {
    let gate = TestGate::open().await;
    let mut wrong = tractor("桂F00002");
    wrong["vehicle"]["plate"] = json!("?");
    wrong["colour"] = json!("red");
    let first = tractor("桂F00001");
    let body = format!("{first}\n{wrong}\n\n{{\n{first}\n{}\n", tractor("桂F00003"));
    let answers = ndjson(&gate, &body).await;
    let told: Vec<_> =
        answers.iter().map(|one| (one["line"].as_u64().unwrap(), one["status"].as_u64().unwrap())).collect();
    assert_eq!(told, [(1, 201), (2, 422), (4, 422), (5, 409), (6, 201)]);
    assert_eq!(answers[1]["problem"]["errors"][0]["pointer"], "/colour");
    assert_eq!(answers[3]["problem"]["type"], "/problems/vehicle-already-declared");
    assert_eq!(answers[3]["problem"]["declaration"], answers[0]["number"], "it names the firm's own");
    let number = answers[4]["number"].as_str().unwrap();
    let record = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await.json();
    assert_eq!((&record["state"], &record["vehicle"]["plate"]), (&json!("submitted"), &json!("桂F00003")));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_vehicle_that_stands_in_a_batch_twice_the_earlier_line_is_declared() {
    let gate = TestGate::open().await;
    // The second thousand repeats some of the first: near enough that both lines are under way at once.
    let plate = |place: usize| format!("桂F{:05}", if place % 5 == 4 && place >= 300 { place - 300 } else { place });
    for round in 0..3 {
        let vehicles: Vec<String> = (0..2_000).map(|place| plate(place).replace('F', ["F", "G", "H"][round])).collect();
        let answers = ndjson(&gate, &lines(vehicles.iter().cloned())).await;
        let mut declared: HashMap<&str, &Value> = HashMap::new();
        for (vehicle, answer) in vehicles.iter().zip(&answers) {
            if let Some(number) = declared.get(vehicle.as_str()) {
                assert_eq!(answer["status"], 409, "{vehicle}: {answer}");
                assert_eq!(answer["problem"]["declaration"], **number, "it names the earlier line's");
            } else {
                assert_eq!(answer["status"], 201, "{vehicle}: {answer}");
                declared.insert(vehicle, &answer["number"]);
            }
        }
        assert!(declared.len() > 1_000 && declared.len() < 2_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_is_declared_whole_and_a_line_too_many_is_said_so() {
    let gate = TestGate::open().await;
    let plates = (0..10_001).map(|place| format!("桂F{place:05}"));
    // Wrong lines cost little: here all but a few say nothing.
    let body = plates.enumerate().fold(String::new(), |mut body, (place, plate)| {
        if place % 20 == 0 {
            writeln!(body, "{}", tractor(&plate)).unwrap();
        } else {
            body.push_str("{}\n");
        }
        body
    });
    let answers = ndjson(&gate, &body).await;
    assert_eq!(answers.len(), 10_001);
    assert!(
        answers.iter().zip(1..).all(|(answer, line)| answer["line"] == line),
        "the answers are in the lines' order"
    );
    assert_eq!(answers[10_000]["problem"]["errors"][0]["code"], "batch-too-long");
    assert_eq!(answers.iter().filter(|answer| answer["status"] == 201).count(), 500);
    assert_eq!(declarations(&gate).await, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_finds_what_would_be_refused_and_declares_nothing() {
    let gate = TestGate::open().await;
    ndjson(&gate, &lines(["桂F00001".to_owned()])).await;
    let body = format!("{}{}", lines(["桂F00001", "桂F00002", "桂F00002"].map(str::to_owned)), json!({"draft": true}));
    let headers = [("Content-Type", "application/x-ndjson")];
    let answers = sent(&gate, &format!("{BATCH}?dry_run=true"), &headers, &body).await;
    let statuses: Vec<_> = answers.iter().map(|one| one["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [409, 200, 409, 422], "present, free, twice in the batch, no direction");
    assert_eq!(declarations(&gate).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_declares_each_line_once_also_when_it_is_sent_many_times_at_once() {
    let gate = TestGate::open().await;
    let body = lines((0..40).map(|place| format!("桂F{place:05}")));
    let headers = [("Content-Type", "application/x-ndjson"), ("Idempotency-Key", "monday")];
    // One caller's tries: two at a time have room, the others are told to come again.
    let firm = declarant(1);
    let tries = (0..8).map(|_| gate.ask(Some(&firm), "POST", BATCH, &headers, &body));
    let mut numbers: Vec<Vec<String>> = Vec::new();
    for reply in futures_util::future::join_all(tries).await {
        if reply.status == 503 {
            assert!(reply.header("retry-after").is_some());
            continue;
        }
        let of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["number"].as_str().unwrap().to_owned();
        numbers.push(reply.text.lines().map(of).collect());
    }
    assert!(!numbers.is_empty() && numbers.iter().all(|other| *other == numbers[0]), "{numbers:?}");
    assert_eq!(declarations(&gate).await, 40);
    let again = sent(&gate, BATCH, &headers, &body).await;
    assert!(again.iter().all(|one| one["replayed"] == true && one["status"] == 201), "{again:?}");
    // A line that says something else under the same key is refused, the others are what they were.
    let other = body.replacen("桂F00000", "桂F99999", 1);
    let answers = sent(&gate, BATCH, &headers, &other).await;
    assert_eq!(answers[0]["problem"]["type"], "/problems/idempotency-mismatch");
    assert!(answers[1..].iter().all(|one| one["replayed"] == true));
    assert_eq!(declarations(&gate).await, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_leaves_whole_lines_only() {
    let gate = TestGate::open().await;
    let whole = lines((0..20).map(|place| format!("桂F{place:05}")));
    // The 21st is cut where it would still be JSON, were it taken for a line: a draft without more.
    let cut = json!({"draft": true, "direction": "import", "crossing_point": "HUU_NGHI"}).to_string();
    let mut stream = tokio::net::TcpStream::connect(gate.address()).await.unwrap();
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer {}\r\nContent-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n",
        gate.token(&declarant(1)),
        whole.len() + cut.len() + 10,
    );
    stream.write_all(format!("{head}{whole}{cut}").as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    for _ in 0..200 {
        if declarations(&gate).await == 20 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    assert_eq!(declarations(&gate).await, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_is_taken_as_people_write_it() {
    let gate = TestGate::open().await;
    let template = gate.ask(None, "GET", &format!("{BATCH}/template.csv"), &[], "").await;
    assert_eq!(template.status, 200);
    let (headings, example) = template.text.trim_start_matches('\u{feff}').split_once("\r\n").unwrap();
    assert!(headings.contains("Biển số xe;") && headings.contains("Khối lượng (kg)"), "{headings}");
    // Another plate, a note over two lines with the delimiter in it, and numbers with a comma.
    let row = example.trim_end().replace("31/03/2030", "31/03/2025").replace(";1200;", ";\"1200,5\";");
    let row = row.strip_suffix(';').unwrap().to_owned() + ";\"Hàng dễ vỡ;\nxin nhẹ tay\"";
    let body = format!("\u{feff}{headings}\r\n{row}\r\n{};x\r\n", row.replace("桂F12345", "桂F54321"));
    let answers = sent(&gate, BATCH, &[("Content-Type", "text/csv; charset=utf-8")], &body).await;
    assert_eq!(answers.len(), 2, "{answers:?}");
    assert_eq!(
        (&answers[0]["status"], &answers[1]["status"], &answers[1]["line"]),
        (&json!(201), &json!(422), &json!(4))
    );
    let number = answers[0]["number"].as_str().unwrap();
    let record = gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}")).await.json();
    assert_eq!(record["note"], "Hàng dễ vỡ;\nxin nhẹ tay");
    assert_eq!(
        (&record["planned_arrival"], &record["goods"][0]["quantity"]),
        (&json!("2025-03-31T02:00:00Z"), &json!(1200.5))
    );
    let english = gate.ask(None, "GET", &format!("{BATCH}/template.csv"), &[("Accept-Language", "en")], "").await;
    assert!(english.text.contains("vehicle_plate;"), "{}", english.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_is_refused_before_a_line_is_read() {
    let gate = TestGate::open().await;
    let kind = |kind: &'static str| [("Content-Type", kind)];
    let ask = async |actor, path: &str, headers: &[(&str, &str)]| {
        gate.ask(Some(actor), "POST", path, headers, "{}\n").await.status
    };
    let (firm, manager) = (declarant(1), officer(Role::GateManager, &[]));
    assert_eq!(ask(&firm, BATCH, &kind("application/json")).await, 415);
    assert_eq!(ask(&firm, &format!("{BATCH}?dry_run=perhaps"), &kind("text/csv")).await, 422);
    assert_eq!(ask(&manager, BATCH, &kind("text/csv")).await, 403);
    let key = [("Content-Type", "text/csv"), ("Idempotency-Key", "")];
    assert_eq!(ask(&firm, BATCH, &key).await, 422);
    // What says that it is too large is not waited for.
    let token = format!("Authorization: Bearer {}", gate.token(&firm));
    let large = 64 * 1024 * 1024 + 1;
    let head = format!(
        "POST {BATCH} HTTP/1.1\r\nHost: gate\r\n{token}\r\nContent-Type: text/csv\r\nContent-Length: {large}\r\n\r\n"
    );
    let mut stream = tokio::net::TcpStream::connect(gate.address()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}
