using System.Globalization;
using GpuGrants.Offers;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Grants;

/// <summary>What is left of a grant, for another offer to take.</summary>
/// <param name="OfferId">Where it is.</param>
/// <param name="GpuModel">Its GPUs.</param>
/// <param name="Accepted">The models that its people said they accept; empty for any.</param>
/// <param name="Time">All that is left.</param>
/// <param name="Life">From now, or from its start, to its end.</param>
/// <param name="Rate">Its rate.</param>
public sealed record MovedAsk(Guid OfferId, string GpuModel, IReadOnlyList<string> Accepted, GpuTime Time, GrantLife Life, Rate Rate)
{
    /// <summary>The kind of its organization; null where it does not matter.</summary>
    public string? Kind { get; init; }

    /// <summary>The country of its organization.</summary>
    public string? Country { get; init; }

    /// <summary>Whether its GPUs are its own from start to end. Only an offer with dated tranches has such.</summary>
    public bool IsReserved { get; init; }
}

/// <summary>Whether a grant may go on on another offer: at the same price or better, on GPUs that its people accept.</summary>
public static class OfferMoves
{
    /// <summary>Every reason against it.</summary>
    /// <param name="offer">The other offer.</param>
    /// <param name="ask">What is left of the grant.</param>
    /// <param name="free">GPU time that the other offer can still promise, within the dates where it has any.</param>
    /// <param name="at">The moment.</param>
    /// <returns>Empty when it may.</returns>
    public static List<Reason> Against(Offer offer, MovedAsk ask, GpuTime free, DateTimeOffset at)
    {
        var reasons = new List<Reason>();
        if (offer.Id == ask.OfferId)
            reasons.Add(
                New(
                    "grant-there-already",
                    "The grant is on this offer. State another one.",
                    "지원이 이미 이 오퍼에 있습니다. 다른 오퍼를 지정해 주십시오."
                )
            );
        if (!offer.IsOpen || offer.RateAt(at) is not { } rate)
        {
            reasons.Add(
                New(
                    "offer-not-open",
                    "The offer does not serve now. State an open one.",
                    "이 오퍼는 지금 제공되지 않습니다. 열려 있는 오퍼를 지정해 주십시오."
                )
            );
            return reasons;
        }

        if (offer.ProviderApproves)
            reasons.Add(
                New(
                    "provider-approves",
                    "The provider of this offer approves each grant itself. State another offer.",
                    "이 오퍼의 제공자는 모든 할당을 직접 승인합니다. 다른 오퍼를 지정해 주십시오."
                )
            );
        if (!OfferMatching.ServesApplicant(offer, AskOf(ask)))
            reasons.Add(
                New(
                    "organization-not-served",
                    "The offer's provider serves other kinds of organizations, or other countries. State another offer.",
                    "이 오퍼의 제공자는 다른 종류의 조직 또는 다른 국가를 대상으로 합니다. 다른 오퍼를 지정해 주십시오."
                )
            );
        if (offer.GpuModelId != ask.GpuModel && ask.Accepted.Count > 0 && !ask.Accepted.Contains(offer.GpuModelId))
            reasons.Add(
                New(
                    "gpu-model-not-accepted",
                    $"The offer has {offer.GpuModelId}. The grant's people accept {string.Join(", ", ask.Accepted)}. State an offer of those.",
                    $"이 오퍼의 GPU는 {offer.GpuModelId}이지만 사용자가 받아들이는 모델은 {string.Join(", ", ask.Accepted)}입니다. 해당 모델의 오퍼를 지정해 주십시오."
                )
            );
        if (rate.MillicreditsPerGpuHour > ask.Rate.MillicreditsPerGpuHour)
            reasons.Add(
                New(
                    "offer-rate-higher",
                    $"The offer charges {rate}, and the grant has {ask.Rate}. State an offer at the same rate or a lower one.",
                    $"이 오퍼의 요율은 {rate}이고 지원의 요율은 {ask.Rate}입니다. 요율이 같거나 더 낮은 오퍼를 지정해 주십시오."
                )
            );
        if (ask.Life.Gpus > offer.MaxGpus)
            reasons.Add(
                New(
                    "too-many-gpus",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The offer runs at most {offer.MaxGpus} GPUs at once per grant, and the grant has {ask.Life.Gpus}. State another offer."
                    ),
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"이 오퍼는 지원 한 건당 GPU를 최대 {offer.MaxGpus}개까지 제공하지만 지원에는 {ask.Life.Gpus}개가 필요합니다. 다른 오퍼를 지정해 주십시오."
                    )
                )
            );
        if (offer.StartsAt > ask.Life.From || offer.EndsAt < ask.Life.To)
            reasons.Add(
                New(
                    "grant-outside-offer",
                    "The offer does not serve all days that the grant has left. State another offer.",
                    "이 오퍼는 지원의 남은 기간 전체를 제공하지 않습니다. 다른 오퍼를 지정해 주십시오."
                )
            );
        if (ask.IsReserved && !offer.IsDated)
            reasons.Add(
                New(
                    "reservation-unavailable",
                    "The grant has reserved GPUs, and the offer has GPU-hours without dates. State an offer with dated tranches.",
                    "지원에는 예약 GPU가 있지만 이 오퍼는 날짜가 정해지지 않은 GPU시간만 제공합니다. 날짜가 정해진 오퍼를 지정해 주십시오."
                )
            );
        else if (ask.Time > free)
            reasons.Add(
                New(
                    "capacity-exhausted",
                    $"The offer has {free.FloorToStep()} left{(offer.IsDated ? " in the grant's dates" : "")}, and the grant has {ask.Time}. "
                        + "State another offer.",
                    $"이 오퍼에는 {(offer.IsDated ? "지원 기간 동안 " : "")}{free.FloorToStep()}이 남아 있지만 지원에는 {ask.Time}이 필요합니다. "
                        + "다른 오퍼를 지정해 주십시오."
                )
            );
        return reasons;
    }

    private static OfferAsk AskOf(MovedAsk ask) =>
        new()
        {
            Time = ask.Time,
            Gpus = ask.Life.Gpus,
            GpuModels = [],
            StartsAt = ask.Life.From,
            EndsAt = ask.Life.To,
            Kind = ask.Kind,
            Country = ask.Country,
        };

    private static Reason New(string code, string message, string korean) =>
        new()
        {
            Code = code,
            Message = message,
            MessageKo = korean,
            Field = "offerId",
            Retryable = false,
        };
}
