using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>offers</c>: GPUs of one model in one region that a provider puts up for a programme and those below it.</summary>
public sealed class OfferRow : IVersioned, IOwnNamed, IOfProvider
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    public Guid ProviderId { get; set; }

    public string GpuModelId { get; set; } = "";

    public string Region { get; set; } = "";

    public Guid CapacityAccountId { get; set; }

    public long MinGpuSeconds { get; set; }

    public long? MaxGpuSeconds { get; set; }

    public int MaxGpus { get; set; }

    /// <summary>How long after a grant's end its usage is still charged.</summary>
    public long SettlementSeconds { get; set; }

    /// <summary>Whether the provider approves each grant on it, beside rules and reviewers.</summary>
    public bool ProviderApproves { get; set; }

    /// <summary>By which a price list finds it again; null for an offer that came of none.</summary>
    public string? ImportKey { get; set; }

    /// <summary>How somebody gets to the GPUs, with places that each grant fills; null for nothing.</summary>
    public string? Connection { get; set; }

    /// <summary>How its GPUs are connected; null when the provider does not say.</summary>
    public string? Interconnect { get; set; }

    /// <summary>GPUs of one node; null when the provider does not say.</summary>
    public int? GpusPerNode { get; set; }

    /// <summary>Words by which people find it.</summary>
    public string[] Tags { get; set; } = [];

    /// <summary>Kinds of organizations that its provider serves; empty for all.</summary>
    public string[] EligibleKinds { get; set; } = [];

    /// <summary>Countries whose organizations its provider serves; empty for all.</summary>
    public string[] EligibleCountries { get; set; } = [];

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset? EndsAt { get; set; }

    /// <summary>The caller's own name for it.</summary>
    public string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    public string? Metadata { get; set; }

    /// <summary>One of <see cref="OfferStatus"/>.</summary>
    public string Status { get; set; } = "";

    /// <summary>How many tranches were put up so far; 0 for GPU-hours without dates.</summary>
    public int Tranches { get; set; }

    /// <summary>GPU-seconds put up: what the programme accepted, less what was withdrawn. Grants take nothing off.</summary>
    public long CapacitySeconds { get; set; }

    /// <summary>GPU-seconds of them that passed in tranches and were delivered to nobody. They went back to supply.</summary>
    public long PassedSeconds { get; set; }

    /// <summary>The day up to which that was looked at; null before the first time.</summary>
    public DateTimeOffset? PassedUntil { get; set; }

    /// <summary>The most GPU-seconds that the programme accepted so far.</summary>
    public long AcceptedSeconds { get; set; }

    /// <summary>Until when the programme accepted it; null for no end, and before anything was accepted.</summary>
    public DateTimeOffset? AcceptedEndsAt { get; set; }

    /// <summary>When the programme accepted it first; null while it has not.</summary>
    public DateTimeOffset? AcceptedAt { get; set; }

    /// <summary>The standing terms that it lies within; null when people accepted it.</summary>
    public Guid? StandingTermsId { get; set; }

    /// <summary>A rate in millicredits per GPU-hour that waits for the programme; null when none does.</summary>
    public long? PendingRate { get; set; }

    public DateTimeOffset? PendingRateFrom { get; set; }

    /// <summary>GPU-seconds that wait for the programme.</summary>
    public long PendingSeconds { get; set; }

    /// <summary>Whether a later end waits for the programme: <see cref="PendingEndsAt"/>, where null means no end.</summary>
    public bool PendingEnd { get; set; }

    public DateTimeOffset? PendingEndsAt { get; set; }

    /// <summary>Who asked for what waits.</summary>
    public Guid[] ProposedBy { get; set; } = [];

    /// <summary>Who accepted or rejected last; null when nobody did, or standing terms did.</summary>
    public Guid? DecidedBy { get; set; }

    public DateTimeOffset? DecidedAt { get; set; }

    /// <summary>Why the programme rejected what it rejected last.</summary>
    public string? RejectionReason { get; set; }

    /// <summary>Somebody asked for something that waits.</summary>
    public void AddProposer(Guid principal) => ProposedBy = ProposedBy.Contains(principal) ? ProposedBy : [.. ProposedBy, principal];

    /// <summary>Whether anything waits for the programme.</summary>
    public bool HasPending() => PendingRate is not null || PendingSeconds > 0 || PendingEnd;

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class OfferTable : IEntityTypeConfiguration<OfferRow>
{
    public void Configure(EntityTypeBuilder<OfferRow> table)
    {
        table.ToTable("offers").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Metadata).HasColumnType("jsonb");
    }
}
