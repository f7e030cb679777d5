using System.Text.Encodings.Web;
using System.Text.Unicode;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Commands;
using Microsoft.AspNetCore.Html;

namespace GpuGrants.Api.Notices;

/// <summary>
/// What the link of a mail opens. A POST ends the kind of mail, as RFC 8058 asks, without a sign-in. A GET only shows a page with a button:
/// programs that look at links in mail end nothing.
/// </summary>
public static class Unsubscribe
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static void MapUnsubscribe(this WebApplication app)
    {
        var pattern = UnsubscribeLinks.Path + "/{person:guid}/{kind}/{signature}";
        app.MapGet(pattern, Ask).AllowAnonymous().ExcludeFromDescription();
        // The body says List-Unsubscribe=One-Click, which the method says already; nothing of it is read.
        app.MapPost(pattern, EndAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    private static IResult Ask(HttpContext http, UnsubscribeLinks links, Guid person, string kind, string signature)
    {
        if (!links.IsOurs(person, kind, signature))
            return TypedResults.NotFound();
        var page = Begin();
        page.AppendFormat("<p>To get no more mail of the kind <b>{0}</b>, press the button.</p>\n", kind);
        page.AppendFormat("<p lang=\"ko\"><b>{0}</b> 메일을 더 이상 받지 않으시려면 버튼을 눌러 주십시오.</p>\n", kind);
        page.AppendHtml("<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" value=\"One-Click\">");
        page.AppendHtml("<button>Unsubscribe · 수신 거부</button></form>\n");
        return End(http, page);
    }

    private static async Task<IResult> EndAsync(
        HttpContext http,
        UnsubscribeLinks links,
        DecisionPipeline pipeline,
        Guid person,
        string kind,
        string signature
    )
    {
        if (!links.IsOurs(person, kind, signature))
            return TypedResults.NotFound();
        // Somebody who left, or did it before, is told the same.
        await pipeline.ExecuteAsync(
            MailChoices.Change(Actor.Service, person, null, [(kind, false)], isRepeatable: true),
            CancellationToken.None
        );
        var page = Begin();
        page.AppendFormat("<p>You get no more mail of the kind <b>{0}</b>. PATCH /v1/me/mail turns it on again.</p>\n", kind);
        page.AppendFormat(
            "<p lang=\"ko\"><b>{0}</b> 메일을 더 이상 보내지 않습니다. 다시 받으시려면 PATCH /v1/me/mail 을 호출해 주십시오.</p>\n",
            kind
        );
        return End(http, page);
    }

    private static HtmlContentBuilder Begin()
    {
        var page = new HtmlContentBuilder();
        page.AppendHtml("<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>GpuGrants</title></head>\n<body>\n");
        return page;
    }

    private static IResult End(HttpContext http, HtmlContentBuilder page)
    {
        page.AppendHtml("</body>\n</html>\n");
        http.Response.Headers.CacheControl = "no-store";
        // The link must not go along to where a reader goes next.
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        using var text = new StringWriter();
        page.WriteTo(text, Encoder);
        return TypedResults.Content(text.ToString(), "text/html; charset=utf-8");
    }
}
