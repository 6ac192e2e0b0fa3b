//! Who may do what from where: the one table. What is offered, the refusals, `GET /workflow` and
//! `docs/workflow.md` all come from it.

use std::sync::LazyLock;

use super::tracks::Track;
use super::words::words;

words! {
    /// Where a declaration stands.
    "state" State {
        /// Needs a direction and a crossing point only.
        Draft = "draft",
        /// Declared; waits for the gate to accept it.
        Submitted = "submitted",
        /// Sent back to the firm with reasons.
        Returned = "returned",
        /// Accepted; its required tracks are fixed.
        Registered = "registered",
        /// Inside the gate area.
        Arrived = "arrived",
        /// Parked at a yard.
        InYard = "in_yard",
        /// Every required track is done and no hold stands.
        Ready = "ready",
        /// Crossed (export) or let inland (import).
        Completed = "completed",
        /// Withdrawn by the firm or the gate.
        Cancelled = "cancelled",
        /// Refused by an agency.
        Rejected = "rejected",
        /// Nobody came, or nobody answered, in time.
        Expired = "expired",
        /// Sent back from the gate area.
        TurnedBack = "turned_back",
        /// Goes on at another crossing point under another number.
        Transferred = "transferred",
    }
}

words! {
    /// What somebody does to a declaration.
    "action" Action {
        Create = "create",
        Amend = "amend",
        Submit = "submit",
        Return = "return",
        Register = "register",
        AddTrack = "add_track",
        Cancel = "cancel",
        Expire = "expire",
        Arrive = "arrive",
        UndoArrive = "undo_arrive",
        EnterYard = "enter_yard",
        MoveYard = "move_yard",
        LeaveYard = "leave_yard",
        TurnBack = "turn_back",
        Transfer = "transfer",
        /// Makes the record at the other crossing point; the other side of `transfer`.
        TransferIn = "transfer_in",
        Reject = "reject",
        Complete = "complete",
        LeaveGate = "leave_gate",
        TractorReturned = "tractor_returned",
        Remark = "remark",
        MakeReady = "make_ready",
        Reopen = "reopen",
        TakeOver = "take_over",
        /// Takes the driver and crew out of an ended record, with the salt of their digest.
        ErasePeople = "erase_people",
        HoldPlace = "hold.place",
        HoldRelease = "hold.release",
        CustomsSetLane = "customs.set_lane",
        CustomsRaiseLane = "customs.raise_lane",
        CustomsCheckDocuments = "customs.check_documents",
        CustomsInspect = "customs.inspect",
        CustomsClear = "customs.clear",
        CustomsRefuse = "customs.refuse",
        CustomsRevoke = "customs.revoke",
        /// More time for the inspection.
        ExtendClock = "extend_clock",
        /// A legal clock ran out before the agency had done its part.
        ClockBreach = "clock.breach",
        HealthPass = "health.pass",
        HealthFail = "health.fail",
        HealthRequireTreatment = "health.require_treatment",
        HealthRevoke = "health.revoke",
        AnimalQuarantinePass = "animal_quarantine.pass",
        AnimalQuarantineFail = "animal_quarantine.fail",
        AnimalQuarantineRequireTreatment = "animal_quarantine.require_treatment",
        AnimalQuarantineRevoke = "animal_quarantine.revoke",
        PlantQuarantinePass = "plant_quarantine.pass",
        PlantQuarantineFail = "plant_quarantine.fail",
        PlantQuarantineRequireTreatment = "plant_quarantine.require_treatment",
        PlantQuarantineRevoke = "plant_quarantine.revoke",
        BorderGuardPass = "border_guard.pass",
        BorderGuardRefuse = "border_guard.refuse",
        BorderGuardRevoke = "border_guard.revoke",
        FeeAssess = "fee.assess",
        FeePay = "fee.pay",
        FeeWaive = "fee.waive",
        FeeRefund = "fee.refund",
        TransshipmentStart = "transshipment.start",
        TransshipmentFinish = "transshipment.finish",
        TransshipmentRevoke = "transshipment.revoke",
    }
}

