using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>client_secret_makers</c>: a client through which a secret of another client came.</summary>
public sealed class ClientSecretMaker
{
    /// <summary>The number of renewals by others after which the maker knows no secret that works, and counts no more.</summary>
    public const short Forgotten = 2;

    /// <summary>The row of the client whose secret it is.</summary>
    public Guid ClientId { get; set; }

    /// <summary>The client that made the secret, by its <see cref="ApiClient.ClientId"/>.</summary>
    public string Maker { get; set; } = "";

    /// <summary>How often somebody outside the maker's lineage has renewed the secret since; at most <see cref="Forgotten"/>.</summary>
    public short Renewals { get; set; }
}

internal sealed class ClientSecretMakerTable : IEntityTypeConfiguration<ClientSecretMaker>
{
    public void Configure(EntityTypeBuilder<ClientSecretMaker> table)
    {
        table.ToTable("client_secret_makers").HasKey(row => new { row.ClientId, row.Maker });
        table.UpdatesOnly(row => new { row.Renewals });
    }
}
