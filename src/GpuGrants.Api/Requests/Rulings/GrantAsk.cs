using GpuGrants.Api.Grants;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Pipeline.Trees;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>
/// More time for a grant, or a later end, as an ask that the rules of an award answer. A later end of reserved GPUs asks for more time too:
/// that of all its GPUs from the old end to the new one.
/// </summary>
internal static class GrantAsk
{
    /// <summary>Whether the change asks for GPU time beside what the grant has.</summary>
    public static bool AddsTime(Grant grant, string change) => change == AskedChange.TopUp || grant.Mode == GrantMode.Reserved;

    /// <summary>What is wanted of the offer.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="organization">Whose it is.</param>
    /// <param name="change">One of <see cref="AskedChange"/>.</param>
    /// <param name="time">More time; for a later end it is not read.</param>
    /// <param name="end">The grant's end if it is approved.</param>
    public static OfferAsk WantedOf(Grant grant, Organization organization, string change, GpuTime time, DateTimeOffset end)
    {
        var ask = new OfferAsk
        {
            Time = change == AskedChange.TopUp ? time : grant.Outstanding(),
            Gpus = grant.Gpus,
            GpuModels = [],
            StartsAt = grant.StartsAt,
            EndsAt = change == AskedChange.TopUp ? grant.ExpiresAt : end,
            Kind = organization.Kind,
            Country = organization.Country,
        };
        if (grant.Mode != GrantMode.Reserved)
            return ask;
        ask = ask with { IsReserved = true, StartsAt = grant.ExpiresAt };
        return ask with { Time = ask.Whole() };
    }

    /// <summary>What programme and organization are asked: the whole grant as it would be.</summary>
    public static OfferAsk WholeOf(Grant grant, OfferAsk wanted) => wanted with { StartsAt = grant.StartsAt };

    /// <summary>The offer as it bears on a grant that exists. The grant with what is added may be as large as the offer serves.</summary>
    public static Offer OfferFor(Offer offer, Grant grant, string change)
    {
        var has = grant.GpuSeconds - grant.ReturnedGpuSeconds;
        return offer with
        {
            MinSize = GpuTime.Zero,
            MaxSize =
                AddsTime(grant, change) && offer.MaxSize is { } largest ? GpuTime.FromSeconds(Math.Max(0, largest.Seconds - has)) : null,
        };
    }

    /// <summary>Why the grant can no longer get what was asked for; null when it can.</summary>
    public static Refusal? RefuseOf(TreeChanges tree, Grant grant, Request request) =>
        Refuse(tree, grant, request.Change!, request.Life().To)
        ?? (
            request is { Change: AskedChange.Extend, Mode: GrantMode.Reserved } && request.StartsAt != grant.ExpiresAt
                ? Refusal.Conflict(
                    "grant-not-larger",
                    $"The grant ends at {UtcMoments.Text(grant.ExpiresAt)} by now, and the request asks for its GPUs from "
                        + $"{UtcMoments.Text(request.StartsAt)} on. Deny it. Its people can ask for the later end again.",
                    "expiresAt"
                ) with
                {
                    MessageKo =
                        $"지원은 이제 {UtcMoments.Text(grant.ExpiresAt)}에 끝나는데, 이 요청은 {UtcMoments.Text(request.StartsAt)}부터의 GPU를 "
                        + "요청합니다. 거절해 주십시오. 사용자가 다시 연장을 요청할 수 있습니다.",
                }
                : null
        );

    /// <summary>Why the grant cannot get more time or a later end; null when rules may be asked.</summary>
    public static Refusal? Refuse(TreeChanges tree, Grant grant, string change, DateTimeOffset end)
    {
        if (grant.StatusAt(tree.At) is not (GrantStatus.Active or GrantStatus.Scheduled) || grant.ExpiresAt <= tree.At)
            return grant.RefuseStanding(
                "grant-not-active",
                tree.At,
                "Only an active or scheduled grant is topped up or extended. Renew it.",
                "진행 중이거나 시작 예정인 지원만 시간을 추가하거나 연장할 수 있습니다. 지원을 갱신해 주십시오."
            );
        if (change == AskedChange.TopUp)
            return RefuseTopUp(tree, grant);
        if (end <= grant.ExpiresAt)
            return Refusal.Conflict(
                "grant-not-larger",
                $"The grant ends at {UtcMoments.Text(grant.ExpiresAt)}. Ask for a later end.",
                "expiresAt"
            ) with
            {
                MessageKo = $"지원은 {UtcMoments.Text(grant.ExpiresAt)}에 끝납니다. 더 늦은 종료 시각을 요청해 주십시오.",
            };
        return grant.Outstanding().IsZero && grant.Mode != GrantMode.Reserved
            ? Refusal.Conflict("grant-used-up", "Nothing of the grant is left, so a later end gives nothing. Top it up.", "status") with
            {
                MessageKo = "지원에 남은 시간이 없어 연장해도 쓸 시간이 없습니다. 시간을 추가해 주십시오.",
            }
            : null;
    }

    private static Refusal? RefuseTopUp(TreeChanges tree, Grant grant)
    {
        if (grant.Mode == GrantMode.Reserved)
            return Refusal.Conflict(
                "reservation-not-whole",
                "Reserved GPUs are granted whole, so hours alone are not added. Extend the grant to keep its GPUs for longer: "
                    + $"POST /v1/grants/{grant.Id}/extend. Ask for another grant to have more GPUs: POST /v1/requests.",
                "gpuHours"
            ) with
            {
                MessageKo =
                    "예약 GPU는 전체로만 지원되므로 시간만 추가할 수 없습니다. 더 오래 쓰려면 지원을 연장해 주십시오: "
                    + $"POST /v1/grants/{grant.Id}/extend. GPU가 더 필요하면 새 지원을 요청해 주십시오: POST /v1/requests.",
            };
        return grant.Mode is null && tree.Config.Offers.FirstOrDefault(one => one.Id == grant.OfferId) is { IsDated: true }
            ? Refusal.Conflict(
                "capacity-is-dated",
                "The grant has GPU-hours without dates, and its offer has dated tranches now. "
                    + $"Renew the grant: POST /v1/grants/{grant.Id}/renew.",
                "gpuHours"
            ) with
            {
                MessageKo =
                    "지원의 GPU시간에는 날짜가 없는데 오퍼에는 이제 날짜가 정해진 용량만 있습니다. 지원을 갱신해 주십시오: "
                    + $"POST /v1/grants/{grant.Id}/renew.",
            }
            : null;
    }
}
