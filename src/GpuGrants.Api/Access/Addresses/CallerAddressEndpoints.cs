using System.Net;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Access.Addresses;

/// <summary>From where a client changed something, in one hour.</summary>
public sealed record CallerAddressView
{
    public required Guid Id { get; init; }

    /// <summary>The API client, as events name it.</summary>
    public required string ClientId { get; init; }

    /// <summary>An IPv4 or IPv6 address.</summary>
    /// <example>192.0.2.7</example>
    public required string Address { get; init; }

    /// <summary>The beginning of the hour.</summary>
    public required DateTimeOffset Hour { get; init; }

    internal static CallerAddressView Of(CallerAddress row) =>
        new()
        {
            Id = row.Id,
            ClientId = row.ClientId,
            Address = row.Address,
            Hour = row.Since,
        };
}

/// <summary>The addresses of callers, beside the audit log.</summary>
public static class CallerAddressEndpoints
{
    public static void Map(RouteGroupBuilder v1) =>
        v1.MapGet("/caller-addresses", ListAsync)
            .RequireScope(Scopes.Administer)
            .Says(
                "listCallerAddresses",
                "List from where clients changed things",
                "For platform administrators and auditors, newest first: which addresses a client called from in which hour. An event "
                    + "names its client and its time. The service keeps addresses for 90 days."
            )
            .Lists<CallerAddressView>("clientId", "address")
            .Asks("from", "to");

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        http.RequirePlatformAdministrator();
        var rows = db.Set<CallerAddress>().AsQueryable().OnlyWords(http, "clientId", row => row.ClientId);
        if (Filters.Values(http, "address")?.ConvertAll(Spelled) is { } addresses)
            rows = rows.Where(row => addresses.Contains(row.Address));
        if (http.MomentFilter("from")?.ToUniversalTime() is { } from)
        {
            // Each row is of a whole hour.
            var hour = from.AddTicks(-(from.Ticks % TimeSpan.TicksPerHour));
            rows = rows.Where(row => row.Since >= hour);
        }

        if (http.MomentFilter("to")?.ToUniversalTime() is { } to)
            rows = rows.Where(row => row.Since < to);
        return TypedResults.Json(await http.PageAsync(rows, CallerAddressView.Of), ApiJson.Options);
    }

    /// <summary>The address as it was written down, whatever way it is typed.</summary>
    private static string Spelled(string text) =>
        IPAddress.TryParse(text, out var address)
            ? RemoteAddress.Whole(address).ToString()
            : throw Problem.Malformed("address", "Send IPv4 or IPv6 addresses, such as 192.0.2.7 or 2001:db8::7.");
}
