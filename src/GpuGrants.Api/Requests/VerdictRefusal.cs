using System.Globalization;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests;

/// <summary>Reasons against a verdict as a refusal: rule, numbers, next step, and every field at fault.</summary>
internal static class VerdictRefusal
{
    /// <summary>For a person who approves.</summary>
    /// <returns>Null when nothing is against it.</returns>
    public static Refusal? ForReviewer(IReadOnlyList<Reason> reasons, IReadOnlyList<QuotaEvaluation> denials, GpuTime most) =>
        Of([
            .. reasons.Select(reason => new Line(reason.Code, reason.Field, $"{reason.Rule} {Next(reason)}", reason.WouldPass)),
            .. denials.Select(one => Line.Of(one, most)),
        ]);

    /// <summary>For the applicant, whose open request stays as it was.</summary>
    public static Refusal ForAmendment(IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Of([.. reasons.Select(Line.Of)])!;
        return refusal with { Message = $"{refusal.Message} The request stays as it was." };
    }

    /// <summary>For the applicant whose counter-offer no longer passes.</summary>
    public static Refusal ForCounterOffer(GpuTime offered, IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Of([.. reasons.Select(Line.Of)])!;
        var message = $"The counter-offer of {offered} no longer passes. {refusal.Message}";
        return Refusal.Conflict("counter-offer-gone", message, refusal.Field) with { Errors = refusal.Errors, Limit = refusal.Limit };
    }

    private static Refusal? Of(IReadOnlyList<Line> lines)
    {
        if (lines is not [var first, ..])
            return null;
        var errors = lines
            .Where(line => line.Field is not null)
            .GroupBy(line => line.Field!)
            .ToDictionary(group => group.Key, group => group.Select(line => line.Text).ToArray());
        return new Refusal(RefusalKind.Conflict, first.Code, string.Join(' ', lines.Select(line => line.Text)), first.Field)
        {
            Errors = errors.Count > 0 ? errors : null,
            Limit = decimal.TryParse(first.WouldPass, NumberStyles.Number, CultureInfo.InvariantCulture, out var limit) ? limit : null,
        };
    }

    /// <summary>What a reviewer can do. An applicant can ask for less or for other dates; a reviewer can only approve less.</summary>
    private static string Next(Reason reason) =>
        (reason.Field, reason.WouldPass) switch
        {
            ("gpuHours", { } hours) => reason.Code == "offer-too-large"
                ? $"Approve {hours} GPU-hours or more, or deny the request."
                : $"Approve {hours} GPU-hours or less, or deny the request.",
            ("durationDays", { } days) => $"Deny the request, or ask the applicant to amend it to {days} days or fewer.",
            ("gpus", { } gpus) => $"Deny the request, or ask the applicant to amend it to {gpus} GPUs or fewer.",
            _ => reason.Retryable ? "Deny the request, or wait until this has changed." : "Deny the request.",
        };

    private sealed record Line(string Code, string? Field, string Text, string? WouldPass)
    {
        public static Line Of(DecisionReason reason) => new(reason.Code, reason.Field, reason.Message, reason.WouldPass);

        public static Line Of(QuotaEvaluation denial, GpuTime most)
        {
            var field = QuotaReasons.FieldOf(denial);
            var hours = field == "gpuHours" && !most.IsZero ? Wire.HoursText(most) : null;
            var next = hours is null ? "Deny the request, or wait." : $"Approve {hours} GPU-hours or less, or deny the request.";
            return new Line(QuotaReasons.Exceeded, field, $"{QuotaSentences.ForReviewer(denial)} {next}", hours);
        }
    }
}
