using System.Globalization;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests;

/// <summary>What keeps one offer from serving a request, whatever the quotas say.</summary>
internal static class OfferReasons
{
    public static IEnumerable<DecisionReason> Check(OfferMatching.Match match, RequestDraft draft, long capacitySeconds, long budgetUnits)
    {
        var offer = match.Offer;
        if (!OfferMatching.TakesSize(offer, draft.Time))
        {
            var smaller = draft.Time < offer.MinSize;
            var limit = smaller ? offer.MinSize : offer.MaxSize!.Value;
            yield return Against(
                smaller ? "offer-too-large" : "offer-too-small",
                $"The offer serves {(smaller ? "at least" : "at most")} {limit} a grant.",
                $"이 오퍼는 승인 한 건당 {(smaller ? "최소" : "최대")} {Text(limit)} GPU시간을 제공합니다.",
                Text(limit),
                retryable: false
            );
        }

        if (draft.Time.Seconds > capacitySeconds)
        {
            var left = GpuTime.FromSeconds(capacitySeconds).FloorToStep();
            yield return Against(
                "capacity-exhausted",
                $"The offers that suit have {left} left.",
                $"조건에 맞는 오퍼에 {Text(left)} GPU시간이 남아 있습니다.",
                Text(left),
                retryable: true
            );
        }

        if (match.Rate.CostOf(draft.Time).Units > budgetUnits)
        {
            var affordable = match.Rate.AffordableWith(Credits.FromUnits(budgetUnits)).FloorToStep();
            yield return Against(
                "budget-exhausted",
                $"The programme's budget pays for {affordable} at {match.Rate}.",
                $"프로그램 예산으로는 {Text(affordable)} GPU시간까지 가능합니다.",
                Text(affordable),
                retryable: true
            );
        }
    }

    private static string Text(GpuTime time) => time.Hours.ToString("0.##", CultureInfo.InvariantCulture);

    private static DecisionReason Against(string code, string message, string korean, string wouldPass, bool retryable) =>
        new()
        {
            Code = code,
            Message = message,
            MessageKo = korean,
            Field = "gpuHours",
            WouldPass = wouldPass,
            Retryable = retryable,
        };
}
