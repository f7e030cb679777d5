using System.Text.Json;
using GpuGrants.Api.Access;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Ledger.Proposals;
using GpuGrants.Api.Partners.Consents;
using GpuGrants.Api.Quotas.Increases;
using GpuGrants.Api.Quotas.Overrides;
using GpuGrants.Api.Requests;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Feed;

/// <summary>
/// Which events somebody may see: those of resources that the same person may read, by the same rules. A public catalogue is no reason to
/// see its changes: an offer's events are for its provider and for who reviews its programme.
/// </summary>
internal sealed class EventSight(GpuGrantsContext db, Caller caller, CancellationToken cancellation)
{
    /// <summary>Types whose events organizations see by other rules than by the organization that the event names.</summary>
    public const string Client = "client";

    /// <inheritdoc cref="Client"/>
    public const string Principal = "principal";

    /// <inheritdoc cref="Client"/>
    public const string WebhookEndpoint = "webhook-endpoint";

    /// <inheritdoc cref="Client"/>
    public const string Invitation = "invitation";

    /// <inheritdoc cref="Client"/>
    public const string Person = "person";

    /// <inheritdoc cref="Client"/>
    public const string Consent = "consent";

    /// <inheritdoc cref="Client"/>
    public const string Quote = "quote";

    /// <summary>Whether organizations alone decide what the caller sees, so that no resource has to be looked at.</summary>
    public static bool IsByOrganization(Caller caller) =>
        !caller.IsPlatformAdministrator
        && caller.RoleAssignments.All(one => one.Role is Roles.OrganizationOwner or Roles.OrganizationMember);

    /// <summary>
    /// Whether the event is for the caller's organization, which needs no look at the resource. Clients and quotes are those of one person.
    /// </summary>
    public static bool IsSeenBy(Caller caller, Event one) =>
        one.OrganizationId is { } id && one.ResourceType is not (Client or Quote) && caller.BelongsTo(id);

    /// <summary>Leaves out what the caller may not see.</summary>
    /// <returns>The rest, in the same order.</returns>
    public async Task<IReadOnlyList<Event>> SeenAsync(IReadOnlyList<Event> events)
    {
        if (caller.IsPlatformAdministrator)
            return events;
        var seen = events.Where(one => IsSeenBy(caller, one)).ToHashSet();
        foreach (var group in events.Where(one => !seen.Contains(one)).GroupBy(one => one.ResourceType).ToList())
        {
            var isSeen = await OfTypeAsync(group.Key, [.. group]);
            seen.UnionWith(group.Where(isSeen));
        }

        return [.. events.Where(seen.Contains)];
    }

