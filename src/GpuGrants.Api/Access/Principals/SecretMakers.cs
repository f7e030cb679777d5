using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using Npgsql;

namespace GpuGrants.Api.Access.Principals;

/// <summary>
/// Through which clients the secret of a client came, whatever it was renewed by since. A thief who renews a stolen client with itself, or
/// in turn with others that he has, stays in the lineage of the client that leaked.
/// </summary>
public sealed class SecretMakers : ReadByKey<Guid, string>
{
    protected override string Sql => "select client_id, maker from client_secret_makers where client_id = any ($1)";

    /// <summary>Wants what <see cref="Renew"/> reads.</summary>
    /// <param name="batch">The batch, under the platform tree's lock.</param>
    /// <param name="client">The row of the client.</param>
    /// <param name="by">Who renews the secret; null for a mailed code.</param>
    public void Plan(BatchState batch, Guid client, Actor? by)
    {
        batch.Rows<ApiClient>().Want(new RowKey(client));
        foreach (var maker in Find(client) ?? [])
            batch.Rows<ClientSecretMaker>().Want(new RowKey(client, Text: maker));
        if (by is not null)
            batch.Table<ClientOrigins>().Plan(by);
    }

    /// <summary>
    /// Says that the secret was renewed. A maker from whose lineage the renewal comes counts as before. Any other counts until the second
    /// renewal from outside: for a day the secret before the last one works too.
    /// </summary>
    /// <param name="batch">Has read what was planned.</param>
    /// <param name="row">The client.</param>
    /// <param name="by">As planned.</param>
    public void Renew(BatchState batch, ApiClient row, Actor? by)
    {
        var (maker, origins, kept) = by is null
            ? (null, [], [])
            : (by.MadeBy(), batch.Table<ClientOrigins>().Of(batch, by), batch.Table<ClientOrigins>().ToKeep(batch, by));
        var rows = batch.Rows<ClientSecretMaker>();
        foreach (var (one, renewals) in Makers(batch, row))
            Set(one, origins.Contains(one) ? (short)0 : short.Min((short)(renewals + 1), ClientSecretMaker.Forgotten));
        foreach (var one in maker is null ? kept : kept.Append(maker))
            if (one != row.ClientId)
                Set(one, 0);
        (row.SecretMadeBy, row.PreviousSecretMadeBy) = (maker, row.SecretMadeBy);

        void Set(string client, short renewals)
        {
            if (rows.FindKnown(new RowKey(row.Id, Text: client)) is { } there)
            {
                there.Renewals = renewals;
                rows.Update(there);
            }
            else
            {
                rows.Insert(New(row, client, renewals));
            }
        }
    }

    /// <summary>
    /// Keeps through which clients a new client came, besides those that made it: they count until others have renewed its secret twice,
    /// whatever becomes of its maker.
    /// </summary>
    /// <param name="batch">Has read the origins of whoever makes it.</param>
    /// <param name="row">The new client, inserted already.</param>
    /// <param name="by">Who makes it.</param>
    public static void Keep(BatchState batch, ApiClient row, Actor by)
    {
        foreach (var one in batch.Table<ClientOrigins>().ToKeep(batch, by))
            batch.Rows<ClientSecretMaker>().Insert(New(row, one, 0));
    }

    private static ClientSecretMaker New(ApiClient row, string maker, short renewals) =>
        new()
        {
            ClientId = row.Id,
            Maker = maker,
            Renewals = renewals,
        };

    protected override (Guid Key, string Found) Read(NpgsqlDataReader row) => (row.GetGuid(0), row.GetString(1));

    /// <summary>Those that count, with the renewals since. An older replica writes only the last two, into the client's row.</summary>
    private Dictionary<string, short> Makers(BatchState batch, ApiClient row)
    {
        var rows = batch.Rows<ClientSecretMaker>();
        Dictionary<string, short> found = new(StringComparer.Ordinal);
        foreach (var one in Of(row.Id).Select(maker => rows.Find(new RowKey(row.Id, Text: maker))!).Concat(rows.Inserts))
            if (one.ClientId == row.Id && one.Renewals < ClientSecretMaker.Forgotten)
                found[one.Maker] = one.Renewals;
        Add(row.PreviousSecretMadeBy, 1);
        Add(row.SecretMadeBy, 0);
        found.Remove(row.ClientId);
        return found;

        void Add(string? maker, short renewals)
        {
            if (maker is not null)
                found[maker] = short.Min(found.GetValueOrDefault(maker, renewals), renewals);
        }
    }
}
