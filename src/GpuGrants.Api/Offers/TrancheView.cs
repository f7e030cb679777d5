using GpuGrants.Api.Json;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Offers;

/// <summary>GPUs that an offer has between two moments.</summary>
public sealed record TrancheView
{
    /// <summary>Its number within the offer, from 1.</summary>
    public required int Number { get; init; }

    /// <summary>GPUs at every instant, less those that were withdrawn.</summary>
    public required int Gpus { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>proposed while it waits for the programme; open once it is capacity.</summary>
    public required string Status { get; init; }

    public static TrancheView Of(OfferTranche row) =>
        new()
        {
            Number = row.Number,
            Gpus = row.Gpus,
            StartsAt = row.StartsAt,
            EndsAt = row.EndsAt,
            Status = row.Status,
        };
}

/// <summary>What a withdrawal of GPUs takes, and what it would break.</summary>
public sealed record TrancheWithdrawalView
{
    /// <summary>The tranche's number within the offer.</summary>
    public required int Number { get; init; }

    /// <summary>GPUs that the call states.</summary>
    public required int Gpus { get; init; }

    /// <summary>What they bring from the next full hour to the tranche's end, in GPU-hours.</summary>
    public required decimal GpuHours { get; init; }

    /// <summary>The most GPUs that can be withdrawn now.</summary>
    public required int WithdrawableGpus { get; init; }

    /// <summary>Who would get less than promised, oldest first; empty when the GPUs can be withdrawn.</summary>
    public required IReadOnlyList<PromiseAtRiskView> AtRisk { get; init; }

    internal static TrancheWithdrawalView Of(TrancheWithdrawal withdrawal) =>
        new()
        {
            Number = withdrawal.Tranche.Number,
            Gpus = withdrawal.Gpus,
            GpuHours = withdrawal.Time.Hours,
            WithdrawableGpus = withdrawal.Withdrawable,
            AtRisk = [.. withdrawal.AtRisk.Select(one => PromiseAtRiskView.Of(one.Promise, one.Lacks))],
        };
}

/// <summary>A grant, a request in review or a quote that a withdrawal would take GPU time from.</summary>
public sealed record PromiseAtRiskView
{
    /// <summary>The grant, the request that waits for a person, or the quote.</summary>
    public required Guid Id { get; init; }

    /// <summary>The most GPUs that it may use at once.</summary>
    public required int Gpus { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>GPU-hours that it would lack.</summary>
    public required decimal GpuHours { get; init; }

    internal static PromiseAtRiskView Of(GpuPromise promise, GpuTime lacks) =>
        new()
        {
            Id = promise.Id,
            Gpus = promise.Gpus,
            StartsAt = promise.StartsAt,
            EndsAt = promise.EndsAt,
            GpuHours = Wire.Hours(RoundUp(lacks.Seconds)),
        };

    private static long RoundUp(long seconds) => (seconds + GpuTime.StepSeconds - 1) / GpuTime.StepSeconds * GpuTime.StepSeconds;
}
