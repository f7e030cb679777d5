namespace GpuGrants.Tests.Quotas;

public class PolicyValidatorTests
{
    private const string Hours = """ "measure":"gpu-hours-granted","limit":{"gpuHours":"20"},""";
    private const string Rolling =
        """ "measure":"gpu-hours-granted","limit":{"gpuHours":"20"},"window":{"kind":"rolling","duration":"P7D"}""";
    private const string PerRequest = """ "measure":"gpu-hours-granted","limit":{"gpuHours":"20"},"window":{"kind":"per-request"}""";
    private const string A = "00000000-0000-7000-8000-00000000000a";
    private const string B = "00000000-0000-7000-8000-00000000000b";

    /// <summary>The rule's members, the code and the field that the problem names.</summary>
    public static TheoryData<string, string, string> Unfit =>
        new()
        {
            { """ "measure":"gpu-hours-granted","window":{"kind":"per-request"}""", "limit-or-sharing", "limit" },
            { Rolling + ""","increaseCeiling":{"gpuHours":"10"}""", "contradiction", "increaseCeiling" },
            { Rolling + ""","outcome":"review","approvals":{"count":0}""", "invalid-approvals", "approvals.count" },
            { Rolling + ""","outcome":"review","approvals":{"count":11}""", "invalid-approvals", "approvals.count" },
            { Rolling + ""","outcome":"deny","approvals":{"count":2}""", "contradiction", "approvals" },
            { Rolling + ""","subject":{"level":"organization","kinds":["guild"]}""", "never-matches", "subject.kinds" },
            { Rolling + $$""","subject":{"level":"platform","ids":["{{A}}"]}""", "never-matches", "subject.ids" },
            { Rolling + $$""","subject":{"level":"organization-kind","ids":["{{A}}"]}""", "never-matches", "subject.ids" },
            { Rolling + ""","filter":{"minOrganizationAgeDays":-1}""", "negative-limit", "filter.minOrganizationAgeDays" },
            { Rolling + ""","filter":{"minOrganizationAgeDays":40000}""", "never-matches", "filter.minOrganizationAgeDays" },
            { Rolling + ""","filter":{"maxOrganizationAgeDays":0}""", "never-matches", "filter.maxOrganizationAgeDays" },
            {
                Rolling + ""","filter":{"minOrganizationAgeDays":30,"maxOrganizationAgeDays":30}""",
                "never-matches",
                "filter.maxOrganizationAgeDays"
            },
            { Rolling + ""","filter":{"minGpuMemoryGib":0}""", "never-matches", "filter.minGpuMemoryGib" },
            { Hours + """ "window":{"kind":"concurrent"}""", "mixed-units", "window.kind" },
            { """ "measure":"active-grants","limit":{"count":1},"window":{"kind":"lifetime"}""", "mixed-units", "window.kind" },
            { Hours + """ "window":{"kind":"rolling","duration":"PT0.5S"}""", "invalid-duration", "window.duration" },
            { Hours + """ "window":{"kind":"rolling","duration":"P3661D"}""", "invalid-duration", "window.duration" },
            { Hours + """ "window":{"kind":"rolling","duration":"-P1D"}""", "invalid-duration", "window.duration" },
            { Hours + """ "window":{"kind":"calendar","unit":"day","timeZone":"Mars/Olympus"}""", "unknown-time-zone", "window.timeZone" },
            {
                Hours + """ "window":{"kind":"anchored","length":"P1M","anchor":"2026-01-31","timeZone":"Mars/Olympus"}""",
                "unknown-time-zone",
                "window.timeZone"
            },
            { Hours + """ "window":{"kind":"anchored","length":"P1M","anchor":"1899-12-31"}""", "invalid-date", "window.anchor" },
            { Hours + """ "window":{"kind":"rolling","duration":"P1D","resolution":"PT1M"}""", "invalid-duration", "window.resolution" },
            { Hours + """ "window":{"kind":"rolling","duration":"P1D","resolution":"P2D"}""", "invalid-duration", "window.resolution" },
            {
                Shared(Node(A))
                    .Replace(
                        "lifetime\"",
                        "calendar\",\"unit\":\"day\",\"carryOver\":{\"max\":{\"gpuHours\":\"1\"}}",
                        StringComparison.Ordinal
                    ),
                "contradiction",
                "window.carryOver"
            },
            {
                Hours + """ "window":{"kind":"calendar","unit":"day","carryOver":{"min":{"gpuHours":"2"},"max":{"gpuHours":"1"}}}""",
                "contradiction",
                "window.carryOver"
            },
            { Shared(Node(A)) + ""","limit":{"gpuHours":"1"}""", "limit-or-sharing", "limit" },
            { Shared(Node(A)) + ""","increaseCeiling":{"gpuHours":"1"}""", "contradiction", "increaseCeiling" },
            { Shared(Node(A)).Replace("programme\"}", "organization\"}", StringComparison.Ordinal), "contradiction", "subject.level" },
            {
                Shared(Node(A)).Replace("programme\"}", $"programme\",\"ids\":[\"{A}\"]}}", StringComparison.Ordinal),
                "contradiction",
                "subject.ids"
            },
            {
                Shared(Node(A)).Replace("programme\"}", "programme\",\"grouping\":\"group\"}", StringComparison.Ordinal),
                "contradiction",
                "subject.grouping"
            },
            { Shared(Node(A)).Replace("lifetime", "per-request", StringComparison.Ordinal), "contradiction", "window.kind" },
            { Shared(""), "node-count", "sharing.nodes" },
            { Shared(Node(A), Node(A)), "contradiction", "sharing.nodes" },
            { Shared(Node(A), Node(B)), "contradiction", "sharing.nodes" },
            { Shared(Node(A, B)), "unknown-parent", "sharing.nodes[0].parentId" },
            { Shared(Node(A, B), Node(B, A)), "borrowing-cycle", "sharing.nodes[1].parentId" },
            { Shared(Node(A, A)), "borrowing-cycle", "sharing.nodes[0].parentId" },
            { Shared(Node(A, null, ""","lendingLimit":{"gpuHours":"1"}""")), "contradiction", "sharing.nodes[0]" },
        };

