//! Vehicles that go on at another crossing point, turn back, or hand their goods over.

use border_gate::domain::workflow::Role;
use chrono::Duration;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::corrections::{
    all_done, arrive, backlog, because, declared, differences, done, every_part, everything_adds_up, figures, history,
    names, read, ready, tried,
};
use crate::support::gate::{TestGate, declarant, officer};

fn to(crossing_point: &str) -> Value {
    json!({"action": "transfer", "crossing_point": crossing_point})
}

/// Transfers it; the number of the record made there.
async fn transferred(gate: &TestGate, number: &str, crossing_point: &str) -> String {
    done(gate, number, to(crossing_point)).await["transferred_to"].as_str().unwrap().to_owned()
}

fn part<'a>(record: &'a Value, track: &str) -> &'a Value {
    record["tracks"].as_array().unwrap().iter().find(|part| part["track"] == track).unwrap()
}

/// A Chinese tractor whose goods are to change to a Vietnamese vehicle, in the yard of Hữu Nghị.
async fn in_the_yard(gate: &TestGate, plate: &str) -> String {
    let mut body = tractor(plate);
    body["transshipment"] = json!(true);
    let number = declared(gate, &body).await;
    let way = [json!({"action": "register"}), arrive(plate), json!({"action": "enter_yard", "yard": "XUAN_CUONG"})];
    all_done(gate, &number, &way).await;
    number
}

/// The goods are on the onward vehicle.
async fn handed_over(gate: &TestGate, number: &str, onward: &str) -> Value {
    let finish = json!({"action": "transshipment.finish", "onward_plate": onward});
    all_done(gate, number, &[json!({"action": "transshipment.start"}), finish]).await
}

