//! Accounts made at the machine itself, and the demo's.

use border_gate::casework::accounts::{self, AccountOrder, Fault};
use border_gate::demo;
use border_gate::domain::mandate::MandateSent;
use border_gate::domain::workflow::Role;
use border_gate::identity::passwords::Passwords;
use border_gate::storage::accounts as stored;

use crate::support::database::TestDatabase;
use crate::support::demo_gate::TestGate;
use crate::support::http::Ask;

#[tokio::test(flavor = "multi_thread")]
async fn the_first_administrator_is_made_at_the_machine() {
    let database = TestDatabase::open().await;
    let pool = database.pool();
    let mut conn = pool.get().await.unwrap();
    let passwords = Passwords::cheap_for_tests().unwrap();
    let reference = crate::casework::rule_book();
    let now = "2025-03-31T02:00:00Z".parse().unwrap();
    assert!(!stored::has_admin(&mut conn).await.unwrap());

    let order = |username: &str, password: &str, mandate: MandateSent| AccountOrder {
        username: username.to_owned(),
        password: password.to_owned(),
        mandate,
    };
    let admin = MandateSent { role: Some(Role::Admin), ..MandateSent::default() };
    let wrong = MandateSent { firm: Some("0100112437".to_owned()), ..admin.clone() };
    let wrong =
        accounts::create(&mut conn, &passwords, &reference.book().reference, order("", "short", wrong), now).await;
    match wrong.unwrap_err() {
        Fault::Invalid(failures) => {
            let codes: Vec<&str> = failures.iter().map(|failure| failure.code).collect();
            assert_eq!(codes, ["username-format", "password-short", "not-for-role", "firm-unknown"]);
        }
        other => panic!("{other}"),
    }
    let first = order("chief", "tram-kiem-soat-7", admin);
    let made = accounts::create(&mut conn, &passwords, &reference.book().reference, first.clone(), now).await.unwrap();
    assert_eq!(made.mandate.role, Role::Admin);
    assert!(stored::has_admin(&mut conn).await.unwrap());
    let again = accounts::create(&mut conn, &passwords, &reference.book().reference, first, now).await.unwrap_err();
    assert_eq!(again.to_string(), "there is an account chief already");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_an_operator_is_a_session_like_any_other() {
    let gate = TestGate::open().await;
    let mut conn = gate.service.pool.get().await.unwrap();
    let token = accounts::token(&mut conn, &gate.service.tokens, "GATE_MANAGER", gate.clock.now()).await.unwrap();
    let me = gate.send(Ask::new("GET", "/api/v1/me").bearer(&token)).await;
    assert_eq!(me.json()["username"], "gate_manager");
    assert_eq!(gate.send(Ask::new("DELETE", "/api/v1/sessions/current").bearer(&token)).await.status, 204);
    assert_eq!(gate.send(Ask::new("GET", "/api/v1/me").bearer(&token)).await.status, 401);
    let nobody = accounts::token(&mut conn, &gate.service.tokens, "nobody", gate.clock.now()).await.unwrap_err();
    assert_eq!(nobody.to_string(), "there is no account nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_has_an_account_for_every_role_and_makes_none_twice() {
    let database = TestDatabase::open().await;
    let pool = database.pool();
    let mut conn = pool.get().await.unwrap();
    let passwords = Passwords::cheap_for_tests().unwrap();
    let now = "2025-03-31T02:00:00Z".parse().unwrap();
    assert!(!stored::has_demo(&mut conn).await.unwrap());
    let made = demo::accounts::make(&mut conn, &passwords, now).await.unwrap();
    assert!(stored::has_demo(&mut conn).await.unwrap());
    assert_eq!(demo::accounts::make(&mut conn, &passwords, now).await.unwrap(), made);
    assert_eq!(stored::list(&mut conn, None, 200).await.unwrap().len(), made.len());
    for role in Role::VARIANTS.iter().filter(|role| **role != Role::System) {
        assert!(made.iter().any(|account| account.mandate.role == *role), "{role}");
    }
    let names: Vec<&str> = made.iter().map(|account| account.username.as_str()).collect();
    assert_eq!(names.len(), 21);
    assert!(names.contains(&"quarantine_animal_chi_ma") && !names.contains(&"declarant_chi_ma"));
    assert_ne!(made[0].mandate.firm, made[1].mandate.firm, "two declarants, two firms");
}
