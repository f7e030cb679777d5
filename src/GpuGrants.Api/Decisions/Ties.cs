using GpuGrants.Offers;

namespace GpuGrants.Api.Decisions;

/// <summary>What keeps rules from approving a request on an offer, whatever quotas say: people decide.</summary>
/// <param name="Organization">Who asks.</param>
/// <param name="Window">For how long past roles count.</param>
public readonly record struct Ties(Organization Organization, TimeSpan Window)
{
    /// <summary>The codes of its reasons: they ask for a review, and deny nothing.</summary>
    internal static IReadOnlyList<string> Codes { get; } = [SharedPeople.Code, ProviderApproves];

    private const string ProviderApproves = "provider-approves";

    private static readonly DecisionReason ByProvider = new()
    {
        Code = ProviderApproves,
        Message =
            "The provider of this offer approves each grant itself, so one of its operators will decide. Wait for the answer, or ask for "
            + "GPUs of another provider.",
        MessageKo =
            "이 제공자는 모든 할당을 직접 승인하므로 제공자의 운영 담당자가 결정합니다. 결과를 기다리거나 다른 제공자의 GPU를 요청해 주십시오.",
        Retryable = true,
    };

    /// <summary>Whether organization and provider share people at the moment.</summary>
    internal bool SharePeople(Offer offer, DateTimeOffset at) => SharedPeople.Are(Organization, offer.ProviderId, at, Window);

    /// <summary>Why people decide on the offer.</summary>
    /// <param name="sharePeople">What <see cref="SharePeople"/> says of it.</param>
    /// <returns>Nothing when rules may decide alone.</returns>
    internal IReadOnlyList<DecisionReason> On(Offer offer, bool sharePeople) =>
        (sharePeople, offer.ProviderApproves) switch
        {
            (false, false) => [],
            (true, false) => [SharedPeople.Reason(Window)],
            (false, true) => [ByProvider],
            (true, true) => [SharedPeople.Reason(Window), ByProvider],
        };
}

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
