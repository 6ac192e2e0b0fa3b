# The rules: what is wrong and what would be right.

rule-required = This is required.
rule-empty = This must not be empty.
rule-too-long = This is too long; at most { $max } characters.
rule-nul-character = This holds a NUL character; leave it out.
rule-unknown-field = There is no such field here{ $allowed ->
    [none] .
   *[other] ; there are: { $allowed }.
}
rule-unknown-word = { $given ->
    [none] This value
   *[other] “{ $given }”
} is not taken here; use one of: { $allowed }.
rule-wrong-type = The value is of the wrong type; it must be { $wanted ->
    [text] a text
    [object] an object
    [list] a list
    [number] a number
    [whole-number] a whole number
    [true-or-false] true or false
    [time] a time such as 2025-03-31T02:00:00Z
    [day] a day such as 2025-03-31
    [none] of the type in the contract
   *[other] { $wanted }
}.
rule-duplicate = This is the same as at { $first }; name each once.
rule-not-amendable-now = { $when ->
    [returned] This can be changed only after the gate has returned the declaration; until then only vehicle, driver, crew and planned arrival can.
   *[none] This cannot be changed; leave it as it was, or, where it is wrong, cancel and declare anew.
}
rule-action-not-ordered = “{ $given }” cannot be sent here; it happens by itself or has its own address.
rule-idempotency-key-format = An Idempotency-Key has 1 to 255 printable characters.
rule-limit-range = limit must be from 1 to { $maximum }.
rule-number-range = It must be a whole number from { $minimum } to { $maximum }.

rule-arrival-out-of-range = The planned arrival must be no more than 24 hours past and no more than { $days } days ahead.
rule-crossing-point-unknown = There is no such crossing point; use a code from /api/v1/crossing-points.
rule-same-crossing-point = The vehicle is at this crossing point already; choose another.
rule-other-kind-of-gate = The vehicle does not suit the crossing point: wagons cross by rail alone, road vehicles by road alone.
rule-country-unknown = There is no country { $country }; use two letters of ISO 3166, such as VN or CN.
rule-firm-unknown = There is no firm with { $tax_code ->
    [none] this tax code
   *[other] the tax code { $tax_code }
}; check it, or have the firm registered first.
rule-firm-not-named = The line names no firm; add the tax code of the firm that declares.
rule-tax-code-format = A tax code is 10 digits, optionally with a hyphen and 3 digits from 001 to 999, or a personal number of 12 digits.
rule-tax-code-check-digit = The tax code's check digit does not hold; check every digit.

rule-plate-format = { $plate ->
    [none] The plate
   *[other] The plate { $plate }
} is not { $country ->
    [VN] one of Vietnam; right are 12C12345, or 51R14139 on a trailer.
    [CN] one of China; right are 桂F12345 or 京AD80234.
   *[other] well-formed; a plate is 3 to 12 letters A–Z and digits.
}
rule-plate-unusual = The two-letter series of { $plate } could not be confirmed; check it. This does not stop the declaration.
rule-other-plate = The plate seen, { $seen }, is not the expected { $expected }; give a reason or correct the plate.
rule-onward-plate-format = The onward vehicle's plate is neither one of Vietnam nor one of China; right are 12C12345 or 桂F12345.
rule-onward-is-declared = The onward vehicle must be another than the declared one.
rule-container-format = { $container } is no container number: four letters (the fourth U, J or Z) and seven digits.
rule-container-check-digit = The check digit of container { $container } does not hold (ISO 6346); check the number.
rule-vin-format = A vehicle identification number is 17 letters and digits without I, O and Q.
rule-wagon-has-no-plate = A rail wagon has no plate; use wagon_number.
rule-wagon-has-no-driver = A rail wagon has no driver; leave this out.
rule-wagon-number-format = A wagon number is 4 to 12 digits.
rule-road-vehicle-has-no-wagon-number = A road vehicle has no wagon number; use its plate.
rule-vehicle-already-declared = The vehicle has an active declaration in the same direction; complete or cancel that one first.

