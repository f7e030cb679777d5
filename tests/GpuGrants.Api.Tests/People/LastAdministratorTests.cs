using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>The platform always has an administrator.</summary>
public sealed class LastAdministratorTests
{
    [Fact]
    public async Task The_only_administrator_does_not_erase_themselves_and_of_two_at_once_one_stays()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var first = Guid.Parse((await world.Admin.Get("/v1/me")).Text_("principalId"));
        var mina = await EnterAsync(world.Admin, "mina@example.org");
        (await mina.Delete($"/v1/administrators/{first}")).Expect(HttpStatusCode.NoContent);
        (await mina.Delete("/v1/me")).ExpectProblem(HttpStatusCode.Conflict, "own-role");
        (await mina.Get("/v1/administrators")).Expect(HttpStatusCode.OK);

        // A suspended administrator administers nothing.
        var ravi = await EnterAsync(mina, "ravi@example.org");
        (await mina.Post($"/v1/principals/{ravi.PrincipalId}/suspend", new { reason = "Sold the time on" })).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).ExpectProblem(HttpStatusCode.Conflict, "own-role");
        (await mina.Post($"/v1/principals/{ravi.PrincipalId}/lift-suspension")).Expect(HttpStatusCode.OK);

        var both = await Task.WhenAll(mina.Delete("/v1/me"), ravi.Delete("/v1/me"));
        Assert.Single(both, one => one.Status == HttpStatusCode.NoContent);
        Assert.Single(both, one => one.Status == HttpStatusCode.Conflict).ExpectProblem(HttpStatusCode.Conflict, "own-role");
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from role_assignments where role = 'platform-administrator'"));

        async Task<Person> EnterAsync(Person by, string email) =>
            world.PersonOf((await world.JoinAsync(by, email, "platform-administrator", null)).Expect(HttpStatusCode.Created));
    }
}
