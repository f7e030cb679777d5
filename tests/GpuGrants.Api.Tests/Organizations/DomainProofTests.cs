using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Organizations;

/// <summary>Owners prove domains by a DNS record or by a mailed code.</summary>
public sealed class DomainProofTests
{
    [Fact]
    public async Task A_record_proves_a_domain_until_its_end_or_a_new_name()
    {
        using var names = new NameServer();
        await using var world = await TestWorld.StartAsync(names.Setting);
        var scene = await world.Scene();
        await RequireDomainAsync(world, scene);
        Assert.Contains("/domain-proofs", (await scene.Startup.Ask(scene.Programme, 1)).Text, StringComparison.Ordinal);
        var started = (await StartAsync(scene, new { domain = "Hangang.Example" })).Expect(HttpStatusCode.Created);
        Assert.Equal(("hangang.example", "dns", "open"), (started.Text_("domain"), started.Text_("method"), started.Text_("status")));
        var (name, value) = (started["record"]["name"]!.GetValue<string>(), started["record"]["value"]!.GetValue<string>());
        Assert.Equal("_gpugrants-challenge.hangang.example", name);
        Assert.Equal(0, await world.CountRowsWithAsync(value.Split('=')[1]));

        (await CheckAsync(scene, started.Id)).ExpectProblem(HttpStatusCode.Conflict, "dns-record-missing");
        names.Set(name, "v=spf1 -all", value + "0", value[..^1]);
        (await CheckAsync(scene, started.Id)).ExpectProblem(HttpStatusCode.Conflict, "dns-record-missing");
        Assert.Equal("email", await LevelAsync(scene));
        names.Set(name, "v=spf1 -all", value);
        var made = (await CheckAsync(scene, started.Id)).Expect(HttpStatusCode.OK);
        Assert.Equal(("domain", Guid.Empty.ToString()), (made.Text_("level"), made.Text_("authorId")));
        Assert.Contains(name, made.Text_("evidence"), StringComparison.Ordinal);
        Assert.Equal(world.Now.AddDays(365), DateTimeOffset.Parse(made.Text_("endsAt"), null));
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("status"));
        (await CheckAsync(scene, started.Id)).ExpectProblem(HttpStatusCode.Conflict, "code-used");

        // A second domain joins the first, which stays proved no longer than it was.
        var second = (await StartAsync(scene, new { domain = "lab.hangang.example" })).Expect(HttpStatusCode.Created);
        names.Set(second["record"]["name"]!.GetValue<string>(), second["record"]["value"]!.GetValue<string>());
        var both = (await CheckAsync(scene, second.Id)).Expect(HttpStatusCode.OK);
        Assert.Equal(2, both["emailDomains"].AsArray().Count);
        Assert.Equal(made.Text_("endsAt"), both.Text_("endsAt"));

