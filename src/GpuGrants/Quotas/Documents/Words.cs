using System.Collections.Frozen;
using System.Text.Json;

namespace GpuGrants.Quotas.Documents;

/// <summary>The words by which documents, answers and rows name a value: its C# name in kebab-case, such as <c>organization-kind</c>.</summary>
public static class Words
{
    /// <summary>The value's word.</summary>
    /// <returns>A lower-case word; parts are joined by hyphens.</returns>
    public static string Of<T>(T value)
        where T : struct, Enum => Known<T>.ByValue[value];

    /// <summary>All words of the type, in the order of its values.</summary>
    /// <returns>At least one word.</returns>
    public static IReadOnlyList<string> All<T>()
        where T : struct, Enum => Known<T>.InOrder;

    /// <summary>Finds the value of a word. Words are compared letter by letter.</summary>
    /// <returns>False when no value has this word.</returns>
    public static bool TryParse<T>(string word, out T value)
        where T : struct, Enum => Known<T>.ByWord.TryGetValue(word, out value);

    /// <summary>The value of a word that was checked before.</summary>
    /// <returns>The value.</returns>
    /// <exception cref="ArgumentException">No value has this word.</exception>
    public static T Parse<T>(string word)
        where T : struct, Enum =>
        TryParse<T>(word, out var value)
            ? value
            : throw new ArgumentException($"'{word}' is none of: {string.Join(", ", All<T>())}.", nameof(word));

    /// <summary>Each value's word, made once: the answer to a request names some fifty of them.</summary>
    private static class Known<T>
        where T : struct, Enum
    {
        public static string[] InOrder { get; } = [.. Enum.GetValues<T>().Select(Kebab)];

        public static FrozenDictionary<T, string> ByValue { get; } =
            Enum.GetValues<T>().ToFrozenDictionary(value => value, value => Kebab(value));

        public static FrozenDictionary<string, T> ByWord { get; } =
            Enum.GetValues<T>().ToFrozenDictionary(value => Kebab(value), StringComparer.Ordinal);

        private static string Kebab(T value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());
    }
}
