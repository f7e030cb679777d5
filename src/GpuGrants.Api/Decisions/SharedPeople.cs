namespace GpuGrants.Api.Decisions;

/// <summary>
/// People of the organization operate the provider, or did within the time for which past roles count: no rule approves for them.
/// Somebody from outside both decides.
/// </summary>
internal static class SharedPeople
{
    /// <summary>The code of its reason: it asks for a review, and denies nothing.</summary>
    public const string Code = "provider-shares-people";

    /// <summary>Why the rules refer the request to people.</summary>
    /// <param name="window">For how long past roles count; whole days.</param>
    public static DecisionReason Reason(TimeSpan window) =>
        new()
        {
            Code = Code,
            Message =
                $"People of your organization operate the provider of this offer, or did within {window.Days} "
                + "days. A reviewer from outside "
                + "both will decide. Wait for the answer, or ask for GPUs of another provider.",
            MessageKo =
                $"귀 조직의 구성원이 이 제공자를 운영하거나 최근 {window.Days}일 안에 운영했으므로, 양쪽에 속하지 않은 담당자가 심사합니다. "
                + "결과를 기다리거나 다른 제공자의 GPU를 요청해 주십시오.",
            Retryable = true,
        };

    /// <summary>Whether organization and provider share people at the moment.</summary>
    /// <param name="organization">Who asks.</param>
    /// <param name="provider">Who would earn.</param>
    /// <param name="at">The moment of the decision.</param>
    /// <param name="window">For how long past roles count.</param>
    public static bool Are(Organization organization, Guid provider, DateTimeOffset at, TimeSpan window) =>
        organization.SharedProviderIds.AsSpan().Contains(provider)
        || (
            organization.PastProvidersUntil is { } until && at - until < window && organization.PastProviderIds.AsSpan().Contains(provider)
        );
}
