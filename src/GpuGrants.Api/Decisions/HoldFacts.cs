using GpuGrants.Units;

namespace GpuGrants.Api.Decisions;

/// <summary>What counters hear of a hold.</summary>
internal static class HoldFacts
{
    /// <summary>The facts by which the held amounts and the wait end.</summary>
    public static QuotaFact[] Release(Request request, DateTimeOffset at) =>
        [
            QuotaFact
                .HoldReleased(
                    at,
                    request.CountsAt,
                    GpuTime.FromSeconds(request.GpuSeconds),
                    Credits.FromUnits(request.Credits ?? 0),
                    request.Gpus,
                    isWhole: true
                )
                .Of(request.Life(), GpuTime.FromSeconds(request.GpuSeconds)),
            QuotaFact.RequestClosed(at, request.CountsAt),
        ];
}
