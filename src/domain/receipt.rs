//! Receipts: a number stands for one payment in the province, and for at most one refund of it.

use chrono::{DateTime, NaiveDate, Utc};

use super::declaration::Entry;
use super::period::local_day;
use super::tracks::Track;
use super::vehicle::tidy;
use super::words::words;
use super::workflow::Action;

words! {
    /// Which way the money went.
    "receipt kind" ReceiptKind { Payment = "payment", Refund = "refund" }
}

/// The longest receipt number, in characters.
pub const MAX_RECEIPT: usize = 64;

/// A receipt's number in the one way in which it is kept: `bl-1` and `BL-1` are the same paper.
#[must_use]
pub fn receipt_number(text: &str) -> String {
    tidy(text).to_uppercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Money that changed hands under a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The receipt's number.
    pub receipt: String,
    /// Which way the money went.
    pub kind: ReceiptKind,
    /// When.
    pub at: DateTime<Utc>,
    /// How much, in whole dong; below zero for a refund.
    pub amount_vnd: i64,
}

impl Receipt {
    /// The local day on which it counts.
    #[must_use]
    pub fn day(&self) -> NaiveDate {
        local_day(self.at)
    }
}

impl Entry {
    /// The receipt that this action stands on, if money changed hands by it.
    ///
    /// What came over by transfer was received where it was paid.
    #[must_use]
    pub fn receipt(&self) -> Option<Receipt> {
        let details = &self.details;
        match self.action {
            Action::FeePay => Some(Receipt {
                receipt: details.receipt.clone()?,
                kind: ReceiptKind::Payment,
                at: self.at,
                amount_vnd: details.amount_vnd?,
            }),
            Action::FeeRefund => Some(Receipt {
                receipt: details.receipt.clone()?,
                kind: ReceiptKind::Refund,
                at: self.at,
                amount_vnd: -details.amount_vnd?,
            }),
            Action::TakeOver => {
                let fee = details.carried.get(&Track::Fee)?;
                let payment = fee.payments.first()?;
                Some(Receipt {
                    receipt: fee.receipt.clone()?,
                    kind: ReceiptKind::Payment,
                    at: payment.at,
                    amount_vnd: payment.amount_vnd,
                })
            }
            _ => None,
        }
    }
}
