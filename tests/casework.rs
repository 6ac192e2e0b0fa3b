//! The one write path on a real database: sets, races, keys, places.

use std::sync::Arc;

use border_gate::casework::failure::Failure;
use border_gate::casework::overdue::expire;
use border_gate::casework::writer::Writer;
use border_gate::casework::{Ask, Done, Keep, Order, Work};
use border_gate::clock::Clock;
use border_gate::domain::act::Refusal;
use border_gate::domain::actor::{AccountId, Actor, ActorId, FirmId, Scope};
use border_gate::domain::audit::{Hash, link};
use border_gate::domain::declaration::{Declaration, Details};
use border_gate::domain::firm::CheckDigit;
use border_gate::domain::number::Number;
use border_gate::domain::reference::{Reference, files};
use border_gate::domain::rule_book::{InForce, RuleBook};
use border_gate::domain::sent;
use border_gate::domain::workflow::{Action, QuarantineKind, Role, State};
use border_gate::identity::principal::Principal;
use border_gate::storage::pool::connect;
use border_gate::storage::sets::Reply;
use border_gate::storage::{actions, declarations};
use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use crate::support::database::TestDatabase;

const NOW: &str = "2025-03-31T02:00:00Z";

pub fn rule_book() -> Arc<InForce> {
    Arc::new(InForce::new(RuleBook {
        reference: Arc::new(Reference::build(files().unwrap()).unwrap()),
        expire_after_days: 15,
        tax_code_check: CheckDigit::Enforced,
    }))
}

struct Gate {
    database: TestDatabase,
    writer: Writer,
    clock: Clock,
}

pub fn tractor(plate: &str) -> Value {
    json!({
        "direction": "import", "regime": "commercial", "crossing_point": "HUU_NGHI", "cargo_class": "general",
        "planned_arrival": NOW, "trader_tax_code": "0100112437",
        "vehicle": {"plate": plate, "country": "CN", "kind": "tractor"},
        "driver": {"full_name": "李伟", "nationality": "CN", "document": {"kind": "passport", "number": "E12345678"}},
        "goods": [{"hs_code": "85258031", "description": "Camera", "quantity": 1200, "unit": "PCE", "gross_kg": 8200, "origin": "CN"}],
        "customs_declarations": [{"number": "108625440120", "type_code": "A11"}],
        "transshipment": false
    })
}

fn principal(role: Role, firm: i64) -> Arc<Principal> {
    Arc::new(Principal {
        actor: Actor {
            id: ActorId::Account(AccountId(7)),
            role,
            quarantine_kind: (role == Role::QuarantineOfficer).then_some(QuarantineKind::Health),
            firm: (role == Role::Declarant).then_some(FirmId(firm)),
            firm_tax_code: None,
            crossing_points: Scope::All,
            yards: Scope::All,
        },
        session: None,
        oauth_scopes: None,
    })
}

impl Gate {
    async fn open() -> Self {
        let database = TestDatabase::open().await;
        let client = database.admin().await;
        client
            .batch_execute("insert into firms (tax_code, name, created_at) values ('0100112437', 'Một', now()), ('0100233488', 'Hai', now())")
            .await
            .unwrap();
        let clock = Clock::standing_at(NOW.parse().unwrap());
        let writer = Writer::start(database.url().to_owned(), clock.clone(), rule_book()).unwrap();
        Self { database, writer, clock }
    }

    async fn declare(&self, body: Value, firm: i64) -> Result<Declaration, Failure> {
        let sent = sent::declaration(body).unwrap();
        let work = Work::Declare { sent: Box::new(sent) };
        written(self.writer.ask(Ask { who: principal(Role::Declarant, firm), work, keep: None }).await)
    }

    async fn act(&self, number: Number, role: Role, said: Value) -> Result<Declaration, Failure> {
        let (action, said) = sent::action(said).unwrap();
        self.order(number, role, Order::Action(action, Box::new(said)), None).await
    }

    async fn order(&self, number: Number, role: Role, order: Order, at: Option<i32>) -> Result<Declaration, Failure> {
        let work = Work::Act { number, at_revision: at, order };
        written(self.writer.ask(Ask { who: principal(role, 1), work, keep: None }).await)
    }

    async fn count(&self, sql: &str) -> i64 {
        self.database.admin().await.query_one(sql, &[]).await.unwrap().get(0)
    }
}

