using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Events;

/// <summary>A row of <c>events</c>: something that happened, numbered in its tree without gaps and in commit order.</summary>
public sealed class Event
{
    public Guid RootProgrammeId { get; set; }

    public long Sequence { get; set; }

    public Guid Id { get; set; }

    /// <summary>Such as <c>request.approved</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The version of the schema that the data keep to.</summary>
    public int TypeVersion { get; set; }

    public string ResourceType { get; set; } = "";

    public string ResourceId { get; set; } = "";

    public Guid? OrganizationId { get; set; }

    /// <summary>JSON.</summary>
    public string Data { get; set; } = "{}";

    public Guid ActorId { get; set; }

    public string ClientId { get; set; } = "";

    public Guid? OnBehalfOf { get; set; }

    public bool Livemode { get; set; }

    public DateTimeOffset OccurredAt { get; set; }

    /// <summary>The ordinal of the next quota fact that belongs to it. No column.</summary>
    internal int NextFactOrdinal { get; set; }
}

internal sealed class EventTable : IEntityTypeConfiguration<Event>
{
    public void Configure(EntityTypeBuilder<Event> table)
    {
        table.ToTable("events").HasKey(row => new { row.RootProgrammeId, row.Sequence });
        table.Property(row => row.Data).HasColumnType("jsonb");
        table.NeverUpdates();
    }
}
