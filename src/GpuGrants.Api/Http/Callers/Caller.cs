using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.People;

namespace GpuGrants.Api.Http.Callers;

/// <summary>Who calls: a principal through a client, with the token's scopes and the principal's roles.</summary>
public sealed class Caller
{
    private readonly HashSet<(string Role, Guid? ResourceId)> _roles;

    /// <param name="known">Who calls.</param>
    /// <param name="scopes">What the token may be used for.</param>
    /// <param name="onlyReads">Whether the call can change nothing. Only then does an auditor see everything.</param>
    public Caller(KnownCaller known, IEnumerable<string> scopes, bool onlyReads = false)
    {
        PrincipalId = known.PrincipalId;
        ClientId = known.ClientId;
        Key = known.Key;
        Actor = new Actor(PrincipalId, ClientId)
        {
            Authority = known.Authority,
            PersonId = known.PersonId,
            LinkedBy = known.LinkedBy,
            LinkedThrough = known.LinkedThrough,
        };
        AcceptedTerms = known.AcceptedTerms;
        Age = known.Age;
        Scopes = scopes.ToHashSet();
        _roles = [.. known.Roles];
        OnlyReads = onlyReads;
        Audits = onlyReads && _roles.Contains((Roles.Auditor, null));
        IsPlatformAdministrator = Audits || _roles.Contains((Roles.PlatformAdministrator, null));
    }

    /// <summary>A partner's client that acts for somebody else: as a member of the organization, and as nothing else.</summary>
    /// <param name="self">Whoever calls, with the partner's own roles.</param>
    /// <param name="whom">For whom.</param>
    /// <param name="given">What they consented to.</param>
    internal Caller(Caller self, OnBehalf whom, GivenConsent given)
    {
        (PrincipalId, ClientId, Key, OnlyReads) = (self.PrincipalId, self.ClientId, self.Key, self.OnlyReads);
        (Self, ActsFor) = (self, whom);
        Actor = self.Actor with { OnBehalfOf = whom.Id, PersonId = given.GiverPersonId, Acting = given.Acting };
        (AcceptedTerms, Age) = (given.AcceptedTerms, given.Age);
        Scopes = self.Scopes.Intersect(given.Scopes).ToHashSet();
        _roles = [.. given.Organizations.Select(id => (Roles.OrganizationMember, (Guid?)id))];
    }

    public Guid PrincipalId { get; }

    public string ClientId { get; }

    /// <summary>For whom a partner's client acts; null when it acts for itself.</summary>
    public OnBehalf? ActsFor { get; }

    /// <summary>The same call without acting for anybody.</summary>
    internal Caller? Self { get; }

    public IReadOnlySet<string> Scopes { get; }

    public IEnumerable<(string Role, Guid? ResourceId)> RoleAssignments => _roles;

    /// <summary>Whether the caller is a platform administrator, or reads as one because it <see cref="Audits"/>.</summary>
    public bool IsPlatformAdministrator { get; }

    /// <summary>Whether an auditor reads. Auditors change nothing: in a call that could, they have no more than their other
    /// roles.</summary>
    public bool Audits { get; }

    /// <summary>Whether the call can change nothing.</summary>
    internal bool OnlyReads { get; }

    public Actor Actor { get; private set; }

    /// <summary>
    /// The person who calls. Null for a program, and for a partner that acts for somebody: their calls count for the person behind them,
    /// but what is private to that person is not theirs to read.
    /// </summary>
    public Guid? OwnPerson => ActsFor is null && PrincipalId == Actor.Person ? PrincipalId : null;

    /// <summary>The terms that the caller's person accepted.</summary>
    public IReadOnlyList<Guid> AcceptedTerms { get; }

    /// <summary>What the caller's person stated of their age.</summary>
    public StatedAge Age { get; }

    /// <summary>The external issuer, empty for the embedded token server, and the subject of the token.</summary>
    internal (string Issuer, string Subject) Key { get; }

    /// <summary>The caller names the call.</summary>
    internal void Name(CallNames call) => Actor = Actor with { Call = call };

    public bool Has(string role, Guid resource) => _roles.Contains((role, resource));

    /// <summary>
    /// Whether the caller administers one of these programmes. A programme's path lists the programme and all programmes above it.
    /// </summary>
    public bool Administers(IReadOnlyList<Guid> programmePath) =>
        IsPlatformAdministrator || programmePath.Any(id => Has(Roles.ProgrammeAdministrator, id));

    public bool Reviews(IReadOnlyList<Guid> programmePath) =>
        Administers(programmePath) || programmePath.Any(id => Has(Roles.ProgrammeReviewer, id));

    /// <summary>The roles that let the caller review there: those on the programme or above it, and that of the platform.</summary>
    public string[] RolesOn(IReadOnlyList<Guid> programmePath) =>
        [
            .. IsPlatformAdministrator ? [Roles.PlatformAdministrator] : Array.Empty<string>(),
            .. _roles.Where(one => one.ResourceId is { } resource && programmePath.Contains(resource)).Select(one => one.Role).Distinct(),
        ];

    public bool Owns(Guid organization) => IsPlatformAdministrator || Has(Roles.OrganizationOwner, organization);

    /// <summary>Whether the caller belongs to the organization, as owner or member.</summary>
    public bool BelongsTo(Guid organization) => Has(Roles.OrganizationOwner, organization) || Has(Roles.OrganizationMember, organization);

    public bool Operates(Guid provider) => IsPlatformAdministrator || Has(Roles.ProviderOperator, provider);

    public Guid[] With(params ReadOnlySpan<string> roles)
    {
        var ids = new List<Guid>();
        foreach (var (role, resource) in _roles)
            if (resource is { } id && roles.Contains(role))
                ids.Add(id);
        return [.. ids];
    }

    public Guid[] Organizations => With(Roles.OrganizationOwner, Roles.OrganizationMember);

    public Guid[] ReviewedProgrammes => With(Roles.ProgrammeAdministrator, Roles.ProgrammeReviewer);

    public Guid[] Providers => With(Roles.ProviderOperator);
}
