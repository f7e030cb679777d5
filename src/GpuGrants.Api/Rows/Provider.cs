using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>providers</c>: who runs GPUs.</summary>
public sealed class Provider : IVersioned
{
    public Guid Id { get; set; }

    public string Name { get; set; } = "";

    public string Country { get; set; } = "";

    public string? Website { get; set; }

    /// <summary>active, suspended or closed.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ProviderTable : IEntityTypeConfiguration<Provider>
{
    public void Configure(EntityTypeBuilder<Provider> table) => table.ToTable("providers").HasKey(row => row.Id);
}
