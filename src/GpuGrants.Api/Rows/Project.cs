using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>projects</c>: a part of an organization's work that grants can be kept apart by.</summary>
public sealed class Project : IVersioned, IOwnNamed
{
    public Guid Id { get; set; }

    public Guid OrganizationId { get; set; }

    public string Name { get; set; } = "";

    public string? Description { get; set; }

    /// <summary>The caller's own name for it.</summary>
    public string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    public string? Metadata { get; set; }

    /// <summary>active or closed.</summary>
    public string Status { get; set; } = "";

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }
}

internal sealed class ProjectTable : IEntityTypeConfiguration<Project>
{
    public void Configure(EntityTypeBuilder<Project> table)
    {
        table.ToTable("projects").HasKey(row => row.Id);
        table.Property(row => row.Metadata).HasColumnType("jsonb");
    }
}
