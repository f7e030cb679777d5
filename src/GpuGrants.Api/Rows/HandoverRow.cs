using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>handovers</c>: somebody is to own an organization in another's place.</summary>
public sealed class HandoverRow
{
    public const string Offer = "offer";
    public const string Rescue = "rescue";

    /// <summary>How long the one who is named may take to accept.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    public Guid Id { get; set; }

    public Guid OrganizationId { get; set; }

    /// <summary><see cref="Offer"/> or <see cref="Rescue"/>.</summary>
    public string Kind { get; set; } = "";

    public Guid FromPrincipalId { get; set; }

    public Guid ToPrincipalId { get; set; }

    public string? Reason { get; set; }

    /// <summary>One of <see cref="HandoverStatus"/>; see <see cref="StatusAt"/>.</summary>
    public string Status { get; set; } = HandoverStatus.Open;

    /// <summary>From when it can be accepted.</summary>
    public DateTimeOffset DueAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public Guid? EndedBy { get; set; }

    /// <summary>Where it stands at a moment.</summary>
    /// <returns>One of <see cref="HandoverStatus"/>.</returns>
    public string StatusAt(DateTimeOffset at) => Status == HandoverStatus.Open && at >= ExpiresAt ? HandoverStatus.Expired : Status;
}

/// <summary>Where a handover stands.</summary>
public static class HandoverStatus
{
    public const string Open = "open";
    public const string Accepted = "accepted";
    public const string Stopped = "stopped";
    public const string Expired = "expired";

    public static IReadOnlyList<string> All { get; } = [Open, Accepted, Stopped, Expired];
}

internal sealed class HandoverTable : IEntityTypeConfiguration<HandoverRow>
{
    public void Configure(EntityTypeBuilder<HandoverRow> table)
    {
        table.ToTable("handovers").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.Status,
            row.EndedAt,
            row.EndedBy,
        });
    }
}
