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
        foreach (var order in (string[])["created", "-created", .. table == "transfers" ? ["updated", "-updated"] : (string[])[]])
        {
            var first = (await world.Admin.Get($"{path}?limit=2&sort={order}")).Expect(HttpStatusCode.OK);
            var before = logs.Lines.Count;
            (await world.Admin.Get($"{path}?limit=2&sort={order}&cursor={first.Text_("nextCursor")}")).Expect(HttpStatusCode.OK);
            foreach (var sql in Read(logs, before, table))
                CheckPlan(await PlanAsync(world, sql));
        }

        await CheckChangesAsync(world, scene, logs);
        await CheckPartsAsync(world, scene, logs);
    }

    /// <summary>What belongs to one account, grant or request is found by it, in whichever order and since whatever moment.</summary>
    private static async Task CheckPartsAsync(TestWorld world, Scene scene, CapturedLogs logs)
    {
        var asked = await scene.Startup.Ask(scene.Programme, 1);
        await world.PassAsync(TimeSpan.FromMinutes(30), scene.Startup, scene.Operator);
        await scene.ReportAsync(world, Guid.Parse(asked.Text_("grantId")), (-0.4, -0.3), (-0.2, -0.1));
        var account = (await world.Admin.Get($"/v1/accounts?ownerId={scene.Programme}&kind=budget"))["data"][0]!["id"];
        (string Path, string Table, string Key)[] lists =
        [
            ($"/v1/accounts/{account}/transfers", "transfers", "(debit|credit)_account_id"),
            ($"/v1/grants/{asked.Text_("grantId")}/usage-records", "usage_records", "grant_id"),
            ($"/v1/requests/{asked.Id}/decisions", "decisions", "request_id"),
        ];
        foreach (var (path, table, key) in lists)
        foreach (var order in (string[])["updated", "-updated"])
        {
            var before = logs.Lines.Count;
            (await world.Admin.Get($"{path}?limit=1&sort={order}&updatedSince=2026-01-01T00:00:00Z")).Expect(HttpStatusCode.OK);
            foreach (var sql in Read(logs, before, table))
            {
                var plan = await LongPlanAsync(world, sql);
                Assert.Matches($@"Index Cond: \(+(root_programme_id = .*)?{key} = ", plan);
                Assert.False(Whole().IsMatch(plan), $"All rows are read:\n{plan}");
            }
        }
    }

    /// <summary>
    /// No index has the order of changes. So they are searched among the rows of an organization or a provider, which one has. Those of a
    /// programme are found by the events of its tree.
    /// </summary>
    private static async Task CheckChangesAsync(TestWorld world, Scene scene, CapturedLogs logs)
    {
        var reviewer = await world.Reviewer(scene.Programme);
        (Person Who, string List, string Filter)[] asked =
        [
            (scene.Startup, "requests", ""),
            (scene.Startup, "grants", ""),
            (scene.Operator, "grants", ""),
            (reviewer, "requests", $"&organizationId={scene.Organization}"),
            (world.Admin, "grants", $"&organizationId={scene.Organization}"),
            (world.Admin, "grants", $"&providerId={scene.Provider}"),
        ];
        foreach (var (who, list, filter) in asked)
        foreach (var changes in (string[])["sort=updated", "sort=-updated", "sort=updated&updatedSince=2026-01-01T00:00:00Z"])
        {
            var before = logs.Lines.Count;
            (await who.Get($"/v1/{list}?limit=2&{changes}{filter}")).Expect(HttpStatusCode.OK);
            foreach (var sql in Read(logs, before, list))
                CheckBound(await LongPlanAsync(world, sql));
        }

        foreach (var person in (Person[])[reviewer, world.Admin])
        foreach (var list in (string[])["requests", "grants"])
        {
            await CheckProgrammeAsync(world, person, list, scene.Programme, logs);
            (await person.Get($"/v1/{list}?sort=updated")).ExpectProblem(HttpStatusCode.BadRequest, "malformed", "sort");
            (await person.Get($"/v1/{list}?sort=-updated&programmeId={scene.Programme}")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "sort"
            );
            (await person.Get($"/v1/{list}?updatedSince=2026-01-01T00:00:00Z")).ExpectProblem(
                HttpStatusCode.BadRequest,
                "malformed",
                "updatedSince"
            );
        }
    }

    /// <summary>The events since then name the rows, and the first index has each of them.</summary>
    private static async Task CheckProgrammeAsync(TestWorld world, Person who, string list, Guid programme, CapturedLogs logs)
    {
        foreach (var order in (string[])["updated", "-updated", "created"])
        {
            var before = logs.Lines.Count;
            var path = $"/v1/{list}?limit=2&programmeId={programme}&sort={order}&updatedSince=";
            var all = (await who.Get($"{path}2026-01-01T00:00:00Z")).Expect(HttpStatusCode.OK);
            Assert.Equal(2, all["data"].AsArray().Count);
            foreach (var sql in Read(logs, before, list))
            {
                var plan = await PlanAsync(world, sql, [Millions]);
                // One by one, or as a bitmap: the planner chooses by how many pages earlier tests left in the table.
                var named = Regex.IsMatch(plan, $"Index Scan (using {list}_pkey on {list}|on {list}_pkey)") && ById().IsMatch(plan);
                Assert.True(named && !Whole().IsMatch(plan), $"The events do not find the rows:\n{plan}");
            }

            var found = await PlanAsync(world, Changes(logs, before), [Millions]);
            Assert.True(Events().IsMatch(found) && !Whole().IsMatch(found), $"All events are read:\n{found}");

            Assert.Empty((await who.Get($"{path}{world.Now.AddSeconds(1).UtcDateTime:O}")).Expect(HttpStatusCode.OK)["data"].AsArray());
        }
    }

    /// <summary>An index finds the rows of one party. Which one, the planner chooses by how many rows each has.</summary>
    private static void CheckBound(string plan) =>
        Assert.True(Bound().IsMatch(plan) && !Whole().IsMatch(plan), $"No index finds the rows of a party:\n{plan}");

    /// <summary>The statements that read a page of the table since then: one or more.</summary>
    private static List<string> Read(CapturedLogs logs, int since, string table)
    {
        var read = logs
            .Lines.Skip(since)
            .Select(line => Statement().Match(line))
            .Where(one => one.Success)
            .Select(one => one.Groups[1].Value)
            .Where(sql => sql.Contains($"FROM {table} AS", StringComparison.Ordinal) && sql.Contains("ORDER BY", StringComparison.Ordinal))
            .Distinct()
            .ToList();
        Assert.NotEmpty(read);
        return read;
    }

    /// <summary>The statement that reads what events of trees are about.</summary>
    private static string Changes(CapturedLogs logs, int since) =>
        logs
            .Lines.Skip(since)
            .Select(line => Lateral().Match(line))
            .Where(one => one.Success)
            .Select(one => one.Groups[1].Value)
            .Distinct()
            .Single();

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
    private static Task<string> PlanAsync(TestWorld world, string sql) =>
        PlanAsync(world, sql, ["set local enable_seqscan = off", "set local enable_bitmapscan = off"]);

    /// <summary>
    /// The plan for tables whose first page says that they have a million rows. Without statistics the planner guesses that a party has a
    /// large share of them, and would read all; so it is kept from that.
    /// </summary>
    private static Task<string> LongPlanAsync(TestWorld world, string sql) =>
        PlanAsync(
            world,
            sql,
            [Millions, "set local enable_seqscan = off", "set local enable_hashjoin = off", "set local enable_mergejoin = off"]
        );

    private const string Millions =
        "update pg_class set reltuples = 1000000, relpages = 1 where relname in "
        + "('requests', 'grants', 'events', 'transfers_default', 'usage_records', 'decisions')";

    /// <summary>What prepares the plan is undone with its transaction.</summary>
    private static async Task<string> PlanAsync(TestWorld world, string sql, string[] before)
    {
        var names = Parameter().Matches(sql).Select(one => one.Value).Distinct().ToList();
        var numbered = Parameter().Replace(sql, one => $"${names.IndexOf(one.Value) + 1}");
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        foreach (var text in (string[])[.. before, "set local plan_cache_mode = force_generic_plan", $"prepare page as {numbered}"])
        {
            await using var command = new NpgsqlCommand(text, connection);
            await command.ExecuteNonQueryAsync();
        }

        await using var explain = new NpgsqlCommand($"explain execute page({string.Join(", ", names.Select(_ => "null"))})", connection);
        await using var reader = await explain.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        await reader.DisposeAsync();
        await ForgetAsync(connection);
        return string.Join('\n', lines);
    }

    private static async Task ForgetAsync(NpgsqlConnection connection)
    {
        await using var forget = new NpgsqlCommand("deallocate page", connection);
        await forget.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"commandText=(SELECT.*?) \{OriginalFormat\}", RegexOptions.Singleline)]
    private static partial Regex Statement();

    [GeneratedRegex(@"commandText=(select distinct v\.id.*?) \{OriginalFormat\}", RegexOptions.Singleline)]
    private static partial Regex Lateral();

    [GeneratedRegex(@"Index Cond: \(+(organization_id|provider_id) =")]
    private static partial Regex Bound();

    [GeneratedRegex("Seq Scan on (requests|grants|events|transfers|usage_records|decisions)")]
    private static partial Regex Whole();

    /// <summary>Those of a tree after a number.</summary>
    [GeneratedRegex(@"Index Cond: \(\(root_programme_id = w\.root\) AND \(\(?sequence\)?(::bigint)? > w\.after\)\)")]
    private static partial Regex Events();

    [GeneratedRegex(@"Index Cond: \(+id = ")]
    private static partial Regex ById();

    [GeneratedRegex(@"@\w+")]
    private static partial Regex Parameter();
}
