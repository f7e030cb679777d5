using GpuGrants.Grants;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>What an applicant asks for, checked and in the service's own units.</summary>
public sealed record RequestDraft
{
    /// <summary>The only offer that may serve it, where a code or a quote names one; null for any. No request stores it.</summary>
    public Guid? OfferId { get; init; }

    public required GpuTime Time { get; init; }

    public required int Gpus { get; init; }

    /// <summary>Whether the GPUs are to be its own from start to end.</summary>
    public bool IsReserved { get; init; }

    /// <summary>Acceptable GPU models; empty for any.</summary>
    public required string[] GpuModels { get; init; }

    public int? MinGpuMemoryGib { get; init; }

    public string? Region { get; init; }

    public required string Purpose { get; init; }

    public required string[] Tags { get; init; }

    /// <summary>When it should start; null for at once.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>The moment at which it ends whenever it starts, where a quote says so; null otherwise.</summary>
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>
    /// The first moment at which it may start, where a quote is used at any moment from then until <see cref="StartsAt"/>; null otherwise.
    /// </summary>
    public DateTimeOffset? EarliestStart { get; init; }

    /// <summary>The same ask from the earliest start on; null where it has one start alone. It ends at the same moment.</summary>
    /// <param name="wanted">The ask from the latest start on.</param>
    public OfferAsk? Earliest(OfferAsk wanted) =>
        EarliestStart is { } start && start < wanted.StartsAt ? wanted with { StartsAt = start } : null;

    /// <summary>What the draft wants of an offer when it is decided at <paramref name="at"/>.</summary>
    /// <param name="at">The moment of the decision.</param>
    /// <param name="organization">Who asks, which an offer may ask for.</param>
    public OfferAsk Ask(DateTimeOffset at, Organization organization) =>
        Ask(at) with
        {
            Kind = organization.Kind,
            Country = organization.Country,
        };

    private OfferAsk Ask(DateTimeOffset at)
    {
        var start = GrantTimes.StartOf(StartsAt is { } later && later > at ? later : at, IsReserved);
        return new OfferAsk
        {
            Time = Time,
            Gpus = Gpus,
            IsReserved = IsReserved,
            GpuModels = GpuModels,
            MinGpuMemoryGib = MinGpuMemoryGib,
            Region = Region,
            StartsAt = start,
            EndsAt = EndsAt ?? start + Duration,
        };
    }

    /// <summary>The draft with the hours of its reserved GPUs, unless hours are stated.</summary>
    public RequestDraft Whole(bool isStated) =>
        IsReserved && !isStated ? this with { Time = GpuTime.FromSeconds(Gpus * (long)Duration.TotalSeconds) } : this;

    /// <summary>The draft with what an offer would serve.</summary>
    public RequestDraft With(OfferAsk ask) =>
        this with
        {
            Gpus = ask.Gpus,
            IsReserved = ask.IsReserved,
            GpuModels = [.. ask.GpuModels],
            MinGpuMemoryGib = ask.MinGpuMemoryGib,
            Region = ask.Region,
            StartsAt = ask.StartsAt,
            Duration = ask.EndsAt - ask.StartsAt,
        };

    /// <summary>Writes the draft into a request's row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="at">The moment of the decision, when a draft without a start begins.</param>
    public void WriteTo(Request row, DateTimeOffset at)
    {
        row.GpuSeconds = Time.Seconds;
        row.Gpus = Gpus;
        row.Mode = IsReserved ? GrantMode.Reserved : null;
        row.GpuModels = GpuModels;
        row.MinGpuMemoryGib = MinGpuMemoryGib;
        row.Region = Region;
        row.Purpose = Purpose;
        row.Tags = Tags;
        var ask = Ask(at);
        row.StartsAt = ask.StartsAt;
        row.DurationSeconds = (long)(ask.EndsAt - ask.StartsAt).TotalSeconds;
    }

    /// <summary>The draft that a stored request came from.</summary>
    public static RequestDraft Of(Request row) =>
        new()
        {
            Time = GpuTime.FromSeconds(row.GpuSeconds),
            Gpus = row.Gpus,
            IsReserved = row.Mode == GrantMode.Reserved,
            GpuModels = row.GpuModels,
            MinGpuMemoryGib = row.MinGpuMemoryGib,
            Region = row.Region,
            Purpose = row.Purpose,
            Tags = row.Tags,
            StartsAt = row.StartsAt,
            Duration = TimeSpan.FromSeconds(row.DurationSeconds),
        };
}
