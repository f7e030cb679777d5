using System.Text.Json.Nodes;
using GpuGrants.Api.Http.Answering;
using Microsoft.OpenApi;

namespace GpuGrants.Api.Contract;

/// <summary>The codes that a refusal may have: those of its status that every operation shares, and the operation's own.</summary>
internal static class AnswerCodes
{
    /// <summary>The name of the extension that lists them.</summary>
    public const string Extension = "x-codes";

    private const string NotThroughPartner = "not-through-partner";

    private static readonly string[] Ledger = ["counter-overflow", "insufficient-balance"];
    private static readonly string[] Members = ["changed-meanwhile", "invite-instead", "role-held", "too-many-programs"];
    private static readonly string[] FinalOffer = ["offer-ended", "offer-rejected"];
    private static readonly string[] OfferVerdict = ["own-offer", "own-provider", .. FinalOffer];
    private static readonly string[] Budget = ["approver-not-proved", "programme-ended", .. Ledger];
    private static readonly string[] Involved = ["own-organization", "own-partner", "own-programme", "own-provider", "own-request"];
    private static readonly string[] Override = ["overlapping-override", "rule-gone", "too-large", .. Involved];
    private static readonly string[] Verdict = ["request-not-open", "review-expired", .. Involved];
    private static readonly string[] StandIn = ["own-organization", "own-programme", "own-provider"];
    private static readonly string[] UsageCorrection =
    [
        "charged-by-time",
        .. StandIn,
        "usage-disputed",
        "usage-payable",
        "usage-settled",
        "usage-voided",
        .. Ledger,
    ];
    private static readonly string[] DisputeVerdict = ["dispute-not-open", "own-organization", "own-provider", .. Ledger];

    private static readonly string[] Award =
    [
        "age-not-stated",
        "minor-not-confirmed",
        "budget-exhausted",
        "capacity-exhausted",
        "country-not-eligible",
        "duration-too-long",
        "email-domain-not-eligible",
        "grant-outside-offer",
        "grant-outside-programme",
        "kind-not-eligible",
        "livemode-differs",
        "nobody-eligible",
        "offer-not-open",
        "offer-too-large",
        "offer-too-small",
        "organization-limit-exceeded",
        "organization-not-active",
        "organization-not-served",
        "organization-not-verified",
        "programme-ended",
        "programme-frozen",
        "programme-not-active",
        "programme-not-started",
        "project-not-active",
        "quota-exceeded",
        "reservation-not-whole",
        "reservation-unavailable",
        "too-many-gpus",
    ];

    private static readonly string[] Code = ["code-expired", "code-locked", "code-used", "code-wrong"];

