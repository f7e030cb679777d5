using GpuGrants.Api.Decisions;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Json;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Api.Usage;
using GpuGrants.Grants;
using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Api.Grants;

/// <summary>
/// Gives part of a grant back: GPU time, its last days, or GPUs from now on. What it cannot use any more returns with it. What
/// may have been used until now stays for its provider to report. On dated tranches what stays has to find its place in time: others may
/// have been promised the GPUs of the days that stay.
/// </summary>
public sealed class ShrinkGrant : GrantCommand
{
    /// <summary>GPU time to give back.</summary>
    public required GpuTime Time { get; init; }

    /// <summary>GPUs to have from now on; null to keep them.</summary>
    public int? Gpus { get; init; }

    /// <summary>The new end; null to keep it.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? Reason { get; init; }

    protected override void Plan(BatchState batch, Grant grant)
    {
        GrantEnding.Plan(batch, batch.Tree(Tree), grant);
        if (MovesInTime(grant))
            OfferPlans.Want(batch, batch.Tree(Tree), grant);
    }

    protected override Refusal? Change(BatchState batch, TreeChanges tree, Grant grant)
    {
        if (Check(tree, grant) is { } unfit)
            return unfit;
        var used = MeteredTime.FromMicroseconds(grant.UsedGpuMicroseconds);
        var terms = UsageCharging.TermsOf(batch, grant, tree.At);
        var most = Shrinking.MostOf(terms, used, tree.At);
        if (Time > most)
            return Refusal.Conflict("grant-time-in-use", InUse(most), "gpuHours") with
            {
                Limit = Wire.Hours(most.FloorToStep().Seconds),
                MessageKo = InUseKo(most),
            };
        // Before the start, nothing can have run on the GPUs that go. Later, what ran on them may still be reported.
        var keeps = grant.StartsAt <= tree.At ? terms.Gpus : Gpus ?? grant.Gpus;
        var smaller = terms with { Gpus = keeps, EndsAt = ExpiresAt ?? grant.ExpiresAt, Most = terms.Most - Time };
        var (life, outstanding) = (grant.Life(), grant.Outstanding());
        var reserved = outstanding - Time - Shrinking.BeyondUse(smaller, used);
        if (RefuseInTime(batch, tree, grant, smaller.EndsAt, reserved) is { } crowded)
            return crowded;
        GrantStart.Due(batch, tree, grant);
        if (GrantReturn.TryMove(tree, grant, Actor, reserved, out var returned) is { } refusal)
            return refusal;
        var facts = returned.IsZero ? [] : GrantReturn.Counted(batch, tree, grant, returned, life, outstanding);
        facts.AddRange(GrantLives.Moved(batch, tree, grant, () => Cut(batch, tree, grant, smaller.EndsAt)));
        batch.Change(grant, tree.At);
        var data = GrantLives.DataOf(grant, Reason, -returned.Seconds);
        Facts.Record(
            batch,
            batch.RecordEvent(tree.Id, Actor, GrantEvents.Shrunk, data, grant.Livemode),
            grant.PinnedBy,
            PinnedContext.RulesOf(batch, tree, grant.PinnedBy),
            [.. facts]
        );
        return null;
    }

    private bool MovesInTime(Grant grant) => grant.Mode == GrantMode.Pooled && (Gpus is not null || ExpiresAt is not null);

    /// <summary>Why what the grant keeps finds no place in its dates and on its GPUs; null when it does.</summary>
    private Refusal? RefuseInTime(BatchState batch, TreeChanges tree, Grant grant, DateTimeOffset end, GpuTime kept)
    {
        if (!MovesInTime(grant) || grant.ToPromise() is not { } promise)
            return null;
        var smaller = promise with { Gpus = Gpus ?? promise.Gpus, EndsAt = end, Time = kept };
        var lacks = OfferPlans.Of(batch, tree, grant).LacksInsteadOf(smaller);
        return lacks.IsZero
            ? null
            : Refusal.Conflict(
                "capacity-exhausted",
                $"The grant would keep {kept}, and its offer promised others the GPUs for {lacks} of it. Give back {lacks} more with it, or "
                    + (ExpiresAt is null ? "keep more GPUs." : "state a later end."),
                ExpiresAt is null ? "gpus" : "expiresAt"
            ) with
            {
                MessageKo =
                    $"지원에 {kept}이 남게 되지만, 오퍼는 그중 {lacks}에 필요한 GPU를 이미 다른 지원에 약속했습니다. {lacks}을 더 반납하시거나 "
                    + (ExpiresAt is null ? "더 많은 GPU를 유지해 주십시오." : "더 늦은 종료 시각을 지정해 주십시오."),
            };
    }

