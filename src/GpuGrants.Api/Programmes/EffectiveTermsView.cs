using System.Text.Json.Serialization;
using GpuGrants.Requests;

namespace GpuGrants.Api.Programmes;

/// <summary>The terms of a programme as all programmes above it narrow them.</summary>
public sealed record EffectiveTermsView
{
    public required DateTimeOffset StartsAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndsAt { get; init; }

    public required IReadOnlyList<string> EligibleKinds { get; init; }

    public required IReadOnlyList<string> EligibleCountries { get; init; }

    public required IReadOnlyList<string> EligibleEmailDomains { get; init; }

    /// <summary>email, domain or identity.</summary>
    public required string RequiredVerification { get; init; }

    /// <summary>nothing or confirmation: what it needs of minors who ask.</summary>
    public required string MinorsNeed { get; init; }

    /// <summary>Whether who renews a grant reports how the one before it went.</summary>
    public required bool RenewalsNeedReport { get; init; }

    public required int ReviewHoldHours { get; init; }

    public required int MaxGrantDays { get; init; }

    /// <summary>Whether nobody may ask, because a programme above asks for something else.</summary>
    public required bool AdmitsNobody { get; init; }

    /// <param name="path">It and all above it, in any order.</param>
    public static EffectiveTermsView Of(Programme row, IReadOnlyList<Programme> path)
    {
        var terms = NarrowedTerms.Along(row.Path.Select(id => path.Single(one => one.Id == id).ToTerms()));
        return new EffectiveTermsView
        {
            StartsAt = terms.StartsAt,
            EndsAt = terms.EndsAt,
            EligibleKinds = terms.Kinds,
            EligibleCountries = terms.Countries,
            EligibleEmailDomains = terms.EmailDomains,
            RequiredVerification = Words.Of(terms.Verification),
            MinorsNeed = Words.Of(terms.MinorsNeed),
            RenewalsNeedReport = terms.RenewalsNeedReport,
            ReviewHoldHours = path.Min(one => one.ReviewHoldHours),
            MaxGrantDays = (int)terms.MaxGrantDuration.TotalDays,
            AdmitsNobody = terms.IsContradictory,
        };
    }
}
