//! The database's own rules: migrations that undo themselves, tables as the code sees them, what a distributed
//! engine asks, and an index for each read that a user makes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use border_gate::casework::import::Import;
use border_gate::demo;
use border_gate::domain::actor::Actor;
use border_gate::domain::content::Direction;
use border_gate::domain::number::Number;
use border_gate::domain::tracks::{Track, TrackState};
use border_gate::domain::workflow::{Role, State};
use border_gate::storage::declarations::{Filter, find, list};
use border_gate::storage::{actions, throughput};
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use serde_json::json;
use tokio_postgres::Client;

use crate::casework::tractor;
use crate::import::{import, lines};
use crate::support::database::TestDatabase;
use crate::support::gate::{TestGate, declarant, officer};

/// Everything in the catalogue that a migration may make, a line each.
async fn catalogue(client: &Client) -> BTreeSet<String> {
    let sql = "
        select format('column %s.%s %s %s %s', table_name, column_name, data_type, is_nullable, column_default)
          from information_schema.columns where table_schema = 'public'
        union all select format('index %s', indexdef) from pg_indexes where schemaname = 'public'
        union all select format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
          from pg_constraint where connamespace = 'public'::regnamespace
        union all select format('function %s %s', oid::regprocedure, md5(prosrc)) from pg_proc where pronamespace = 'public'::regnamespace
        union all select format('trigger %s %s', tgrelid::regclass, tgname) from pg_trigger where not tgisinternal
        union all select format('grant %s %s on %s', grantee, privilege_type, table_name)
          from information_schema.role_table_grants where table_schema = 'public' and grantee = 'border_gate_service'
        union all select format('relation %s %s %s %s', oid::regclass, relkind, reloptions,
                                coalesce(relacl, acldefault(cast(case relkind when 'S' then 's' else 'r' end as \"char\"), relowner)))
          from pg_class where relnamespace = 'public'::regnamespace
        union all select format('rights on %s.%s %s', attrelid::regclass, attname, attacl) from pg_attribute
          where attacl is not null and attrelid::regclass::text !~ '^pg_'
        union all select format('type %s', typname) from pg_type where typnamespace = 'public'::regnamespace
        union all select format('schema %s %s', nspname, nspacl) from pg_namespace where nspname !~ '^pg_(toast|temp)'
        union all select format('extension %s', extname) from pg_extension
        union all select format('default %s %s', defaclobjtype, defaclacl) from pg_default_acl";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

fn migrations() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut folders: Vec<_> =
        fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    let read = |folder: &Path, file: &str| fs::read_to_string(folder.join(file)).unwrap();
    folders
        .iter()
        .map(|folder| {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            (name, read(folder, "up.sql"), read(folder, "down.sql"))
        })
        .collect()
}

/// Those that change rows and no table; what they do to the rows has a test of its own.
const OF_ROWS: [&str; 1] = ["0016_last_action"];

#[tokio::test(flavor = "multi_thread")]
async fn every_migration_is_undone_by_its_down() {
    let database = TestDatabase::empty().await;
    let client = database.admin().await;
    client.batch_execute("create table __diesel_schema_migrations (version text primary key)").await.unwrap();
    let all = migrations();
    assert!(all.len() >= 5, "{} migrations", all.len());
    for (name, up, down) in all {
        let before = catalogue(&client).await;
        client.batch_execute(&up).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let between = catalogue(&client).await;
        assert_eq!(before == between, OF_ROWS.contains(&name.as_str()), "{name}: does it change the tables?");
        client.batch_execute(&down).await.unwrap_or_else(|error| panic!("down of {name}: {error:?}"));
        let after = catalogue(&client).await;
        assert_eq!(after.symmetric_difference(&before).collect::<Vec<_>>(), Vec::<&String>::new(), "{name}");
        client.batch_execute(&up).await.unwrap_or_else(|error| panic!("{name} a second time: {error:?}"));
        assert_eq!(catalogue(&client).await, between, "{name} a second time");
    }
}

/// `table.column` with its diesel type, as `src/storage/schema.rs` declares it.
fn declared() -> BTreeMap<String, String> {
    let text = include_str!("../src/storage/schema.rs");
    let mut columns = BTreeMap::new();
    for block in text.split("diesel::table! {").skip(1) {
        let mut lines = block.lines().skip(1);
        let table = lines.next().unwrap().split_whitespace().next().unwrap().to_owned();
        for line in lines.take_while(|line| line.trim() != "}") {
            let (column, kind) = line.trim().trim_end_matches(',').split_once(" -> ").unwrap();
            columns.insert(format!("{table}.{column}"), kind.to_owned());
        }
    }
    columns
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_are_as_the_code_sees_them() {
    let database = TestDatabase::open().await;
    let sql = "
        select table_name || '.' || column_name, udt_name, is_nullable = 'YES' from information_schema.columns
         where table_schema = 'public' and table_name <> '__diesel_schema_migrations'";
    let mut found = BTreeMap::new();
    for row in database.admin().await.query(sql, &[]).await.unwrap() {
        let (column, kind, nullable): (String, String, bool) = (row.get(0), row.get(1), row.get(2));
        let plain = match kind.trim_start_matches('_') {
            "int8" => "BigInt",
            "int4" => "Integer",
            "int2" => "SmallInt",
            "text" => "Text",
            "bool" => "Bool",
            "date" => "Date",
            "timestamptz" => "Timestamptz",
            "json" => "Json",
            "jsonb" => "Jsonb",
            "bytea" => "Binary",
            "xid8" => "crate::storage::column_types::Xid8",
            other => panic!("{column} is of the type {other}"),
        };
        let kind = if kind.starts_with('_') { format!("Array<{plain}>") } else { plain.to_owned() };
        found.insert(column, if nullable { format!("Nullable<{kind}>") } else { kind });
    }
    assert_eq!(declared(), found);
}

/// The tables that would be spread over many nodes, each with the column that says where.
const DISTRIBUTED: [(&str, &str); 8] = [
    ("declarations", "number"),
    ("actions", "declaration"),
    ("vehicles_present", "vehicle"),
    ("idempotency_keys", "key"),
    ("sources", "source_id"),
    ("receipts", "receipt"),
    ("device_actions", "device"),
    ("places", "room"),
];

/// The tables that would be the same on every node: what is distributed may refer to them.
const REFERENCE: [&str; 1] = ["firms"];

/// The tables that would stay on one node.
const LOCAL: [&str; 13] = [
    "throughput",
    "stock",
    "dwell",
    "closings",
    "checkpoints",
    "reference",
    "reference_changes",
    "accounts",
    "clients",
    "sessions",
    "refresh_tokens",
    "sign_in_tries",
    "__diesel_schema_migrations",
];

#[tokio::test(flavor = "multi_thread")]
async fn of_every_table_it_is_said_where_it_would_be_and_none_refers_to_what_is_elsewhere() {
    let database = TestDatabase::open().await;
    let client = database.admin().await;
    let sql =
        "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')";
    let found: BTreeSet<String> = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
    let distributed = DISTRIBUTED.map(|(table, _)| table);
    let said = distributed.into_iter().chain(REFERENCE).chain(LOCAL).map(str::to_owned);
    assert_eq!(found, said.collect(), "a new table is written down as distributed, reference or local");

    let sql = "select conrelid::regclass::text, confrelid::regclass::text from pg_constraint
                where contype = 'f' and connamespace = 'public'::regnamespace";
    let keys = client.query(sql, &[]).await.unwrap();
    assert!(keys.len() > 3, "{} foreign keys", keys.len());
    for row in keys {
        let (from, to): (String, String) = (row.get(0), row.get(1));
        let together =
            REFERENCE.contains(&to.as_str()) || LOCAL.contains(&from.as_str()) && LOCAL.contains(&to.as_str());
        assert!(together, "{from} refers to {to}, which is not where it is");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tables_keep_what_a_distributed_engine_asks() {
    let database = TestDatabase::open().await;
    let client = database.admin().await;
    for (table, column) in DISTRIBUTED {
        let sql = "
            select i.indexrelid::regclass::text,
                   array(select a.attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey))
              from pg_index i where i.indrelid = $1::text::regclass and i.indisunique";
        let unique = client.query(sql, &[&table]).await.unwrap();
        assert!(!unique.is_empty(), "{table} has no key");
        for row in unique {
            let (index, columns): (String, Vec<String>) = (row.get(0), row.get(1));
            assert!(columns.iter().any(|name| name == column), "{index} does not contain {column}");
        }
        let sql =
            "select confrelid::regclass::text from pg_constraint where conrelid = $1::text::regclass and contype = 'f'";
        for row in client.query(sql, &[&table]).await.unwrap() {
            let to: String = row.get(0);
            assert_eq!(to, "firms", "{table} refers to a table that is not everywhere");
        }
        let sql = "select count(*) from pg_trigger where tgrelid = $1::text::regclass and not tgisinternal";
        let triggers: i64 = client.query_one(sql, &[&table]).await.unwrap().get(0);
        assert_eq!(triggers, 0, "{table} has triggers");
    }
}

/// 100,000 declarations of 200 firms over a year, most of them crossed, with their actions.
const MANY: &str = r"
    insert into firms (tax_code, name, created_at) select lpad(i::text, 10, '0'), 'F' || i, now() from generate_series(1, 200) i;
    insert into declarations (number, revision, state, firm, declarant, direction, crossing_point, cargo_class, plate,
        trader_tax_code, customs_declarations, tracks, content, progress, created_at, declared_at, registered_at, arrived_at,
        completed_at, last_action, last_action_at, waiting_since, head)
    select i::bigint * 37 * 1000003, 2, case when i % 50 = 0 then 'submitted' else 'completed' end, 1 + i % 200, 'account:1',
        case when i % 3 = 0 then 'export' else 'import' end, (array['HUU_NGHI', 'TAN_THANH', 'CHI_MA', 'COC_NAM'])[1 + i % 4], 'general',
        '12C' || lpad(i::text, 6, '0'), case when i % 10 = 0 then '0100233488' end,
        array[lpad(i::text, 11, '0')], array['fee:done', 'customs:done'],
        json_build_object('direction', case when i % 3 = 0 then 'export' else 'import' end, 'crossing_point', (array['HUU_NGHI', 'TAN_THANH', 'CHI_MA', 'COC_NAM'])[1 + i % 4]),
        '{}', at, at, at, case when i % 50 = 0 then null else at + interval '1 hour' end,
        case when i % 50 = 0 then null else at + interval '5 hours' end, 'submit', at,
        case when i % 50 = 0 then at end, decode(repeat('00', 32), 'hex')
      from generate_series(1, 100000) i, lateral (select timestamptz '2024-01-01' + i * interval '5 minutes' as at) stamp;
    insert into actions (declaration, seq, action, actor, role, at, recorded_at, details, hash)
    select number, seq, 'submit', 'account:1', 'declarant', created_at, created_at, '{}', head
      from declarations, generate_series(1, 2) seq;
    analyze declarations, actions;
";

#[derive(QueryableByName)]
struct Scans {
    #[diesel(sql_type = Text)]
    relname: String,
    #[diesel(sql_type = BigInt)]
    seq_scan: i64,
    #[diesel(sql_type = BigInt)]
    idx_scan: i64,
    #[diesel(sql_type = BigInt)]
    idx_tup_fetch: i64,
}

/// The most rows that a page of 50 may cost: going through a tenth of everything would be no way either.
const MOST_ROWS: i64 = 10_000;

/// What PostgreSQL has counted so far in this session: it hands its counts on once in a while, and not within
/// a transaction.
async fn scans(conn: &mut AsyncPgConnection) -> BTreeMap<String, Scans> {
    let sql = "select relname::text, coalesce(seq_scan, 0) as seq_scan, coalesce(idx_scan, 0) as idx_scan,
                      coalesce(idx_tup_fetch, 0) as idx_tup_fetch
                 from pg_stat_xact_user_tables where relname in ('declarations', 'actions')";
    let scans: Vec<Scans> = diesel::sql_query(sql).load(conn).await.unwrap();
    scans.into_iter().map(|scans| (scans.relname.clone(), scans)).collect()
}

/// Begins to watch how PostgreSQL goes about what is read.
async fn watch(conn: &mut AsyncPgConnection) -> BTreeMap<String, Scans> {
    conn.batch_execute("begin").await.unwrap();
    scans(conn).await
}

/// What was read since `before` found its way by indexes alone, and without going through most of everything.
async fn found_its_way(conn: &mut AsyncPgConnection, before: BTreeMap<String, Scans>, name: &str) {
    let after = scans(conn).await;
    conn.batch_execute("rollback").await.unwrap();
    let mut by_index = 0;
    for (table, now) in after {
        let then = |of: fn(&Scans) -> i64| before.get(&table).map_or(0, of);
        assert_eq!(now.seq_scan, then(|scans| scans.seq_scan), "{name} reads all of {table}");
        let rows = now.idx_tup_fetch - then(|scans| scans.idx_tup_fetch);
        assert!(rows <= MOST_ROWS, "{name} reads {rows} rows of {table}");
        by_index += now.idx_scan - then(|scans| scans.idx_scan);
    }
    assert!(by_index > 0, "{name} reads nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_read_that_a_user_makes_has_its_index_among_a_hundred_thousand() {
    let database = TestDatabase::open().await;
    database.admin().await.batch_execute(MANY).await.unwrap();
    let pool = database.pool();
    let mut conn = pool.get().await.unwrap();
    let number = Number::from_i64(50_000 * 37 * 1_000_003).unwrap();

    let conn = &mut *conn;

    let before = watch(conn).await;
    find(conn, number).await.unwrap().unwrap();
    found_its_way(conn, before, "a record").await;
    let before = watch(conn).await;
    assert_eq!(actions::of(conn, number).await.unwrap().len(), 2);
    found_its_way(conn, before, "a history").await;
    let before = watch(conn).await;
    assert!(!throughput::backlog(conn, "2024-08-22T13:00:00Z".parse().unwrap()).await.unwrap().is_empty());
    found_its_way(conn, before, "the backlog").await;

    let firm_of_goods = Actor { firm_tax_code: Some("0100233488".to_owned()), ..declarant(1) };
    let callers = [
        ("a declarant", firm_of_goods),
        ("an officer of one crossing point", officer(Role::CustomsOfficer, &["CHI_MA"])),
        ("an officer of several", officer(Role::BorderGuard, &["CHI_MA", "COC_NAM"])),
        ("an officer of all", officer(Role::GateManager, &[])),
        ("an auditor", officer(Role::Auditor, &[])),
    ];
    let filters = [
        ("without a filter", Filter::default()),
        ("from a page on", Filter { before: Some(number), ..Filter::default() }),
        ("by state", Filter { states: vec![State::Submitted, State::Registered], ..Filter::default() }),
        ("by direction", Filter { direction: Some(Direction::Export), ..Filter::default() }),
        ("by crossing point", Filter { crossing_point: Some("CHI_MA".into()), ..Filter::default() }),
        ("by plate", Filter { plate: Some("12C050000".into()), ..Filter::default() }),
        ("by customs declaration", Filter { customs_declaration: Some("00000050000".into()), ..Filter::default() }),
        ("by track", Filter { track: Some((Track::Fee, TrackState::Done)), ..Filter::default() }),
        ("by a rare state", Filter { states: vec![State::Ready], ..Filter::default() }),
        (
            "by a track that none has come to",
            Filter { track: Some((Track::Health, TrackState::Failed)), ..Filter::default() },
        ),
        (
            "by day",
            Filter {
                declared_from: Some("2024-08-21T17:00:00Z".parse().unwrap()),
                declared_to: Some("2024-08-22T17:00:00Z".parse().unwrap()),
                ..Filter::default()
            },
        ),
    ];
    for (who, actor) in &callers {
        for (how, filter) in &filters {
            let name = format!("the list of {who} {how}");
            let before = watch(conn).await;
            list(conn, actor, filter, 51).await.unwrap();
            found_its_way(conn, before, &name).await;
        }
    }
}

/// What the write path looks things up in besides.
const MANY_BESIDES: &str = r"
    insert into vehicles_present (vehicle, direction, declaration)
    select 'VN:' || plate, direction, number from declarations;
    insert into idempotency_keys (caller, route, key, request_hash, status, body, created_at)
    select 'account:' || i % 200, 'POST /api/v1/declarations', 'key-' || i, decode(repeat('00', 32), 'hex'), 201, '', now()
      from generate_series(1, 100000) i;
    insert into sources (source, source_id, declaration) select 'older', 'id-' || number, number from declarations;
    insert into receipts (receipt, kind, declaration, seq, crossing_point, day, at, amount_vnd, actor)
    select 'BL-' || number, 'payment', number, 1, crossing_point, created_at::date, created_at, 350000, 'account:1' from declarations;
    analyze vehicles_present, idempotency_keys, sources, receipts;
";

/// How often each table that grows with the declarations was gone through from end to end since the database is,
/// and how often anything was looked up in them.
async fn gone_through(client: &Client) -> (BTreeMap<String, i64>, i64) {
    // Counts are handed on when a session ends, at the latest.
    let sql = "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity
                where datname = current_database() and pid <> pg_backend_pid()";
    client.query_one(sql, &[]).await.unwrap();
    client.batch_execute("select pg_stat_force_next_flush()").await.unwrap();
    let tables: Vec<&str> = DISTRIBUTED.iter().map(|(table, _)| *table).collect();
    let sql = "select relname::text, seq_scan, idx_scan from pg_stat_user_tables where relname = any($1::text[])";
    let rows = client.query(sql, &[&tables]).await.unwrap();
    let looked_up = rows.iter().map(|row| row.get::<_, i64>(2)).sum();
    (rows.iter().map(|row| (row.get(0), row.get(1))).collect(), looked_up)
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_written_finds_its_way_among_a_hundred_thousand() {
    let database = TestDatabase::open().await;
    let admin = database.admin().await;
    admin.batch_execute(MANY).await.unwrap();
    admin.batch_execute(MANY_BESIDES).await.unwrap();
    let (before, looked_up_before) = gone_through(&admin).await;

    let gate = TestGate::on(database).await;
    let firm = declarant(1);
    let with_key = [("Content-Type", "application/json"), ("Idempotency-Key", "a-new-one")];
    let body = tractor("桂F12345").to_string();
    let declare = async || gate.ask(Some(&firm), "POST", "/api/v1/declarations", &with_key, &body).await;
    let declared = declare().await;
    assert_eq!(declared.status, 201, "{}", declared.text);
    let again = declare().await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{}", again.text);
    let twice = gate.post(&firm, "/api/v1/declarations", &tractor("桂F12345")).await;
    assert_eq!(twice.problem(), "vehicle-already-declared");
    let number = declared.json()["number"].as_str().unwrap().to_owned();
    let patch = json!({"vehicle": {"plate": "桂F54321"}}).to_string();
    let headers = [("Content-Type", "application/merge-patch+json"), ("If-Match", "*")];
    let amended = gate.ask(Some(&firm), "PATCH", &format!("/api/v1/declarations/{number}"), &headers, patch).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    let registered = gate.act(&officer(Role::GateManager, &[]), &number, &json!({"action": "register"})).await;
    assert_eq!(registered.status, 200, "{}", registered.text);
    // Those of the first four days have waited for fifteen.
    gate.clock.set("2024-01-20T00:00:00Z".parse().unwrap());
    assert_eq!(gate.service.expire_due().await.unwrap(), 23);

    let (after, looked_up) = gone_through(&admin).await;
    assert!(looked_up > looked_up_before + 23, "nothing was counted");
    assert_eq!(after, before, "a table was gone through from end to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fills_a_new_database_finds_its_way_although_it_was_empty_at_first() {
    let database = TestDatabase::open().await;
    let admin = database.admin().await;
    let (before, looked_up_before) = gone_through(&admin).await;

    // The first run fills it: its statements are planned while there is nothing. The second finds all of it there.
    for taken_in in [1_000, 0] {
        let some = demo::quarter(demo::SEED).take(1_000);
        let import = Import { create_firms: true, ..import(&database) };
        let tally = import.run(lines(some), |_| (), |_| ()).await.unwrap();
        assert_eq!((tally.taken_in, tally.lines()), (taken_in, 1_000));
    }

    let (after, looked_up) = gone_through(&admin).await;
    assert!(looked_up > looked_up_before + 2_000, "nothing was counted");
    assert_eq!(after, before, "a table was gone through from end to end");
}
