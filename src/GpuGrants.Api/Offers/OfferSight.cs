using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Offers;

/// <summary>
/// Who sees what provider and programme have yet to agree on, and why the programme rejected something: the provider's operators, and
/// reviewers and administrators of the programme. Everybody can get a token, so to others it is as hidden as to strangers.
/// </summary>
internal sealed class OfferSight
{
    private readonly Caller? _caller;
    private readonly HashSet<Guid> _reviewed;

    private OfferSight(Caller? caller, HashSet<Guid> reviewed) => (_caller, _reviewed) = (caller, reviewed);

    /// <summary>Reads of which programmes with offers the caller is a reviewer.</summary>
    /// <param name="db">For reading.</param>
    /// <param name="caller">Null for somebody without a token.</param>
    /// <param name="cancellation">Ends the reading.</param>
    public static async Task<OfferSight> OfAsync(GpuGrantsContext db, Caller? caller, CancellationToken cancellation)
    {
        if (caller is not { ReviewedProgrammes.Length: > 0 })
            return new OfferSight(caller, []);
        var reviewed = await ReviewedProgrammes
            .Ids(db, caller)
            .Where(id => db.Set<OfferRow>().Any(row => row.ProgrammeId == id))
            .ToListAsync(cancellation);
        return new OfferSight(caller, [.. reviewed]);
    }

    /// <summary>The offers on which the caller is a side, as a part of a query.</summary>
    public static IQueryable<OfferRow> Negotiated(GpuGrantsContext db, Caller caller)
    {
        if (caller.IsPlatformAdministrator)
            return db.Set<OfferRow>();
        var (operated, reviewed) = (caller.Providers, ReviewedProgrammes.Ids(db, caller));
        return db.Set<OfferRow>().Where(row => operated.Contains(row.ProviderId) || reviewed.Contains(row.ProgrammeId));
    }

    /// <summary>The offer as the caller sees it.</summary>
    public OfferView ViewOf(OfferRow row) =>
        _caller is null ? OfferView.OfStranger(row)
        : _caller.Operates(row.ProviderId) || _reviewed.Contains(row.ProgrammeId) ? OfferView.To(_caller, row)
        : OfferView.OfStranger(row);
}
