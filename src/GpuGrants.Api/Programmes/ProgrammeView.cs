using System.Text.Json.Serialization;

namespace GpuGrants.Api.Programmes;

/// <summary>A sponsor's pool of credits.</summary>
public sealed record ProgrammeView
{
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

    public required int ReviewHoldHours { get; init; }

    public required int MaxGrantDays { get; init; }

    /// <summary>What the budget that it spends has now; for reviewers and administrators of the programme that has the budget.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BalanceView? Balance { get; init; }

    /// <summary>The terms that hold, as the programmes above narrow them; in the answer about a single programme.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EffectiveTermsView? EffectiveTerms { get; init; }

    /// <summary>What whoever opened the programme just now should know.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProgrammeWarning>? Warnings { get; init; }

    public required bool Livemode { get; init; }

    /// <summary>active, suspended or ended.</summary>
    public required string Status { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static ProgrammeView Of(Programme row) =>
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
            ReviewHoldHours = row.ReviewHoldHours,
            MaxGrantDays = row.MaxGrantDays,
            Livemode = row.Livemode,
            Status = row.Status,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}
