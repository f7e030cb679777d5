using System.ComponentModel.DataAnnotations;
using System.Net;

namespace GpuGrants.Api.Access;

/// <summary>
/// The proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> count. Whoever else sends these headers says nothing.
/// Configuration section <c>Proxies</c>.
/// </summary>
public sealed class ProxyOptions : IValidatableObject
{
    /// <summary>Addresses of proxies, such as <c>10.0.0.7</c>; none unless stated.</summary>
    public string[] Addresses { get; set; } = [];

    /// <summary>Networks of proxies, such as <c>10.0.0.0/24</c>; none unless stated.</summary>
    public string[] Networks { get; set; } = [];

    /// <summary>Whether any proxy is known.</summary>
    public bool Any => Addresses.Length + Networks.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var text in Addresses.Where(text => !IPAddress.TryParse(text, out _)))
            yield return new ValidationResult($"'{text}' is no IP address.", [nameof(Addresses)]);
        foreach (var text in Networks.Where(text => !IPNetwork.TryParse(text, out _)))
            yield return new ValidationResult($"'{text}' is no network, such as 10.0.0.0/24.", [nameof(Networks)]);
    }
}
