using GpuGrants.Units;

namespace GpuGrants.Api.Decisions;

/// <summary>What counters hear of a hold.</summary>
internal static class HoldFacts
{
    /// <summary>The facts by which the held amounts and the wait end.</summary>
    public static QuotaFact[] Release(Request request, DateTimeOffset at) =>
        // A later end of pooled hours holds nothing.
        request.AddsTime
            ? [Amounts(request, at), QuotaFact.RequestClosed(at, request.CountsAt)]
            : [QuotaFact.RequestClosed(at, request.CountsAt)];

    /// <summary>More time for a grant holds neither a grant nor GPUs.</summary>
    private static QuotaFact Amounts(Request request, DateTimeOffset at) =>
        QuotaFact
            .HoldReleased(
                at,
                request.CountsAt,
                GpuTime.FromSeconds(request.GpuSeconds),
                Credits.FromUnits(request.Credits ?? 0),
                request.Gpus,
                isWhole: !request.ChangesInPlace
            )
            .Of(request.Life(), GpuTime.FromSeconds(request.GpuSeconds));
}
