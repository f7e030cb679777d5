namespace GpuGrants.Quotas.Subjects;

/// <summary>
/// All that a rule may ask about a request, pinned when it was made: later facts about it are counted by the same context.
/// </summary>
public sealed record QuotaContext
{
    /// <summary>The tree of the request's programme.</summary>
    public required Guid RootProgrammeId { get; init; }

    /// <summary>The request's own programme first, the root last.</summary>
    public required IReadOnlyList<Guid> ProgrammePath { get; init; }

    /// <summary>Who asks.</summary>
    public required Guid OrganizationId { get; init; }

    /// <summary>One of <see cref="OrganizationKinds"/>.</summary>
    public required string OrganizationKind { get; init; }

    /// <summary>When the organization signed up.</summary>
    public required DateTimeOffset OrganizationCreatedAt { get; init; }

    /// <summary>Whether its domain or identity was verified when it asked. An address that an owner proved is not enough.</summary>
    public required bool OrganizationVerified { get; init; }

    /// <summary>Its project; null when it named none.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>The principal who asks, a person or a program; null when the context has none.</summary>
    public Guid? MemberId { get; init; }

    /// <summary>The people who own the organization, each once. Empty where nobody knew them: then only the asker counts.</summary>
    public IReadOnlyList<Guid> OwnerIds { get; init; } = [];

    /// <summary>The person behind <see cref="MemberId"/>; null for the member itself.</summary>
    public Guid? AskerId { get; init; }

    /// <summary>The portal that asks for it, else the organization's own first partner; null without both.</summary>
    public Guid? PartnerId { get; init; }

    /// <summary>The offer's GPU model; null while no offer is known.</summary>
    public string? GpuModelId { get; init; }

    /// <summary>The model's class.</summary>
    public string? GpuClass { get; init; }

    /// <summary>Memory of each GPU, in GiB.</summary>
    public int? GpuMemoryGib { get; init; }

    /// <summary>Who would serve it.</summary>
    public Guid? ProviderId { get; init; }

    /// <summary>The offer that would serve it.</summary>
    public Guid? OfferId { get; init; }

    /// <summary>The offer's region.</summary>
    public string? Region { get; init; }

    /// <summary>The request's tags.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>GPUs at one time.</summary>
    public int Gpus { get; init; }

    /// <summary>When it was asked.</summary>
    public required DateTimeOffset RequestedAt { get; init; }
}
