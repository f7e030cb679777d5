namespace GpuGrants.Quotas.Subjects;

/// <summary>Whether each subject has the limit for itself or all share it as one.</summary>
public enum SubjectGrouping
{
    Each,
    Group,
}
