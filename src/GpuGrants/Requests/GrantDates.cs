using System.Globalization;
using GpuGrants.Offers;

namespace GpuGrants.Requests;

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
