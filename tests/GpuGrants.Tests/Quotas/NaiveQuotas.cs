namespace GpuGrants.Tests.Quotas;

/// <summary>What the model says about one rule and subject.</summary>
internal sealed record NaiveAnswer(
    PublishedPolicy Policy,
    QuotaRule Rule,
    string Subject,
    long Limit,
    long Used,
    long Held,
    long Carried,
    long Remaining
)
{
    public string Text(long requested) =>
        $"{Policy.PolicyId}/{Policy.Version}/{Rule.Id}/{Subject}: limit {Limit} used {Used} held {Held} carried {Carried} "
        + $"requested {requested} remaining {Remaining}";
}

/// <summary>The quota engine without an index, a counter or a cache: it recounts all history for every question.</summary>
internal sealed class NaiveQuotas(
    IReadOnlyList<PublishedPolicy> policies,
    IReadOnlyList<QuotaOverride> overrides,
    IReadOnlyList<(QuotaContext Context, QuotaFact Fact)> history
)
{
    public IEnumerable<NaiveAnswer> Ask(QuotaContext context, DateTimeOffset now) =>
        from policy in policies
        where policy.IsInForce(now)
        from rule in policy.Document!.Rules
        from subject in Subjects(policy, rule, context)
        select Answer(policy, rule, subject, now);

    /// <summary>Every subject that something was counted for, by each rule of which it is asked.</summary>
    public IEnumerable<NaiveAnswer> Everything(Func<QuotaRule, bool> isAsked, DateTimeOffset now) =>
        from policy in policies
        from rule in policy.Document!.Rules
        where rule.Window is not PerRequestWindow && isAsked(rule)
        from subject in history.SelectMany(one => Subjects(policy, rule, one.Context)).Distinct()
        select Answer(policy, rule, subject, now);

    /// <summary>What was counted for the subject, in order.</summary>
    public List<Counted> Of(PublishedPolicy policy, QuotaRule rule, string subject) =>
        [
            .. from one in history
            let change = Change(rule, one.Fact)
            where change != default && Subjects(policy, rule, one.Context).Contains(subject)
            select new Counted(one.Fact.At, one.Fact.CountsAt, change.Used, change.Held),
        ];

    public NaiveShares Shares(PublishedPolicy policy, QuotaRule rule, DateTimeOffset now) =>
        new(rule.Sharing!, programme => Taken(policy, rule, programme.ToString(), now));

    private NaiveAnswer Answer(PublishedPolicy policy, QuotaRule rule, string subject, DateTimeOffset now)
    {
        var counted = rule.Window is PerRequestWindow ? [] : Of(policy, rule, subject);
        var (used, held) = NaiveCount.Sum(InWindow(counted, policy, rule, now));
        if (rule.Sharing is not null)
        {
            var shared = Shares(policy, rule, now).Remaining(Guid.Parse(subject));
            return new NaiveAnswer(policy, rule, subject, used + held + shared, used, held, 0, shared);
        }

        var limit = Limit(policy, rule, subject, now);
        var carried = NaiveCount.Carried(
            counted,
            rule.Window,
            Zone(policy, rule),
            then => policy.IsInForce(then) ? Limit(policy, rule, subject, then) : null,
            now
        );
        return new NaiveAnswer(policy, rule, subject, limit + carried, used, held, carried, Math.Max(0, limit + carried - used - held));
    }

    private long Taken(PublishedPolicy policy, QuotaRule rule, string subject, DateTimeOffset now)
    {
        var (used, held) = NaiveCount.Sum(InWindow(Of(policy, rule, subject), policy, rule, now));
        return used + held;
    }

    private static IEnumerable<Counted> InWindow(
        IReadOnlyList<Counted> counted,
        PublishedPolicy policy,
        QuotaRule rule,
        DateTimeOffset now
    ) =>
        rule.Window is FirstUseWindow first
            ? NaiveCount.FirstUse(counted, first.Duration, now)
            : counted.Where(one => NaiveCount.IsSameWindow(rule.Window, Zone(policy, rule), one.CountsAt, now));

    private static string Zone(PublishedPolicy policy, QuotaRule rule) =>
        (rule.Window as CyclicWindow)?.TimeZone ?? policy.Document!.TimeZone ?? policy.TimeZone;

    /// <summary>With the overrides that are in force at the moment.</summary>
    private long Limit(PublishedPolicy policy, QuotaRule rule, string subject, DateTimeOffset at)
    {
        var mine = overrides
            .Where(one => one.PolicyId == policy.PolicyId && one.RuleId == rule.Id && one.SubjectId == subject)
            .Where(one => one.IsInForce(at))
            .ToList();
        var limit = mine.FirstOrDefault(one => one.Effect == OverrideEffect.Replace)?.Amount ?? rule.Limit!.Value;
        if (mine.FirstOrDefault(one => one.Effect == OverrideEffect.Multiply) is { } factor)
            limit = limit * factor.Amount / 1_000;
        return Math.Max(0, limit + mine.Where(one => one.Effect == OverrideEffect.Add).Sum(one => one.Amount));
    }

    private static IEnumerable<string> Subjects(PublishedPolicy policy, QuotaRule rule, QuotaContext context)
    {
        var inScope =
            (policy.ScopeProgrammeId is not { } scope || context.ProgrammePath.Contains(scope))
            && (policy.ScopeOrganizationId is not { } organization || context.OrganizationId == organization);
        if (!inScope || !IsWanted(rule.Subject.Kinds, context.OrganizationKind) || !Passes(rule.Filter, context))
            return [];
        if (rule.Sharing is { } sharing)
            return context.ProgrammePath.Where(id => sharing.Nodes.Any(node => node.ProgrammeId == id)).Take(1).Select(id => $"{id}");
        IEnumerable<string?> each = rule.Subject.Level switch
        {
            SubjectLevel.Platform => [All(policy)],
            SubjectLevel.Programme => context
                .ProgrammePath.Take(Depth(policy, context))
                .Where(id => IsWanted(rule.Subject.Ids, id))
                .Select(id => $"{id}"),
            SubjectLevel.OrganizationKind => [context.OrganizationKind],
            SubjectLevel.Organization => One(rule, context.OrganizationId),
            SubjectLevel.Project => One(rule, context.ProjectId),
            SubjectLevel.Member => One(rule, context.MemberId),
            SubjectLevel.Person => People(rule.Subject.Counts, context)
                .Distinct()
                .Where(id => IsWanted(rule.Subject.Ids, id))
                .Select(id => $"{id}"),
            _ => One(rule, context.PartnerId),
        };
        return rule.Subject.Grouping == SubjectGrouping.Group ? each.Take(1).Select(_ => All(policy)) : each.Select(id => id!);
    }

    /// <summary>By the plain words: owners, asker or both. In a school or university nobody but the asker.</summary>
    private static IEnumerable<Guid> People(PersonCount counts, QuotaContext context)
    {
        Guid[] asker =
            context.AskerId is { } person ? [person]
            : context.MemberId is { } member ? [member]
            : [];
        IEnumerable<Guid> owners = context.OrganizationKind is "school" or "university" ? [] : context.OwnerIds;
        return counts switch
        {
            PersonCount.Asker => asker,
            PersonCount.Owners => owners.Any() ? owners : asker,
            _ => owners.Concat(asker),
        };
    }

    private static string All(PublishedPolicy policy) => policy.ScopeProgrammeId?.ToString() ?? "*";

    private static int Depth(PublishedPolicy policy, QuotaContext context) =>
        policy.ScopeProgrammeId is { } scope ? context.ProgrammePath.ToList().IndexOf(scope) + 1 : context.ProgrammePath.Count;

    private static IEnumerable<string> One(QuotaRule rule, Guid? id) =>
        id is { } known && IsWanted(rule.Subject.Ids, known) ? [$"{known}"] : [];

    private static bool IsWanted<T>(IReadOnlyList<T> wanted, T? actual) =>
        wanted.Count == 0 || (actual is not null && wanted.Contains(actual));

    private static bool Passes(QuotaFilter filter, QuotaContext context) => filter.Conditions.All(one => Holds(one, context));

    private static bool Holds(FilterCondition condition, QuotaContext context)
    {
        var days = (context.RequestedAt - context.OrganizationCreatedAt).TotalDays;
        return condition switch
        {
            GpuModelCondition models => models.Names.Contains(context.GpuModelId),
            GpuClassCondition classes => classes.Names.Contains(context.GpuClass),
            RegionCondition regions => regions.Names.Contains(context.Region),
            TagCondition tags => tags.Names.Intersect(context.Tags).Any(),
            MinGpuMemoryCondition memory => memory.Gib <= context.GpuMemoryGib,
            VerifiedCondition verified => verified.Verified == context.OrganizationVerified,
            MinOrganizationAgeCondition old => days >= old.Days,
            MaxOrganizationAgeCondition young => days < young.Days,
            _ => throw new InvalidOperationException($"The model does not know {condition}."),
        };
    }

    private static (long Used, long Held) Change(QuotaRule rule, QuotaFact fact)
    {
        var measure = rule.Measure.Word;
        var amount = measure switch
        {
            "credits-granted" => fact.Credits.Units,
            "concurrent-gpus" => fact.Gpus,
            "gpu-hours-granted" or "gpu-hours-used" => fact.Time.Seconds,
            _ => 1,
        };
        var awards = measure is "gpu-hours-granted" or "credits-granted";
        var runs = measure is "active-grants" or "concurrent-gpus";
        var grants = awards || runs || measure == "grants-awarded";
        return fact.Kind switch
        {
            QuotaFactKind.Requested when measure is "requests-made" or "open-requests" => (amount, 0),
            QuotaFactKind.Reasked when measure == "open-requests" => (amount, 0),
            QuotaFactKind.RequestClosed when measure == "open-requests" => (-amount, 0),
            QuotaFactKind.Used when measure == "gpu-hours-used" => (amount, 0),
            QuotaFactKind.Held when grants => (0, amount),
            QuotaFactKind.HoldReleased when awards || (grants && fact.IsWhole) => (0, -amount),
            QuotaFactKind.Granted when grants => (amount, 0),
            QuotaFactKind.ToppedUp when awards => (amount, 0),
            QuotaFactKind.Returned when awards && rule.Refund => (-amount, 0),
            QuotaFactKind.GrantEnded when runs => (-amount, 0),
            _ => default,
        };
    }
}
