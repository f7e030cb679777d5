namespace GpuGrants.Quotas.Subjects;

/// <summary>Who a rule limits.</summary>
public enum SubjectLevel
{
    /// <summary>Everything in the policy's scope.</summary>
    Platform,

    /// <summary>A programme with all below it. "Each" limits every programme of the request's path inside the policy's scope.</summary>
    Programme,

    /// <summary>All organizations of one kind.</summary>
    OrganizationKind,

    Organization,

    Project,

    Member,

    Partner,
}
