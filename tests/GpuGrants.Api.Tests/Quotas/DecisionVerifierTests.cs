using GpuGrants.Api.Requests.Replays;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Every decision of the rules can be taken again, and one that somebody rewrote is named.</summary>
public sealed class DecisionVerifierTests
{
    [Fact]
    public async Task Decisions_come_out_the_same_and_a_rewritten_one_is_named()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: [Scenes.PerMonth("30"), Scenes.PerRequest("10")]);
        foreach (var hours in (int[])[5, 20, 100])
            await scene.Startup.Ask(scene.Programme, hours);
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        var (decisions, findings) = await DecisionVerifier.VerifyAsync(connection);
        Assert.Equal(3, decisions);
        Assert.Empty(findings);

        var id = await world.ScalarAsync<Guid>("select id from decisions where verdict = 'denied'");
        await using (
            var tamper = new NpgsqlCommand(
                $"set session_replication_role = replica; update decisions set verdict = 'approved' where id = '{id}'; set "
                    + "session_replication_role = origin",
                connection
            )
        )
            await tamper.ExecuteNonQueryAsync();
        var finding = Assert.Single((await DecisionVerifier.VerifyAsync(connection)).Findings);
        Assert.Equal(FindingCodes.DecisionDiffers, finding.Code);
        Assert.Contains(id.ToString(), finding.Message, StringComparison.Ordinal);
    }
}
