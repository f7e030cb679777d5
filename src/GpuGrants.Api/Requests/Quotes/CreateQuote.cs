using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Api.Store;
using GpuGrants.Grants;

namespace GpuGrants.Api.Requests.Quotes;

/// <summary>Pins the offer that a request would get now, its rate and its GPU time.</summary>
internal sealed class CreateQuote : Command<Quote>
{
    /// <summary>The request that the quote is for. It is never submitted: its rules are asked.</summary>
    public required SubmitRequest Ask { get; init; }

    /// <summary>The first possible start of the grant; null for the moment of the quote.</summary>
    public required DateTimeOffset? StartsAt { get; init; }

    /// <summary>From the first possible start to the end.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How long it pins.</summary>
    public required TimeSpan Validity { get; init; }

    /// <summary>The most quotes that the person may have open.</summary>
    public required int OpenPerPerson { get; init; }

    public override void PlanAhead(BatchState batch) => Ask.PlanAhead(batch);

    public override void Plan(BatchState batch)
    {
        Pin(batch);
        Ask.Plan(batch);
        OpenQuotes.Plan(batch, Actor.Person);
    }

    public override Outcome<Quote> Decide(BatchState batch)
    {
        var tree = batch.Tree(Tree);
        var (start, expires, end) = Pin(batch);
        // A grant lasts whole seconds, whenever the quote is used.
        if (expires.AddSeconds(1) > end)
            return Refusal.Invalid("validMinutes", "State fewer minutes than the grant would last, or more days.") with
            {
                MessageKo = "지원 기간보다 짧은 분을 지정하거나 기간의 일수를 늘려 주십시오.",
            };
        if (!Ask.MakeRuling(batch).TryGet(out var ruling, out var refusal))
            return refusal;
        if (ruling.Verdict == QuotaVerdict.Deny)
            return VerdictRefusal.ForQuote(ruling.Reasons);
        if (OpenQuotes.CountOf(batch, Actor.Person) >= OpenPerPerson)
            return Refusal.Conflict(
                "too-many-quotes",
                $"You have {OpenPerPerson} open quotes, the most that one person may have. Use one, or wait until one expires."
            ) with
            {
                MessageKo =
                    $"열린 견적이 {OpenPerPerson}건으로, 한 사람이 가질 수 있는 최대입니다. 하나를 사용하거나 만료될 때까지 기다려 주십시오.",
            };
        var row = New(batch, tree, ruling.Evaluation!, start, expires, end);
        Hold(tree, row);
        batch.Rows<Quote>().Insert(row);
        LapsedQuotes.Made(batch, tree, row);
        batch.RecordEvent(Tree, Actor, QuoteEvents.Created, LapsedQuotes.DataOf(row), row.Livemode);
        return row;
    }

    /// <summary>
    /// Asks for the whole time, and for that which is left once the quote expires: both have to hold, whenever the quote is used.
    /// </summary>
    private (DateTimeOffset Start, DateTimeOffset Expires, DateTimeOffset End) Pin(BatchState batch)
    {
        // The draft that is decided is the one that was planned.
        var at = batch.Tree(Tree).PlannedAt;
        var start = StartsAt is { } later && later > at ? later : at;
        var expires = at + Validity;
        // Reserved GPUs come whole, so they start once the quote can be used no more.
        if (Ask.Draft.IsReserved && start < expires)
            start = expires;
        start = GrantTimes.StartOf(start, Ask.Draft.IsReserved);
        var end = start + Duration;
        Ask.Pin(start, start > expires ? start : expires, end);
        return (start, expires, end);
    }

    private Quote New(
        BatchState batch,
        TreeChanges tree,
        OfferEvaluation chosen,
        DateTimeOffset start,
        DateTimeOffset expires,
        DateTimeOffset end
    )
    {
        var (offer, draft) = (chosen.Match.Offer, Ask.Draft);
        return new Quote
        {
            RootProgrammeId = Tree.Value,
            Id = Guid.CreateVersion7(tree.At),
            ProgrammeId = Ask.ProgrammeId,
            OrganizationId = Ask.OrganizationId,
            PersonId = Actor.Person,
            ClientId = Actor.ClientId,
            OfferId = offer.Id,
            ProviderId = offer.ProviderId,
            GpuModelId = offer.GpuModelId,
            OfferRegion = offer.Region,
            Mode = GrantMode.Of(offer, draft.IsReserved),
            GpuSeconds = draft.Time.Seconds,
            Gpus = draft.Gpus,
            GpuModels = draft.GpuModels,
            MinGpuMemoryGib = draft.MinGpuMemoryGib,
            Region = draft.Region,
            MillicreditsPerGpuHour = chosen.Match.Rate.MillicreditsPerGpuHour,
            StartsAt = start,
            EndsAt = end,
            ExpiresAt = expires,
            RequestId = Guid.CreateVersion7(tree.At),
            GrantId = Guid.CreateVersion7(tree.At),
            TimeHoldId = Guid.CreateVersion7(tree.At),
            Livemode = batch.Rows<Organization>().Find(new RowKey(Ask.OrganizationId))!.Livemode,
            Version = 1,
            CreatedAt = tree.At,
            UpdatedAt = tree.At,
        };
    }

    private void Hold(TreeChanges tree, Quote row)
    {
        var unit = LedgerUnit.Gpu(row.GpuModelId);
        tree.Post([
            TransferOrder.Pending(
                row.TimeHoldId,
                tree.AccountOf(AccountKind.Capacity, unit, row.OfferId),
                tree.AccountOf(AccountKind.Grant, unit, row.GrantId, isNew: true),
                row.GpuSeconds,
                row.ExpiresAt,
                TransferReasons.Quote,
                Actor.About(row.RequestId, row.GrantId, row.ProgrammeId)
            ),
        ]);
    }
}
