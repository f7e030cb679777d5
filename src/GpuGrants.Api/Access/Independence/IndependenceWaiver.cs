using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access.Independence;

/// <summary>
/// A row of <c>independence_waivers</c>: the only platform administrator may decide on what concerns them, for a stated reason and time.
/// </summary>
public sealed class IndependenceWaiver : IVersioned
{
    public Guid Id { get; set; }

    public string Reason { get; set; } = "";

    public Guid MadeBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public Guid? EndedBy { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class IndependenceWaiverTable : IEntityTypeConfiguration<IndependenceWaiver>
{
    public void Configure(EntityTypeBuilder<IndependenceWaiver> table)
    {
        table.ToTable("independence_waivers").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.EndedAt,
            row.EndedBy,
            row.Version,
            row.UpdatedAt,
        });
    }
}