words! {
    /// In what capacity somebody acts.
    "role" Role {
        Declarant = "declarant",
        CustomsOfficer = "customs_officer",
        BorderGuard = "border_guard",
        QuarantineOfficer = "quarantine_officer",
        YardOperator = "yard_operator",
        FeeCollector = "fee_collector",
        GateManager = "gate_manager",
        Analyst = "analyst",
        Auditor = "auditor",
        Admin = "admin",
        /// The service itself; never an account's role.
        System = "system",
    }
}

words! {
    /// Which of the three quarantines an officer belongs to.
    "quarantine kind" QuarantineKind {
        Health = "health",
        Animal = "animal",
        Plant = "plant",
    }
}

impl State {
    /// No action changes such a state: what happened has ended.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Completed
            | Self::Cancelled
            | Self::Rejected
            | Self::Expired
            | Self::TurnedBack
            | Self::Transferred => true,
            Self::Draft
            | Self::Submitted
            | Self::Returned
            | Self::Registered
            | Self::Arrived
            | Self::InYard
            | Self::Ready => false,
        }
    }

    /// Declared and not ended: the vehicle takes its place among the active ones.
    #[must_use]
    pub const fn is_active(self) -> bool {
        !self.is_terminal() && !matches!(self, Self::Draft)
    }
}

/// Where a move of the table leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// The state stays what it is.
    Same,
    /// This state.
    State(State),
}

/// From any of these states to that one.
#[derive(Clone, Copy, Debug)]
pub struct Move {
    /// The states it starts from.
    pub from: &'static [State],
    /// Where it leads.
    pub to: To,
}

/// A field that stands beside `action` in what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Without it the action is refused.
    Required(Field),
    /// It may be given.
    Optional(Field),
}

impl Need {
    /// The field itself.
    #[must_use]
    pub const fn field(self) -> Field {
        match self {
            Self::Required(field) | Self::Optional(field) => field,
        }
    }
}

words! {
    /// The fields that actions take.
    "action field" Field {
        Reason = "reason",
        ReasonCode = "reason_code",
        Fields = "fields",
        Yard = "yard",
        Bay = "bay",
        ObservedPlate = "observed_plate",
        MismatchReason = "mismatch_reason",
        CrossingPoint = "crossing_point",
        Lane = "lane",
        Means = "means",
        Result = "result",
        AmountVnd = "amount_vnd",
        Receipt = "receipt",
        OnwardPlate = "onward_plate",
        LegalReason = "legal_reason",
        Hold = "hold",
        Track = "track",
        Text = "text",
        Slot = "slot",
        Until = "until",
        At = "at",
    }
}

/// One row of the workflow table: who may take an action, from where, to where, saying what.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Who may take it. [`Role::System`] alone: it happens by itself.
    pub by: &'static [Role],
    /// From which states to which.
    pub moves: &'static [Move],
    /// What must or may be said with it.
    pub says: &'static [Need],
    /// The track it works on, if any: it must be required for the declaration.
    pub track: Option<Track>,
    /// Whether it goes on while a hold stands.
    pub on_hold: OnHold,
}

words! {
    /// What a standing hold means for an action.
    "meaning of a hold" OnHold {
        /// Goes on.
        GoesOn = "goes_on",
        /// Waits until every hold is released.
        Stops = "stops",
        /// Goes on for the role that placed every standing hold.
        GoesOnForHolder = "goes_on_for_holder",
    }
}

