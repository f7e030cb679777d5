using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Access;

/// <summary>How much one person may have. Configuration section <c>People</c>. Platform administrators are exempt.</summary>
public sealed class HoldingOptions
{
    /// <summary>Organizations that one person may own at a time; closed ones do not count.</summary>
    [Range(1, 10_000)]
    public int OrganizationsPerPerson { get; set; } = 3;

    /// <summary>API clients that one principal may have at a time; revoked ones do not count.</summary>
    [Range(1, 10_000)]
    public int ClientsPerPrincipal { get; set; } = 20;

    /// <summary>Subjects of trusted issuers that one person may have linked at a time.</summary>
    [Range(1, 10_000)]
    public int IdentitiesPerPerson { get; set; } = 5;
}
