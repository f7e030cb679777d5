using FluentValidation;
using Code = GpuGrants.Codes.GrantCode;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>The rule of codes that people type.</summary>
internal static class CodeRules
{
    public const string Message = "This is no code: one of its 20 letters and digits is mistyped. Compare it with what was printed.";

    /// <summary>A code whose check character fits.</summary>
    public static IRuleBuilderOptions<T, string?> GrantCode<T>(this IRuleBuilder<T, string?> rule, bool required = true) =>
        rule.Bound(
                new Bounds
                {
                    IsRequired = required,
                    MinLength = Code.Length,
                    MaxLength = Code.MaxTextLength,
                },
                text => text is null ? !required : Code.TryParse(text, out _)
            )
            .WithMessage(Message);
}
