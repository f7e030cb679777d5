using GpuGrants.Api.Offers;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Offers;

/// <summary>The database refuses what promises more hours than the tranches have, and <c>verify</c> finds the rest.</summary>
public sealed class PromiseVerifierTests
{
    private const string Copy = """
        insert into grants select (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid(), 'time_account_id', gen_random_uuid(),
            'credit_account_id', gen_random_uuid(), 'gpu_seconds', g.gpu_seconds))).* from grants g where id = $1
        """;

    [Fact]
    public async Task The_database_refuses_a_planted_grant_more_hours_other_dates_and_a_withdrawal_that_no_tranche_serves()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var today = await scene.Granted(14, new { durationDays = 1 });
        await scene.Granted(10, new { durationDays = 1 });
        var tomorrow = await scene.Granted(20, new { startsAt = world.FullHour().AddDays(1), durationDays = 1 });
        var reserved = Guid.Parse((await scene.Startup.Reserve(scene.Programme, 1, 1, world.FullHour().AddDays(4))).Text_("grantId"));
        (string Statement, Guid Id)[] planted =
        [
            (Copy, today),
            (Copy, reserved),
            ("update grants set gpu_seconds = gpu_seconds + 3600 where id = $1", today),
            (
                "update grants set starts_at = starts_at - interval '1 day', expires_at = expires_at - interval '1 day' where id = $1",
                tomorrow
            ),
            (
                "update grants set starts_at = starts_at - interval '3 days', expires_at = expires_at - interval '3 days' where id = $1",
                reserved
            ),
            ("update grants set expires_at = expires_at + interval '6 days' where id = $1", reserved),
            ("update offer_tranches set gpus = 0, status = 'withdrawn' where offer_id = $1", scene.Offer),
        ];
        var before = await world.FingerprintAsync();
        foreach (var (statement, id) in planted)
        {
            var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(world, statement, id));
            Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
        }

        Assert.Equal(before, await world.FingerprintAsync());
        // A planted row that fits is no matter of hours.
        await ExecuteAsync(world, "update grants set gpu_seconds = gpu_seconds + 3600 where id = $1", tomorrow);
        await ExecuteAsync(world, "update grants set gpu_seconds = gpu_seconds - 3600 where id = $1", tomorrow);
        Assert.Empty((await VerifyAsync(world)).Findings);
    }

    [Fact]
    public async Task Verify_finds_an_over_commitment_that_only_a_schedule_shows()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(2, 3);
        // One GPU per grant: in its own dates each fits, and together they fit into all hours. Yet on the second day three need two GPUs.
        await scene.Granted(40, new { durationDays = 2 });
        await scene.Granted(24, new { startsAt = world.FullHour().AddDays(1), durationDays = 1 });
        var third = await scene.Granted(32, new { startsAt = world.FullHour().AddDays(1), durationDays = 2 });
        var report = await VerifyAsync(world);
        Assert.Equal((1, 0, 0), (report.Offers, report.Unproved, report.Findings.Count));
        await ExecuteAsync(world, "update grants set gpu_seconds = gpu_seconds + 3600 where id = $1", third);
        var finding = Assert.Single((await VerifyAsync(world)).Findings);
        Assert.Equal(("over-promised", scene.Programme), (finding.Code, finding.RootProgrammeId));
        Assert.Contains("no schedule serves 1 of its promises", finding.Message, StringComparison.Ordinal);
        Assert.Contains("lacks 1 GPU-hour", finding.Message, StringComparison.Ordinal);
        Assert.Contains(scene.Offer.ToString(), finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hours_that_nobody_used_in_time_are_no_over_commitment_and_block_no_decision()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Dated(1, 10);
        var late = await scene.Granted(12, new { durationDays = 1 });
        await scene.Granted(12, new { durationDays = 1 });
        await world.PassAsync(scene, hours: 18);
        // Both have twelve hours left, and this day has six. Whatever else is asked, the database refuses nothing that the guard allows.
        Assert.Empty((await VerifyAsync(world)).Findings);
        var next = new { startsAt = world.FullHour().AddHours(6), durationDays = 1 };
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 24, next)).Text_("status"));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 24, new { durationDays = 3 })).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Post($"/v1/grants/{late}/top-up", new { gpuHours = 1 })).Text_("status"));
        var end = (await scene.Startup.Get($"/v1/grants/{late}"))["expiresAt"]!.GetValue<DateTimeOffset>();
        Assert.Equal(
            "approved",
            (await scene.Startup.Post($"/v1/grants/{late}/extend", new { expiresAt = end.AddDays(3) })).Text_("status")
        );
        Assert.Equal("approved", (await scene.Startup.Post($"/v1/grants/{late}/top-up", new { gpuHours = 6 })).Text_("status"));
        await scene.ReportAsync(world, late, (-6, 0));
        Assert.Empty((await VerifyAsync(world)).Findings);
        await world.Verified();
    }

    private static async Task<PromiseReport> VerifyAsync(TestWorld world)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        return await PromiseVerifier.VerifyAsync(connection);
    }

    private static async Task ExecuteAsync(TestWorld world, string statement, Guid id)
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = id } },
        };
        await command.ExecuteNonQueryAsync();
    }
}
