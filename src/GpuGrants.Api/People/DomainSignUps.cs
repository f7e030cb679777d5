using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// Limits how many new people one mail domain brings in an hour. Only people who confirmed count: a stranger who reads no mail of the
/// domain uses up nothing of it. The command that confirms counts them in its transaction, so no number of replicas lets more in.
/// </summary>
/// <remarks>
/// A domain is what somebody registered: with it they have as many names below it as they like, so all these count together.
/// Sign-ups and those through partners have windows of their own. The domain of a mail service has none: its addresses belong to people
/// who have nothing to do with each other.
/// </remarks>
public sealed class DomainSignUps(
    IOptions<SignUpOptions> options,
    IOptions<DomainProofOptions> domains,
    IdentityKey key,
    NpgsqlDataSource database,
    TimeProvider clock
)
{
    private const string Name = "sign-ups";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SharedLimit _window = new(Name, options.Value.SignUpsPerDomain, Hour, database, clock);

    /// <summary>Refuses to mail a code that could not be used: the domain's window is full.</summary>
    /// <param name="http">The call.</param>
    /// <param name="email">To which the code would be mailed.</param>
    /// <param name="purpose">What the code is for, as an <see cref="AddressProof"/> says it. Most purposes bring nobody new.</param>
    /// <exception cref="Http.Answering.ProblemException">The window is used up; it names the time until the next one.</exception>
    public async Task CheckAsync(HttpContext http, EmailAddress email, string purpose)
    {
        if (KeyOf(email, purpose) is { } domain)
            await _window.CheckAsync(http, domain, "New people of this domain together");
    }

    /// <summary>Asks for the domain's window.</summary>
    internal void Plan(BatchState batch, string email, string purpose)
    {
        if (RowOf(email, purpose) is { } row)
            batch.Rows<CallWindow>().Want(row);
    }

    /// <summary>Why nobody new of the domain may enter now; null while somebody may.</summary>
    internal Refusal? Refuse(BatchState batch, string email, string purpose)
    {
        var at = batch.Tree(TreeId.Platform).At;
        return
            RowOf(email, purpose) is { } row
            && batch.Rows<CallWindow>().Find(row) is { } window
            && IsOpen(window, at)
            && window.Taken >= options.Value.SignUpsPerDomain
            ? Refusal.Conflict(
                "too-many-sign-ups",
                $"{options.Value.SignUpsPerDomain} new people of your mail domain signed up within an hour, which is the most. "
                    + $"Sign up again after {UtcMoments.Text(window.BeganAt + Hour)}."
            )
            : null;
    }

    /// <summary>Somebody new of the domain has entered.</summary>
    internal void Count(BatchState batch, string email, string purpose)
    {
        if (RowOf(email, purpose) is not { } key)
            return;
        var (windows, at) = (batch.Rows<CallWindow>(), batch.Tree(TreeId.Platform).At);
        if (windows.Find(key) is not { } window)
        {
            windows.Insert(
                new CallWindow
                {
                    Key = key.Text!,
                    BeganAt = at,
                    Taken = 1,
                }
            );
            return;
        }

        (window.BeganAt, window.Taken) = IsOpen(window, at) ? (window.BeganAt, window.Taken + 1) : (at, 1);
        windows.Update(window);
    }

    // The platform's business time may be a little ahead of a replica's clock, as replicas' clocks are of each other.
    private static bool IsOpen(CallWindow window, DateTimeOffset at) => window.BeganAt + Hour > at && window.BeganAt - Hour <= at;

    private RowKey? RowOf(string email, string purpose) =>
        KeyOf(EmailAddress.Parse(email)!, purpose) is { } domain ? RowKey.Of($"{Name}:{domain}") : null;

    /// <summary>Whose window counts; null where none does.</summary>
    private string? KeyOf(EmailAddress email, string purpose) =>
        options.Value.SignUpsPerDomain == 0
        || purpose is not (AddressProof.SignUp or AddressProof.PartnerSignUp)
        || MailServices.Have(email.Domain, domains.Value.MailServices)
            ? null
            : key.Of($"domain:{purpose}", PublicSuffixes.Known.RegisteredOf(email.Domain));
}
