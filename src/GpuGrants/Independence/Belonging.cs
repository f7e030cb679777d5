namespace GpuGrants.Independence;

/// <summary>Somebody belongs or belonged to the people of an organization, a provider, a partner or a programme.</summary>
/// <param name="Kind">What they belong to.</param>
/// <param name="Id">Which one.</param>
/// <param name="Until">When it ended; null while it has not.</param>
public sealed record Belonging(PartyKind Kind, Guid Id, DateTimeOffset? Until)
{
    /// <summary>The organization's kind; null for what is no organization.</summary>
    public string? OrganizationKind { get; init; }

    /// <summary>The programmes that the organization has asked, with those above them.</summary>
    public IReadOnlyList<Guid> AskedIn { get; init; } = [];

    /// <summary>Whether it still counts at a moment.</summary>
    /// <param name="at">The moment of the decision.</param>
    /// <param name="window">For how long it counts after its end.</param>
    /// <returns>False from the very moment on at which the window has passed.</returns>
    public bool Counts(DateTimeOffset at, TimeSpan window) => Until is not { } until || at - until < window;
}
