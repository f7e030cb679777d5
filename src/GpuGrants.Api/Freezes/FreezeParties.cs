using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Independence;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Freezes;

/// <summary>Whom it benefits when a freeze is lifted.</summary>
internal static class FreezeParties
{
    /// <summary>Wants what <see cref="Of"/> reads.</summary>
    public static void Plan(BatchState batch, Freeze freeze) => batch.Table<Belongings>().Want(freeze.AuthorId);

    /// <summary>Whose grants are resumed when it is lifted: their organizations and providers gain by it.</summary>
    public static async Task<IReadOnlyList<Party>> ResumedAsync(GpuGrantsContext db, Freeze freeze, CancellationToken cancellation)
    {
        if (!freeze.SuspendsGrants)
            return [];
        var grants = await (
            from suspension in db.Set<GrantSuspension>()
            where suspension.FreezeId == freeze.Id && suspension.EndedAt == null
            join grant in db.Set<Grant>()
                on new { suspension.RootProgrammeId, Id = suspension.GrantId } equals new { grant.RootProgrammeId, grant.Id }
            select new { grant.OrganizationId, grant.ProviderId }
        )
            .Distinct()
            .ToListAsync(cancellation);
        return
        [
            .. grants.Select(one => one.OrganizationId).Distinct().Select(Party.Organization),
            .. grants.Select(one => one.ProviderId).Distinct().Select(Party.Provider),
        ];
    }

    /// <param name="batch">Has read the roles of the freeze's author.</param>
    /// <param name="freeze">The freeze.</param>
    /// <param name="path">Its programme and all above it; empty for other scopes.</param>
    public static IReadOnlyList<Party> Of(BatchState batch, Freeze freeze, IReadOnlyList<Guid> path)
    {
        if (freeze.Scope == Freeze.Provider)
            return [Party.Provider(freeze.ResourceId!.Value)];
        var applicants = Party.OrganizationsThatAsked(freeze.ResourceId);
        // What its own people stopped, its own people let go on. What others stopped, others do.
        var isOwn = batch.Table<Belongings>().Of(freeze.AuthorId).Any(one => one.Kind == PartyKind.Programme && path.Contains(one.Id));
        return isOwn || path.Count == 0 ? [applicants] : [applicants, Party.Programme(path, [])];
    }
}
