using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>past_roles</c>: a role that was taken. Together with <see cref="RoleAssignment"/> the history of roles.</summary>
public sealed class PastRole
{
    /// <summary>That of the role assignment.</summary>
    public Guid Id { get; set; }

    public Guid PrincipalId { get; set; }

    public string Role { get; set; } = "";

    /// <summary>Null for the platform.</summary>
    public Guid? ResourceId { get; set; }

    public DateTimeOffset Since { get; set; }

    public DateTimeOffset Until { get; set; }

    /// <summary>Who took it; the principal itself when it left, the empty id for the service.</summary>
    public Guid EndedBy { get; set; }

    /// <summary>The past of an assignment that ends now.</summary>
    public static PastRole Of(RoleAssignment row, DateTimeOffset until, Guid endedBy) =>
        new()
        {
            Id = row.Id,
            PrincipalId = row.PrincipalId,
            Role = row.Role,
            ResourceId = row.ResourceId,
            Since = row.CreatedAt,
            Until = until > row.CreatedAt ? until : row.CreatedAt,
            EndedBy = endedBy,
        };
}

internal sealed class PastRoleTable : IEntityTypeConfiguration<PastRole>
{
    public void Configure(EntityTypeBuilder<PastRole> table)
    {
        table.ToTable("past_roles").HasKey(row => row.Id);
        table.NeverUpdates();
    }
}
