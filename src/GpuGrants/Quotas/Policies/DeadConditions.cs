namespace GpuGrants.Quotas.Policies;

/// <summary>
/// Finds names and ids that a rule waits for in vain: there is no such thing now, or nothing is ever called so. A rule that names one is
/// valid, because the thing may be made later.
/// </summary>
internal static class DeadConditions
{
    private const int MaxShown = 5;

    /// <summary>A warning for each field of a rule that names something which is not there.</summary>
    public static IEnumerable<PolicyWarning> Of(QuotaRule rule, KnownNames known)
    {
        foreach (var condition in rule.Filter.Conditions)
        {
            if (condition is NameCondition names && Misspelt(names.Names) is { Count: > 0 } misspelt)
                yield return Warning(
                    rule,
                    $"filter.{condition.Member}",
                    misspelt,
                    $"nothing is called so. Use lower-case letters, digits and hyphens, such as '{Suggested(misspelt[0])}'."
                );
            if (Missing(condition, known) is { Count: > 0 } missing)
                yield return Warning(rule, $"filter.{condition.Member}", missing, $"{NoSuch(condition)} Check it, or add it first.");
        }

        if (Missing(rule.Subject, known) is { Count: > 0 } subjects)
            yield return Warning(rule, "subject.ids", subjects, $"there is no such {Words.Of(rule.Subject.Level)} here. Check the ids.");
        if (
            rule.Sharing is { } sharing
            && Missing(sharing.Nodes.Select(node => node.ProgrammeId), known.Programmes) is { Count: > 0 } nodes
        )
            yield return Warning(rule, "sharing.nodes", nodes, "there is no such programme here. Check the ids.");
    }

    private static PolicyWarning Warning(QuotaRule rule, string field, IReadOnlyList<string> names, string why)
    {
        var shown = string.Join(", ", names.Take(MaxShown).Select(name => $"'{name}'")) + (names.Count > MaxShown ? ", …" : "");
        return new PolicyWarning(rule.Id, "never-matches", $"Rule {rule.Id} waits in vain for {field} {shown}: {why}");
    }

    private static List<string> Missing(FilterCondition condition, KnownNames known) =>
        condition switch
        {
            GpuModelCondition models => Missing(models.Names.Where(IsWord), known.Models),
            GpuClassCondition classes => Missing(classes.Names.Where(IsWord), known.Classes),
            RegionCondition regions => Missing(regions.Names.Where(IsWord), known.Regions),
            ProviderCondition providers => Missing(providers.Ids, known.Providers),
            OfferCondition offers => Missing(offers.Ids, known.Offers),
            PartnerCondition partners => Missing(partners.Ids, known.Partners),
            MinGpuMemoryCondition memory when memory.Gib > known.MostMemoryGib => [$"{memory.Gib}"],
            _ => [],
        };

    private static string NoSuch(FilterCondition condition) =>
        condition switch
        {
            GpuModelCondition => "there is no such GPU model.",
            GpuClassCondition => "no GPU model is of this class.",
            RegionCondition => "no offer here is in this region.",
            ProviderCondition => "there is no such provider.",
            PartnerCondition => "there is no such partner.",
            MinGpuMemoryCondition => "no GPU model has as much memory, in GiB.",
            _ => "there is no such offer here.",
        };

    private static List<string> Missing(QuotaSubject subject, KnownNames known) =>
        Missing(subject.Ids, subject.Level == SubjectLevel.Programme ? known.Programmes : known.Subjects);

    private static List<string> Missing<T>(IEnumerable<T> named, IReadOnlySet<T>? known) =>
        known is null ? [] : [.. named.Where(one => !known.Contains(one)).Select(one => $"{one}")];

    private static List<string> Misspelt(IReadOnlyList<string> names) => [.. names.Where(name => !IsWord(name))];

    private static string Suggested(string name)
    {
        var word = string.Concat(name.ToLowerInvariant().Select(letter => IsLetter(letter) ? letter : '-')).Trim('-');
        return word.Length == 0 ? "h100" : word[..Math.Min(word.Length, 64)];
    }

    /// <summary>Models, classes, regions and tags are words of this form wherever they are made.</summary>
    private static bool IsWord(string name) => name.Length is >= 1 and <= 64 && name[0] != '-' && name.All(IsLetter);

    private static bool IsLetter(char letter) => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-';
}