rule-mrz-check-digit = A check digit in the machine-readable zone does not hold{ $part ->
    [none] {""}
   *[other] {" "}({ $part })
}; copy the zone exactly as in the passport.
rule-mrz-format = A passport's machine-readable zone is two lines of 44 characters, beginning with P.
rule-mrz-of-a-passport-only = Only a passport has a machine-readable zone; leave this out.

rule-hs-code-format = An HS code is exactly 8 digits.
rule-quantity-out-of-range = The quantity must be above 0.
rule-mass-out-of-range = { $max ->
    [none] The mass must be from 1 to 200000 kg.
   *[other] One vehicle's gross mass must not exceed { $max } kg.
}
rule-empty-carries-nothing = An empty vehicle has no goods, no customs declaration and no transshipment; leave those out or choose another cargo class.
rule-fruit-is-chapter-7-or-8 = Fruit is goods of chapter 07 or 08 alone; correct the HS codes or the cargo class.
rule-new-vehicle-is-chapter-87-import = A new vehicle is an import of chapter 87 alone; correct the HS codes, the direction or the cargo class.
rule-customs-declaration-format = A customs declaration's number is 12 digits.
rule-customs-type-unknown = The type code { $code } is not on the list; check it. This does not stop the declaration.
rule-customs-type-other-direction = The type code { $code } is { $direction ->
    [export] an export's
    [import] an import's
   *[other] the other direction's
}; correct the code or the direction.

rule-yard-unknown = There is no such yard; use a code from the list.
rule-yard-elsewhere = This yard belongs to another crossing point; choose one of this crossing point.
rule-yard-not-yours = This yard is not in your charge; choose one of yours.
rule-bay-unknown = This yard has no such bay; it has { $known }.
rule-slot-not-an-hour = A slot is named by the full hour at which it begins, such as 2025-03-31T02:00:00Z.
rule-slot-not-given = The crossing point gives no slot at that hour; choose one from the list of its slots.
rule-slot-over = That hour is over; choose a later one.
rule-slot-needs-earlier-registration = On the day of that hour the crossing point takes only vehicles registered before it; choose an hour of a later day.
rule-track-required-already = This track is required already; choose another.
rule-hold-unknown = No such hold stands; use a number from holds.
rule-hold-of-another-agency = Another agency placed this hold; only that agency can release it.
rule-lane-below-floor = The lane must not be below the one given before ({ $floor ->
    [green] green
    [yellow] yellow
    [red] red
   *[other] { $floor }
}).
rule-lane-not-higher = The new lane must be above the present one.
rule-amount-out-of-range = The amount must be whole dong from 0 to { $max }.
rule-fee-differs = The tariff asks { $proposed } dong and { $given } were said; say why in reason, or leave the amount out.
rule-fee-empty-vehicle = An empty vehicle carries no goods for which the tariff has a rate; say the amount, or waive the fee.
rule-fee-by-rail = The tariff is for vehicles on the road, and this is a rail wagon; say the amount, or waive the fee.
rule-fee-no-tariff = No rate of the tariff holds on { $day }; say the amount, or have the tariff of that day entered.
rule-fee-no-rate = The tariff has no rate for the goods { $hs_code } under this regime; say the amount, or have the rate entered.
rule-fee-beyond-most = The tariff asks more than { $max } dong, the most that may be assessed; check the goods' weight and the tariff, and say the amount.
rule-receipt-used = Receipt { $receipt } stands for another payment already, of { $day } at { $crossing_point }; check the number.

