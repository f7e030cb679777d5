using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Grants.Tokens;

/// <summary>A token by which a provider lets its bearer use a grant.</summary>
public sealed record GrantTokenView
{
    /// <summary>A JWT of the type grant+jwt, for the grant's provider. Whoever has it may use the grant.</summary>
    public required string Token { get; init; }

    /// <summary>grant+jwt.</summary>
    public required string TokenType { get; init; }

    /// <summary>The provider, whom the token names as audience.</summary>
    public required Guid Audience { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Where the keys are that verify it.</summary>
    public required string KeysAt { get; init; }
}

/// <summary>Grants of a provider whose tokens may live and are to be refused.</summary>
public sealed record RevokedGrantsView
{
    /// <summary>All of them, by id.</summary>
    public required IReadOnlyList<RevokedGrantView> Data { get; init; }

    /// <summary>Another number for another list.</summary>
    public required long Version { get; init; }

    public static RevokedGrantsView Of(IEnumerable<RevokedGrantView> grants)
    {
        List<RevokedGrantView> data = [.. grants.OrderBy(one => one.GrantId)];
        // 48 bits, which every program reads as a whole number.
        var hash = SHA256.HashData(ApiJson.Write(data));
        return new RevokedGrantsView { Data = data, Version = BinaryPrimitives.ReadInt64BigEndian(hash) & 0xFFFF_FFFF_FFFF };
    }
}

/// <summary>A grant whose tokens are to be refused.</summary>
/// <param name="GrantId">The grant: the subject of its tokens.</param>
/// <param name="Status">suspended, ending or ended.</param>
/// <param name="Since">Since when.</param>
/// <param name="TokensExpireAt">When its last token has expired, and it leaves the list.</param>
public sealed record RevokedGrantView(Guid GrantId, string Status, DateTimeOffset Since, DateTimeOffset TokensExpireAt);

/// <summary>Who holds a grant, for the provider that serves it.</summary>
public sealed record GranteeView
{
    public required Guid GrantId { get; init; }

    /// <summary>The organization's name.</summary>
    public required string Name { get; init; }

    /// <summary>Whom to write to: who asked for it, or an owner. Left out where nobody of them has proved an address.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ContactView? Contact { get; init; }
}

/// <summary>Whom to write to.</summary>
/// <param name="Name">The person's name.</param>
/// <param name="Email">The address that the person proved to have.</param>
public sealed record ContactView(string Name, string Email);
