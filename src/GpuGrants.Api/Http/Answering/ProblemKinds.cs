namespace GpuGrants.Api.Http.Answering;

/// <summary>A kind of problem that the service answers with.</summary>
/// <param name="Code">Stable; programs go by it.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Remedy">What the caller can do.</param>
/// <param name="OfTheLedger">
/// Why the ledger refuses a transfer. <c>POST /v1/transfers</c> gives it in the outcome of the transfer, with status 200.
/// </param>
public sealed record ProblemKind(string Code, int Status, string Remedy, bool OfTheLedger = false)
{
    /// <summary>The same for every problem of the kind, as RFC 9457 asks: the code in words.</summary>
    public string Title => char.ToUpperInvariant(Code[0]) + Code[1..].Replace('-', ' ');
}

/// <summary>Every kind of problem: the contract and docs/http-status-codes.md are made from it.</summary>
public static class ProblemKinds
{
    public static IReadOnlyList<ProblemKind> All { get; } =
    [
        new("malformed", 400, "The call cannot be read: mend what `errors` names."),
        new("invalid", 400, "The call breaks a rule of its fields: mend what `errors` names."),
        new("policy-invalid", 400, "Mend the rules and fields that `errors` names."),
        new("looser-than-parent", 400, "Narrow the terms of the programme above, or leave the fields out."),
        new("unauthenticated", 401, "Get a new access token."),
        new("scope-missing", 403, "Ask for the scope when you get the token."),
        new("forbidden", 403, "Ask somebody who has the role."),
        new("own-proposal", 403, "Another administrator has to decide."),
        new("not-found", 404, "Check the id; what is not yours to see answers the same."),
        new("method-not-allowed", 405, "Use a method that the contract lists for the path."),
        new("stale", 412, "Read the resource again, decide again, and send its new ETag."),
        new("body-too-large", 413, "Send less; docs/limits.md states the limits."),
        new("unsupported-content-type", 415, "Send `Content-Type: application/json`."),
        new("idempotency-key-reused", 422, "Use a new key for another call."),
        new("id-has-different-body", 422, "Use a new id for another transfer."),
        new("precondition-required", 428, "Send `If-Match` with the ETag that you read."),
        new("rate-limited", 429, "Wait as `Retry-After` says."),
        new("internal", 500, "Give support the `traceId`. Repeat with the same `Idempotency-Key` to learn whether anything changed."),
        new("queue-full", 503, "Wait as `Retry-After` says and repeat with the same `Idempotency-Key`."),
        new("database-unavailable", 503, "Wait as `Retry-After` says and repeat with the same `Idempotency-Key`."),
        new("too-many-exports", 503, "Wait as `Retry-After` says."),
        new("account-mismatch", 409, "Name the accounts of the hold in its post or void.", OfTheLedger: true),
        new("account-not-by-hand", 409, "Name issuance, budget, breakage or earned accounts; grants and GPU time do not move by hand."),
        new("account-not-found", 409, "Name an account that exists.", OfTheLedger: true),
        new("amount-exceeds-corrected", 409, "Correct at most what the transfer moved and nobody corrected yet.", OfTheLedger: true),
        new("amount-exceeds-hold", 409, "Post at most what is held.", OfTheLedger: true),
        new("amount-not-positive", 409, "Move more than 0.", OfTheLedger: true),
        new("another-offer-passes", 409, "Change the field that `errors` names."),
        new("approved-before", 409, "You approved it already. Another reviewer has to approve."),
        new("approver-role-missing", 409, "The rules ask for the approval of another role."),
        new("budget-exhausted", 409, "Approve or ask for at most `limit` GPU-hours."),
        new("capacity-exhausted", 409, "Approve or ask for at most `limit` GPU-hours."),
        new("chain-too-long", 409, "Send fewer linked transfers.", OfTheLedger: true),
        new("changed-meanwhile", 409, "Try again."),
        new("client-revoked", 409, "Create another client."),
        new("corrected-not-found", 409, "Name a transfer of the same tree.", OfTheLedger: true),
        new("corrected-not-posted", 409, "Correct a posted transfer; void a hold instead.", OfTheLedger: true),
        new("counter-offer-gone", 409, "The counter-offer no longer passes. Ask again."),
        new("counter-overflow", 409, "The account can hold no more. Move less."),
        new("country-not-eligible", 409, "The programme is for other countries. Choose another programme."),
        new("decided-by-person", 409, "No rules led to a person's verdict. Replay a decision by rule."),
        new("duration-too-long", 409, "Ask for at most `limit` days."),
        new("email-domain-not-eligible", 409, "A platform administrator has to verify an email domain that the programme names."),
        new("empty-chain", 409, "Send at least one transfer.", OfTheLedger: true),
        new("expiry-not-in-future", 409, "State a later moment.", OfTheLedger: true),
        new("field-not-allowed", 409, "Leave the field out.", OfTheLedger: true),
        new("field-required", 409, "State the field.", OfTheLedger: true),
        new("gpu-model-exists", 409, "Change the existing model, or choose another id."),
        new("grant-not-active", 409, "The grant has ended."),
        new("grant-not-ending", 409, "The grant is active, or settled already."),
        new("grant-not-expired", 409, "The grant has not expired yet."),
        new("grant-outside-offer", 409, "The grant has to lie within the offer's dates. Ask for at most `limit` days."),
        new("grant-outside-programme", 409, "The grant has to lie within the programme's dates. Ask for at most `limit` days."),
        new("hold-already-ended", 409, "The hold was posted or voided before."),
        new("hold-expired", 409, "The hold has expired. Ask again."),
        new("hold-not-expired", 409, "The hold has not expired yet."),
        new("hold-not-found", 409, "Name a hold that exists."),
        new("hold-of-proposal", 409, "Approve or reject the transfer proposal that holds the credits."),
        new("id-already-used", 409, "Choose a new id."),
        new("id-missing", 409, "State an id."),
        new("increase-not-open", 409, "Decide or withdraw an increase only while it is in review."),
        new("insufficient-balance", 409, "Move at most `limit`, or fund the account first."),
        new("kind-not-eligible", 409, "The programme is for other kinds of organization. Choose another programme."),
        new("last-owner", 409, "Add another owner first, or close the organization."),
        new("later-version", 409, "State a date after that of the later version."),
        new("livemode-differs", 409, "Test organizations ask test programmes, and live ones ask live programmes."),
        new("more-approvals-needed", 409, "Approve without the override. The last approval may carry it."),
        new("no-counter-offer", 409, "Ask again. The request was not denied, or nothing would have passed."),
        new("no-draft", 409, "Write a draft first."),
        new("no-suitable-offer", 409, "Change the field that `errors` names."),
        new("nobody-eligible", 409, "Have the programmes of the path agree on their terms, or choose another programme."),
        new("not-higher", 409, "Ask for more than the limit is already."),
        new("not-published", 409, "Publish the policy first."),
        new("nothing-proposed", 409, "Decide only what waits. Read the offer."),
        new("offer-ended", 409, "Put up another offer."),
        new("offer-not-accepted", 409, "Wait until the programme accepts the offer, or end it."),
        new("offer-not-open", 409, "The offer or its provider is not open. Deny the request, or wait."),
        new("offer-rejected", 409, "Agree with the programme and put up another offer."),
        new("offer-too-large", 409, "Approve or ask for at least `limit` GPU-hours."),
        new("offer-too-small", 409, "Approve or ask for at most `limit` GPU-hours."),
        new("organization-closed", 409, "The organization is closed for good."),
        new("organization-not-active", 409, "The organization is suspended or closed."),
        new("organization-not-verified", 409, "A platform administrator has to verify the organization."),
        new("overlapping-override", 409, "The subject has an override of the rule at that time. End it first, or state another time."),
        new("override-ended", 409, "The override has ended already."),
        new("own-offer", 409, "Another administrator of the programme has to decide."),
        new("own-organization", 409, "A reviewer from outside the organization has to decide."),
        new("own-provider", 409, "An administrator of the programme who does not operate the provider has to decide."),
        new("own-request", 409, "Another reviewer has to decide."),
        new("own-role", 409, "Another administrator has to remove the role."),
        new("policy-unreadable", 409, "Publish a version that can be read."),
        new("programme-ended", 409, "Choose another programme."),
        new("programme-not-active", 409, "Wait until the programme and those above it are active again."),
        new("programme-not-started", 409, "Wait until the programme starts."),
        new("proposal-not-open", 409, "Decide a proposal only while it awaits approval."),
        new("provider-not-active", 409, "The provider is suspended or closed."),
        new("quota-exceeded", 409, "A quota rule denies it now. Approve or ask for at most `limit`, or wait."),
        new("rate-exists", 409, "The offer has a rate from that moment on. State another moment."),
        new("reason-invalid", 409, "State a reason of the form that it needs.", OfTheLedger: true),
        new("reason-reserved", 409, "Choose another reason; this one belongs to the service.", OfTheLedger: true),
        new("request-not-open", 409, "Change or decide a request only while it is in review."),
        new("review-expired", 409, "The hold has expired. The applicant has to ask again."),
        new("role-held", 409, "The principal has the role already."),
        new("rule-gone", 409, "The policy's newest version has no such rule. Deny, or ask under another rule."),
        new("same-account", 409, "Name two different accounts.", OfTheLedger: true),
        new("second-approval-needed", 409, "Propose a transfer proposal; another administrator approves it."),
        new("shared-limit", 409, "The rule shares one amount between programmes. Ask its administrators for another share."),
        new("simulation-not-done", 409, "Read the simulation until it is done."),
        new("standing-terms-ended", 409, "The standing terms have ended already."),
        new("too-large", 409, "Ask for less."),
        new("too-many-gpus", 409, "Ask for at most `limit` GPUs at once."),
        new("too-many-simulations", 409, "Wait until one of the policy's simulations ends, or delete one."),
        new("unit-mismatch", 409, "Name two accounts of the same unit.", OfTheLedger: true),
        new("usage-after-grant", 409, "State an end up to the grant's end."),
        new("usage-before-grant", 409, "State a beginning from the grant's start on."),
        new("usage-exceeds-gpus", 409, "State at most the GPUs that other records leave at that time."),
        new("usage-exceeds-grant", 409, "State at most the time that the grant has left."),
        new("usage-in-future", 409, "Correct it again when that time has passed."),
        new("usage-not-in-order", 409, "State an end after the beginning."),
        new("usage-settled", 409, "The grant is settled: lower its usage, or leave it."),
        new("usage-too-short", 409, "State a use of a millisecond or more, or void the record."),
        new("usage-voided", 409, "Report the usage with a new id."),
    ];

    private static readonly Dictionary<string, ProblemKind> ByCode = All.ToDictionary(kind => kind.Code, StringComparer.Ordinal);

    /// <exception cref="KeyNotFoundException">The code is not in the list.</exception>
    public static ProblemKind Of(string code) => ByCode[code];

    /// <summary>The code for a status that a framework set without saying why.</summary>
    public static string CodeOf(int status) =>
        status switch
        {
            401 => "unauthenticated",
            403 => "forbidden",
            404 => "not-found",
            405 => "method-not-allowed",
            413 => "body-too-large",
            415 => "unsupported-content-type",
            503 => "database-unavailable",
            >= 500 => "internal",
            _ => "malformed",
        };
}
