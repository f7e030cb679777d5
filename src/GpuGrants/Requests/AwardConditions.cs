using System.Globalization;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Requests;

/// <summary>
/// Says which conditions of an award do not hold at a moment: programme, organization, offer, sizes, dates, capacity and budget.
/// Submitting, amending, accepting, endorsing and approving all ask here. Quotas come on top.
/// </summary>
public static class AwardConditions
{
    /// <summary>The reason against an award by an offer that has ended.</summary>
    public static Reason NotOpen => OfferReasons.NotOpen;

    /// <summary>Every reason against an award to the applicant, whichever offer would serve it.</summary>
    /// <returns>Empty when all conditions of programme and organization hold.</returns>
    public static List<Reason> Check(Applicant applicant, ProgrammeTerms terms, OfferAsk ask, DateTimeOffset at)
    {
        var reasons = Eligibility.Check(applicant, terms, ask.EndsAt - ask.StartsAt, at);
        // An ended programme is not active either. One reason says it.
        if (terms.EndsAt is { } end && at >= end)
            reasons.RemoveAll(reason => reason.Code == "programme-not-active");
        else if (terms.IsActive && GrantDates.AgainstProgramme(terms, ask) is { } outside)
            reasons.Add(outside);
        return reasons;
    }

    /// <summary>Every reason against an award by this offer.</summary>
    /// <param name="supply">The offer, with what is free.</param>
    /// <param name="ask">What is asked for.</param>
    /// <param name="grantable">The amount that the reasons tell the applicant to ask for; zero when none would pass.</param>
    /// <returns>Empty when all conditions of the offer hold.</returns>
    public static List<Reason> Check(in Supply supply, OfferAsk ask, GpuTime grantable)
    {
        var reasons = new List<Reason>();
        if (!supply.Offer.IsOpen)
            reasons.Add(OfferReasons.NotOpen);
        if (!OfferMatching.ServesApplicant(supply.Offer, ask))
            reasons.Add(OfferReasons.NotForApplicant);
        if (GrantDates.AgainstOffer(supply.Offer, ask) is { } outside)
            reasons.Add(outside);
        OfferReasons.CheckAmounts(supply, ask, grantable, reasons);
        return reasons;
    }

    /// <summary>Every reason against an award that a person or the applicant is about to settle.</summary>
    /// <param name="applicant">The organization as it is now.</param>
    /// <param name="terms">The programme's terms as they are now.</param>
    /// <param name="supply">The offer as it is now; null when it has ended.</param>
    /// <param name="ask">What would be awarded.</param>
    /// <param name="grantable">The amount that would pass; zero when none would.</param>
    /// <param name="at">The moment of the verdict.</param>
    /// <returns>Empty when all conditions hold.</returns>
    public static List<Reason> Check(
        Applicant applicant,
        ProgrammeTerms terms,
        Supply? supply,
        OfferAsk ask,
        GpuTime grantable,
        DateTimeOffset at
    ) => [.. Check(applicant, terms, ask, at), .. supply is { } given ? Check(given, ask, grantable) : [OfferReasons.NotOpen]];
}

/// <summary>A grant lies inside the dates of its programme and of its offer, from its start to its end.</summary>
internal static class GrantDates
{
    public static Reason? AgainstProgramme(ProgrammeTerms terms, OfferAsk ask) =>
        terms.EndsAt is not { } end || ask.EndsAt <= end
            ? null
            : After(
                "grant-outside-programme",
                "The programme",
                "이 프로그램은",
                ask,
                end,
                WholeDays(Min(end - ask.StartsAt, terms.MaxGrantDuration))
            );

    public static Reason? AgainstOffer(Offer offer, OfferAsk ask)
    {
        const string code = "grant-outside-offer";
        if (ask.StartsAt < offer.StartsAt)
            return New(
                code,
                $"The offer starts at {Moments.Text(offer.StartsAt)}. Ask to start then or later.",
                $"이 오퍼는 {Moments.Text(offer.StartsAt)}에 시작합니다. 그 이후에 시작하도록 요청해 주십시오.",
                "startsAt",
                offer.StartsAt.UtcDateTime.ToString("O", CultureInfo.InvariantCulture)
            );
        return offer.EndsAt is not { } end || ask.EndsAt <= end
            ? null
            : After(code, "The offer", "이 오퍼는", ask, end, WholeDays(end - ask.StartsAt));
    }

    /// <summary>The whole days of a span, as durations are asked for; 0 when there is none.</summary>
    public static int WholeDays(TimeSpan span) => Math.Max(0, span.Days);

    private static Reason After(string code, string what, string whatKo, OfferAsk ask, DateTimeOffset end, int days) =>
        days > 0
            ? New(
                code,
                $"{what} ends at {Moments.Text(end)}, and the grant would end at {Moments.Text(ask.EndsAt)}. {Shorter(days)}",
                $"{whatKo} {Moments.Text(end)}에 종료되는데, 지원은 {Moments.Text(ask.EndsAt)}에 끝나게 됩니다. {days}일 이하로 요청해 주십시오.",
                "durationDays",
                days.ToString(CultureInfo.InvariantCulture)
            )
            : New(
                code,
                $"{what} ends at {Moments.Text(end)}, less than a day after the grant would start. Ask for an earlier start.",
                $"{whatKo} {Moments.Text(end)}에 종료되어 지원 시작 후 하루가 남지 않습니다. 더 일찍 시작하도록 요청해 주십시오.",
                "startsAt",
                null
            );

    private static string Shorter(int days) => days == 1 ? "Ask for 1 day." : $"Ask for {days} days or fewer.";

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static Reason New(string code, string message, string korean, string field, string? wouldPass) =>
        new()
        {
            Code = code,
            Message = message,
            MessageKo = korean,
            Field = field,
            WouldPass = wouldPass,
            Retryable = false,
        };
}

/// <summary>The offer that would serve an award, and what is free for it: what the request itself holds counts as free.</summary>
/// <param name="Rate">The rate that the award would have.</param>
/// <param name="Capacity">What the offer can still promise.</param>
/// <param name="Budget">What the programme can still spend.</param>
public readonly record struct Supply(Offer Offer, Rate Rate, GpuTime Capacity, Credits Budget)
{
    /// <summary>Of an ask for reserved GPUs: the most of them that are free from start to end. Null for pooled hours.</summary>
    public int? ReservableGpus { get; init; }

    /// <summary>The most of an ask that passes.</summary>
    /// <param name="asked">What was asked for. The answer is never above it.</param>
    /// <param name="underQuotas">What quotas leave.</param>
    /// <returns>Whole steps of the wire format; zero when the offer serves no grant as small as that.</returns>
    public GpuTime MostOf(GpuTime asked, GpuTime underQuotas)
    {
        var most = Math.Min(Math.Min(asked.Seconds, underQuotas.Seconds), Capacity.Seconds);
        most = Math.Min(most, Rate.AffordableWith(Budget).Seconds);
        if (Offer.MaxSize is { } largest)
            most = Math.Min(most, largest.Seconds);
        var whole = GpuTime.FromSeconds(most).FloorToStep();
        // Reserved GPUs come whole or not at all.
        return whole < Offer.MinSize || (ReservableGpus is not null && whole < asked) ? GpuTime.Zero : whole;
    }
}
