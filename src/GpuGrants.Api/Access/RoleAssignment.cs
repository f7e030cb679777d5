using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>role_assignments</c>: what a principal may do to one resource.</summary>
public sealed class RoleAssignment : IAuthorizes
{
    public Guid Id { get; set; }

    public Guid PrincipalId { get; set; }

    /// <summary>One of <see cref="Roles"/>.</summary>
    public string Role { get; set; } = "";

    /// <summary>Null for the platform.</summary>
    public Guid? ResourceId { get; set; }

    public Guid CreatedBy { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    Guid IAuthorizes.HolderId => PrincipalId;
}

internal sealed class RoleAssignmentTable : IEntityTypeConfiguration<RoleAssignment>
{
    public void Configure(EntityTypeBuilder<RoleAssignment> table)
    {
        table.ToTable("role_assignments").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