/// For every cell: declared and transferred in are what is open and what has ended. The figures' own sums are those
/// of every dimension, since the recount compares each cell.
async fn nothing_is_counted_twice(gate: &TestGate, vehicles: i64) {
    let sum = |figures: &std::collections::BTreeSet<String>, measures: &[&str]| -> i64 {
        let of = |figure: &&String| measures.contains(&figure.split(' ').nth(2).unwrap());
        figures.iter().filter(of).map(|figure| figure.split(' ').nth(3).unwrap().parse::<i64>().unwrap()).sum()
    };
    let figures = figures(gate).await;
    assert_eq!(sum(&figures, &["declared"]), vehicles, "{figures:?}");
    assert_eq!(sum(&figures, &["transferred"]), sum(&figures, &["transferred_in"]), "{figures:?}");
    assert!(sum(&figures, &["cleared"]) <= vehicles, "cleared once: {figures:?}");
    let ended = ["completed", "cancelled", "rejected", "expired", "turned_back", "transferred"];
    let sql = "select crossing_point, direction, cargo_class,
                      sum(declared + transferred_in - completed - cancelled - rejected - expired - turned_back - transferred)::bigint
               from throughput group by 1, 2, 3 order by 1, 2, 3";
    let client = gate.database.admin().await;
    for row in client.query(sql, &[]).await.unwrap() {
        let (point, direction, class): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        let sql = "select count(*) from declarations where crossing_point = $1 and direction = $2 and cargo_class = $3
                      and state in ('submitted', 'returned', 'registered', 'arrived', 'in_yard', 'ready')";
        let open: i64 = client.query_one(sql, &[&point, &direction, &class]).await.unwrap().get(0);
        assert_eq!(row.get::<_, i64>(3), open, "{point} {direction} {class}: {ended:?}");
    }
    everything_adds_up(gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transferred_vehicle_is_one_vehicle_with_two_records_that_name_each_other() {
    let gate = TestGate::open().await;
    let old = ready(&gate, "桂F12345").await;
    done(&gate, &old, json!({"action": "enter_yard", "yard": "XUAN_CUONG"})).await;
    gate.clock.set(gate.now() + Duration::days(1));
    let before = figures(&gate).await;
    let new = transferred(&gate, &old, "TAN_THANH").await;
    let (left, came) = (read(&gate, &old).await, read(&gate, &new).await);
    assert_eq!((&left["state"], &left["transferred_to"]), (&json!("transferred"), &json!(new)));
    assert_eq!((&came["state"], &came["transferred_from"]), (&json!("registered"), &json!(old)));
    assert_eq!(came["crossing_point"], "TAN_THANH");
    assert_eq!(came["stamps"]["declared_at"], left["stamps"]["declared_at"]);
    assert_eq!((&came["stamps"]["cleared_at"], &came["stamps"]["registered_at"]), (&Value::Null, &json!(gate.now())));
    for track in ["customs", "health", "fee"] {
        let part = part(&came, track);
        assert_eq!((&part["state"], &part["carried_from"]), (&json!("done"), &json!(old)), "{track}");
    }
    let anew = part(&came, "border_guard");
    assert_eq!((&anew["state"], &anew["carried_from"]), (&json!("not_begun"), &Value::Null));
    assert_eq!(
        differences(&before, &figures(&gate).await),
        [
            "+ 04-01 HUU_NGHI left 1",
            "+ 04-01 HUU_NGHI transferred 1",
            "+ 04-01 TAN_THANH registered 1",
            "+ 04-01 TAN_THANH transferred_in 1"
        ]
    );
    assert_eq!(backlog(&gate).await, ["TAN_THANH 0 inside 1 expected".to_owned()].into());
    assert_eq!(names(&history(&gate, &old).await).last(), Some(&"transfer"));
    assert_eq!(names(&history(&gate, &new).await), ["transfer_in"]);
    // It leaves Hữu Nghị, and crosses at Tân Thanh.
    all_done(&gate, &old, &[json!({"action": "leave_yard"}), json!({"action": "leave_gate"})]).await;
    let taken = gate.post(&declarant(2), "/api/v1/declarations", &tractor("桂F12345")).await;
    assert_eq!(taken.problem(), "vehicle-already-declared", "the place passed over");
    let way = [
        arrive("桂F12345"),
        json!({"action": "border_guard.pass"}),
        json!({"action": "complete", "observed_plate": "桂F12345"}),
    ];
    assert_eq!(all_done(&gate, &new, &way).await["state"], "completed");
    // Each manager sees his own side and nobody reads both but the firm and the auditor.
    let here = officer(Role::GateManager, &["HUU_NGHI"]);
    assert_eq!(gate.get(&here, &format!("/api/v1/declarations/{new}")).await.status, 404);
    assert_eq!(gate.get(&declarant(1), &format!("/api/v1/declarations/{new}")).await.status, 200);
    nothing_is_counted_twice(&gate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_goes_from_one_crossing_point_to_the_next_and_back_and_is_cleared_once() {
    let gate = TestGate::open().await;
    let first = ready(&gate, "桂F12345").await;
    let second = transferred(&gate, &first, "TAN_THANH").await;
    // There the clearance is revoked: the lane stays, and the vehicle was counted at Hữu Nghị.
    done(&gate, &second, because("customs.revoke")).await;
    let third = transferred(&gate, &second, "CHI_MA").await;
    let record = read(&gate, &third).await;
    assert_eq!(
        (&part(&record, "customs")["lane"], &part(&record, "customs")["carried_from"]),
        (&json!("red"), &json!(second))
    );
    assert_eq!(part(&record, "fee")["carried_from"], json!(second));
    done(&gate, &third, arrive("桂F12345")).await;
    all_done(&gate, &third, &every_part()[1..4]).await;
    let fourth = transferred(&gate, &third, "HUU_NGHI").await;
    let record = all_done(&gate, &fourth, &[arrive("桂F12345"), json!({"action": "border_guard.pass"})]).await;
    assert_eq!((&record["state"], &record["transferred_from"]), (&json!("ready"), &json!(third)));
    let cleared: Vec<String> = figures(&gate).await.into_iter().filter(|figure| figure.contains("cleared")).collect();
    assert_eq!(cleared, ["03-31 HUU_NGHI cleared 1"], "cleared once");
    done(&gate, &fourth, json!({"action": "complete", "observed_plate": "桂F12345"})).await;
    let last = figures(&gate).await;
    for figure in
        ["HUU_NGHI declared 1", "HUU_NGHI transferred_in 1", "HUU_NGHI fees_vnd 350000", "HUU_NGHI completed 1"]
    {
        assert!(last.contains(&format!("03-31 {figure}")), "{figure} in {last:?}");
    }
    nothing_is_counted_twice(&gate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_by_transfer_and_was_returned_is_still_cleared_once() {
    let gate = TestGate::open().await;
    let first = ready(&gate, "桂F12345").await;
    let second = transferred(&gate, &first, "TAN_THANH").await;
    let back = json!({"action": "return", "reason_code": "other", "reason": "another invoice"});
    let record = all_done(&gate, &second, &[back, json!({"action": "submit"}), json!({"action": "register"})]).await;
    assert_eq!(part(&record, "customs")["lane_floor"], "red");
    let third = transferred(&gate, &second, "CHI_MA").await;
    assert_eq!(part(&read(&gate, &third).await, "customs")["lane_floor"], "red");
    done(&gate, &third, arrive("桂F12345")).await;
    all_done(&gate, &third, &every_part()[..4]).await;
    nothing_is_counted_twice(&gate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_that_went_with_the_vehicle_is_refunded_once_and_where_the_vehicle_is() {
    let gate = TestGate::open().await;
    let old = ready(&gate, "桂F12345").await;
    let new = transferred(&gate, &old, "TAN_THANH").await;
    let refused = tried(&gate, &old, because("fee.refund")).await;
    assert_eq!(refused.problem(), "illegal-action", "{}", refused.text);
    let record = done(&gate, &new, because("fee.refund")).await;
    assert_eq!(
        (&part(&record, "fee")["state"], &part(&record, "fee")["carried_from"]),
        (&json!("under_way"), &Value::Null)
    );
    let fees: Vec<String> = figures(&gate).await.into_iter().filter(|figure| figure.contains("fees_vnd")).collect();
    assert_eq!(fees, ["03-31 HUU_NGHI fees_vnd 350000", "03-31 TAN_THANH fees_vnd -350000"]);
    // One that was not paid does not go with it: it is assessed anew there.
    nothing_is_counted_twice(&gate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_vehicle_of_a_firm_that_was_disabled_meanwhile_is_transferred_all_the_same() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    gate.database
        .admin()
        .await
        .execute("update firms set disabled_at = now() where tax_code = '0100112437'", &[])
        .await
        .unwrap();
    let new = transferred(&gate, &number, "TAN_THANH").await;
    assert_eq!(read(&gate, &new).await["state"], "registered");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_to_where_it_cannot_go_changes_nothing() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    let before = (read(&gate, &number).await, figures(&gate).await);
    for (to_where, code) in [
        ("HUU_NGHI", "same-crossing-point"),
        ("NOWHERE", "crossing-point-unknown"),
        ("DONG_DANG", "other-kind-of-gate"),
    ] {
        let refused = tried(&gate, &number, to(to_where)).await;
        assert_eq!(refused.faults(), [("/crossing_point".to_owned(), code.to_owned())]);
    }
    let elsewhere = officer(Role::GateManager, &["TAN_THANH"]);
    assert_eq!(
        gate.act(&elsewhere, &number, &to("TAN_THANH")).await.status,
        404,
        "the old crossing point's manager alone"
    );
    let held = json!({"action": "hold.place", "legal_reason": "a check"});
    let held = done(&gate, &number, held).await;
    assert_eq!(tried(&gate, &number, to("TAN_THANH")).await.problem(), "on-hold");
    done(&gate, &number, json!({"action": "hold.release", "hold": held["holds"][0]["hold"]})).await;
    let after = read(&gate, &number).await;
    assert_eq!((&after["state"], &after["crossing_point"]), (&before.0["state"], &before.0["crossing_point"]));
    assert_eq!(figures(&gate).await, before.1);
    // Thirty-two transfers at once are one.
    let manager = officer(Role::GateManager, &[]);
    let tries = (0..32).map(|place| {
        let (gate, number, manager) = (&gate, &number, &manager);
        async move { gate.act(manager, number, &to(["TAN_THANH", "CHI_MA"][place % 2])).await.status }
    });
    // Nobody else gets the place while it passes over.
    let others =
        (0..32).map(|_| async { gate.post(&declarant(2), "/api/v1/declarations", &tractor("桂F12345")).await.status });
    let (mut statuses, others) =
        tokio::join!(futures_util::future::join_all(tries), futures_util::future::join_all(others));
    assert!(others.iter().all(|status| *status == 409), "{others:?}");
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[31]), (200, 409, 409));
    nothing_is_counted_twice(&gate, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_is_cut_off_in_the_middle_is_whole_or_not_at_all() {
    let gate = TestGate::open().await;
    let numbers = {
        let mut numbers = Vec::new();
        for place in 0..12 {
            numbers.push(
                declared(&gate, &tractor(&format!("桂F1234{}", char::from(b'A' + place)).replace(['I', 'O'], "Z")))
                    .await,
            );
        }
        numbers
    };
    for number in &numbers {
        done(&gate, number, json!({"action": "register"})).await;
    }
    let admin = gate.database.admin().await;
    let cuts = async {
        for round in 0..8_u64 {
            tokio::time::sleep(std::time::Duration::from_millis(2 + round * 3)).await;
            let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                        where datname = current_database() and pid <> pg_backend_pid() and query like '%vehicles_present%'";
            admin.query_one(sql, &[]).await.unwrap();
        }
    };
    let manager = officer(Role::GateManager, &[]);
    let moving = numbers.iter().map(|number| {
        let (gate, manager) = (&gate, &manager);
        async move {
            for _ in 0..100 {
                let reply = gate.act(manager, number, &to("TAN_THANH")).await;
                match reply.status {
                    200 | 409 => return,
                    503 => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
                    _ => panic!("{} {}", reply.status, reply.text),
                }
            }
        }
    });
    tokio::join!(futures_util::future::join_all(moving), cuts);
    for number in &numbers {
        let old = read(&gate, number).await;
        assert_eq!(old["state"], "transferred");
        assert_eq!(read(&gate, old["transferred_to"].as_str().unwrap()).await["transferred_from"], json!(number));
    }
    nothing_is_counted_twice(&gate, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vehicle_that_turns_back_leaves_the_yard_and_the_gate_and_is_declared_anew() {
    let gate = TestGate::open().await;
    let number = declared(&gate, &tractor("桂F12345")).await;
    let way =
        [json!({"action": "register"}), arrive("桂F12345"), json!({"action": "enter_yard", "yard": "XUAN_CUONG"})];
    all_done(&gate, &number, &way).await;
    let before = figures(&gate).await;
    let record = done(&gate, &number, because("turn_back")).await;
    assert_eq!((&record["state"], &record["end_reason"]), (&json!("turned_back"), &json!("a mistake")));
    assert_eq!(
        differences(&before, &figures(&gate).await),
        ["+ 03-31 HUU_NGHI left 1", "+ 03-31 HUU_NGHI turned_back 1"]
    );
    assert_eq!(backlog(&gate).await, [].into());
    assert_eq!(tried(&gate, &number, json!({"action": "leave_gate"})).await.problem(), "illegal-action");
    all_done(&gate, &number, &[json!({"action": "leave_yard"}), json!({"action": "leave_gate"})]).await;
    let record = read(&gate, &number).await;
    assert_eq!((&record["yard"], &record["next"]), (&Value::Null, &json!([])));
    assert_ne!(record["stamps"]["left_at"], Value::Null);
    let again = declared(&gate, &tractor("桂F12345")).await;
    assert_eq!(done(&gate, &again, json!({"action": "register"})).await["state"], "registered");
    nothing_is_counted_twice(&gate, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_onward_vehicle_takes_over_and_the_tractor_may_be_declared_again() {
    let gate = TestGate::open().await;
    let number = in_the_yard(&gate, "桂F12345").await;
    let record = handed_over(&gate, &number, "12c-123.45").await;
    assert_eq!(record["onward"], json!({"plate": "12C12345", "vehicle": "VN:12C12345"}));
    // The tractor is free, the onward vehicle is not.
    let mut onward = tractor("12C12345");
    onward["vehicle"] = json!({"plate": "12C12345", "country": "VN", "kind": "tractor"});
    assert_eq!(gate.post(&declarant(1), "/api/v1/declarations", &onward).await.problem(), "vehicle-already-declared");
    let second = declared(&gate, &tractor("桂F12345")).await;
    let record = all_done(&gate, &number, &every_part()).await;
    assert_eq!(record["state"], "ready");
    done(&gate, &number, json!({"action": "leave_yard"})).await;
    let crossing = |plate: &str| json!({"action": "complete", "observed_plate": plate});
    let other = tried(&gate, &number, crossing("桂F12345")).await;
    assert_eq!(other.faults(), [("/mismatch_reason".to_owned(), "other-plate".to_owned())], "not the tractor");
    assert!(other.text.contains("12C12345"), "it says which is expected: {}", other.text);
    done(&gate, &number, crossing("12C-12345")).await;
    let returned = json!({"action": "tractor_returned", "observed_plate": "桂f12345"});
    let record = done(&gate, &number, returned.clone()).await;
    assert_eq!((&record["state"], &record["tractor_returned"]), (&json!("completed"), &json!("桂F12345")));
    assert_eq!(tried(&gate, &number, returned).await.problem(), "illegal-action", "it goes back once");
    done(&gate, &second, json!({"action": "register"})).await;
    nothing_is_counted_twice(&gate, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_transshipment_gives_the_tractor_its_place_back_unless_somebody_has_it() {
    let gate = TestGate::open().await;
    let number = in_the_yard(&gate, "桂F12345").await;
    handed_over(&gate, &number, "12C12345").await;
    let record = done(&gate, &number, because("transshipment.revoke")).await;
    assert_eq!((&record["onward"], &part(&record, "transshipment")["state"]), (&Value::Null, &json!("not_begun")));
    let tractor_again = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await;
    assert_eq!(tractor_again.problem(), "vehicle-already-declared");
    handed_over(&gate, &number, "12C54321").await;
    let taken = declared(&gate, &tractor("桂F12345")).await;
    let before = read(&gate, &number).await;
    let refused = tried(&gate, &number, because("transshipment.revoke")).await;
    assert_eq!((refused.status, refused.problem().as_str()), (409, "vehicle-already-declared"), "{}", refused.text);
    assert!(refused.text.contains("桂F12345"), "it says which vehicle is in the way: {}", refused.text);
    assert!(!refused.text.contains(&taken), "an officer is not told another declaration's number: {}", refused.text);
    assert_eq!(read(&gate, &number).await, before, "nothing changed");
    done(&gate, &taken, json!({"action": "cancel"})).await;
    done(&gate, &number, because("transshipment.revoke")).await;
    // The onward vehicle that is on its way elsewhere cannot take these goods over.
    let mut busy = tractor("x");
    busy["vehicle"] = json!({"plate": "12C99999", "country": "VN", "kind": "tractor"});
    busy["customs_declarations"][0]["number"] = json!("108625440130");
    declared(&gate, &busy).await;
    done(&gate, &number, json!({"action": "transshipment.start"})).await;
    let finish = |plate: &str| json!({"action": "transshipment.finish", "onward_plate": plate});
    let refused = tried(&gate, &number, finish("12C99999")).await;
    assert_eq!(refused.problem(), "vehicle-already-declared");
    for (plate, code) in [("桂F12345", "onward-is-declared"), ("?", "onward-plate-format")] {
        assert_eq!(tried(&gate, &number, finish(plate)).await.faults()[0].1, code, "{plate}");
    }
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_transshipment_it_is_the_onward_vehicle_that_arrives_elsewhere_and_the_tractor_goes_back_once() {
    let gate = TestGate::open().await;
    let old = in_the_yard(&gate, "桂F12345").await;
    handed_over(&gate, &old, "12C12345").await;
    let new = transferred(&gate, &old, "TAN_THANH").await;
    let record = read(&gate, &new).await;
    assert_eq!(
        (&record["onward"]["plate"], &part(&record, "transshipment")["carried_from"]),
        (&json!("12C12345"), &json!(old))
    );
    // The tractor is free, the onward vehicle keeps its place.
    declared(&gate, &tractor("桂F12345")).await;
    let record = done(&gate, &new, arrive("12C12345")).await;
    assert_eq!(record["observed_plate"], "12C12345");
    assert_eq!(history(&gate, &new).await.last().unwrap()["details"]["expected_plate"], Value::Null);
    // The tractor goes back where it stood.
    let returned = json!({"action": "tractor_returned", "observed_plate": "桂F12345"});
    assert_eq!(tried(&gate, &new, returned.clone()).await.problem(), "illegal-action");
    done(&gate, &old, returned).await;
    // Done anew at the new crossing point, it is that one's.
    let yard = json!({"action": "enter_yard", "yard": "BAO_NGUYEN"});
    done(&gate, &new, yard).await;
    let refused = tried(&gate, &new, because("transshipment.revoke")).await;
    assert_eq!(refused.problem(), "vehicle-already-declared", "the tractor has been declared again");
    everything_adds_up(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_after_a_carried_transshipment_gives_the_declared_vehicle_its_place_back() {
    let gate = TestGate::open().await;
    let old = in_the_yard(&gate, "桂F12345").await;
    handed_over(&gate, &old, "12C12345").await;
    let new = transferred(&gate, &old, "TAN_THANH").await;
    let back = json!({"action": "return", "reason_code": "other", "reason": "the goods are others"});
    let record = done(&gate, &new, back).await;
    assert_eq!((&record["onward"], &part(&record, "transshipment")["state"]), (&Value::Null, &json!("not_begun")));
    let taken = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await;
    assert_eq!(taken.problem(), "vehicle-already-declared");
    everything_adds_up(&gate).await;
}
