namespace GpuGrants.Quotas.Policies;

/// <summary>What exists of the names and ids that a document mentions. A set that is null was not looked at.</summary>
public sealed record KnownNames
{
    /// <summary>Nothing was looked at.</summary>
    public static KnownNames NotLookedAt { get; } = new();

    /// <summary>Ids of GPU models.</summary>
    public IReadOnlySet<string>? Models { get; init; }

    /// <summary>Classes of GPU models.</summary>
    public IReadOnlySet<string>? Classes { get; init; }

    /// <summary>The memory of the largest GPU model, in GiB; 0 while there is none.</summary>
    public int? MostMemoryGib { get; init; }

    /// <summary>Regions of offers that serve programmes of the policy.</summary>
    public IReadOnlySet<string>? Regions { get; init; }

    /// <summary>Providers.</summary>
    public IReadOnlySet<Guid>? Providers { get; init; }

    /// <summary>Offers that serve programmes of the policy.</summary>
    public IReadOnlySet<Guid>? Offers { get; init; }

    /// <summary>Partners.</summary>
    public IReadOnlySet<Guid>? Partners { get; init; }

    /// <summary>The policy's programme and those below it.</summary>
    public IReadOnlySet<Guid>? Programmes { get; init; }

    /// <summary>Organizations, projects, members, people and partners: their ids are told apart by nothing but their kind.</summary>
    public IReadOnlySet<Guid>? Subjects { get; init; }
}