rule-json-syntax = The line is not well-formed JSON: { $why }.
rule-csv-quote-open = A quotation mark is opened and never closed; close it.
rule-csv-after-quote = After the closing quotation mark in cell { $cell } stands { $found }; only a separator or the line's end may follow.
rule-csv-cell-count = The line has { $found } cells and the header { $expected } columns; they must be as many.
rule-duplicate-column = The column { $column } stands twice; name each once.
rule-unknown-column = There is no column { $column }; use the names of the template.
rule-column-missing = The column { $column } is missing.
rule-line-too-long = The line is longer than { $max } bytes.
rule-not-utf-8 = Byte { $byte } is not UTF-8; save the file as UTF-8.
rule-unreadable = The line cannot be read: { $why }.
rule-not-written = The line was not written because of a fault of the service; send it again.
rule-draft-not-taken-over = A draft is not taken over; only what was declared is.
rule-stamp-required = This stamp must be given (because of { $because }).
rule-stamp-not-in-state = A declaration that is { $state } has no such stamp; leave it out or correct the state.
rule-stamp-in-future = The stamp lies in the future; it must be past.
rule-stamp-too-early = The stamp is too early; check the year.
rule-stamps-out-of-order = This stamp must not be before { $before }.
rule-history = The history does not add up: { $why }.

rule-username-format = A user name is 3 to 64 letters A–Z, digits, full stops, hyphens and underscores, with a letter or digit at either end.
rule-own-account = You may not disable your own account or give up its administrator role; ask another administrator.
rule-name-format = A name is 1 to 200 characters, with no space at either end and no control characters.
rule-list-empty = This list must not be empty; name at least one code, or leave it out.
rule-not-for-role = This does not go with the role { $role }; leave it out or choose another role.
rule-role-of-nobody = The role { $role } is the service's own; choose another.
rule-password-short = The password is too short; at least { $minimum } characters.
rule-password-long = The password is too long; at most { $maximum } characters.
rule-password-common = The password is too easy to guess; choose another.

rule-quarter-format = “{ $given }” is no quarter; write it like 2025-Q1.
rule-period-format = “{ $given }” is no period; write a day like 2025-03-31, a week like 2025-W13, a month like 2025-03, a quarter like 2025-Q1, a year like 2025, or a span like 2025-03-01..2025-03-15.
rule-period-not-over = The period is not over; it can be closed from { $over } on.
rule-period-not-of-the-calendar = A span cannot be closed; close a day, week, month, quarter or year.
rule-span-backwards = The end { $to } must come after the start { $from }.
rule-span-too-long = The span is too long; at most { $max } days.
rule-answer-too-long = The answer would have { $rows } rows; at most { $max }. Ask for a shorter span, a longer interval or fewer dimensions.
rule-instant-in-future = That moment is still to come; ask for one up to now, { $now }.
rule-at-for-devices-alone = Only an agency's device, signed in as a machine client, says when it did something; leave this out.
rule-at-in-future = The device's clock is ahead: by ours it is { $now } (UTC). Set the clock.
rule-at-too-old = This was done more than { $days } days ago; a device may tell of it no longer. Have an officer record it.
rule-at-too-early = This cannot have been done before { $stamp } ({ $since }, UTC); look at the device's clock.

rule-reference-unusable = This entry cannot be used together with the other reference data: { $why }.
rule-code-form = A code is 1 to { $max } characters, with no space at either end.
rule-pass-not-ours = This is no gate pass of this gate: it is damaged, forged, or signed by a key that is not known here.
rule-pass-of-another = The pass that was scanned says otherwise: it is of { $number }.
rule-sequence-not-rising = Each sequence must be a whole number above the one before it ({ $last }).
rule-list-too-long = The list is too long; at most { $max } at once.
rule-extension-range = An extension lasts longer than { $from } and at most until { $to }, the gate’s time.
rule-outside-opening-hours = The crossing point is not open at the planned arrival{ $next ->
    [none] , nor in the year that follows it.
   *[other] ; the next possible time is { $next }, the gate’s time.
}
rule-arrival-needs-earlier-registration = On that day the crossing point takes only vehicles registered before it{ $next ->
    [none] .
   *[other] ; the next possible time is { $next }, the gate’s time.
}
rule-batch-too-long = A batch holds at most { $max } lines; send the rest as another.
rule-history-by-import-alone = A batch takes declarations; an older system’s records are taken in by border-gate import at the machine.
rule-wait-range = wait must be a whole number of seconds, at most { $max }.
