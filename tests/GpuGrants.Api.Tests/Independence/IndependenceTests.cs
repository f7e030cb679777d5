using System.Net;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Every endpoint by which people decide, times every kind of past belonging.</summary>
public sealed class IndependenceTests
{
    [Fact]
    public async Task Nobody_decides_on_what_benefits_those_whose_people_they_were_and_others_do()
    {
        await using var world = await TestWorld.StartAsync("--Ledger:SecondApprovalCredits=1000");
        var stage = await Stage.SetAsync(world);
        var people = new Dictionary<string, Person>();
        foreach (var role in Stage.Roles)
            people[role] = await stage.FormerAsync(role);
        var bystander = await stage.BystanderAsync();
        await stage.AddProposalsAsync();
        var wrong = new List<string>();
        foreach (var verdict in stage.Verdicts)
        {
            foreach (var role in verdict.Stops)
            {
                var reply = await verdict.Call(people[role]);
                if (reply.Status != HttpStatusCode.Conflict || reply.Code != CodeOf(role))
                    wrong.Add($"{verdict.Name} by a former {role}: {(int)reply.Status} {reply.Text}");
            }

            var free = await verdict.Call(bystander);
            if (!free.Message.IsSuccessStatusCode)
                wrong.Add($"{verdict.Name} by a bystander: {(int)free.Status} {free.Text}");
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Who_belongs_to_those_who_gain_proposes_a_transfer_and_somebody_else_decides()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var child = await world.Programme(parentId: scene.Programme);
        var (dependent, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await world.Give($"/v1/programmes/{child}/members", dependent, "programme-administrator");
        var body = new
        {
            kind = "transfer",
            programmeId = child,
            fromProgrammeId = scene.Programme,
            credits = 10,
            reason = "More for us",
        };
        Assert.Equal("posted", (await other.Post("/v1/transfer-proposals", body)).Expect(HttpStatusCode.Created).Text_("status"));
        var waits = (await dependent.Post("/v1/transfer-proposals", body)).Expect(HttpStatusCode.Created);
        Assert.Equal(("awaiting-approval", 10), (waits.Text_("status"), await world.Balance(child, "budget")));
        var alsoDependent = await world.Member("/v1/administrators", null);
        await world.Give($"/v1/programmes/{child}/members", alsoDependent, "programme-reviewer");
        (await alsoDependent.Post($"/v1/transfer-proposals/{waits.Id}/approve", null, ("If-Match", waits.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "own-programme"
        );
        (await other.Post($"/v1/transfer-proposals/{waits.Id}/approve", null, ("If-Match", waits.ETag))).Expect(HttpStatusCode.OK);
        Assert.Equal(20, await world.Balance(child, "budget"));
    }

    [Fact]
    public async Task A_platforms_only_administrator_decides_on_what_concerns_them_by_a_waiver_that_everybody_reads()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var own = (await world.Admin.NewOrganization("Mine")).Expect(HttpStatusCode.Created);
        var first = await world.Admin.Ask(scene.Programme, 20, new { organizationId = own.Id });
        (await Approve(first)).ExpectProblem(HttpStatusCode.Conflict, "own-request");
        var waiver = (await world.Admin.Post("/v1/independence-waivers", Waiver(7))).Expect(HttpStatusCode.Created);
        (await world.Admin.Post("/v1/independence-waivers", Waiver(91))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "expiresAt");
        Assert.Equal("approved", (await Approve(first)).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Contains(waiver.Id.ToString(), (await scene.Startup.Get("/v1/independence-waivers")).Text, StringComparison.Ordinal);
        Assert.Equal(
            1L,
            await world.ScalarAsync<long>(
                "select count(*) from events where type = 'independence-waiver.used' and data ->> 'subjectId' = $1",
                first.Id.ToString()
            )
        );
        var second = await world.Admin.Ask(scene.Programme, 20, new { organizationId = own.Id });
        await world.Member("/v1/administrators", null);
        (await Approve(second)).ExpectProblem(HttpStatusCode.Conflict, "own-request");
        (await world.Admin.Post("/v1/independence-waivers", Waiver(7))).ExpectProblem(HttpStatusCode.Conflict, "several-administrators");
        (await world.Admin.Post($"/v1/independence-waivers/{waiver.Id}/end")).Expect(HttpStatusCode.OK);
        (await world.Admin.Post($"/v1/independence-waivers/{waiver.Id}/end")).ExpectProblem(HttpStatusCode.Conflict, "waiver-ended");

        Task<Reply> Approve(Reply asked) =>
            world.Admin.Post(
                $"/v1/requests/{asked.Id}/approve",
                new { },
                ("If-Match", asked.ETag),
                ("Idempotency-Key", Guid.NewGuid().ToString())
            );
        object Waiver(int days) => new { reason = "We are one person so far", expiresAt = world.Now.AddDays(days) };
    }

    [Fact]
    public async Task No_administrator_corrects_or_settles_the_use_of_their_own_organization()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        var (involved, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await world.Give($"/v1/organizations/{scene.Organization}/members", involved, "organization-member");
        var grant = Guid.Parse((await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("grantId"));
        world.Clock.Advance(TimeSpan.FromMinutes(30));
        var (record, _, _) = await scene.ReportAsync(world, grant, (-0.4, -0.3));
        var path = $"/v1/grants/{grant}/usage-records/{record[0]}/void";
        (await involved.Post(path, new { reason = "Free for us" })).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        (await other.Post(path, new { reason = "Reported twice" })).Expect(HttpStatusCode.OK);
        (await scene.Startup.Post($"/v1/grants/{grant}/close")).Expect(HttpStatusCode.OK);
        (await involved.Post($"/v1/grants/{grant}/settle")).ExpectProblem(HttpStatusCode.Conflict, "own-organization");
        Assert.Equal("ended", (await other.Post($"/v1/grants/{grant}/settle")).Expect(HttpStatusCode.OK).Text_("status"));
    }

    [Fact]
    public async Task Nobody_lifts_a_suspension_or_a_freeze_for_their_own_people()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene();
        await scene.Startup.Ask(scene.Programme, 1);
        var owner = (await scene.Startup.Get("/v1/me")).Text_("principalId");
        var (involved, other) = (await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null));
        await world.Give($"/v1/organizations/{scene.Organization}/members", involved, "organization-member");
        await world.Give($"/v1/providers/{scene.Provider}/operators", involved, "provider-operator");
        var local = await world.Member($"/v1/programmes/{scene.Programme}/members", "programme-administrator");
        (string Path, object Body, Person By, string Code)[] stops =
        [
            ("/v1/freezes", Freeze("provider", scene.Provider), involved, "own-provider"),
            ("/v1/freezes", Freeze("programme", scene.Programme), involved, "own-organization"),
            // What the platform froze, a programme's own people do not lift.
            ("/v1/freezes", Freeze("programme", scene.Programme), local, "own-programme"),
            ("/v1/freezes", Freeze("platform", null), involved, "own-organization"),
            ($"/v1/organizations/{scene.Organization}/suspend", new { reason = "Sold on" }, involved, "own-organization"),
            ($"/v1/principals/{owner}/suspend", new { reason = "Sold on" }, involved, "own-organization"),
        ];
        foreach (var (path, body, by, code) in stops)
        {
            var stopped = await world.Admin.Post(path, body);
            var lift =
                path == "/v1/freezes" ? $"{path}/{stopped.Id}/lift" : path.Replace("suspend", "lift-suspension", StringComparison.Ordinal);
            (await by.Post(lift)).ExpectProblem(HttpStatusCode.Conflict, code);
            (await other.Post(lift)).Expect(HttpStatusCode.OK);
        }

        static object Freeze(string scope, Guid? resource) =>
            new
            {
                scope,
                resourceId = resource,
                reason = "We look at it",
            };
    }

    [Fact]
    public async Task A_role_is_never_taken_without_a_trace_not_even_by_the_tables_owner()
    {
        await using var world = await TestWorld.StartAsync();
        await world.Organization();
        foreach (var sql in (string[])["delete from role_assignments", "update past_roles set until = now()", "delete from past_roles"])
        {
            var member = await world.Member("/v1/administrators", null);
            (await world.Admin.Delete($"/v1/administrators/{member.PrincipalId}")).Expect(HttpStatusCode.NoContent);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => world.ScalarAsync<long>(sql));
            Assert.Equal(PostgresErrorCodes.RestrictViolation, refused.SqlState);
        }
    }

    private static string CodeOf(string role) =>
        role.StartsWith("organization", StringComparison.Ordinal) ? "own-organization"
        : role.StartsWith("provider", StringComparison.Ordinal) ? "own-provider"
        : role == "partner" ? "own-partner"
        : "own-programme";
}
