using System.Xml.Linq;
using GpuGrants.Api.Store;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace GpuGrants.Api.Access.KeyRing;

/// <summary>Keeps Data Protection's keys in the database, where all replicas find them. They are never deleted.</summary>
internal sealed class ProtectionKeyStore(NpgsqlDataSource database, TimeProvider clock) : IXmlRepository
{
    private static readonly RowReader<ProtectionKey> Documents = RowMap.Of<ProtectionKey>().Part(row => row.Document);

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var command = database.CreateCommand($"select {Documents.Columns("k")} from protection_keys k order by k.created_at, k.id");
        using var reader = command.ExecuteReader();
        var keys = new List<XElement>();
        while (reader.Read())
            keys.Add(XElement.Parse(Documents.Read(reader).Document));
        return keys;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        var row = new ProtectionKey
        {
            Id = friendlyName,
            Document = element.ToString(SaveOptions.DisableFormatting),
            CreatedAt = clock.GetUtcNow(),
        };
        using var connection = database.OpenConnection();
        using var batch = new NpgsqlBatch(connection) { BatchCommands = { RowMap.Of<ProtectionKey>().Insert([row]) } };
        batch.ExecuteNonQuery();
    }
}
