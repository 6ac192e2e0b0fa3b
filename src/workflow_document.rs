//! The workflow for people and programs, read off the one table: what `GET /api/v1/workflow` answers and
//! `docs/workflow.md` shows.

use std::fmt::Write;

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::tracks::Track;
use crate::domain::workflow::{Action, Field, Need, OnHold, Role, State, To};
use crate::texts::{self, Language};

/// A text in the three languages.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Label {
    /// In Vietnamese.
    #[schema(example = "Đã vào bến bãi")]
    pub vi: String,
    /// In English.
    #[schema(example = "In a yard")]
    pub en: String,
    /// In Chinese.
    #[schema(example = "已进入停车场")]
    pub zh: String,
}

impl Label {
    fn of(kind: &str, word: &str) -> Self {
        let text = |language| texts::word(language, kind, word);
        Self { vi: text(Language::Vi), en: text(Language::En), zh: text(Language::Zh) }
    }
}

/// The whole workflow.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Workflow {
    /// Where a declaration can stand.
    pub states: Vec<WorkflowState>,
    /// What can be done to one.
    pub actions: Vec<WorkflowAction>,
    /// In what capacity somebody acts.
    pub roles: Vec<WorkflowRole>,
    /// The agencies' parts.
    pub tracks: Vec<WorkflowTrack>,
}

/// A state.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowState {
    /// Its word.
    pub state: State,
    /// What it is called.
    pub label: Label,
    /// No action leads out of it.
    pub terminal: bool,
    /// Declared and not ended: the vehicle takes its place among the active ones.
    pub active: bool,
}

/// An action: one row of the table.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowAction {
    /// Its word.
    pub action: Action,
    /// What it is called.
    pub label: Label,
    /// The track it works on: open only where that track is required.
    pub track: Option<Track>,
    /// Who takes it; `system` alone where it happens by itself.
    pub by: Vec<Role>,
    /// Whether it is sent to `POST /api/v1/declarations/{number}/actions`.
    pub ordered: bool,
    /// From which states to which.
    pub moves: Vec<WorkflowMove>,
    /// What goes with it.
    pub fields: Vec<WorkflowField>,
    /// What a standing hold means for it.
    pub on_hold: OnHold,
    /// The same in words.
    pub on_hold_label: Label,
}

/// A step of an action.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowMove {
    /// The states it starts from; none where it begins a record.
    pub from: Vec<State>,
    /// Where it leads; null where the state stays what it is.
    pub to: Option<State>,
}

/// A field that goes with an action.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowField {
    /// Its name.
    pub field: Field,
    /// What it is called.
    pub label: Label,
    /// Without it the action is refused.
    pub required: bool,
}

/// A role.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowRole {
    /// Its word.
    pub role: Role,
    /// What it is called.
    pub label: Label,
}

/// A track.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WorkflowTrack {
    /// Its word.
    pub track: Track,
    /// What it is called.
    pub label: Label,
}

/// The table as it stands in the code.
#[must_use]
pub fn workflow() -> Workflow {
    Workflow {
        states: State::VARIANTS
            .iter()
            .map(|state| WorkflowState {
                state: *state,
                label: Label::of("state", state.as_str()),
                terminal: state.is_terminal(),
                active: state.is_active(),
            })
            .collect(),
        actions: Action::VARIANTS.iter().map(|action| row(*action)).collect(),
        roles: Role::VARIANTS
            .iter()
            .map(|role| WorkflowRole { role: *role, label: Label::of("role", role.as_str()) })
            .collect(),
        tracks: Track::VARIANTS
            .iter()
            .map(|track| WorkflowTrack { track: *track, label: Label::of("track", track.as_str()) })
            .collect(),
    }
}

fn row(action: Action) -> WorkflowAction {
    let rule = action.rule();
    WorkflowAction {
        action,
        label: Label::of("action", action.as_str()),
        track: rule.track,
        by: rule.by.to_vec(),
        ordered: action.is_ordered(),
        moves: rule
            .moves
            .iter()
            .map(|step| WorkflowMove {
                from: step.from.to_vec(),
                to: match step.to {
                    To::Same => None,
                    To::State(state) => Some(state),
                },
            })
            .collect(),
        fields: action
            .says()
            .map(|need| WorkflowField {
                field: need.field(),
                label: Label::of("field", need.field().as_str()),
                required: matches!(need, Need::Required(_)),
            })
            .collect(),
        on_hold: rule.on_hold,
        on_hold_label: Label::of("hold-meaning", rule.on_hold.as_str()),
    }
}

/// The table as a page in Vietnamese and English, with its diagram: what `docs/workflow.md` holds.
#[must_use]
pub fn markdown() -> String {
    let workflow = workflow();
    let mut page = String::from(
        "# Quy trình · The workflow\n\n\
        Generated from the table in `src/domain/workflow.rs` by `UPDATE_DOCS=1 cargo test --lib workflow_document`; do not edit.\n\
        Trang này được tạo từ bảng trong mã nguồn; không sửa bằng tay.\n\n",
    );
    diagram(&mut page, &workflow);
    states(&mut page, &workflow);
    actions(&mut page, &workflow);
    page
}

