using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Grants.Tokens;

/// <summary>A row of <c>grant_tokens</c>: until when the last token of a grant lives.</summary>
public sealed class GrantTokenRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid GrantId { get; set; }

    public Guid ProviderId { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed class GrantTokenTable : IEntityTypeConfiguration<GrantTokenRow>
{
    public void Configure(EntityTypeBuilder<GrantTokenRow> table)
    {
        table.ToTable("grant_tokens").HasKey(row => new { row.RootProgrammeId, row.GrantId });
        table.UpdatesOnly(row => row.ExpiresAt);
    }
}