    [Theory]
    [MemberData(nameof(Unfit))]
    public void An_unfit_rule_is_refused_with_code_rule_and_field(string members, string code, string field)
    {
        var (document, problems) = PolicyParser.Parse(Quota.Document(Quota.Rule(members)));
        Assert.Empty(problems);
        Assert.Contains(
            PolicyValidator.Validate(document!, "Asia/Seoul"),
            problem => problem.Code == code && problem.Rule == "r" && problem.Field == $"$.rules[0].{field}" && problem.Message.Length > 10
        );
    }

    [Theory]
    [InlineData("""{"kind":"calendar"}""", "missing", "unit")]
    [InlineData("""{"kind":"lifetime","unit":"month"}""", "unknown-field", "unit")]
    [InlineData("""{"kind":"rolling"}""", "missing", "duration")]
    [InlineData("""{"kind":"lifetime","duration":"P1D"}""", "unknown-field", "duration")]
    [InlineData("""{"kind":"rolling","duration":"P1D","timeZone":"Asia/Seoul"}""", "unknown-field", "timeZone")]
    [InlineData("""{"kind":"first-use","duration":"P1D","resolution":"PT1H"}""", "unknown-field", "resolution")]
    [InlineData("""{"kind":"lifetime","carryOver":{"max":{"gpuHours":"1"}}}""", "unknown-field", "carryOver")]
    [InlineData("""{"kind":"anchored","length":"P1M"}""", "missing", "anchor")]
    [InlineData("""{"kind":"anchored","anchor":"2026-01-31"}""", "missing", "length")]
    [InlineData("""{"kind":"anchored","length":"P1M","anchor":"2026-02-30"}""", "invalid-date", "anchor")]
    [InlineData("""{"kind":"anchored","length":"PT36H","anchor":"2026-01-31"}""", "invalid-duration", "length")]
    [InlineData("""{"kind":"anchored","length":"P0M","anchor":"2026-01-31"}""", "invalid-duration", "length")]
    [InlineData("""{"kind":"anchored","length":"P-1M","anchor":"2026-01-31"}""", "invalid-duration", "length")]
    [InlineData("""{"kind":"anchored","length":"P11Y","anchor":"2026-01-31"}""", "invalid-duration", "length")]
    [InlineData("""{"kind":"lunar"}""", "unknown-value", "kind")]
    public void A_window_that_cannot_be_read_is_refused_with_code_and_field(string window, string code, string field)
    {
        var problem = Assert.Single(PolicyParser.Parse(Quota.Document(Quota.Rule(Hours + $""" "window":{window}"""))).Problems);
        Assert.Equal((code, $"$.rules[0].window.{field}"), (problem.Code, problem.Field));
    }

