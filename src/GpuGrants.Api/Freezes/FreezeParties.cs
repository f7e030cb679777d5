using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Independence;

namespace GpuGrants.Api.Freezes;

/// <summary>Whom it benefits when a freeze is lifted.</summary>
internal static class FreezeParties
{
    /// <summary>Wants what <see cref="Of"/> reads.</summary>
    public static void Plan(BatchState batch, Freeze freeze) => batch.Table<Belongings>().Want(freeze.AuthorId);

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
