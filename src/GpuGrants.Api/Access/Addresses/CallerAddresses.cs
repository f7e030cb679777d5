using System.Net;
using BitFaster.Caching.Lru;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Limiting;
using Npgsql;

namespace GpuGrants.Api.Access.Addresses;

/// <summary>
/// Writes down from where a client changes things, before the call does anything. A replica writes each client and address once an hour,
/// and remembers that it did. It writes whole addresses: whoever looks into an incident tells machines of one network apart.
/// </summary>
public sealed class CallerAddresses(NpgsqlDataSource database, TimeProvider clock) : IEndpointFilter
{
    private const int MaxKnown = 100_000;

    private const string Sql = """
        insert into caller_addresses (id, client_id, address, since) values ($1, $2, $3, $4) on conflict do nothing
        """;

    private readonly ConcurrentLru<(string Client, IPAddress Address), DateTimeOffset> _known = new(MaxKnown);

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
            await NoteAsync(http);
        return await next(context);
    }

    private ValueTask NoteAsync(HttpContext http)
    {
        if (http.CallerOrNobody() is not { } caller || http.RemoteAddressOrNull() is not { } address)
            return ValueTask.CompletedTask;
        var now = clock.GetUtcNow();
        var hour = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerHour));
        var key = (caller.ClientId, address);
        return _known.TryGet(key, out var known) && known == hour ? ValueTask.CompletedTask : WriteAsync(key, hour, http.RequestAborted);
    }

    private async ValueTask WriteAsync((string Client, IPAddress Address) key, DateTimeOffset hour, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = Guid.CreateVersion7(hour) });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Client });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = key.Address.ToString() });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = hour });
        await command.ExecuteNonQueryAsync(cancellation);
        _known.AddOrUpdate(key, hour);
    }
}
