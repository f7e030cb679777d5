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
    /// <param name="offer">The offer.</param>
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
