//! The whole main job over HTTP alone: one vehicle from declaration to crossing, and the quarter's figure.

use border_gate::domain::actor::Actor;
use border_gate::domain::workflow::{Action, QuarantineKind, Role};
use chrono::Duration;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer, quarantine};

/// Everybody at the gate, by role.
fn everybody() -> Vec<Actor> {
    let others = Role::VARIANTS
        .iter()
        .filter(|role| !matches!(role, Role::System | Role::Declarant | Role::QuarantineOfficer))
        .map(|role| officer(*role, &[]));
    [QuarantineKind::Health, QuarantineKind::Animal, QuarantineKind::Plant]
        .into_iter()
        .map(quarantine)
        .chain([declarant(1)])
        .chain(others)
        .collect()
}

fn offered(record: &Value) -> Vec<String> {
    record["offered"].as_array().unwrap().iter().map(|action| action.as_str().unwrap().to_owned()).collect()
}

async fn quarter_total(gate: &TestGate) -> i64 {
    let report = gate.get(&officer(Role::Analyst, &[]), "/api/v1/statistics/quarters/2025-Q1").await;
    assert_eq!(report.status, 200, "{}", report.text);
    report.json()["declared"]["total"].as_i64().unwrap()
}

/// Tries `action` as everybody whose record does not offer it: each is refused, and changes nothing.
async fn refuse_everybody_else(gate: &TestGate, number: &str, action: &Value, record_before: &Value) {
    let word = action["action"].as_str().unwrap();
    for actor in everybody() {
        let seen = gate.get(&actor, &format!("/api/v1/declarations/{number}")).await;
        if seen.status == 200 && offered(&seen.json()).iter().any(|open| open == word) {
            continue;
        }
        let refused = gate.act(&actor, number, action).await;
        assert!(
            matches!(refused.status, 403 | 404 | 409),
            "{word} as {}: {} {}",
            actor.role,
            refused.status,
            refused.text
        );
        if refused.status == 409 {
            let open = refused.json()["offered"].clone();
            assert_eq!(open, seen.json()["offered"], "the refusal of {word} to {} names what is open", actor.role);
        }
    }
    let after = gate.get(&officer(Role::Auditor, &[]), &format!("/api/v1/declarations/{number}")).await.json();
    assert_eq!(after["revision"], record_before["revision"], "a refused {word} changes nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chinese_tractor_crosses_at_huu_nghi_and_every_agency_does_its_part() {
    let gate = TestGate::open().await;
    let before = quarter_total(&gate).await;
    let mut body = tractor("桂F12345");
    body["transshipment"] = json!(true);
    body["goods"][0]["hs_code"] = json!("08109020");

    for actor in everybody().iter().filter(|actor| actor.role != Role::Declarant) {
        let refused = gate.post(actor, "/api/v1/declarations", &body).await;
        assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"), "declaring as {}", actor.role);
    }
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &body).await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    let record = declared.json();
    let number = record["number"].as_str().unwrap().to_owned();
    assert_eq!(declared.headers["location"], format!("/api/v1/declarations/{number}"));
    assert_eq!(declared.headers["etag"], "\"2\"");
    assert_eq!((&record["state"], &record["firm"]["tax_code"]), (&json!("submitted"), &json!("0100112437")));

    let manager = officer(Role::GateManager, &["HUU_NGHI"]);
    let guard = officer(Role::BorderGuard, &["HUU_NGHI"]);
    let customs = officer(Role::CustomsOfficer, &["HUU_NGHI"]);
    let yard = officer(Role::YardOperator, &["HUU_NGHI"]);
    let fee = officer(Role::FeeCollector, &["HUU_NGHI"]);
    let (health, plant) = (quarantine(QuarantineKind::Health), quarantine(QuarantineKind::Plant));
    let steps = [
        (&manager, json!({"action": "register", "yard": "XUAN_CUONG"}), "registered"),
        (&customs, json!({"action": "customs.set_lane", "lane": "red"}), "registered"),
        (&fee, json!({"action": "fee.assess", "amount_vnd": 350_000}), "registered"),
        (&fee, json!({"action": "fee.pay", "receipt": "BL-1"}), "registered"),
        (&guard, json!({"action": "arrive", "observed_plate": "桂F·12345"}), "arrived"),
        (&yard, json!({"action": "enter_yard", "yard": "XUAN_CUONG", "bay": "A1"}), "in_yard"),
        (&customs, json!({"action": "customs.check_documents"}), "in_yard"),
        (&guard, json!({"action": "hold.place", "legal_reason": "Luật Biên phòng 2020, Điều 14"}), "in_yard"),
        (&plant, json!({"action": "plant_quarantine.pass"}), "in_yard"),
        (&customs, json!({"action": "customs.inspect", "means": "scanner", "result": "conforms"}), "in_yard"),
        (&customs, json!({"action": "customs.clear"}), "in_yard"),
        (&health, json!({"action": "health.pass"}), "in_yard"),
        (&guard, json!({"action": "border_guard.pass"}), "in_yard"),
        (&yard, json!({"action": "transshipment.start"}), "in_yard"),
        (&yard, json!({"action": "transshipment.finish", "onward_plate": "12C-123.45"}), "in_yard"),
        (&guard, json!({"action": "hold.release", "hold": 10}), "ready"),
        (&yard, json!({"action": "leave_yard"}), "ready"),
        (&guard, json!({"action": "complete", "observed_plate": "12C12345"}), "completed"),
        (&guard, json!({"action": "tractor_returned", "observed_plate": "桂F12345"}), "completed"),
    ];
    let mut record = record;
    for (actor, action, state) in &steps {
        gate.clock.set(gate.now() + Duration::minutes(7));
        refuse_everybody_else(&gate, &number, action, &record).await;
        let done = gate.act(actor, &number, action).await;
        assert_eq!(done.status, 200, "{action}: {}", done.text);
        record = done.json();
        assert_eq!(record["state"], *state, "after {action}");
    }
    assert_eq!(record["tracks"].as_array().unwrap().len(), 6, "{record}");

    let history = gate.get(&declarant(1), &format!("/api/v1/declarations/{number}/actions")).await.json();
    let told: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    let mut expected: Vec<&str> = ["create", "submit"].into();
    for (_, action, _) in &steps {
        expected.push(action["action"].as_str().unwrap());
        if expected.last() == Some(&"hold.release") {
            expected.push("make_ready");
        }
    }
    assert_eq!(told, expected);
    assert_eq!(quarter_total(&gate).await, before + 1);
    let backlog = gate.get(&manager, "/api/v1/statistics/backlog").await.json();
    assert_eq!(backlog["total"], 0);
    // An ended declaration takes remarks and what belongs to afterwards, and nothing that would change its end.
    let open = offered(&gate.get(&guard, &format!("/api/v1/declarations/{number}")).await.json());
    assert_eq!(open, [Action::Remark.as_str()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_firm_and_another_crossing_point_see_nothing_and_a_draft_is_the_firms_own() {
    let gate = TestGate::open().await;
    let mut body = tractor("桂F12345");
    body["trader_tax_code"] = json!("0312687878-001");
    let number =
        gate.post(&declarant(1), "/api/v1/declarations", &body).await.json()["number"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/declarations/{number}");
    let chi_ma = officer(Role::GateManager, &["CHI_MA"]);
    for stranger in [&declarant(2), &chi_ma] {
        assert_eq!(gate.get(stranger, &path).await.problem(), "not-found");
        assert_eq!(gate.get(stranger, &format!("{path}/actions")).await.problem(), "not-found");
        assert_eq!(gate.get(stranger, "/api/v1/declarations").await.json()["items"], json!([]));
    }
    assert_eq!(gate.act(&chi_ma, &number, &json!({"action": "register"})).await.problem(), "not-found");
    assert_eq!(gate.act(&declarant(2), &number, &json!({"action": "cancel"})).await.problem(), "not-found");
    let elsewhere = gate.get(&chi_ma, "/api/v1/declarations?crossing_point=HUU_NGHI").await;
    assert_eq!((elsewhere.status, elsewhere.problem().as_str()), (403, "forbidden"));
    for role in [Role::Analyst, Role::Admin] {
        assert_eq!(gate.get(&officer(role, &[]), &path).await.status, 403, "{role}");
    }

    body["draft"] = json!(true);
    body["vehicle"]["plate"] = json!("桂F99999");
    body["trader_tax_code"] = json!("0100233488");
    let draft =
        gate.post(&declarant(1), "/api/v1/declarations", &body).await.json()["number"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/declarations/{draft}");
    assert_eq!(gate.get(&officer(Role::GateManager, &[]), &path).await.status, 404);
    assert_eq!(
        gate.get(&declarant(2), &path).await.status,
        404,
        "the owner of the goods reads it once it is submitted"
    );
    assert_eq!(gate.get(&officer(Role::Auditor, &[]), &path).await.status, 200);
    assert_eq!(gate.act(&declarant(1), &draft, &json!({"action": "submit"})).await.status, 200);
    let owner = gate.get(&declarant(2), &path).await;
    assert_eq!(owner.status, 200);
    assert_eq!(owner.json()["driver"]["document"], Value::Null, "the driver's document is not the owner's to see");
    assert_eq!(owner.json()["offered"], json!([]));
    assert_eq!(gate.act(&declarant(2), &draft, &json!({"action": "cancel"})).await.status, 403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_where_the_page_before_ended_and_filters_by_what_is_asked() {
    let gate = TestGate::open().await;
    for place in 0..7 {
        let mut body = tractor(&format!("桂F1234{place}"));
        body["customs_declarations"][0]["number"] = json!(format!("1086254401{place}0"));
        assert_eq!(gate.post(&declarant(1), "/api/v1/declarations", &body).await.status, 201);
        gate.clock.set(gate.now() + Duration::seconds(1));
    }
    let manager = officer(Role::GateManager, &["HUU_NGHI", "CHI_MA"]);
    let mut plates = Vec::new();
    let mut path = "/api/v1/declarations?limit=3".to_owned();
    loop {
        let page = gate.get(&manager, &path).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let items = page.json()["items"].as_array().unwrap().clone();
        plates.extend(items.iter().map(|item| item["vehicle"]["plate"].as_str().unwrap().to_owned()));
        let Some(link) = page.headers.get("link") else { break };
        path = link.trim_start_matches('<').split('>').next().unwrap().to_owned();
    }
    assert_eq!(plates, (0..7).rev().map(|place| format!("桂F1234{place}")).collect::<Vec<_>>());

    let found = |query: &'static str| {
        let (gate, manager) = (&gate, &manager);
        async move {
            let page = gate.get(manager, &format!("/api/v1/declarations?{query}")).await;
            assert_eq!(page.status, 200, "{query}: {}", page.text);
            page.json()["items"].as_array().unwrap().len()
        }
    };
    let second = gate.get(&manager, "/api/v1/declarations?plate=%E6%A1%82F-12341").await.json();
    let number = second["items"][0]["number"].as_str().unwrap();
    gate.act(&manager, number, &json!({"action": "register"})).await;
    assert_eq!(found("state=registered").await, 1);
    assert_eq!(found("state=registered&state=submitted").await, 7);
    assert_eq!(found("state=draft").await, 0);
    assert_eq!(found("direction=export").await, 0);
    assert_eq!(found("crossing_point=CHI_MA").await, 0);
    assert_eq!(found("customs_declaration=108625440133").await, 1, "the twelfth digit counts amendments");
    assert_eq!(found("track=fee&track_state=not_begun").await, 1);
    assert_eq!(found("track=fee&track_state=done").await, 0);
    assert_eq!(found("declared_from=2025-03-31T02:00:03Z").await, 4);
    assert_eq!(found("declared_to=2025-03-31T02:00:03Z").await, 3);

    let wrong =
        gate.get(&manager, "/api/v1/declarations?state=flying&limit=0&colour=red&track=fee&declared_to=x").await;
    assert_eq!(wrong.problem(), "invalid-request");
    let mut pointers: Vec<String> = wrong.faults().into_iter().map(|(pointer, _)| pointer).collect();
    pointers.sort();
    assert_eq!(pointers, ["/colour", "/declared_to", "/limit", "/state", "/track_state"]);
    assert_eq!(gate.get(&manager, "/api/v1/declarations?cursor=abc").await.problem(), "malformed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_says_which_revision_it_is_made_on_and_what_may_not_change_is_named() {
    const AT_2: &[(&str, &str)] = &[("Content-Type", "application/merge-patch+json"), ("If-Match", "\"2\"")];
    const AT_3: &[(&str, &str)] = &[("Content-Type", "application/merge-patch+json"), ("If-Match", "\"3\"")];
    let gate = TestGate::open().await;
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await.json();
    let path = format!("/api/v1/declarations/{}", declared["number"].as_str().unwrap());
    let patch = |headers: &'static [(&'static str, &'static str)], body: Value| {
        let (gate, path) = (&gate, &path);
        async move { gate.ask(Some(&declarant(1)), "PATCH", path, headers, body.to_string()).await }
    };
    let plate = json!({"vehicle": {"plate": "桂F54321"}});
    assert_eq!(patch(&[("Content-Type", "application/json")], plate.clone()).await.problem(), "precondition-required");
    assert_eq!(patch(&[("If-Match", "\"2\"")], plate.clone()).await.problem(), "unsupported-media-type");
    let amended = patch(AT_2, plate.clone()).await;
    assert_eq!((amended.status, amended.headers["etag"].as_str()), (200, "\"3\""), "{}", amended.text);
    let stale = patch(AT_2, plate.clone()).await;
    assert_eq!((stale.problem().as_str(), stale.headers["etag"].as_str()), ("stale", "\"3\""));
    let unchanged = patch(AT_3, plate).await;
    assert_eq!(
        (unchanged.status, unchanged.headers["etag"].as_str()),
        (200, "\"3\""),
        "what changes nothing is no action"
    );
    let forbidden = patch(AT_3, json!({"direction": "export", "regime": "transit", "driver": {"full_name": ""}})).await;
    assert_eq!(forbidden.problem(), "invalid-declaration");
    let faults = forbidden.faults();
    for expected in
        [("/direction", "not-amendable-now"), ("/regime", "not-amendable-now"), ("/driver/full_name", "empty")]
    {
        assert!(faults.contains(&(expected.0.to_owned(), expected.1.to_owned())), "{expected:?} in {faults:?}");
    }
    let history = gate.get(&declarant(1), &format!("{path}/actions")).await.json();
    let change = &history["items"][2]["details"]["changes"][0];
    assert_eq!((&change["before"]["plate"], &change["after"]["plate"]), (&json!("桂F12345"), &json!("桂F54321")));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_key_again_gives_the_same_answer_and_another_body_is_refused() {
    let gate = TestGate::open().await;
    let send = |key: &'static str, body: Value| {
        let gate = &gate;
        async move {
            let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
            gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations", &headers, body.to_string()).await
        }
    };
    let first = send("a", tractor("桂F12345")).await;
    let again = send("a", tractor("桂F12345")).await;
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!((&first.text, &first.headers["location"]), (&again.text, &again.headers["location"]));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(send("a", tractor("桂F54321")).await.problem(), "idempotency-mismatch");
    assert_eq!(send("\u{1}", tractor("桂F54321")).await.status, 400, "a control character is no header at all");
    // A refusal is decided anew: what stood in the way may be gone.
    assert_eq!(send("b", tractor("桂F12345")).await.problem(), "vehicle-already-declared");
    let number = first.json()["number"].as_str().unwrap().to_owned();
    gate.act(&declarant(1), &number, &json!({"action": "cancel"})).await;
    assert_eq!(send("b", tractor("桂F12345")).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_well_formed_gets_its_own_refusal_and_never_a_fault_of_ours() {
    let gate = TestGate::open().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let long = format!("{{\"note\": \"{}\"}}", "x".repeat(300_000));
    let json_type = ("Content-Type", "application/json");
    let send = |content_type: (&'static str, &'static str), body: Vec<u8>| {
        let gate = &gate;
        async move { gate.ask(Some(&declarant(1)), "POST", "/api/v1/declarations", &[content_type], body).await }
    };
    for (body, status, problem) in [
        (b"{".to_vec(), 400, "malformed"),
        (b"".to_vec(), 400, "malformed"),
        (b"{\"note\": \"\xff\"}".to_vec(), 400, "malformed"),
        (b"{\"a\": 1, \"a\": 2}".to_vec(), 400, "malformed"),
        (b"{\"goods\": [{\"quantity\": 1e400}]}".to_vec(), 400, "malformed"),
        (deep.into_bytes(), 400, "malformed"),
        (long.into_bytes(), 413, "too-large"),
        (b"{\"note\": \"a\\u0000b\"}".to_vec(), 422, "invalid-declaration"),
        (b"[]".to_vec(), 422, "invalid-declaration"),
        (b"null".to_vec(), 422, "invalid-declaration"),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        let reply = send(json_type, body).await;
        assert_eq!((reply.status, reply.problem().as_str()), (status, problem), "{shown}: {}", reply.text);
    }
    assert_eq!(send(("Content-Type", "text/plain"), b"{}".to_vec()).await.problem(), "unsupported-media-type");
    let everything = json!({
        "direction": "up", "crossing_point": 7, "cargo_class": "fruit", "perishable": "yes", "planned_arrival": "soon",
        "vehicle": {"plate": ["x"], "wheels": 4}, "goods": {"hs_code": 1}, "colour": "red"
    });
    let reply = send(json_type, everything.to_string().into_bytes()).await;
    let mut faults: Vec<String> =
        reply.faults().into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
    faults.sort();
    assert_eq!(
        faults,
        [
            "/colour unknown-field",
            "/crossing_point wrong-type",
            "/direction unknown-word",
            "/goods wrong-type",
            "/perishable wrong-type",
            "/planned_arrival wrong-type",
            "/vehicle/kind required",
            "/vehicle/plate wrong-type",
            "/vehicle/wheels unknown-field",
        ]
    );
    for (method, path, status, problem) in [
        ("GET", "/api/v1/declarations/not-a-number", 404, "not-found"),
        ("GET", "/api/v1/declarations/0000-0000-0000-00", 404, "not-found"),
        ("GET", "/api/v2/declarations", 404, "not-found"),
        ("DELETE", "/api/v1/declarations", 405, "method-not-allowed"),
        ("PUT", "/api/v1/declarations/0000-0000-0000-00", 405, "method-not-allowed"),
        ("GET", "/api/v1/declarations/%ff", 404, "not-found"),
    ] {
        let reply = gate.ask(Some(&declarant(1)), method, path, &[], "").await;
        assert_eq!((reply.status, reply.problem().as_str()), (status, problem), "{method} {path}");
        assert_eq!(reply.json()["request_id"], json!(reply.headers["x-request-id"]));
    }
    let unknown = gate.act(&declarant(1), "0000-0000-0000-00", &json!({"action": "fly"})).await;
    assert_eq!(unknown.problem(), "invalid-action");
    assert!(unknown.text.contains("hold.place") && !unknown.text.contains("take_over"), "{}", unknown.text);
}
