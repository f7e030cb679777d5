namespace GpuGrants.Requests;

/// <summary>A programme's terms narrow downwards: what one above it asks holds for it too.</summary>
public static class NarrowedTerms
{
    /// <summary>The terms of a programme as all programmes above it narrow them.</summary>
    /// <param name="path">The own terms of the programme, its parent, and so on up to the root; at least one.</param>
    /// <returns>Terms under which nobody may apply who may not apply under each of the path.</returns>
    public static ProgrammeTerms Along(IEnumerable<ProgrammeTerms> path) => path.Aggregate(Under);

    /// <summary>What both ask. An empty list asks nothing, so lists that have nothing in common contradict each other.</summary>
    public static ProgrammeTerms Under(this ProgrammeTerms own, ProgrammeTerms above)
    {
        var isContradictory = own.IsContradictory || above.IsContradictory;
        return own with
        {
            IsActive = own.IsActive && above.IsActive,
            IsFrozen = own.IsFrozen || above.IsFrozen,
            StartsAt = own.StartsAt > above.StartsAt ? own.StartsAt : above.StartsAt,
            EndsAt = Earlier(own.EndsAt, above.EndsAt),
            Kinds = Common(own.Kinds, above.Kinds, Same, ref isContradictory),
            Countries = Common(own.Countries, above.Countries, Same, ref isContradictory),
            EmailDomains = Common(own.EmailDomains, above.EmailDomains, Narrower, ref isContradictory),
            Verification = own.Verification > above.Verification ? own.Verification : above.Verification,
            MinorsNeed = own.MinorsNeed > above.MinorsNeed ? own.MinorsNeed : above.MinorsNeed,
            RenewalsNeedReport = own.RenewalsNeedReport || above.RenewalsNeedReport,
            MaxGrantDuration = own.MaxGrantDuration < above.MaxGrantDuration ? own.MaxGrantDuration : above.MaxGrantDuration,
            IsContradictory = isContradictory,
        };
    }

    /// <summary>Whether an email domain is the other or a subdomain of it.</summary>
    public static bool IsWithin(string domain, string other) =>
        domain.Equals(other, StringComparison.OrdinalIgnoreCase) || domain.EndsWith("." + other, StringComparison.OrdinalIgnoreCase);

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) =>
        one is null ? other
        : other is null || one < other ? one
        : other;

    private static IReadOnlyList<string> Common(
        IReadOnlyList<string> own,
        IReadOnlyList<string> above,
        Func<string, string, string?> common,
        ref bool isContradictory
    )
    {
        if (own.Count == 0 || above.Count == 0)
            return own.Count == 0 ? above : own;
        var both = own.SelectMany(_ => above, common).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        isContradictory |= both.Count == 0;
        return both.Count == 0 ? own : both;
    }

    private static string? Same(string one, string other) => one == other ? one : null;

    private static string? Narrower(string one, string other) =>
        IsWithin(one, other) ? one
        : IsWithin(other, one) ? other
        : null;
}
