using GpuGrants.Api.Wording;
using Microsoft.Net.Http.Headers;

namespace GpuGrants.Api.Http.Answering;

/// <summary>The language of sentences for people: that of <c>Accept-Language</c>, as RFC 9110, section 12.5.4, says.</summary>
public static class Languages
{
    public const string English = "en";

    /// <summary>
    /// <c>ko</c> when the caller prefers Korean to English, else <c>en</c>. A range such as ko-KR means its language (RFC 4647, section
    /// 3.4).
    /// What has the weight 0 is not wanted. Where neither is wanted, English is better than nothing.
    /// </summary>
    public static string Language(this HttpContext http)
    {
        var ranges = http.Request.GetTypedHeaders().AcceptLanguage;
        var (english, korean) = (WeightOf(English, ranges), WeightOf(Korean.Language, ranges));
        if (english != korean)
            return korean > english ? Korean.Language : English;
        // Equal weights say nothing, so the order does.
        return
            korean > 0
            && ranges.FirstOrDefault(range => Means(range, Korean.Language) || Means(range, English)) is { } first
            && Means(first, Korean.Language)
            ? Korean.Language
            : English;
    }

    /// <summary>The same for an answer that is sent at once, with the header that names its language.</summary>
    public static string SpokenLanguage(this HttpContext http)
    {
        var language = http.Language();
        http.Response.Headers.ContentLanguage = language;
        return language;
    }

    /// <summary>How much a language is wanted, from 0 to 1.</summary>
    private static double WeightOf(string language, IList<StringWithQualityHeaderValue> ranges)
    {
        if (ranges.FirstOrDefault(range => range.Value.Equals(language, StringComparison.OrdinalIgnoreCase)) is { Quality: 0 })
            return 0;
        var meant = ranges.Where(range => Means(range, language)).ToList();
        if (meant.Count == 0)
            meant = [.. ranges.Where(range => range.Value == "*")];
        return meant.Count == 0 ? 0 : meant.Max(range => range.Quality ?? 1);
    }

    private static bool Means(StringWithQualityHeaderValue range, string language) =>
        range.Value.Equals(language, StringComparison.OrdinalIgnoreCase)
        || range.Value.StartsWith(language + "-", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The endpoint answers with sentences in the caller's language.</summary>
public sealed record SpeaksLanguages;
