using GpuGrants.Requests;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>programmes</c>: a sponsor's pool of credits with its own budget, policies, reviewers and dates.</summary>
public sealed class Programme : IVersioned, IOwnNamed
{
    public Guid Id { get; set; }

    public Guid RootProgrammeId { get; set; }

    public Guid? ParentId { get; set; }

    /// <summary>The programme, its parent, and so on up to the root.</summary>
    public Guid[] Path { get; set; } = [];

    public string Name { get; set; } = "";

    public string? Description { get; set; }

    public string? Sponsor { get; set; }

    /// <summary>Whose budget it spends: its own, or that of one above.</summary>
    public Guid BudgetProgrammeId { get; set; }

    /// <summary>The programme whose budget it spends, and all above that one. Their administrators may commit the credits.</summary>
    public Guid[] PayersPath() => [.. Path.SkipWhile(id => id != BudgetProgrammeId)];

    /// <summary>An IANA name.</summary>
    public string TimeZone { get; set; } = "";

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset? EndsAt { get; set; }

    public string[] EligibleKinds { get; set; } = [];

    public string[] EligibleCountries { get; set; } = [];

    public string[] EligibleEmailDomains { get; set; } = [];

    /// <summary>email, domain or identity: what has to be proved of those who ask.</summary>
    public string RequiredVerification { get; set; } = "email";

    /// <summary>nothing or confirmation: what it needs of minors who ask.</summary>
    public string MinorsNeed { get; set; } = "nothing";

    /// <summary>Whether who renews a grant reports how the one before it went.</summary>
    public bool RenewalsNeedReport { get; set; }

    public int ReviewHoldHours { get; set; }

    public int MaxGrantDays { get; set; }

    /// <summary>GPU-seconds that are added to a grant for use beyond it; none when null.</summary>
    public long? GraceGpuSeconds { get; set; }

    /// <summary>Uncharged GPU-seconds above which a grant is suspended; never when null.</summary>
    public long? SuspendAfterGpuSeconds { get; set; }

    /// <summary>Uncharged GPU-seconds above which a grant is revoked; never when null.</summary>
    public long? RevokeAfterGpuSeconds { get; set; }

    /// <summary>The caller's own name for it.</summary>
    public string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    public string? Metadata { get; set; }

    public bool Livemode { get; set; }

    /// <summary>One of <see cref="ProgrammeVisibility"/>; one of a programme above counts for all below it.</summary>
    public string Visibility { get; set; } = ProgrammeVisibility.Public;

    /// <summary>cheapest or fair: how it chooses among offers that suit.</summary>
    public string Matching { get; set; } = "cheapest";

    /// <summary>active, suspended or ended.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What the programme itself states of use beyond a grant. Those above it narrow it.</summary>
    internal (GpuTime? Grace, GpuTime? SuspendAfter, GpuTime? RevokeAfter) StatedUncharged() =>
        (TimeOf(GraceGpuSeconds), TimeOf(SuspendAfterGpuSeconds), TimeOf(RevokeAfterGpuSeconds));

    private static GpuTime? TimeOf(long? seconds) => seconds is { } stated ? GpuTime.FromSeconds(stated) : null;

    /// <summary>The programme's own terms, by its row alone. Those above it narrow them: <see cref="NarrowedTerms"/>.</summary>
    /// <returns>New terms.</returns>
    internal ProgrammeTerms ToTerms() =>
        new()
        {
            ProgrammeId = Id,
            IsActive = Status == "active",
            IsLive = Livemode,
            StartsAt = StartsAt,
            EndsAt = EndsAt,
            Kinds = EligibleKinds,
            Countries = EligibleCountries,
            EmailDomains = EligibleEmailDomains,
            Verification = Words.Parse<VerificationLevel>(RequiredVerification),
            MinorsNeed = Words.Parse<MinorsNeed>(MinorsNeed),
            RenewalsNeedReport = RenewalsNeedReport,
            MaxGrantDuration = TimeSpan.FromDays(MaxGrantDays),
        };
}

/// <summary>Who may know of a programme.</summary>
public static class ProgrammeVisibility
{
    /// <summary>Everybody, also without a token.</summary>
    public const string Public = "public";

    /// <summary>Its people, its providers, and the organizations that asked in it.</summary>
    public const string Private = "private";

    public static IReadOnlyList<string> All { get; } = [Public, Private];
}

internal sealed class ProgrammeTable : IEntityTypeConfiguration<Programme>
{
    public void Configure(EntityTypeBuilder<Programme> table)
    {
        table.ToTable("programmes").HasKey(row => row.Id);
        table.Property(row => row.Metadata).HasColumnType("jsonb");
    }
}
