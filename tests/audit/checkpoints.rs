//! Checkpoints: what they cover, who makes them, and what happens when they cannot be made.

use std::collections::BTreeSet;

use border_gate::casework::checkpoints::{make, publish};
use border_gate::domain::workflow::Role;
use border_gate::storage::checkpoints::{leaves, waiting};
use border_gate::storage::{checkpoint_file, evidence::compared_columns, migrate};
use chrono::Duration;
use serde_json::json;

use super::{checkpoint, declared, done, nothing_differs, settled, some_work};
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, officer};

#[tokio::test(flavor = "multi_thread")]
async fn every_minute_in_which_something_was_done_is_signed_and_published() {
    let gate = TestGate::open().await;
    some_work(&gate).await;
    let first = checkpoint(&gate).await;
    let compared = nothing_differs(&gate).await;
    assert_eq!((compared.declarations, compared.checkpoints, compared.uncovered, compared.gaps), (5, 1, 0, 0));
    assert_eq!(u64::try_from(first.checkpoint.actions).unwrap(), compared.actions);
    assert_eq!(gate.service.checkpoint().await.unwrap(), None, "none is due twice in a minute");

    gate.clock.set(gate.now() + Duration::minutes(1));
    assert_eq!(gate.service.checkpoint().await.unwrap(), None, "nothing was done");
    declared(&gate, "桂F22222").await;
    assert_eq!(nothing_differs(&gate).await.uncovered, 2);
    let second = checkpoint(&gate).await;
    assert_eq!(second.checkpoint.previous, first.hash());
    assert_eq!((second.checkpoint.number, second.checkpoint.actions, second.checkpoint.gap), (2, 2, None));
    // An hour of silence is signed as well.
    gate.clock.set(gate.now() + Duration::minutes(59));
    let silent = checkpoint(&gate).await;
    assert_eq!((silent.checkpoint.actions, silent.checkpoint.gap), (0, None));
    nothing_differs(&gate).await;

    let page = gate.ask(None, "GET", "/.well-known/audit-checkpoints?limit=2", &[], "").await;
    assert_eq!(page.status, 200, "{}", page.text);
    assert_eq!(page.header("link"), Some("</.well-known/audit-checkpoints?after=2&limit=2>; rel=\"next\""));
    let shown = page.json();
    assert_eq!(shown["items"], json!([first, second]));
    assert_eq!((&shown["items"][0]["number"], &shown["next_after"]), (&json!(1), &json!(2)));
    let rest = gate.ask(None, "GET", "/.well-known/audit-checkpoints?after=2", &[], "").await.json();
    assert_eq!((&rest["items"], &rest["next_after"]), (&json!([silent]), &json!(3)));
    let none = gate.ask(None, "GET", "/.well-known/audit-checkpoints?after=3", &[], "").await.json();
    assert_eq!((&none["items"], &none["next_after"]), (&json!([]), &json!(3)));
    let refused = gate.ask(None, "GET", "/.well-known/audit-checkpoints?after=-1&limit=0", &[], "").await;
    let faults = ["/after", "/limit"].map(|pointer| (pointer.to_owned(), "number-range".to_owned()));
    assert_eq!((refused.status, refused.faults()), (422, faults.to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn while_checkpoints_cannot_be_made_the_gate_goes_on_and_says_so_and_the_next_one_tells_of_the_gap() {
    let gate = TestGate::open().await;
    declared(&gate, "桂F12345").await;
    let before = checkpoint(&gate).await;
    let ready = async || {
        let reply = gate.ask(None, "GET", "/health/ready", &[], "").await;
        (reply.status, reply.json())
    };
    assert_eq!(ready().await, (200, json!({"status": "ok"})));

    let admin = gate.database.admin().await;
    admin.batch_execute("revoke insert on checkpoints from border_gate_service").await.unwrap();
    let number = declared(&gate, "桂F12346").await;
    gate.clock.set(gate.now() + Duration::minutes(2));
    settled(&gate).await;
    let why = gate.service.checkpoint().await.unwrap_err().to_string();
    assert!(why.contains("permission denied for table checkpoints"), "{why}");
    let (status, said) = ready().await;
    assert_eq!((status, &said["status"]), (200, &json!("degraded")), "{said}");
    assert!(said["problems"][0].as_str().unwrap().contains("permission denied"), "{said}");
    done(&gate, &officer(Role::GateManager, &[]), &number, &json!({"action": "register"})).await;
    gate.clock.set(gate.now() + Duration::minutes(10));
    let (_, said) = ready().await;
    assert!(said["problems"][1].as_str().unwrap().contains("the last checkpoint was made at"), "{said}");
    // Another instance, which has not tried, sees it too.
    let another = gate.another().await.ask(None, "GET", "/health/ready", &[], "").await.json();
    assert_eq!((&another["status"], another["problems"].as_array().unwrap().len()), (&json!("degraded"), 1));

    admin.batch_execute("grant insert on checkpoints to border_gate_service").await.unwrap();
    let after = checkpoint(&gate).await;
    let gap = after.checkpoint.gap.unwrap();
    assert_eq!((gap.from, gap.until), (before.checkpoint.made_at, gate.now()));
    assert_eq!(ready().await, (200, json!({"status": "ok"})));
    assert_eq!(nothing_differs(&gate).await.gaps, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_itself_can_neither_change_nor_delete_what_was_done_and_signed() {
    let gate = TestGate::open().await;
    declared(&gate, "桂F12345").await;
    checkpoint(&gate).await;
    let (service, _driving) = border_gate::storage::pool::connect(gate.database.url()).await.unwrap();
    let role: String = service.query_one("select current_user::text", &[]).await.unwrap().get(0);
    assert_eq!(role, "border_gate_service");
    for statement in [
        "update actions set actor = 'account:9'",
        "update actions set transaction = '1'",
        "delete from actions",
        "truncate actions",
        "update checkpoints set actions = 0",
        "delete from checkpoints",
        "truncate checkpoints",
        "alter table actions drop column hash",
        "drop table checkpoints",
        "insert into checkpoints select * from checkpoints",
    ] {
        let error = service.batch_execute(statement).await.expect_err(statement);
        let code = error.code().unwrap().code();
        // 42501: no right to it; 23505: its number is taken.
        assert!(["42501", "23505"].contains(&code), "{statement}: {error:?}");
    }
    nothing_differs(&gate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_commits_late_is_not_passed_over() {
    let database = TestDatabase::open().await;
    let insert = async |client: &tokio_postgres::Client, number: i64| {
        let sql = "insert into actions (declaration, seq, action, actor, role, at, recorded_at, details, hash)
                   values ($1, 1, 'create', 'account:1', 'declarant', now(), now(), '{}', decode(repeat('00', 32), 'hex'))";
        client.execute(sql, &[&number]).await.unwrap();
    };
    let (slow, quick) = (database.admin().await, database.admin().await);
    slow.batch_execute("begin").await.unwrap();
    insert(&slow, 1).await;
    insert(&quick, 2).await;
    let pool = database.pool();
    let mut conn = pool.get().await.unwrap();
    let early = waiting(&mut conn, 0).await.unwrap();
    assert!(early.oldest.is_some() && !early.is_settled, "{early:?}");
    assert_eq!(leaves(&mut conn, (0, i64::MIN, 0), early.settled_to, 10).await.unwrap(), []);
    slow.batch_execute("commit").await.unwrap();
    let numbers = async |conn: &mut diesel_async::AsyncPgConnection, to| {
        let found = leaves(conn, (early.settled_to, i64::MIN, 0), to, 10).await.unwrap();
        found.iter().map(|leaf| leaf.declaration).collect::<Vec<_>>()
    };
    let late = loop {
        let late = waiting(&mut conn, early.settled_to).await.unwrap();
        if numbers(&mut conn, late.settled_to).await.len() == 2 {
            break late;
        }
    };
    assert!(late.is_settled);
    assert_eq!(numbers(&mut conn, late.settled_to).await, [1, 2], "in the order in which they began");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_instances_one_makes_each() {
    let gate = TestGate::open().await;
    declared(&gate, "桂F12345").await;
    settled(&gate).await;
    let keys = gate.service.tokens.keys();
    let made = futures_util::future::join_all((0..6).map(async |_| {
        let mut conn = gate.service.pool.get().await.unwrap();
        make(&mut conn, keys, gate.now()).await.unwrap()
    }))
    .await;
    assert_eq!(made.iter().flatten().count(), 1, "{made:?}");
    assert_eq!(nothing_differs(&gate).await.checkpoints, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_holds_every_checkpoint_once_whatever_happens_to_it() {
    let gate = TestGate::open().await;
    let file = std::env::temp_dir().join(format!("border-gate-checkpoints-{}.ndjson", std::process::id()));
    let _ = std::fs::remove_file(&file);
    let mut conn = gate.service.pool.get().await.unwrap();
    let mut made = Vec::new();
    for plate in ["桂F12345", "桂F12346"] {
        declared(&gate, plate).await;
        made.push(checkpoint(&gate).await);
    }
    publish(&mut conn, &file).await.unwrap();
    publish(&mut conn, &file).await.unwrap();
    // The machine stopped in the middle of a line.
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[..whole.len() - 20]).unwrap();
    publish(&mut conn, &file).await.unwrap();
    let read: Vec<_> = checkpoint_file::read(&file).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, made);

    // The database went back to an earlier time: the file knows more than it.
    gate.database.admin().await.execute("delete from checkpoints where number = 2", &[]).await.unwrap();
    let why = publish(&mut conn, &file).await.unwrap_err().to_string();
    assert!(why.contains("holds checkpoint 2"), "{why}");
    std::fs::remove_file(&file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_of_a_declaration_is_compared_with_its_actions() {
    let database = TestDatabase::open().await;
    let sql = "select column_name::text from information_schema.columns where table_name = 'declarations'";
    let there: BTreeSet<String> =
        database.admin().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let compared: BTreeSet<String> = compared_columns().into_iter().map(str::to_owned).collect();
    assert_eq!(there, compared, "a new column is read in storage/evidence.rs and compared in domain/audit/verify.rs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_loaded_where_transactions_are_counted_anew_goes_on_where_it_ended() {
    let gate = TestGate::open().await;
    let admin = gate.database.admin().await;
    // A server that has counted a thousand million transactions.
    let count = async |add: &str| {
        let function = "create or replace function settled_transactions() returns bigint language sql stable as";
        let sql = format!(
            "{function} 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint {add}';
             alter table actions alter column transaction set default ((pg_current_xact_id()::text::bigint {add})::text::xid8)"
        );
        admin.batch_execute(&sql).await.unwrap();
    };
    count("+ 1000000000").await;
    some_work(&gate).await;
    let before = checkpoint(&gate).await;
    // The dump is loaded into a new one.
    count("").await;
    gate.clock.set(gate.now() + Duration::minutes(1));
    for why in [gate.service.checkpoint().await.unwrap_err(), gate.service.expire_due().await.unwrap_err()] {
        assert!(why.to_string().contains("it was loaded from a dump"), "{why}");
    }
    migrate::migrate(gate.database.url()).await.unwrap();
    declared(&gate, "桂F22222").await;
    let after = checkpoint(&gate).await;
    assert_eq!((after.checkpoint.previous, after.checkpoint.actions), (before.hash(), 2));
    nothing_differs(&gate).await;
    // A start where nothing is to be mended changes nothing.
    let default = "select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'actions'::regclass";
    let stands: String = admin.query_one(default, &[]).await.unwrap().get(0);
    migrate::migrate(gate.database.url()).await.unwrap();
    assert_eq!(admin.query_one(default, &[]).await.unwrap().get::<_, String>(0), stands);
}
