namespace GpuGrants.Quotas.Subjects;

/// <summary>
/// All that a rule may ask about a request, pinned when it was made: later facts about it are counted by the same context.
/// </summary>
public sealed record QuotaContext
{
    public required Guid RootProgrammeId { get; init; }

    /// <summary>The request's own programme first, the root last.</summary>
    public required IReadOnlyList<Guid> ProgrammePath { get; init; }

    public required Guid OrganizationId { get; init; }

    public required string OrganizationKind { get; init; }

    public required DateTimeOffset OrganizationCreatedAt { get; init; }

    public required bool OrganizationVerified { get; init; }

    public Guid? ProjectId { get; init; }

    public Guid? MemberId { get; init; }

    public Guid? PartnerId { get; init; }

    public string? GpuModelId { get; init; }

    public string? GpuClass { get; init; }

    public int? GpuMemoryGib { get; init; }

    public Guid? ProviderId { get; init; }

    public Guid? OfferId { get; init; }

    public string? Region { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public int Gpus { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }
}
