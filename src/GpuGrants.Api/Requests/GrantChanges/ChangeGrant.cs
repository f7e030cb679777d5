using GpuGrants.Api.Decisions;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.Offers;
using GpuGrants.People;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>
/// Asks for more time of a grant at its rate, or for a later end. It is a request like any other: the rules approve, deny or refer it, and
/// what it needs is held while a person decides. It counts for whom the grant counts. On dated tranches it meets the same guard as a new
/// grant.
/// </summary>
internal sealed class ChangeGrant : Command<RequestDecided>
{
    public required Guid GrantId { get; init; }

    /// <summary><see cref="AskedChange.TopUp"/> or <see cref="AskedChange.Extend"/>.</summary>
    public required string Change { get; init; }

    /// <summary>More time; zero for a later end.</summary>
    public GpuTime Time { get; init; }

    /// <summary>The later end; null for more time.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What it is for; null for what the grant is for.</summary>
    public string? Purpose { get; init; }

    public required IReadOnlyList<Guid> AcceptedTerms { get; init; }

    /// <summary>What the caller's person stated of their age.</summary>
    public required StatedAge Age { get; init; }

    /// <summary>For how long past roles count where organization and provider share people.</summary>
    public required TimeSpan IndependenceWindow { get; init; }

    public ExpectedVersions? ExpectedVersion { get; init; }

    private RowKey Key => new(Tree.Value, GrantId);

    public override void Plan(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        Lapses.Plan(batch, tree);
        if (!batch.Rows<Grant>().TryRead(Key, out var grant) || grant is null)
            return;
        GrantRules.Plan(batch, tree, grant);
        ActiveProject.Plan(batch, grant.ProjectId);
    }

