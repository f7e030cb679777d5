namespace GpuGrants.Api.Access.Principals;

/// <summary>A role to give, as a change proposal stores it.</summary>
/// <param name="Role">The role.</param>
/// <param name="ResourceId">On what; null for the platform.</param>
/// <param name="PrincipalId">An existing principal; null for a new one.</param>
/// <param name="Name">Of a new principal; null for one that exists, whose name lies where it can be erased.</param>
/// <param name="Issuer">The external issuer of a new principal's tokens.</param>
/// <param name="Subject">The subject of a new principal's tokens.</param>
public sealed record RoleChange(string Role, Guid? ResourceId, Guid? PrincipalId, string? Name, string? Issuer, string? Subject)
{
    /// <summary>
    /// The person who acts through a new principal; null where a platform administrator says that another person is behind it.
    /// </summary>
    public Guid? ActsFor { get; init; }

    /// <summary>Whether a new principal is to act for whoever gives the role, by credentials that this service makes.</summary>
    internal bool IsProgram => PrincipalId is null && Issuer is null && ActsFor is not null;

    /// <summary>The new principal; null for one that exists.</summary>
    internal Newcomer? Newcomer() => PrincipalId is null ? new Newcomer(Name!, Issuer, Subject, null) : null;
}
