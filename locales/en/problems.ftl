# The problem types. Value: the title; .detail: what was wrong this time and what would be right; .page: for integrators.

problem-malformed = The request cannot be read
    .detail = The request cannot be read ({ $why }); send well-formed JSON in UTF-8.
    .page = What was sent is not well-formed: broken JSON, a field named twice, bytes that are not UTF-8, or an address of the wrong form. Nothing was done. Correct it and send again; the same again will be refused again.
problem-unauthenticated = Not signed in
    .detail = The request bears no valid access token; sign in again and send the token as Bearer in the Authorization header.
    .page = This operation needs an access token. It may be missing, wrong, expired or revoked; the service does not say which. Get a new one with a password, a refresh token or client_credentials, and send again.
problem-wrong-credentials = Wrong credentials
    .detail = The user name, the password or the refresh token is not right; check them and sign in again.
    .page = User name and password, the refresh token, or the client's credentials are those of no active account. The service does not say which part is wrong. A refresh token serves once; one used again ends its whole session.
problem-forbidden = Not permitted
    .detail = You may not do this. { $why }
    .page = The caller is known, but the role, its scope or the token's own scopes do not cover this. Sending again changes nothing; use an account of the right role or ask an administrator.
problem-not-found = Not found
    .detail = There is nothing at this address, or it is not yours to see; check the address and the declaration number.
    .page = The address does not exist, or the record belongs to another firm or crossing point. Both are answered alike, so that nobody learns what others have.
problem-method-not-allowed = Method not allowed
    .detail = This address takes only these methods: { $allowed }.
    .page = The address exists and does not take the HTTP method that was used. The Allow header lists those it takes.
problem-not-acceptable = No such representation
    .detail = Nothing here suits the Accept header; there is: { $allowed }.
    .page = The Accept header rules out every representation of this address. Choose one of those named in detail, or leave the header out.
problem-illegal-action = Not possible now
    .detail = “{ $action }” is not possible now. { $why }{ $due ->
        [none] {""}
       *[other] {" "}What must be done now: { $due }
    }
    .page = The declaration's state, or another fact of the record, forbids the action. The field offered lists the actions that are open to the caller. Read the declaration again and choose one of them.
problem-on-hold = On hold
    .detail = “{ $action }” waits until every hold is released. { $due }
    .page = Customs or the border guard ordered the vehicle to stop. While a hold stands, the declaration cannot be returned, cancelled, amended, transferred, turned back, let out of a yard or completed, and does not expire. Only the agency that placed it can release it. The field offered lists what is still open.
problem-gate-closed = The gate is closed
    .detail = { $why }{ $opens_at ->
        [none] {""}
       *[other] {" "}It takes the vehicle in from { $opens_at } on, the gate’s time.
    }
    .page = The calendar of the crossing point says that on this day no vehicle is taken in, or only one that was registered before the day began. The field opens_at says when it takes this vehicle in, where that is known. Calendars are at /api/v1/reference/calendars.
problem-vehicle-already-declared = Vehicle declared already
    .detail = { $vehicle ->
        [none] The vehicle
       *[other] Vehicle { $vehicle }
    } has another active declaration in the same direction; that one must be completed or cancelled first.
    .page = A vehicle (country and plate) has at most one active declaration per direction. The field declaration names the other one where it belongs to the caller's firm.
problem-receipt-used = The receipt is used
    .detail = { $kind ->
        [refund] Receipt { $receipt } was refunded already, on { $day } at { $crossing_point }.
       *[other] Receipt { $receipt } stands for another payment already, of { $day } at { $crossing_point }; take the number on the paper before you.
    }
    .page = A receipt's number stands for one payment in the whole province, and for one refund of it. A refund does not set it free: the next payment has a receipt of its own. Nothing was recorded.
problem-idempotency-in-flight = The same key is being worked on
    .detail = A request with the same Idempotency-Key is still under way; wait a moment and send the same again.
    .page = The Idempotency-Key belongs to a request that has not finished. Sent again a moment later, it is answered with that request's result; nothing is done twice.
problem-already-exists = Exists already
    .detail = The value at { $pointer } is taken; choose another or change the record that has it.
    .page = A record with the same name or code exists. Nothing was created.
problem-nothing-new = Nothing new to close
    .detail = The period's figures are those of its revision { $revision }, which is signed already. Close it again when a figure has come to be another.
    .page = A period is closed again only when a figure came to be another since its last closing; that one stands.
problem-gone = No longer there
    .detail = This cursor can no longer be used; read from the start again with an empty cursor.
    .page = The cursor was issued before the database was restored, so what followed it cannot be trusted. Synchronise from the start.
problem-stale = The record has changed
    .detail = The declaration is at revision { $revision }, not at the one in If-Match; read it again and change the new one.
    .page = Somebody changed the record after you read it. The ETag header bears the present revision. Read again, apply your change, and send it with the new If-Match.
problem-too-large = Too large
    .detail = The body is larger than { $limit } bytes; send less at once, or send a batch.
    .page = The body exceeds the operation's limit: 256 KiB, for a batch of declarations 64 MiB. Nothing was done.
problem-unsupported-media-type = Content type not read here
    .detail = This content type is not read here; send Content-Type: { $allowed }.
    .page = The Content-Type header is missing or names a type that this address does not read.
problem-invalid-declaration = The declaration breaks rules
    .detail = The declaration does not keep the rules; each fault stands in errors with its place and its remedy.
    .page = What was sent can be read and breaks rules. The field errors lists every fault at once: pointer is a JSON Pointer to it, code names the rule and never changes, detail explains it in the caller's language.
problem-invalid-action = What was said with the action is not right
    .detail = What was sent with the action does not keep the rules; each fault stands in errors with its place and its remedy.
    .page = The action is open to the caller, but fields that go with it are missing or wrong. The field errors lists every fault at once.
problem-invalid-request = The request breaks rules
    .detail = Parameters or fields of the request are not right; each fault stands in errors with its place and its remedy.
    .page = A parameter or field is not part of the contract, is missing, or has a value that is not taken. The field errors lists every fault at once.
problem-idempotency-mismatch = The key was used for another request
    .detail = This Idempotency-Key came with another body before; use a new key for a new request.
    .page = For 7 days an Idempotency-Key belongs to exactly one body. The same key with another body is usually a fault on the caller's side.
problem-precondition-required = If-Match is missing
    .detail = A change must say which revision it was made on; send If-Match with the ETag you read.
    .page = So that nobody overwrites another's change, an amendment must bear If-Match with the ETag of the last reading.
problem-too-many-requests = Too many tries
    .detail = There were too many tries; try again in { $seconds } seconds.
    .page = The number of tries within a span of time exceeded its limit. The Retry-After header says how many seconds to wait.
problem-internal = Internal error
    .detail = The service failed at this request; try again, and if it fails again tell an administrator the request_id.
    .page = The fault is the service's, not the request's. Its cause was logged under the request_id. Sending again with the same Idempotency-Key is safe.
problem-unavailable = Not available for the moment
    .detail = The service is overloaded or cannot reach its database; try again in a few seconds.
    .page = The service cannot work for the moment. The Retry-After header says how many seconds to wait. Sending again with the same Idempotency-Key is safe.
