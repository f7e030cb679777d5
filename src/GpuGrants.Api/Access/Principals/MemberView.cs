using System.Text.Json.Serialization;

namespace GpuGrants.Api.Access.Principals;

/// <summary>Who gets a role: an existing principal, or a new one with a client of its own.</summary>
public sealed record MemberBody
{
    /// <summary>An existing principal; leave it out to make a new one.</summary>
    public Guid? PrincipalId { get; init; }

    /// <summary>The new principal's name.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// The <c>sub</c> of the new principal's tokens, where an external issuer makes them. A known subject means the principal it already
    /// names.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>The role; each resource has its own.</summary>
    public string? Role { get; init; }
}

/// <summary>A principal with a role on a resource.</summary>
public sealed record MemberView
{
    public required Guid PrincipalId { get; init; }

    public required string Name { get; init; }

    public required string Role { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>
    /// The new principal's credentials; the secret is shown only this once. Left out where an external issuer makes the tokens.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CredentialsView? Client { get; init; }

    internal MemberView WithoutSecret() => this with { Client = Client?.WithoutSecret() };
}

/// <summary>What a program needs to get tokens.</summary>
public sealed record CredentialsView
{
    public required string ClientId { get; init; }

    /// <summary>Shown once; null when the call is a repetition.</summary>
    public string? ClientSecret { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>In a repetition: how to replace a secret that was lost.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SecretHint { get; init; }

    internal CredentialsView WithoutSecret() => this with { ClientSecret = null, SecretHint = ClientEndpoints.SecretHint(ClientId) };
}
