using FluentValidation;
using FluentValidation.Validators;
using GpuGrants.Api.Http.Answering;
using GpuGrants.People;
using GpuGrants.Units;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>Rules that many bodies share. Each message says what would pass.</summary>
public static class Rules
{
    /// <summary>The most words of a list.</summary>
    public const int MaxWords = 20;

    public const string WordsAdvice = "State at most 20 different lower-case words of letters, digits and hyphens.";
    private const string SlugPattern = "^[a-z0-9][a-z0-9-]{0,63}$";
    private const string CountryPattern = "^[A-Z]{2}$";

    /// <summary>A text for people, of which something shows. Its length is in code points.</summary>
    public static IRuleBuilderOptions<T, string?> Text<T>(this IRuleBuilder<T, string?> rule, int max, bool required = true) =>
        rule.Bound(
                new Bounds
                {
                    IsRequired = required,
                    MinLength = 1,
                    MaxLength = max,
                },
                text => text is null ? !required : VisibleText.Length(text) <= max && IsPrintable(text) && VisibleText.Shows(text)
            )
            .WithMessage(
                required
                    ? $"State 1 to {max} characters that show something, without control characters."
                    : $"State 1 to {max} characters that show something, without control characters, or leave it out."
            );

    /// <summary>A lower-case word such as <c>eu-west</c>.</summary>
    public static IRuleBuilderOptions<T, string?> Slug<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Bound(new Bounds { IsRequired = required, Pattern = SlugPattern }, text => text is null ? !required : IsSlug(text))
            .WithMessage("State 1 to 64 lower-case letters, digits and hyphens, such as eu-west.");

    /// <summary>A name as people see it: its length is in characters as people count them.</summary>
    public static IRuleBuilderOptions<T, string?> Name<T>(this IRuleBuilder<T, string?> rule, int max, bool required = true) =>
        rule.Bound(
                new Bounds
                {
                    IsRequired = required,
                    MinLength = 1,
                    // JSON Schema counts code points.
                    MaxLength = max * VisibleName.PointsPerCharacter,
                },
                text => text is null ? !required : VisibleName.IsName(text, max)
            )
            .WithMessage(
                required
                    ? $"State 1 to {max} characters that people see: without control characters, invisible ones and marks of direction."
                    : $"State 1 to {max} characters that people see, without control characters, invisible ones and marks of direction, "
                        + "or leave it out."
            );

    public static IRuleBuilderOptions<T, string?> Country<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Bound(
                new Bounds { IsRequired = required, Pattern = CountryPattern },
                text => text is null ? !required : Countries.IsCode(text)
            )
            .WithMessage((_, text) => CountryAdvice(text));

    /// <summary>Different countries, or none.</summary>
    public static IRuleBuilderOptions<T, string[]?> CountryList<T>(this IRuleBuilder<T, string[]?> rule, int max) =>
        rule.Bound(
                new Bounds
                {
                    MaxItems = max,
                    Items = new Bounds { Pattern = CountryPattern },
                },
                codes => codes is null || (codes.Length <= max && codes.All(code => code is not null && Countries.IsCode(code)))
            )
            .WithMessage((_, codes) => CountryAdvice(codes?.FirstOrDefault(code => code is null || !Countries.IsCode(code))));

    /// <summary>Kinds of organizations, or none.</summary>
    public static IRuleBuilderOptions<T, string[]?> KindList<T>(this IRuleBuilder<T, string[]?> rule) =>
        rule.Bound(
                new Bounds
                {
                    MaxItems = OrganizationKinds.All.Count,
                    Items = new Bounds { Choices = OrganizationKinds.All },
                },
                kinds => kinds is null || (kinds.All(OrganizationKinds.All.Contains) && kinds.Distinct().Count() == kinds.Length)
            )
            .WithMessage($"State different kinds of this list: {string.Join(", ", OrganizationKinds.All)}.");

    private static string CountryAdvice(string? text) =>
        text is not null && Countries.Meant(text) is { } meant
            ? $"State {meant}: countries are stated by ISO 3166-1 alpha-2, and {text} is none of its codes."
            : "State a country by ISO 3166-1 alpha-2, such as KR.";

    public static IRuleBuilderOptions<T, string?> OneOf<T>(
        this IRuleBuilder<T, string?> rule,
        IReadOnlyList<string> choices,
        bool required = true
    ) =>
        rule.Bound(new Bounds { IsRequired = required, Choices = choices }, text => text is null ? !required : choices.Contains(text))
            .WithMessage($"State one of: {string.Join(", ", choices)}.");

