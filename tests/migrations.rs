//! Migrating an empty database, once, however many try.

use border_gate::storage::migrate;

use crate::support::database::TestDatabase;

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