impl Action {
    /// The workflow table. A new [`Action`] does not compile until it has a row.
    #[must_use]
    #[rustfmt::skip]
    pub const fn rule(self) -> Rule {
        use {Field as F, Need::{Optional, Required}, OnHold::{GoesOn, GoesOnForHolder, Stops}, Role::{CustomsOfficer, BorderGuard, QuarantineOfficer, YardOperator, FeeCollector, GateManager, Declarant, Admin, System}, State::{Registered, Arrived, InYard, Ready, Submitted, Returned, Completed, Cancelled, Rejected, Expired, TurnedBack, Transferred, Draft}, To::Same};

        const AFTER_REGISTRATION: &[State] = &[Registered, Arrived, InYard, Ready];
        const ENDED: &[State] = &[Completed, Cancelled, Rejected, Expired, TurnedBack, Transferred];
        const AFTER_ARRIVAL: &[State] = &[Arrived, InYard, Ready];
        const BUT_DRAFT: &[State] = &[Submitted, Returned, Registered, Arrived, InYard, Ready, Completed, Cancelled, Rejected, Expired, TurnedBack, Transferred];
        const OFFICERS: &[Role] = &[CustomsOfficer, BorderGuard, QuarantineOfficer, YardOperator, FeeCollector, GateManager];
        const REASON: &[Need] = &[Required(F::Reason)];

        const fn row(by: &'static [Role], moves: &'static [Move], says: &'static [Need], on_hold: OnHold) -> Rule {
            Rule { by, moves, says, track: None, on_hold }
        }
        const fn part(track: Track, by: &'static [Role], from: &'static [Move], says: &'static [Need]) -> Rule {
            Rule { by, moves: from, says, track: Some(track), on_hold: GoesOn }
        }
        macro_rules! to { ($($from:expr => $to:expr),+) => { &[$(Move { from: $from, to: $to }),+] } }
        const STAY_REGISTERED: &[Move] = to!(AFTER_REGISTRATION => Same);
        const STAY_ARRIVED: &[Move] = to!(AFTER_ARRIVAL => Same);

        match self {
            Self::Create          => row(&[Declarant], to!(&[] => To::State(Draft)), &[], GoesOn),
            Self::Amend           => row(&[Declarant], to!(&[Draft, Returned, Submitted, Registered] => Same), &[], Stops),
            Self::Submit          => row(&[Declarant], to!(&[Draft, Returned] => To::State(Submitted)), &[], GoesOn),
            Self::Return          => row(&[GateManager, CustomsOfficer], to!(&[Submitted, Registered] => To::State(Returned)),
                                         &[Required(F::ReasonCode), Required(F::Reason), Optional(F::Fields)], Stops),
            Self::Register        => row(&[GateManager, System], to!(&[Submitted] => To::State(Registered)), &[Optional(F::Yard), Optional(F::Slot)], GoesOn),
            Self::AddTrack        => row(&[GateManager], to!(AFTER_REGISTRATION => Same), &[Required(F::Track), Required(F::Reason)], GoesOn),
            Self::Cancel          => row(&[Declarant, GateManager], to!(&[Draft, Submitted, Returned, Registered] => To::State(Cancelled)),
                                         &[Optional(F::Reason)], Stops),
            Self::Expire          => row(&[System], to!(&[Submitted, Returned, Registered] => To::State(Expired)), &[], Stops),
            Self::Arrive          => row(&[BorderGuard], to!(&[Registered] => To::State(Arrived)),
                                         &[Required(F::ObservedPlate), Optional(F::MismatchReason)], GoesOn),
            Self::UndoArrive      => row(&[BorderGuard], to!(&[Arrived] => To::State(Registered)), REASON, GoesOn),
            Self::EnterYard       => row(&[YardOperator], to!(&[Arrived] => To::State(InYard), &[Ready] => Same),
                                         &[Required(F::Yard), Optional(F::Bay)], GoesOn),
            Self::MoveYard        => row(&[YardOperator], to!(&[InYard, Ready] => Same), &[Required(F::Yard), Optional(F::Bay)], GoesOn),
            Self::LeaveYard       => row(&[YardOperator], to!(&[Ready, Rejected, TurnedBack, Transferred] => Same), &[], Stops),
            Self::TurnBack        => row(&[BorderGuard, GateManager], to!(AFTER_ARRIVAL => To::State(TurnedBack)), REASON, Stops),
            Self::Transfer        => row(&[GateManager], to!(AFTER_REGISTRATION => To::State(Transferred)),
                                         &[Required(F::CrossingPoint), Optional(F::Reason)], Stops),
            Self::TransferIn      => row(&[System], to!(&[] => To::State(Registered)), &[], GoesOn),
            Self::Reject          => row(&[CustomsOfficer, BorderGuard, QuarantineOfficer],
                                         to!(&[Submitted, Registered, Arrived, InYard, Ready] => To::State(Rejected)), REASON, GoesOnForHolder),
            Self::Complete        => row(&[BorderGuard], to!(&[Ready] => To::State(Completed)),
                                         &[Required(F::ObservedPlate), Optional(F::MismatchReason)], Stops),
            Self::LeaveGate       => row(&[BorderGuard], to!(&[Rejected, TurnedBack, Transferred] => Same), &[], GoesOn),
            Self::TractorReturned => row(&[BorderGuard], to!(&[Arrived, InYard, Ready, Completed, Rejected, TurnedBack, Transferred] => Same),
                                         &[Required(F::ObservedPlate)], GoesOn),
            Self::Remark          => row(OFFICERS, to!(BUT_DRAFT => Same), &[Required(F::Text)], GoesOn),
            Self::MakeReady       => row(&[System], to!(&[Arrived, InYard] => To::State(Ready)), &[], Stops),
            // `reopen` leads to `arrived` once the vehicle is out of the yard: see `Declaration::reopened`.
            Self::Reopen          => row(&[System], to!(&[Ready] => To::State(InYard)), &[], GoesOn),
            Self::TakeOver        => row(&[System], &[], &[], GoesOn),
            // Ordered where no record is shown: an administrator sees none. By the system after its term.
            Self::ErasePeople     => row(&[Admin, System], to!(ENDED => Same), REASON, GoesOn),
            Self::HoldPlace       => row(&[CustomsOfficer, BorderGuard], STAY_REGISTERED, &[Required(F::LegalReason)], GoesOn),
            // An agency may reject under its own hold: it must still be able to let the vehicle out of the yard.
            Self::HoldRelease     => row(&[CustomsOfficer, BorderGuard], to!(&[Registered, Arrived, InYard, Ready, Rejected] => Same), &[Required(F::Hold)], GoesOn),

            Self::CustomsSetLane        => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, &[Required(F::Lane)]),
            Self::CustomsRaiseLane      => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, &[Required(F::Lane), Required(F::Reason)]),
            Self::CustomsCheckDocuments => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, &[Optional(F::Text)]),
            Self::CustomsInspect        => part(Track::Customs, &[CustomsOfficer], STAY_ARRIVED, &[Required(F::Means), Required(F::Result), Optional(F::Text)]),
            Self::CustomsClear          => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, &[]),
            Self::CustomsRefuse         => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, REASON),
            Self::CustomsRevoke         => part(Track::Customs, &[CustomsOfficer], STAY_REGISTERED, REASON),
            Self::ExtendClock           => part(Track::Customs, &[CustomsOfficer], STAY_ARRIVED, &[Required(F::Until), Required(F::Reason)]),
            Self::ClockBreach           => part(Track::Customs, &[System], STAY_REGISTERED, &[]),

            Self::HealthPass                       => part(Track::Health, &[QuarantineOfficer], STAY_ARRIVED, &[Optional(F::Text)]),
            Self::HealthFail                       => part(Track::Health, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::HealthRequireTreatment           => part(Track::Health, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::HealthRevoke                     => part(Track::Health, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::AnimalQuarantinePass             => part(Track::AnimalQuarantine, &[QuarantineOfficer], STAY_ARRIVED, &[Optional(F::Text)]),
            Self::AnimalQuarantineFail             => part(Track::AnimalQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::AnimalQuarantineRequireTreatment => part(Track::AnimalQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::AnimalQuarantineRevoke           => part(Track::AnimalQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::PlantQuarantinePass              => part(Track::PlantQuarantine, &[QuarantineOfficer], STAY_ARRIVED, &[Optional(F::Text)]),
            Self::PlantQuarantineFail              => part(Track::PlantQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::PlantQuarantineRequireTreatment  => part(Track::PlantQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),
            Self::PlantQuarantineRevoke            => part(Track::PlantQuarantine, &[QuarantineOfficer], STAY_ARRIVED, REASON),

            Self::BorderGuardPass   => part(Track::BorderGuard, &[BorderGuard], STAY_ARRIVED, &[Optional(F::Text)]),
            Self::BorderGuardRefuse => part(Track::BorderGuard, &[BorderGuard], STAY_ARRIVED, REASON),
            Self::BorderGuardRevoke => part(Track::BorderGuard, &[BorderGuard], STAY_ARRIVED, REASON),

            Self::FeeAssess => part(Track::Fee, &[FeeCollector], STAY_REGISTERED, &[Optional(F::AmountVnd), Optional(F::Reason)]),
            Self::FeePay    => part(Track::Fee, &[FeeCollector], STAY_REGISTERED, &[Required(F::Receipt)]),
            Self::FeeWaive  => part(Track::Fee, &[FeeCollector], STAY_REGISTERED, REASON),
            // Not from `transferred`: a paid fee goes on with the vehicle, and is refunded where it went.
            Self::FeeRefund => part(Track::Fee, &[FeeCollector],
                                    to!(&[Registered, Arrived, InYard, Ready, Completed, Cancelled, Rejected, Expired, TurnedBack, Transferred] => Same), REASON),

            Self::TransshipmentStart  => part(Track::Transshipment, &[YardOperator], to!(&[InYard] => Same), &[]),
            Self::TransshipmentFinish => part(Track::Transshipment, &[YardOperator], to!(&[InYard] => Same), &[Required(F::OnwardPlate)]),
            Self::TransshipmentRevoke => part(Track::Transshipment, &[YardOperator], to!(&[InYard, Ready] => Same), REASON),
        }
    }

    /// The states that it starts from.
    pub fn starts_from(self) -> impl Iterator<Item = State> {
        self.rule().moves.iter().flat_map(|step| step.from).copied()
    }

    /// Where the action leads from `state` by the table; none when it does not start there.
    #[must_use]
    pub fn leads_to(self, state: State) -> Option<State> {
        self.rule().moves.iter().find(|step| step.from.contains(&state)).map(|step| match step.to {
            To::Same => state,
            To::State(to) => to,
        })
    }

    /// What must or may be said with it: what its row says, and when it was done, with every action that an officer's
    /// device may have recorded while it was cut off.
    pub fn says(self) -> impl Iterator<Item = Need> {
        let rule = self.rule();
        let at = rule.by.iter().any(|role| role.is_officer()).then_some(Need::Optional(Field::At));
        rule.says.iter().copied().chain(at)
    }

    /// Whether anybody but the service itself takes it.
    #[must_use]
    pub fn is_for_people(self) -> bool {
        self.rule().by.iter().any(|role| *role != Role::System)
    }

    /// Whether it is sent to `POST …/actions`: neither the service's own, nor said by creating or amending, nor an
    /// administrator's order, who sees no record.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        self.is_for_people() && !matches!(self, Self::Create | Self::Amend | Self::ErasePeople)
    }

    /// The kind of quarantine officer it belongs to, for the quarantines' own actions.
    #[must_use]
    pub const fn quarantine_kind(self) -> Option<QuarantineKind> {
        match self.rule().track {
            Some(track) => track.quarantine_kind(),
            None => None,
        }
    }
}

impl Role {
    /// The actions whose row of the table names this role, in the table's order. Every answer asks for them.
    #[must_use]
    pub fn actions(self) -> &'static [Action] {
        static OF_ROLES: LazyLock<Vec<Vec<Action>>> = LazyLock::new(|| {
            let of = |role| Action::VARIANTS.iter().copied().filter(move |action| action.rule().by.contains(role));
            Role::VARIANTS.iter().map(|role| of(role).collect()).collect()
        });
        OF_ROLES.get(self as usize).map_or(&[], Vec::as_slice)
    }

    /// Whether any row of the table is this role's: only such a role may send actions at all.
    #[must_use]
    pub fn takes_actions(self) -> bool {
        self.actions().iter().any(|action| action.is_ordered())
    }

    /// Whether it belongs to an agency at the gate, with a list of crossing points as its scope.
    #[must_use]
    pub const fn is_officer(self) -> bool {
        match self {
            Self::CustomsOfficer
            | Self::BorderGuard
            | Self::QuarantineOfficer
            | Self::YardOperator
            | Self::FeeCollector
            | Self::GateManager => true,
            Self::Declarant | Self::Analyst | Self::Auditor | Self::Admin | Self::System => false,
        }
    }
}