fn written(done: Result<Done, Failure>) -> Result<Declaration, Failure> {
    match done? {
        Done::Written(declaration) => Ok(Declaration::clone(&declaration)),
        Done::Replayed(reply) => panic!("replayed: {reply:?}"),
        Done::ImportedBefore(number) => panic!("imported before: {number}"),
        Done::Told(kept) => panic!("told: {kept:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tractor_goes_through_the_database_from_declaration_to_crossing() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    for (role, said, state) in [
        (Role::GateManager, json!({"action": "register"}), State::Registered),
        (Role::CustomsOfficer, json!({"action": "customs.set_lane", "lane": "green"}), State::Registered),
        (Role::CustomsOfficer, json!({"action": "customs.clear"}), State::Registered),
        (Role::FeeCollector, json!({"action": "fee.assess", "amount_vnd": 350_000}), State::Registered),
        (Role::FeeCollector, json!({"action": "fee.pay", "receipt": "R1"}), State::Registered),
        (Role::BorderGuard, json!({"action": "arrive", "observed_plate": "桂F-12345"}), State::Arrived),
        (Role::QuarantineOfficer, json!({"action": "health.pass"}), State::Arrived),
        (Role::BorderGuard, json!({"action": "border_guard.pass"}), State::Ready),
        (Role::BorderGuard, json!({"action": "complete", "observed_plate": "桂F12345"}), State::Completed),
    ] {
        let after = gate.act(number, role, said.clone()).await.unwrap_or_else(|failure| panic!("{said}: {failure:?}"));
        assert_eq!(after.state, state, "after {said}");
    }
    assert_eq!(gate.count("select count(*) from actions").await, 12);
    assert_eq!(gate.count("select count(*) from vehicles_present").await, 0);
    assert_eq!(
        gate.count(
            "select sum(declared + registered + arrived + cleared + completed + \"left\")::bigint from throughput"
        )
        .await,
        6
    );
    assert_eq!(gate.count("select sum(fees_vnd)::bigint from throughput").await, 350_000);
    let stored = gate.count("select sum(completed_kg)::bigint from throughput where crossing_point = 'HUU_NGHI'").await;
    assert_eq!(stored, 8_200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_in_the_database_replays_to_its_row_and_its_chain_holds() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    let amendment = json!({"vehicle": {"plate": "桂F54321"}, "driver": {"full_name": "王芳"}});
    gate.order(number, Role::Declarant, Order::Amend(amendment), None).await.unwrap();
    gate.act(number, Role::GateManager, json!({"action": "register", "yard": "XUAN_CUONG"})).await.unwrap();
    gate.act(number, Role::CustomsOfficer, json!({"action": "hold.place", "legal_reason": "Điều 33"})).await.unwrap();
    gate.act(number, Role::BorderGuard, json!({"action": "arrive", "observed_plate": "桂F54321"})).await.unwrap();

    let pool = gate.database.pool();
    let mut conn = pool.get().await.unwrap();
    let row = declarations::find(&mut conn, number).await.unwrap().unwrap();
    let stored = actions::of(&mut conn, number).await.unwrap();
    let mut head = Hash::default();
    for action in &stored {
        head = link(head, number, &action.entry().unwrap(), &action.details.0);
        assert_eq!(head.0.as_slice(), action.hash, "action {}", action.seq);
    }
    assert_eq!(row.head, head);
    let entries = stored.iter().map(|action| action.entry().unwrap());
    let mut replayed = Declaration::replay(number, entries).unwrap().unwrap();
    assert!(!stored.iter().any(|action| action.details.0.contains("王芳")), "a driver's name stands in the history");
    // People and salt are no part of the history, only their digest is.
    assert_eq!(replayed.people_seal.as_ref().unwrap().digest, row.people_seal.as_ref().unwrap().digest);
    replayed.people.clone_from(&row.people);
    replayed.people_seal.clone_from(&row.people_seal);
    replayed.head = row.head;
    assert_eq!(replayed, row);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_cannot_change_or_drop_an_action() {
    let gate = Gate::open().await;
    gate.declare(tractor("桂F12345"), 1).await.unwrap();
    let (client, _driving) = connect(gate.database.url()).await.unwrap();
    for sql in ["update actions set actor = 'somebody'", "delete from actions", "truncate actions"] {
        let refused = client.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_came_for_expires_after_fifteen_days_and_not_a_moment_before() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    let held = gate.declare(tractor("桂F54321"), 1).await.unwrap().number;
    for number in [number, held] {
        gate.act(number, Role::GateManager, json!({"action": "register"})).await.unwrap();
    }
    gate.act(held, Role::BorderGuard, json!({"action": "hold.place", "legal_reason": "Điều 33"})).await.unwrap();
    let pool = gate.database.pool();
    let mut conn = pool.get().await.unwrap();
    for (at, expected) in [("2025-04-15T01:59:59.999Z", 0), ("2025-04-15T02:00:00Z", 1), ("2025-04-16T02:00:00Z", 0)] {
        let now = at.parse().unwrap();
        gate.clock.set(now);
        assert_eq!(expire(&mut conn, &gate.writer, now, 15).await.unwrap(), expected, "at {at}");
    }
    let state = |number: Number| {
        format!("select count(*) from declarations where state = 'expired' and number = {}", number.as_i64())
    };
    assert_eq!((gate.count(&state(number)).await, gate.count(&state(held)).await), (1, 0));
    assert_eq!(gate.count("select sum(expired + fell_away)::bigint from throughput where day = '2025-04-15'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixty_four_declarations_of_one_vehicle_at_once_one_is_taken() {
    let gate = Gate::open().await;
    let tries = (0..64).map(|_| gate.declare(tractor("桂F12345"), 1));
    let answers = futures_util::future::join_all(tries).await;
    let taken: Vec<Number> = answers.iter().filter_map(|answer| answer.as_ref().ok()).map(|one| one.number).collect();
    assert_eq!(taken.len(), 1);
    let named = answers.iter().filter(
        |answer| matches!(answer, Err(Failure::VehicleAlreadyDeclared { other: Some(other), .. }) if *other == taken[0]),
    );
    assert_eq!(named.count(), 63);
    let stranger = gate.declare(tractor("桂F12345"), 2).await;
    assert!(matches!(stranger, Err(Failure::VehicleAlreadyDeclared { other: None, .. })), "{stranger:?}");
    assert_eq!(gate.count("select sum(declared)::bigint from throughput").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_arrivals_at_once_one_is_taken_and_the_others_find_the_vehicle_inside() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    gate.act(number, Role::GateManager, json!({"action": "register"})).await.unwrap();
    let arrive = json!({"action": "arrive", "observed_plate": "桂F12345"});
    let answers =
        futures_util::future::join_all((0..32).map(|_| gate.act(number, Role::BorderGuard, arrive.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(gate.count("select sum(arrived)::bigint from throughput").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_writers_on_one_declaration_lose_no_action() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    let clock = Clock::standing_at(NOW.parse().unwrap());
    let second = Gate {
        writer: Writer::start(gate.database.url().to_owned(), clock.clone(), rule_book()).unwrap(),
        database: TestDatabase::open().await,
        clock,
    };
    let remark = json!({"action": "remark", "text": "seen"});
    let asks = (0..200).map(|turn| {
        let gate = if turn % 2 == 0 { &gate } else { &second };
        gate.act(number, Role::GateManager, remark.clone())
    });
    let answers = futures_util::future::join_all(asks).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(gate.count("select count(*) from actions").await, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_instance_did_counts_for_whoever_decides_next() {
    let gate = Gate::open().await;
    let other = Gate {
        writer: Writer::start(gate.database.url().to_owned(), gate.clock.clone(), rule_book()).unwrap(),
        database: TestDatabase::open().await,
        clock: gate.clock.clone(),
    };
    let remark = json!({"action": "remark", "text": "seen"});
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    gate.act(number, Role::GateManager, json!({"action": "register"})).await.unwrap();

    // The first instance has it in mind as registered; at the other one it comes.
    let arrive = json!({"action": "arrive", "observed_plate": "桂F12345"});
    let arrived = other.act(number, Role::BorderGuard, arrive.clone()).await.unwrap();
    let again = gate.act(number, Role::BorderGuard, arrive).await.unwrap_err();
    assert!(
        matches!(&again, Failure::Refused(Refusal::NotNow { standing, .. }) if standing.state == State::Arrived),
        "{again:?}"
    );

    // What was not possible before is possible since.
    gate.act(number, Role::GateManager, remark.clone()).await.unwrap();
    let hold = json!({"action": "hold.place", "legal_reason": "a search"});
    other.act(number, Role::BorderGuard, hold).await.unwrap();
    let release = json!({"action": "hold.release", "hold": arrived.revision + 2});
    let released = gate.act(number, Role::BorderGuard, release).await.unwrap();
    assert!(released.progress.holds.is_empty(), "{released:?}");

    // A revision is the row's, whoever wrote it.
    let moved = other.act(number, Role::GateManager, remark.clone()).await.unwrap();
    let at = |revision| {
        let (action, said) = sent::action(remark.clone()).unwrap();
        gate.order(number, Role::GateManager, Order::Action(action, Box::new(said)), Some(revision))
    };
    let stale = at(released.revision).await.unwrap_err();
    assert!(matches!(stale, Failure::Stale(present) if present == moved.revision), "{stale:?}");
    assert_eq!(at(moved.revision).await.unwrap().revision, moved.revision + 1);
    assert_eq!(gate.count("select count(*) from actions where action = 'arrive'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_plate_takes_its_place_and_gives_the_old_one_up() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    let amend = |plate: &str| Order::Amend(json!({"vehicle": {"plate": plate}}));
    let after = gate.order(number, Role::Declarant, amend("桂F 54321"), Some(2)).await.unwrap();
    assert_eq!(after.content.mark(), Some("桂F54321"));
    let stale = gate.order(number, Role::Declarant, amend("桂F99999"), Some(2)).await;
    assert!(matches!(stale, Err(Failure::Stale(3))), "{stale:?}");
    // The old plate is free, the new one is not.
    gate.declare(tractor("桂F12345"), 2).await.unwrap();
    assert!(matches!(gate.declare(tractor("桂F54321"), 2).await, Err(Failure::VehicleAlreadyDeclared { .. })));
    // And an amendment to a plate that another holds is refused, and changes nothing.
    let taken = gate.order(number, Role::Declarant, amend("桂F12345"), Some(3)).await;
    assert!(matches!(taken, Err(Failure::VehicleAlreadyDeclared { other: None, .. })), "{taken:?}");
    assert_eq!(gate.count("select count(*) from vehicles_present").await, 2);
    let revision = format!("select revision::bigint from declarations where number = {}", number.as_i64());
    assert_eq!(gate.count(&revision).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_makes_the_record_at_the_other_crossing_point_and_is_declared_once() {
    let gate = Gate::open().await;
    let number = gate.declare(tractor("桂F12345"), 1).await.unwrap().number;
    gate.act(number, Role::GateManager, json!({"action": "register"})).await.unwrap();
    let old = gate
        .act(number, Role::GateManager, json!({"action": "transfer", "crossing_point": "TAN_THANH"}))
        .await
        .unwrap();
    assert_eq!(old.state, State::Transferred);
    let new = old.progress.transferred_to.unwrap();
    let arrived =
        gate.act(new, Role::BorderGuard, json!({"action": "arrive", "observed_plate": "桂F12345"})).await.unwrap();
    assert_eq!(arrived.progress.transferred_from, Some(number));
    assert_eq!(arrived.content.crossing_point, "TAN_THANH");
    assert_eq!(gate.count("select sum(declared)::bigint from throughput").await, 1);
    assert_eq!(gate.count("select sum(transferred + transferred_in)::bigint from throughput").await, 2);
    assert_eq!(gate.count("select declaration from vehicles_present").await, new.as_i64());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_firm_declares_nothing() {
    let gate = Gate::open().await;
    gate.database.admin().await.batch_execute("update firms set disabled_at = now() where id = 1").await.unwrap();
    assert!(matches!(gate.declare(tractor("桂F12345"), 1).await, Err(Failure::NoSuchFirm)));
    assert_eq!(gate.count("select count(*) from vehicles_present").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn thirty_two_times_the_same_key_at_once_have_one_effect_and_one_answer() {
    let gate = Gate::open().await;
    let ask = |hash: u8| {
        let sent = sent::declaration(tractor("桂F12345")).unwrap();
        let keep = Keep {
            caller: "account:7".into(),
            route: "POST /api/v1/declarations".into(),
            key: "k1".into(),
            request_hash: vec![hash],
            render: Box::new(|declaration| Reply {
                status: 201,
                location: None,
                etag: None,
                body: declaration.number.to_string().into_bytes(),
            }),
        };
        let work = Work::Declare { sent: Box::new(sent) };
        gate.writer.ask(Ask { who: principal(Role::Declarant, 1), work, keep: Some(keep) })
    };
    let answers = futures_util::future::join_all((0..32).map(|_| ask(1))).await;
    let mut bodies: Vec<String> = answers
        .into_iter()
        .map(|answer| match answer.unwrap() {
            Done::Written(declaration) => declaration.number.to_string(),
            Done::Replayed(reply) => String::from_utf8(reply.body).unwrap(),
            Done::ImportedBefore(number) => panic!("imported before: {number}"),
            Done::Told(kept) => panic!("told: {kept:?}"),
        })
        .collect();
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
    assert_eq!(gate.count("select count(*) from declarations").await, 1);
    assert!(matches!(ask(2).await, Err(Failure::KeyMismatch)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_takes_no_place_until_it_is_submitted() {
    let gate = Gate::open().await;
    let mut draft = tractor("桂F12345");
    draft["draft"] = json!(true);
    let number = gate.declare(draft, 1).await.unwrap().number;
    assert_eq!(gate.count("select count(*) from vehicles_present").await, 0);
    assert_eq!(gate.count("select count(*) from throughput").await, 0);
    gate.declare(tractor("桂F12345"), 2).await.unwrap();
    let refused = gate.act(number, Role::Declarant, json!({"action": "submit"})).await;
    assert!(matches!(refused, Err(Failure::VehicleAlreadyDeclared { other: None, .. })), "{refused:?}");
    let remark = Order::Action(Action::Remark, Box::new(Details { text: Some("x".into()), ..Details::default() }));
    let hidden = gate.order(number, Role::GateManager, remark, None).await;
    assert!(matches!(hidden, Err(Failure::NoSuchDeclaration)), "a draft is the firm's own: {hidden:?}");
}
