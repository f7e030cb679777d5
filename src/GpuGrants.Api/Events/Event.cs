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

    /// <summary>The caller's trace (W3C Trace Context); null where it sent none.</summary>
    public string? Traceparent { get; set; }

    /// <summary>The caller's own name for the call; null where it sent none.</summary>
    public string? RequestName { get; set; }

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

/// <summary>A type of event in the catalogue.</summary>
/// <param name="Name">Such as <c>request.approved</c>.</param>
/// <param name="Resource">The type of resource to which it happens.</param>
/// <param name="Summary">What happened, as a sentence.</param>
/// <param name="Data">The type of its data.</param>
/// <param name="Version">Of the data's schema: one more with every change that a reader may stumble over.</param>
public abstract record EventType(string Name, string Resource, string Summary, Type Data, int Version);

/// <inheritdoc/>
public sealed record EventType<TData>(string Name, string Resource, string Summary, int Version = 1)
    : EventType(Name, Resource, Summary, typeof(TData), Version)
    where TData : IEventData;

/// <summary>What an event carries: ids and statuses, never names, texts or secrets. Whoever needs more reads the resource.</summary>
public interface IEventData
{
    /// <summary>The id of the resource to which it happened.</summary>
    string ResourceId { get; }

    /// <summary>The organization whose members see it; null when it belongs to none.</summary>
    Guid? SeenBy => null;
}
