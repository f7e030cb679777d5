using System.Reflection;

namespace GpuGrants.Api.Hosting;

/// <summary>Finds settings that no type reads.</summary>
internal static class UnknownSettings
{
    /// <summary>What is wrong with each setting of a section that is none.</summary>
    /// <param name="section">
    /// The section. A value of its own is not looked at: environments have variables such as <c>MAIL</c> that mean something else.
    /// </param>
    /// <param name="types">What reads it.</param>
    /// <returns>Sentences that begin with the setting's name and contain no value, which may be a secret.</returns>
    public static IEnumerable<string> Of(IConfigurationSection section, params IReadOnlyList<Type> types)
    {
        var known = types.SelectMany(Settable).ToList();
        foreach (var child in section.GetChildren())
            if (known.Find(one => one.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase)) is { } property)
                foreach (var wrong in Below(child, property.PropertyType))
                    yield return wrong;
            else
                yield return $"{child.Path}: There is no such setting. {Nearest(section, child.Key, known)}";
    }

    private static IEnumerable<string> Below(IConfigurationSection section, Type type)
    {
        if (type.IsArray)
            return section.GetChildren().SelectMany(one => Below(one, type.GetElementType()!));
        if (type.Assembly == typeof(UnknownSettings).Assembly && !type.IsEnum)
            return Of(section, type);
        return section.GetChildren().Select(one => $"{one.Path}: There is no such setting. {section.Path} is one value.");
    }

    private static IEnumerable<PropertyInfo> Settable(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(one => one.SetMethod is { IsPublic: true });

    private static string Nearest(IConfigurationSection section, string given, List<PropertyInfo> known)
    {
        var nearest = known.Select(one => one.Name).OrderBy(name => Distance(name.ToUpperInvariant(), given.ToUpperInvariant())).First();
        return $"The nearest is {section.Path}:{nearest}. The settings are in docs/operations.md.";
    }

    /// <summary>How many letters have to be put in, taken out or exchanged (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var before = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var now = new int[other.Length + 1];
            now[0] = i;
            for (var j = 1; j <= other.Length; j++)
                now[j] = Math.Min(Math.Min(now[j - 1], before[j]) + 1, before[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
            before = now;
        }

        return before[^1];
    }
}
