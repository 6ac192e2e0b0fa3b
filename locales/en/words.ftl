# The words of the gate. A key is the kind of word, then the word itself, with dots and underscores as hyphens.

state-draft = Draft
state-submitted = Declared
state-returned = Returned for correction
state-registered = Registered
state-arrived = In the gate area
state-in-yard = In a yard
state-ready = Ready to cross
state-completed = Completed
state-cancelled = Cancelled
state-rejected = Rejected
state-expired = Expired
state-turned-back = Turned back
state-transferred = Transferred

action-create = Create
action-amend = Amend
action-submit = Submit
action-return = Return for correction
action-register = Register
action-add-track = Add a track
action-cancel = Cancel
action-expire = Expire
action-arrive = Record arrival
action-undo-arrive = Undo arrival
action-enter-yard = Admit to a yard
action-move-yard = Move within the yards
action-leave-yard = Let out of the yard
action-turn-back = Turn back
action-transfer = Transfer to another crossing point
action-transfer-in = Receive by transfer
action-reject = Reject
action-complete = Record crossing
action-leave-gate = Record leaving the gate area
action-tractor-returned = Record the tractor's return
action-remark = Remark
action-make-ready = Make ready
action-reopen = Reopen
action-take-over = Take over from an older system
action-erase-people = Erase driver and crew
action-hold-place = Place a hold
action-hold-release = Release a hold
action-customs-set-lane = Customs: set the lane
action-customs-raise-lane = Customs: raise the lane
action-customs-check-documents = Customs: check the documents
action-customs-inspect = Customs: inspect the goods
action-customs-clear = Customs: clear
action-customs-refuse = Customs: refuse clearance
action-customs-revoke = Customs: revoke the decision
action-extend-clock = Extend the inspection’s time
action-clock-breach = A legal clock ran out
action-health-pass = Health: pass
action-health-fail = Health: fail
action-health-require-treatment = Health: require treatment
action-health-revoke = Health: revoke the result
action-animal-quarantine-pass = Animal quarantine: pass
action-animal-quarantine-fail = Animal quarantine: fail
action-animal-quarantine-require-treatment = Animal quarantine: require treatment
action-animal-quarantine-revoke = Animal quarantine: revoke the result
action-plant-quarantine-pass = Plant quarantine: pass
action-plant-quarantine-fail = Plant quarantine: fail
action-plant-quarantine-require-treatment = Plant quarantine: require treatment
action-plant-quarantine-revoke = Plant quarantine: revoke the result
action-border-guard-pass = Border guard: pass
action-border-guard-refuse = Border guard: refuse
action-border-guard-revoke = Border guard: revoke the decision
action-fee-assess = Fee: assess
action-fee-pay = Fee: record payment
action-fee-waive = Fee: waive
action-fee-refund = Fee: refund
action-transshipment-start = Transshipment: start
action-transshipment-finish = Transshipment: finish
action-transshipment-revoke = Transshipment: revoke

role-declarant = Declarant
role-customs-officer = Customs officer
role-border-guard = Border guard
role-quarantine-officer = Quarantine officer
role-yard-operator = Yard operator
role-fee-collector = Fee collector
role-gate-manager = Gate manager
role-analyst = Analyst
role-auditor = Auditor
role-admin = Administrator
role-system = The system

quarantine-kind-health = Health quarantine
quarantine-kind-animal = Animal quarantine
quarantine-kind-plant = Plant quarantine

track-customs = Customs
track-health = Health quarantine
track-animal-quarantine = Animal quarantine
track-plant-quarantine = Plant quarantine
track-border-guard = Border guard
track-fee = Fee
track-transshipment = Transshipment

track-state-not-begun = Not begun
track-state-under-way = Under way
track-state-done = Done
track-state-failed = Failed

lane-green = Green lane
lane-yellow = Yellow lane
lane-red = Red lane

means-officer = By an officer
means-scanner = By scanner
means-laboratory = By laboratory

result-conforms = Conforms to the declaration
result-differs = Differs from the declaration

direction-export = Export
direction-import = Import

regime-commercial = Commercial
regime-temporary-import-re-export = Temporary import for re-export
regime-temporary-export-re-import = Temporary export for re-import
regime-border-gate-transfer = Border-gate transfer
regime-transit = Transit

cargo-class-fruit = Fruit
cargo-class-general = General cargo
cargo-class-new-vehicle = New vehicle
cargo-class-empty = Empty vehicle

vehicle-kind-truck = Truck
vehicle-kind-tractor = Tractor
vehicle-kind-van = Van
vehicle-kind-rail-wagon = Rail wagon

document-kind-passport = Passport
document-kind-border-pass = Border pass
document-kind-identity-card = Identity card
document-kind-driving-licence = Driving licence

gate-kind-road = Road
gate-kind-rail = Rail

measure-declared = Declared
measure-registered = Registered
measure-arrived = Arrived
measure-cleared = Cleared by customs
measure-completed = Crossed
measure-completed-kg = Gross mass that crossed (kg)
measure-cancelled = Cancelled
measure-rejected = Rejected
measure-expired = Expired
measure-turned-back = Turned back
measure-transferred = Transferred away
measure-transferred-in = Transferred in
measure-left = Left the gate area
measure-fell-away = Registered and never arrived
measure-clock-breaches = Legal clocks that ran out
measure-fees-vnd = Fees collected (VND)

field-reason = Reason
field-reason-code = Reason code
field-fields = Fields to correct
field-yard = Yard
field-bay = Bay
field-observed-plate = Plate seen
field-mismatch-reason = Reason for another plate
field-crossing-point = Crossing point
field-lane = Lane
field-means = Means of inspection
field-result = Result
field-amount-vnd = Amount (VND)
field-receipt = Receipt number
field-onward-plate = Plate of the onward vehicle
field-legal-reason = Legal ground
field-hold = Hold
field-track = Track
field-text = Text
field-until = Until
