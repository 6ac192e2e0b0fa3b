//! The public board.

use border_gate::domain::workflow::Role;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::reports::published;
use crate::support::gate::{TestGate, declarant, officer};
use crate::support::http::Reply;

async fn board(gate: &TestGate, headers: &[(&str, &str)]) -> Reply {
    gate.ask(None, "GET", "/api/v1/waiting", headers, "").await
}

fn at<'a>(board: &'a Value, point: &str) -> &'a Value {
    board["items"].as_array().unwrap().iter().find(|item| item["crossing_point"] == point).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_sees_how_it_is_at_each_crossing_point() {
    let gate = published().await;
    gate.clock.set("2024-08-22T13:00:00Z".parse().unwrap());
    let board = board(&gate, &[]).await.json();
    assert_eq!(board["as_of"], "2024-08-22T13:00:00Z");
    assert_eq!(board["next_at"], "2024-08-22T13:01:00Z");
    let sum = |field: &str| -> i64 {
        board["items"].as_array().unwrap().iter().map(|item| item[field].as_i64().unwrap()).sum()
    };
    assert_eq!((sum("inside"), sum("crossed_today")), (369, 1_243), "as published");
    assert_eq!(at(&board, "HUU_NGHI")["crossed_today"], 784);
    assert_eq!(at(&board, "HUU_NGHI")["gate"], "HUU_NGHI");
    assert!(sum("waiting") > 0);
    let median = at(&board, "HUU_NGHI")["median_minutes_today"].as_i64().unwrap();
    assert!((40..=1_200).contains(&median), "{median}");
    assert_eq!(at(&board, "DONG_DANG")["median_minutes_today"], Value::Null, "none crossed there");
    // Nothing on it is anybody's.
    for word in ["plate", "firm", "driver", "number"] {
        assert!(!board.to_string().contains(word), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_is_made_once_a_minute_and_kept_until_then() {
    let gate = TestGate::open().await;
    let first = board(&gate, &[]).await;
    assert_eq!(first.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(first.header("access-control-allow-origin"), Some("*"));
    assert_eq!(first.header("cross-origin-resource-policy"), Some("cross-origin"));
    let tag = first.header("etag").unwrap().to_owned();
    let cross = "insert into throughput (day, crossing_point, direction, cargo_class, completed)
                 values ('2025-03-31', 'CHI_MA', 'export', 'fruit', 7)";
    gate.database.admin().await.execute(cross, &[]).await.unwrap();

    gate.clock.set("2025-03-31T02:00:59Z".parse().unwrap());
    let same = board(&gate, &[]).await;
    assert_eq!((same.text.as_str(), same.header("cache-control")), (first.text.as_str(), Some("public, max-age=1")));
    let known = board(&gate, &[("If-None-Match", &tag)]).await;
    assert_eq!((known.status, known.text.as_str()), (304, ""));

    gate.clock.set("2025-03-31T02:01:00Z".parse().unwrap());
    let next = board(&gate, &[("If-None-Match", &tag)]).await;
    assert_eq!(next.status, 200);
    assert_eq!(next.json()["as_of"], "2025-03-31T02:01:00Z");
    assert_eq!(at(&next.json(), "CHI_MA")["crossed_today"], 7);

    gate.clock.set("2025-03-31T01:00:00Z".parse().unwrap());
    assert_eq!(
        board(&gate, &[]).await.json()["as_of"],
        "2025-03-31T01:00:00Z",
        "a clock put back makes no board fresh"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_look_at_once_one_makes_the_board() {
    let gate = TestGate::open().await;
    let admin = gate.database.admin().await;
    // Whoever makes the board has to wait here.
    admin.batch_execute("begin; lock table throughput in access exclusive mode").await.unwrap();
    let looking = futures_util::future::join_all((0..64).map(|_| board(&gate, &[])));
    let making = async {
        let waiting = "select count(*) from pg_locks where not granted and relation = 'throughput'::regclass \
                       and database = (select oid from pg_database where datname = current_database())";
        let mut most = 0;
        let mut looks = 0;
        for _ in 0..5_000 {
            if looks == 50 {
                break;
            }
            let now: i64 = admin.query_one(waiting, &[]).await.unwrap().get(0);
            most = most.max(now);
            looks += i32::from(now > 0);
        }
        admin.batch_execute("commit").await.unwrap();
        most
    };
    let (replies, making) = futures_util::join!(looking, making);
    assert_eq!(making, 1);
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.text == replies[0].text));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_says_when_a_crossing_point_opens_and_closes() {
    let gate = TestGate::open().await;
    let asked = async |now: &str, point: &str| {
        gate.clock.set(now.parse().unwrap());
        let item = at(&board(&gate, &[]).await.json(), point).clone();
        ["open", "open_until", "closed_until", "pre_registered_only"].map(|field| item[field].clone())
    };
    // Hours from 07:00 to 20:00 at the gate; closed for Tết from 15 to 18 February 2026, then for the registered alone.
    let open = [json!(true), json!("2025-03-31T13:00:00Z"), json!(null), json!(false)];
    assert_eq!(asked("2025-03-31T02:00:00Z", "HUU_NGHI").await, open);
    let night = [json!(false), json!(null), json!("2025-04-01T00:00:00Z"), json!(false)];
    assert_eq!(asked("2025-03-31T13:00:00Z", "HUU_NGHI").await, night);
    let holiday = [json!(false), json!(null), json!("2026-02-19T00:00:00Z"), json!(false)];
    assert_eq!(asked("2026-02-14T14:00:00Z", "HUU_NGHI").await, holiday);
    let after = [json!(true), json!("2026-02-19T13:00:00Z"), json!(null), json!(true)];
    assert_eq!(asked("2026-02-19T02:00:00Z", "HUU_NGHI").await, after);
    let unknown = [json!(true), json!(null), json!(null), json!(false)];
    assert_eq!(asked("2025-03-31T13:00:00Z", "DONG_DANG").await, unknown, "nothing is known of its hours");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_board_says_how_many_vehicles_more_the_yards_have_room_for_where_that_is_known() {
    let gate = TestGate::open().await;
    let unknown = board(&gate, &[]).await.json();
    assert_eq!(at(&unknown, "HUU_NGHI")["free_bays"], Value::Null, "no capacity is known");
    let entry = json!({"name": "Xuân Cương", "crossing_point": "HUU_NGHI", "capacity": 3});
    let change = json!({"valid_from": "2021-01-01", "reason": "Đo lại bãi", "entry": entry}).to_string();
    let json = [("Content-Type", "application/json")];
    let path = "/api/v1/admin/reference/yards/XUAN_CUONG";
    let admin = officer(Role::Admin, &[]);
    assert_eq!(gate.ask(Some(&admin), "PUT", path, &json, change).await.status, 200);
    let number = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await.json()["number"].clone();
    for (role, action) in [
        (Role::GateManager, json!({"action": "register"})),
        (Role::BorderGuard, json!({"action": "arrive", "observed_plate": "桂F12345"})),
        (Role::YardOperator, json!({"action": "enter_yard", "yard": "XUAN_CUONG"})),
    ] {
        let done = gate.act(&officer(role, &[]), number.as_str().unwrap(), &action).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    gate.clock.set("2025-03-31T02:01:00Z".parse().unwrap());
    let known = board(&gate, &[]).await.json();
    assert_eq!(at(&known, "HUU_NGHI")["free_bays"], 2);
    assert_eq!(at(&known, "CHI_MA")["free_bays"], Value::Null, "it has no yard");
}
