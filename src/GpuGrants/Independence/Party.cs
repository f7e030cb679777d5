namespace GpuGrants.Independence;

/// <summary>Whom a decision benefits. Each factory says by what effect.</summary>
public sealed class Party
{
    private readonly PartyKind _kind;
    private readonly Func<Belonging, bool> _covers;

    private Party(PartyKind kind, Func<Belonging, bool> covers) => (_kind, _covers) = (kind, covers);

    /// <summary>Somebody themselves, as with what they asked for.</summary>
    /// <returns>The party.</returns>
    public static Party Person(Guid id) => new(PartyKind.Person, one => one.Id == id);

    /// <summary>One organization, with all its projects and members.</summary>
    /// <returns>The party.</returns>
    public static Party Organization(Guid id) => new(PartyKind.Organization, one => one.Id == id);

    /// <summary>Every organization of a kind, as under a rule that limits the kind.</summary>
    /// <returns>The party.</returns>
    public static Party OrganizationsOfKind(string kind) => new(PartyKind.Organization, one => one.OrganizationKind == kind);

    /// <summary>Every organization that asked in a programme or below it.</summary>
    /// <param name="programme">The programme; null for any on the platform.</param>
    /// <returns>The party.</returns>
    public static Party OrganizationsThatAsked(Guid? programme) =>
        new(PartyKind.Organization, one => programme is { } id ? one.AskedIn.Contains(id) : one.AskedIn.Count > 0);

    /// <summary>A provider, which earns by what is decided.</summary>
    /// <returns>The party.</returns>
    public static Party Provider(Guid id) => new(PartyKind.Provider, one => one.Id == id);

    /// <summary>A partner, for which a portal acts.</summary>
    /// <returns>The party.</returns>
    public static Party Partner(Guid id) => new(PartyKind.Partner, one => one.Id == id);

    /// <summary>
    /// A programme that gains from others. People whose role also covers those who pay are no party: they decide on both sides.
    /// </summary>
    /// <param name="path">The programme that gains, and all above it.</param>
    /// <param name="payingPath">The programme that pays or whose rule is lifted, and all above it; empty for the platform.</param>
    /// <returns>The party.</returns>
    public static Party Programme(IReadOnlyList<Guid> path, IReadOnlyList<Guid> payingPath) =>
        new(PartyKind.Programme, one => path.Contains(one.Id) && !payingPath.Contains(one.Id));

    /// <summary>Whether somebody who belongs there is of this party.</summary>
    /// <returns>True when a decision would be on their own behalf.</returns>
    public bool Has(Belonging one) => one.Kind == _kind && _covers(one);
}
