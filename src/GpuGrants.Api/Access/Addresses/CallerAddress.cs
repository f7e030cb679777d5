using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access.Addresses;

/// <summary>A row of <c>caller_addresses</c>: a client changed something from an address in an hour.</summary>
public sealed class CallerAddress
{
    public Guid Id { get; set; }

    public string ClientId { get; set; } = "";

    /// <summary>The whole IPv4 or IPv6 address that the service or its proxy saw, in one spelling.</summary>
    public string Address { get; set; } = "";

    /// <summary>The beginning of the hour.</summary>
    public DateTimeOffset Since { get; set; }
}

internal sealed class CallerAddressTable : IEntityTypeConfiguration<CallerAddress>
{
    public void Configure(EntityTypeBuilder<CallerAddress> table)
    {
        table.ToTable("caller_addresses").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
