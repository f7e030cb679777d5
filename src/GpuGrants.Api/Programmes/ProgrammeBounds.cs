using System.Globalization;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Requests;

namespace GpuGrants.Api.Programmes;

/// <summary>What the programmes above one allow it: its terms may narrow theirs and never loosen them.</summary>
/// <param name="Terms">The terms of the parent, as those above it narrow them.</param>
/// <param name="ReviewHoldHours">The shortest hold of the path, in hours.</param>
internal sealed record ProgrammeBounds(ProgrammeTerms Terms, int ReviewHoldHours)
{
    /// <param name="above">The parent, its parent, and so on up to the root; at least one.</param>
    public static ProgrammeBounds Of(IReadOnlyList<Programme> above) =>
        new(NarrowedTerms.Along(above.Select(one => one.ToTerms())), above.Min(one => one.ReviewHoldHours));

    public int MaxGrantDays => (int)Terms.MaxGrantDuration.TotalDays;

    /// <summary>Refuses every field of the body that would loosen a bound. A field that is left out or cleared follows the bound.</summary>
    public Refusal? Check(ProgrammeBody body)
    {
        var errors = new Dictionary<string, string[]>();
        foreach (var (field, message) in Loosened(body))
            errors.Add(field, [message]);
        if (errors.Count == 0)
            return null;
        var (first, messages) = errors.First();
        return new Refusal(RefusalKind.Invalid, "looser-than-parent", messages[0], first) { Errors = errors };
    }

    private IEnumerable<(string Field, string Message)> Loosened(ProgrammeBody body)
    {
        if (body.StartsAt < Terms.StartsAt)
            yield return (
                "startsAt",
                $"The programmes above take requests from {Moment(Terms.StartsAt)}. State that moment or a later one."
            );
        if (body.EndsAt > Terms.EndsAt)
            yield return ("endsAt", $"The programmes above end at {Moment(Terms.EndsAt.Value)}. State that moment or an earlier one.");
        if (Beyond(body.EligibleKinds, Terms.Kinds, (one, other) => one == other) is { } kinds)
            yield return ("eligibleKinds", kinds);
        if (Beyond(body.EligibleCountries, Terms.Countries, (one, other) => one == other) is { } countries)
            yield return ("eligibleCountries", countries);
        if (Beyond(body.EligibleEmailDomains, Terms.EmailDomains, NarrowedTerms.IsWithin) is { } domains)
            yield return ("eligibleEmailDomains", domains);
        if (body.RequiredVerification is { } word && Words.TryParse<VerificationLevel>(word, out var level) && level < Terms.Verification)
            yield return (
                "requiredVerification",
                $"The programmes above ask for verification by {Words.Of(Terms.Verification)}. State that level or a higher one."
            );
        if (body.MinorsNeed is { } need && Words.TryParse<MinorsNeed>(need, out var stated) && stated < Terms.MinorsNeed)
            yield return (
                "minorsNeed",
                $"The programmes above need a {Words.Of(Terms.MinorsNeed)} for minors. State that, or leave it out."
            );
        if (body.ReviewHoldHours > ReviewHoldHours)
            yield return (
                "reviewHoldHours",
                $"The programmes above hold requests for at most {ReviewHoldHours} hours. State 1 to {ReviewHoldHours}."
            );
        if (body.MaxGrantDays > MaxGrantDays)
            yield return ("maxGrantDays", $"The programmes above award grants for at most {MaxGrantDays} days. State 1 to {MaxGrantDays}.");
    }

    private static string? Beyond(string[]? asked, IReadOnlyList<string> bound, Func<string, string, bool> isWithin)
    {
        if (asked is null || bound.Count == 0)
            return null;
        var beyond = asked.Where(one => !bound.Any(other => isWithin(one, other))).ToList();
        return beyond.Count == 0
            ? null
            : $"The programmes above admit only: {string.Join(", ", bound)}. Leave out: {string.Join(", ", beyond)}.";
    }

    private static string Moment(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
