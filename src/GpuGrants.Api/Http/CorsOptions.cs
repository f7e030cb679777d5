using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Http;

/// <summary>Which web pages elsewhere may call from a browser. Configuration section <c>Cors</c>.</summary>
public sealed class CorsOptions : IValidatableObject
{
    /// <summary>Origins, such as <c>https://portal.example.org</c>; none unless stated. <c>*</c> lets all in.</summary>
    public string[] Origins { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Origins
            .Where(text => text != "*" && !IsOrigin(text))
            .Select(text => new ValidationResult($"'{text}' is no origin, such as https://portal.example.org.", [nameof(Origins)]));

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.GetLeftPart(UriPartial.Authority) == text;
}

/// <summary>Answers browsers that ask whether a page may call (the CORS protocol of the Fetch standard).</summary>
internal static class Cors
{
    /// <summary>What a page may read of an answer beside its body.</summary>
    private static readonly string[] Exposed =
    [
        "Content-Language",
        "Deprecation",
        "ETag",
        "Idempotent-Replayed",
        "Link",
        "Location",
        "Preference-Applied",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "Sunset",
        "WWW-Authenticate",
    ];

    private static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    public static void Add(IServiceCollection services, CorsOptions options)
    {
        if (options.Origins.Length == 0)
            return;
        // Tokens travel in a header that a page sets itself, so browsers never have to send credentials of their own.
        services.AddCors(cors =>
            cors.AddDefaultPolicy(policy =>
                policy
                    .WithOrigins(options.Origins)
                    .AllowAnyHeader()
                    .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
                    .WithExposedHeaders(Exposed)
                    .SetPreflightMaxAge(Remembered)
            )
        );
    }

    public static void Use(WebApplication app, CorsOptions options)
    {
        if (options.Origins.Length > 0)
            app.UseCors();
    }
}
