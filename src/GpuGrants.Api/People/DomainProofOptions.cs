using System.ComponentModel.DataAnnotations;
using System.Net;

namespace GpuGrants.Api.People;

/// <summary>How organizations prove domains. Configuration section <c>DomainProofs</c>.</summary>
public sealed class DomainProofOptions : IValidatableObject
{
    /// <summary>Days for which a proved domain counts; then it is proved again.</summary>
    [Range(1, 3_650)]
    public int Days { get; set; } = 365;

    /// <summary>
    /// Mail services besides those that the service knows; subdomains with them. Their domains prove nothing, and codes to them are
    /// not counted by domain.
    /// </summary>
    public string[] MailServices { get; set; } = [];

    /// <summary>Name servers to ask, such as 10.0.0.2 or 10.0.0.2:5353; those of the machine when empty.</summary>
    public string[] NameServers { get; set; } = [];

    /// <summary>Milliseconds that a name server has to answer.</summary>
    [Range(10, 30_000)]
    public int TimeoutMilliseconds { get; set; } = 3_000;

    /// <summary>Names that are looked up for one organization in an hour, by all replicas together; 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int LookupsPerHour { get; set; } = 30;

    /// <summary>Proofs that one organization starts in an hour, over all replicas; 0 for no limit.</summary>
    [Range(0, 100_000)]
    public int StartsPerHour { get; set; } = 10;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        NameServers
            .Where(one => !IPEndPoint.TryParse(one, out _))
            .Select(one => new ValidationResult(
                $"'{one}' is no address. State one such as 10.0.0.2 or 10.0.0.2:53.",
                [nameof(NameServers)]
            ));
}