    /// <summary>A whole number within the bounds, or none.</summary>
    public static IRuleBuilderOptions<T, int?> Between<T>(this IRuleBuilder<T, int?> rule, int min, int max) =>
        rule.Bound(new Bounds { Min = min, Max = max }, number => number is null || (number >= min && number <= max));

    /// <summary>GPU-hours in steps of 0.01.</summary>
    public static IRuleBuilderOptions<T, decimal?> GpuHours<T>(
        this IRuleBuilder<T, decimal?> rule,
        bool required = true,
        bool zero = false
    ) =>
        rule.Bound(
            new Bounds
            {
                IsRequired = required,
                Min = zero ? 0 : 0.01m,
                Max = 100_000_000,
                Step = 0.01m,
            },
            hours => hours is { } value ? GpuTime.TryFromHours(value, out var time) && (zero || !time.IsZero) : !required
        );

    /// <summary>Credits above 0 with at most three decimals.</summary>
    public static IRuleBuilderOptions<T, decimal?> Credits<T>(this IRuleBuilder<T, decimal?> rule) =>
        rule.Bound(
            new Bounds
            {
                IsRequired = true,
                Min = 0.001m,
                Max = 100_000_000_000,
                Step = 0.001m,
            },
            credits => credits is { } value && Units.Credits.TryFromCredits(value, out var amount) && !amount.IsZero
        );

    /// <summary>Credits per GPU-hour with at most three decimals.</summary>
    public static IRuleBuilderOptions<T, decimal?> Rate<T>(this IRuleBuilder<T, decimal?> rule) =>
        rule.Bound(
            new Bounds
            {
                IsRequired = true,
                Min = 0,
                Max = 1_000,
                Step = 0.001m,
            },
            rate => rate is { } value && Units.Rate.TryFromCredits(value, out _)
        );

    /// <summary>Different lower-case words, or none.</summary>
    public static IRuleBuilderOptions<T, string[]?> Slugs<T>(this IRuleBuilder<T, string[]?> rule, int max) =>
        rule.Bound(
            new Bounds
            {
                MaxItems = max,
                IsUnique = true,
                Items = new Bounds { Pattern = SlugPattern },
            },
            words =>
                words is null
                || (
                    words.Length <= max
                    && words.All(word => word is not null && IsSlug(word))
                    && words.Distinct(StringComparer.Ordinal).Count() == words.Length
                )
        );

    /// <summary>Any rule whose bounds the contract can tell.</summary>
    public static IRuleBuilderOptions<T, TValue> Bound<T, TValue>(
        this IRuleBuilder<T, TValue> rule,
        Bounds bounds,
        Func<TValue, bool> holds
    ) => rule.SetValidator(new BoundsRule<T, TValue>(bounds, holds));

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
            if (char.IsControl(text[i]) && text[i] is not ('\n' or '\t') && !EndsLine(text, i))
                return false;
            if (!char.IsSurrogate(text[i]))
                continue;
            if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                return false;
            i++;
        }

        return true;
    }

    /// <summary>Whether a carriage return stands before a line feed, as many systems end lines.</summary>
    private static bool EndsLine(string text, int at) => text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n';
}

/// <summary>A rule of a validator that says in the contract's words what it lets in.</summary>
public interface IBoundsRule
{
    Bounds Bounds { get; }
}

/// <summary>Lets in what the predicate says. The bounds are never narrower than the predicate, or the contract would refuse more.</summary>
internal sealed class BoundsRule<TBody, TValue>(Bounds bounds, Func<TValue, bool> holds) : PropertyValidator<TBody, TValue>, IBoundsRule
{
    public Bounds Bounds { get; } = bounds;

    public override string Name => "BoundsRule";

    public override bool IsValid(ValidationContext<TBody> context, TValue value) => holds(value);
}

/// <summary>What values a rule lets in, in the words of JSON Schema: what the contract says of a member that callers send.</summary>
public sealed record Bounds
{
    /// <summary>The member has to be there.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Characters of a text: code points, as JSON Schema counts them.</summary>
    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>A regular expression of ECMA-262.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only texts that pass; any when empty.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    public decimal? Min { get; init; }

    /// <summary>The number is more than <see cref="Min"/>.</summary>
    public bool IsMinExcluded { get; init; }

    public decimal? Max { get; init; }

    /// <summary>The number is a multiple of it.</summary>
    public decimal? Step { get; init; }

    /// <summary>Items of a list.</summary>
    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public bool IsUnique { get; init; }

    /// <summary>What each item is.</summary>
    public Bounds? Items { get; init; }
}
