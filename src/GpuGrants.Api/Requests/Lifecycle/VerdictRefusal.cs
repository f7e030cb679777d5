using System.Globalization;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Requests;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>Reasons against a verdict as a refusal: rule, numbers, next step, and every field at fault.</summary>
internal static class VerdictRefusal
{
    /// <summary>For a person who approves.</summary>
    /// <returns>Null when nothing is against it.</returns>
    public static Refusal? ForReviewer(IReadOnlyList<Reason> reasons, IReadOnlyList<QuotaEvaluation> denials, GpuTime most) =>
        reasons.Count + denials.Count == 0
            ? null
            : Together([
                .. reasons.Select(reason => One(reason.Code, $"{reason.Rule} {Next(reason)}", reason.Field, reason.WouldPass)),
                .. denials.Select(one => One(one, most)),
            ]);

    /// <summary>For the applicant, whose open request stays as it was.</summary>
    public static Refusal ForAmendment(IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Together([.. reasons.Select(One)]);
        return refusal with { Message = $"{refusal.Message} The request stays as it was." };
    }

    /// <summary>For whoever asks for a quote that the rules would deny.</summary>
    public static Refusal ForQuote(IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Together([.. reasons.Select(One)]);
        return refusal with { Message = $"{refusal.Message} No quote was made." };
    }

    /// <summary>For whoever would change a grant, which stays as it was.</summary>
    /// <param name="reasons">At least one.</param>
    /// <param name="language">en or ko.</param>
    public static Refusal ForGrant(IReadOnlyList<DecisionReason> reasons, string language)
    {
        var isKorean = language == "ko";
        var refusal = Together([.. reasons.Select(one => One(one.Code, isKorean ? one.MessageKo : one.Message, one.Field, one.WouldPass))]);
        return refusal with { Message = $"{refusal.Message} {(isKorean ? "지원은 그대로입니다." : "The grant stays as it was.")}" };
    }

    /// <summary>For a member who would change a grant where a rule asks for a review.</summary>
    public static Refusal ForGrantReview(IReadOnlyList<DecisionReason> reasons, string language)
    {
        var refusal = ForGrant(reasons, language);
        return Refusal.Conflict("grant-needs-review", refusal.Message, refusal.Field) with
        {
            Errors = refusal.Errors,
            Limit = refusal.Limit,
        };
    }

    /// <summary>For the applicant whose counter-offer no longer passes.</summary>
    public static Refusal ForCounterOffer(GpuTime offered, IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Together([.. reasons.Select(One)]);
        var message = $"The counter-offer of {offered} no longer passes. {refusal.Message}";
        return Refusal.Conflict("counter-offer-gone", message, refusal.Field) with { Errors = refusal.Errors, Limit = refusal.Limit };
    }

    /// <summary>The first reason gives code, field and limit. The others are named with it.</summary>
    private static Refusal Together(IReadOnlyList<Refusal> all)
    {
        var errors = all.Where(one => one.Field is not null)
            .GroupBy(one => one.Field!)
            .ToDictionary(group => group.Key, group => group.Select(one => one.Message).ToArray());
        return all[0] with { Message = string.Join(' ', all.Select(one => one.Message)), Errors = errors.Count > 0 ? errors : null };
    }

    private static Refusal One(DecisionReason reason) => One(reason.Code, reason.Message, reason.Field, reason.WouldPass);

    private static Refusal One(string code, string message, string? field, string? wouldPass) =>
        Refusal.Conflict(code, message, field) with
        {
            Limit = decimal.TryParse(wouldPass, NumberStyles.Number, CultureInfo.InvariantCulture, out var limit) ? limit : null,
        };

    private static Refusal One(QuotaEvaluation denial, GpuTime most)
    {
        var field = QuotaReasons.FieldOf(denial);
        var hours = field == "gpuHours" && !most.IsZero ? Wire.Hours(most.Seconds) : (decimal?)null;
        var next = hours is null ? "Deny the request, or wait." : $"Approve {Wire.HoursText(most)} GPU-hours or less, or deny the request.";
        var message = $"{QuotaSentences.ForReviewer(denial)} {next}";
        var refusal = denial.Rule.Policy.IsOfOrganization
            ? Refusal.Conflict("organization-limit-exceeded", message, field)
            : Refusal.Conflict("quota-exceeded", message, field);
        return refusal with { Limit = hours };
    }

    /// <summary>What a reviewer can do. An applicant can ask for less or for other dates. A reviewer can only approve less.</summary>
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
}
