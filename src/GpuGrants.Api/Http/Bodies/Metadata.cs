using System.Text.Json;
using FluentValidation;
using GpuGrants.People;

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

    private static readonly string Advice =
        $"State at most {MaxKeys} texts of up to {MaxText} characters, each under a name of 1 to {MaxKey} letters, digits, hyphens, "
        + "dots or underscores.";

    /// <summary>Checks notes.</summary>
    public static void Notes<T>(this IRuleBuilder<T, Dictionary<string, string>?> rule) =>
        rule.Must(notes => notes is null || (notes.Count <= MaxKeys && notes.All(one => IsKey(one.Key) && IsText(one.Value))))
            .WithMessage(Advice);

    /// <summary>Checks notes, or changes of notes, in which null removes one.</summary>
    public static void ChangedNotes<T>(this IRuleBuilder<T, Dictionary<string, string?>?> rule, bool isNew) =>
        rule.Must(notes =>
                notes is null
                || (notes.Count <= MaxKeys && notes.All(one => IsKey(one.Key) && (one.Value is null ? !isNew : IsText(one.Value))))
            )
            .WithMessage(Advice);

    /// <summary>Notes after a change: a text sets one, null removes one, and the others stay.</summary>
    /// <param name="json">The notes before, as the database holds them.</param>
    /// <param name="change">What changes; null for nothing.</param>
    /// <returns>All notes, in the order in which answers show them.</returns>
    public static IReadOnlyDictionary<string, string> Merge(string? json, IReadOnlyDictionary<string, string?>? change)
    {
        var merged = Sorted(Read(json) ?? new Dictionary<string, string>());
        foreach (var (key, text) in change ?? new Dictionary<string, string?>())
            if (text is null)
                merged.Remove(key);
            else
                merged[key] = text;
        return merged;
    }

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

    /// <summary>Its length is in code points.</summary>
    private static bool IsText(string? text) => text is not null && VisibleText.Length(text) <= MaxText && Rules.IsPrintable(text);

    private static bool IsKey(string key) =>
        key.Length is >= 1 and <= MaxKey && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_');
}
