namespace GpuGrants.Quotas.Subjects;

/// <summary>Whether each subject has the limit for itself or all share it as one.</summary>
public enum SubjectGrouping
{
    /// <summary>Everyone has the limit for itself.</summary>
    Each,

    /// <summary>All of them have it together.</summary>
    Group,
}
