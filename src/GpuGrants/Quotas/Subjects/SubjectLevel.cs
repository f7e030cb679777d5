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

    /// <summary>An organization with all its projects and members.</summary>
    Organization,

    /// <summary>A project of an organization.</summary>
    Project,

    /// <summary>A person who asks for an organization.</summary>
    Member,

    /// <summary>A portal that asks for others.</summary>
    Partner,

    /// <summary>A human: whoever owns the organization, and whoever asks. <see cref="PersonCount"/> says which of them count.</summary>
    Person,
}