/// Writing into a text cannot fail; the result is dropped in one place.
fn line(page: &mut String, text: std::fmt::Arguments) {
    let _ = page.write_fmt(text);
    page.push('\n');
}

fn diagram(page: &mut String, workflow: &Workflow) {
    line(page, format_args!("```mermaid\nstateDiagram-v2"));
    for state in &workflow.states {
        line(page, format_args!("    {}: {}", state.state, state.label.vi));
    }
    for action in &workflow.actions {
        for step in &action.moves {
            let Some(to) = step.to else { continue };
            if step.from.is_empty() {
                line(page, format_args!("    [*] --> {to}: {}", action.action));
            }
            for from in &step.from {
                line(page, format_args!("    {from} --> {to}: {}", action.action));
            }
        }
    }
    for state in workflow.states.iter().filter(|state| state.terminal) {
        line(page, format_args!("    {} --> [*]", state.state));
    }
    line(page, format_args!("```\n"));
}

fn states(page: &mut String, workflow: &Workflow) {
    line(page, format_args!("## Trạng thái · States\n"));
    line(page, format_args!("| | Tiếng Việt | English | |\n|---|---|---|---|"));
    for state in &workflow.states {
        let kind = match (state.terminal, state.active) {
            (true, _) => "kết thúc · terminal",
            (false, true) => "đang hiệu lực · active",
            (false, false) => "",
        };
        line(page, format_args!("| `{}` | {} | {} | {kind} |", state.state, state.label.vi, state.label.en));
    }
}

fn actions(page: &mut String, workflow: &Workflow) {
    line(page, format_args!("\n## Thao tác · Actions\n"));
    line(
        page,
        format_args!(
            "\\* bắt buộc · required. Khi tạm dừng · on hold: `goes_on` vẫn thực hiện · goes on; `stops` phải chờ gỡ · waits; \
            `goes_on_for_holder` chỉ cơ quan ra lệnh · for the holder alone.\n"
        ),
    );
    line(
        page,
        format_args!(
            "| | Tiếng Việt | English | Ai · Who | Từ → đến · From → to | Kèm theo · Fields | Khi tạm dừng · On hold |\n|---|---|---|---|---|---|---|"
        ),
    );
    for action in &workflow.actions {
        let by = joined(action.by.iter().map(|role| texts::word(Language::Vi, "role", role.as_str())), ", ");
        let moves = joined(action.moves.iter().map(moved), "; ");
        let mark = |required| if required { "\\*" } else { "" };
        let fields =
            joined(action.fields.iter().map(|field| format!("`{}`{}", field.field, mark(field.required))), ", ");
        let WorkflowAction { action, label, on_hold, .. } = action;
        line(
            page,
            format_args!("| `{action}` | {} | {} | {by} | {moves} | {fields} | `{on_hold}` |", label.vi, label.en),
        );
    }
    line(page, format_args!("\n## Vai trò · Roles\n\n| | Tiếng Việt | English |\n|---|---|---|"));
    for role in &workflow.roles {
        line(page, format_args!("| `{}` | {} | {} |", role.role, role.label.vi, role.label.en));
    }
    line(page, format_args!("\n## Luồng kiểm tra · Tracks\n\n| | Tiếng Việt | English |\n|---|---|---|"));
    for track in &workflow.tracks {
        line(page, format_args!("| `{}` | {} | {} |", track.track, track.label.vi, track.label.en));
    }
}

fn moved(step: &WorkflowMove) -> String {
    let from = if step.from.is_empty() { "–".to_owned() } else { joined(step.from.iter(), ", ") };
    match step.to {
        Some(to) => format!("{from} → {to}"),
        None => from,
    }
}

fn joined(parts: impl Iterator<Item = impl ToString>, between: &str) -> String {
    parts.map(|part| part.to_string()).collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_in_docs_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/workflow.md");
        let current = markdown();
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap();
            std::fs::write(path, &current).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == current, "docs/workflow.md is stale; run UPDATE_DOCS=1 cargo test --lib workflow_document");
    }

    #[test]
    fn every_way_of_the_table_is_in_the_answer() {
        let workflow = serde_json::to_value(workflow()).unwrap();
        let arrive = workflow["actions"].as_array().unwrap().iter().find(|one| one["action"] == "arrive").unwrap();
        assert_eq!(arrive["by"], serde_json::json!(["border_guard"]));
        assert_eq!(arrive["moves"], serde_json::json!([{"from": ["registered"], "to": "arrived"}]));
        assert_eq!(arrive["fields"][0]["required"], true);
        assert_eq!(workflow["states"].as_array().unwrap().len(), State::VARIANTS.len());
    }
}
