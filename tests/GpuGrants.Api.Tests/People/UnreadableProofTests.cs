using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.Partners;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>The key may be gone that encrypted what a code is for. Then another code helps, and nothing fails beside it.</summary>
public sealed partial class UnreadableProofTests
{
    [Fact]
    public async Task A_sign_up_that_nobody_can_read_takes_another_code()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        const string Email = "mina@example.org";
        var started = (await world.StartSignUpAsync(Email)).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync(Email);
        await LoseDetailsAsync(world);
        var path = $"/v1/sign-ups/{started.Id}/confirm";
        var wrong = code == "00000000" ? "00000001" : "00000000";
        (await world.CallAsync(path, new { code = wrong })).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        (await world.CallAsync(path, new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
        (await world.ConfirmSignUpAsync(Email)).Expect(HttpStatusCode.Created);
        // A recovery needs no more than the address of the proof.
        var lost = (await world.CallAsync("/v1/recoveries", new { email = Email })).Expect(HttpStatusCode.Accepted);
        code = await world.ReadCodeAsync(Email);
        await LoseDetailsAsync(world);
        (await world.CallAsync($"/v1/recoveries/{lost.Id}/confirm", new { code })).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_invitation_that_nobody_can_read_is_listed_without_its_address_and_gives_no_role()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var body = new
        {
            email = "jisoo@example.org",
            role = "organization-member",
            resourceId = scene.Organization,
        };
        var invited = (await scene.Startup.Post("/v1/invitations", body)).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync(body.email);
        await LoseDetailsAsync(world);
        var listed = Assert.Single((await scene.Startup.Get("/v1/invitations")).Expect(HttpStatusCode.OK)["data"].AsArray())!;
        Assert.Equal("open", listed["status"]!.GetValue<string>());
        Assert.Null(listed["email"]);
        var yes = new
        {
            code,
            name = "Park Jisoo",
            acceptsTerms = true,
        };
        (await world.CallAsync($"/v1/invitations/{invited.Id}/accept", yes)).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
        (await scene.Startup.Post($"/v1/invitations/{invited.Id}/withdraw")).Expect(HttpStatusCode.OK);
        (await world.JoinAsync(scene.Startup, body.email, body.role, body.resourceId)).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_change_of_address_and_a_guardians_yes_that_nobody_can_read_change_nothing()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        (await mina.Patch("/v1/me", new { birthYear = world.Now.Year - 15 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var moving = (await mina.Post("/v1/me/email-changes", new { email = "mina@example.net" })).Expect(HttpStatusCode.Accepted);
        var codes = new
        {
            oldCode = await world.ReadCodeAsync("mina@example.org"),
            newCode = await world.ReadCodeAsync("mina@example.net"),
        };
        var asked = (await mina.Post("/v1/me/confirmations", new { guardianEmail = "parent@example.org" })).Expect(HttpStatusCode.Accepted);
        var yes = new { code = Code().Match(await world.ReadMailAsync("parent@example.org")).Value, acceptsConsent = true };
        await LoseDetailsAsync(world);
        (await mina.Post($"/v1/me/email-changes/{moving.Id}/confirm", codes)).ExpectProblem(
            HttpStatusCode.Conflict,
            "code-expired",
            "code"
        );
        (await world.CallAsync($"/v1/confirmations/{asked.Id}/confirm", yes)).ExpectProblem(
            HttpStatusCode.Conflict,
            "code-expired",
            "code"
        );
        Assert.Equal("mina@example.org", (await mina.Get("/v1/me"))["person"]["email"]!.GetValue<string>());
    }

    [Fact]
    public async Task Whom_a_partner_signs_up_gets_another_code_where_nobody_can_read_the_first_one()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var portal = await Portal.EnterAsync(world);
        var body = new
        {
            externalId = "user-1",
            email = "mina@example.org",
            name = "Kim Mina",
            kind = "student",
            country = "KR",
            acceptsTerms = true,
            ofAge = true,
        };
        var begun = (await portal.Person.Post($"/v1/partners/{portal.Id}/people", body)).Expect(HttpStatusCode.Created);
        var code = await world.ReadCodeAsync(body.email);
        await LoseDetailsAsync(world);
        var path = $"/v1/partner-sign-ups/{begun.Text_("confirmationId")}/confirm";
        (await world.CallAsync(path, new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
        var again = (await portal.Person.Post($"/v1/partners/{portal.Id}/people", body)).Expect(HttpStatusCode.OK);
        code = await world.ReadCodeAsync(body.email);
        (await world.CallAsync($"/v1/partner-sign-ups/{again.Text_("confirmationId")}/confirm", new { code })).Expect(
            HttpStatusCode.Created
        );
    }

    private static Task<long> LoseDetailsAsync(TestWorld world) =>
        world.ScalarAsync<long>("update address_proofs set details = '\\x00' where details is not null; select 1::bigint");

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}
