using System.ComponentModel.DataAnnotations;
using System.Net;

namespace GpuGrants.Api.Webhooks;

/// <summary>Where and how webhooks go out. Configuration section <c>Webhooks</c>.</summary>
public sealed class WebhookOptions : IValidatableObject
{
    /// <summary>Networks that webhooks may reach besides public ones, such as 10.1.0.0/16. Also plain http goes there.</summary>
    public string[] AllowedNetworks { get; set; } = [];

    /// <summary>Seconds that a receiver has to answer.</summary>
    [Range(1, 30)]
    public int TimeoutSeconds { get; set; } = 15;

    /// <summary>Endpoints that one replica works for at once.</summary>
    [Range(1, 1_000)]
    public int MaxEndpointsAtOnce { get; set; } = 64;

    /// <summary>Endpoints that one owner has at the most, deleted ones not counted.</summary>
    [Range(1, 1_000)]
    public int EndpointsPerOwner { get; set; } = 20;

    /// <summary>Milliseconds between two looks for endpoints that have something to send.</summary>
    [Range(50, 3_600_000)]
    public int PollMilliseconds { get; set; } = 500;

    /// <summary>Seconds after which another replica goes on with an endpoint whose replica was killed. Work renews its lease.</summary>
    [Range(1, 600)]
    public int LeaseSeconds { get; set; } = 30;

    /// <summary>Days for which deliveries are kept.</summary>
    [Range(1, 3_650)]
    public int KeepDays { get; set; } = 30;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        AllowedNetworks
            .Where(one => !IPNetwork.TryParse(one, out _))
            .Select(one => new ValidationResult($"'{one}' is no network. State one such as 10.1.0.0/16.", [nameof(AllowedNetworks)]));
}
