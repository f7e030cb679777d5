using System.Text.Json;
using System.Text.Json.Serialization;
using GpuGrants.Api.Decisions;
using GpuGrants.Api.Json;

namespace GpuGrants.Api.Requests.Views;

/// <summary>A verdict on a request, by rule or by a person, with every reason.</summary>
public sealed record DecisionView
{
    /// <summary>Null in a dry run.</summary>
    public Guid? Id { get; init; }

    public required Guid? RequestId { get; init; }

    /// <summary>approved, review, endorsed, denied, withdrawn or expired.</summary>
    public required string Verdict { get; init; }

    /// <summary><c>rule</c> or <c>person</c>.</summary>
    public required string DecidedBy { get; init; }

    /// <summary>The person who decided. Reviewers and administrators see it; applicants never do.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DeciderView? Decider { get; init; }

    /// <summary>What was approved, or held for a review.</summary>
    public required decimal GpuHours { get; init; }

    /// <summary>Every reason why the request was not approved as asked.</summary>
    public required IReadOnlyList<ReasonView> Reasons { get; init; }

    /// <summary>Every quota rule that matched the request, breached or not, except shadow rules.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<EvaluationView>? Evaluations { get; init; }

    /// <summary>
    /// The counter-offer: the most GPU-hours that would pass at that moment. <c>accept-counter-offer</c> accepts it. 0 when nothing would
    /// pass.
    /// </summary>
    public required decimal MaxGrantableNow { get; init; }

    /// <summary>Offers that were tried and do not serve it. A dry run lists other open ones that you may read too, up to 50.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PassedOverView>? PassedOver { get; init; }

    /// <summary>The ask and its fallbacks, in order, where the request states any.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TriedAskView>? Tried { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Comment { get; init; }

    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>In lists that ask for changes. It never changes, so it was changed last when it was made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>
    /// Each breached limit, enforced or only observed, with all ids. Reviewers and administrators see it; applicants never do.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ForOperators { get; init; }

    /// <summary>The decision as it was stored.</summary>
    /// <param name="row">The decision.</param>
    /// <param name="language">Of the reasons.</param>
    /// <param name="deciders">Who decided, for reviewers and administrators; null for applicants.</param>
    public static DecisionView Of(Decision row, string language, IReadOnlyDictionary<Guid, DeciderView>? deciders = null)
    {
        var explanation = JsonSerializer.Deserialize<DecisionExplanation>(row.Explanation, ApiJson.Options)!;
        var view = Of(row, explanation, language, null);
        return deciders is null
            ? view
            : view with
            {
                ForOperators = explanation.Internal,
                Decider =
                    row.DecidedBy == Rows.DecidedBy.Person && row.Verdict != DecisionVerdict.Withdrawn
                        ? deciders.GetValueOrDefault(row.ActorId)
                        : null,
            };
    }

    public static DecisionView Of(Decision row, DecisionExplanation explanation, string language, QuotaDecision? quotas) =>
        new()
        {
            Id = row.Id,
            RequestId = row.RequestId,
            Verdict = row.Verdict,
            DecidedBy = row.DecidedBy,
            GpuHours = Wire.Hours(row.GpuSeconds),
            Reasons = [.. explanation.Reasons.Select(reason => ReasonView.Of(reason, language))],
            Evaluations = quotas is null
                ? null
                : [.. quotas.Evaluations.Where(one => one.Outcome != BreachOutcome.Shadow).Select(one => EvaluationView.Of(one))],
            MaxGrantableNow = Wire.Hours(row.MaxGrantableGpuSeconds),
            PassedOver = explanation.PassedOver is { } passed ? [.. passed.Select(one => PassedOverView.Of(one, language))] : null,
            Tried = explanation.Tried is { } tried ? [.. tried.Select(one => TriedAskView.Of(one, language))] : null,
            Comment = row.Comment,
            DecidedAt = row.CreatedAt,
        };
}

/// <summary>An offer that does not serve the request.</summary>
/// <param name="Code">Stable name of the reason.</param>
/// <param name="Message">A sentence for people, in the language of <c>Accept-Language</c> (en or ko).</param>
public sealed record PassedOverView(Guid OfferId, string Code, string Message)
{
    public static PassedOverView Of(PassedOffer one, string language) =>
        new(one.OfferId, one.Code, language == "ko" ? one.MessageKo : one.Message);
}

/// <summary>One of several asks of a request.</summary>
public sealed record TriedAskView
{
    public required decimal GpuHours { get; init; }

    public required int Gpus { get; init; }

    public required IReadOnlyList<string> GpuModels { get; init; }

    /// <summary>approved, review or denied; left out where this verdict did not have to decide on it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Verdict { get; init; }

    /// <summary>Why it was not approved.</summary>
    public required IReadOnlyList<ReasonView> Reasons { get; init; }

    public static TriedAskView Of(TriedAsk one, string language) =>
        new()
        {
            GpuHours = Wire.Hours(one.GpuSeconds),
            Gpus = one.Gpus,
            GpuModels = one.GpuModels,
            Verdict = one.Verdict,
            Reasons = [.. one.Reasons.Select(reason => ReasonView.Of(reason, language))],
        };
}

/// <summary>One reason, in the caller's language.</summary>
public sealed record ReasonView
{
    /// <summary>Stable name of the rule that spoke.</summary>
    public required string Code { get; init; }

    /// <summary>Sentences for people, in the language of <c>Accept-Language</c> (en or ko).</summary>
    public required string Message { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Field { get; init; }

    /// <summary>The value that the field would need to pass.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WouldPass { get; init; }

    /// <summary>Whether the same request may pass later without a change of rules.</summary>
    public required bool Retryable { get; init; }

    /// <summary>The quota rule, when one spoke.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvaluationView? Quota { get; init; }

    public static ReasonView Of(DecisionReason reason, string language) =>
        new()
        {
            Code = reason.Code,
            Message = language == "ko" ? reason.MessageKo : reason.Message,
            Field = reason.Field,
            WouldPass = reason.WouldPass,
            Retryable = reason.Retryable,
            Quota = reason.Quota,
        };
}
