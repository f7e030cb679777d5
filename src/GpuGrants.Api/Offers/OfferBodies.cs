using GpuGrants.Api.Http.Bodies;

namespace GpuGrants.Api.Offers;

/// <summary>A new offer, or a change, which keeps what it leaves out.</summary>
public sealed record OfferBody : IOwnNames
{
    /// <summary>The offer serves this programme and those below it. Cannot change.</summary>
    public Guid? ProgrammeId { get; init; }

    /// <summary>Cannot change.</summary>
    public Guid? ProviderId { get; init; }

    /// <summary>Cannot change.</summary>
    public string? GpuModel { get; init; }

    /// <summary>A lower-case word such as kr-central. Cannot change.</summary>
    public string? Region { get; init; }

    /// <summary>
    /// GPU-hours that the offer can give once the programme accepts it; more is added by <c>add-capacity</c>. Only for a new one.
    /// </summary>
    public decimal? CapacityGpuHours { get; init; }

    /// <summary>Credits per GPU-hour; later ones are set by <c>rates</c>. Only for a new one.</summary>
    public decimal? Rate { get; init; }

    /// <summary>The smallest grant.</summary>
    [MayBeEmpty]
    public decimal? MinGpuHours { get; init; }

    /// <summary>The largest grant; none when left out.</summary>
    [MayBeEmpty]
    public decimal? MaxGpuHours { get; init; }

    /// <summary>The most GPUs that one grant may use at once; 8 when left out.</summary>
    public int? MaxGpus { get; init; }

    /// <summary>
    /// Hours after a grant's end in which usage from before the end is still charged; 24 when left out. Once the programme accepted them,
    /// they may only become fewer. Awarded grants keep theirs.
    /// </summary>
    public int? SettlementHours { get; init; }

    /// <summary>
    /// Whether the provider's operators approve each grant themselves, beside the programme's rules and reviewers; false when left out.
    /// Once the programme accepted the offer without it, it stays false.
    /// </summary>
    public bool? ProviderApproves { get; init; }

    /// <summary>How its GPUs are connected, as a lower-case word such as nvlink.</summary>
    [MayBeEmpty]
    public string? Interconnect { get; init; }

    /// <summary>GPUs of one node.</summary>
    [MayBeEmpty]
    public int? GpusPerNode { get; init; }

    /// <summary>Lower-case words by which people find it.</summary>
    [MayBeEmpty]
    public string[]? Tags { get; init; }

    /// <summary>Kinds of organizations that you serve; all that the programme admits when empty.</summary>
    [MayBeEmpty]
    public string[]? EligibleKinds { get; init; }

    /// <summary>Countries (ISO 3166-1 alpha-2) whose organizations you serve; all that the programme admits when empty.</summary>
    [MayBeEmpty]
    public string[]? EligibleCountries { get; init; }

    /// <summary>How a grantee connects, with places such as {{grantId}} that each grant fills. No place for secrets.</summary>
    [MayBeEmpty]
    public string? Connection { get; init; }

    /// <summary>At once when left out. Cannot change.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>A later end than the programme accepted waits for it. Never when left out.</summary>
    [MayBeEmpty]
    public DateTimeOffset? EndsAt { get; init; }

    /// <summary>Your own name for it, by which lists find it. It does not have to be unique.</summary>
    [MayBeEmpty]
    public string? ExternalId { get; init; }

    /// <summary>Your own notes on it: at most 20 short texts under names of yours. In a change, null removes a note.</summary>
    [MayBeEmpty]
    public Dictionary<string, string?>? Metadata { get; init; }

    /// <summary>open, paused or ended; only for a change.</summary>
    public string? Status { get; init; }
}

/// <summary>A rate from a moment on.</summary>
public sealed record RateBody
{
    /// <summary>Credits per GPU-hour.</summary>
    public decimal? Rate { get; init; }

    /// <summary>At once when left out; never in the past.</summary>
    public DateTimeOffset? EffectiveFrom { get; init; }
}

/// <summary>More capacity.</summary>
public sealed record CapacityBody
{
    public decimal? GpuHours { get; init; }
}

/// <summary>GPUs between two moments.</summary>
public sealed record TrancheBody
{
    /// <summary>GPUs at every instant.</summary>
    public int? Gpus { get; init; }

    /// <summary>A full hour of UTC. From the present hour on when left out.</summary>
    public DateTimeOffset? StartsAt { get; init; }

    /// <summary>A full hour of UTC.</summary>
    public DateTimeOffset? EndsAt { get; init; }
}

/// <summary>GPUs to take out of a tranche, from the next full hour to its end.</summary>
public sealed record TrancheWithdrawalBody
{
    public int? Gpus { get; init; }
}

/// <summary>Why a programme rejects an offer, or what waits of it.</summary>
public sealed record OfferRejectionBody
{
    /// <summary>Why, in words for the provider.</summary>
    public string? Reason { get; init; }
}
