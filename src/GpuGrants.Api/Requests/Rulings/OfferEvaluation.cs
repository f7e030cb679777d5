using GpuGrants.Api.Decisions;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>One offer tried for a request: what capacity, budget and quotas say.</summary>
public sealed class OfferEvaluation
{
    public required OfferMatching.Match Match { get; init; }

    public required QuotaMatch Quotas { get; init; }

    public required QuotaAsk Ask { get; init; }

    public required QuotaDecision Decision { get; init; }

    /// <summary>Reasons that no person can lift: size, capacity, budget.</summary>
    public required IReadOnlyList<DecisionReason> Obstacles { get; init; }

    /// <summary>The most that would pass now, in whole steps of the wire format.</summary>
    public required GpuTime MaxGrantable { get; init; }

    public QuotaVerdict Verdict => Obstacles.Count > 0 ? QuotaVerdict.Deny : Decision.Verdict;

    public IEnumerable<DecisionReason> Reasons => Obstacles.Concat(QuotaReasons.Of(Decision));

    /// <summary>Tries the offer. Reads only; the accounts and counters must have been planned.</summary>
    public static OfferEvaluation Run(
        TreeChanges tree,
        QuotaBook counters,
        QuotaMatch quotas,
        OfferMatching.Match match,
        RequestDraft draft,
        Guid budgetProgrammeId
    )
    {
        var ask = new QuotaAsk(draft.Time, match.Rate, draft.Gpus);
        var decision = QuotaDecision.Decide(quotas, ask, counters, tree.At);
        var capacity = Math.Max(0, tree.FindAccount(match.Offer.CapacityAccountId)?.Available ?? 0);
        var budget = Math.Max(0, tree.FindAccount(AccountIds.Of(AccountKind.Budget, LedgerUnit.Credit, budgetProgrammeId))?.Available ?? 0);
        var obstacles = new List<DecisionReason>(OfferReasons.Check(match, draft, capacity, budget));
        var most = Math.Min(
            Math.Min(decision.MaxGrantable.Seconds, capacity),
            match.Rate.AffordableWith(Credits.FromUnits(budget)).Seconds
        );
        if (match.Offer.MaxSize is { } largest)
            most = Math.Min(most, largest.Seconds);
        var grantable = GpuTime.FromSeconds(most).FloorToStep();
        return new OfferEvaluation
        {
            Match = match,
            Quotas = quotas,
            Ask = ask,
            Decision = decision,
            Obstacles = obstacles,
            MaxGrantable = grantable < match.Offer.MinSize ? GpuTime.Zero : grantable,
        };
    }

    /// <summary>All that rules may ask about the request if this offer served it.</summary>
    public static QuotaContext Context(
        TreeChanges tree,
        ProgrammeConfig programme,
        Organization organization,
        Guid? projectId,
        Guid memberId,
        RequestDraft draft,
        Offer? offer
    ) =>
        new()
        {
            RootProgrammeId = tree.RootProgrammeId,
            ProgrammePath = programme.Path,
            OrganizationId = organization.Id,
            OrganizationKind = organization.Kind,
            OrganizationCreatedAt = organization.CreatedAt,
            OrganizationVerified = organization.VerifiedAt is not null,
            ProjectId = projectId,
            MemberId = memberId,
            PartnerId = organization.PartnerId,
            GpuModelId = offer?.GpuModelId,
            GpuClass = offer?.GpuClass,
            GpuMemoryGib = offer?.GpuMemoryGib,
            ProviderId = offer?.ProviderId,
            OfferId = offer?.Id,
            Region = offer?.Region,
            Tags = draft.Tags,
            Gpus = draft.Gpus,
            RequestedAt = tree.At,
        };
}