    [Theory]
    [InlineData("\"kind\":\"lifetime\"", "\"kind\":\"lunar\"")]
    [InlineData("gpu-hours-granted", "gpu-hours-dreamt")]
    [InlineData("\"window\"", "\"filter\":{\"moods\":[\"good\"]},\"window\"")]
    public void A_stored_policy_with_a_window_measure_or_condition_that_is_unknown_sends_requests_to_people(string known, string unknown)
    {
        var stored = Quota
            .Document(Quota.Rule(Hours + """ "window":{"kind":"lifetime"}"""))
            .Replace(known, unknown, StringComparison.Ordinal);
        var policy = Quota.Published(Quota.Document(Quota.Rule(PerRequest))).WithStored(stored);
        Assert.Null(policy.Document);
        Assert.Equal(QuotaVerdict.Review, Quota.Of(policy).Verdict(1));
    }

    [Fact]
    public void Amounts_no_document_can_write_are_refused_too()
    {
        var rule = Rule(Rolling);
        Assert.Equal("negative-limit", Code(rule with { Limit = -1 }));
        Assert.Equal("overflowing-limit", Code(rule with { Limit = QuotaUnits.MaxLimit + 1 }));
        Assert.Equal("overflowing-limit", Code(rule with { IncreaseCeiling = long.MaxValue }));
        var monthly = rule with
        {
            Window = new CalendarWindow { Unit = GpuGrants.Calendars.CalendarUnit.Month, CarryOver = new CarryOver(0, long.MaxValue) },
        };
        Assert.Equal("overflowing-limit", Code(monthly));
        var shared = Rule(Shared(Node(A)));
        Assert.Equal("negative-limit", Code(With(shared, node => node with { Nominal = -1 })));
        Assert.Equal("overflowing-limit", Code(With(shared, node => node with { Nominal = QuotaUnits.MaxLimit })));
    }

    [Theory]
    [InlineData("", "invalid-id")]
    [InlineData("x123456789x123456789x123456789x123456789x123456789x123456789x123456789x123456789x123456789x1234567890x", "invalid-id")]
    public void A_rule_needs_an_id_of_reasonable_length(string id, string code) => Assert.Equal(code, Code(Rule(Rolling) with { Id = id }));

    [Fact]
    public void A_policy_has_rules_and_each_has_its_own_id()
    {
        Assert.Equal(["rule-count"], Codes());
        Assert.Equal(["duplicate-rule"], Codes(Rule(Rolling), Rule(PerRequest)));
        Assert.Contains("rule-count", Codes([.. Enumerable.Range(0, 1_001).Select(i => Rule(PerRequest) with { Id = $"{i}" })]));
    }

    [Fact]
    public void An_unknown_time_zone_of_the_document_is_refused()
    {
        var document = new PolicyDocument { Rules = [Rule(Rolling)], TimeZone = "Asia/Pyongchang" };
        var problem = Assert.Single(PolicyValidator.Validate(document, "Asia/Seoul"));
        Assert.Equal(("unknown-time-zone", "$.timeZone", (string?)null), (problem.Code, problem.Field, problem.Rule));
    }

    [Fact]
    public void Two_limits_of_the_same_with_the_same_outcome_contradict_each_other() =>
        Assert.Equal(["contradiction"], Codes(Rule(Rolling), Rule(Rolling) with { Id = "s", Limit = 1 }));

    [Fact]
    public void A_review_above_what_is_denied_anyway_never_matches()
    {
        var review = Rule(Rolling) with { Id = "s", Outcome = BreachOutcome.Review };
        Assert.Equal(["never-matches"], Codes(Rule(Rolling), review));
        Assert.Empty(Codes(Rule(Rolling), review with { Limit = 1 }));
    }

    [Fact]
    public void Overrides_of_one_effect_must_not_overlap_and_may_follow_each_other()
    {
        var first = Quota.Override(OverrideEffect.Add, 1, Quota.Noon, Quota.Noon.AddDays(1));
        Assert.Equal(
            "overlapping-override",
            OverrideValidator.Overlap(Quota.Override(OverrideEffect.Add, 2, Quota.Noon.AddHours(23)), [first])?.Code
        );
        Assert.Equal("overlapping-override", OverrideValidator.Overlap(Quota.Override(OverrideEffect.Add, 2), [first])?.Code);
        Assert.Null(OverrideValidator.Overlap(Quota.Override(OverrideEffect.Add, 2, Quota.Noon.AddDays(1)), [first]));
        Assert.Null(OverrideValidator.Overlap(Quota.Override(OverrideEffect.Multiply, 2), [first]));
        Assert.Null(OverrideValidator.Overlap(Quota.Override(OverrideEffect.Add, 2, subject: Quota.Other), [first]));
        Assert.Null(OverrideValidator.Overlap(first, [first]));
        Assert.Null(
            OverrideValidator.Overlap(
                Quota.Override(OverrideEffect.Add, 2, Quota.Noon.AddHours(3)),
                [first with { EndedAt = Quota.Noon.AddHours(3) }]
            )
        );
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{\"rules\":[{\"id\":\"\\ud800\"}]}")]
    [InlineData("{\"rules\":[{\"\\ud800\":1}]}")]
    public void No_text_makes_the_parser_throw(string json) => Assert.NotEmpty(PolicyParser.Parse(json).Problems);

