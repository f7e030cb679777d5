using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using GpuGrants.Api.Json;
using QRCoder;

namespace GpuGrants.Api.Codes;

/// <summary>
/// A page to print: each code with its picture (QR code). It has no script, no style and no address of anything else, so the strictest
/// content security policy lets it through.
/// </summary>
internal static class CodePage
{
    private const int Columns = 3;
    private const int PictureSize = 160;

    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    /// <summary>The page of some codes of a batch.</summary>
    /// <returns>HTML, piece by piece.</returns>
    public static IEnumerable<string> Of(CodeBatch batch, IEnumerable<CodeView> codes)
    {
        var page = new StringBuilder();
        var name = Encoder.Encode(batch.Name);
        page.Append(
            CultureInfo.InvariantCulture,
            $"<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{name}</title></head>\n<body>\n<h1>{name}</h1>\n"
        );
        page.Append(
            CultureInfo.InvariantCulture,
            $"<p>Each code stands for {Wire.Hours(batch.GpuSeconds)} GPU-hours ({Encoder.Encode(batch.GpuModelId)}). "
        );
        page.Append(CultureInfo.InvariantCulture, $"Redeem it by {UtcMoments.Text(batch.RedeemBy)}. It works once.</p>\n");
        page.Append(
            CultureInfo.InvariantCulture,
            $"<p lang=\"ko\">코드마다 {Wire.Hours(batch.GpuSeconds)} GPU시간({Encoder.Encode(batch.GpuModelId)})을 쓸 수 있습니다. "
        );
        page.Append(CultureInfo.InvariantCulture, $"{UtcMoments.Text(batch.RedeemBy)}까지 한 번만 사용할 수 있습니다.</p>\n");
        page.Append("<table border=\"1\" cellpadding=\"12\">\n");
        yield return page.ToString();
        foreach (var line in codes.Chunk(Columns))
        {
            page.Clear();
            page.Append("<tr>\n");
            foreach (var code in line)
                Add(page, batch, code);
            yield return page.Append("</tr>\n").ToString();
        }

        yield return "</table>\n</body>\n</html>\n";
    }

    private static void Add(StringBuilder page, CodeBatch batch, CodeView code)
    {
        page.Append("<td align=\"center\">");
        AddPicture(page, batch.Link is { } link ? $"{link}#{code.Code}" : code.Code);
        page.Append(
            CultureInfo.InvariantCulture,
            $"<p><code>{code.Code}</code></p><p>{Encoder.Encode(batch.Name)}, no. {code.Number}</p></td>\n"
        );
    }

    /// <summary>One path: a rectangle for each run of dark modules.</summary>
    private static void AddPicture(StringBuilder page, string text)
    {
        using var made = QRCodeGenerator.GenerateQrCode(text, QRCodeGenerator.ECCLevel.M);
        var size = made.ModuleMatrix.Count;
        page.Append(
            CultureInfo.InvariantCulture,
            $"<svg width=\"{PictureSize}\" height=\"{PictureSize}\" viewBox=\"0 0 {size} {size}\" role=\"img\"><path d=\""
        );
        for (var y = 0; y < size; y++)
        for (var x = 0; x < size; x++)
        {
            if (!made.ModuleMatrix[y][x])
                continue;
            var begin = x;
            while (x + 1 < size && made.ModuleMatrix[y][x + 1])
                x++;
            page.Append(CultureInfo.InvariantCulture, $"M{begin} {y}h{x - begin + 1}v1h-{x - begin + 1}z");
        }

        page.Append("\"/></svg>");
    }
}
