using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Npgsql;

namespace GpuGrants.Api.Tests.People;

/// <summary>
/// Whoever confirms, accepts or links is judged in the transaction that acts: what changed after the endpoint has read counts.
/// </summary>
public sealed partial class ProvedWhereItActsTests
{
    [Fact]
    public async Task A_guardian_who_becomes_a_minor_while_the_call_waits_confirms_nothing()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (path, code) = await AskGuardianAsync(world);
        await world.SignUpAsync("brother@example.org", "Brother", "student");
        var reply = await MeanwhileAsync(
            world,
            () => world.CallAsync(path, new { code, acceptsConsent = true }),
            "update people set birth_year = $1 where email = 'brother@example.org'",
            world.Now.Year - 12
        );
        reply.ExpectProblem(HttpStatusCode.Conflict, "not-a-guardian");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from minor_confirmations"));
    }

    [Fact]
    public async Task Two_calls_in_a_race_never_let_a_known_minor_confirm()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync();
        var (path, code) = await AskGuardianAsync(world);
        var (_, brother) = await world.SignUpAsync("brother@example.org", "Brother", "student");
        var elsewhere = brother.On(second);
        await elsewhere.TokenAsync();
        Task<Reply> stating;
        Task<Reply> confirming;
        await using (await world.Locked(Guid.Empty))
        {
            stating = elsewhere.Patch("/v1/me", new { birthYear = world.Now.Year - 12 }, Person.AnyVersion);
            await world.UntilBlocked();
            confirming = world.CallAsync(path, new { code, acceptsConsent = true });
            await world.UntilBlocked(2);
        }

        (await stating).Expect(HttpStatusCode.OK);
        // Whoever was first: a confirmation that was made is older than the statement.
        var confirmed = await confirming;
        if (confirmed.Status != HttpStatusCode.OK)
            confirmed.ExpectProblem(HttpStatusCode.Conflict, "not-a-guardian");
        Assert.Equal(
            0L,
            await world.ScalarAsync<long>(
                "select count(*) from minor_confirmations c, people p "
                    + "where p.email = 'brother@example.org' and c.confirmed_at > p.updated_at"
            )
        );
    }

    [Fact]
    public async Task Nobody_without_the_code_learns_whether_an_address_is_a_minors()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (path, code) = await AskGuardianAsync(world);
        var (_, brother) = await world.SignUpAsync("brother@example.org", "Brother", "student");
        (await brother.Patch("/v1/me", new { birthYear = world.Now.Year - 12 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var wrong = code == "00000000" ? "00000001" : "00000000";
        (await world.CallAsync(path, new { code = wrong, acceptsConsent = true })).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong");
        (await world.CallAsync(path, new { code, acceptsConsent = true })).ExpectProblem(HttpStatusCode.Conflict, "not-a-guardian");
    }

    [Fact]
    public async Task A_subject_that_is_registered_while_the_call_waits_is_linked_to_nobody()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        await mina.TokenAsync();
        var token = issuer.Token("248289761001", world.Now.AddHours(1));
        var reply = await MeanwhileAsync(
            world,
            () => mina.Post("/v1/me/identities", new { token }),
            """
            insert into principals (id, person_id, name, external_issuer, external_subject, status, version, created_at, updated_at)
            select p.id, p.id, 'Registered', $1, '248289761001', 'active', 1, $2, $2 from (select gen_random_uuid() as id) p
            """,
            issuer.Address,
            world.Now.ToUniversalTime()
        );
        reply.ExpectProblem(HttpStatusCode.Conflict, "identity-taken", "token");
    }

    [Fact]
    public async Task An_identity_that_is_unlinked_while_the_call_waits_verifies_nothing()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([
            .. Mailbox.Settings,
            $"--Access:TrustedIssuers:0:Address={issuer.Address}",
            "--Access:TrustedIssuers:0:IdentityClaim=assurance",
            "--Access:TrustedIssuers:0:IdentityValues:0=high",
        ]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org", "Mina", "individual");
        var token = issuer.Token("sub-mina", world.Now.AddHours(1), assurance: "high");
        (await mina.Post("/v1/me/identities", new { token })).Expect(HttpStatusCode.Created);
        var reply = await MeanwhileAsync(
            world,
            () => mina.Post($"/v1/organizations/{organization}/identity-proofs", new { token }),
            """
            with gone as (update linked_identities set until = $1 returning person_id)
            update principals set version = version + 1 where id in (select person_id from gone)
            """,
            world.Now.ToUniversalTime()
        );
        reply.ExpectProblem(HttpStatusCode.Conflict, "identity-not-linked", "token");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from verifications"));
    }

    [Fact]
    public async Task A_subject_that_is_unlinked_while_its_call_waits_makes_nothing()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var token = issuer.Token("thief", world.Now.AddHours(1), scope: "read request clients");
        (await mina.Post("/v1/me/identities", new { token })).Expect(HttpStatusCode.Created);
        var thief = world.Holder(token);
        (await thief.Get("/v1/me")).Expect(HttpStatusCode.OK);
        var reply = await MeanwhileAsync(
            world,
            () => thief.Post("/v1/clients", new { name = "After" }),
            """
            with gone as (update linked_identities set until = $1 returning person_id)
            update principals set version = version + 1 where id in (select person_id from gone)
            """,
            world.Now.ToUniversalTime()
        );
        reply.ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from api_clients where name = 'After'"));
    }

    /// <summary>A minor asks for a confirmation by <c>brother@example.org</c>.</summary>
    private static async Task<(string Path, string Code)> AskGuardianAsync(TestWorld world)
    {
        var (_, pupil) = await world.SignUpAsync("pupil@example.org", "Pupil", "student");
        (await pupil.Patch("/v1/me", new { birthYear = world.Now.Year - 14 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var started = (await pupil.Post("/v1/me/confirmations", new { guardianEmail = "brother@example.org" })).Expect(
            HttpStatusCode.Accepted
        );
        return ($"/v1/confirmations/{started.Id}/confirm", Code().Match(await world.ReadMailAsync("brother@example.org")).Value);
    }

    /// <summary>Makes a call, and changes something after its endpoint has read and before its transaction acts.</summary>
    private static async Task<Reply> MeanwhileAsync(TestWorld world, Func<Task<Reply>> call, string sql, params object[] values)
    {
        Task<Reply> calling;
        await using (var other = await world.Locked(Guid.Empty))
        {
            calling = call();
            await world.UntilBlocked();
            await using var change = new NpgsqlCommand(sql, other);
            foreach (var value in values)
                change.Parameters.Add(new NpgsqlParameter { Value = value });
            Assert.Equal(1, await change.ExecuteNonQueryAsync());
            await using var commit = new NpgsqlCommand("commit", other);
            await commit.ExecuteNonQueryAsync();
        }

        return await calling;
    }

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}
