using System.Globalization;
using GpuGrants.Api.Decisions;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Rulings;

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
                $"The suitable offer serves {(smaller ? "at least" : "at most")} {limit} per grant. You asked for {draft.Time}. "
                    + $"Ask for {limit} or {(smaller ? "more" : "less")}.",
                $"조건에 맞는 오퍼는 지원 한 건당 {(smaller ? "최소" : "최대")} {Text(limit)} GPU시간을 제공합니다. "
                    + $"이번에 {Text(draft.Time)} GPU시간을 요청하셨습니다. {Text(limit)} GPU시간 {(smaller ? "이상" : "이하")}으로 요청해 주십시오.",
                Text(limit),
                retryable: false
            );
        }

        if (draft.Time.Seconds > capacitySeconds)
        {
            var left = GpuTime.FromSeconds(capacitySeconds).FloorToStep();
            yield return Against(
                "capacity-exhausted",
                $"The suitable offer has {left} left. You asked for {draft.Time}. {LessOrLater(left)}",
                $"조건에 맞는 오퍼에 {Text(left)} GPU시간이 남아 있습니다. 이번에 {Text(draft.Time)} GPU시간을 요청하셨습니다. {KoreanLessOrLater(left)}",
                Text(left),
                retryable: true
            );
        }

        if (match.Rate.CostOf(draft.Time).Units > budgetUnits)
        {
            var affordable = match.Rate.AffordableWith(Credits.FromUnits(budgetUnits)).FloorToStep();
            yield return Against(
                "budget-exhausted",
                $"The programme's budget pays for {affordable} at {match.Rate}. You asked for {draft.Time}. {LessOrLater(affordable)}",
                $"프로그램 예산으로는 {Text(affordable)} GPU시간까지 가능합니다. 이번에 {Text(draft.Time)} GPU시간을 요청하셨습니다. {KoreanLessOrLater(affordable)}",
                Text(affordable),
                retryable: true
            );
        }
    }

    private static string LessOrLater(GpuTime most) => most.IsZero ? "Ask again later." : $"Ask for {most} or less, or ask again later.";

    private static string KoreanLessOrLater(GpuTime most) =>
        most.IsZero ? "나중에 다시 요청해 주십시오." : $"{Text(most)} GPU시간 이하로 요청하시거나 나중에 다시 요청해 주십시오.";

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
