//! Who may do what from where: the one table. What is offered, the refusals, `GET /workflow` and
//! `docs/workflow.md` all come from it.

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
        HoldPlace = "hold.place",
        HoldRelease = "hold.release",
        CustomsSetLane = "customs.set_lane",
        CustomsRaiseLane = "customs.raise_lane",
        CustomsCheckDocuments = "customs.check_documents",
        CustomsInspect = "customs.inspect",
        CustomsClear = "customs.clear",
        CustomsRefuse = "customs.refuse",
        CustomsRevoke = "customs.revoke",
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
