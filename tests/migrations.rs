//! Migrating an empty database, once, however many try.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails at once")]

use border_gate::storage::migrate;
use serde_json::json;

use crate::corrections::{done, ready};
use crate::support::database::TestDatabase;
use crate::support::gate::TestGate;

#[tokio::test]
async fn of_four_instances_that_start_at_once_one_migrates() {
    let database = TestDatabase::empty().await;
    let url = database.url();
    let before = migrate::pending(url).await.unwrap();
    assert!(!before.is_empty());

    let (a, b, c, d) =
        tokio::join!(migrate::migrate(url), migrate::migrate(url), migrate::migrate(url), migrate::migrate(url));

    let mut done = [a.unwrap(), b.unwrap(), c.unwrap(), d.unwrap()];
    done.sort();
    assert_eq!(done, [vec![], vec![], vec![], before]);
    assert_eq!(migrate::pending(url).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn the_service_acts_in_its_own_role_and_waits_for_nothing_for_ever() {
    let database = TestDatabase::open().await;
    let (client, _) = border_gate::storage::pool::connect(database.url()).await.unwrap();
    let row = client
        .query_one(
            "select current_user::text, current_setting('statement_timeout'), current_setting('lock_timeout'),
                    current_setting('idle_in_transaction_session_timeout')",
            &[],
        )
        .await
        .unwrap();
    let got: Vec<String> = (0..4).map(|column| row.get(column)).collect();
    assert_eq!(got, ["border_gate_service", "5s", "2s", "10s"]);
}

#[tokio::test]
async fn the_service_sees_for_itself_whether_migrations_are_missing() {
    let database = TestDatabase::open().await;
    let mut connection = database.pool().get().await.unwrap();
    assert_eq!(migrate::pending_on(&mut connection).await.unwrap(), Vec::<String>::new());
    assert!(!migrate::is_read_only(&mut connection).await.unwrap());
    database
        .admin()
        .await
        .batch_execute("delete from __diesel_schema_migrations where version = '0001'")
        .await
        .unwrap();
    assert_eq!(migrate::pending_on(&mut connection).await.unwrap(), ["0001_record"]);
}

#[tokio::test]
async fn the_service_adds_actions_and_changes_none() {
    let database = TestDatabase::open().await;
    let (client, _) = border_gate::storage::pool::connect(database.url()).await.unwrap();
    for (statement, allowed) in [
        ("select from actions", true),
        ("select from __diesel_schema_migrations", true),
        ("update actions set actor = 'nobody'", false),
        ("delete from actions", false),
        ("truncate actions", false),
        ("drop table actions", false),
        ("delete from __diesel_schema_migrations", false),
    ] {
        let code = client.batch_execute(statement).await.err().and_then(|error| error.code().cloned());
        let expected = (!allowed).then_some(tokio_postgres::error::SqlState::INSUFFICIENT_PRIVILEGE);
        assert_eq!(code, expected, "{statement}");
    }
}

/// Everything that a migration can make, in words.
async fn catalogue(database: &TestDatabase) -> Vec<String> {
    let everything = r"
        select 'relation ' || relname from pg_class where relnamespace = 'public'::regnamespace
        union all select 'type ' || typname from pg_type where typnamespace = 'public'::regnamespace
        union all select 'function ' || proname from pg_proc where pronamespace = 'public'::regnamespace
        union all select 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') from pg_namespace
                   where nspname !~ '^pg_(toast|temp)'
        union all select 'default rights ' || defaclacl::text from pg_default_acl
        union all select 'extension ' || extname from pg_extension
        order by 1";
    let rows = database.admin().await.query(everything, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).filter(|name: &String| !name.contains("__diesel_schema_migrations")).collect()
}

#[tokio::test]
async fn every_migration_can_be_undone() {
    let database = TestDatabase::empty().await;
    let before = catalogue(&database).await;
    let done = migrate::migrate(database.url()).await.unwrap();
    let migrated = catalogue(&database).await;
    assert_ne!(migrated, before);

    let undone = migrate::revert_all(database.url()).await.unwrap();

    assert_eq!(undone, done.iter().rev().cloned().collect::<Vec<_>>());
    assert_eq!(catalogue(&database).await, before);
    assert_eq!(migrate::migrate(database.url()).await.unwrap(), done);
    assert_eq!(catalogue(&database).await, migrated);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remark_that_an_older_version_took_for_the_last_action_is_so_no_more() {
    let gate = TestGate::open().await;
    let number = ready(&gate, "桂F12345").await;
    done(&gate, &number, json!({"action": "remark", "text": "Waits for its papers"})).await;
    let admin = gate.database.admin().await;
    let last_action =
        async || -> String { admin.query_one("select last_action from declarations", &[]).await.unwrap().get(0) };
    let by_this_version = last_action().await;
    assert_ne!(by_this_version, "remark");
    admin.batch_execute(include_str!("../migrations/0016_last_action/down.sql")).await.unwrap();
    assert_eq!(last_action().await, "remark");
    admin.batch_execute(include_str!("../migrations/0016_last_action/up.sql")).await.unwrap();
    assert_eq!(last_action().await, by_this_version);
}
