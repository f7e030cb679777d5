using System.Net;
using System.Text.RegularExpressions;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.People;

/// <summary>Programmes may need a guardian's or a school's confirmation for minors.</summary>
public sealed partial class MinorTests
{
    [Fact]
    public async Task A_minor_asks_with_a_guardians_yes_until_it_is_withdrawn()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        // A child programme cannot loosen what the one above needs.
        await NeedAsync(world, scene);
        (await world.Admin.Post("/v1/programmes", Child(scene, "nothing"))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "looser-than-parent",
            "minorsNeed"
        );
        var child = (await world.Admin.Post("/v1/programmes", Child(scene, null))).Expect(HttpStatusCode.Created);
        Assert.Equal("confirmation", child.Text_("minorsNeed"));
        Assert.Equal("approved", await AskAsync(scene, scene.Startup));

        var (_, mina) = await world.SignUpAsync("mina@example.org", "Mina", "student");
        Assert.Equal("denied age-not-stated", await AskAsync(scene, mina));
        (await mina.Patch("/v1/me", new { birthYear = 2_000, ofAge = true }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "ofAge"
        );
        (await mina.Post("/v1/me/confirmations", new { guardianEmail = "parent@example.org" })).ExpectProblem(
            HttpStatusCode.Conflict,
            "age-not-stated"
        );
        var year = world.Now.Year - 15;
        var stated = (await mina.Patch("/v1/me", new { birthYear = year }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        Assert.Equal(year, (int)stated.Number("birthYear"));
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, mina));
        foreach (var older in (object[])[new { birthYear = year - 10 }, new { ofAge = true }])
            (await mina.Patch("/v1/me", older, Person.AnyVersion)).ExpectProblem(HttpStatusCode.Conflict, "age-stated");

        (await mina.Post("/v1/me/confirmations", new { guardianEmail = "Mina+parent@example.org" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "guardianEmail"
        );
        var started = (await mina.Post("/v1/me/confirmations", new { guardianEmail = "parent@example.org" })).Expect(
            HttpStatusCode.Accepted
        );
        var mail = await world.ReadMailAsync("parent@example.org");
        Assert.Contains("legal guardian of Kim Minji", mail, StringComparison.Ordinal);
        var code = Code().Match(mail).Value;
        var confirm = $"/v1/confirmations/{started.Id}/confirm";
        (await world.CallAsync(confirm, new { code })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "acceptsConsent");
        (await world.CallAsync(confirm, new { code = code == "00000000" ? "00000001" : "00000000", acceptsConsent = true })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "code-wrong"
        );
        var made = (await world.CallAsync(confirm, new { code, acceptsConsent = true })).Expect(HttpStatusCode.OK);
        Assert.Equal("guardian", made.Text_("kind"));
        Assert.Contains(made.Text_("withdrawalKey"), await world.ReadMailAsync("parent@example.org"), StringComparison.Ordinal);
        Assert.Equal(0, await world.CountRowsWithAsync("parent@example.org"));
        Assert.Equal("approved", await AskAsync(scene, mina));

        var withdraw = $"/v1/confirmations/{made.Id}/withdraw";
        (await world.CallAsync(withdraw, new { withdrawalKey = "guess" })).ExpectProblem(HttpStatusCode.NotFound, "not-found");
        (await world.CallAsync(withdraw, new { withdrawalKey = made.Text_("withdrawalKey") })).Expect(HttpStatusCode.OK);
        (await world.CallAsync(withdraw, new { withdrawalKey = made.Text_("withdrawalKey") })).ExpectProblem(
            HttpStatusCode.Conflict,
            "confirmation-ended"
        );
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, mina));
        Assert.Equal("withdrawn", (await mina.Get("/v1/me/confirmations"))["data"][0]!["endReason"]!.GetValue<string>());

        // What was stated goes with the person.
        (await mina.Post($"/v1/grants/{await GrantAsync(mina)}/close", new { })).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(
            0L,
            await world.ScalarAsync<long>("select count(*) from people where birth_year is not null or confirmation_id is not null")
        );
    }

