//! Devices that were cut off: each thing they did is taken once, late as it is, and no conflict is lost.

use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, device, officer};
use crate::support::http::Reply;

fn manager() -> Actor {
    officer(Role::GateManager, &["HUU_NGHI"])
}

fn barrier() -> Actor {
    device("barrier-1", Role::BorderGuard)
}

async fn ask(gate: &TestGate, device: &Actor, method: &str, path: &str, body: String) -> Reply {
    let headers = [("Content-Type", "application/json"), ("Accept-Language", "en")];
    gate.ask(Some(device), method, path, &headers, body).await
}

async fn tell(gate: &TestGate, device: &Actor, actions: Value) -> Value {
    let reply = ask(gate, device, "POST", "/api/v1/devices/actions", json!({"actions": actions}).to_string()).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// Declares a tractor, registers it, and gives its number.
async fn registered(gate: &TestGate, plate: &str) -> String {
    let reply = gate.post(&declarant(1), "/api/v1/declarations", &tractor(plate)).await;
    let number = reply.json()["number"].as_str().unwrap_or_else(|| panic!("{}", reply.text)).to_owned();
    done(gate, &manager(), &number, json!({"action": "register"})).await;
    number
}

async fn done(gate: &TestGate, actor: &Actor, number: &str, action: Value) -> Value {
    let reply = gate.act(actor, number, &action).await;
    assert_eq!(reply.status, 200, "{action}: {}", reply.text);
    reply.json()
}

async fn record(gate: &TestGate, number: &str) -> Value {
    gate.get(&manager(), &format!("/api/v1/declarations/{number}")).await.json()
}

async fn history(gate: &TestGate, number: &str) -> Vec<Value> {
    let reply = gate.get(&manager(), &format!("/api/v1/declarations/{number}/actions")).await;
    reply.json()["items"].as_array().unwrap().clone()
}

async fn pass(gate: &TestGate, number: &str) -> Value {
    gate.get(&manager(), &format!("/api/v1/declarations/{number}/pass")).await.json()["token"].clone()
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn later(gate: &TestGate, minutes: i64) {
    gate.clock.set(gate.now() + Duration::minutes(minutes));
}

fn outcomes(answer: &Value) -> Vec<String> {
    let items = answer["items"].as_array().unwrap();
    let slug = |item: &Value| item["problem"]["type"].as_str().map(|kind| kind.replace("/problems/", ""));
    items.iter().map(|item| slug(item).unwrap_or_else(|| format!("taken as {}", item["seq"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_did_while_it_was_cut_off_counts_on_the_day_it_happened_and_shows_that_it_came_late() {
    let gate = TestGate::open().await;
    // 31 March 2025, 23:50 at the gate.
    gate.clock.set("2025-03-31T16:00:00Z".parse().unwrap());
    let number = registered(&gate, "桂F12345").await;
    let token = pass(&gate, &number).await;
    later(&gate, 50);
    let arrived = gate.now();
    later(&gate, 120);
    // Meanwhile customs went on, over another line.
    done(&gate, &officer(Role::CustomsOfficer, &[]), &number, json!({"action": "customs.set_lane", "lane": "green"}))
        .await;
    let answer = tell(
        &gate,
        &barrier(),
        json!([
            {"sequence": 1, "at": time(arrived), "pass": token, "action": "arrive", "observed_plate": "桂F-12345"},
            {"sequence": 2, "at": time(arrived + Duration::minutes(5)), "number": number, "action": "border_guard.pass"},
        ]),
    )
    .await;
    assert_eq!(outcomes(&answer), ["taken as 5", "taken as 6"], "{answer}");
    assert_eq!((&answer["last_sequence"], &answer["missing"]), (&json!(2), &json!([])));
    let record = record(&gate, &number).await;
    assert_eq!(record["stamps"]["arrived_at"], time(arrived));
    assert_eq!(record["stale_pass"], false);
    let history = history(&gate, &number).await;
    let arrival = history.iter().find(|action| action["action"] == "arrive").unwrap();
    assert_eq!((&arrival["at"], &arrival["recorded_at"]), (&json!(time(arrived)), &json!(time(gate.now()))));
    assert_eq!((&arrival["details"]["late"], &arrival["details"]["stale_pass"]), (&json!(true), &Value::Null));
    assert_eq!(arrival["actor"], "client:barrier-1");

    let by_day = "/api/v1/statistics/throughput?from=2025-03-31&to=2025-04-02&interval=day&measure=arrived";
    let days = gate.get(&officer(Role::Analyst, &[]), by_day).await.json();
    let days: Vec<&Value> = days["rows"].as_array().unwrap().iter().map(|row| &row["arrived"]).collect();
    assert_eq!(days, [&json!(1), &json!(0)], "it arrived before midnight and was told of after it");
    let client = gate.database.admin().await;
    let recount = border_gate::casework::doctor::recount(&client, |_| {}).await.unwrap();
    assert!(recount.differences.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_amended_cancelled_or_let_in_elsewhere_meanwhile_is_marked_or_reported() {
    let gate = TestGate::open().await;
    let (amended, cancelled, inside) =
        (registered(&gate, "桂F11111").await, registered(&gate, "桂F22222").await, registered(&gate, "桂F33333").await);
    let old_pass = pass(&gate, &amended).await;
    let old_revision = record(&gate, &amended).await["pass"].clone();
    later(&gate, 60);
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
    let patch = json!({"driver": {"full_name": "王芳"}}).to_string();
    let path = format!("/api/v1/declarations/{amended}");
    assert_eq!(gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, patch).await.status, 200);
    done(&gate, &declarant(1), &cancelled, json!({"action": "cancel"})).await;
    let other = officer(Role::BorderGuard, &["HUU_NGHI"]);
    done(&gate, &other, &inside, json!({"action": "arrive", "observed_plate": "桂F33333"})).await;
    let at = time(gate.now() + Duration::minutes(10));
    later(&gate, 90);

    let actions = json!([
        {"sequence": 1, "at": at, "pass": old_pass, "action": "arrive", "observed_plate": "桂F11111"},
        {"sequence": 2, "at": at, "number": cancelled, "action": "arrive", "observed_plate": "桂F22222"},
        {"sequence": 3, "at": at, "number": inside, "action": "arrive", "observed_plate": "桂F33333"},
        {"sequence": 4, "at": at, "number": "0000-0000-0000-00", "action": "arrive", "observed_plate": "桂F33333"},
        {"sequence": 5, "at": at, "number": amended, "action": "arrrive", "observed_plate": "桂F11111"},
        {"sequence": 6, "at": at, "number": amended, "action": "customs.clear"},
        {"sequence": 7, "at": at, "pass": "eyJ.e30.AAAA", "action": "arrive", "observed_plate": "桂F11111"},
        {"sequence": 8, "at": at, "number": amended, "pass_revision": old_revision, "action": "border_guard.pass"},
    ]);
    let answer = tell(&gate, &barrier(), actions.clone()).await;
    assert_eq!(
        outcomes(&answer),
        [
            "taken as 5",
            "illegal-action",
            "illegal-action",
            "not-found",
            "invalid-action",
            "forbidden",
            "invalid-action",
            "taken as 6"
        ],
        "{answer}"
    );
    assert_eq!(record(&gate, &amended).await["stale_pass"], true);
    let arrival = history(&gate, &amended).await.into_iter().find(|action| action["action"] == "arrive").unwrap();
    assert_eq!(arrival["details"]["stale_pass"], old_revision);

    // The very document of an ordinary refusal, but for the request's id.
    let mut ordinary = ask(&gate, &barrier(), "POST", &format!("/api/v1/declarations/{cancelled}/actions"), {
        json!({"action": "arrive", "observed_plate": "桂F22222"}).to_string()
    })
    .await
    .json();
    ordinary["request_id"] = answer["items"][1]["problem"]["request_id"].clone();
    assert_eq!(ordinary, answer["items"][1]["problem"]);

    // Told again, nothing happens twice, and the outcomes are the same to the letter.
    later(&gate, 1);
    let before = record(&gate, &amended).await;
    assert_eq!(tell(&gate, &barrier(), actions).await, answer);
    assert_eq!(record(&gate, &amended).await["revision"], before["revision"]);

    // With other words under a sequence, what was told first stands.
    let changed = json!([{"sequence": 2, "at": at, "number": inside, "action": "remark", "text": "Xe bị xước"}]);
    assert_eq!(outcomes(&tell(&gate, &barrier(), changed).await), ["sequence-mismatch"]);
    let unreadable = json!([{"sequence": 3, "at": at, "number": inside, "action": "fly"}]);
    assert_eq!(outcomes(&tell(&gate, &barrier(), unreadable).await), ["sequence-mismatch"]);

    // The report stays, for those whose business it is.
    let list = "/api/v1/devices/actions?outcome=refused&crossing_point=HUU_NGHI";
    let refused = gate.get(&manager(), list).await.json();
    let sequences: Vec<&Value> = refused["items"].as_array().unwrap().iter().map(|item| &item["sequence"]).collect();
    assert_eq!(
        sequences,
        [7, 6, 5, 4, 3, 2].iter().map(|one| json!(one)).collect::<Vec<_>>().iter().collect::<Vec<_>>()
    );
    assert_eq!(refused["items"][5], answer["items"][1]);
    assert_eq!(refused["items"][4]["said"]["observed_plate"], "桂F33333");
    assert_eq!(gate.get(&officer(Role::Auditor, &[]), list).await.json()["items"].as_array().unwrap().len(), 6);
    let elsewhere = gate.get(&officer(Role::GateManager, &["CHI_MA"]), "/api/v1/devices/actions").await.json();
    assert_eq!(elsewhere["items"], json!([]));
    assert_eq!(gate.get(&officer(Role::GateManager, &["CHI_MA"]), list).await.status, 403);
    let own = ask(&gate, &barrier(), "GET", "/api/v1/devices/actions?limit=3", String::new()).await;
    let next = own.json()["next_cursor"].as_str().unwrap().to_owned();
    let rest = format!("/api/v1/devices/actions?limit=200&cursor={next}");
    let rest = ask(&gate, &barrier(), "GET", &rest, String::new()).await.json();
    assert_eq!((own.json()["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (3, 5));
    let another = device("barrier-2", Role::BorderGuard);
    let none = ask(&gate, &another, "GET", "/api/v1/devices/actions", String::new()).await.json();
    assert_eq!(none["items"], json!([]));
    let curious = ask(&gate, &another, "GET", "/api/v1/devices/actions?device=barrier-1", String::new()).await;
    assert_eq!((curious.status, curious.problem().as_str()), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_told_over_two_lines_at_once_is_done_once() {
    let gate = TestGate::open().await;
    let mut actions = Vec::new();
    for (place, plate) in ["桂F11111", "桂F22222", "桂F33333", "桂F44444"].into_iter().enumerate() {
        let number = registered(&gate, plate).await;
        let at = time(gate.now());
        let sequence = 3 * place;
        actions.push(
            json!({"sequence": sequence + 1, "at": at, "number": number, "action": "arrive", "observed_plate": plate}),
        );
        actions.push(
            json!({"sequence": sequence + 2, "at": at, "number": number, "action": "remark", "text": "Vào cổng 2"}),
        );
        actions.push(
            json!({"sequence": sequence + 3, "at": at, "number": number, "action": "arrive", "observed_plate": plate}),
        );
    }
    let actions = json!(actions);
    let barrier = barrier();
    let told = futures_util::future::join_all((0..6).map(|_| tell(&gate, &barrier, actions.clone()))).await;
    for answer in &told {
        assert_eq!(answer["items"], told[0]["items"]);
    }
    let wanted: Vec<&str> = ["taken as 4", "taken as 5", "illegal-action"].into_iter().cycle().take(12).collect();
    assert_eq!(outcomes(&told[0]), wanted);
    let client = gate.database.admin().await;
    let count = async |sql: &str| client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count("select count(*) from actions where action in ('arrive', 'remark')").await, 8);
    assert_eq!(count("select count(*) from device_actions").await, 12);
    assert_eq!(count("select sum(arrived)::bigint from throughput").await, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_take_the_same_telling_once() {
    let gate = TestGate::open().await;
    let other = gate.another().await;
    let mut actions = Vec::new();
    for (place, plate) in ["桂F11111", "桂F22222", "桂F33333"].into_iter().enumerate() {
        let number = registered(&gate, plate).await;
        let at = time(gate.now());
        actions.push(
            json!({"sequence": 2 * place + 1, "at": at, "number": number, "action": "arrive", "observed_plate": plate}),
        );
        actions.push(json!({"sequence": 2 * place + 2, "at": at, "number": number, "action": "undo_arrive", "reason": "Nhầm xe"}));
    }
    let (actions, barrier) = (json!(actions), barrier());
    let told = futures_util::future::join_all(
        [&gate, &other, &gate, &other].map(|gate| tell(gate, &barrier, actions.clone())),
    )
    .await;
    for answer in &told {
        assert_eq!(answer["items"], told[0]["items"]);
        assert!(outcomes(answer).iter().all(|outcome| outcome.starts_with("taken")), "{answer}");
    }
    let client = gate.database.admin().await;
    let taken: i64 = client.query_one("select count(*) from actions where seq > 3", &[]).await.unwrap().get(0);
    assert_eq!(taken, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_that_is_passed_over_is_told_of_and_stops_nothing() {
    let gate = TestGate::open().await;
    let number = registered(&gate, "桂F12345").await;
    let remark = |sequence: i64| json!({"sequence": sequence, "at": time(gate.now()), "number": number, "action": "remark", "text": "Đã kiểm tra"});
    let asked = tell(&gate, &barrier(), json!([])).await;
    assert_eq!(asked, json!({"items": [], "last_sequence": 0, "missing": []}));
    let answer = tell(&gate, &barrier(), json!([remark(3), remark(4), remark(7)])).await;
    assert_eq!(outcomes(&answer), ["taken as 4", "taken as 5", "taken as 6"]);
    assert_eq!(answer["last_sequence"], 7);
    assert_eq!(answer["missing"], json!([{"from": 1, "to": 2}, {"from": 5, "to": 6}]));
    // What was missing may still come.
    let answer = tell(&gate, &barrier(), json!([remark(1), remark(2), remark(5)])).await;
    assert_eq!(answer["missing"], json!([{"from": 6, "to": 6}]));

    for (wrong, pointer, code) in [
        (json!({"actions": [remark(9), remark(8)]}), "/actions/1/sequence", "sequence-not-rising"),
        (json!({"actions": [{"action": "remark"}]}), "/actions/0/sequence", "sequence-not-rising"),
        (json!({"actions": [remark(0)]}), "/actions/0/sequence", "sequence-not-rising"),
        (json!({"actions": ["remark"]}), "/actions/0", "wrong-type"),
        (json!({"actions": {}}), "/actions", "wrong-type"),
        (json!({}), "/actions", "required"),
        (json!({"actions": [], "device": "x"}), "/device", "unknown-field"),
        (json!({"actions": vec![remark(1); 201]}), "/actions", "list-too-long"),
    ] {
        let refused = ask(&gate, &barrier(), "POST", "/api/v1/devices/actions", wrong.to_string()).await;
        assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid-request"), "{wrong}");
        assert_eq!(refused.faults(), [(pointer.to_owned(), code.to_owned())], "{wrong}");
    }
    assert_eq!(tell(&gate, &barrier(), json!([])).await["last_sequence"], 7, "nothing of it was taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_devices_time_is_held_against_the_clock_and_the_record() {
    let gate = TestGate::open().await;
    let number = registered(&gate, "桂F12345").await;
    let registered_at = gate.now();
    later(&gate, 60);
    let arrive = |at: DateTime<Utc>| json!({"action": "arrive", "observed_plate": "桂F12345", "at": time(at)});
    let path = format!("/api/v1/declarations/{number}/actions");
    let act = async |device: &Actor, action: &Value| ask(&gate, device, "POST", &path, action.to_string()).await;
    for (at, code) in [
        (gate.now() + Duration::minutes(6), "at-in-future"),
        (gate.now() - Duration::days(8), "at-too-old"),
        (registered_at - Duration::minutes(6), "at-too-early"),
    ] {
        let refused = act(&barrier(), &arrive(at)).await;
        assert_eq!(refused.faults(), [("/at".to_owned(), code.to_owned())], "{}", refused.text);
        assert_eq!((refused.status, refused.problem().as_str()), (422, "invalid-action"));
    }
    // A person sits at a screen and does it now.
    let person = gate.act(&officer(Role::BorderGuard, &[]), &number, &arrive(gate.now())).await;
    assert_eq!(person.faults(), [("/at".to_owned(), "at-for-devices-alone".to_owned())]);
    // What only a firm does is no device's.
    let firm = json!({"action": "submit", "at": time(gate.now())});
    assert_eq!(gate.act(&declarant(1), &number, &firm).await.faults()[0].1, "unknown-field");

    // A clock that is a little early has not seen the future; one that tells at once is not late.
    let arrived = act(&barrier(), &arrive(gate.now() + Duration::minutes(4))).await;
    assert_eq!(arrived.status, 200, "{}", arrived.text);
    assert_eq!(arrived.json()["stamps"]["arrived_at"], time(gate.now()));
    let passed = json!({"action": "border_guard.pass", "at": time(registered_at)});
    let refused = act(&barrier(), &passed).await;
    assert_eq!(refused.faults(), [("/at".to_owned(), "at-too-early".to_owned())], "not before it had arrived");
    let all = history(&gate, &number).await;
    assert_eq!(all.last().unwrap()["details"].get("late"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_stamp_comes_before_one_that_it_follows_however_late_it_is_told() {
    let gate = TestGate::open().await;
    let number = registered(&gate, "桂F12345").await;
    let at = gate.now();
    let (customs, fees) = (officer(Role::CustomsOfficer, &[]), officer(Role::FeeCollector, &[]));
    later(&gate, 60);
    done(&gate, &customs, &number, json!({"action": "customs.set_lane", "lane": "green"})).await;
    done(&gate, &fees, &number, json!({"action": "fee.waive", "reason": "Xe cứu trợ"})).await;
    done(&gate, &customs, &number, json!({"action": "customs.clear"})).await;
    let cleared = gate.now();
    let health = device("health-1", Role::QuarantineOfficer);
    later(&gate, 60);
    let minute = |minutes: i64| time(at + Duration::minutes(minutes));
    let told = tell(
        &gate,
        &barrier(),
        json!([
            {"sequence": 1, "at": minute(10), "number": number, "action": "arrive", "observed_plate": "桂F12345"},
            {"sequence": 2, "at": minute(11), "number": number, "action": "border_guard.pass"},
        ]),
    )
    .await;
    assert_eq!(outcomes(&told).iter().filter(|outcome| outcome.starts_with("taken")).count(), 2, "{told}");
    let told =
        tell(&gate, &health, json!([{"sequence": 1, "at": minute(12), "number": number, "action": "health.pass"}]))
            .await;
    assert_eq!(outcomes(&told), ["taken as 9"], "{told}");
    let ready = record(&gate, &number).await;
    assert_eq!(ready["state"], "ready");
    assert_eq!(ready["stamps"]["ready_at"], time(cleared), "it was ready when the last of its conditions was met");

    let complete = |sequence: i64, at: String| json!([{"sequence": sequence, "at": at, "number": number, "action": "complete", "observed_plate": "桂F12345"}]);
    let early = tell(&gate, &barrier(), complete(3, minute(13))).await;
    assert_eq!(outcomes(&early), ["invalid-action"], "it crossed before customs had cleared it: people look into that");
    assert_eq!(early["items"][0]["problem"]["errors"][0]["code"], "at-too-early");
    let right = tell(&gate, &barrier(), complete(4, minute(61))).await;
    assert_eq!(outcomes(&right), ["taken as 11"], "{right}");
    assert_eq!(record(&gate, &number).await["stamps"]["completed_at"], minute(61));
}
