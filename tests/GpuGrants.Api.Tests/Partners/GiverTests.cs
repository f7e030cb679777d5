using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Http.Exports;
using GpuGrants.Api.Tests.Requests;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Partners;

/// <summary>Whoever consents for an organization gives away nothing of themselves.</summary>
public sealed partial class GiverTests
{
    [Fact]
    public async Task Neither_a_partner_nor_a_program_reads_what_is_private_to_whoever_stands_behind_it()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={issuer.Address}"]);
        var scene = await world.Scene();
        var (first, mina) = await world.SignUpAsync("mina@example.org");
        var second = (await mina.NewOrganization("Secret lab")).Expect(HttpStatusCode.Created).Id;
        await ConfirmAsync(world, mina);
        (await mina.Post("/v1/me/identities", new { token = issuer.Token("248289761001", world.Now.AddHours(1)) })).Expect(
            HttpStatusCode.Created
        );
        var open = (await mina.Quote(scene.Programme, 1, new { organizationId = first })).Expect(HttpStatusCode.Created);
        var secret = (await mina.Quote(scene.Programme, 2, new { organizationId = second })).Expect(HttpStatusCode.Created);
        // The feed shows an organization the trees in which it asked.
        (await mina.Ask(scene.Programme, 1, new { organizationId = first })).Expect(HttpStatusCode.Created);
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(first, mina);
        var program = await world.Member($"/v1/organizations/{first}/members", "organization-member", by: mina);
        foreach (var read in (Func<string, Task<Reply>>[])[path => portal.Person.Get(path, Portal.For(first)), path => program.Get(path)])
        {
            Assert.Equal([open.Id], Ids((await read("/v1/quotes")).Expect(HttpStatusCode.OK)));
            (await read($"/v1/quotes/{open.Id}")).Expect(HttpStatusCode.OK);
            (await read($"/v1/quotes/{secret.Id}")).ExpectProblem(HttpStatusCode.NotFound, "not-found");
            Assert.Empty((await read("/v1/me/identities")).Expect(HttpStatusCode.OK)["data"].AsArray());
            Assert.Empty((await read("/v1/me/confirmations")).Expect(HttpStatusCode.OK)["data"].AsArray());
            Assert.Empty((await read("/v1/events?types=person.*")).Expect(HttpStatusCode.OK)["data"].AsArray());
            Assert.Equal(
                [open.Text_("id")],
                (await read("/v1/events?types=quote.*"))["data"].AsArray().Select(one => one!["resourceId"]!.GetValue<string>())
            );
        }

        Assert.Equal(new[] { secret.Id, open.Id }.Order(), Ids(await mina.Get("/v1/quotes")).Order());
        foreach (var path in (string[])["/v1/me/identities", "/v1/me/confirmations", "/v1/events?types=person.*"])
            Assert.NotEmpty((await mina.Get(path))["data"].AsArray());
    }

    [Fact]
    public async Task What_a_partner_exports_takes_a_place_of_its_own_and_none_of_whoever_consented()
    {
        await using var world = await TestWorld.StartAsync("--RateLimit:ExportsPerCaller=1");
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        await portal.EnrolAsync(scene.Organization, scene.Startup);
        var giver = await world.ScalarAsync<Guid>("select given_by from consents");
        const string path = "/v1/events/export";
        var places = world.Services.GetRequiredService<ExportPlaces>();
        using (places.Enter(giver))
        {
            (await portal.Person.Get(path, Portal.For(scene.Organization))).Expect(HttpStatusCode.OK);
            (await scene.Startup.Get(path)).ExpectProblem(HttpStatusCode.TooManyRequests, "exports-running");
        }

        using (places.Enter(portal.Person.PrincipalId))
        {
            (await portal.Person.Get(path, Portal.For(scene.Organization))).ExpectProblem(
                HttpStatusCode.TooManyRequests,
                "exports-running"
            );
            (await scene.Startup.Get(path)).Expect(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task A_code_gives_no_consent_after_its_person_has_erased_themselves()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var portal = await Portal.EnterAsync(world);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var code = (await mina.Post("/v1/me/consents", new { scopes = Portal.Everything, partnerId = portal.Id }))
            .Expect(HttpStatusCode.Created)
            .Text_("code");
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        (await portal.Person.Post("/v1/consents", new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-used", "code");
        await world.SignUpAsync("mina@example.org", "Mina again");
        (await portal.Person.Get("/v1/organizations", Portal.ForPerson(mina.PrincipalId))).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        Assert.Equal(0L, await world.ScalarAsync<long>("select count(*) from consents where status = 'active'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_partner_acts_no_more_for_an_organization_whose_owner_consented_and_left(bool handsOver)
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var portal = await Portal.EnterAsync(world);
        var (organization, mina) = await world.SignUpAsync("mina@example.org");
        var consent = await portal.EnrolAsync(organization, mina);
        var role = handsOver ? "organization-member" : "organization-owner";
        var ravi = world.PersonOf((await world.JoinAsync(mina, "ravi@example.org", role, organization)).Expect(HttpStatusCode.Created));
        // The other replica remembers the consent.
        (await AskAsync()).Expect(HttpStatusCode.Created);
        if (handsOver)
        {
            var offered = await mina.Post($"/v1/organizations/{organization}/handovers", new { principalId = ravi.PrincipalId });
            (await ravi.Post($"/v1/handovers/{offered.Expect(HttpStatusCode.Created).Id}/accept")).Expect(HttpStatusCode.OK);
        }
        else
            (await mina.Delete($"/v1/organizations/{organization}/members/{mina.PrincipalId}")).Expect(HttpStatusCode.NoContent);

        (await AskAsync()).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await portal.Person.Get("/v1/organizations", Portal.For(organization))).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        Assert.Equal("ended", (await ravi.Get($"/v1/consents/{consent}")).Expect(HttpStatusCode.OK).Text_("status"));
        Assert.Single((await ravi.Get("/v1/events?types=consent.ended"))["data"].AsArray());
        // The new owner lets the partner act for themselves.
        await portal.EnrolAsync(organization, ravi);
        (await AskAsync()).Expect(HttpStatusCode.Created);

        Task<Reply> AskAsync() => portal.Person.On(second).Ask(scene.Programme, 1, null, Portal.For(organization));
    }

    private static async Task ConfirmAsync(TestWorld world, Person minor)
    {
        (await minor.Patch("/v1/me", new { birthYear = world.Now.Year - 15 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var started = (await minor.Post("/v1/me/confirmations", new { guardianEmail = "parent@example.org" })).Expect(
            HttpStatusCode.Accepted
        );
        var code = Code().Match(await world.ReadMailAsync("parent@example.org")).Value;
        (await world.CallAsync($"/v1/confirmations/{started.Id}/confirm", new { code, acceptsConsent = true })).Expect(HttpStatusCode.OK);
    }

    private static Guid[] Ids(Reply list) => [.. list["data"].AsArray().Select(one => one!["id"]!.GetValue<Guid>())];

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}
