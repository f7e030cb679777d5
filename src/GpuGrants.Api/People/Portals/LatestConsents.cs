using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.People.Portals;

/// <summary>
/// The consent that a partner had last of the organization of somebody whom it signed up, however it came. Several when they were given and
/// ended in the same moment. Read under the platform tree's lock, where consents are given and end.
/// </summary>
public sealed class LatestConsents : ReadByKey<Guid, Guid>
{
    protected override string Sql =>
        """
            select p.id, c.id from partner_people p cross join lateral (
                select c.id from consents c
                where c.partner_id = p.partner_id and c.organization_id = p.organization_id and c.given_at is not null
                order by c.ended_at desc nulls first, c.given_at desc
                fetch first 1 row with ties) c
            where p.id = any ($1)
            """;

    /// <summary>Wants the consents, and once they are known, their rows.</summary>
    public void Plan(BatchState batch, PartnerPerson person)
    {
        foreach (var id in Find(person.Id) ?? [])
            batch.Rows<Consent>().Want(new RowKey(id));
    }

    /// <summary>The consents, as earlier commands of this batch left them; none when there was none.</summary>
    public List<Consent> Of(BatchState batch, PartnerPerson person)
    {
        var rows = batch.Rows<Consent>();
        var all = Of(person.Id).Select(id => rows.Find(new RowKey(id))!).Concat(rows.Changed.Where(row => IsOf(row, person))).ToHashSet();
        var last = all.Select(Moments).DefaultIfEmpty().Max();
        return [.. all.Where(row => Moments(row) == last)];
    }

    protected override (Guid Key, Guid Found) Read(NpgsqlDataReader row) => (row.GetGuid(0), row.GetGuid(1));

    private static bool IsOf(Consent row, PartnerPerson person) =>
        row.GivenAt is not null && row.PartnerId == person.PartnerId && row.OrganizationId == person.OrganizationId;

    private static (DateTimeOffset Ended, DateTimeOffset Given) Moments(Consent row) =>
        (row.EndedAt ?? DateTimeOffset.MaxValue, row.GivenAt!.Value);
}
