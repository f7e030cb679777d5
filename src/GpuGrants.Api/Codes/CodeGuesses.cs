using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace GpuGrants.Api.Codes;

/// <summary>
/// Limits wrong codes by remote address and by person. Only codes that could be right and are none count: a class behind one address
/// redeems as many as it has.
/// </summary>
public sealed class CodeGuesses(IOptions<CodeOptions> options, IdentityKey key, NpgsqlDataSource database, TimeProvider clock)
{
    private const string FromAddress = "Those who send wrong codes from your address";
    private const string FromPerson = "Whoever sends wrong codes";

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly SharedLimit _addresses = new("guesses", options.Value.WrongPerAddress, Hour, database, clock);
    private readonly SharedLimit _people = new("guesser", options.Value.WrongPerPerson, Hour, database, clock);

    /// <summary>Refuses also a right code while too many wrong ones came: else guessing would go on.</summary>
    /// <exception cref="ProblemException">Too many wrong codes came in this hour.</exception>
    public async Task CheckAsync(HttpContext http)
    {
        await _addresses.CheckAsync(http, AddressOf(http), FromAddress);
        if (PersonOf(http) is { } person)
            await _people.CheckAsync(http, person, FromPerson);
    }

    /// <summary>Counts a wrong code.</summary>
    /// <exception cref="ProblemException">It was one too many.</exception>
    public async Task CountAsync(HttpContext http)
    {
        await _addresses.TakeAsync(http, AddressOf(http), FromAddress);
        if (PersonOf(http) is { } person)
            await _people.TakeAsync(http, person, FromPerson);
    }

    private static string? PersonOf(HttpContext http) => http.CallerOrNobody()?.Actor.Person.ToString("N");

    private string AddressOf(HttpContext http) => key.Of("address-of-codes", http.RemoteAddressOrPrefix());
}
