using CsCheck;

namespace GpuGrants.Tests.Quotas;

public class PolicyDiffTests
{
    private const string Starter = """
        "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":"20"}
        """;

    [Fact]
    public void A_changed_rule_names_each_field_with_old_and_new()
    {
        var diff = Diff(
            Quota.Document(Quota.Rule(Starter)),
            Quota.Document(
                Quota.Rule(
                    """
                    "measure":"gpu-hours-granted","window":{"kind":"rolling","duration":"P30D"},"limit":{"gpuHours":"30"},"filter":{"tags":["b","a"]}
                    """
                )
            )
        );
        var rule = Assert.Single(diff.Rules);
        Assert.Equal(("r", RuleChangeKind.Changed), (rule.RuleId, rule.Kind));
        Assert.Equal(
            [
                new FieldChange("filter.tags", null, "a, b"),
                new FieldChange("window.kind", "calendar", "rolling"),
                new FieldChange("window.duration", null, "P30D"),
                new FieldChange("limit.gpuHours", "20", "30"),
                new FieldChange("window.unit", "month", null),
            ],
            rule.Fields
        );
    }

    [Fact]
    public void Rules_added_and_removed_are_told_with_all_their_fields()
    {
        var diff = Diff(Quota.Document(Quota.Rule(Starter, "old")), Quota.Document(Quota.Rule(Starter, "new")));
        Assert.Equal([("new", RuleChangeKind.Added), ("old", RuleChangeKind.Removed)], diff.Rules.Select(rule => (rule.RuleId, rule.Kind)));
        Assert.Contains(new FieldChange("limit.gpuHours", null, "20"), diff.Rules[0].Fields);
        Assert.Contains(new FieldChange("limit.gpuHours", "20", null), diff.Rules[1].Fields);
    }

    [Fact]
    public void Order_and_spelling_make_no_difference()
    {
        const string monthly = """
            "measure":"gpu-hours-granted","window":{"kind":"calendar","unit":"month"},"limit":{"gpuHours":20.00},"filter":{"tags":["a","b"]}
            """;
        var same = monthly
            .Replace("20.00", "\"20\"", StringComparison.Ordinal)
            .Replace("\"a\",\"b\"", "\"b\",\"a\"", StringComparison.Ordinal);
        Assert.True(
            Diff(
                Quota.Document(Quota.Rule(monthly, "a"), Quota.Rule(Starter, "b")),
                Quota.Document(Quota.Rule(Starter, "b"), Quota.Rule(same, "a"))
            ).IsEmpty
        );
    }

    [Fact]
    public void Changes_outside_of_rules_and_inside_of_sharings_are_named()
    {
        string Shared(string nominal, string zone)
        {
            var rule = Quota.Rule(
                $"""
                "subject":{Level},"measure":"gpu-hours-granted","window":{Lifetime},"sharing":{Nodes(nominal)}
                """
            );
            return Quota.Document(rule).Replace("\"rules\"", $"\"timeZone\":\"{zone}\",\"rules\"", StringComparison.Ordinal);
        }

        var diff = Diff(Shared("10", "Asia/Seoul"), Shared("20", "Asia/Tokyo"));
        Assert.Equal([new FieldChange("timeZone", "Asia/Seoul", "Asia/Tokyo")], diff.Fields);
        Assert.Equal([new FieldChange($"sharing.nodes[{Quota.Root}].nominal.gpuHours", "10", "20")], Assert.Single(diff.Rules).Fields);
    }

    [Fact]
    public void A_document_differs_from_itself_in_nothing_and_a_diff_turned_around_swaps_old_and_new() =>
        Gen.Select(Documents.All, Documents.All)
            .Sample(
                (one, other) =>
                {
                    Assert.True(PolicyDiff.Between(one, one).IsEmpty);
                    Assert.Equal(
                        Fields(PolicyDiff.Between(one, other)),
                        Fields(PolicyDiff.Between(other, one)).Select(field => (field.Rule, field.Field, field.New, field.Old)).Order()
                    );
                }
            );

    private static IEnumerable<(string Rule, string Field, string? Old, string? New)> Fields(PolicyDiff diff) =>
        diff.Rules.SelectMany(rule => rule.Fields.Select(field => (rule.RuleId, field.Field, field.Old, field.New))).Order();

    private const string Level = """{"level":"programme"}""";
    private const string Lifetime = """{"kind":"lifetime"}""";

    private static string Nodes(string nominal) =>
        $$$"""{"nodes":[{"programmeId":"{{{Quota.Root}}}","nominal":{"gpuHours":"{{{nominal}}}"}}]}""";

    private static PolicyDiff Diff(string older, string newer) =>
        PolicyDiff.Between(Quota.Published(older).Document!, Quota.Published(newer).Document!);
}
