namespace GpuGrants.Quotas.Subjects;

/// <summary>
/// Whom a request counts for. In a school or university many people ask, and those who run it do not: there only the asker counts, whatever
/// a rule says. Else a class would use up its teacher's limit.
/// </summary>
public static class PeopleOfRequest
{
    private static readonly string[] KindsOfMany = ["school", "university"];

    /// <summary>Adds each person once.</summary>
    /// <param name="context">The request.</param>
    /// <param name="counts">Which people the rule counts.</param>
    /// <param name="people">Gets the people.</param>
    public static void Add(QuotaContext context, PersonCount counts, List<Guid> people)
    {
        var asker = context.AskerId ?? context.MemberId;
        var ownersCount = counts != PersonCount.Asker && !KindsOfMany.Contains(context.OrganizationKind, StringComparer.Ordinal);
        if (ownersCount)
        {
            foreach (var owner in context.OwnerIds)
            {
                if (!people.Contains(owner))
                    people.Add(owner);
            }
        }

        // Whoever asks counts also where owners would and nobody knows them: no request counts for nobody.
        if (asker is { } person && (counts != PersonCount.Owners || people.Count == 0) && !people.Contains(person))
            people.Add(person);
    }
}
