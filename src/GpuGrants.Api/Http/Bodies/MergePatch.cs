using System.Collections.Frozen;
using System.Reflection;
using System.Text.Json;
using GpuGrants.Api.Http.Answering;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>
/// A JSON Merge Patch (RFC 7396), checked. A member that is absent stays, <c>null</c> clears a member that may be empty.
/// </summary>
/// <param name="Body">What was sent; a cleared member is null, like an absent one.</param>
/// <param name="Cleared">The members that were sent as <c>null</c>.</param>
public sealed record MergePatch<TBody>(TBody Body, IReadOnlySet<string> Cleared)
    where TBody : class
{
    /// <summary>The media type of RFC 7396; <c>application/json</c> is taken as well.</summary>
    public const string MediaType = "application/merge-patch+json";

    private static readonly FrozenSet<string> MayBeEmpty = typeof(TBody)
        .GetProperties()
        .Where(property => property.IsDefined(typeof(MayBeEmptyAttribute)))
        .Select(property => JsonName(property.Name))
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether the patch clears the body's property of this name.</summary>
    public bool Clears(string property) => Cleared.Contains(JsonName(property));

    /// <exception cref="ProblemException">A member is null that may not be empty.</exception>
    internal static MergePatch<TBody> Of(ReadOnlyMemory<byte> utf8, TBody body)
    {
        using var document = JsonDocument.Parse(utf8);
        var nulls = document
            .RootElement.EnumerateObject()
            .Where(member => member.Value.ValueKind == JsonValueKind.Null)
            .Select(member => member.Name)
            .ToHashSet(StringComparer.Ordinal);
        var refused = nulls.Where(name => !MayBeEmpty.Contains(name)).ToList();
        return refused.Count == 0
            ? new MergePatch<TBody>(body, nulls)
            : throw new ProblemException(
                Problem.Of(
                    refused.ToDictionary(
                        name => name,
                        _ => (string[])["It cannot be empty. State a value, or leave the member out to keep what is there."]
                    )
                )
            );
    }

    private static string JsonName(string property) => JsonNamingPolicy.CamelCase.ConvertName(property);
}

/// <summary>A patch clears the member by <c>null</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MayBeEmptyAttribute : Attribute;
