//! Places that run out, over HTTP: yards, bays and hours are never over-filled, whoever asks at once.

use border_gate::casework::doctor::recount;
use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::Role;
use border_gate::storage::pool::connect;
use chrono::{DateTime, Days, Utc};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{NOW, TestGate, declarant, officer};
use crate::support::http::Reply;

fn manager() -> Actor {
    officer(Role::GateManager, &[])
}

fn operator() -> Actor {
    officer(Role::YardOperator, &[])
}

fn guard() -> Actor {
    officer(Role::BorderGuard, &[])
}

fn plate(place: usize) -> String {
    format!("桂F{}", 10_000 + place)
}

/// What the administrator says of one code from the gate's today on.
async fn said(gate: &TestGate, list: &str, code: &str, entry: Value) {
    let body = json!({"valid_from": "2025-03-31", "reason": "Thông báo 15/TB-BQL", "entry": entry}).to_string();
    let path = format!("/api/v1/admin/reference/{list}/{code}");
    let json = [("Content-Type", "application/json")];
    let reply = gate.ask(Some(&officer(Role::Admin, &[])), "PUT", &path, &json, body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

async fn yard(gate: &TestGate, capacity: Value, bays: Value) {
    let entry = json!({"name": "Xuân Cương", "crossing_point": "HUU_NGHI", "capacity": capacity, "bays": bays});
    said(gate, "yards", "XUAN_CUONG", entry).await;
}

/// Hữu Nghị gives slots at these hours.
async fn slots(gate: &TestGate, slots: Value, automatic_registration: bool) {
    let entry = json!({
        "name": "Hữu Nghị", "gate": "HUU_NGHI", "kind": "road",
        "automatic_registration": automatic_registration, "slots": slots,
    });
    said(gate, "crossing_points", "HUU_NGHI", entry).await;
}

fn number(reply: &Reply) -> String {
    assert!(reply.status < 300, "{} {}", reply.status, reply.text);
    reply.json()["number"].as_str().unwrap().to_owned()
}

async fn declared(gate: &TestGate, place: usize, with: Value) -> String {
    let mut body = tractor(&plate(place));
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    number(&gate.post(&declarant(1), "/api/v1/declarations", &body).await)
}

/// Vehicles that have arrived, with these places among the plates.
async fn arrived(gate: &TestGate, places: std::ops::Range<usize>) -> Vec<String> {
    join_all(places.map(|place| async move {
        let number = declared(gate, place, json!({})).await;
        let registered = gate.act(&manager(), &number, &json!({"action": "register"})).await;
        assert_eq!(registered.status, 200, "{}", registered.text);
        let arrive = json!({"action": "arrive", "observed_plate": plate(place)});
        self::number(&gate.act(&guard(), &number, &arrive).await)
    }))
    .await
}

async fn enters(gate: &TestGate, number: &str, bay: Option<&str>) -> Reply {
    let mut said = json!({"action": "enter_yard", "yard": "XUAN_CUONG"});
    if let Some(bay) = bay {
        said["bay"] = json!(bay);
    }
    gate.act(&operator(), number, &said).await
}

async fn leaves(gate: &TestGate, number: &str) {
    let turned = gate.act(&guard(), number, &json!({"action": "turn_back", "reason": "x"})).await;
    assert_eq!(turned.status, 200, "{}", turned.text);
    let left = gate.act(&operator(), number, &json!({"action": "leave_yard"})).await;
    assert_eq!(left.status, 200, "{}", left.text);
}

async fn yard_now(gate: &TestGate) -> Value {
    let reply = gate.get(&operator(), "/api/v1/yards?crossing_point=HUU_NGHI").await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()["items"][0].clone()
}

/// Everything equals a recount of the records.
async fn all_is_well(gate: &TestGate) {
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    assert_eq!(recount(&client, |_| ()).await.unwrap().differences, []);
}

fn told(replies: &[Reply]) -> (usize, usize) {
    let of = |status| replies.iter().filter(|reply| reply.status == status).count();
    (of(200), of(409))
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_at_two_instances_are_ten_in_a_yard_with_room_for_ten() {
    let gate = TestGate::open().await;
    yard(&gate, json!(10), json!(null)).await;
    let other = gate.another().await;
    let numbers = arrived(&gate, 0..64).await;
    let at_once = numbers.iter().enumerate().map(|(place, number)| {
        let gate = if place % 2 == 0 { &gate } else { &other };
        async move { enters(gate, number, None).await }
    });
    let replies = join_all(at_once).await;
    assert_eq!(told(&replies), (10, 54));
    for refused in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(refused.problem(), "yard-full");
    }
    let now = yard_now(&gate).await;
    assert_eq!((&now["capacity"], &now["taken"], &now["free"]), (&json!(10), &json!(10), &json!(0)));
    // A place is free once its vehicle has left, not before.
    let inside = numbers.iter().zip(&replies).find(|(_, reply)| reply.status == 200).unwrap().0;
    let outside: Vec<_> = numbers.iter().zip(&replies).filter(|(_, reply)| reply.status == 409).collect();
    let turned = gate.act(&guard(), inside, &json!({"action": "turn_back", "reason": "x"})).await;
    assert_eq!(turned.status, 200, "{}", turned.text);
    assert_eq!(enters(&other, outside[0].0, None).await.problem(), "yard-full");
    assert_eq!(gate.act(&operator(), inside, &json!({"action": "leave_yard"})).await.status, 200);
    let again = join_all(outside.iter().take(8).map(|(number, _)| enters(&gate, number, None))).await;
    assert_eq!(told(&again), (1, 7));
    all_is_well(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bay_holds_one_vehicle_and_whoever_names_a_wrong_one_is_alone_refused() {
    let gate = TestGate::open().await;
    yard(&gate, json!(null), json!(["A1", "A2"])).await;
    let numbers = arrived(&gate, 0..8).await;
    let bays = [Some("A1"), Some("A1"), Some("A2"), Some("B9"), None, Some("A2"), Some("A1"), None];
    let replies = join_all(numbers.iter().zip(bays).map(|(number, bay)| enters(&gate, number, bay))).await;
    let got = |bay: Option<&str>| -> Vec<u16> {
        let of = replies.iter().zip(bays).filter(|(_, asked)| *asked == bay);
        let mut got: Vec<u16> = of.map(|(reply, _)| reply.status).collect();
        got.sort_unstable();
        got
    };
    assert_eq!(got(Some("A1")), [200, 409, 409]);
    assert_eq!(got(Some("A2")), [200, 409]);
    assert_eq!(got(None), [200, 200], "others in the set are not touched");
    assert_eq!(replies[3].faults(), [("/bay".to_owned(), "bay-unknown".to_owned())]);
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap();
    assert_eq!(refused.problem(), "bay-taken");
    let now = yard_now(&gate).await;
    assert_eq!(now["bays"], json!([{"bay": "A1", "free": false}, {"bay": "A2", "free": false}]));
    assert_eq!((&now["capacity"], &now["taken"], &now["free"]), (&json!(null), &json!(4), &json!(null)));

    // Whoever moves gives his bay to others, and keeps his place in the yard.
    let in_a1 = (0..8).find(|place| bays[*place] == Some("A1") && replies[*place].status == 200).unwrap();
    let moves = json!({"action": "move_yard", "yard": "XUAN_CUONG", "bay": "A2"});
    assert_eq!(gate.act(&operator(), &numbers[in_a1], &moves).await.problem(), "bay-taken");
    let moves = json!({"action": "move_yard", "yard": "XUAN_CUONG"});
    assert_eq!(gate.act(&operator(), &numbers[in_a1], &moves).await.status, 200);
    let waits = (0..8).find(|place| replies[*place].status == 409).unwrap();
    assert_eq!(enters(&gate, &numbers[waits], Some("A1")).await.status, 200);
    assert_eq!(yard_now(&gate).await["taken"], 5);
    all_is_well(&gate).await;

    // What a gate had parked before places were numbered is numbered by the migration.
    let migration = include_str!("../migrations/0007_places/up.sql");
    let numbers_them = migration.split_once("with parked").and_then(|(_, rest)| rest.split_once(';')).unwrap().0;
    let sql = format!("delete from places; with parked{numbers_them}");
    gate.database.admin().await.batch_execute(&sql).await.unwrap();
    all_is_well(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_yard_that_holds_fewer_from_today_on_keeps_whom_it_has() {
    let gate = TestGate::open().await;
    let numbers = arrived(&gate, 0..6).await;
    // Nothing is known of its capacity yet, and still everybody in it is counted.
    for number in &numbers[..4] {
        assert_eq!(enters(&gate, number, None).await.status, 200);
    }
    yard(&gate, json!(2), json!(null)).await;
    let now = yard_now(&gate).await;
    assert_eq!((&now["taken"], &now["free"]), (&json!(4), &json!(0)));
    for gone in 0..2 {
        assert_eq!(enters(&gate, &numbers[4], None).await.problem(), "yard-full", "{gone} have left");
        leaves(&gate, &numbers[gone]).await;
    }
    assert_eq!(enters(&gate, &numbers[4], None).await.problem(), "yard-full", "two of two are there");
    leaves(&gate, &numbers[2]).await;
    assert_eq!(enters(&gate, &numbers[4], None).await.status, 200);
    assert_eq!(enters(&gate, &numbers[5], None).await.problem(), "yard-full");
    all_is_well(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_at_once_for_one_hour_get_what_it_holds_and_perishable_goods_what_is_kept_for_them() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 9, "to": 12, "vehicles": 10, "kept_for_perishables": 3}]), false).await;
    let other = gate.another().await;
    let numbers = join_all((0..68).map(|place| declared(&gate, place, json!({"perishable": place >= 64})))).await;
    let register = json!({"action": "register", "slot": "2025-03-31T03:00:00Z"});
    let at_once = numbers[..64].iter().enumerate().map(|(place, number)| {
        let gate = if place % 2 == 0 { &gate } else { &other };
        let register = &register;
        async move { gate.act(&manager(), number, register).await }
    });
    let replies = join_all(at_once).await;
    assert_eq!(told(&replies), (7, 57));
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap();
    assert_eq!(refused.problem(), "slot-full");
    let got = replies.iter().find(|reply| reply.status == 200).unwrap().json();
    assert_eq!((&got["slot"], &got["slot_missed"]), (&json!("2025-03-31T03:00:00Z"), &json!(null)));
    let manager = manager();
    let perishable = join_all(numbers[64..].iter().map(|number| gate.act(&manager, number, &register))).await;
    assert_eq!(told(&perishable), (3, 1));

    let day = gate.get(&declarant(1), "/api/v1/crossing-points/HUU_NGHI/slots?day=2025-03-31").await.json();
    let row = |slot: &str, taken, free, perishable| {
        json!({"slot": slot, "vehicles": 10, "kept_for_perishables": 3, "taken": taken, "free": free,
               "free_for_perishables": perishable})
    };
    let expected = [
        row("2025-03-31T02:00:00Z", 0, 7, 10),
        row("2025-03-31T03:00:00Z", 10, 0, 0),
        row("2025-03-31T04:00:00Z", 0, 7, 10),
    ];
    assert_eq!(day["items"], json!(expected));
    all_is_well(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_registers_by_itself_gets_the_first_hour_with_room_and_waits_for_a_manager_where_there_is_none() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 9, "to": 10, "vehicles": 4}, {"from": 15, "to": 17, "vehicles": 3}]), true).await;
    let other = gate.another().await;
    let at_once = (0..30).map(|place| {
        let gate = if place % 2 == 0 { &gate } else { &other };
        async move { gate.post(&declarant(1), "/api/v1/declarations", &tractor(&plate(place))).await }
    });
    let replies = join_all(at_once).await;
    let mut hours: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    for reply in &replies {
        assert_eq!(reply.status, 201, "{}", reply.text);
        let record = reply.json();
        assert_eq!(record["state"] == "registered", record["slot"].is_string(), "{}", reply.text);
        *hours.entry(record["slot"].as_str().unwrap_or("none").to_owned()).or_default() += 1;
    }
    // Two days of hours from the planned arrival on are looked at: ten places on each.
    let expected = [
        ("2025-03-31T02:00:00Z", 4),
        ("2025-03-31T08:00:00Z", 3),
        ("2025-03-31T09:00:00Z", 3),
        ("2025-04-01T02:00:00Z", 4),
        ("2025-04-01T08:00:00Z", 3),
        ("2025-04-01T09:00:00Z", 3),
        ("none", 10),
    ];
    assert_eq!(hours, expected.map(|(hour, many)| (hour.to_owned(), many)).into());
    let waiting = replies.iter().find(|reply| reply.json()["state"] == "submitted").unwrap();
    let registered = gate.act(&manager(), &number(waiting), &json!({"action": "register"})).await;
    assert_eq!(registered.problem(), "slot-full");
    let named = json!({"action": "register", "slot": "2025-04-02T02:00:00Z"});
    assert_eq!(gate.act(&manager(), &number(waiting), &named).await.json()["slot"], "2025-04-02T02:00:00Z");
    // The same vehicle twice beside others that take places: one is told so, the others are not touched.
    let twice = [40, 40, 41, 42].map(|place| {
        let later = json!({"planned_arrival": "2025-04-10T02:00:00Z"});
        let mut body = tractor(&plate(place));
        body.as_object_mut().unwrap().extend(later.as_object().unwrap().clone());
        let gate = &gate;
        async move { gate.post(&declarant(1), "/api/v1/declarations", &body).await }
    });
    let mut statuses: Vec<u16> = join_all(twice).await.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 201, 201, 409]);
    all_is_well(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hour_is_given_back_by_whoever_does_not_come_in_it() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 0, "to": 24, "vehicles": 1}]), false).await;
    let register = |slot: &str| json!({"action": "register", "slot": slot});
    let here = "2025-03-31T02:00:00Z";
    let act = |who: Actor, number: String, said: Value| {
        let gate = &gate;
        async move {
            let reply = gate.act(&who, &number, &said).await;
            assert_eq!(reply.status, 200, "{said}: {}", reply.text);
            reply.json()
        }
    };
    let mut next = 0;
    // Each takes the hour after another has given it back, in turn by every way there is.
    for gives_back in ["return", "cancel", "turn_back", "reject", "transfer", "amend", "expire"] {
        let number = declared(&gate, next, json!({})).await;
        next += 1;
        let record = act(manager(), number.clone(), register(here)).await;
        assert_eq!(record["slot"], here, "before {gives_back}");
        let said = json!({"action": gives_back, "reason": "x", "reason_code": "other", "crossing_point": "TAN_THANH"});
        let fields = |names: &[&str]| -> Value {
            let all = said.as_object().unwrap();
            names.iter().map(|name| ((*name).to_owned(), all[*name].clone())).collect::<serde_json::Map<_, _>>().into()
        };
        let after = match gives_back {
            "return" => act(manager(), number, fields(&["action", "reason_code", "reason"])).await,
            "transfer" => act(manager(), number, fields(&["action", "crossing_point"])).await,
            "turn_back" => {
                let seen = json!({"action": "arrive", "observed_plate": plate(next - 1)});
                act(guard(), number.clone(), seen).await;
                act(guard(), number, fields(&["action", "reason"])).await
            }
            "amend" => {
                let body = json!({"planned_arrival": "2025-03-31T07:30:00Z"}).to_string();
                let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
                let path = format!("/api/v1/declarations/{number}");
                let reply = gate.ask(Some(&declarant(1)), "PATCH", &path, &headers, body).await;
                assert_eq!(reply.json()["slot"], "2025-03-31T07:00:00Z", "{}", reply.text);
                continue;
            }
            "expire" => {
                let later = gate.now() + Days::new(16);
                gate.clock.set(later);
                assert!(gate.service.expire_due().await.unwrap() > 0);
                gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await.json()
            }
            _ => act(guard_or_manager(gives_back), number, fields(&["action", "reason"])).await,
        };
        assert_eq!(after["slot"], json!(null), "after {gives_back}");
    }
    all_is_well(&gate).await;
}

