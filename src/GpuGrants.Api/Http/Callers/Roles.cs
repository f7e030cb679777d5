namespace GpuGrants.Api.Http.Callers;

/// <summary>Roles; all but the first are held for one resource.</summary>
public static class Roles
{
    public const string PlatformAdministrator = "platform-administrator";

    /// <summary>For a programme and those below it.</summary>
    public const string ProgrammeAdministrator = "programme-administrator";

    /// <inheritdoc cref="ProgrammeAdministrator"/>
    public const string ProgrammeReviewer = "programme-reviewer";
    public const string ProviderOperator = "provider-operator";
    public const string OrganizationOwner = "organization-owner";
    public const string OrganizationMember = "organization-member";
    public const string Partner = "partner";

    public static IReadOnlyList<string> All { get; } =
    [PlatformAdministrator, ProgrammeAdministrator, ProgrammeReviewer, ProviderOperator, OrganizationOwner, OrganizationMember, Partner];
}
