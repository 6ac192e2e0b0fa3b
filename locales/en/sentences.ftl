# Why not, and who must do what next.

why-role = { $roles ->
    [none] Your role may not do this; ask somebody whose role may.
   *[other] This is for: { $roles }. Your role is: { $role }.
}
why-firm = The declaration is another firm's; only the firm that declared it may do this.
why-firm-disabled = Your firm has been disabled; ask an administrator.
why-quarantine-kind = The action belongs to another quarantine; its officer must take it.
why-yard = The vehicle is in a yard that is not in your charge; that yard's operator must do this.
why-oauth-scope = The access token's scopes do not cover this; ask for a token whose scopes do.
why-crossing-point = This crossing point is outside your scope; choose one of yours.
why-state = The declaration is “{ $state }”; this is possible only when it is: { $from }.{ $way ->
    [none] {""}
   *[other] {" "}“{ $way }” ({ $who }) leads there.
}{ $ended ->
    [yes] {" "}It has ended, and nothing changes that; add a remark, or declare the vehicle anew.
   *[none] {""}
}
why-track-not-required = The declaration does not need this track; where it should, a gate manager must add it first.
why-not-in-a-yard = The vehicle is not in a yard; it must enter one first.
why-in-a-yard = The vehicle is still in a yard; it must leave it first.
why-exists = The declaration exists already; it cannot be made again.
why-not-due = It is not due yet; it expires only after the days that are laid down.
why-no-people = No driver or crew stands in the declaration, or they were erased already.
why-closed = The crossing point is closed on this day; come on a day when it is open.
why-pre-registered-only = On this day the crossing point takes only vehicles that were registered before it.
why-no-inspection-due = No inspection is due on this declaration; only in the red lane, after arrival and before the inspection can its time be extended.
why-extended-already = The time was extended already; the law allows it once.
why-ran-out-already = The time has run out; it can no longer be extended.
why-all-tracks-required = Every track is required already; there is none left to add.
why-something-done-since = Something was done since the arrival, so it can no longer be undone; add a remark, or turn the vehicle back.
why-own-track-not-failed = You may reject only what failed your own quarantine; record that it failed first.
why-never-arrived = The vehicle never entered the gate area, so there is no leaving to record.
why-left-already = That the vehicle left the gate area was recorded already; nothing more is needed.
why-no-transshipment = The goods have not changed vehicles; finish the transshipment first.
why-transshipped-elsewhere = The goods changed vehicles at the crossing point before; record it on the earlier declaration, from where the tractor goes back.
why-returned-already = The tractor's return was recorded already; nothing more is needed.
why-not-all-done = A required track is not done, or a hold stands.
why-all-done = Every required track is done and no hold stands.
why-no-hold-of-yours = No hold of your agency stands; only the agency that placed a hold can release it.
why-lane-given = The lane was given already; it can only be raised, with a reason.
why-no-lane = No lane was given yet; set the lane first.
why-no-customs-declaration = No customs declaration is named; return the declaration, so that the firm names one.
why-lane-is-red = The lane is red already; there is none above it.
why-lane-is-green = The green lane asks for no check of documents; clear it, or raise the lane where a check is needed.
why-lane-is-not-red = Goods are inspected in the red lane alone; where it is needed, raise the lane to red first.
why-documents-checked = The documents were checked already; to check them anew, decide and revoke the decision.
why-documents-not-checked = The documents were not checked; the yellow and red lanes need that before clearance.
why-inspected = The goods were inspected and conform; to inspect them anew, decide and revoke the decision.
why-not-inspected = The goods were not inspected; the red lane needs an inspection that conforms before clearance.
why-goods-differ = The inspection found that the goods differ; inspect again or refuse clearance.
why-not-decided = There is no decision to revoke; nothing was decided yet.
why-decided = This was decided already; to decide anew, revoke the decision first, with a reason.
why-not-begun = This track has not begun, so there is nothing to revoke.
why-transshipment-not-begun = The transshipment has not begun; start it first.
why-transshipment-under-way = The transshipment is under way; finish it with the onward vehicle's plate.
why-transshipment-finished = The transshipment is finished; to do it anew, revoke it first, with a reason.
why-paid = The fee was paid; to change it, refund it first, with a reason.
why-waived = The fee was waived; if that was a mistake, assess it again.
why-not-assessed = The fee was not assessed yet; assess it before it is paid.
why-not-paid = No fee was paid, so there is nothing to refund.
why-fee-transferred = The fee went with the vehicle to another crossing point; refund it on the declaration there.

next-submit = { $who }: complete and submit the declaration.
next-correct = { $who }: correct what was asked for and submit again.
next-register = { $who }: examine and register the declaration.
next-arrive = { $who }: record the vehicle when it enters the gate area.
next-return-for-customs-declaration = { $who }: return the declaration, so that the firm names a customs declaration.
next-turn-back = { $who }: turn the vehicle back, as no customs declaration is named.
next-set-lane = { $who }: set the lane.
next-check-documents = { $who }: check the documents.
next-inspect = { $who }: inspect the goods.
next-settle-difference = { $who }: inspect again or refuse clearance, as the goods differ from the declaration.
next-clear = { $who }: decide on clearance.
next-reject = { $who }: reject the vehicle, or revoke what went against it.
next-examine = { $who }: examine and conclude.
next-conclude-treatment = { $who }: conclude after the treatment.
next-check-papers = { $who }: check the people and the vehicle's papers.
next-assess-fee = { $who }: assess the fee.
next-collect-fee = { $who }: collect the fee and record the receipt.
next-enter-yard = { $who }: admit the vehicle to a yard for transshipment.
next-start-transshipment = { $who }: start the transshipment.
next-finish-transshipment = { $who }: finish the transshipment and record the onward vehicle's plate.
next-release-hold = { $who }: settle and release the hold.
next-leave-yard = { $who }: let the vehicle out of the yard.
next-complete = { $who }: record that the vehicle crossed.
next-leave-gate = { $who }: record that the vehicle left the gate area.
next-tractor-returned = { $who }: record that the foreign tractor went back.

page-problems-title = Problem types
page-problems-about = Every error of the API bears in its type the address of one of these pages.
page-problem-status = HTTP status
page-all-problems = All problem types

hold-meaning-goes-on = Goes on while a hold stands.
hold-meaning-stops = Waits until every hold is released.
hold-meaning-goes-on-for-holder = Goes on only for the role that placed every standing hold.