    /// <summary>By operation, beyond those that every operation shares.</summary>
    private static readonly Dictionary<string, string[]> Own = new(StringComparer.Ordinal)
    {
        ["acceptCounterOffer"] = ["counter-offer-gone", "grant-not-renewable", "no-counter-offer", "terms-not-accepted"],
        ["acceptInvitation"] =
        [
            "address-taken",
            "changed-meanwhile",
            "invitation-void",
            "organization-not-active",
            "person-suspended",
            "role-held",
            "too-many-clients",
            "too-many-organizations",
            .. Code,
        ],
        ["invite"] = ["mail-queue-full", "sign-up-closed"],
        ["acceptTerms"] = ["terms-ended"],
        ["searchOffers"] = ["queue-full"],
        ["submitRequest"] = ["quote-expired", "quote-used", "terms-not-accepted"],
        ["createQuote"] = ["another-offer-passes", "no-suitable-offer", "terms-not-accepted", "too-many-quotes", .. Award, .. Ledger],
        ["redeemCode"] = ["code-batch-redeemed", "code-expired", "code-used", "code-wrong", "terms-not-accepted"],
        ["mintCodes"] = ["budget-exhausted", "capacity-exhausted", "offer-not-open", "own-provider", "programme-ended"],
        ["endCodeBatch"] = ["code-batch-ended"],
        ["listCodes"] = ["exports-running"],
        ["printCodes"] = ["exports-running"],
        ["acceptOffer"] = ["gpu-model-retired", "nothing-proposed", "programme-ended", .. OfferVerdict, .. Ledger],
        ["addAdministrator"] = Members,
        ["addOfferCapacity"] = ["capacity-is-dated", .. FinalOffer, .. Ledger, .. StandIn],
        ["addOfferTranche"] = ["capacity-not-dated", "too-many-tranches", .. FinalOffer, .. Ledger, .. StandIn],
        ["addOrganizationMember"] = ["organization-not-active", "own-organization", .. Members],
        ["addPartnerMember"] = Members,
        ["signUpPartnerPerson"] =
        [
            "changed-meanwhile",
            "consent-withdrawn",
            "mail-queue-full",
            "partner-not-active",
            "person-confirms",
            "person-vouched",
            "sign-up-closed",
            "too-many-people",
            "too-many-people-today",
        ],
        ["confirmPartnerSignUp"] =
        [
            "address-taken",
            "partner-not-active",
            "person-suspended",
            "too-many-organizations",
            "too-many-sign-ups",
            .. Code,
        ],
        ["trustPartner"] = ["own-partner"],
        ["askForConsent"] = ["partner-not-active"],
        ["offerConsent"] = ["organization-not-active"],
        ["endConsent"] = ["consent-ended"],
        ["giveConsent"] = ["code-expired", "code-used", "consent-given", "organization-not-active", "partner-not-active"],
        ["readConsentCode"] = ["code-expired", "code-used"],
        ["addProgrammeMember"] = Members,
        ["addProviderOperator"] = Members,
        ["amendRequest"] =
        [
            "another-offer-passes",
            "grant-not-renewable",
            "no-suitable-offer",
            "request-changes-grant",
            "request-not-open",
            "review-expired",
            .. Award,
            .. Ledger,
        ],
        ["approveTransferProposal"] =
        [
            "amount-exceeds-corrected",
            "corrected-not-found",
            "corrected-not-posted",
            "hold-expired",
            "proposal-not-open",
            "own-programme",
            "own-proposal",
            "own-provider",
            .. Budget,
        ],
        ["approveChangeProposal"] =
        [
            "approved-before",
            "approver-not-proved",
            "changed-meanwhile",
            "invitation-void",
            "invite-instead",
            "later-version",
            "no-draft",
            "not-published",
            "override-ended",
            "own-proposal",
            "policy-invalid",
            "proposal-not-open",
            "role-held",
            .. Override,
        ],
        ["rejectChangeProposal"] = ["approved-before", "own-proposal", "proposal-not-open", .. Involved],
        ["approveQuotaIncrease"] =
        [
            "approved-before",
            "approver-not-proved",
            "approver-role-missing",
            "increase-not-open",
            "not-higher",
            "policy-unreadable",
            "rule-gone",
            "shared-limit",
            "too-large",
            "overlapping-override",
            .. Involved,
        ],
        ["approveRequest"] =
        [
            "approved-before",
            "approver-not-proved",
            "approver-role-missing",
            "capacity-is-dated",
            "grant-handed-on",
            "grant-not-active",
            "grant-not-larger",
            "grant-not-renewable",
            "grant-used-up",
            "more-approvals-needed",
            "provider-has-to-approve",
            .. Award,
            .. Verdict,
            .. Override.Except(Verdict),
            .. Ledger,
        ],
        ["closeGrant"] = ["grant-not-active"],
        ["activateGrant"] = ["grant-frozen", "grant-needs-review", "grant-not-scheduled", "own-organization", .. Award],
        ["transferGrant"] =
        [
            "grant-needs-review",
            "grant-not-active",
            "grant-there-already",
            "holder-not-eligible",
            "organization-limit-exceeded",
            "own-organization",
            "quota-exceeded",
            "too-many-handovers",
        ],
        ["shrinkGrant"] =
        [
            "capacity-exhausted",
            "grant-not-active",
            "grant-not-smaller",
            "grant-time-in-use",
            "reservation-not-whole",
            .. Ledger,
        ],
        ["topUpGrant"] = ["capacity-is-dated", "grant-not-active", "project-not-active", "reservation-not-whole", "terms-not-accepted"],
        ["extendGrant"] = ["grant-not-active", "grant-not-larger", "grant-used-up", "project-not-active", "terms-not-accepted"],
        ["renewGrant"] = ["changed-meanwhile", "grant-not-renewable", "terms-not-accepted"],
        ["moveGrant"] =
        [
            "capacity-exhausted",
            "gpu-model-not-accepted",
            "grant-not-active",
            "grant-outside-offer",
            "grant-there-already",
            "grant-used-up",
            "offer-not-open",
            "offer-rate-higher",
            "organization-limit-exceeded",
            "organization-not-served",
            "own-organization",
            "own-provider",
            "provider-approves",
            "quota-exceeded",
            "reservation-unavailable",
            "too-many-gpus",
        ],
        ["closeOrganization"] = ["organization-closed"],
        ["confirmEmailChange"] = ["address-taken", "no-person", .. Code],
        ["startEmailChange"] = ["mail-queue-full", "no-person", "sign-up-closed"],
        ["startRecovery"] = ["mail-queue-full", "sign-up-closed"],
        ["startSignUp"] = ["code-expired", "code-used", "code-wrong", "mail-queue-full", "sign-up-by-invitation", "sign-up-closed"],
        ["updateMe"] = ["age-stated", "no-person"],
        ["getMyMail"] = ["no-person"],
        ["updateMyMail"] = ["no-person"],
        ["confirmRecovery"] = ["sign-up-closed", .. Code],
        ["confirmSignUp"] =
        [
            "address-taken",
            "person-suspended",
            "sign-up-by-invitation",
            "sign-up-closed",
            "too-many-clients",
            "too-many-organizations",
            "too-many-sign-ups",
            .. Code,
        ],
        ["startDomainProof"] = ["mail-queue-full", "organization-closed", "sign-up-closed"],
        ["checkDomainProof"] =
        [
            "changed-meanwhile",
            "dns-record-missing",
            "dns-unavailable",
            "organization-closed",
            "verified-by-identity",
            .. Code,
        ],
        ["linkIdentity"] = ["identity-linked", "identity-taken", "no-person", "too-many-identities"],
        ["unlinkIdentity"] = ["no-person"],
        ["proveIdentity"] =
        [
            "changed-meanwhile",
            "identity-not-assured",
            "identity-not-linked",
            "identity-of-person",
            "organization-closed",
            "verified-by-identity",
        ],
        ["startHandover"] =
        [
            "changed-meanwhile",
            "handover-open",
            "mail-queue-full",
            "organization-closed",
            "several-owners",
            "own-organization",
            "own-request",
        ],
        ["acceptHandover"] =
        [
            "handover-not-open",
            "handover-waits",
            "organization-closed",
            "role-held",
            "several-owners",
            "too-many-organizations",
        ],
        ["stopHandover"] = ["handover-not-open"],
        ["askGuardian"] = ["age-not-stated", "mail-queue-full", "no-person", "not-a-minor", "sign-up-closed"],
        ["confirmMinor"] = ["age-not-stated", "not-a-guardian", "not-a-minor", .. Code],
        ["withdrawConfirmation"] = ["confirmation-ended"],
        ["confirmMember"] =
        [
            "age-not-stated",
            "confirmer-not-of-age",
            "not-a-minor",
            "not-a-school",
            "own-confirmation",
            "school-not-verified",
        ],
        ["withdrawMemberConfirmation"] = ["confirmation-ended"],
        ["createClient"] = ["too-many-clients"],
        ["createWebhookEndpoint"] = ["too-many-endpoints"],
        ["createFreeze"] = ["frozen-already"],
        ["liftFreeze"] = ["not-frozen", .. Involved],
        ["liftOrganizationSuspension"] = ["not-suspended", .. Involved],
        ["liftPrincipalSuspension"] = ["not-suspended", .. Involved],
        ["withdrawInvitation"] = ["invitation-accepted"],
        ["suspendOrganization"] = ["organization-not-active", "own-role"],
        ["suspendPrincipal"] = ["own-role"],
        ["createGpuModel"] = ["gpu-model-exists"],
        ["createOffer"] = ["programme-ended", "provider-not-active", .. Ledger, .. StandIn],
        ["createOrganization"] = ["changed-meanwhile", "too-many-organizations"],
        ["createOrganizationLimit"] = ["limits-changed-often", "organization-not-active", "too-many-limits"],
        ["updateOrganizationLimit"] = ["limit-ended", "limits-changed-often", "organization-closed"],
        ["createProgramme"] = ["looser-than-parent", "programme-ended"],
        ["createProject"] = ["organization-not-active"],
        ["createProvider"] = ["name-taken"],
        ["createQuotaOverride"] = ["approver-role-missing", .. Override],
        ["createQuotaPolicy"] = ["policy-invalid"],
        ["createIndependenceWaiver"] = ["several-administrators"],
        ["endIndependenceWaiver"] = ["waiver-ended"],
        ["createStandingTerms"] = ["own-provider", "programme-ended"],
        ["disputeUsageRecord"] = ["dispute-too-late", "usage-disputed", "usage-voided", .. Ledger],
        ["upholdUsageDispute"] = DisputeVerdict,
        ["recordOutage"] = ["outage-too-large", "own-organization", "own-provider", "too-many-outages", "usage-payable", .. Ledger],
        ["rejectUsageDispute"] = DisputeVerdict,
        ["withdrawUsageDispute"] = ["dispute-not-open"],
        ["denyQuotaIncrease"] = ["increase-not-open", .. Involved],
        ["denyRequest"] = Verdict,
        ["draftQuotaPolicy"] = ["policy-invalid"],
        ["endProgramme"] = ["programme-ended"],
        ["endQuotaOverride"] = ["approver-role-missing", "override-ended", .. Involved],
        ["endStandingTerms"] = ["own-provider", "standing-terms-ended"],
        ["eraseMe"] = ["changed-meanwhile", "no-person", "own-role", "sole-owner"],
        ["exportEvents"] = ["exports-running", "feed-restored"],
        ["exportTransfers"] = ["exports-running", "too-many-exports"],
        ["getStatement"] = ["exports-running", "too-many-exports"],
        ["fundProgramme"] = Budget,
        ["listEvents"] = ["feed-restored", "streams-open", "too-many-listeners"],
        ["pingWebhookEndpoint"] = ["secret-unreadable", "too-many-pings"],
        ["postTransfers"] =
        [
            "account-not-by-hand",
            "hold-of-proposal",
            "not-payable-yet",
            "id-has-different-body",
            "own-programme",
            "own-provider",
            "programme-ended",
            "second-approval-needed",
        ],
        ["proposeTransferProposal"] =
        [
            "account-not-by-hand",
            "amount-exceeds-corrected",
            "corrected-not-found",
            "corrected-not-posted",
            .. Budget,
        ],
        ["publishQuotaPolicy"] = ["later-version", "no-draft", "own-organization", "own-request", "policy-invalid"],
        ["rejectOffer"] = OfferVerdict,
        ["rejectTransferProposal"] = ["hold-expired", "own-programme", "own-proposal", "own-provider", "proposal-not-open"],
        ["removeAdministrator"] = ["changed-meanwhile", "own-role"],
        ["removeOrganizationMember"] = ["changed-meanwhile", "last-owner"],
        ["replayDecision"] = ["decided-by-person"],
        ["getQuotaSimulationResult"] = ["exports-running", "simulation-not-done"],
        ["retireQuotaPolicy"] = ["not-published", "own-organization", "own-request"],
        ["revokeClient"] = ["client-revoked"],
        ["replaceUsageRecord"] =
        [
            "usage-after-grant",
            "usage-before-grant",
            "usage-exceeds-gpus",
            "usage-exceeds-grant",
            "usage-exceeds-limit",
            "usage-in-future",
            "usage-not-in-order",
            "usage-too-short",
            .. UsageCorrection,
        ],
        ["revokeGrant"] = ["grant-not-active"],
        ["rotateClient"] = ["changed-meanwhile", "client-revoked"],
        ["makeGrantToken"] = ["grant-frozen", "grant-not-active", "grant-not-started", "no-grant-tokens"],
        ["importOffers"] = ["programme-ended"],
        ["resumeGrant"] = ["grant-frozen", "grant-not-suspended", "own-organization", "own-provider"],
        ["suspendGrant"] = ["grant-not-active", "too-many-suspensions"],
        ["settleGrant"] = ["grant-not-ending", .. StandIn],
        ["setOfferRate"] = [.. FinalOffer, "rate-exists", .. StandIn],
        ["simulateQuotaPolicy"] = ["no-draft", "policy-invalid", "too-many-simulations"],
        ["submitQuotaIncrease"] = ["not-higher", "policy-unreadable", "rule-gone", "shared-limit"],
        ["updateOffer"] = [.. FinalOffer, "offer-not-accepted", .. StandIn],
        ["updateOrganization"] = ["organization-closed", "own-organization"],
        ["updateProvider"] = ["name-taken", "own-provider"],
        ["updateProgramme"] = ["looser-than-parent", "programme-ended"],
        ["updateProject"] = ["organization-not-active"],
        ["verifyOrganization"] = ["changed-meanwhile", "organization-closed", "own-organization"],
        ["withdrawVerification"] = ["changed-meanwhile", "not-verified", "organization-closed", "own-organization"],
        ["voidUsageRecord"] = UsageCorrection,
        ["withdrawOfferCapacity"] = ["capacity-is-dated", .. FinalOffer, .. Ledger, .. StandIn],
        ["withdrawOfferTranche"] = [.. FinalOffer, .. Ledger, .. StandIn],
        ["withdrawQuotaIncrease"] = ["increase-not-open"],
        ["withdrawRequest"] = ["request-not-open", "review-expired"],
        ["writeOff"] = Budget,
    };

