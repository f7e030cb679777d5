using System.Text.Json;
using FluentValidation;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>A caller's own notes on what it makes: a few short texts under names of its own. No rule reads them.</summary>
public static class Metadata
{
    /// <summary>The most notes.</summary>
    public const int MaxKeys = 20;

    /// <summary>The longest name, in characters.</summary>
    public const int MaxKey = 40;

    /// <summary>The longest text, in characters.</summary>
    public const int MaxText = 500;

    /// <summary>Checks a caller's own name for something.</summary>
    public static void ExternalId<T>(this IRuleBuilder<T, string?> rule) => rule.Text(200, required: false);

    /// <summary>Checks notes.</summary>
    public static void Notes<T>(this IRuleBuilder<T, Dictionary<string, string>?> rule) =>
        rule.Must(IsValid)
            .WithMessage(
                $"State at most {MaxKeys} texts of up to {MaxText} characters, each under a name of 1 to {MaxKey} letters, digits, "
                    + "hyphens, dots or underscores."
            );

    /// <summary>As the database holds them; null for none.</summary>
    public static string? ToJson(IReadOnlyDictionary<string, string>? notes) =>
        notes is not { Count: > 0 } ? null : JsonSerializer.Serialize(Sorted(notes));

    /// <summary>As answers show them, always in one order; null for none.</summary>
    public static IReadOnlyDictionary<string, string>? Read(string? json) =>
        json is null ? null : Sorted(JsonSerializer.Deserialize<Dictionary<string, string>>(json)!);

    private static SortedDictionary<string, string> Sorted(IReadOnlyDictionary<string, string> notes)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, text) in notes)
            sorted.Add(key, text);
        return sorted;
    }

    private static bool IsValid(Dictionary<string, string>? notes) =>
        notes is null
        || (
            notes.Count <= MaxKeys
            && notes.All(one => IsKey(one.Key) && one.Value is { Length: <= MaxText } text && Rules.IsPrintable(text))
        );

    private static bool IsKey(string key) =>
        key.Length is >= 1 and <= MaxKey && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');
}