    [Fact]
    public void A_field_stated_twice_and_a_list_without_end_are_refused()
    {
        Assert.Contains(
            PolicyParser.Parse(Quota.Document(Quota.Rule(Rolling + ""","refund":true,"refund":false"""))).Problems,
            problem => problem.Code == "duplicate-field"
        );
        var tags = string.Join(',', Enumerable.Range(0, 1_001).Select(i => $"\"{i}\""));
        var problems = PolicyParser.Parse(Quota.Document(Quota.Rule(Rolling + $$""","filter":{"tags":[{{tags}}]}"""))).Problems;
        Assert.Equal("list-too-long", Assert.Single(problems).Code);
    }

    private static QuotaRule Rule(string members) => PolicyParser.Parse(Quota.Document(Quota.Rule(members))).Document!.Rules[0];

    private static QuotaRule With(QuotaRule rule, Func<ShareNode, ShareNode> change) =>
        rule with
        {
            Sharing = new QuotaSharing { Nodes = [.. rule.Sharing!.Nodes.Select(change)] },
        };

    private static string[] Codes(params QuotaRule[] rules) =>
        [.. PolicyValidator.Validate(new PolicyDocument { Rules = rules }, "Asia/Seoul").Select(problem => problem.Code).Distinct()];

    private static string Code(QuotaRule rule) => Assert.Single(Codes(rule));

    private static string Shared(params string[] nodes) =>
        $$"""
             "measure":"gpu-hours-granted","subject":{"level":"programme"},"window":{"kind":"lifetime"},"sharing":{"nodes":[{{string.Join(
                ',',
                nodes
            )}}]}
            """;

    private static string Node(string id, string? parent = null, string more = "") =>
        $$"""{"programmeId":"{{id}}","nominal":{"gpuHours":"10"}{{(parent is null ? "" : $",\"parentId\":\"{parent}\"")}}{{more}}}""";

    [Fact]
    public void A_document_with_thousands_of_problems_names_the_first_and_its_rules_by_place_where_an_id_is_none()
    {
        var name = new string('n', 30_000);
        var members = string.Join(',', Enumerable.Range(0, 4_000).Select(one => $"\"m{one}\":1"));
        var (_, problems) = PolicyParser.Parse($$"""{"rules":[{"id":"{{name}}",{{members}}}]}""");
        Assert.Equal(101, problems.Count);
        Assert.Equal(("$", "more-problems"), (problems[^1].Field, problems[^1].Code));
        Assert.All(problems.SkipLast(1), problem => Assert.Equal("#0", problem.Rule));
        Assert.InRange(problems.Sum(problem => problem.ToString().Length), 1_000, 20_000);

        var rules = string.Join(
            ',',
            Enumerable.Repeat($$"""{"id":"{{name}}",{{PerRequest}},"subject":{"level":"platform"},"outcome":"deny"}""", 2)
        );
        var found = PolicyValidator.Validate(PolicyParser.Parse($$"""{"rules":[{{rules}}]}""").Document!, "UTC");
        Assert.Equal(["invalid-id", "invalid-id", "duplicate-rule"], found.Select(problem => problem.Code));
        Assert.InRange(found.Sum(problem => problem.ToString().Length), 100, 1_000);
    }

    [Theory]
    [InlineData("timeZone", "unknown-time-zone", "\"rules\":[]")]
    [InlineData("rules", "wrong-type", "\"shadow\":false")]
    public void A_problem_quotes_the_beginning_of_a_long_text(string field, string code, string other)
    {
        var json = $$"""{"{{field}}":"{{new string('\u00e9', 59)}}😀{{new string('x', 50_000)}}",{{other}}}""";
        var (document, problems) = PolicyParser.Parse(json);
        var found = document is null ? problems : PolicyValidator.Validate(document, "UTC");
        var problem = Assert.Single(found, one => one.Code == code);
        Assert.InRange(problem.Message.Length, 10, 200);
        Assert.DoesNotContain(problem.Message, char.IsSurrogate);
    }
}
