using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Proposals;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Mail;
using GpuGrants.Api.People;
using GpuGrants.Api.People.Domains;
using GpuGrants.Api.People.Portals;
using GpuGrants.Api.Reviews;
using GpuGrants.Api.Usage;
using GpuGrants.Requests;
using RuleWords = GpuGrants.Quotas.Documents.Words;

namespace GpuGrants.Api.Contract;

/// <summary>The words that a member of an answer may have, where they are few.</summary>
internal static class Words
{
    private static readonly string[] RuleVerdicts = [DecisionVerdict.Approved, DecisionVerdict.Review, DecisionVerdict.Denied];
    private static readonly string[] Outcomes = Of<BreachOutcome>();
    private static readonly string[] Verdicts = Of<QuotaVerdict>();
    private static readonly string[] Units = Of<QuotaUnit>();
    private static readonly string[] Standing = ["active", "suspended", "closed"];

    private static readonly Dictionary<string, IReadOnlyList<string>> ByMember = new(StringComparer.Ordinal)
    {
        ["Account.kind"] = [.. Enum.GetValues<AccountKind>().Select(kind => kind.ToString().ToLowerInvariant())],
        ["ChangeProposal.kind"] = ChangeKinds.All,
        ["ChangeProposal.status"] = ChangeStatus.All,
        ["ChangeProposal.approverRoles"] = Roles.All,
        ["Client.status"] = ["active", "revoked"],
        ["Client.scopes"] = [.. Scopes.Descriptions.Keys],
        ["TransferProposal.kind"] = ProposalKinds.All,
        ["TransferProposal.status"] =
        [
            ProposalStatus.AwaitingApproval,
            ProposalStatus.Posted,
            ProposalStatus.Rejected,
            ProposalStatus.Expired,
        ],
        ["Mail.kind"] = MailKinds.All,
        ["Mail.status"] = [MailRow.Pending, MailRow.Sent, MailRow.Failed],
        ["DomainProof.method"] = [DomainProof.Dns, DomainProof.Email],
        ["MinorConfirmation.kind"] = [MinorConfirmation.Guardian, MinorConfirmation.School],
        ["MinorConfirmation.endReason"] =
        [
            MinorConfirmation.Withdrawn,
            MinorConfirmation.Replaced,
            MinorConfirmation.Left,
            MinorConfirmation.Erased,
            MinorConfirmation.Unverified,
        ],
        ["Programme.minorsNeed"] = Of<MinorsNeed>(),
        ["EffectiveTerms.minorsNeed"] = Of<MinorsNeed>(),
        ["Handover.kind"] = [HandoverRow.Offer, HandoverRow.Rescue],
        ["Handover.status"] = HandoverStatus.All,
        ["DomainProof.status"] = DomainProofStatus.All,
        ["Decision.verdict"] = [.. RuleVerdicts, DecisionVerdict.Endorsed, DecisionVerdict.Withdrawn, DecisionVerdict.Expired],
        ["Decision.decidedBy"] = DecidedBy.All,
        ["DecisionReplay.verdict"] = RuleVerdicts,
        ["DecisionReplay.replayedVerdict"] = RuleVerdicts,
        ["EffectiveTerms.eligibleKinds"] = OrganizationKinds.All,
        ["Evaluation.unit"] = Units,
        ["Evaluation.outcome"] = Outcomes,
        ["GpuModel.status"] = ["proposed", "active", "retired"],
        ["Grant.status"] = GrantStatus.All,
        ["Grant.endedAs"] = GrantEnd.All,
        ["MoveResult.status"] = ["moved", "refused"],
        ["Invitation.role"] = Roles.All,
        ["Invitation.status"] = InvitationStatus.All,
        ["Me.scopes"] = [.. Scopes.Descriptions.Keys],
        ["Member.role"] = Roles.All,
        ["Offer.status"] = OfferStatus.All,
        ["PinnedQuote.mode"] = [GrantMode.Pooled, GrantMode.Reserved],
        ["PinnedQuote.status"] = QuoteStatus.All,
        ["Tranche.status"] = [TrancheStatus.Proposed, TrancheStatus.Open],
        ["Organization.kind"] = OrganizationKinds.All,
        ["Organization.status"] = Standing,
        ["OrganizationLimit.level"] = [.. OrganizationLimit.Levels],
        ["OrganizationLimit.status"] = ["active", "ended"],
        ["OrganizationLimit.unit"] = Units,
        ["OrganizationLimit.window"] = [.. OrganizationLimit.Windows],
        ["Partner.status"] = Standing,
        ["PartnerPerson.status"] = PartnerPerson.Statuses,
        ["PartnerTrust.status"] = [PartnerTrust.Active, PartnerTrust.Ended],
        ["Consent.begunBy"] = ConsentSides.All,
        ["Consent.scopes"] = [Scopes.Read, Scopes.Request],
        ["Consent.status"] = ConsentStatus.All,
        ["ConsentOffer.begunBy"] = ConsentSides.All,
        ["ConsentOffer.scopes"] = [Scopes.Read, Scopes.Request],
        ["Programme.eligibleKinds"] = OrganizationKinds.All,
        ["Programme.status"] = ["active", "suspended", "ended"],
        ["Programme.visibility"] = ProgrammeVisibility.All,
        ["Project.status"] = ["active", "closed"],
        ["Provider.status"] = Standing,
        ["QuotaIncrease.status"] = [RequestStatus.Approved, RequestStatus.InReview, RequestStatus.Denied, RequestStatus.Withdrawn],
        ["QuotaIncrease.unit"] = Units,
        ["QuotaIncreaseDecision.verdict"] = [.. RuleVerdicts, DecisionVerdict.Withdrawn],
        ["QuotaIncreaseDecision.decidedBy"] = DecidedBy.All,
        ["QuotaOverride.effect"] = Of<OverrideEffect>(),
        ["QuotaPolicyVersion.status"] = ["draft", "published", "retired"],
        ["QuotaSimulation.status"] = ["waiting", "running", "done", "failed"],
        ["Request.status"] =
        [
            RequestStatus.Approved,
            RequestStatus.InReview,
            RequestStatus.Denied,
            RequestStatus.Withdrawn,
            RequestStatus.Expired,
        ],
        ["Review.awaits"] = [ReviewView.AwaitsProgramme, ReviewView.AwaitsProvider],
        ["Review.organizationKind"] = OrganizationKinds.All,
        ["Role.role"] = Roles.All,
        ["SimulationFlip.wasDecided"] = Verdicts,
        ["SimulationFlip.wouldBe"] = Verdicts,
        ["StandingTerms.status"] = ["active", "ended"],
        ["ImportedLine.status"] = ["created", "repriced", "unchanged", "model-proposed", "refused"],
        ["CodeBatch.status"] = ["active", "ended"],
        ["Code.status"] = ["good", "redeemed", "ended"],
        ["SignUpRedemption.status"] = ["approved", "in-review", "denied", "refused"],
        ["Transfer.kind"] = ["posted", "pending", "post", "void"],
        ["TransferOutcome.outcome"] = ["accepted", "refused"],
        ["WebhookEndpoint.format"] = ["standard", "cloudevents"],
        ["WebhookEndpoint.ownerKind"] = ["organization", "programme", "provider", "partner", "platform"],
        ["WebhookEndpoint.status"] = ["active", "disabled", "deleted"],
        ["VerdictResult.status"] = [RequestStatus.Approved, RequestStatus.Denied, RequestStatus.InReview, "refused"],
        ["UsageDispute.status"] = UsageDisputeStatus.All,
        ["UsageReturn.reason"] = UsageReturnView.Reasons,
        ["UsageResult.status"] = ["recorded", "repeated", "refused"],
    };

    /// <summary>Null for free text.</summary>
    /// <param name="schema">The contract's name of the type.</param>
    /// <param name="member">The JSON name.</param>
    public static IReadOnlyList<string>? Of(string schema, string member) => ByMember.GetValueOrDefault($"{schema}.{member}");

    /// <summary>Every member that is listed, so that a test finds one that is gone.</summary>
    public static IEnumerable<string> Members => ByMember.Keys;

    private static string[] Of<TEnum>()
        where TEnum : struct, Enum => [.. RuleWords.All<TEnum>()];
}
