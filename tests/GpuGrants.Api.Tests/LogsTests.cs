using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests;

/// <summary>Logs say what happened, and never what lets somebody in or who somebody is.</summary>
public sealed class LogsTests
{
    private const string Email = "minji.kim@hangang-robotics.example";

    [Fact]
    public async Task The_main_job_logs_no_secret_no_token_and_no_personal_data_at_any_level()
    {
        using var logs = new CapturedLogs();
        await using var world = await TestWorld.StartLoggedAsync(logs);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var grant = (await scene.Startup.Ask(scene.Programme, 5, new { purpose = $"Ask {Email}" }, ("Idempotency-Key", "key-of-a-caller")))
            .Expect(HttpStatusCode.Created)
            .Text_("grantId");
        var reviewer = (
            await world.Admin.Post($"/v1/programmes/{scene.Programme}/members", new { name = Email, role = "programme-reviewer" })
        ).Expect(HttpStatusCode.Created);
        var waiting = (await scene.Startup.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        (
            await world.Admin.Post($"/v1/requests/{waiting.Id}/approve", new { comment = $"Mail {Email}" }, ("If-Match", waiting.ETag))
        ).Expect(HttpStatusCode.OK);
        (
            await world.Admin.Post(
                $"/v1/organizations/{scene.Organization}/verifications",
                new
                {
                    level = "domain",
                    emailDomains = new[] { "hangang-robotics.example" },
                    evidence = $"A mail from {Email}",
                }
            )
        ).Expect(HttpStatusCode.Created);
        var client = (await scene.Startup.Post("/v1/clients", new { name = "Second" })).Expect(HttpStatusCode.Created);
        var rotated = (await scene.Startup.Post($"/v1/clients/{client.Text_("clientId")}/rotate")).Expect(HttpStatusCode.OK);
        (await scene.Startup.Get("/v1/grants?count=true")).Expect(HttpStatusCode.OK);
        Assert.DoesNotContain(logs.Lines, line => line.Contains("row limiting operator", StringComparison.Ordinal));
        await world.PassAsync(TimeSpan.FromMinutes(30), scene.Startup, scene.Operator);
        (
            await scene.Operator.Post(
                "/v1/usage-records",
                new
                {
                    records = new[]
                    {
                        new
                        {
                            id = Guid.NewGuid(),
                            grantId = grant,
                            gpus = 0.5m,
                            startedAt = world.Now.AddMinutes(-3),
                            endedAt = world.Now.AddMinutes(-1),
                        },
                    },
                }
            )
        ).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        string[] failures = ["gg_a-wrong-secret", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJvcHMifQ.forged"];
        await scene.Startup.AskTokenAsync(secret: failures[0]);
        (await world.Holder(failures[1]).Get("/v1/me")).Expect(HttpStatusCode.Unauthorized);

        string[] secrets =
        [
            .. failures,
            Email,
            "hangang-robotics.example",
            "key-of-a-caller",
            world.Admin.ClientSecret,
            scene.Startup.ClientSecret,
            scene.Operator.ClientSecret,
            reviewer["client"]["clientSecret"]!.GetValue<string>(),
            client.Text_("clientSecret"),
            rotated.Text_("clientSecret"),
            .. new[] { await world.Admin.TokenAsync(), await scene.Startup.TokenAsync(), await scene.Operator.TokenAsync() }.SelectMany(
                token => new[] { token, token.Split('.')[2] }
            ),
        ];
        Assert.Contains(logs.Lines, line => line.Contains("/v1/requests", StringComparison.Ordinal));
        Assert.Contains(
            logs.Lines,
            line => line.StartsWith("Trace", StringComparison.Ordinal) || line.StartsWith("Debug", StringComparison.Ordinal)
        );
        var told = logs.Lines.Where(line => secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal))).ToList();
        Assert.True(told.Count == 0, string.Join('\n', told));
    }
}
