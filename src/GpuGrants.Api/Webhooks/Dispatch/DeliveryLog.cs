using System.Buffers.Binary;
using GpuGrants.Api.Events;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Webhooks.Dispatch;

/// <summary>
/// The log of what was sent. Deliveries of one endpoint that are written together are one row of <c>webhook_delivery_parts</c>, with an
/// array per field.
/// </summary>
public sealed partial class DeliveryLog(NpgsqlDataSource database, ILogger<DeliveryLog> logger)
{
    private const string NotKept = "The database refused to keep the answer.";

    /// <summary>The most deliveries of one row.</summary>
    private const int PartDeliveries = 1_024;

    private const int ForgottenAtOnce = 10_000;

    /// <summary>A part's id ends with as many zero bytes, to which a delivery's place is added.</summary>
    private const int PlaceBytes = 2;

    private static readonly RowMap<Event> EventMap = RowMap.Of<Event>();

    private const string Columns =
        "endpoint_id, id, url, trees, sequences, attempts, status_codes, errors, responses, started_at, milliseconds, "
        + "ping_id, ping, deliveries";

    private const string InsertSql =
        $"insert into webhook_delivery_parts ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

    /// <summary>
    /// The newest parts up to an id, as many as have the deliveries of a page whatever of the first one is left out. All of it may be left
    /// out, so one part more is read than a page has deliveries.
    /// </summary>
    private const string NewestSql = $"""
        select {Columns} from (
            select {Columns}, sum(deliveries) over newest - deliveries - first_value(deliveries) over newest as before
            from webhook_delivery_parts where endpoint_id = $1 and id <= $2
            window newest as (order by id desc) order by id desc limit $3 + 1
        ) parts where before < $3 order by id desc
        """;

    /// <summary>By endpoint, because the table's only index begins with it.</summary>
    private const string ForgetSql = """
        delete from webhook_delivery_parts where ctid = any (array(
            select old.place from webhook_endpoints e cross join lateral (
                select o.ctid as place from webhook_delivery_parts o where o.endpoint_id = e.id and o.id < $1 order by o.id limit $2
            ) old limit $2))
        """;

    private static readonly Guid Last = Guid.AllBitsSet;

    /// <summary>Gives the deliveries their ids, and adds what writes them to a batch.</summary>
    /// <param name="batch">What they are written with.</param>
    /// <param name="sent">Of one endpoint and address, in the order in which they began.</param>
    internal static void Add(NpgsqlBatch batch, IReadOnlyList<WebhookDelivery> sent)
    {
        foreach (var part in sent.Chunk(PartDeliveries))
            batch.BatchCommands.Add(Insert(part));
    }

    /// <summary>
    /// Writes what was sent. Where the database refuses it, it is written without what receivers answered, which is all that strangers
    /// choose of it.
    /// </summary>
    internal async Task WriteAsync(IReadOnlyList<WebhookDelivery> sent, CancellationToken cancellation)
    {
        if (sent.Count == 0)
            return;
        try
        {
            await InsertAsync(sent, cancellation);
        }
        catch (Exception failure) when (IsForGood(failure))
        {
            LogRefused(failure, sent[0].EndpointId);
            foreach (var one in sent)
                one.Response = one.Response is null ? null : NotKept;
            await InsertAsync(sent, cancellation);
        }
    }

    /// <summary>Whether something failed that will fail again, because neither the service stops nor the database went away.</summary>
    internal static bool IsForGood(Exception failure) => failure is not OperationCanceledException && !Transient.Is(failure);

