using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events;
using GpuGrants.Api.Events.Catalogue;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>How a request is closed without a grant.</summary>
internal sealed record Closing(
    string Status,
    string Verdict,
    EventType<RequestData> Event,
    string TransferReason,
    string? Comment,
    IReadOnlyList<DecisionReason> Reasons
)
{
    public static Closing Denied(string reason) =>
        new(
            RequestStatus.Denied,
            DecisionVerdict.Denied,
            RequestEvents.Denied,
            TransferReasons.Denied,
            reason,
            [
                new DecisionReason
                {
                    Code = "denied-by-reviewer",
                    Message = reason,
                    MessageKo = reason,
                    Retryable = true,
                },
            ]
        );

    public static Closing Withdrawn { get; } =
        new(RequestStatus.Withdrawn, DecisionVerdict.Withdrawn, RequestEvents.Withdrawn, TransferReasons.Withdrawn, null, []);

    public static Closing Expired { get; } =
        new(
            RequestStatus.Expired,
            DecisionVerdict.Expired,
            RequestEvents.Expired,
            TransferReasons.Expired,
            null,
            [
                new DecisionReason
                {
                    Code = "review-expired",
                    Message = "Nobody decided in time, so the hold returned. You may ask again.",
                    MessageKo = "기한 안에 결정되지 않아 보류분이 해제되었습니다. 다시 신청할 수 있습니다.",
                    Retryable = true,
                },
            ]
        );
}
