using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.People;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People;

/// <summary>
/// Limits how often strangers may call, by remote address, and how often codes are mailed, by e-mail address and by domain. It counts every
/// address alike, registered or not.
/// </summary>
public sealed class CodeLimits(IOptions<SignUpOptions> options, TimeProvider clock)
{
    private const int Hour = 3_600;

    private readonly RateLimit? _callers = RateLimit.Of("address", options.Value.CallsPerAddress, Hour, clock);
    private readonly RateLimit? _emails = RateLimit.Of("email", options.Value.CodesPerEmail, Hour, clock);
    private readonly RateLimit? _domains = RateLimit.Of("domain", options.Value.CodesPerDomain, Hour, clock);

    /// <summary>Takes one call from the window of the remote address.</summary>
    /// <exception cref="ProblemException">The window is used up.</exception>
    public void TakeCall(HttpContext http) => _callers?.Take(http, http.Connection.RemoteIpAddress?.ToString() ?? "", "Your address");

    /// <summary>Takes one code from the windows of the e-mail address and its domain.</summary>
    /// <exception cref="ProblemException">One of the windows is used up.</exception>
    public void TakeCode(HttpContext http, EmailAddress email)
    {
        _emails?.Take(http, email.Folded, "Those who mail codes to this address");
        _domains?.Take(http, email.Domain, "Those who mail codes to this domain");
    }
}