    /// <summary>Which of these events the caller may see. Types without a line are for platform administrators alone.</summary>
    private async Task<Func<Event, bool>> OfTypeAsync(string type, Event[] events)
    {
        if (type == Principal)
            return await OfRolesAsync(events);
        if (type == WebhookEndpoint)
            return await OfEndpointsAsync(events);
        if (type == Client)
            return await OfClientsAsync(events);
        if (type == Invitation)
            return await OfInvitationsAsync(events);
        if (type == Person)
            return caller.OwnPerson is { } own ? IsOf([own.ToString()]) : _ => false;
        if (type == "partner-person")
            return one => IdIn(one, "partnerId") is { } partner && caller.Has(Roles.Partner, partner);
        var ids = events.Select(one => Guid.TryParse(one.ResourceId, out var id) ? id : Guid.Empty).Distinct().ToArray();
        var found = type switch
        {
            "request" => await RequestsAsync(ids, events),
            "grant" => await GrantsAsync(ids),
            Quote => await ListAsync(QuoteEndpoints.Own(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id),
            "offer" => await ProvidedAsync<OfferRow>(ids),
            "standing-terms" => await ProvidedAsync<StandingTermsRow>(ids),
            "code-batch" => await CodeBatchesAsync(ids),
            "provider" => [.. ids.Intersect(caller.Providers)],
            "partner" => [.. ids.Intersect(caller.With(Roles.Partner))],
            Consent => await ListAsync(ConsentEndpoints.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id),
            "programme" => await ProgrammesAsync(ids, caller.ReviewedProgrammes),
            "quota-policy" => await PoliciesAsync(ids),
            "quota-override" => await ListAsync(OverrideEndpoints.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id),
            "quota-increase" => await ListAsync(IncreaseEndpoints.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id),
            "transfer-proposal" => await ListAsync(ProposalEndpoints.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id),
            "transfer" => await TransfersAsync(ids),
            _ => [],
        };
        return IsOf([.. found.Select(id => id.ToString())]);
    }

    private static Func<Event, bool> IsOf(HashSet<string> ids) => one => ids.Contains(one.ResourceId);

    /// <summary>A provider learns of the requests whose grants are on its offers: that is how a grant is announced.</summary>
    private async Task<List<Guid>> RequestsAsync(Guid[] ids, Event[] events)
    {
        var found = await ListAsync(RequestAccess.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id);
        if (caller.Providers.Length == 0)
            return found;
        var granted = new Dictionary<Guid, Guid>();
        foreach (var one in events.Where(one => one.Type == RequestEvents.Approved.Name))
            if (IdIn(one, "grantId") is { } grant && Guid.TryParse(one.ResourceId, out var request))
                granted[grant] = request;
        found.AddRange((await GrantsAsync([.. granted.Keys])).Select(id => granted[id]));
        return found;
    }

    private Task<List<Guid>> GrantsAsync(Guid[] ids) =>
        ListAsync(GrantEndpoints.Visible(db, caller).Where(row => ids.Contains(row.Id)), row => row.Id);

    /// <summary>Of what a provider has in a programme its operators are told, and the programme's reviewers.</summary>
    private Task<List<Guid>> ProvidedAsync<TRow>(Guid[] ids)
        where TRow : class, IOfProvider
    {
        var (operated, reviewed) = (caller.Providers, ReviewedProgrammes.Ids(db, caller));
        return ListAsync(
            db.Set<TRow>().Where(row => ids.Contains(row.Id) && (operated.Contains(row.ProviderId) || reviewed.Contains(row.ProgrammeId))),
            row => row.Id
        );
    }

    private Task<List<Guid>> CodeBatchesAsync(Guid[] ids)
    {
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return ListAsync(db.Set<CodeBatch>().Where(row => ids.Contains(row.Id) && reviewed.Contains(row.ProgrammeId)), row => row.Id);
    }

    private Task<List<Guid>> ProgrammesAsync(Guid[] ids, Guid[] roles) =>
        roles.Length == 0
            ? Task.FromResult<List<Guid>>([])
            : ListAsync(db.Set<Programme>().Where(row => ids.Contains(row.Id) && row.Path.Any(id => roles.Contains(id))), row => row.Id);

    private Task<List<Guid>> PoliciesAsync(Guid[] ids)
    {
        var reviewed = ReviewedProgrammes.Ids(db, caller);
        return ListAsync(
            db.Set<QuotaPolicy>().Where(row => ids.Contains(row.Id) && row.ProgrammeId != null && reviewed.Contains(row.ProgrammeId.Value)),
            row => row.Id
        );
    }

    private Task<List<Guid>> TransfersAsync(Guid[] ids)
    {
        var visible = LedgerEndpoints.Visible(db, caller);
        return ListAsync(
            db.Set<TransferRow>()
                .Where(one =>
                    ids.Contains(one.Id)
                    && visible.Any(seen =>
                        seen.RootProgrammeId == one.RootProgrammeId && (seen.Id == one.DebitAccountId || seen.Id == one.CreditAccountId)
                    )
                ),
            row => row.Id
        );
    }

    /// <summary>Own clients, and those of organizations that the caller owns.</summary>
    private async Task<Func<Event, bool>> OfClientsAsync(Event[] events)
    {
        var ids = events.Select(one => one.ResourceId).Distinct().ToArray();
        var owned = caller.With(Roles.OrganizationOwner);
        var found = await db.Set<ApiClient>()
            .Where(row =>
                ids.Contains(row.ClientId)
                && (row.PrincipalId == caller.PrincipalId || (row.OrganizationId != null && owned.Contains(row.OrganizationId.Value)))
            )
            .Select(row => row.ClientId)
            .ToListAsync(cancellation);
        return IsOf([.. found]);
    }

    /// <summary>
    /// Roles at what the caller belongs to, operates or administers, as its list of members shows them, and the caller's own.
    /// </summary>
    private async Task<Func<Event, bool>> OfRolesAsync(Event[] events)
    {
        var places = events.Select(one => IdIn(one, "atId")).OfType<Guid>().Distinct().ToArray();
        var seen = await ProgrammesAsync(places, caller.With(Roles.ProgrammeAdministrator));
        seen.AddRange(places.Intersect(caller.Organizations.Concat(caller.Providers)));
        var own = caller.PrincipalId.ToString();
        return one => one.ResourceId == own || (IdIn(one, "atId") is { } place && seen.Contains(place));
    }

    /// <summary>Invitations to roles at what the caller owns, operates or administers, as its list of invitations shows them.</summary>
    private async Task<Func<Event, bool>> OfInvitationsAsync(Event[] events)
    {
        var places = events.Select(one => IdIn(one, "atId")).OfType<Guid>().Distinct().ToArray();
        var seen = await ProgrammesAsync(places, caller.With(Roles.ProgrammeAdministrator));
        seen.AddRange(places.Intersect(caller.With(Roles.OrganizationOwner, Roles.ProviderOperator)));
        return one => IdIn(one, "atId") is { } place && seen.Contains(place);
    }

    /// <summary>Endpoints of what the caller owns, administers, operates or acts for.</summary>
    private async Task<Func<Event, bool>> OfEndpointsAsync(Event[] events)
    {
        var owners = events.Select(one => IdIn(one, "atId")).OfType<Guid>().Distinct().ToArray();
        var seen = await ProgrammesAsync(owners, caller.With(Roles.ProgrammeAdministrator));
        seen.AddRange(owners.Intersect(caller.With(Roles.OrganizationOwner, Roles.ProviderOperator, Roles.Partner)));
        return one => IdIn(one, "atId") is { } owner && seen.Contains(owner);
    }

    private Task<List<Guid>> ListAsync<TRow>(IQueryable<TRow> rows, System.Linq.Expressions.Expression<Func<TRow, Guid>> id) =>
        rows.Select(id).ToListAsync(cancellation);

    private static Guid? IdIn(Event one, string member)
    {
        using var data = JsonDocument.Parse(one.Data);
        return
            data.RootElement.TryGetProperty(member, out var value)
            && value.ValueKind == JsonValueKind.String
            && value.TryGetGuid(out var id)
            ? id
            : null;
    }
}
