using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;

namespace GpuGrants.Api.Access.Consents;

/// <summary>
/// Has a partner's client act for whom the call's header or token names, and for nobody else. Without either it has its own roles.
/// </summary>
public sealed class ActingFor(ConsentDirectory consents) : IEndpointFilter
{
    /// <summary>Names the organization for which a partner's client acts.</summary>
    public const string OrganizationHeader = "GpuGrants-Organization";

    /// <summary>Names the person for whom a partner's client asks.</summary>
    public const string PersonHeader = "GpuGrants-Person";

    private const string OfToken = "gpugrants.on-behalf-of-token";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (Whom(http) is not { } whom)
            return await next(context);
        var self = http.Caller();
        http.SetCaller(await consents.ActAsync(self.Self ?? self, whom, http.RequestAborted));
        if (!self.OnlyReads && http.GetEndpoint()?.Metadata.GetMetadata<MayPartnersAct>() is null)
            throw new ProblemException(
                Problem.Document(
                    403,
                    "not-through-partner",
                    "A partner cannot do this for somebody else. They do it themselves, or the call goes without naming them."
                )
            );
        return await next(context);
    }

    /// <summary>A token was made for somebody: whatever the call says, it is for them.</summary>
    internal static void SetOfToken(HttpContext http, OnBehalf whom) => http.Items[OfToken] = whom;

    private static OnBehalf? Whom(HttpContext http)
    {
        var ofToken = http.Items[OfToken] as OnBehalf;
        var headers = http.Request.Headers;
        if (!headers.ContainsKey(OrganizationHeader) && !headers.ContainsKey(PersonHeader))
            return ofToken;
        var organization = IdOf(http, OrganizationHeader);
        var person = IdOf(http, PersonHeader);
        if (organization is not null && person is not null)
            throw Problem.Malformed(PersonHeader, $"Send {OrganizationHeader} or {PersonHeader}, not both.");
        var named = new OnBehalf((organization ?? person)!.Value, person is not null);
        return ofToken is null ? named
            : ofToken with { ConsentId = null } == named ? ofToken
            : throw Problem.Malformed(
                named.IsPerson ? PersonHeader : OrganizationHeader,
                "The token was made for somebody else. Leave the header out, or send a token of your own."
            );
    }

    private static Guid? IdOf(HttpContext http, string header) =>
        http.Request.Headers[header] switch
        {
            { Count: 0 } => null,
            [{ } text] when Guid.TryParseExact(text.Trim(), "D", out var id) => id,
            _ => throw Problem.Malformed(header, "Send one id as it was given, such as 0190f5d2-8c1e-7c3a-9b1d-2f3e4a5b6c7d."),
        };
}