    public override Outcome<RequestDecided> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        if (!batch.Unchanged<Grant>(Key, ExpectedVersion).TryGet(out var grant, out var no))
            return no;
        var end = EndOf(grant);
        if (GrantAsk.Refuse(tree, grant, Change, end) is { } unfit)
            return unfit;
        if (!tree.Config.Programmes.TryGetValue(grant.ProgrammeId, out var programme))
            return Refusal.NotFound;
        if (SubmitRequest.RefuseTerms(programme, AcceptedTerms) is { } terms)
            return terms;
        if (ActiveProject.CheckStill(batch, grant.ProjectId, grant.OrganizationId) is { } closed)
            return closed;
        Lapses.Close(batch, tree);
        var organization = batch.Rows<Organization>().Find(new RowKey(grant.OrganizationId))!;
        var wanted = GrantAsk.WantedOf(grant, organization, Change, Time, end);
        var ruling = MakeRuling(batch, tree, programme, grant, wanted);
        var request = NewRow(batch, tree, grant, wanted);
        var (decision, _) = Verdicts.Apply(batch, tree, request, programme, ruling, Actor);
        batch.Rows<Request>().Insert(request);
        return new RequestDecided(request, decision, ruling.Explanation, ruling.Evaluation?.Quotas);
    }

    /// <summary>Whole seconds after the grant's start, as all lengths of grants.</summary>
    private DateTimeOffset EndOf(Grant grant) =>
        ExpiresAt is { } end ? grant.StartsAt.AddSeconds(Math.Floor((end - grant.StartsAt).TotalSeconds)) : grant.ExpiresAt;

    /// <summary>What the rules say. The offer is the grant's, and so is the rate.</summary>
    private Ruling MakeRuling(BatchState batch, TreeChanges tree, ProgrammeConfig programme, Grant grant, OfferAsk wanted)
    {
        var organization = batch.Rows<Organization>().Find(new RowKey(grant.OrganizationId))!;
        var applicant = Applicants.Of(organization, Age, tree.At);
        var offer = tree.Config.Offers.FirstOrDefault(one => one.Id == grant.OfferId);
        var rate = Rate.FromMillicredits(grant.MillicreditsPerGpuHour);
        var against = AwardConditions.AgainstApplicant(applicant, programme.Terms, GrantAsk.WholeOf(grant, wanted), tree.At);
        if (offer is null)
            against.AddRange(AwardConditions.AgainstOffer(null, wanted, GpuTime.Zero));
        if (
            GrantAsk.AddsTime(grant, Change)
            && offer?.RateAt(tree.At) is { } now
            && now.MillicreditsPerGpuHour > rate.MillicreditsPerGpuHour
        )
            against.Add(ChangeReasons.RateIsHigher(grant.Id, Change, rate, now));
        var rules = PinnedContext.RulesOf(batch, tree, grant.PinnedBy);
        var basis = AskBasis.New(batch).Changing(batch, tree, grant, Change);
        var best = offer is null
            ? null
            : OfferEvaluation.Run(
                tree,
                basis,
                rules,
                new OfferMatching.Match(GrantAsk.OfferFor(offer, grant, Change), rate),
                wanted,
                new Ties(organization, IndependenceWindow),
                grant.BudgetProgrammeId
            );
        return RulingOf(tree, rules, basis, wanted, rate, against, best, DraftOf(batch, grant, wanted));
    }

    private static Ruling RulingOf(
        TreeChanges tree,
        QuotaMatch rules,
        AskBasis basis,
        OfferAsk wanted,
        Rate rate,
        List<Reason> against,
        OfferEvaluation? best,
        RequestDraft draft
    )
    {
        var ask =
            best?.Ask ?? new QuotaAsk(wanted.Time, rate, wanted.Gpus, basis.IsCountedAlready, basis.LifeOf(wanted)) { Part = basis.Part };
        var decision = best?.Quotas ?? QuotaDecision.Decide(rules, ask, basis.Counters, tree.At);
        var verdict = against.Count > 0 || best is null ? QuotaVerdict.Deny : best.Verdict;
        var most = against.Count > 0 || best is null || basis.Part == AskedPart.Dates ? GpuTime.Zero : best.MaxGrantable;
        return new Ruling
        {
            Verdict = verdict,
            Evaluation = best,
            Reasons =
                verdict == QuotaVerdict.Approve
                    ? []
                    :
                    [
                        .. best?.Obstacles ?? [],
                        .. against.Select(DecisionReason.Of),
                        .. verdict == QuotaVerdict.Review ? best!.TieReasons : [],
                        .. QuotaReasons.Of(decision, verdict, most),
                    ],
            MaxGrantable = most,
            Rules = rules,
            Draft = draft,
            PassedOver = [],
            Snapshot = DecisionSnapshot.Take(rules, ask, basis.Counters, tree.At),
        };
    }

    private RequestDraft DraftOf(BatchState batch, Grant grant, OfferAsk wanted)
    {
        var first = batch.Rows<Request>().Find(new RowKey(Tree.Value, grant.RequestId))!;
        return new RequestDraft
        {
            Time = wanted.Time,
            Gpus = grant.Gpus,
            IsReserved = wanted.IsReserved,
            GpuModels = [grant.GpuModelId],
            Region = grant.Region,
            Purpose = Purpose ?? first.Purpose,
            Tags = first.Tags,
            StartsAt = wanted.StartsAt,
            Duration = wanted.EndsAt - wanted.StartsAt,
        };
    }

    private Request NewRow(BatchState batch, TreeChanges tree, Grant grant, OfferAsk wanted)
    {
        var first = batch.Rows<Request>().Find(new RowKey(Tree.Value, grant.RequestId))!;
        return new Request
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(tree.At),
            ProgrammeId = grant.ProgrammeId,
            OrganizationId = grant.OrganizationId,
            ProjectId = grant.ProjectId,
            PartnerId = Actor.Acting?.PartnerId ?? first.PartnerId,
            Change = Change,
            ChangesGrantId = grant.Id,
            GpuSeconds = wanted.Time.Seconds,
            Gpus = grant.Gpus,
            Mode = wanted.IsReserved ? GrantMode.Reserved : null,
            GpuModels = [grant.GpuModelId],
            Region = grant.Region,
            Purpose = Purpose ?? first.Purpose,
            Tags = first.Tags,
            StartsAt = wanted.StartsAt,
            DurationSeconds = (long)(wanted.EndsAt - wanted.StartsAt).TotalSeconds,
            RequestedBy = Actor.Member,
            ClientId = Actor.ClientId,
            Livemode = grant.Livemode,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
    }
}
