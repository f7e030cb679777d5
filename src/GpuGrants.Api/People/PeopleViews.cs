using System.Text.Json.Serialization;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Organizations;

namespace GpuGrants.Api.People;

/// <summary>A code is on its way. The answer is the same for every address.</summary>
public sealed record CodeSentView
{
    /// <summary>The id of what the code confirms.</summary>
    public required Guid Id { get; init; }

    /// <summary>Until when the code works.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The next call, in words.</summary>
    public required string Next { get; init; }
}

/// <summary>A person.</summary>
public sealed record PersonView
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The address that the person proved to have.</summary>
    public required string Email { get; init; }

    /// <summary>The language of mail: en or ko.</summary>
    public required string Language { get; init; }

    /// <summary>When the address was proved.</summary>
    public required DateTimeOffset VerifiedAt { get; init; }

    /// <summary>The year of birth, if you stated it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? BirthYear { get; init; }

    /// <summary>Whether you stated to be of age.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? OfAge { get; init; }

    /// <summary>The guardian's or school's confirmation that holds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ConfirmationId { get; init; }

    /// <summary>When a mail server refused the address for good. Notices pause until you confirm the address again.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? MailRefusedAt { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static PersonView Of(PersonRow row) =>
        new()
        {
            Id = row.Id,
            Name = row.Name!,
            Email = row.Email!,
            Language = row.Language!,
            VerifiedAt = row.VerifiedAt,
            BirthYear = row.BirthYear,
            OfAge = row.OfAge,
            ConfirmationId = row.ConfirmationId,
            MailRefusedAt = row.MailRefusedAt,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
        };
}

/// <summary>An access token to begin with; later ones come from the token endpoint.</summary>
/// <param name="AccessToken">Shown once.</param>
/// <param name="ExpiresIn">Seconds for which it works.</param>
/// <param name="Scope">What it is for, separated by spaces.</param>
public sealed record FirstTokenView(string AccessToken, int ExpiresIn, string Scope);

/// <summary>Somebody has signed up.</summary>
public sealed record SignedUpView
{
    public required PersonView Person { get; init; }

    public required OrganizationView Organization { get; init; }

    /// <summary>The person's new API client; the secret is shown only this once.</summary>
    public required CredentialsView Client { get; init; }

    /// <summary>With which to go on at once; left out in a repetition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FirstTokenView? Token { get; init; }

    /// <summary>What came of the code of the sign-up; left out without one, and in a repetition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SignUpRedemptionView? Redemption { get; init; }

    internal SignedUpView WithoutSecret() => this with { Client = Client.WithoutSecret(), Token = null };
}

/// <summary>A client got a new secret.</summary>
public sealed record RecoveredView
{
    /// <summary>The client; the secret is shown only this once.</summary>
    public required CredentialsView Client { get; init; }

    /// <summary>With which to go on at once; left out in a repetition.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FirstTokenView? Token { get; init; }

    internal RecoveredView WithoutSecret() => this with { Client = Client.WithoutSecret(), Token = null };
}
