using System.Text.Json.Serialization;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Programmes;

/// <summary>A sponsor's pool of credits.</summary>
public sealed record ProgrammeView
{
    /// <summary>What a programme may ask for. A partner's word is no level to ask for: it stands for an e-mail address.</summary>
    internal static readonly IReadOnlyList<string> VerificationWords = ["email", "domain", "identity"];

    public required Guid Id { get; init; }

    public required string Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sponsor { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ParentId { get; init; }

    /// <summary>The topmost programme: everything below it is one tree with one ledger.</summary>
    public required Guid RootProgrammeId { get; init; }

    /// <summary>Whose budget it spends.</summary>
    public required Guid BudgetProgrammeId { get; init; }

    public required string TimeZone { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    public required IReadOnlyList<string> EligibleKinds { get; init; }

    public required IReadOnlyList<string> EligibleCountries { get; init; }

    public required IReadOnlyList<string> EligibleEmailDomains { get; init; }

    /// <summary>email, domain or identity: what has to be proved of organizations that ask.</summary>
    public required string RequiredVerification { get; init; }

    /// <summary>nothing or confirmation: what it needs of minors who ask.</summary>
    public required string MinorsNeed { get; init; }

    /// <summary>Whether who renews a grant reports how the one before it went.</summary>
    public required bool RenewalsNeedReport { get; init; }

    public required int ReviewHoldHours { get; init; }

    public required int MaxGrantDays { get; init; }

    /// <summary>What the budget that it spends has now; for reviewers and administrators of the programme that has the budget.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BalanceView? Balance { get; init; }

    /// <summary>GPU-hours that are added to a grant when more is used than was granted, in all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? GraceGpuHours { get; init; }

    /// <summary>Uncharged GPU-hours above which a grant is suspended; never when left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? SuspendAfterGpuHours { get; init; }

    /// <summary>Uncharged GPU-hours above which a grant is revoked; never when left out.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public decimal? RevokeAfterGpuHours { get; init; }

    /// <summary>For its people: their own name for it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }

    /// <summary>For its people: their own notes on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>The terms that hold, as the programmes above narrow them; in the answer about a single programme.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EffectiveTermsView? EffectiveTerms { get; init; }

    /// <summary>What whoever opened the programme just now should know.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProgrammeWarning>? Warnings { get; init; }

    public required bool Livemode { get; init; }

    /// <summary>public or private, by itself: below a private programme, everything is private.</summary>
    public required string Visibility { get; init; }

    /// <summary>cheapest or fair: how it chooses among offers that suit.</summary>
    public required string Matching { get; init; }

    /// <summary>active, suspended or ended.</summary>
    public required string Status { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The programme as somebody sees it. Names and notes of its people are theirs alone.</summary>
    /// <param name="caller">Null for somebody without a token.</param>
    public static ProgrammeView To(Caller? caller, Programme row) =>
        caller?.Reviews(row.Path) != true
            ? Of(row)
            : Of(row) with
            {
                ExternalId = row.ExternalId,
                Metadata = Http.Bodies.Metadata.Read(row.Metadata),
            };

    private static ProgrammeView Of(Programme row) =>
        new()
        {
            Id = row.Id,
            Name = row.Name,
            Description = row.Description,
            Sponsor = row.Sponsor,
            ParentId = row.ParentId,
            RootProgrammeId = row.RootProgrammeId,
            BudgetProgrammeId = row.BudgetProgrammeId,
            TimeZone = row.TimeZone,
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            EligibleKinds = row.EligibleKinds,
            EligibleCountries = row.EligibleCountries,
            EligibleEmailDomains = row.EligibleEmailDomains,
            RequiredVerification = row.RequiredVerification,
            MinorsNeed = row.MinorsNeed,
            RenewalsNeedReport = row.RenewalsNeedReport,
            ReviewHoldHours = row.ReviewHoldHours,
            MaxGrantDays = row.MaxGrantDays,
            GraceGpuHours = HoursOf(row.GraceGpuSeconds),
            SuspendAfterGpuHours = HoursOf(row.SuspendAfterGpuSeconds),
            RevokeAfterGpuHours = HoursOf(row.RevokeAfterGpuSeconds),
            Livemode = row.Livemode,
            Visibility = row.Visibility,
            Matching = row.Matching,
            Status = row.Status,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };

    private static decimal? HoursOf(long? seconds) => seconds is { } stated ? Wire.Hours(stated) : null;
}
