//! What people do: sets of declarations and actions, one transaction a set.
//!
//! [`writer::Writer`] is the one way in: it joins what comes at the same time into sets. A set of new
//! declarations is written by [`declare`], a set of actions and amendments by [`act`].

use std::sync::Arc;

use serde_json::Value;

use crate::domain::actor::FirmId;
use crate::domain::declaration::{Declaration, Details, Source};
use crate::domain::number::Number;
use crate::domain::sent::Sent;
use crate::domain::workflow::Action;
use crate::identity::principal::Principal;
use crate::intake::Line;
use crate::storage::device_actions::DeviceAction;
use crate::storage::sets::{KeptReply, Reply};

pub mod accounts;
pub mod act;
pub mod administration;
pub mod batch;
mod bureau;
pub mod checkpoints;
pub mod closing;
pub mod declare;
mod desk;
pub mod doctor;
pub mod erasure;
pub mod evidence;
pub mod failure;
mod forming;
pub mod import;
mod memory;
mod moving;
pub mod overdue;
mod places;
pub mod told;
pub mod writer;

/// What somebody asks to be done.
pub enum Work {
    /// A new declaration.
    Declare {
        /// As it was sent.
        sent: Box<Sent>,
    },
    /// A line of a file: a declaration or an older system's record.
    Import(Arc<Imported>),
    /// An action on a declaration.
    Act {
        /// Which declaration.
        number: Number,
        /// Only at this revision.
        at_revision: Option<i32>,
        /// What.
        order: Order,
    },
    /// An action that a device tells of.
    Told(Box<told::Told>),
}

/// A line of a file that is taken in once, however often it is asked for.
pub struct Imported {
    /// The firm that declares or declared it.
    pub firm: FirmId,
    /// Where it comes from.
    pub source: Source,
    /// What it says.
    pub says: Line,
}

/// What to do to a declaration.
pub enum Order {
    /// An action of the table, with what was said with it.
    Action(Action, Box<Details>),
    /// An amendment: a JSON Merge Patch on the declaration as it was sent.
    Amend(Value),
}

/// How the answer to a request with an Idempotency-Key is made and kept.
pub struct Keep {
    /// Under which key of which caller and route.
    pub caller: String,
    /// The route.
    pub route: String,
    /// The key.
    pub key: String,
    /// SHA-256 of what was asked.
    pub request_hash: Vec<u8>,
    /// Makes the answer.
    pub render: Box<dyn Fn(&Declaration) -> Reply + Send>,
}

impl Keep {
    fn kept(&self, declaration: &Declaration) -> KeptReply {
        KeptReply {
            caller: self.caller.clone(),
            route: self.route.clone(),
            key: self.key.clone(),
            request_hash: self.request_hash.clone(),
            created_at: declaration.last_action_at,
            reply: (self.render)(declaration),
        }
    }

    fn name(&self) -> (&str, &str, &str) {
        (&self.caller, &self.route, &self.key)
    }
}

/// One thing that was asked for.
pub struct Ask {
    /// By whom.
    pub who: Arc<Principal>,
    /// What.
    pub work: Work,
    /// How its answer is kept, where the request bore a key.
    pub keep: Option<Keep>,
}

/// What was done.
pub enum Done {
    /// The record after it.
    Written(Arc<Declaration>),
    /// It was done before under the same key, and this was the answer.
    Replayed(Reply),
    /// It was imported before, as this declaration.
    ImportedBefore(i64),
    /// What became of something that a device told of, now or before.
    Told(Box<DeviceAction>),
}
