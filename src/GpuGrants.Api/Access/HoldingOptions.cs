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

    /// <summary>Programs that may act for one person at a time, over everything that the person manages; those without a role do not
    /// count.</summary>
    [Range(1, 10_000)]
    public int ProgramsPerPerson { get; set; } = 50;

    /// <summary>Subjects of trusted issuers that one person may have linked at a time.</summary>
    [Range(1, 10_000)]
    public int IdentitiesPerPerson { get; set; } = 5;

    /// <summary>
    /// Codes that one person may have mailed in an hour, for whatever purpose, by all replicas together; 0 for no limit. Those that a
    /// partner's people have mailed to people of the partner count apart.
    /// </summary>
    [Range(0, 1_000_000)]
    public int CodesPerHour { get; set; } = 50;

    /// <summary>
    /// Codes that one of a partner's people may have mailed in an hour to people who sign up through it, by all replicas together; 0 for no
    /// limit.
    /// </summary>
    [Range(0, 1_000_000)]
    public int PartnerCodesPerHour { get; set; } = 1_000;
}
