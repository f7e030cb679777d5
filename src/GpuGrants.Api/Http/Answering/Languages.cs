namespace GpuGrants.Api.Http.Answering;

/// <summary>The language of sentences for people.</summary>
public static class Languages
{
    /// <summary><c>ko</c> when the caller prefers Korean to English, else <c>en</c>.</summary>
    public static string Language(this HttpContext http) =>
        http.Request.GetTypedHeaders()
            .AcceptLanguage.OrderByDescending(language => language.Quality ?? 1)
            .Select(language => language.Value.Value ?? "")
            .Select(tag =>
                tag.StartsWith("ko", StringComparison.OrdinalIgnoreCase) ? "ko"
                : tag.StartsWith("en", StringComparison.OrdinalIgnoreCase) || tag == "*" ? "en"
                : null
            )
            .FirstOrDefault(language => language is not null)
        ?? "en";
}