        (await scene.Startup.Patch($"/v1/organizations/{scene.Organization}", new { name = "Renamed" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal("email", await LevelAsync(scene));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created).Text_("status"));

        // Whoever is verified by identity keeps that.
        var third = (await StartAsync(scene, new { domain = "other.example" })).Expect(HttpStatusCode.Created);
        (
            await world.Admin.Post(
                $"/v1/organizations/{scene.Organization}/verifications",
                new { level = "identity", evidence = "A register" }
            )
        ).Expect(HttpStatusCode.Created);
        (await CheckAsync(scene, third.Id)).ExpectProblem(HttpStatusCode.Conflict, "verified-by-identity");
        var listed = (await scene.Startup.Get($"/v1/organizations/{scene.Organization}/domain-proofs")).Expect(HttpStatusCode.OK);
        Assert.Equal(
            ["open", "proved", "proved"],
            listed["data"].AsArray().Select(one => one!["status"]!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task A_mailed_code_proves_the_domain_of_its_address_and_tells_nobody_the_address()
    {
        using var names = new NameServer();
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, names.Setting]);
        var scene = await world.Scene();
        foreach (var other in (string[])["press@another.example", "press@sub.hangang.example", "press@gmail.com"])
            (await StartAsync(scene, new { domain = "hangang.example", email = other })).ExpectProblem(
                HttpStatusCode.BadRequest,
                "invalid",
                "email"
            );
        var started = (await StartAsync(scene, new { domain = "hangang.example", email = "press@hangang.example" })).Expect(
            HttpStatusCode.Created
        );
        var code = await world.ReadCodeAsync("press@hangang.example");
        (await CheckAsync(scene, started.Id)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "code");
        var wrong = code == "00000000" ? "00000001" : "00000000";
        (await CheckAsync(scene, started.Id, wrong)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        var made = (await CheckAsync(scene, started.Id, code)).Expect(HttpStatusCode.OK);
        Assert.Equal("hangang.example", Assert.Single(made["emailDomains"].AsArray())!.GetValue<string>());
        Assert.Equal(0, await world.CountRowsWithAsync("press@hangang.example"));

        var again = (await StartAsync(scene, new { domain = "hangang.example", email = "press@hangang.example" })).Expect(
            HttpStatusCode.Created
        );
        code = await world.ReadCodeAsync("press@hangang.example");
        wrong = code == "00000000" ? "00000001" : "00000000";
        for (var i = 0; i < 5; i++)
            (await CheckAsync(scene, again.Id, wrong)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong");
        (await CheckAsync(scene, again.Id, code)).ExpectProblem(HttpStatusCode.Conflict, "code-locked");
        var late = (await StartAsync(scene, new { domain = "hangang.example", email = "press@hangang.example" })).Expect(
            HttpStatusCode.Created
        );
        code = await world.ReadCodeAsync("press@hangang.example");
        await world.PassAsync(TimeSpan.FromMinutes(15), scene.Startup);
        (await CheckAsync(scene, late.Id, code)).ExpectProblem(HttpStatusCode.Conflict, "code-expired");
    }

    [Fact]
    public async Task Nobody_proves_what_anybody_has_and_look_ups_are_bounded()
    {
        using var names = new NameServer();
        await using var world = await TestWorld.StartAsync(
            names.Setting,
            "--DomainProofs:MailServices:0=portal.example",
            "--DomainProofs:LookupsPerHour=2",
            "--DomainProofs:StartsPerHour=2",
            "--DomainProofs:TimeoutMilliseconds=200"
        );
        var (organization, owner) = await world.Organization(name: "Hangang Robotics");
        var path = $"/v1/organizations/{organization}/domain-proofs";
        foreach (
            var domain in (string[])
                ["gmail.com", "naver.com", "mail.portal.example", "co.kr", "com", "no domain", "127.0.0.1", "riseup.net"]
        )
            (await owner.Post(path, new { domain })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "domain");
        var proof = (await owner.Post(path, new { domain = "hangang.example" })).Expect(HttpStatusCode.Created);
        var check = $"{path}/{proof.Id}/check";
        (await owner.Post(check)).ExpectProblem(HttpStatusCode.Conflict, "dns-record-missing");
        names.IsSilent = true;
        (await owner.Post(check)).ExpectProblem(HttpStatusCode.ServiceUnavailable, "dns-unavailable");
        var asked = names.Asked;
        (await owner.Post(check)).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.Equal(asked, names.Asked);
        (await owner.Post(path, new { domain = "second.example" })).Expect(HttpStatusCode.Created);
        (await owner.Post(path, new { domain = "third.example" })).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        var (other, stranger) = await world.Organization(name: "Another");
        (await stranger.Post($"/v1/organizations/{other}/domain-proofs/{proof.Id}/check")).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        (await stranger.Post($"/v1/organizations/{other}/domain-proofs", new { domain = "another.example" })).Expect(
            HttpStatusCode.Created
        );
    }

    private static Task<Reply> StartAsync(Scene scene, object body) =>
        scene.Startup.Post($"/v1/organizations/{scene.Organization}/domain-proofs", body);

    private static Task<Reply> CheckAsync(Scene scene, Guid proof, string? code = null) =>
        scene.Startup.Post($"/v1/organizations/{scene.Organization}/domain-proofs/{proof}/check", code is null ? new { } : new { code });

    private static async Task<string> LevelAsync(Scene scene) =>
        (await scene.Startup.Get($"/v1/organizations/{scene.Organization}")).Expect(HttpStatusCode.OK).Text_("verification");

    private static async Task RequireDomainAsync(TestWorld world, Scene scene) =>
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { requiredVerification = "domain" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
}
