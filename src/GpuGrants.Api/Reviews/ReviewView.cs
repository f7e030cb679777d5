using GpuGrants.Api.Requests.Views;

namespace GpuGrants.Api.Reviews;

/// <summary>A request that waits for a person, with what a reviewer wants to know of the applicant.</summary>
public sealed record ReviewView
{
    public required RequestView Request { get; init; }

    public required string OrganizationName { get; init; }

    public required string OrganizationKind { get; init; }

    public required bool OrganizationVerified { get; init; }

    public required DateTimeOffset OrganizationSince { get; init; }

    public required ApplicantHistory History { get; init; }

    /// <summary>How long it has waited, in seconds.</summary>
    public required long WaitingSeconds { get; init; }

    /// <summary>Whose approval is missing: <c>programme</c>, <c>provider</c> or both, in any order.</summary>
    public required IReadOnlyList<string> Awaits { get; init; }

    /// <summary>When the request was changed last.</summary>
    public required DateTimeOffset UpdatedAt { get; init; }

    internal const string AwaitsProgramme = "programme";
    internal const string AwaitsProvider = "provider";

    internal static string[] AwaitsOf(Request row) =>
        [
            .. row.ProgrammeApprovalsLeft() > 0 ? [AwaitsProgramme] : Array.Empty<string>(),
            .. row.ProviderApproval == ProviderApproval.Waiting ? [AwaitsProvider] : Array.Empty<string>(),
        ];
}

/// <summary>
/// What the applicant asked for and used before, in programmes of the same tree that the reviewer reviews. A provider's operators see what
/// the provider was asked to approve and what was granted on its offers.
/// </summary>
/// <param name="Requests">Requests made, by status.</param>
/// <param name="GrantedGpuHours">GPU-hours granted in all.</param>
/// <param name="UsedGpuHours">GPU-hours used of them.</param>
public sealed record ApplicantHistory(IReadOnlyDictionary<string, int> Requests, decimal GrantedGpuHours, decimal UsedGpuHours);
