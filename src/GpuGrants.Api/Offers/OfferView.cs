using System.Text.Json.Serialization;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Offers;

/// <summary>What a provider puts up.</summary>
public sealed record OfferView
{
    public required Guid Id { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid ProviderId { get; init; }

    public required string GpuModel { get; init; }

    public required string Region { get; init; }

    public required decimal MinGpuHours { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? MaxGpuHours { get; init; }

    public required int MaxGpus { get; init; }

    /// <summary>Hours after a grant's end in which usage from before the end is still charged.</summary>
    public required int SettlementHours { get; init; }

    /// <summary>True when the provider's operators approve each grant, beside the programme's rules and reviewers.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ProviderApproves { get; init; }

    /// <summary>How its GPUs are connected.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Interconnect { get; init; }

    /// <summary>GPUs of one node.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? GpusPerNode { get; init; }

    /// <summary>Words by which people find it.</summary>
    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>Kinds of organizations that the provider serves; empty for all.</summary>
    public required IReadOnlyList<string> EligibleKinds { get; init; }

    /// <summary>Countries whose organizations the provider serves; empty for all.</summary>
    public required IReadOnlyList<string> EligibleCountries { get; init; }

    /// <summary>How a grantee connects, with places that each grant fills. For the provider, and for who accepts the offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Connection { get; init; }

    /// <summary>Credits per GPU-hour now, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Rate { get; init; }

    /// <summary>GPU-hours that may still be granted, in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? AvailableGpuHours { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Where capacity is dated, GPUs between two moments; in the answer about a single offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TrancheView>? Tranches { get; init; }

    /// <summary>Rates that are still to come, in the answer about a single offer. Each can be replaced until it is due.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ComingRateView>? ComingRates { get; init; }

    /// <summary>What the provider asks for and the programme has not accepted; left out when nothing waits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OfferPendingView? Pending { get; init; }

    /// <summary>When the programme accepted the offer first; left out while it has not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>The standing terms that accepted it; left out when people did.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? StandingTermsId { get; init; }

    /// <summary>Why the programme rejected the offer, or what waited of it last.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RejectionReason { get; init; }

    /// <summary>For its provider: the provider's own name for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }

    /// <summary>For its provider: the provider's own notes on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>proposed, open, paused, ended or rejected.</summary>
    public required string Status { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The offer without what provider and programme have yet to agree on, which is no stranger's business.</summary>
    public static OfferView OfStranger(OfferRow row) => Of(row) with { Pending = null, RejectionReason = null, StandingTermsId = null };

    /// <summary>The offer as one of its sides sees it. The provider's own notes are nobody's but its.</summary>
    /// <param name="caller">Operates the provider, or reviews the programme: see <see cref="OfferSight"/>.</param>
    public static OfferView To(Caller caller, OfferRow row) =>
        caller.Operates(row.ProviderId)
            ? Of(row) with
            {
                ExternalId = row.ExternalId,
                Metadata = Http.Bodies.Metadata.Read(row.Metadata),
                Connection = row.Connection,
            }
        : caller.Administers([row.ProgrammeId, row.RootProgrammeId]) ? Of(row) with { Connection = row.Connection }
        : Of(row);

    /// <summary>The view with the tranches that its reader may know of: strangers see those that the programme accepted.</summary>
    internal OfferView With(IEnumerable<OfferTranche> tranches) =>
        this with
        {
            Tranches = tranches
                .Where(one => one.Status == TrancheStatus.Open || (one.Status == TrancheStatus.Proposed && Pending is not null))
                .Select(TrancheView.Of)
                .ToList()
                is { Count: > 0 } shown
                ? shown
                : null,
        };

    private static OfferView Of(OfferRow row) =>
        new()
        {
            Id = row.Id,
            ProgrammeId = row.ProgrammeId,
            ProviderId = row.ProviderId,
            GpuModel = row.GpuModelId,
            Region = row.Region,
            MinGpuHours = Wire.Hours(row.MinGpuSeconds),
            MaxGpuHours = row.MaxGpuSeconds is { } max ? Wire.Hours(max) : null,
            MaxGpus = row.MaxGpus,
            SettlementHours = (int)(row.SettlementSeconds / 3_600),
            ProviderApproves = row.ProviderApproves,
            Interconnect = row.Interconnect,
            GpusPerNode = row.GpusPerNode,
            Tags = row.Tags,
            EligibleKinds = row.EligibleKinds,
            EligibleCountries = row.EligibleCountries,
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            Pending = OfferPendingView.Of(row),
            AcceptedAt = row.AcceptedAt,
            StandingTermsId = row.StandingTermsId,
            RejectionReason = row.RejectionReason,
            Status = row.Status,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
}

/// <summary>A rate that is still to come.</summary>
/// <param name="Rate">Credits per GPU-hour.</param>
/// <param name="EffectiveFrom">The moment from which the offer charges it.</param>
public sealed record ComingRateView(decimal Rate, DateTimeOffset EffectiveFrom)
{
    public static ComingRateView Of(OfferRate row) => new(Wire.Rate(row.MillicreditsPerGpuHour), row.EffectiveFrom);
}

/// <summary>What of an offer waits for the programme.</summary>
public sealed record OfferPendingView
{
    /// <summary>Credits per GPU-hour.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? Rate { get; init; }

    /// <summary>From when the provider wants the rate. Once that has passed, it holds from its acceptance on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? RateFrom { get; init; }

    /// <summary>GPU-hours to add.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? MoreGpuHours { get; init; }

    /// <summary>A later end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Whether the provider asks to serve without an end.</summary>
    public required bool WithoutEnd { get; init; }

    public static OfferPendingView? Of(OfferRow row) =>
        row.HasPending()
            ? new OfferPendingView
            {
                Rate = row.PendingRate is { } rate ? Wire.Rate(rate) : null,
                RateFrom = row.PendingRateFrom,
                MoreGpuHours = row.PendingSeconds > 0 ? Wire.Hours(row.PendingSeconds) : null,
                EndsAt = row.PendingEndsAt,
                WithoutEnd = row.PendingEnd && row.PendingEndsAt is null,
            }
            : null;
}
