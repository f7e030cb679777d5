using System.Net;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Partners.Consents;

/// <summary>The page behind the link that a partner hands out: who asks for what, and how to consent. It changes nothing.</summary>
internal static class ConsentPage
{
    public const string Path = "/consent";

    public static void MapConsentPage(this WebApplication app) =>
        app.MapGet($"{Path}/{{code}}", ShowAsync).AllowAnonymous().ExcludeFromDescription();

    /// <summary>A page without scripts, styles or links to elsewhere; 404 for a code that nobody can use.</summary>
    private static async Task<IResult> ShowAsync(HttpContext http, GpuGrantsContext db, RateLimits limits, TimeProvider clock, string code)
    {
        limits.Take(http);
        var hash = ConsentCode.Hash(code);
        var row = await db.Set<Consent>().FirstOrDefaultAsync(one => one.CodeHash == hash, http.RequestAborted);
        if (row is not { BegunBy: ConsentSides.Partner } || row.StatusAt(clock.GetUtcNow()) != ConsentStatus.Open)
            return TypedResults.NotFound();
        var partner = await db.Set<Partner>().FirstAsync(one => one.Id == row.PartnerId, http.RequestAborted);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Content(PageOf(row, partner.Name, code), "text/html; charset=utf-8");
    }

    private static string PageOf(Consent row, string partner, string code)
    {
        var name = WebUtility.HtmlEncode(partner);
        var canAsk = row.Scopes.Contains(Scopes.Request);
        var end = row.ExpiresAt is { } moment ? $"{moment.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : null;
        return $$"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>{{name}}</title></head>
            <body>
            <h1>{{name}} asks to act for you</h1>
            <p>It would read what your organization sees{{(
                canAsk ? ", ask for GPU time in its name, and use what is granted" : ""
            )}}.
            {{(end is null ? "This lasts until one side ends it." : $"This ends on {end}.")}} You can end it at any time.</p>
            <p>To consent, send the code with your own client. Leave <code>organizationId</code> out to consent for yourself alone.</p>
            <pre>POST /v1/consents
            {"code": "{{WebUtility.HtmlEncode(code)}}", "organizationId": "…"}</pre>
            <div lang="ko">
            <h1>{{name}}에서 대신 요청할 권한을 구합니다</h1>
            <p>동의하면 {{name}}에서 조직이 볼 수 있는 내용을 읽{{(
                canAsk ? "고, 조직의 이름으로 GPU 시간을 신청하며, 승인된 GPU 시간을 사용합니다" : "습니다"
            )}}.
            {{(end is null ? "어느 한쪽이 끝낼 때까지 유효합니다." : $"{end}에 끝납니다.")}} 언제든지 동의를 거둘 수 있습니다.</p>
            <p>동의하려면 위의 호출로 본인의 클라이언트에서 코드를 보내 주십시오. 본인에 대해서만 동의하려면
            <code>organizationId</code>를 빼고 보내 주십시오.</p>
            </div>
            </body>
            </html>
            """;
    }
}
