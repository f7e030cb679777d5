using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>More time for a grant, or a later end, as an ask that the rules of an award answer.</summary>
internal static class GrantAsk
{
    /// <summary>What is wanted of the offer.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="organization">Whose it is.</param>
    /// <param name="change">One of <see cref="AskedChange"/>.</param>
    /// <param name="time">More time; for a later end, what the grant has left.</param>
    /// <param name="end">The grant's end if it is approved.</param>
    public static OfferAsk WantedOf(Grant grant, Organization organization, string change, GpuTime time, DateTimeOffset end) =>
        new()
        {
            Time = change == AskedChange.TopUp ? time : grant.Outstanding(),
            Gpus = grant.Gpus,
            GpuModels = [],
            StartsAt = grant.StartsAt,
            EndsAt = change == AskedChange.TopUp ? grant.ExpiresAt : end,
            Kind = organization.Kind,
            Country = organization.Country,
        };

    /// <summary>How the ask stands: a later end takes what the grant has as free, and asks only limits on use.</summary>
    public static Standing StandingOf(BatchState batch, TreeChanges tree, Grant grant, Standing standing, string change) =>
        change == AskedChange.TopUp
            ? standing with
            {
                Part = AskedPart.Time,
            }
            : standing with
            {
                Counters = GrantRules.Without(batch, tree, grant, standing.Counters),
                Part = AskedPart.Dates,
                Reserved = new Reservation(grant.OfferId, grant.Outstanding(), grant.BudgetProgrammeId, grant.CostOf(grant.Outstanding())),
                Held = null,
            };

    /// <summary>The offer as it bears on a grant that exists. The grant with what is added may be as large as the offer serves.</summary>
    public static Offer OfferFor(Offer offer, Grant grant, string change)
    {
        var has = grant.GpuSeconds - grant.ReturnedGpuSeconds;
        return offer with
        {
            MinSize = GpuTime.Zero,
            MaxSize =
                change == AskedChange.TopUp && offer.MaxSize is { } largest
                    ? GpuTime.FromSeconds(Math.Max(0, largest.Seconds - has))
                    : null,
        };
    }

    /// <summary>Why the grant can no longer get what was asked for; null when it can.</summary>
    public static Refusal? RefuseOf(TreeChanges tree, Grant grant, Request request) =>
        Refuse(tree, grant, request.Change!, request.Life().To);

    /// <summary>A grant on dated tranches keeps its hours and dates: others were promised theirs around them.</summary>
    public static Refusal? RefuseDated(Grant grant) =>
        grant.Mode is null
            ? null
            : Refusal.Conflict(
                "capacity-is-dated",
                "The grant is on dated tranches, and others were promised their hours around its own. Ask for another grant, or renew it.",
                "status"
            );

    /// <summary>Why the grant cannot get more time or a later end; null when rules may be asked.</summary>
    public static Refusal? Refuse(TreeChanges tree, Grant grant, string change, DateTimeOffset end)
    {
        if (grant.StatusAt(tree.At) is not (GrantStatus.Active or GrantStatus.Scheduled) || grant.ExpiresAt <= tree.At)
            return Refusal.Conflict(
                "grant-not-active",
                $"The grant is {grant.StandingAt(tree.At)}. Only an active or scheduled grant is topped up or extended. Renew it.",
                "status"
            ) with
            {
                MessageKo =
                    GrantStatus.SentenceKo(grant.StandingAt(tree.At))
                    + " 진행 중이거나 시작 예정인 지원만 시간을 추가하거나 연장할 수 있습니다. 지원을 갱신해 주십시오.",
            };
        if (RefuseDated(grant) is { } dated)
            return dated;
        if (change != AskedChange.Extend)
            return null;
        if (end <= grant.ExpiresAt)
            return Refusal.Conflict(
                "grant-not-larger",
                $"The grant ends at {UtcMoments.Text(grant.ExpiresAt)}. Ask for a later end.",
                "expiresAt"
            ) with
            {
                MessageKo = $"지원은 {UtcMoments.Text(grant.ExpiresAt)}에 끝납니다. 더 늦은 종료 시각을 요청해 주십시오.",
            };
        return grant.Outstanding().IsZero
            ? Refusal.Conflict("grant-used-up", "Nothing of the grant is left, so a later end gives nothing. Top it up.", "status") with
            {
                MessageKo = "지원에 남은 시간이 없어 연장해도 쓸 시간이 없습니다. 시간을 추가해 주십시오.",
            }
            : null;
    }
}
