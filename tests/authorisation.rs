//! Who may ask what: every operation of the contract for every role, own and other firm, own and other
//! crossing point, and machine clients with each single scope.

use std::collections::BTreeSet;

use border_gate::api;
use border_gate::domain::actor::{Actor, ActorId};
use border_gate::domain::mandate::OauthScope;
use border_gate::domain::workflow::{QuarantineKind, Role};
use border_gate::identity::principal::Principal;
use serde_json::{Value, json};

use crate::casework::tractor;
use crate::support::gate::{TestGate, declarant, officer, quarantine};

/// What an operation is to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// He is heard: whatever is refused then is refused for what he said.
    Through,
    /// Not his to ask, before anything is looked up.
    Forbidden,
    /// Nothing that he may see.
    NotFound,
}

use Outcome::{Forbidden, NotFound, Through};

/// Somebody who asks, and whether the record is within his reach.
struct Caller {
    name: String,
    actor: Actor,
    scope: Option<OauthScope>,
    within_reach: bool,
}

fn callers() -> Vec<Caller> {
    let person =
        |name: &str, actor: Actor, within_reach| Caller { name: name.to_owned(), actor, scope: None, within_reach };
    let mut all = vec![
        person("the firm's declarant", declarant(1), true),
        person("another firm's declarant", declarant(2), false),
        person("analyst", officer(Role::Analyst, &[]), false),
        person("auditor", officer(Role::Auditor, &[]), true),
        person("admin", officer(Role::Admin, &[]), false),
    ];
    for role in [Role::CustomsOfficer, Role::BorderGuard, Role::YardOperator, Role::FeeCollector, Role::GateManager] {
        all.push(person(&format!("{role} here"), officer(role, &["HUU_NGHI"]), true));
        all.push(person(&format!("{role} elsewhere"), officer(role, &["CHI_MA"]), false));
    }
    for kind in [QuarantineKind::Health, QuarantineKind::Animal, QuarantineKind::Plant] {
        all.push(person(&format!("{kind} quarantine here"), quarantine(kind), true));
    }
    for scope in OauthScope::VARIANTS {
        for role in [Role::Declarant, Role::GateManager, Role::BorderGuard, Role::Analyst, Role::Admin] {
            let actor = if role == Role::Declarant { declarant(1) } else { officer(role, &[]) };
            let actor = Actor { id: ActorId::Client(format!("{role}-{scope}")), ..actor };
            let within_reach = matches!(role, Role::Declarant | Role::GateManager | Role::BorderGuard);
            all.push(Caller { name: format!("{role} client with {scope}"), actor, scope: Some(*scope), within_reach });
        }
    }
    all
}

/// What each operation is to each caller. An operation that is missing here fails the test.
fn expected(operation: &str, caller: &Caller) -> Option<Outcome> {
    let role = caller.actor.role;
    let narrowed = |scope: OauthScope| caller.scope.is_none_or(|own| own == scope);
    let if_may = |may: bool| if may { Through } else { Forbidden };
    let if_seen = |may: bool| match (may, caller.within_reach) {
        (false, _) => Forbidden,
        (true, false) => NotFound,
        (true, true) => Through,
    };
    let reads = !matches!(role, Role::Analyst | Role::Admin);
    let statistics = matches!(role, Role::Analyst | Role::Auditor | Role::Admin | Role::GateManager);
    Some(match operation {
        // Anybody's.
        "list_checkpoints"
        | "list_crossing_points"
        | "list_gates"
        | "list_problem_types"
        | "live"
        | "metrics"
        | "read_authorization_server"
        | "read_batch_template"
        | "read_keys"
        | "read_open_data"
        | "read_open_data_package"
        | "read_problem_type"
        | "read_reference"
        | "read_waiting_board"
        | "read_workflow"
        | "ready"
        | "issue_token"
        | "refresh_session"
        | "sign_in" => Through,
        // Whoever is signed in.
        "me" => Through,
        // A machine client has no session to end.
        "sign_out" => {
            if caller.scope.is_some() {
                NotFound
            } else {
                Through
            }
        }
        "declare" | "declare_batch" => if_may(role == Role::Declarant && narrowed(OauthScope::DeclarationsWrite)),
        "amend_declaration" => if_seen(role == Role::Declarant && narrowed(OauthScope::DeclarationsWrite)),
        // Its officers', and every firm's.
        "list_slots" => {
            if_may(reads && narrowed(OauthScope::DeclarationsRead) && (caller.within_reach || !role.is_officer()))
        }
        "list_yards" | "list_declarations" | "read_feed" => if_may(reads && narrowed(OauthScope::DeclarationsRead)),
        "read_declaration" | "read_fee" | "read_history" | "read_pass" => {
            if_seen(reads && narrowed(OauthScope::DeclarationsRead))
        }
        // Asked with `cancel`, which declarants and gate managers may.
        "take_action" => if_seen(match role {
            Role::Declarant => narrowed(OauthScope::DeclarationsWrite),
            Role::GateManager => narrowed(OauthScope::ActionsWrite),
            _ => false,
        }),
        // Asked with an agency's own action, here the border guard's.
        "take_action of an agency" => if_seen(role == Role::BorderGuard && narrowed(OauthScope::ActionsWrite)),
        "takings" => if_may((statistics || role == Role::FeeCollector) && narrowed(OauthScope::StatisticsRead)),
        // A machine client alone, for the agency that it stands at the barrier for.
        "tell_device_actions" => if_may(role.is_officer() && caller.scope == Some(OauthScope::ActionsWrite)),
        "list_device_actions" => if_may(match (role, caller.scope) {
            (Role::GateManager | Role::Auditor, None | Some(OauthScope::DeclarationsRead)) => true,
            (role, Some(OauthScope::ActionsWrite)) => role.is_officer(),
            _ => false,
        }),
        "draw_backlog"
        | "draw_crossing_points"
        | "draw_trend"
        | "show_backlog"
        | "show_crossing_points"
        | "show_trend"
        | "daily_report"
        | "quarterly_report" => if_may(statistics && narrowed(OauthScope::StatisticsRead)),
        "close_period" => if_may(role == Role::Analyst && caller.scope.is_none()),
        "read_closing" | "read_closing_document" => {
            if statistics && narrowed(OauthScope::StatisticsRead) {
                NotFound
            } else {
                Forbidden
            }
        }
        "backlog" | "compare_closings" | "dwell" | "list_closings" | "period" | "quarter" | "throughput" => {
            if_may(statistics && narrowed(OauthScope::StatisticsRead))
        }
        "list_accounts"
        | "create_account"
        | "read_account"
        | "change_account"
        | "list_clients"
        | "create_client"
        | "read_client"
        | "change_client"
        | "list_firms"
        | "create_firm"
        | "read_firm"
        | "change_firm"
        | "erase_people"
        | "read_reference_code"
        | "change_reference_code" => if_may(role == Role::Admin && caller.scope.is_none()),
        _ => return None,
    })
}