    /// <summary>Lists the codes of a refusal, for programs and in words.</summary>
    /// <param name="answer">The answer with this status.</param>
    /// <param name="status">400 or above.</param>
    /// <param name="operation">The operation's id.</param>
    /// <param name="goesThroughPipeline">Whether it changes something, and may find the queue full.</param>
    /// <param name="mayPartnersAct">Whether partners do it for others.</param>
    /// <returns>False when no code has this status here: then the operation does not refuse with it.</returns>
    public static bool Add(OpenApiResponse answer, int status, string operation, bool goesThroughPipeline, bool mayPartnersAct)
    {
        var kinds = Shared(status, goesThroughPipeline)
            .Concat(Own.GetValueOrDefault(operation, []))
            .Select(ProblemKinds.Of)
            .Where(kind => kind.Status == status && !(kind.Code == NotThroughPartner && (mayPartnersAct || !goesThroughPipeline)))
            .ToList();
        answer.Extensions ??= new Dictionary<string, IOpenApiExtension>();
        answer.Extensions[Extension] = new JsonNodeExtension(new JsonArray([.. kinds.Select(kind => (JsonNode)kind.Code)]));
        answer.Description = string.Join('\n', kinds.Select(kind => $"* `{kind.Code}`: {kind.Remedy}"));
        return kinds.Count > 0;
    }

    /// <summary>Operations that have codes of their own, so that a test finds one that is gone.</summary>
    public static IEnumerable<string> OperationsWithOwn => Own.Keys;

    private static string[] Shared(int status, bool goesThroughPipeline) =>
        status switch
        {
            400 => ["malformed", "invalid"],
            401 => ["unauthenticated"],
            403 => ["scope-missing", "forbidden", NotThroughPartner],
            404 => ["not-found"],
            408 => ["body-too-slow"],
            412 => ["stale"],
            413 => ["body-too-large"],
            415 => ["unsupported-content-type"],
            422 => ["idempotency-key-reused"],
            428 => ["precondition-required"],
            429 => ["rate-limited"],
            500 => ["internal"],
            503 => goesThroughPipeline ? ["queue-full", "database-unavailable"] : ["database-unavailable"],
            _ => [],
        };
}
