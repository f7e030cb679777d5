using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>Programs multiply nothing of the person whom they act for.</summary>
public sealed class ProgramLimitTests
{
    [Fact]
    public async Task A_person_calls_no_more_often_through_programs()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--RateLimit:Calls=3", "--RateLimit:WindowSeconds=3600"]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var (_, ravi) = await world.SignUpAsync("ravi@example.org", "Ravi's lab");
        var program = await world.Named($"/v1/organizations/{organization}/members", null, mina);
        (await program.Get("/v1/me")).Expect(HttpStatusCode.OK);
        (await mina.Get("/v1/me")).Expect(HttpStatusCode.OK);
        foreach (var one in (Person[])[program, mina])
            (await one.Get("/v1/me")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await ravi.Get("/v1/me")).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_person_has_a_bounded_number_of_programs_over_everything_that_they_manage()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:ProgramsPerPerson=2"]);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var second = (await mina.NewOrganization("Second lab")).Expect(HttpStatusCode.Created).Id;
        var first = await world.Named($"/v1/organizations/{organization}/members", null, mina);
        // A program of a program is one of the person too.
        var owner = await world.Named($"/v1/organizations/{second}/members", "organization-owner", mina);
        foreach (var one in (Person[])[mina, owner])
            (await AddAsync(one)).ExpectProblem(HttpStatusCode.Conflict, "too-many-programs");
        // Those whom an administrator names are people of their own.
        (await AddAsync(world.Admin)).Expect(HttpStatusCode.Created);
        (await mina.Delete($"/v1/organizations/{organization}/members/{first.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        var both = await Task.WhenAll(AddAsync(mina), AddAsync(owner));
        Assert.Single(both, one => one.Status == HttpStatusCode.Created);
        Assert.Single(both, one => one.Status == HttpStatusCode.Conflict);

        Task<Reply> AddAsync(Person by) => by.Post($"/v1/organizations/{second}/members", new { name = "A program" });
    }
}