    /// <summary>What an endpoint was sent, newest first, without event, type and body where an event has them.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="before">Only older than this delivery; null for all.</param>
    /// <param name="max">The most deliveries.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task<List<WebhookDelivery>> ListAsync(Guid endpoint, Guid? before, int max, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(NewestSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = endpoint });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = before ?? Last });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = max });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<WebhookDelivery>();
        while (await reader.ReadAsync(cancellation))
            found.AddRange(Read(reader).Where(one => before is not { } id || one.Id.CompareTo(id) < 0).Reverse());
        return [.. found.Take(max)];
    }

    internal async Task<WebhookDelivery?> FindAsync(Guid endpoint, Guid id, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            $"select {Columns} from webhook_delivery_parts where endpoint_id = $1 and id <= $2 order by id desc limit 1"
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = endpoint });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? Read(reader).FirstOrDefault(one => one.Id == id) : null;
    }

    /// <summary>How many pings the endpoint got since a moment.</summary>
    internal async Task<long> PingsAsync(Guid endpoint, DateTimeOffset since, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(
            "select count(*) from webhook_delivery_parts where endpoint_id = $1 and id >= $2 and ping is not null"
        );
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = endpoint });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = FirstIdOf(since) });
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Gives deliveries of events what the log does not keep.</summary>
    /// <param name="format">The endpoint's.</param>
    /// <param name="deliveries">As they were read.</param>
    /// <param name="cancellation">Ends it.</param>
    internal async Task FillAsync(string format, IReadOnlyList<WebhookDelivery> deliveries, CancellationToken cancellation)
    {
        var keys = deliveries.Where(one => one.Sequence > 0).Select(one => new RowKey(one.Tree, Number: one.Sequence)).Distinct();
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(EventMap.Select([.. keys]));
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var messages = (await EventMap.ListAsync(reader, cancellation)).ToDictionary(
            one => (one.RootProgrammeId, one.Sequence),
            one => WebhookMessage.Of(format, one)
        );
        foreach (var one in deliveries)
            if (messages.TryGetValue((one.Tree, one.Sequence), out var message))
                (one.EventId, one.EventType, one.Request) = (message.EventId, message.Type, message.Text);
    }

    /// <summary>Forgets parts that began before a moment.</summary>
    internal Task ForgetAsync(DateTimeOffset before, CancellationToken cancellation) =>
        database.DeleteInSlicesAsync(ForgetSql, FirstIdOf(before), ForgottenAtOnce, cancellation);

    private async Task InsertAsync(IReadOnlyList<WebhookDelivery> sent, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        Add(batch, sent);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlBatchCommand Insert(WebhookDelivery[] part)
    {
        var first = part[0];
        var id = PartIdOf(first.StartedAt);
        for (var place = 0; place < part.Length; place++)
            part[place].Id = At(id, place);
        var isPing = first.Sequence == 0;
        var command = new NpgsqlBatchCommand(InsertSql);
        Bind(first.EndpointId);
        Bind(id);
        Bind(first.Url);
        Bind(Array.ConvertAll(part, one => one.Tree));
        Bind(Array.ConvertAll(part, one => one.Sequence));
        Bind(Array.ConvertAll(part, one => one.Attempt));
        Bind(Array.ConvertAll(part, one => one.StatusCode));
        Bind(Array.Exists(part, one => one.StatusCode is null) ? Array.ConvertAll(part, one => one.Error) : null);
        Bind(Array.Exists(part, one => one.Response?.Length > 0) ? Array.ConvertAll(part, one => one.Response) : null);
        Bind(Array.ConvertAll(part, one => one.StartedAt));
        Bind(Array.ConvertAll(part, one => one.Milliseconds));
        Bind<Guid?>(isPing ? first.EventId : null);
        Bind(isPing ? first.Request : null);
        Bind(part.Length);
        return command;

        void Bind<TValue>(TValue value) => command.Parameters.Add(new NpgsqlParameter<TValue> { TypedValue = value });
    }

    private static IEnumerable<WebhookDelivery> Read(NpgsqlDataReader reader)
    {
        var (endpoint, id, url) = (reader.GetGuid(0), reader.GetGuid(1), reader.GetString(2));
        var (trees, sequences, attempts) = (
            reader.GetFieldValue<Guid[]>(3),
            reader.GetFieldValue<long[]>(4),
            reader.GetFieldValue<int[]>(5)
        );
        var statusCodes = reader.GetFieldValue<int?[]>(6);
        var errors = reader.IsDBNull(7) ? null : reader.GetFieldValue<string?[]>(7);
        var responses = reader.IsDBNull(8) ? null : reader.GetFieldValue<string?[]>(8);
        var (startedAt, milliseconds) = (reader.GetFieldValue<DateTimeOffset[]>(9), reader.GetFieldValue<int[]>(10));
        var ping = reader.IsDBNull(12) ? null : reader.GetString(12);
        var pingId = ping is null ? Guid.Empty : reader.GetGuid(11);
        return trees.Select(
            (tree, place) =>
                new WebhookDelivery
                {
                    Id = At(id, place),
                    EndpointId = endpoint,
                    Tree = tree,
                    Sequence = sequences[place],
                    EventId = pingId,
                    EventType = ping is null ? "" : WebhookMessage.PingType,
                    Attempt = attempts[place],
                    Url = url,
                    Request = ping ?? "",
                    StatusCode = statusCodes[place],
                    Error = errors?[place],
                    Response =
                        responses is not null ? responses[place]
                        : statusCodes[place] is null ? null
                        : "",
                    StartedAt = startedAt[place],
                    Milliseconds = milliseconds[place],
                }
        );
    }

    /// <summary>A UUIDv7 of a moment, with places left for the deliveries.</summary>
    private static Guid PartIdOf(DateTimeOffset at)
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(at).TryWriteBytes(bytes, bigEndian: true, out _);
        bytes[^PlaceBytes..].Clear();
        return new Guid(bytes, bigEndian: true);
    }

    private static Guid At(Guid part, int place)
    {
        Span<byte> bytes = stackalloc byte[16];
        part.TryWriteBytes(bytes, bigEndian: true, out _);
        var end = bytes[^PlaceBytes..];
        BinaryPrimitives.WriteUInt16BigEndian(end, (ushort)(BinaryPrimitives.ReadUInt16BigEndian(end) + place));
        return new Guid(bytes, bigEndian: true);
    }

    [LoggerMessage(LogLevel.Warning, "What webhook endpoint {Endpoint} answered cannot be kept. Its deliveries are logged without it.")]
    private partial void LogRefused(Exception failure, Guid endpoint);

    /// <summary>The smallest UUIDv7 of a moment.</summary>
    private static Guid FirstIdOf(DateTimeOffset moment)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, moment.ToUnixTimeMilliseconds() << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
