using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>A client whose end has come is none any more.</summary>
public sealed class ExpiredClientTests
{
    [Fact]
    public async Task A_recovery_gives_a_client_that_works_where_the_old_ones_have_expired()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:ClientsPerPrincipal=2"]);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var expires = world.Now.AddDays(1);
        var made = (await mina.Post("/v1/clients", new { name = "For a day", expiresAt = expires })).Expect(HttpStatusCode.Created);
        (await mina.Post($"/v1/clients/{mina.ClientId}/revoke")).Expect(HttpStatusCode.OK);
        await world.PassAsync(TimeSpan.FromDays(2), mina);
        (await RecoverAsync(made.Text_("clientId"))).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "clientId");
        var recovered = (await RecoverAsync(null)).Expect(HttpStatusCode.OK);
        var again = world.PersonOf(recovered["client"], mina.PrincipalId);
        (await again.Get("/v1/me")).Expect(HttpStatusCode.OK);
        // One that has expired takes no place of others.
        (await again.Post("/v1/clients", new { name = "Second" })).Expect(HttpStatusCode.Created);
        (await again.Post("/v1/clients", new { name = "Third" })).ExpectProblem(HttpStatusCode.Conflict, "too-many-clients");

        async Task<Reply> RecoverAsync(string? clientId)
        {
            var started = (await world.CallAsync("/v1/recoveries", new { email = "mina@example.org" })).Expect(HttpStatusCode.Accepted);
            var code = await world.ReadCodeAsync("mina@example.org");
            return await world.CallAsync($"/v1/recoveries/{started.Id}/confirm", clientId is null ? new { code } : new { code, clientId });
        }
    }
}
