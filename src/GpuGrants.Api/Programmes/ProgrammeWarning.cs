using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Programmes;

/// <summary>What whoever opens a programme should know.</summary>
/// <param name="Code">Stable code.</param>
/// <param name="Message">What follows, and what to do.</param>
public sealed record ProgrammeWarning(string Code, string Message)
{
    private static readonly IReadOnlyList<ProgrammeWarning> NoPolicy =
    [
        new(
            "no-policy",
            "No published quota policy limits the programme, so it approves requests until its budget is spent. Publish a policy: "
                + "POST /v1/quota-policies."
        ),
    ];

    /// <summary>The warnings of a programme that takes requests; null when there are none.</summary>
    /// <param name="db">To look for policies.</param>
    /// <param name="path">The programme and those above it.</param>
    /// <param name="cancellation">Stops the reading.</param>
    public static async Task<IReadOnlyList<ProgrammeWarning>?> OfAsync(GpuGrantsContext db, Guid[] path, CancellationToken cancellation) =>
        await (
            from policy in db.Set<QuotaPolicy>()
            where policy.OrganizationId == null && (policy.ProgrammeId == null || path.Contains(policy.ProgrammeId.Value))
            join version in db.Set<QuotaPolicyVersion>() on policy.Id equals version.PolicyId
            where version.Status == "published"
            select version.PolicyId
        ).AnyAsync(cancellation)
            ? null
            : NoPolicy;
}
