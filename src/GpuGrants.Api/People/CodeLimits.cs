using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.People;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// Limits how often strangers may call, by remote address, and how often codes are mailed, by e-mail address and by domain. It counts every
/// address alike, registered or not. Codes are counted in the database, so more replicas mail no more of them.
/// </summary>
/// <remarks>
/// A domain has a window of its own for each purpose. So strangers who sign up keep nobody of the domain from recovering a secret or from
/// being invited. The domain of a mail service has no window: its addresses belong to people who have nothing to do with each other.
/// </remarks>
public sealed class CodeLimits(
    IOptions<SignUpOptions> options,
    IOptions<DomainProofOptions> domains,
    IdentityKey key,
    NpgsqlDataSource database,
    TimeProvider clock
)
{
    private const int Hour = 3_600;

    private readonly RateLimit? _callers = RateLimit.Of("address", options.Value.CallsPerAddress, Hour, clock);
    private readonly SharedLimit _emails = new("email", options.Value.CodesPerEmail, TimeSpan.FromSeconds(Hour), database, clock);
    private readonly SharedLimit _domains = new("domain", options.Value.CodesPerDomain, TimeSpan.FromSeconds(Hour), database, clock);

    /// <summary>Takes one call from the window of the remote address.</summary>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public void TakeCall(HttpContext http) => _callers?.Take(http, http.RemoteAddressOrPrefix(), "Your address");

    /// <summary>Takes one code from the windows of the e-mail address and its domain.</summary>
    /// <param name="http">The call.</param>
    /// <param name="email">To which the code is mailed.</param>
    /// <param name="purpose">What the code is for, as an <see cref="AddressProof"/> says it.</param>
    /// <exception cref="ProblemException">One of the windows is used up.</exception>
    public async Task TakeCodeAsync(HttpContext http, EmailAddress email, string purpose)
    {
        await _emails.TakeAsync(http, key.Of(email), "Those who mail codes to this address");
        if (!MailServices.Have(email.Domain, domains.Value.MailServices))
            await _domains.TakeAsync(http, key.Of($"domain:{purpose}", email.Domain), "Those who mail codes to this domain");
    }
}
