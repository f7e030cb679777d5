using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Http;

/// <summary>The lists of tables that grow with every decision read about a page, however long they are.</summary>
public sealed partial class ListPlanTests
{
    [Fact]
    public async Task Pages_of_what_grows_with_every_decision_come_from_an_index_in_their_order()
    {
        using var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs);
        var scene = await world.Scene();
        for (var i = 0; i < 3; i++)
            (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var budget = (await world.Admin.Get($"/v1/accounts?ownerId={scene.Programme}&kind=budget")).Expect(HttpStatusCode.OK)["data"][0]![
            "id"
        ];
        (string Path, string Table)[] lists =
        [
            ("/v1/accounts", "accounts"),
            ($"/v1/accounts/{budget}/transfers", "transfers"),
            ("/v1/requests", "requests"),
            ("/v1/grants", "grants"),
        ];
        foreach (var (path, table) in lists)
        foreach (var order in (string[])["created", "-created"])
        {
            var first = (await world.Admin.Get($"{path}?limit=2&sort={order}")).Expect(HttpStatusCode.OK);
            var before = logs.Lines.Count;
            (await world.Admin.Get($"{path}?limit=2&sort={order}&cursor={first.Text_("nextCursor")}")).Expect(HttpStatusCode.OK);
            var read = logs
                .Lines.Skip(before)
                .Select(line => Statement().Match(line))
                .Where(one => one.Success)
                .Select(one => one.Groups[1].Value)
                .Where(sql =>
                    sql.Contains($"FROM {table} AS", StringComparison.Ordinal) && sql.Contains("ORDER BY", StringComparison.Ordinal)
                )
                .Distinct()
                .ToList();
            Assert.NotEmpty(read);
            foreach (var sql in read)
                CheckPlan(await PlanAsync(world, sql));
        }
    }

    /// <summary>What is sorted is a page: an index gives the order, but for rows of one moment, or a limit stands below.</summary>
    private static void CheckPlan(string plan)
    {
        Assert.DoesNotContain("Seq Scan", plan, StringComparison.Ordinal);
        for (
            var at = plan.IndexOf("  Sort  ", StringComparison.Ordinal);
            at >= 0;
            at = plan.IndexOf("  Sort  ", at + 1, StringComparison.Ordinal)
        )
            Assert.Contains("Limit", plan[at..], StringComparison.Ordinal);
    }

    /// <summary>The plan for a table of any length.</summary>
    private static async Task<string> PlanAsync(TestWorld world, string sql)
    {
        var names = Parameter().Matches(sql).Select(one => one.Value).Distinct().ToList();
        var numbered = Parameter().Replace(sql, one => $"${names.IndexOf(one.Value) + 1}");
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        foreach (var setting in (string[])["enable_seqscan = off", "enable_bitmapscan = off", "plan_cache_mode = force_generic_plan"])
            await RunAsync($"set {setting}");
        await RunAsync($"prepare page as {numbered}");
        await using var explain = new NpgsqlCommand($"explain execute page({string.Join(", ", names.Select(_ => "null"))})", connection);
        var lines = new List<string>();
        await using var reader = await explain.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return string.Join('\n', lines);

        async Task RunAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, connection);
            await command.ExecuteNonQueryAsync();
        }
    }

    [GeneratedRegex(@"commandText=(SELECT.*?) \{OriginalFormat\}", RegexOptions.Singleline)]
    private static partial Regex Statement();

    [GeneratedRegex(@"@\w+")]
    private static partial Regex Parameter();
}
