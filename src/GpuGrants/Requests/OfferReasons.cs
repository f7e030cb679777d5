using System.Globalization;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Requests;

/// <summary>What keeps one offer from serving an award, whatever the quotas say.</summary>
internal static class OfferReasons
{
    public static Reason NotOpen { get; } =
        new()
        {
            Code = "offer-not-open",
            Message = "The offer is paused or ended, or its provider is suspended or closed. Ask again later, or ask for another offer.",
            MessageKo =
                "오퍼가 일시 중지되었거나 종료되었습니다. 또는 제공자가 정지되었거나 폐쇄되었습니다. 나중에 다시 요청하시거나 다른 오퍼를 요청해 주십시오.",
            Field = "offerId",
            Retryable = true,
        };

    public static Reason NotForApplicant { get; } =
        new()
        {
            Code = "organization-not-served",
            Message = "The offer's provider serves other kinds of organizations, or other countries. Ask for another offer.",
            MessageKo = "이 오퍼의 제공자는 다른 종류의 조직 또는 다른 국가를 대상으로 합니다. 다른 오퍼를 요청해 주십시오.",
            Field = "offerId",
            Retryable = false,
        };

    /// <summary>Adds what amounts stand against: GPUs at once, the offer's sizes, its capacity and the budget.</summary>
    public static void CheckAmounts(in Supply supply, OfferAsk ask, GpuTime grantable, List<Reason> reasons)
    {
        var (offer, rate, capacity, budget) = supply;
        if (ask.Gpus > offer.MaxGpus)
            reasons.Add(TooManyGpus(offer, ask));
        if (ask.Time < offer.MinSize)
            reasons.Add(BelowSmallest(supply, ask.Time));
        if (offer.MaxSize is { } largest && ask.Time > largest)
            reasons.Add(
                TooMuch(
                    "offer-too-small",
                    $"The suitable offer serves at most {largest} per grant.",
                    $"조건에 맞는 오퍼는 지원 한 건당 최대 {Text(largest)} GPU시간을 제공합니다.",
                    ask.Time,
                    grantable,
                    retryable: false
                )
            );
        if (ask.IsReserved && ask.Time != ask.Whole())
            reasons.Add(NotWhole(ask));
        if (ask.Time > capacity && supply.ReservableGpus is { } gpus)
            reasons.Add(NotReservable(ask, gpus));
        else if (ask.Time > capacity)
            reasons.Add(
                TooMuch(
                    "capacity-exhausted",
                    $"The suitable offer has {capacity.FloorToStep()} left{(offer.IsDated ? " between these dates" : "")}.",
                    $"조건에 맞는 오퍼에 {(offer.IsDated ? "이 기간 동안 " : "")}{Text(capacity.FloorToStep())} GPU시간이 남아 있습니다.",
                    ask.Time,
                    grantable,
                    retryable: true
                )
            );
        if (rate.CostOf(ask.Time) > budget)
        {
            var affordable = rate.AffordableWith(budget).FloorToStep();
            reasons.Add(
                TooMuch(
                    "budget-exhausted",
                    $"The programme's budget pays for {affordable} at {rate}.",
                    $"프로그램 예산으로는 {Text(affordable)} GPU시간까지 가능합니다.",
                    ask.Time,
                    grantable,
                    retryable: true
                )
            );
        }
    }

    private static Reason NotWhole(OfferAsk ask) =>
        new()
        {
            Code = "reservation-not-whole",
            Message = $"Reserved GPUs are granted whole: {ask.Whole()} from start to end. You asked for {ask.Time}. Ask for {ask.Whole()}.",
            MessageKo =
                $"예약 GPU는 시작부터 종료까지 전체 {Text(ask.Whole())} GPU시간으로만 지원됩니다. 이번에 {Text(ask.Time)} GPU시간을 요청하셨습니다. "
                + $"{Text(ask.Whole())} GPU시간으로 요청해 주십시오.",
            Field = "gpuHours",
            WouldPass = Text(ask.Whole()),
            Retryable = false,
        };

