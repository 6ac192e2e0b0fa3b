//! Reference data in the database and over HTTP.

use border_gate::domain::reference::{List, Reference, files};
use border_gate::storage::reference;
use chrono::NaiveDate;

use crate::support::database::TestDatabase;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn all(reference: &Reference, on: &str) -> Vec<String> {
    let entries = List::VARIANTS.iter().flat_map(|list| reference.entries(*list, day(on)));
    entries.map(|entry| format!("{entry:?}")).collect()
}

#[tokio::test]
async fn what_comes_with_the_program_is_added_once_and_read_as_it_was() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();

    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(files().unwrap().len()));
    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(0));

    let loaded = reference::load(&mut conn).await.unwrap();
    assert_eq!(all(&loaded, "2025-01-01"), all(&Reference::from_files().unwrap(), "2025-01-01"));
}

#[tokio::test]
async fn what_somebody_changed_here_is_never_overwritten_when_the_program_starts_again() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();
    reference::seed(&mut conn, files().unwrap()).await.unwrap();
    let admin = database.admin().await;
    // Tân Thanh becomes a gate of its own; Cốc Nam was entered from another day on than the program has it.
    admin
        .batch_execute(
            "update reference set valid_to = '2026-01-01' where list = 'crossing_points' and code = 'TAN_THANH';
             insert into reference values
                ('gates', 'TAN_THANH', '2026-01-01', null, '{\"name\": \"Tân Thanh\", \"kind\": \"road\"}'),
                ('crossing_points', 'TAN_THANH', '2026-01-01', null, '{\"name\": \"Tân Thanh\", \"kind\": \"road\", \"gate\": \"TAN_THANH\"}');
             update reference set valid_from = '2022-01-01' where list = 'crossing_points' and code = 'COC_NAM';
             insert into reference values ('tariffs', 'X', '2026-01-01', null, '{}')",
        )
        .await
        .unwrap();

    assert_eq!(reference::seed(&mut conn, files().unwrap()).await, Ok(0));

    let loaded = reference::load(&mut conn).await.unwrap();
    assert_eq!(loaded.gate_of("TAN_THANH", day("2025-12-31")), Some("HUU_NGHI"));
    assert_eq!(loaded.gate_of("TAN_THANH", day("2026-01-01")), Some("TAN_THANH"));
    assert_eq!(loaded.gate_of("COC_NAM", day("2021-12-31")), None);
}

#[tokio::test]
async fn data_that_cannot_be_used_are_refused_with_every_fault() {
    let database = TestDatabase::open().await;
    let mut conn = database.pool().get().await.unwrap();
    database
        .admin()
        .await
        .batch_execute(
            "insert into reference values ('gates', 'X', '2026-01-01', null, '{\"name\": \"X\", \"kind\": \"sea\"}'),
                                          ('yards', 'Y', '2026-01-01', null, '{\"name\": \"Y\", \"crossing_point\": \"Z\"}')",
        )
        .await
        .unwrap();
    let refused = reference::load(&mut conn).await.unwrap_err().to_string();
    assert!(refused.contains("gates X") && refused.contains("crossing point Z"), "{refused}");
}