fn guard_or_manager(action: &str) -> Actor {
    if action == "reject" { guard() } else { manager() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_that_comes_outside_its_hour_is_let_in_and_the_record_says_so() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 9, "to": 12, "vehicles": 5}]), true).await;
    for (place, at, missed) in [
        (0, "2025-03-31T02:59:59Z", json!("early")),
        (1, "2025-03-31T03:00:00Z", json!(null)),
        (2, "2025-03-31T03:59:59Z", json!(null)),
        (3, "2025-03-31T04:00:00Z", json!("late")),
    ] {
        gate.clock.set(NOW.parse().unwrap());
        let number = declared(&gate, place, json!({"planned_arrival": "2025-03-31T03:10:00Z"})).await;
        gate.clock.set(at.parse().unwrap());
        let arrive = json!({"action": "arrive", "observed_plate": plate(place)});
        let after = gate.act(&guard(), &number, &arrive).await.json();
        assert_eq!((&after["state"], &after["slot"]), (&json!("arrived"), &json!("2025-03-31T03:00:00Z")));
        assert_eq!(after["slot_missed"], missed, "at {at}");
        let undone = gate.act(&guard(), &number, &json!({"action": "undo_arrive", "reason": "x"})).await.json();
        assert_eq!((&undone["slot"], &undone["slot_missed"]), (&json!("2025-03-31T03:00:00Z"), &json!(null)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gate_manager_names_an_hour_that_is_one_is_given_and_is_not_over() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 9, "to": 12, "vehicles": 5}]), false).await;
    gate.clock.set("2025-03-31T03:00:00Z".parse().unwrap());
    let number = declared(&gate, 0, json!({"planned_arrival": "2025-03-31T05:00:00Z"})).await;
    for (slot, code) in [
        ("2025-03-31T04:30:00Z", "slot-not-an-hour"),
        ("2025-03-31T08:00:00Z", "slot-not-given"),
        ("2025-03-31T02:00:00Z", "slot-over"),
    ] {
        let refused = gate.act(&manager(), &number, &json!({"action": "register", "slot": slot})).await;
        assert_eq!(refused.faults(), [("/slot".to_owned(), code.to_owned())], "{}", refused.text);
    }
    // Without a name it is the first from the planned arrival on: the next day's, since 12:00 is not among them.
    let registered = gate.act(&manager(), &number, &json!({"action": "register"})).await.json();
    assert_eq!(registered["slot"], "2025-04-01T02:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_hour_is_named_on_a_day_that_takes_only_those_registered_before_it() {
    let gate = TestGate::open().await;
    slots(&gate, json!([{"from": 9, "to": 12, "vehicles": 5}]), false).await;
    // From the 19th to the 23rd, after Tết, only those come who were registered before.
    gate.clock.set("2026-02-20T02:00:00Z".parse().unwrap());
    let number = declared(&gate, 0, json!({"planned_arrival": "2026-02-21T02:10:00Z"})).await;
    let register = async |slot: &str| gate.act(&manager(), &number, &json!({"action": "register", "slot": slot})).await;
    let today = register("2026-02-20T03:00:00Z").await;
    let wrong = [("/slot".to_owned(), "slot-needs-earlier-registration".to_owned())];
    assert_eq!(today.faults(), wrong, "{}", today.text);
    let tomorrow = register("2026-02-21T03:00:00Z").await;
    assert_eq!(tomorrow.json()["slot"], "2026-02-21T03:00:00Z", "{}", tomorrow.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crossing_point_registers_by_itself_on_the_days_that_the_reference_data_say() {
    let gate = TestGate::open().await;
    let by_itself = json!({
        "valid_from": "2025-04-01", "valid_to": "2025-04-02", "reason": "Thông báo 15/TB-BQL",
        "entry": {"name": "Hữu Nghị", "gate": "HUU_NGHI", "kind": "road", "automatic_registration": true},
    });
    let json = [("Content-Type", "application/json")];
    let admin = officer(Role::Admin, &[]);
    let path = "/api/v1/admin/reference/crossing_points/HUU_NGHI";
    assert_eq!(gate.ask(Some(&admin), "PUT", path, &json, by_itself.to_string()).await.status, 200);
    for (place, now, state) in [
        // The gate's midnight is 17:00 UTC.
        (0, "2025-03-31T16:59:59Z", "submitted"),
        (1, "2025-03-31T17:00:00Z", "registered"),
        (2, "2025-04-01T16:59:59Z", "registered"),
        (3, "2025-04-01T17:00:00Z", "submitted"),
    ] {
        gate.clock.set(now.parse::<DateTime<Utc>>().unwrap());
        let number = declared(&gate, place, json!({"planned_arrival": "2025-04-02T02:00:00Z"})).await;
        let record = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}")).await.json();
        assert_eq!(record["state"], state, "at {now}");
        let registered_by = record["tracks"].as_array().unwrap().len();
        assert_eq!(registered_by > 0, state == "registered");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_track_says_why_it_is_required_in_the_readers_language_and_who_added_it() {
    let gate = TestGate::open().await;
    let number = declared(&gate, 0, json!({})).await;
    assert_eq!(gate.act(&manager(), &number, &json!({"action": "register"})).await.status, 200);
    let added = json!({"action": "add_track", "track": "plant_quarantine", "reason": "Pallet gỗ chưa xử lý"});
    assert_eq!(gate.act(&manager(), &number, &added).await.status, 200);
    let path = format!("/api/v1/declarations/{number}");
    let track = |record: &Value, track: &str| -> Value {
        record["tracks"].as_array().unwrap().iter().find(|one| one["track"] == track).unwrap().clone()
    };
    for (language, health, plants) in [
        (
            "vi",
            "Phải thực hiện vì người điều khiển không mang quốc tịch Việt Nam.",
            "Ban quản lý cửa khẩu yêu cầu bổ sung: Pallet gỗ chưa xử lý",
        ),
        (
            "en",
            "Required because the driver is not a Vietnamese citizen.",
            "Added by Gate manager: Pallet gỗ chưa xử lý",
        ),
        ("zh", "须办理，原因：驾驶员不具有越南国籍。", "口岸管理人员要求增加：Pallet gỗ chưa xử lý"),
    ] {
        for (who, by) in [(declarant(1), json!(null)), (manager(), json!(manager().id.to_string()))] {
            let record = gate.ask(Some(&who), "GET", &path, &[("Accept-Language", language)], "").await.json();
            assert_eq!(
                (&track(&record, "health")["why"], &track(&record, "health")["because"]),
                (&json!(health), &json!("health-foreign-driver"))
            );
            let added = track(&record, "plant_quarantine");
            assert_eq!((&added["why"], &added["because"]), (&json!(plants), &json!("added")));
            assert_eq!(added["added"]["by"], by, "a firm sees the agency, not the account");
            assert_eq!(added["added"]["reason"], "Pallet gỗ chưa xử lý");
        }
    }
    // A rule that nobody has explained yet says at least which it is; an explanation in two languages is refused.
    let rule = |because: Value| json!({"track": "fee", "because": because});
    said(&gate, "track_rules", "fee-always", rule(json!(null))).await;
    let record = gate.ask(Some(&manager()), "GET", &path, &[("Accept-Language", "en")], "").await.json();
    assert_eq!(track(&record, "fee")["why"], "Required by the rule fee-always.");
    let half = json!({"valid_from": "2025-03-31", "reason": "x", "entry": rule(json!({"vi": "Vì thế.", "en": "So.", "zh": " "}))});
    let json = [("Content-Type", "application/json")];
    let path = "/api/v1/admin/reference/track_rules/fee-always";
    let refused = gate.ask(Some(&officer(Role::Admin, &[])), "PUT", path, &json, half.to_string()).await;
    assert_eq!(refused.faults(), [("/entry".to_owned(), "reference-unusable".to_owned())]);
    // Neither the firm's history nor the record elsewhere names the account after a transfer.
    let transfer = gate.act(&manager(), &number, &json!({"action": "transfer", "crossing_point": "TAN_THANH"})).await;
    let there = transfer.json()["transferred_to"].as_str().unwrap().to_owned();
    let history = gate.get(&declarant(1), &format!("/api/v1/declarations/{there}/actions")).await;
    assert!(!history.text.contains(&manager().id.to_string()), "{}", history.text);
    let record = gate.get(&manager(), &format!("/api/v1/declarations/{there}")).await.json();
    assert_eq!(track(&record, "plant_quarantine")["added"]["reason"], "Pallet gỗ chưa xử lý");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_sees_the_yards_and_hours_of_his_own_crossing_points_and_a_firm_sees_all() {
    let gate = TestGate::open().await;
    let codes = |reply: Reply| -> Vec<Value> {
        reply.json()["items"].as_array().unwrap().iter().map(|yard| yard["yard"].clone()).collect()
    };
    let elsewhere = officer(Role::YardOperator, &["TAN_THANH"]);
    assert_eq!(codes(gate.get(&elsewhere, "/api/v1/yards").await), ["BAO_NGUYEN"]);
    assert_eq!(codes(gate.get(&declarant(1), "/api/v1/yards").await), ["BAO_NGUYEN", "XUAN_CUONG"]);
    assert_eq!(gate.get(&elsewhere, "/api/v1/yards?crossing_point=HUU_NGHI").await.status, 403);
    assert_eq!(gate.get(&elsewhere, "/api/v1/crossing-points/HUU_NGHI/slots").await.status, 403);
    assert_eq!(gate.get(&declarant(1), "/api/v1/crossing-points/NOWHERE/slots").await.status, 404);
    let none = gate.get(&elsewhere, "/api/v1/crossing-points/TAN_THANH/slots?day=2025-04-01").await.json();
    assert_eq!(none["items"], json!([]), "it gives no slots: nobody needs one");
}
