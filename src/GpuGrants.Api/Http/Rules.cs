using FluentValidation;

namespace GpuGrants.Api.Http;

/// <summary>Rules that many bodies share. Each message says what would pass.</summary>
public static class Rules
{
    public static IRuleBuilderOptions<T, string?> Text<T>(this IRuleBuilder<T, string?> rule, int max, bool required = true) =>
        rule.Must(text => text is null ? !required : text.Trim().Length >= 1 && text.Length <= max && IsPrintable(text))
            .WithMessage(
                required
                    ? $"State 1 to {max} characters, without control characters."
                    : $"State 1 to {max} characters, without control characters, or leave it out."
            );

    /// <summary>A lower-case word such as <c>eu-west</c>.</summary>
    public static IRuleBuilderOptions<T, string?> Slug<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Must(text => text is null ? !required : IsSlug(text))
            .WithMessage("State 1 to 64 lower-case letters, digits and hyphens, such as eu-west.");

    public static IRuleBuilderOptions<T, string?> Country<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Must(text => text is null ? !required : text.Length == 2 && text.All(char.IsAsciiLetterUpper))
            .WithMessage("State a country by ISO 3166-1 alpha-2, such as KR.");

    public static IRuleBuilderOptions<T, string?> OneOf<T>(
        this IRuleBuilder<T, string?> rule,
        IReadOnlyList<string> choices,
        bool required = true
    ) => rule.Must(text => text is null ? !required : choices.Contains(text)).WithMessage($"State one of: {string.Join(", ", choices)}.");

    /// <summary>Refuses paths and queries with characters that no stored text has.</summary>
    /// <exception cref="ProblemException">One of them has; a path with such characters names nothing.</exception>
    public static void CheckAddress(HttpRequest request)
    {
        if (request.RouteValues.Values.Any(value => value is string text && !IsPrintable(text)))
            throw Problem.NotFound();
        foreach (var (name, values) in request.Query)
            if (!values.All(value => value is null || IsPrintable(value)))
                throw Problem.Malformed(name, "Send text without control characters.");
    }

    public static bool IsSlug(string text) =>
        text.Length is >= 1 and <= 64 && text[0] != '-' && text.All(letter => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');

    /// <summary>Text for people: PostgreSQL stores no NUL, and control characters or half surrogates would only hide things.</summary>
    public static bool IsPrintable(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] is not ('\n' or '\t'))
                return false;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                return false;
            i++;
        }

        return true;
    }
}
