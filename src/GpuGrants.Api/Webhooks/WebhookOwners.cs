using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace GpuGrants.Api.Webhooks;

/// <summary>Who has endpoints, who manages them, and what an endpoint sees.</summary>
internal static class WebhookOwners
{
    public const string Platform = "platform";

    public static IReadOnlyList<string> Kinds { get; } = ["organization", "programme", "provider", "partner", Platform];

    /// <summary>The endpoints that the caller manages: those of what it owns, administers, operates or acts for.</summary>
    public static IQueryable<WebhookEndpoint> Managed(GpuGrantsContext db, Caller caller)
    {
        var rows = db.Set<WebhookEndpoint>().Where(row => row.Status != "deleted");
        if (caller.IsPlatformAdministrator)
            return rows;
        var (owned, operated) = (caller.With(Roles.OrganizationOwner), caller.Providers);
        var (partners, administered) = (caller.With(Roles.Partner), caller.With(Roles.ProgrammeAdministrator));
        return rows.Where(row =>
            (row.OwnerKind == "organization" && owned.Contains(row.OwnerId!.Value))
            || (row.OwnerKind == "provider" && operated.Contains(row.OwnerId!.Value))
            || (row.OwnerKind == "partner" && partners.Contains(row.OwnerId!.Value))
            || (
                row.OwnerKind == "programme"
                && db.Set<Programme>().Any(one => one.Id == row.OwnerId && one.Path.Any(id => administered.Contains(id)))
            )
        );
    }

    /// <summary>Whether the caller may make an endpoint of this owner.</summary>
    public static async Task<bool> ManagesAsync(
        GpuGrantsContext db,
        Caller caller,
        string kind,
        Guid? owner,
        CancellationToken cancellation
    )
    {
        if (owner is not { } id)
            return caller.IsPlatformAdministrator;
        return kind switch
        {
            "organization" => caller.Owns(id) && await db.Set<Organization>().AnyAsync(row => row.Id == id, cancellation),
            "provider" => caller.Operates(id) && await db.Set<Provider>().AnyAsync(row => row.Id == id, cancellation),
            "partner" => (caller.IsPlatformAdministrator || caller.Has(Roles.Partner, id))
                && await db.Set<Partners.Partner>().AnyAsync(row => row.Id == id, cancellation),
            "programme" => await db.Set<Programme>().FirstOrDefaultAsync(row => row.Id == id, cancellation) is { } programme
                && caller.Administers(programme.Path),
            _ => false,
        };
    }

    private const string ServedSql = """
        select c.organization_id, bool_or(g.status = 'active') from consents c join principals g on g.id = c.given_by
            join role_assignments o on o.principal_id = c.given_by and o.role = 'organization-owner' and o.resource_id = c.organization_id
        where c.partner_id = $1 and c.status = 'active' and c.organization_id is not null and 'read' = any(c.scopes)
            and (c.expires_at is null or c.expires_at > $2)
        group by c.organization_id
        """;

    /// <summary>Whether the owner still takes part. A programme's people see what it has done after its end.</summary>
    private const string IsActiveSql = """
        select case $1
            when 'organization' then exists (select from organizations where id = $2 and status = 'active')
            when 'provider' then exists (select from providers where id = $2 and status = 'active')
            when 'partner' then exists (select from partners where id = $2 and status = 'active')
            else true end
        """;

    /// <summary>
    /// Somebody who has the owner's role and no other: an endpoint sees what this caller would. A partner's endpoint also sees what the
    /// organizations see that let the partner read.
    /// </summary>
    /// <returns>Null while the owner is suspended.</returns>
    public static async Task<EndpointSight?> SightOfAsync(
        NpgsqlDataSource database,
        WebhookEndpoint row,
        DateTimeOffset at,
        CancellationToken cancellation
    )
    {
        if (!await IsActiveAsync(database, row, cancellation))
            return null;
        var roles = new List<(string, Guid?)> { (RoleOf(row), row.OwnerId) };
        var away = new List<(string, Guid?)>();
        if (row is { OwnerKind: "partner", OwnerId: { } partner })
        {
            await using var command = database.CreateCommand(ServedSql);
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = partner });
            command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = at });
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            while (await reader.ReadAsync(cancellation))
                (reader.GetBoolean(1) ? roles : away).Add((Roles.OrganizationMember, reader.GetGuid(0)));
        }

        return new EndpointSight(With(roles), away.Count == 0 ? null : With([.. roles, .. away]));

        Caller With(List<(string, Guid?)> all) => new(new KnownCaller(("", ""), row.Id, row.Id, "webhooks", new Authority(0, 0), all), []);
    }

    private static async Task<bool> IsActiveAsync(NpgsqlDataSource database, WebhookEndpoint row, CancellationToken cancellation)
    {
        if (row.OwnerId is not { } owner)
            return true;
        await using var command = database.CreateCommand(IsActiveSql);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = row.OwnerKind });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = owner });
        return (bool)(await command.ExecuteScalarAsync(cancellation))!;
    }

    private static string RoleOf(WebhookEndpoint row) =>
        row.OwnerKind switch
        {
            "organization" => Roles.OrganizationOwner,
            "programme" => Roles.ProgrammeAdministrator,
            "provider" => Roles.ProviderOperator,
            "partner" => Roles.Partner,
            Platform => Roles.PlatformAdministrator,
            _ => throw new InvalidOperationException($"An endpoint of '{row.OwnerKind}' has no sight."),
        };
}

/// <summary>What an endpoint sees.</summary>
/// <param name="Now">What it may be told.</param>
/// <param name="Later">
/// Also what it may be told once the suspension is over of whoever gave a consent; null where nobody who did is suspended.
/// </param>
internal sealed record EndpointSight(Caller Now, Caller? Later)
{
    /// <summary>All whose events are kept for it.</summary>
    public Caller Kept => Later ?? Now;
}
