using System.Security.Cryptography;
using System.Text;
using BitFaster.Caching.Lru;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace GpuGrants.Api.Access.Tokens;

/// <summary>
/// Validates access tokens and remembers the valid ones for five seconds, as long as a caller's roles are remembered
/// (<see cref="CallerDirectory"/>).
/// </summary>
/// <remarks>
/// Checking a signature is an eighth of the CPU of a call. The token's end is checked on every call. A signing key that is withdrawn counts
/// five seconds later at most. Only hashes of tokens are kept.
/// </remarks>
internal sealed class RememberedTokens(TimeProvider clock) : TokenHandler
{
    private const int MaxTokens = 10_000;
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);

    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly ConcurrentLru<TokenHash, Remembered> _valid = new(MaxTokens);

    public override async Task<TokenValidationResult> ValidateTokenAsync(string token, TokenValidationParameters validationParameters)
    {
        var now = clock.GetUtcNow();
        var hash = TokenHash.Of(token);
        if (_valid.TryGet(hash, out var remembered) && remembered.Holds(now))
            return remembered.Result;
        var result = await _handler.ValidateTokenAsync(token, validationParameters);
        if (result.IsValid)
            _valid.AddOrUpdate(hash, new Remembered(now, result));
        return result;
    }

    public override Task<TokenValidationResult> ValidateTokenAsync(SecurityToken token, TokenValidationParameters validationParameters) =>
        _handler.ValidateTokenAsync(token, validationParameters);

    public override SecurityToken ReadToken(string token) => _handler.ReadToken(token);

    private sealed record Remembered(DateTimeOffset At, TokenValidationResult Result)
    {
        public bool Holds(DateTimeOffset now) => now >= At && now - At < Freshness && now.UtcDateTime < Result.SecurityToken.ValidTo;
    }

    /// <summary>The SHA-256 of a token.</summary>
    private readonly record struct TokenHash(ulong A, ulong B, ulong C, ulong D)
    {
        public static TokenHash Of(string token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(Encoding.UTF8.GetBytes(token), hash);
            return new TokenHash(
                BitConverter.ToUInt64(hash),
                BitConverter.ToUInt64(hash[8..]),
                BitConverter.ToUInt64(hash[16..]),
                BitConverter.ToUInt64(hash[24..])
            );
        }
    }
}
