using System.Text;

namespace GpuGrants.Offers;

/// <summary>
/// How somebody gets to the GPUs of an offer: a text of its provider with places such as <c>{{grantId}}</c>. Each grant fills them with its
/// own values.
/// </summary>
public static class ConnectionText
{
    /// <summary>The longest text, in code points.</summary>
    public const int MaxLength = 4_000;

    private const string Begin = "{{";
    private const string End = "}}";

    private static readonly (string Name, Func<ConnectionValues, string> Value)[] Places =
    [
        ("grantId", values => values.GrantId.ToString()),
        ("offerId", values => values.OfferId.ToString()),
        ("organizationId", values => values.OrganizationId.ToString()),
        ("programmeId", values => values.ProgrammeId.ToString()),
        ("projectId", values => values.ProjectId?.ToString() ?? ""),
        ("gpuModel", values => values.GpuModel),
        ("gpus", values => values.Gpus),
        ("region", values => values.Region),
        ("startsAt", values => values.StartsAt),
        ("expiresAt", values => values.ExpiresAt),
    ];

    /// <summary>The names that a text may use, in the order in which people are told of them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Places.Select(place => place.Name)];

    /// <summary>Finds the first place that cannot be filled.</summary>
    /// <param name="text">What the provider wrote.</param>
    /// <returns>The name between the braces as it was written, or <c>{{</c> where no braces close; null when the text is right.</returns>
    public static string? FindMistake(string text)
    {
        string? mistake = null;
        Walk(
            text,
            _ => { },
            name =>
            {
                if (!Names.Contains(name))
                    mistake ??= name;
            },
            () => mistake ??= Begin
        );
        return mistake;
    }

    /// <summary>The text with a grant's own values. What a value has in braces stays as it is.</summary>
    /// <param name="text">A text without mistakes. A place that has no name stays as it was written.</param>
    /// <param name="values">The grant's values.</param>
    public static string Fill(string text, ConnectionValues values)
    {
        var filled = new StringBuilder();
        Walk(
            text,
            part => filled.Append(part),
            name => filled.Append(Array.Find(Places, place => place.Name == name).Value is { } value ? value(values) : Begin + name + End),
            () => filled.Append(Begin)
        );
        return filled.ToString();
    }

    private static void Walk(string text, Action<string> plain, Action<string> place, Action open)
    {
        var at = 0;
        while (text.IndexOf(Begin, at, StringComparison.Ordinal) is >= 0 and var begin)
        {
            plain(text[at..begin]);
            var end = text.IndexOf(End, begin + Begin.Length, StringComparison.Ordinal);
            if (end < 0)
            {
                open();
                at = begin + Begin.Length;
                continue;
            }

            place(text[(begin + Begin.Length)..end].Trim());
            at = end + End.Length;
        }

        plain(text[at..]);
    }
}

/// <summary>What a grant fills into the text of its offer. Moments are in ISO 8601, in UTC.</summary>
public sealed record ConnectionValues
{
    /// <summary>The grant.</summary>
    public required Guid GrantId { get; init; }

    /// <summary>The offer that it is on.</summary>
    public required Guid OfferId { get; init; }

    /// <summary>Whose it is.</summary>
    public required Guid OrganizationId { get; init; }

    /// <summary>The programme that awarded it.</summary>
    public required Guid ProgrammeId { get; init; }

    /// <summary>The project that it is for; null for none, which fills nothing in.</summary>
    public required Guid? ProjectId { get; init; }

    /// <summary>The offer's GPU model.</summary>
    public required string GpuModel { get; init; }

    /// <summary>The most GPUs at once.</summary>
    public required string Gpus { get; init; }

    /// <summary>Where the GPUs are.</summary>
    public required string Region { get; init; }

    /// <summary>From when it may be used.</summary>
    public required string StartsAt { get; init; }

    /// <summary>Until when.</summary>
    public required string ExpiresAt { get; init; }
}
