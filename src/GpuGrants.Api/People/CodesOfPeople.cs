using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.People;

/// <summary>
/// Limits how many codes whoever calls with a token has mailed, to all addresses together and for all purposes. So no person fills the
/// queue in which everybody's codes wait, or mails strangers without end. All programs of a person count as the person.
/// </summary>
public sealed class CodesOfPeople(IOptions<HoldingOptions> options, NpgsqlDataSource database, TimeProvider clock)
{
    private readonly SharedLimit _people = new("person", options.Value.CodesPerHour, TimeSpan.FromHours(1), database, clock);
    private readonly SharedLimit _partners = new("portal", options.Value.PartnerCodesPerHour, TimeSpan.FromHours(1), database, clock);

    /// <summary>Takes one code from the window of whoever calls. Strangers and platform administrators have none.</summary>
    /// <param name="http">The call.</param>
    /// <param name="purpose">What the code is for, as an <see cref="AddressProof"/> says it.</param>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public async Task TakeAsync(HttpContext http, string purpose)
    {
        if (http.CallerOrNobody() is not { IsPlatformAdministrator: false } caller)
            return;
        var limit = purpose == AddressProof.PartnerSignUp ? _partners : _people;
        await limit.TakeAsync(http, (caller.Self ?? caller).Actor.Person.ToString("N"), "You, with all your programs,");
    }
}
