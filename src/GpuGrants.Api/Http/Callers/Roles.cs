namespace GpuGrants.Api.Http.Callers;

/// <summary>Roles; all but the first two are held for one resource.</summary>
public static class Roles
{
    public const string PlatformAdministrator = "platform-administrator";

    /// <summary>Reads everything of the platform, and changes nothing.</summary>
    public const string Auditor = "auditor";

    /// <summary>For a programme and those below it.</summary>
    public const string ProgrammeAdministrator = "programme-administrator";

    /// <inheritdoc cref="ProgrammeAdministrator"/>
    public const string ProgrammeReviewer = "programme-reviewer";
    public const string ProviderOperator = "provider-operator";
    public const string OrganizationOwner = "organization-owner";
    public const string OrganizationMember = "organization-member";
    public const string Partner = "partner";

    public static IReadOnlyList<string> All { get; } =
    [
        PlatformAdministrator,
        Auditor,
        ProgrammeAdministrator,
        ProgrammeReviewer,
        ProviderOperator,
        OrganizationOwner,
        OrganizationMember,
        Partner,
    ];

    /// <summary>Whether it is held for the platform, not for one resource.</summary>
    public static bool IsOfPlatform(string role) => role is PlatformAdministrator or Auditor;
}
