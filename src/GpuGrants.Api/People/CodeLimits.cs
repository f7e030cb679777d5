using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.People;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// Limits how often strangers may call, by remote address, and how often codes are mailed, by caller and by e-mail address. It counts every
/// address alike, registered or not. Codes are counted in the database, so more replicas mail no more of them.
/// </summary>
/// <remarks>
/// A caller is a person, or the network of a stranger. What a caller has mailed to a domain or an address counts for the caller, so nobody
/// uses up what somebody else may have mailed there. Only new people who confirm count for their domain: see <see cref="DomainSignUps"/>.
/// A bound over all callers keeps many networks from flooding one mailbox.
/// </remarks>
public sealed class CodeLimits(
    IOptions<SignUpOptions> options,
    IOptions<DomainProofOptions> domains,
    DomainSignUps signUps,
    IdentityKey key,
    NpgsqlDataSource database,
    TimeProvider clock
)
{
    private const int Hour = 3_600;

    private readonly RateLimit? _callers = RateLimit.Of("address", options.Value.CallsPerAddress, Hour, clock);
    private readonly SharedLimit _emails = new("email", options.Value.CodesPerEmail, TimeSpan.FromSeconds(Hour), database, clock);
    private readonly SharedLimit _mailboxes = new("mailbox", options.Value.CodesPerEmailInAll, TimeSpan.FromSeconds(Hour), database, clock);
    private readonly SharedLimit _domains = new("domain", options.Value.CodesPerDomain, TimeSpan.FromSeconds(Hour), database, clock);

    /// <summary>Takes one call from the window of the remote address.</summary>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public void TakeCall(HttpContext http) => _callers?.Take(http, http.RemoteAddressOrPrefix(), "Your address");

    /// <summary>Takes one code from the windows of the caller and of the e-mail address.</summary>
    /// <param name="http">The call.</param>
    /// <param name="email">To which the code is mailed.</param>
    /// <param name="purpose">What the code is for, as an <see cref="AddressProof"/> says it.</param>
    /// <exception cref="ProblemException">One of the windows is used up.</exception>
    public async Task TakeCodeAsync(HttpContext http, EmailAddress email, string purpose)
    {
        await signUps.CheckAsync(http, email, purpose);
        var (caller, address) = (CallerOf(http), key.Of(email));
        await _emails.TakeAsync(http, key.Of("email-of-caller", $"{caller}\n{address}"), "Whoever has codes mailed to this address");
        if (!MailServices.Have(email.Domain, domains.Value.MailServices))
            await _domains.TakeAsync(
                http,
                key.Of($"domain:{purpose}", $"{caller}\n{PublicSuffixes.Known.RegisteredOf(email.Domain)}"),
                "Whoever has codes mailed to this domain"
            );
        // Last: what one caller may not have mailed uses up nothing of what all may.
        await _mailboxes.TakeAsync(http, address, "All who have codes mailed to this address");
    }

    /// <summary>The person who calls, or the network of a stranger.</summary>
    private static string CallerOf(HttpContext http) => http.CallerOrNobody()?.Actor.Person.ToString("N") ?? http.RemoteAddressOrPrefix();
}
