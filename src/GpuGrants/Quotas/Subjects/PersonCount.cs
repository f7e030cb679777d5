namespace GpuGrants.Quotas.Subjects;

/// <summary>Which people a rule of the level person counts a request for, each of them once.</summary>
public enum PersonCount
{
    /// <summary>The owners of the organization and whoever asks.</summary>
    Both,

    /// <summary>The owners of the organization.</summary>
    Owners,

    /// <summary>Whoever asks.</summary>
    Asker,
}
