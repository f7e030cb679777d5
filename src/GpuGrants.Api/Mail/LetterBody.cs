using System.Text.Encodings.Web;
using System.Text.Unicode;
using Microsoft.AspNetCore.Html;
using MimeKit;

namespace GpuGrants.Api.Mail;

/// <summary>A letter as text and as HTML, for mail programs to choose. Both say the same.</summary>
internal static class LetterBody
{
    /// <summary>Encodes what means something in HTML, and leaves the letters of all languages readable.</summary>
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>The body of the mail.</summary>
    /// <returns>multipart/alternative, the plain text first.</returns>
    public static MimeEntity Of(Letter letter) => new BodyBuilder { TextBody = TextOf(letter), HtmlBody = HtmlOf(letter) }.ToMessageBody();

    private static string TextOf(Letter letter) =>
        letter.Unsubscribe is { } link ? $"{letter.Text}\n\n{UnsubscribeText(letter)}:\n{link}\n" : letter.Text;

    private static string HtmlOf(Letter letter)
    {
        var page = new HtmlContentBuilder();
        page.AppendFormat("<!doctype html>\n<html lang=\"{0}\">\n<head><meta charset=\"utf-8\">", letter.Language);
        page.AppendFormat("<title>{0}</title></head>\n<body>\n", letter.Subject);
        foreach (var paragraph in letter.Text.Split("\n\n"))
        {
            page.AppendHtml("<p>");
            foreach (var (i, line) in paragraph.Trim('\n').Split('\n').Index())
                page.AppendFormat(i == 0 ? "{0}" : "<br>\n{0}", line);
            page.AppendHtml("</p>\n");
        }

        if (letter.Unsubscribe is { } link)
            page.AppendFormat("<p><a href=\"{0}\">{1}</a></p>\n", link, UnsubscribeText(letter));
        page.AppendHtml("</body>\n</html>\n");
        using var text = new StringWriter();
        page.WriteTo(text, Encoder);
        return text.ToString();
    }

    private static string UnsubscribeText(Letter letter) =>
        letter.Language == "ko" ? "이런 메일을 더 이상 받지 않으시려면" : "To get no more mail of this kind";
}
