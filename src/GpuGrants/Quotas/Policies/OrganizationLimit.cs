using GpuGrants.Calendars;

namespace GpuGrants.Quotas.Policies;

/// <summary>
/// A limit that owners of an organization set for its own members or projects. It is a policy of one rule that denies, and holds for
/// requests of that organization only. So it can restrict, and never allow what other rules refuse.
/// </summary>
/// <param name="Title">What applicants read; null for none.</param>
/// <param name="Level">Member or project.</param>
/// <param name="SubjectId">Only this member or project; each of them when null.</param>
/// <param name="Measure">What is counted.</param>
/// <param name="Window">One of <see cref="Windows"/>.</param>
/// <param name="Amount">The most, in the measure's unit.</param>
/// <param name="GpuModels">Only GPUs of these models; all when empty.</param>
/// <param name="TimeZone">By whose clock calendar windows count, by its IANA name; the platform's when null.</param>
public sealed record OrganizationLimit(
    string? Title,
    SubjectLevel Level,
    Guid? SubjectId,
    QuotaMeasure Measure,
    string Window,
    long Amount,
    IReadOnlyList<string> GpuModels,
    string? TimeZone
)
{
    /// <summary>The id of its rule.</summary>
    public const string RuleId = "organization-limit";

    /// <summary>Whom it may limit, by their words.</summary>
    public static IReadOnlyList<string> Levels { get; } = [Words.Of(SubjectLevel.Member), Words.Of(SubjectLevel.Project)];

    /// <summary>Over which time it may count: the request alone, this moment, everything so far, or a unit of the calendar.</summary>
    public static IReadOnlyList<string> Windows { get; } =
    [PerRequestWindow.Word, ConcurrentWindow.Word, LifetimeWindow.Word, .. Words.All<CalendarUnit>()];

    /// <summary>The document that a version of the limit's policy stores.</summary>
    public PolicyDocument ToDocument() =>
        new()
        {
            TimeZone = TimeZone,
            Rules =
            [
                new QuotaRule
                {
                    Id = RuleId,
                    Title = Title,
                    Measure = Measure,
                    Subject = new QuotaSubject { Level = Level, Ids = SubjectId is { } id ? [id] : [] },
                    Filter = GpuModels.Count == 0 ? QuotaFilter.Everything : QuotaFilter.Of(new GpuModelCondition(GpuModels)),
                    Window = WindowOf(Window),
                    Limit = Amount,
                    Outcome = BreachOutcome.Deny,
                    // An owner limits what members use up: what comes back may be given again.
                    Refund = true,
                },
            ],
        };

    /// <summary>The limit that was stored as this document.</summary>
    /// <exception cref="ArgumentException">The document is none of <see cref="ToDocument"/>.</exception>
    public static OrganizationLimit Of(PolicyDocument document) =>
        document.Rules is [{ Id: RuleId, Limit: { } amount } rule]
            ? new OrganizationLimit(
                rule.Title,
                rule.Subject.Level,
                rule.Subject.Ids.Count == 0 ? null : rule.Subject.Ids[0],
                rule.Measure,
                rule.Window is CalendarWindow calendar ? Words.Of(calendar.Unit) : rule.Window.Kind,
                amount,
                rule.Filter.Conditions.OfType<GpuModelCondition>().FirstOrDefault()?.Names ?? [],
                document.TimeZone
            )
            : throw new ArgumentException("The document is no limit of an organization.", nameof(document));

    private static QuotaWindow WindowOf(string word) =>
        word switch
        {
            PerRequestWindow.Word => new PerRequestWindow(),
            ConcurrentWindow.Word => new ConcurrentWindow(),
            LifetimeWindow.Word => new LifetimeWindow(),
            _ => new CalendarWindow { Unit = Words.Parse<CalendarUnit>(word) },
        };
}
