using GpuGrants.Units;

namespace GpuGrants.Tests.Quotas;

/// <summary>
/// Short words for the tests of quotas: one programme below a root, one organization, one rule unless a test says otherwise.
/// </summary>
internal sealed class Quota
{
    public static readonly Guid Root = Guid.Parse("00000000-0000-7000-8000-000000000001");
    public static readonly Guid Programme = Guid.Parse("00000000-0000-7000-8000-000000000002");
    public static readonly Guid Policy = Guid.Parse("00000000-0000-7000-8000-00000000000a");
    public static readonly Guid Organization = Guid.Parse("00000000-0000-7000-8000-0000000000a1");
    public static readonly Guid Other = Guid.Parse("00000000-0000-7000-8000-0000000000a2");
    public static readonly Guid Member = Guid.Parse("00000000-0000-7000-8000-0000000000b1");
    public static readonly Guid Project = Guid.Parse("00000000-0000-7000-8000-0000000000c1");
    public static readonly Guid Partner = Guid.Parse("00000000-0000-7000-8000-0000000000d1");
    public static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);

    public static readonly QuotaContext Startup = new()
    {
        RootProgrammeId = Root,
        ProgrammePath = [Programme, Root],
        OrganizationId = Organization,
        OrganizationKind = "startup",
        OrganizationCreatedAt = Noon.AddDays(-100),
        OrganizationVerified = true,
        MemberId = Member,
        ProjectId = Project,
        PartnerId = Partner,
        GpuModelId = "h100",
        GpuClass = "training",
        GpuMemoryGib = 80,
        Region = "kr",
        Gpus = 1,
        RequestedAt = Noon,
    };

    private readonly CompiledQuotas _quotas;

    private Quota(CompiledQuotas quotas) => _quotas = quotas;

    public CountersInMemory Counters { get; } = new();

    public CompiledQuotas Compiled => _quotas;

    public static Quota Of(params PublishedPolicy[] policies) => new(CompiledQuotas.Compile(policies, []));

    public static Quota Of(PublishedPolicy[] policies, QuotaOverride[] overrides, PublishedPolicy[] over) =>
        new(CompiledQuotas.Compile(policies, overrides, over));

    public static Quota Of(string policyJson, params QuotaOverride[] overrides) =>
        new(CompiledQuotas.Compile([Published(policyJson)], overrides));

    /// <summary>A policy of one rule; the text is its members after id, outcome and subject, and may replace the latter two.</summary>
    public static Quota OfRule(string members, params QuotaOverride[] overrides) => Of(Document(Rule(members)), overrides);

    /// <summary>A limit on GPU-hours that are used in a window, which is given as JSON.</summary>
    public static Quota OfUse(string window, string hours) => OfRule(MembersOfUse(window, hours));

    /// <summary>The members of such a rule.</summary>
    public static string MembersOfUse(string window, string hours) =>
        $$""" "measure":"gpu-hours-used","limit":{"gpuHours":"{{hours}}"},"window":{{window}}""";

    /// <summary>The life of a grant on one GPU, in days from noon.</summary>
    public static GrantLife Life(int fromDay, int toDay) => new(Noon.AddDays(fromDay), Noon.AddDays(toDay), 1);

    /// <summary>As <see cref="OfRule"/>, in force from a moment on.</summary>
    public static Quota Since(DateTimeOffset from, string members, params QuotaOverride[] overrides) =>
        new(CompiledQuotas.Compile([Published(Document(Rule(members))) with { EffectiveFrom = from }], overrides));

    public static string Rule(string members, string id = "r")
    {
        var outcome = members.Contains("\"outcome\"", StringComparison.Ordinal) ? "" : ",\"outcome\":\"deny\"";
        var subject = members.Contains("\"subject\"", StringComparison.Ordinal) ? "" : ",\"subject\":{\"level\":\"organization\"}";
        return $"{{\"id\":\"{id}\"{outcome}{subject},{members}}}";
    }

    public static string Document(params string[] rules) => $"{{\"rules\":[{string.Join(',', rules)}]}}";

    /// <summary>A version in force that must be fit to be published.</summary>
    public static PublishedPolicy Published(string json, Guid? id = null, int version = 1)
    {
        var policy = new PublishedPolicy
        {
            PolicyId = id ?? Policy,
            Version = version,
            Name = "Policy",
            ScopeProgrammeId = Root,
            TimeZone = "Asia/Seoul",
            EffectiveFrom = DateTimeOffset.MinValue,
            Document = null,
        }.WithStored(json);
        Assert.Null(policy.Unreadable);
        return policy;
    }

    public static QuotaOverride Override(
        OverrideEffect effect,
        long amount,
        DateTimeOffset? from = null,
        DateTimeOffset? until = null,
        string rule = "r",
        Guid? subject = null
    ) =>
        new()
        {
            Id = Guid.NewGuid(),
            PolicyId = Policy,
            RuleId = rule,
            SubjectId = (subject ?? Organization).ToString(),
            Effect = effect,
            Amount = amount,
            StartsAt = from ?? DateTimeOffset.MinValue,
            ExpiresAt = until,
            Reason = "test",
            AuthorId = Member,
        };

    public static QuotaAsk AskFor(decimal hours, decimal rate = 1, int gpus = 1) =>
        new(Hours(hours), Rate.FromMillicredits((long)(rate * 1_000)), gpus);

    public static GpuTime Hours(decimal hours) =>
        GpuTime.TryFromHours(hours, out var time) ? time : throw new ArgumentOutOfRangeException(nameof(hours));

    public static long Seconds(decimal hours) => Hours(hours).Seconds;

    public QuotaDecision Ask(decimal hours, DateTimeOffset? at = null, QuotaContext? by = null, decimal rate = 1, int gpus = 1)
    {
        var now = at ?? Noon;
        var context = (by ?? Startup) with { RequestedAt = now, Gpus = gpus };
        return QuotaDecision.Decide(_quotas.Match(context), AskFor(hours, rate, gpus), Counters, now);
    }

    /// <summary>The verdict on a request that is not made.</summary>
    public QuotaVerdict Verdict(decimal hours, DateTimeOffset? at = null, QuotaContext? by = null, decimal rate = 1, int gpus = 1) =>
        Ask(hours, at, by, rate, gpus).Verdict;

    public void Happens(QuotaFact fact, QuotaContext? by = null) =>
        _quotas.Match((by ?? Startup) with { RequestedAt = fact.CountsAt }).Apply(fact, Counters);

    public void Grant(decimal hours, DateTimeOffset? at = null, QuotaContext? by = null, decimal rate = 1, int gpus = 1)
    {
        var ask = AskFor(hours, rate, gpus);
        Happens(QuotaFact.Granted(at ?? Noon, at ?? Noon, ask.Time, ask.Credits, gpus), by);
    }

    /// <summary>A grant that lives for a stated time, of which nothing is used yet.</summary>
    public void Grant(GrantLife life, decimal hours) =>
        Happens(QuotaFact.Granted(Noon, Noon, Hours(hours), default, life.Gpus).Of(life, GpuTime.Zero));

    public void Hold(decimal hours, DateTimeOffset? at = null, QuotaContext? by = null, decimal rate = 1, int gpus = 1)
    {
        var ask = AskFor(hours, rate, gpus);
        Happens(QuotaFact.Held(at ?? Noon, ask.Time, ask.Credits, gpus), by);
    }
}