    /// <summary>The row gets the new end, and the GPUs that it keeps.</summary>
    private void Cut(BatchState batch, TreeChanges tree, Grant grant, DateTimeOffset end)
    {
        grant.ExpiresAt = end;
        if (Gpus is not { } gpus)
            return;
        if (grant.StartsAt <= tree.At)
        {
            batch
                .Rows<GrantGpuCut>()
                .Insert(
                    new GrantGpuCut
                    {
                        RootProgrammeId = grant.RootProgrammeId,
                        GrantId = grant.Id,
                        Id = Guid.CreateVersion7(tree.At),
                        CutAt = tree.At,
                        Gpus = grant.Gpus - gpus,
                    }
                );
            grant.MostGpus ??= grant.Gpus;
        }

        grant.Gpus = gpus;
    }

    private Refusal? Check(TreeChanges tree, Grant grant)
    {
        if (!grant.IsOpen || grant.ExpiresAt <= tree.At)
            return grant.RefuseStanding(
                "grant-not-active",
                tree.At,
                "Nothing of it can be given back now.",
                "지금은 반납할 수 있는 것이 없습니다."
            );
        if (grant.Mode == GrantMode.Reserved)
            return Refusal.Conflict(
                "reservation-not-whole",
                $"Reserved GPUs are granted whole. Close the grant: POST /v1/grants/{grant.Id}/close. "
                    + "Then ask for fewer GPUs or an earlier end: POST /v1/requests.",
                "status"
            ) with
            {
                MessageKo =
                    "예약된 GPU는 전체로만 지원됩니다. 지원을 종료한 뒤 더 적은 GPU 또는 더 이른 종료 시각으로 다시 신청해 주십시오.",
            };
        if (Gpus is { } gpus && gpus >= grant.Gpus)
            return Refusal.Conflict("grant-not-smaller", $"The grant has {grant.Gpus} GPUs. State fewer.", "gpus") with
            {
                Limit = grant.Gpus - 1,
                MessageKo = $"지원의 GPU는 {grant.Gpus}장입니다. 더 적은 수를 지정해 주십시오.",
            };
        if (ExpiresAt is { } end && (end >= grant.ExpiresAt || end <= tree.At || end <= grant.StartsAt))
            return Refusal.Conflict(
                "grant-not-smaller",
                $"State an end that lies ahead, after the grant's start, and before {UtcMoments.Text(grant.ExpiresAt)}.",
                "expiresAt"
            ) with
            {
                MessageKo = $"현재와 지원의 시작 시각보다 늦고 {UtcMoments.Text(grant.ExpiresAt)}보다 이른 종료 시각을 지정해 주십시오.",
            };
        return null;
    }

    private static string InUseKo(GpuTime most) =>
        $"지금 반납할 수 있는 시간은 {most}입니다. 나머지는 사용되었거나, 사용되었을 수 있지만 아직 보고되지 않았습니다."
        + (
            most.IsZero
                ? " 제공자가 사용량을 보고한 뒤 다시 요청해 주십시오."
                : $" {Wire.HoursText(most.FloorToStep())} GPU시간 이하로 반납해 주십시오."
        );

    private static string InUse(GpuTime most) =>
        $"{most} can be given back now. The rest was used, or may have been used and was not reported yet."
        + (
            most.IsZero
                ? " Ask again once the provider has reported."
                : $" Give back {Wire.HoursText(most.FloorToStep())} GPU-hours or less."
        );
}
