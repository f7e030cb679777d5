using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>Reasons that only changes of grants have.</summary>
internal static class ChangeReasons
{
    /// <summary>A grant gets more time at its own rate alone, so nobody keeps a low rate for ever.</summary>
    public static Reason RateIsHigher(Guid grant, string change, Rate own, Rate now) =>
        new()
        {
            Code = "offer-rate-higher",
            Message =
                $"A grant gets more time at its own rate. It has {own}, and its offer charges {now} now. Renew the grant: "
                + $"POST /v1/grants/{grant}/renew.",
            MessageKo =
                $"지원은 처음 요율로만 추가할 수 있습니다. 이 지원의 요율은 {own}이고 오퍼의 현재 요율은 {now}입니다. 지원을 갱신해 주십시오: "
                + $"POST /v1/grants/{grant}/renew.",
            Field = change == AskedChange.TopUp ? "gpuHours" : "expiresAt",
            Retryable = false,
        };
}