    private static Reason NotReservable(OfferAsk ask, int gpus) =>
        new()
        {
            Code = "reservation-unavailable",
            Message =
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The suitable offer can reserve {gpus} GPUs from start to end. You asked for {ask.Gpus}. "
                )
                + (
                    gpus > 0
                        ? string.Create(CultureInfo.InvariantCulture, $"Ask for {gpus} or fewer, or for other dates.")
                        : "Ask for other dates."
                ),
            MessageKo =
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"조건에 맞는 오퍼는 시작부터 종료까지 GPU {gpus}개를 예약할 수 있습니다. 이번에 {ask.Gpus}개를 요청하셨습니다. "
                )
                + (
                    gpus > 0
                        ? string.Create(CultureInfo.InvariantCulture, $"{gpus}개 이하로 요청하시거나 다른 기간으로 요청해 주십시오.")
                        : "다른 기간으로 요청해 주십시오."
                ),
            Field = "gpus",
            WouldPass = gpus > 0 ? gpus.ToString(CultureInfo.InvariantCulture) : null,
            Retryable = true,
        };

    private static Reason TooManyGpus(Offer offer, OfferAsk ask) =>
        new()
        {
            Code = "too-many-gpus",
            Message = string.Create(
                CultureInfo.InvariantCulture,
                $"The suitable offer runs at most {offer.MaxGpus} GPUs at once per grant. You asked for {ask.Gpus}. Ask for {offer.MaxGpus} or fewer."
            ),
            MessageKo = string.Create(
                CultureInfo.InvariantCulture,
                $"조건에 맞는 오퍼는 지원 한 건당 GPU를 동시에 최대 {offer.MaxGpus}개까지 제공합니다. 이번에 {ask.Gpus}개를 요청하셨습니다. {offer.MaxGpus}개 이하로 요청해 주십시오."
            ),
            Field = "gpus",
            WouldPass = offer.MaxGpus.ToString(CultureInfo.InvariantCulture),
            Retryable = false,
        };

    /// <summary>The smallest grant is only advised where capacity and budget have it.</summary>
    private static Reason BelowSmallest(in Supply supply, GpuTime asked)
    {
        var smallest = supply.Offer.MinSize;
        var passes = smallest <= supply.Capacity && supply.Rate.CostOf(smallest) <= supply.Budget;
        return new Reason
        {
            Code = "offer-too-large",
            Message =
                $"The suitable offer serves at least {smallest} per grant. You asked for {asked}. "
                + (passes ? $"Ask for {smallest} or more." : "Ask again later."),
            MessageKo =
                $"조건에 맞는 오퍼는 지원 한 건당 최소 {Text(smallest)} GPU시간을 제공합니다. 이번에 {Text(asked)} GPU시간을 요청하셨습니다. "
                + (passes ? $"{Text(smallest)} GPU시간 이상으로 요청해 주십시오." : "나중에 다시 요청해 주십시오."),
            Field = "gpuHours",
            WouldPass = passes ? Text(smallest) : null,
            Retryable = false,
        };
    }

    private static Reason TooMuch(string code, string rule, string ruleKo, GpuTime asked, GpuTime most, bool retryable) =>
        new()
        {
            Code = code,
            Message = $"{rule} You asked for {asked}. {Next(most, retryable)}",
            MessageKo = $"{ruleKo} 이번에 {Text(asked)} GPU시간을 요청하셨습니다. {KoreanNext(most, retryable)}",
            Field = "gpuHours",
            WouldPass = most.IsZero ? null : Text(most),
            Retryable = retryable,
        };

    private static string Next(GpuTime most, bool later) =>
        (most.IsZero, later) switch
        {
            (true, true) => "Ask again later.",
            (true, false) => "Choose another programme.",
            (false, true) => $"Ask for {most} or less, or ask again later.",
            _ => $"Ask for {most} or less.",
        };

    private static string KoreanNext(GpuTime most, bool later) =>
        (most.IsZero, later) switch
        {
            (true, true) => "나중에 다시 요청해 주십시오.",
            (true, false) => "다른 프로그램을 선택해 주십시오.",
            (false, true) => $"{Text(most)} GPU시간 이하로 요청하시거나 나중에 다시 요청해 주십시오.",
            _ => $"{Text(most)} GPU시간 이하로 요청해 주십시오.",
        };

    private static string Text(GpuTime time) => time.Hours.ToString("0.##", CultureInfo.InvariantCulture);
}