    [Fact]
    public async Task A_school_confirms_for_its_members_as_long_as_they_are_members()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (scene, school, teacher, pupil) = await SchoolAsync(world, age: 16);
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
        var path = $"/v1/organizations/{school}/confirmations";
        (await pupil.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await world.Admin.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(HttpStatusCode.Forbidden, "forbidden");
        (await teacher.Post(path, new { principalId = teacher.PrincipalId })).ExpectProblem(HttpStatusCode.Conflict, "own-confirmation");
        (
            await scene.Startup.Post($"/v1/organizations/{scene.Organization}/confirmations", new { principalId = pupil.PrincipalId })
        ).ExpectProblem(HttpStatusCode.Conflict, "not-a-school");
        // Anybody calls an organization a school, and a child may own one.
        (await teacher.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(HttpStatusCode.Conflict, "school-not-verified");
        var proved = new { level = "identity", evidence = "The register of schools" };
        (await world.Admin.Post($"/v1/organizations/{school}/verifications", proved)).Expect(HttpStatusCode.Created);
        (await teacher.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(HttpStatusCode.Conflict, "confirmer-not-of-age");
        var classmate = world.PersonOf(
            (await world.JoinAsync(teacher, "classmate@example.org", "organization-owner", school)).Expect(HttpStatusCode.Created)
        );
        (await classmate.Patch("/v1/me", new { birthYear = world.Now.Year - 16 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await classmate.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(
            HttpStatusCode.Conflict,
            "confirmer-not-of-age"
        );
        // The address of a minor confirms for nobody, and the answer is that for one's own.
        var own = await pupil.Post("/v1/me/confirmations", new { guardianEmail = "pupil@example.org" });
        var other = await pupil.Post("/v1/me/confirmations", new { guardianEmail = "classmate@example.org" });
        other.ExpectProblem(HttpStatusCode.BadRequest, "invalid", "guardianEmail");
        Assert.Equal(own["errors"].ToJsonString(), other["errors"].ToJsonString());
        await NobodyWhoBecameAMinorConfirmsAsync(world, pupil);

        (await teacher.Patch("/v1/me", new { ofAge = true }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var first = (await teacher.Post(path, new { principalId = pupil.PrincipalId })).Expect(HttpStatusCode.Created);
        (await teacher.Post($"{path}/{first.Id}/withdraw")).Expect(HttpStatusCode.OK);
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
        (await teacher.Post(path, new { principalId = pupil.PrincipalId })).Expect(HttpStatusCode.Created);
        var asked = (await pupil.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", asked.Text_("status"));

        // The verdict's moment decides: whoever left the school has no confirmation any more.
        (await teacher.Delete($"/v1/organizations/{school}/members/{pupil.PrincipalId}")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(
            ["left", "withdrawn"],
            (await teacher.Get(path))["data"].AsArray().Select(one => one!["endReason"]!.GetValue<string>()).Order(StringComparer.Ordinal)
        );
        var reviewer = await world.Reviewer(scene.Programme);
        (await reviewer.Post($"/v1/requests/{asked.Id}/approve", new { }, ("If-Match", asked.ETag))).ExpectProblem(
            HttpStatusCode.Conflict,
            "minor-not-confirmed"
        );

        // Whoever has come of age needs none.
        (await world.JoinAsync(teacher, "pupil@example.org", "organization-member", school)).Expect(HttpStatusCode.Created);
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
        await world.PassAsync(TimeSpan.FromDays(366 * 3), teacher, pupil, reviewer);
        Assert.Equal("in-review", await AskAsync(scene, pupil));
        (await teacher.Post(path, new { principalId = pupil.PrincipalId })).ExpectProblem(HttpStatusCode.Conflict, "not-a-minor");
    }

    [Fact]
    public async Task A_schools_word_counts_only_while_the_school_is_verified()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (scene, school, teacher, pupil) = await SchoolAsync(world, age: 14);
        (await teacher.Patch("/v1/me", new { ofAge = true }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var reviewer = await world.Reviewer(scene.Programme);
        var path = $"/v1/organizations/{school}";
        var confirmation = "";

        // Withdrawn, or fallen with the name: both end what the school confirmed. Another verification brings nothing back.
        foreach (var loses in (Func<Task<Reply>>[])[Withdraw, Rename])
        {
            await VerifyAsync(world.Now.AddDays(400));
            var waits = await ConfirmedAsync();
            (await loses()).Expect(HttpStatusCode.OK);
            Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
            (await reviewer.Post($"/v1/requests/{waits.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
                HttpStatusCode.Conflict,
                "minor-not-confirmed"
            );
            await VerifyAsync(world.Now.AddDays(400));
            Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
            Assert.Equal("unverified", await EndReasonAsync());
        }

        // A longer verification in the place of the present one carries the confirmation on; then its end comes by time alone.
        await VerifyAsync(world.Now.AddHours(10));
        var late = await ConfirmedAsync();
        await VerifyAsync(world.Now.AddHours(20));
        world.Clock.Advance(TimeSpan.FromHours(15));
        ForgetTokens();
        Assert.Equal("in-review", await AskAsync(scene, pupil));
        world.Clock.Advance(TimeSpan.FromHours(5));
        ForgetTokens();
        Assert.Equal("denied minor-not-confirmed", await AskAsync(scene, pupil));
        (await reviewer.Post($"/v1/requests/{late.Id}/approve", new { }, Person.AnyVersion)).ExpectProblem(
            HttpStatusCode.Conflict,
            "minor-not-confirmed"
        );
        Assert.Null(await EndReasonAsync());
        await world.PassAsync(TimeSpan.FromHours(1), teacher, pupil, reviewer);
        Assert.Equal("unverified", await EndReasonAsync());

        // A school that closes confirms for nobody.
        await VerifyAsync(null);
        await ConfirmedAsync();
        (await teacher.Post($"{path}/close")).Expect(HttpStatusCode.OK);
        Assert.Equal("unverified", await EndReasonAsync());
        Assert.Equal(
            0L,
            await world.ScalarAsync<long>("select count(*) from people where confirmation_id is not null or confirmed_until is not null")
        );

        Task<Reply> Withdraw() => world.Admin.Post($"{path}/withdraw-verification");

        Task<Reply> Rename() => teacher.Patch(path, new { name = "Another School" }, Person.AnyVersion);

        async Task VerifyAsync(DateTimeOffset? endsAt) =>
            (
                await world.Admin.Post(
                    $"{path}/verifications",
                    new
                    {
                        level = "identity",
                        evidence = "The register of schools",
                        endsAt,
                    }
                )
            ).Expect(HttpStatusCode.Created);

        async Task<Reply> ConfirmedAsync()
        {
            confirmation = (await teacher.Post($"{path}/confirmations", new { principalId = pupil.PrincipalId }))
                .Expect(HttpStatusCode.Created)
                .Text_("id");
            var asked = (await pupil.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
            Assert.Equal("in-review", asked.Text_("status"));
            return asked;
        }

        async Task<string?> EndReasonAsync() =>
            (await pupil.Get("/v1/me/confirmations"))
                .Expect(HttpStatusCode.OK)["data"]
                .AsArray()
                .Single(one => one!["id"]!.GetValue<string>() == confirmation)!["endReason"]
                ?.GetValue<string>();

        void ForgetTokens()
        {
            foreach (var person in (Person[])[world.Admin, teacher, pupil, reviewer])
                person.ForgetToken();
        }
    }

    /// <summary>An address that was nobody's when the code was mailed, and is a minor's when it comes back.</summary>
    private static async Task NobodyWhoBecameAMinorConfirmsAsync(TestWorld world, Person pupil)
    {
        var started = (await pupil.Post("/v1/me/confirmations", new { guardianEmail = "brother@example.org" })).Expect(
            HttpStatusCode.Accepted
        );
        var code = Code().Match(await world.ReadMailAsync("brother@example.org")).Value;
        var (_, brother) = await world.SignUpAsync("brother@example.org", "Brother", "student");
        (await brother.Patch("/v1/me", new { birthYear = world.Now.Year - 12 }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await world.CallAsync($"/v1/confirmations/{started.Id}/confirm", new { code, acceptsConsent = true })).ExpectProblem(
            HttpStatusCode.Conflict,
            "not-a-guardian"
        );
    }

    private static object Child(Scene scene, string? need) =>
        new
        {
            name = "Below",
            timeZone = "UTC",
            parentId = scene.Programme,
            minorsNeed = need,
        };

    /// <summary>A school with its teacher and a pupil of this age, where a programme needs confirmations for minors.</summary>
    private static async Task<(Scene Scene, Guid School, Person Teacher, Person Pupil)> SchoolAsync(TestWorld world, int age)
    {
        var scene = await world.Scene(1_000, 1_000, Scenes.PerRequest("0.5"));
        await NeedAsync(world, scene);
        var (school, teacher) = await world.SignUpAsync("teacher@example.org", "Hangang School", "school");
        var pupil = world.PersonOf(
            (await world.JoinAsync(teacher, "pupil@example.org", "organization-member", school)).Expect(HttpStatusCode.Created)
        );
        (await pupil.Patch("/v1/me", new { birthYear = world.Now.Year - age }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        return (scene, school, teacher, pupil);
    }

    private static async Task NeedAsync(TestWorld world, Scene scene) =>
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { minorsNeed = "confirmation" }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );

    /// <summary>The status, with the code of the reason where it is denied.</summary>
    private static async Task<string> AskAsync(Scene scene, Person person)
    {
        var asked = (await person.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var status = asked.Text_("status");
        return status == "denied" ? $"{status} {asked["decision"]["reasons"]![0]!["code"]!.GetValue<string>()}" : status;
    }

    private static async Task<string> GrantAsync(Person person) => (await person.Get("/v1/grants"))["data"][0]!["id"]!.GetValue<string>();

    [GeneratedRegex(@"\b\d{8}\b")]
    private static partial Regex Code();
}
