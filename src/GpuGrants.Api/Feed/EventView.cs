using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Events;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Trees;

namespace GpuGrants.Api.Feed;

/// <summary>Something that happened: what, to which resource, and who made it happen through which client and for whom.</summary>
public sealed record EventView
{
    /// <summary>The event's id. It stays the same however often the event is read or delivered.</summary>
    public required Guid Id { get; init; }

    /// <summary>The type, as docs/events.md lists it.</summary>
    /// <example>request.approved</example>
    public required string Type { get; init; }

    /// <summary>The version of the type's schema, which data keep to.</summary>
    public required int Version { get; init; }

    /// <summary>The root programme of the tree in which it happened; null for the platform.</summary>
    public required Guid? RootProgrammeId { get; init; }

    /// <summary>The event's number in its tree. Numbers have no gaps, but you see only your own events.</summary>
    public required long Sequence { get; init; }

    /// <summary>The type of the resource to which it happened.</summary>
    /// <example>request</example>
    public required string ResourceType { get; init; }

    /// <summary>The id of that resource.</summary>
    public required string ResourceId { get; init; }

    /// <summary>The organization that it concerns; null when it concerns none.</summary>
    public required Guid? OrganizationId { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>The principal who made it happen; all zeros for the service itself.</summary>
    public required Guid ActorId { get; init; }

    /// <summary>The API client through which the principal acted.</summary>
    public required string ClientId { get; init; }

    /// <summary>The organization or person for whom a partner acted; null when nobody did.</summary>
    public required Guid? OnBehalfOf { get; init; }

    /// <summary>The traceparent that the caller sent (W3C Trace Context).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Traceparent { get; init; }

    /// <summary>The X-Request-Id that the caller sent.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RequestName { get; init; }

    /// <summary>false for organizations and programmes that only test.</summary>
    public required bool Livemode { get; init; }

    /// <summary>Ids, statuses and amounts by the type's schema. Read the resource for more, such as the reasons of a decision.</summary>
    public required JsonElement Data { get; init; }

    public static EventView Of(Event row) =>
        new()
        {
            Id = row.Id,
            Type = row.Type,
            Version = row.TypeVersion,
            RootProgrammeId = row.RootProgrammeId == TreeId.Platform.Value ? null : row.RootProgrammeId,
            Sequence = row.Sequence,
            ResourceType = row.ResourceType,
            ResourceId = row.ResourceId,
            OrganizationId = row.OrganizationId,
            OccurredAt = row.OccurredAt,
            ActorId = row.ActorId,
            ClientId = row.ClientId,
            OnBehalfOf = row.OnBehalfOf,
            Traceparent = row.Traceparent,
            RequestName = row.RequestName,
            Livemode = row.Livemode,
            Data = JsonElement.Parse(row.Data),
        };
}

/// <summary>Part of the feed, and where it goes on.</summary>
/// <param name="Data">The events, in order within each tree. Few or none when the filters leave out what was examined.</param>
/// <param name="NextCursor">Where to go on. It is always there: keep it and ask again later for what happens next.</param>
/// <param name="HasMore">Whether there is more to examine now.</param>
public sealed record EventPage(IReadOnlyList<EventView> Data, string NextCursor, bool HasMore);

/// <summary>The events of a period that the caller asked for and may see.</summary>
public sealed record EventExport
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>The events, tree by tree in the order in which they happened.</summary>
    public required IAsyncEnumerable<EventView> Data { get; init; }

    /// <summary>Why it ends before its period does, and where to go on. A whole export has none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProblemDocument? BrokenOff => Breaking();

    /// <summary>Asked once all events are written.</summary>
    internal Func<ProblemDocument?> Breaking { get; init; } = () => null;
}

/// <summary>A line of the export as a table.</summary>
public sealed record EventLine(
    Guid Id,
    string Type,
    Guid? RootProgrammeId,
    long Sequence,
    string ResourceType,
    string ResourceId,
    Guid? OrganizationId,
    DateTimeOffset OccurredAt,
    Guid ActorId,
    string ClientId,
    Guid? OnBehalfOf,
    string Data
)
{
    public static EventLine Of(EventView one) =>
        new(
            one.Id,
            one.Type,
            one.RootProgrammeId,
            one.Sequence,
            one.ResourceType,
            one.ResourceId,
            one.OrganizationId,
            one.OccurredAt,
            one.ActorId,
            one.ClientId,
            one.OnBehalfOf,
            one.Data.GetRawText()
        );
}
