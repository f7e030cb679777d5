namespace GpuGrants.Quotas;

/// <summary>Where a subject stands with one rule in force. Amounts are in the measure's unit.</summary>
/// <param name="Evaluation">The same reckoning as a request's, with nothing asked: what <see cref="QuotaSentences"/> puts into words.</param>
public readonly record struct QuotaHeadroom(QuotaEvaluation Evaluation)
{
    public CompiledRule Rule => Evaluation.Rule;

    public string RuleId => Rule.Rule.Id;

    public Guid PolicyId => Rule.Policy.PolicyId;

    public int PolicyVersion => Rule.Policy.Version;

    public SubjectId Subject => Evaluation.Subject;

    public QuotaMeasure Measure => Rule.Rule.Measure;

    public QuotaUnit Unit => MeasureRules.UnitOf(Measure);

    public QuotaWindow Window => Rule.Rule.Window;

    /// <summary>With overrides and what earlier windows left; of a sharing, what the programme may use in all as things stand.</summary>
    public long Limit => Evaluation.Limit;

    public long Used => Evaluation.Used;

    public long Held => Evaluation.Held;

    /// <summary>The part of <see cref="Limit"/> that earlier windows left.</summary>
    public long Carried => Evaluation.Carried;

    public long Remaining => Evaluation.Remaining;

    public DateTimeOffset? ResetsAt => Evaluation.ResetsAt;

    /// <summary>What happens to a request for more than <see cref="Remaining"/>.</summary>
    public BreachOutcome Outcome => Evaluation.Outcome;

    /// <summary>
    /// Every rule in force that limits the organization, project, member or partner of <paramref name="context"/>, as far as it can be told
    /// without a request: conditions on GPUs, offers, regions and tags are taken as met, since some request may meet them.
    /// </summary>
    public static IReadOnlyList<QuotaHeadroom> Of(CompiledQuotas quotas, QuotaContext context, IQuotaCounters counters, DateTimeOffset now) =>
        [.. QuotaDecision.HeadroomOf(quotas.MatchSubject(context), counters, now).Select(one => new QuotaHeadroom(one))];
}
