//! The instants of a declaration's life: their order, and which of them a state asks for.

use chrono::{DateTime, Utc};

use super::declaration::Stamps;
use super::words::words;
use super::workflow::State;

words! {
    /// The instants of a declaration's life, by name: the fields of [`Stamps`].
    "stamp" Stamp {
        CreatedAt = "created_at",
        DeclaredAt = "declared_at",
        RegisteredAt = "registered_at",
        ArrivedAt = "arrived_at",
        ClearedAt = "cleared_at",
        YardInAt = "yard_in_at",
        YardOutAt = "yard_out_at",
        ReadyAt = "ready_at",
        CompletedAt = "completed_at",
        EndedAt = "ended_at",
        LeftAt = "left_at",
    }
}

impl Stamps {
    /// The instant of this name.
    #[must_use]
    pub const fn at(&self, stamp: Stamp) -> Option<DateTime<Utc>> {
        match stamp {
            Stamp::CreatedAt => self.created_at,
            Stamp::DeclaredAt => self.declared_at,
            Stamp::RegisteredAt => self.registered_at,
            Stamp::ArrivedAt => self.arrived_at,
            Stamp::ClearedAt => self.cleared_at,
            Stamp::YardInAt => self.yard_in_at,
            Stamp::YardOutAt => self.yard_out_at,
            Stamp::ReadyAt => self.ready_at,
            Stamp::CompletedAt => self.completed_at,
            Stamp::EndedAt => self.ended_at,
            Stamp::LeftAt => self.left_at,
        }
    }

    /// The place of the instant of this name.
    pub(super) const fn at_mut(&mut self, stamp: Stamp) -> &mut Option<DateTime<Utc>> {
        match stamp {
            Stamp::CreatedAt => &mut self.created_at,
            Stamp::DeclaredAt => &mut self.declared_at,
            Stamp::RegisteredAt => &mut self.registered_at,
            Stamp::ArrivedAt => &mut self.arrived_at,
            Stamp::ClearedAt => &mut self.cleared_at,
            Stamp::YardInAt => &mut self.yard_in_at,
            Stamp::YardOutAt => &mut self.yard_out_at,
            Stamp::ReadyAt => &mut self.ready_at,
            Stamp::CompletedAt => &mut self.completed_at,
            Stamp::EndedAt => &mut self.ended_at,
            Stamp::LeftAt => &mut self.left_at,
        }
    }
}

impl Stamp {
    /// The stamps that come before this one, where both are there.
    pub(super) const fn follows(self) -> &'static [Self] {
        use Stamp::{ArrivedAt, ClearedAt, CreatedAt, DeclaredAt, EndedAt, ReadyAt, RegisteredAt, YardInAt, YardOutAt};
        match self {
            CreatedAt => &[],
            DeclaredAt => &[CreatedAt],
            RegisteredAt => &[DeclaredAt],
            ArrivedAt | ClearedAt => &[RegisteredAt],
            YardInAt | ReadyAt => &[ArrivedAt],
            YardOutAt => &[YardInAt],
            Self::CompletedAt => &[DeclaredAt, RegisteredAt, ArrivedAt, ClearedAt, YardInAt, YardOutAt, ReadyAt],
            // One that was turned back may leave its yard after that.
            EndedAt => &[DeclaredAt, RegisteredAt, ArrivedAt, ClearedAt, YardInAt, ReadyAt],
            Self::LeftAt => &[EndedAt, YardOutAt],
        }
    }

    /// The stamps without which this one cannot be.
    pub(super) const fn needs(self) -> &'static [Self] {
        match self {
            Self::CreatedAt | Self::DeclaredAt => &[],
            Self::RegisteredAt | Self::EndedAt => &[Self::DeclaredAt],
            Self::ArrivedAt | Self::ClearedAt => &[Self::RegisteredAt],
            Self::YardInAt | Self::ReadyAt | Self::CompletedAt => &[Self::ArrivedAt],
            Self::YardOutAt => &[Self::YardInAt],
            Self::LeftAt => &[Self::ArrivedAt, Self::EndedAt],
        }
    }
}

/// The stamps that a history in `state` must have, and those it cannot have.
pub(super) const fn asked_of(state: State) -> (&'static [Stamp], &'static [Stamp]) {
    use Stamp::{ArrivedAt, CompletedAt, DeclaredAt, EndedAt, LeftAt, ReadyAt, RegisteredAt, YardInAt};
    match state {
        State::Draft => (&[], &[]),
        State::Submitted | State::Returned => (&[DeclaredAt], &[RegisteredAt, CompletedAt, EndedAt]),
        State::Registered => (&[DeclaredAt, RegisteredAt], &[ArrivedAt, CompletedAt, EndedAt]),
        State::Arrived => (&[DeclaredAt, ArrivedAt], &[ReadyAt, CompletedAt, EndedAt]),
        State::InYard => (&[DeclaredAt, YardInAt], &[ReadyAt, CompletedAt, EndedAt]),
        State::Ready => (&[DeclaredAt, ReadyAt], &[CompletedAt, EndedAt]),
        State::Completed => (&[DeclaredAt, CompletedAt], &[EndedAt, LeftAt]),
        State::Cancelled | State::Expired => (&[DeclaredAt, EndedAt], &[ArrivedAt, CompletedAt]),
        State::Rejected => (&[DeclaredAt, EndedAt], &[CompletedAt]),
        State::TurnedBack => (&[DeclaredAt, ArrivedAt, EndedAt], &[CompletedAt]),
        State::Transferred => (&[DeclaredAt, RegisteredAt, EndedAt], &[CompletedAt]),
    }
}
