using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Grants;

/// <summary>The ids of what a request or grant may show whole; null for what it has none of.</summary>
internal readonly record struct ExpandableIds(Guid OrganizationId, Guid ProgrammeId, Guid? OfferId, Guid? GrantId = null);

/// <summary>
/// What <c>expand</c> adds to requests and grants. Each kind takes one query for a whole page, by the rule by which the caller reads that
/// kind. What the caller may not read is left out, as if it were not asked for.
/// </summary>
internal sealed class Expansion
{
    public const string Organization = "organization";
    public const string Programme = "programme";
    public const string Offer = "offer";
    public const string Grant = "grant";

    private IReadOnlyDictionary<Guid, OrganizationView> _organizations = new Dictionary<Guid, OrganizationView>();
    private IReadOnlyDictionary<Guid, ProgrammeView> _programmes = new Dictionary<Guid, ProgrammeView>();
    private IReadOnlyDictionary<Guid, OfferView> _offers = new Dictionary<Guid, OfferView>();
    private IReadOnlyDictionary<Guid, GrantView> _grants = new Dictionary<Guid, GrantView>();

    private Expansion(bool isEmpty) => IsEmpty = isEmpty;

    /// <summary>Whether the call asks for nothing.</summary>
    public bool IsEmpty { get; }

    /// <summary>Reads what the call asks for. A call that asks for nothing reads nothing.</summary>
    public static async Task<Expansion> ReadAsync(HttpContext http, GpuGrantsContext db, IReadOnlyCollection<ExpandableIds> ids)
    {
        var words = http.Expanded();
        var (caller, cancellation) = (http.Caller(), http.RequestAborted);
        var found = new Expansion(words.Count == 0);
        if (words.Contains(Organization) && Wanted(ids, one => one.OrganizationId) is { Count: > 0 } organizations)
            found._organizations = await OrganizationEndpoints
                .Visible(db, caller)
                .AsNoTracking()
                .Where(row => organizations.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, OrganizationView.Of, cancellation);
        if (words.Contains(Programme) && Wanted(ids, one => one.ProgrammeId) is { Count: > 0 } programmes)
            found._programmes = await Access
                .ProgrammeSight.Visible(db, caller)
                .AsNoTracking()
                .Where(row => programmes.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, row => ProgrammeView.To(caller, row), cancellation);
        if (words.Contains(Offer) && Wanted(ids, one => one.OfferId) is { Count: > 0 } offers)
        {
            var sight = await OfferSight.OfAsync(db, caller, cancellation);
            found._offers = await OfferChange
                .Visible(db, caller)
                .AsNoTracking()
                .Where(row => offers.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, sight.ViewOf, cancellation);
        }

        if (words.Contains(Grant) && Wanted(ids, one => one.GrantId) is { Count: > 0 } grants)
            found._grants = await GrantEndpoints
                .Visible(db, caller)
                .AsNoTracking()
                .Where(row => grants.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, row => GrantView.Of(row, http.Now()), cancellation);
        return found;
    }

    public OrganizationView? OrganizationOf(ExpandableIds ids) => _organizations.GetValueOrDefault(ids.OrganizationId);

    public ProgrammeView? ProgrammeOf(ExpandableIds ids) => _programmes.GetValueOrDefault(ids.ProgrammeId);

    public OfferView? OfferOf(ExpandableIds ids) => ids.OfferId is { } id ? _offers.GetValueOrDefault(id) : null;

    public GrantView? GrantOf(ExpandableIds ids) => ids.GrantId is { } id ? _grants.GetValueOrDefault(id) : null;

    private static List<Guid> Wanted(IReadOnlyCollection<ExpandableIds> ids, Func<ExpandableIds, Guid?> id) =>
        [.. ids.Select(id).OfType<Guid>().Distinct()];
}
