using GpuGrants.Units;

namespace GpuGrants.Quotas.Wording;

/// <summary>Why a correction of usage is refused, for the provider that asks for it.</summary>
public static class CorrectionSentences
{
    /// <summary>The limit that has no room for the new time, with its numbers, and the next step.</summary>
    /// <param name="correction">One that has no room.</param>
    /// <param name="isSettled">Whether nothing can be reported for the grant any more.</param>
    /// <param name="now">The present moment.</param>
    public static string NoRoom(UsageCorrection correction, bool isSettled, DateTimeOffset now)
    {
        var (time, rule, subject) = correction.Missing;
        var name = rule!.Rule.Title ?? rule.Rule.Id;
        var measure = rule.Rule.Measure;
        var limit = rule.Sharing is null
            ? $"{name} allows {measure.EnglishAmount(rule.LimitFor(subject, now))} {rule.Rule.Window.English()}."
            : $"{name} is shared by several programmes.";
        var more = time.Seconds - correction.Left.Seconds;
        var missing =
            time.Seconds == GpuTime.MaxSeconds
                ? "What others used at the new time is no longer known, so nothing has room there."
                : $"{measure.EnglishAmount(more)} of the new time {(measure.IsOne(more) ? "has" : "have")} no room.";
        var next = isSettled
            ? "State a shorter time, or void the record."
            : "State a shorter time, or void the record and report the use again: what has no room is then uncharged.";
        return $"{limit} {missing} {next}";
    }
}
