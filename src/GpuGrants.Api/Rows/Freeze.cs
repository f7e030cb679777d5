using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>freezes</c>: while it is not lifted, nothing is awarded in its scope.</summary>
public sealed class Freeze
{
    public const string Platform = "platform";
    public const string Programme = "programme";
    public const string Provider = "provider";

    public Guid Id { get; set; }

    /// <summary>platform, programme or provider.</summary>
    public string Scope { get; set; } = "";

    /// <summary>The programme or provider; null for the platform.</summary>
    public Guid? ResourceId { get; set; }

    public string Reason { get; set; } = "";

    public Guid AuthorId { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>Whether it suspends the running grants of its scope.</summary>
    public bool SuspendsGrants { get; set; }

    /// <summary>Whether grants are still to be suspended or, once it is lifted, to be resumed.</summary>
    public bool GrantsPending { get; set; }

    public DateTimeOffset? LiftedAt { get; set; }

    public Guid? LiftedBy { get; set; }
}

internal sealed class FreezeTable : IEntityTypeConfiguration<Freeze>
{
    public void Configure(EntityTypeBuilder<Freeze> table)
    {
        table.ToTable("freezes").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.GrantsPending,
            row.LiftedAt,
            row.LiftedBy,
        });
    }
}
