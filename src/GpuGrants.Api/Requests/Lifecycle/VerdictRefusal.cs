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
    /// <summary>For whoever sees a request and may not decide it.</summary>
    public static Refusal NotReviewer { get; } =
        Refusal.Forbidden(RequestAccess.ReviewersOnly) with
        {
            MessageKo = "프로그램의 심사자와 관리자만 할 수 있습니다.",
        };

    /// <summary>For a person who approves.</summary>
    /// <returns>Null when nothing is against it.</returns>
    public static Refusal? ForReviewer(IReadOnlyList<Reason> reasons, IReadOnlyList<QuotaEvaluation> denials, GpuTime most) =>
        reasons.Count + denials.Count == 0
            ? null
            : Together([
                .. reasons.Select(reason =>
                    One(reason.Code, $"{reason.Rule} {Next(reason)}", $"{reason.RuleKo} {NextKo(reason)}", reason.Field, reason.WouldPass)
                ),
                .. denials.Select(one => One(one, most)),
            ]);

    /// <summary>For the applicant, whose open request stays as it was.</summary>
    public static Refusal ForAmendment(IReadOnlyList<DecisionReason> reasons) =>
        Ending(reasons, "The request stays as it was.", "신청은 그대로입니다.");

    /// <summary>For whoever asks for a quote that the rules would deny.</summary>
    public static Refusal ForQuote(IReadOnlyList<DecisionReason> reasons) =>
        Ending(reasons, "No quote was made.", "견적은 만들어지지 않았습니다.");

    /// <summary>For whoever would change a grant, which stays as it was.</summary>
    /// <param name="reasons">At least one.</param>
    public static Refusal ForGrant(IReadOnlyList<DecisionReason> reasons) =>
        Ending(reasons, "The grant stays as it was.", "지원은 그대로입니다.");

    /// <summary>For a member who would change a grant where a rule asks for a review.</summary>
    public static Refusal ForGrantReview(IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = ForGrant(reasons);
        return Refusal.Conflict("grant-needs-review", refusal.Message, refusal.Field) with
        {
            MessageKo = refusal.MessageKo,
            Errors = refusal.Errors,
            ErrorsKo = refusal.ErrorsKo,
            Limit = refusal.Limit,
        };
    }

    /// <summary>For the applicant whose counter-offer no longer passes.</summary>
    public static Refusal ForCounterOffer(GpuTime offered, IReadOnlyList<DecisionReason> reasons)
    {
        var refusal = Together([.. reasons.Select(One)]);
        return refusal with
        {
            Code = "counter-offer-gone",
            Message = $"The counter-offer of {offered} no longer passes. {refusal.Message}",
            MessageKo = $"{Wire.HoursText(offered)} GPU시간의 대안은 더 이상 승인되지 않습니다. {refusal.MessageKo}",
        };
    }

    private static Refusal Ending(IReadOnlyList<DecisionReason> reasons, string last, string lastKo)
    {
        var refusal = Together([.. reasons.Select(One)]);
        return refusal with { Message = $"{refusal.Message} {last}", MessageKo = $"{refusal.MessageKo} {lastKo}" };
    }

    /// <summary>The first reason gives code, field and limit. The others are named with it.</summary>
    private static Refusal Together(IReadOnlyList<Refusal> all) =>
        all[0] with
        {
            Message = string.Join(' ', all.Select(one => one.Message)),
            MessageKo = string.Join(' ', all.Select(one => one.MessageKo)),
            Errors = ByField(all, one => one.Message),
            ErrorsKo = ByField(all, one => one.MessageKo!),
        };

    private static Dictionary<string, string[]>? ByField(IReadOnlyList<Refusal> all, Func<Refusal, string> message)
    {
        var errors = all.Where(one => one.Field is not null)
            .GroupBy(one => one.Field!)
            .ToDictionary(group => group.Key, group => group.Select(message).ToArray());
        return errors.Count > 0 ? errors : null;
    }

    private static Refusal One(DecisionReason reason) => One(reason.Code, reason.Message, reason.MessageKo, reason.Field, reason.WouldPass);

    private static Refusal One(string code, string message, string messageKo, string? field, string? wouldPass) =>
        Refusal.Conflict(code, message, field) with
        {
            MessageKo = messageKo,
            Limit = decimal.TryParse(wouldPass, NumberStyles.Number, CultureInfo.InvariantCulture, out var limit) ? limit : null,
        };

    private static Refusal One(QuotaEvaluation denial, GpuTime most)
    {
        var field = QuotaReasons.FieldOf(denial);
        var hours = field == "gpuHours" && !most.IsZero ? Wire.Hours(most.Seconds) : (decimal?)null;
        var next = hours is null ? "Deny the request, or wait." : $"Approve {Wire.HoursText(most)} GPU-hours or less, or deny the request.";
        var nextKo = hours is null
            ? "신청을 거절하거나 기다려 주십시오."
            : $"{Wire.HoursText(most)} GPU시간 이하로 승인하거나 신청을 거절해 주십시오.";
        var message = $"{QuotaSentences.ForReviewer(denial, "en")} {next}";
        var refusal = denial.Rule.Policy.IsOfOrganization
            ? Refusal.Conflict("organization-limit-exceeded", message, field)
            : Refusal.Conflict("quota-exceeded", message, field);
        return refusal with { Limit = hours, MessageKo = $"{QuotaSentences.ForReviewer(denial, "ko")} {nextKo}" };
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

    private static string NextKo(Reason reason) =>
        (reason.Field, reason.WouldPass) switch
        {
            ("gpuHours", { } hours) =>
                $"{hours} GPU시간 {(reason.Code == "offer-too-large" ? "이상으로" : "이하로")} 승인하거나 신청을 거절해 주십시오.",
            ("durationDays", { } days) => $"신청을 거절하거나, 신청자에게 {days}일 이하로 변경하도록 요청해 주십시오.",
            ("gpus", { } gpus) => $"신청을 거절하거나, 신청자에게 GPU {gpus}개 이하로 변경하도록 요청해 주십시오.",
            _ => reason.Retryable ? "신청을 거절하거나, 상황이 바뀔 때까지 기다려 주십시오." : "신청을 거절해 주십시오.",
        };
}
