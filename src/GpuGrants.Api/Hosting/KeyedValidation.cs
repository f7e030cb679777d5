using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Hosting;

/// <summary>
/// Validates a section of the configuration and names each wrong key as it is written there, such as <c>Access:PublicUrl</c>.
/// </summary>
internal sealed class KeyedValidation<TOptions>(string section) : IValidateOptions<TOptions>
    where TOptions : class
{
    public ValidateOptionsResult Validate(string? name, TOptions options)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(one => $"{section}:{one.MemberNames.FirstOrDefault()}: {one.ErrorMessage}"));
    }
}
