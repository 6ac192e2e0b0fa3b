//! Why something that somebody asked for was not done.

use std::error::Error;

use crate::domain::act::Refusal;
use crate::domain::number::Number;
use crate::storage::receipts::UsedReceipt;

/// One variant for each way in which a piece of casework can fail. Knows nothing of HTTP.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// No such declaration, or not the caller's to see.
    #[error("there is no such declaration")]
    NoSuchDeclaration,
    /// The rules refuse it.
    #[error("the rules refuse it: {0:?}")]
    Refused(Refusal),
    /// The vehicle has an active declaration in this direction already.
    #[error("the vehicle has an active declaration in this direction")]
    VehicleAlreadyDeclared {
        /// The vehicle's plate or wagon number.
        vehicle: String,
        /// Which, where it is the caller's own firm's.
        other: Option<Number>,
    },
    /// The receipt stands for another payment already, or was refunded already.
    #[error("the receipt {} is used", .0.receipt)]
    ReceiptUsed(UsedReceipt),
    /// The firm is not there, or disabled.
    #[error("the firm is not there or disabled")]
    NoSuchFirm,
    /// The record has moved on from the revision that the caller named.
    #[error("the record is at revision {0}")]
    Stale(i32),
    /// The key came with another request before.
    #[error("the idempotency key came with another request before")]
    KeyMismatch,
    /// More waits than can be taken in.
    #[error("too much is waiting to be written")]
    Busy,
    /// The database cannot be reached, or did not answer in time; what became of it is not known.
    #[error("the database did not answer")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A fault of ours.
    #[error("it could not be written")]
    Internal(#[source] Box<dyn Error + Send + Sync>),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotVisible => Self::NoSuchDeclaration,
            other @ (Refusal::NotYours(_)
            | Refusal::NotNow { .. }
            | Refusal::OnHold { .. }
            | Refusal::GateClosed { .. }
            | Refusal::Invalid(_)) => Self::Refused(other),
        }
    }
}