fn outcome(status: u16) -> Outcome {
    match status {
        403 => Forbidden,
        404 => NotFound,
        _ => Through,
    }
}

async fn made(gate: &TestGate, path: &str, body: Value) -> String {
    let reply = gate.post(&officer(Role::Admin, &[]), path, &body).await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let id = &reply.json()["id"];
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_lets_through_whom_it_is_for_and_nobody_else() {
    let gate = TestGate::open().await;
    let declared = gate.post(&declarant(1), "/api/v1/declarations", &tractor("桂F12345")).await.json();
    let number = declared["number"].as_str().unwrap().to_owned();
    let account = json!({"username": "thanh", "password": "mot hai ba bon nam", "role": "analyst"});
    let account = made(&gate, "/api/v1/admin/accounts", account).await;
    let client = json!({"name": "board", "role": "analyst", "oauth_scopes": ["statistics:read"]});
    let client = made(&gate, "/api/v1/admin/clients", client).await;
    let document = serde_json::to_value(api::document()).unwrap();
    let mut asked = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let path = path
                .replace("{number}", &number)
                .replace("{id}", if path.contains("clients") { &client } else { &account })
                .replace("{tax_code}", "0100233488")
                .replace("{quarter}", "2025-Q1")
                .replace("{day}", "2024-08-22")
                .replace("{period}", "2024-Q4")
                .replace("{revision}", "1")
                .replace("{list}", "gates")
                .replace("{code}", "HUU_NGHI")
                .replace("{slug}", "not-found");
            for caller in callers() {
                let agency = (id == "take_action").then_some("take_action of an agency");
                for id in [id].into_iter().chain(agency) {
                    let wanted = expected(id, &caller).unwrap_or_else(|| panic!("{id} is missing in the matrix"));
                    let reply = ask(&gate, &caller, &method.to_uppercase(), &path, id).await;
                    assert_eq!(outcome(reply.0), wanted, "{id} as {}: {} {}", caller.name, reply.0, reply.1);
                    let told = operation["responses"].get(reply.0.to_string()).is_some();
                    assert!(told, "{id} answers {} to {}, and the contract does not tell", reply.0, caller.name);
                    asked.insert(id.to_owned());
                }
            }
        }
    }
    let written = include_str!("authorisation.rs");
    let matrix = written.split("Some(match operation {").nth(1).and_then(|rest| rest.split("_ => return None").next());
    let in_matrix: BTreeSet<String> = matrix.unwrap().split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(in_matrix, asked, "the matrix and the contract name the same operations");
}

async fn ask(gate: &TestGate, caller: &Caller, method: &str, path: &str, operation: &str) -> (u16, String) {
    // Signing out ends the session: each operation has its own.
    let session = caller.scope.is_none().then(|| format!("a-session-for-{operation}-{}", caller.name));
    let principal =
        Principal { actor: caller.actor.clone(), session, oauth_scopes: caller.scope.map(|scope| vec![scope]) };
    let generation = caller.scope.map(|_| 1);
    let token = gate.service.tokens.issue(&principal, generation, gate.now()).unwrap();
    // Bodies that are heard and change nothing.
    let body = match operation {
        "take_action" => json!({"action": "cancel", "reason": "\u{20}"}).to_string(),
        "take_action of an agency" => json!({"action": "arrive", "observed_plate": "\u{20}"}).to_string(),
        "amend_declaration" => json!({"colour": "red"}).to_string(),
        _ if method == "GET" || method == "DELETE" => String::new(),
        _ => "{}".to_owned(),
    };
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json"), ("If-Match", "\"2\"")];
    let reply = gate.ask(None, method, path, &headers, body).await;
    (reply.status, reply.text)
}
