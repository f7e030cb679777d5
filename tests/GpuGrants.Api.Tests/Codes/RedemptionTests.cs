using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Codes;

public sealed class RedemptionTests
{
    private const string Hangul = "[가-힣]";

    [Fact]
    public async Task A_code_tried_by_many_at_once_pays_once()
    {
        await using var world = await TestWorld.StartAsync();
        await using var second = await world.StartSecondAsync();
        var scene = await world.Scene();
        var (batch, codes) = await world.Mint(scene);
        var people = new List<Person>();
        for (var i = 0; i < 4; i++)
            people.Add((await world.Organization(kind: "student", name: $"Student {i}")).Owner);
        var replies = await Task.WhenAll(
            people.SelectMany(person => (Task<Reply>[])[person.Redeem(codes[0]), person.On(second).Redeem(codes[0])])
        );
        // The one who was first gets the answer twice.
        var (paid, late) = (
            replies.Where(one => one.Status == HttpStatusCode.Created).ToList(),
            replies.Where(one => one.Status == HttpStatusCode.Conflict && one.Code == "code-used")
        );
        Assert.Equal((2, 6), (paid.Count, late.Count()));
        Assert.Equal(paid[0].Id, paid[1].Id);
        Assert.Equal(1L, await world.ScalarAsync<long>("select count(*) from grants"));
        Assert.Equal((5m, 5m), (await world.Balance(batch.Id, "codes"), await world.HoursOf(batch.Id, "codes")));
        // For another organization of theirs it is used, and its request is none of that one's.
        var winner = people[replies.ToList().FindIndex(one => one.Status == HttpStatusCode.Created) / 2];
        var another = (await winner.NewOrganization("Another")).Expect(HttpStatusCode.Created);
        var body = new { code = codes[0], organizationId = another.Id };
        (await winner.Post("/v1/code-redemptions", body)).ExpectProblem(HttpStatusCode.Conflict, "code-used", "code");
    }

    [Fact]
    public async Task Codes_keep_their_place_when_everything_else_is_taken()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(credits: 20, capacity: 20);
        (await world.TryMint(scene, 5)).ExpectProblem(HttpStatusCode.Conflict, "capacity-exhausted", "count");
        var (batch, codes) = await world.Mint(scene, 2);
        Assert.Equal("approved", (await scene.Startup.Ask(scene.Programme, 10)).Text_("status"));
        Assert.Equal("denied", (await scene.Startup.Ask(scene.Programme, 1)).Text_("status"));
        (await scene.Operator.Post($"/v1/offers/{scene.Offer}/withdraw-capacity", new { gpuHours = 1 })).ExpectProblem(
            HttpStatusCode.Conflict,
            "insufficient-balance",
            "gpuHours"
        );
        var (_, student) = await world.Organization(kind: "student", name: "Mina");
        Assert.Equal("approved", (await student.Redeem(codes[0])).Expect(HttpStatusCode.Created).Text_("status"));

        // Ended by hand, the rest returns at once, once.
        (await world.Admin.Post($"/v1/code-batches/{batch.Id}/end", null, ("If-Match", batch.ETag))).ExpectProblem(
            HttpStatusCode.PreconditionFailed,
            "stale"
        );
        Assert.Equal("ended", (await world.Admin.Post($"/v1/code-batches/{batch.Id}/end")).Expect(HttpStatusCode.OK).Text_("status"));
        (await world.Admin.Post($"/v1/code-batches/{batch.Id}/end")).ExpectProblem(HttpStatusCode.Conflict, "code-batch-ended");
        Assert.Equal(5, await world.Balance(scene.Programme, "budget"));
        (await scene.Startup.Redeem(codes[1])).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
        Assert.Equal(codes[0], (await world.CodesOf(batch.Id))[0]);
    }

    [Fact]
    public async Task A_code_expires_at_its_moment_whoever_sweeps()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (_, codes) = await world.Mint(scene, 2);
        world.Clock.Advance(TimeSpan.FromDays(30));
        scene.Startup.ForgetToken();
        (await scene.Startup.Redeem(codes[0])).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "code");
        (await world.StartSignUpWith(codes[1], "mina@example.org")).ExpectProblem(HttpStatusCode.Conflict, "code-expired", "grantCode");
    }

    [Fact]
    public async Task A_denied_redemption_spends_nothing_and_a_review_spends_the_code()
    {
        await using var world = await TestWorld.StartAsync();
        var scene = await world.Scene(1_000, 1_000, Scenes.PerRequest("2"));
        var kept = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false, eligibleKinds = new[] { "student" } });
        var (forStudents, codes) = await world.Mint(scene with { Programme = kept }, 2);
        var denied = (await scene.Startup.Redeem(codes[0])).Expect(HttpStatusCode.Created);
        Assert.Equal("denied", denied.Text_("status"));
        Assert.Equal("kind-not-eligible", denied["decision"]["reasons"]!.AsArray()[0]!["code"]!.GetValue<string>());
        Assert.Equal(10, await world.Balance(forStudents.Id, "codes"));

        // A person decides: the code is spent, and its credits wait with the request.
        var (_, student) = await world.Organization(kind: "student", name: "Mina");
        var waits = (await student.Redeem(codes[0])).Expect(HttpStatusCode.Created);
        Assert.Equal("in-review", waits.Text_("status"));
        Assert.Equal((5m, 990m), (await world.Balance(forStudents.Id, "codes"), await world.Balance(scene.Programme, "budget")));
        var reviewer = await world.Reviewer(kept);
        (await reviewer.Post($"/v1/requests/{waits.Id}/deny", new { reason = "Not now" }, ("If-Match", waits.ETag))).Expect(
            HttpStatusCode.OK
        );
        Assert.Equal(995, await world.Balance(scene.Programme, "budget"));
        (await scene.Startup.Redeem(codes[0])).ExpectProblem(HttpStatusCode.Conflict, "code-used");

        // An ended programme's codes end with it, and their credits go where its budget goes.
        (await world.Admin.Post($"/v1/programmes/{kept}/end")).Expect(HttpStatusCode.OK);
        var (_, other) = await world.Organization(kind: "student", name: "Ravi");
        Assert.Equal("denied", (await other.Redeem(codes[1])).Expect(HttpStatusCode.Created).Text_("status"));
        await world.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((0m, 1_000m), (await world.Balance(forStudents.Id, "codes"), await world.Balance(scene.Programme, "budget")));
    }

    [Fact]
    public async Task Wrong_codes_are_counted_per_person_and_per_address_and_mistyped_ones_are_told()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Codes:WrongPerPerson=2", "--Codes:WrongPerAddress=4"]);
        await using var second = await world.StartSecondAsync("--Codes:WrongPerPerson=2", "--Codes:WrongPerAddress=4");
        var scene = await world.Scene();
        var (_, codes) = await world.Mint(scene);
        const string Never = "0000-0000-0000-0000-0000";
        foreach (var typo in (string[])[codes[0][..^1] + (codes[0][^1] == '0' ? '1' : '0'), codes[0][..^1], codes[0] + "0", "", "U"])
            (await scene.Startup.Redeem(typo)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "code");
        (await scene.Startup.Redeem(Never)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        (await scene.Startup.On(second).Redeem(Never)).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
        (await scene.Startup.Redeem(codes[0])).ExpectProblem((HttpStatusCode)429, "rate-limited");

        // Strangers count by their address; nobody there goes on guessing, also with a right code.
        (await world.StartSignUpWith(Never, "a@example.org")).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "grantCode");
        (await world.StartSignUpWith(Never, "b@example.org")).ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "grantCode");
        (await world.StartSignUpWith(codes[0], "c@example.org")).ExpectProblem((HttpStatusCode)429, "rate-limited");
        await world.PassAsync(TimeSpan.FromHours(1), scene.Startup);
        Assert.Equal("approved", (await scene.Startup.Redeem(codes[0])).Expect(HttpStatusCode.Created).Text_("status"));
    }

    [Fact]
    public async Task A_sign_up_stands_also_when_its_code_was_taken_meanwhile()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var (_, codes) = await world.Mint(scene, 3);
        var started = (await world.StartSignUpWith(codes[0], "mina@example.org")).Expect(HttpStatusCode.Accepted);
        (await scene.Startup.Redeem(codes[0], ("Idempotency-Key", "mine"))).Expect(HttpStatusCode.Created);
        Assert.True((await scene.Startup.Redeem(codes[0], ("Idempotency-Key", "mine"))).IsReplay);
        (await world.StartSignUpWith(codes[0], "late@example.org")).ExpectProblem(HttpStatusCode.Conflict, "code-used", "grantCode");
        var confirm = ($"/v1/sign-ups/{started.Id}/confirm", new { code = await world.ReadCodeAsync("mina@example.org") });
        var made = (await world.CallAsync(confirm.Item1, confirm.Item2, ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created);
        Assert.Equal("refused", made["redemption"]["status"]!.GetValue<string>());
        Assert.Equal("code-used", made["redemption"]["code"]!.GetValue<string>());
        var again = (await world.CallAsync(confirm.Item1, confirm.Item2, ("Idempotency-Key", "one"))).Expect(HttpStatusCode.Created);
        Assert.True(again.IsReplay);
        var mina = world.Holder(made["token"]["accessToken"]!.GetValue<string>());
        Assert.Equal("approved", (await mina.Redeem(codes[1])).Expect(HttpStatusCode.Created).Text_("status"));

        // Whoever erases themselves and returns is the same person, who has redeemed a code.
        (await mina.Post($"/v1/grants/{await GrantOf(mina)}/close")).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        var back = await world.SignUpWith(codes[2], "mina@example.org");
        Assert.Equal("code-batch-redeemed", back["redemption"]["code"]!.GetValue<string>());
    }

    [Fact]
    public async Task What_came_of_a_code_is_said_in_the_language_of_the_call_or_of_the_sign_up()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.Lifetime("2"));
        var (_, codes) = await world.Mint(scene, 3);
        // A rule denies it.
        Assert.Matches(Hangul, await MessageAsync("a@example.org", codes[0], "en", ("Accept-Language", "ko")));
        Assert.Matches(Hangul, await MessageAsync("b@example.org", codes[0], "ko"));
        Assert.DoesNotMatch(Hangul, await MessageAsync("c@example.org", codes[0], "ko", ("Accept-Language", "en")));
        Assert.DoesNotMatch(Hangul, await MessageAsync("d@example.org", codes[0], "en"));
        // Nobody can redeem it.
        await using var other = await TestWorld.StartAsync(Mailbox.Settings);
        var elsewhere = await other.Scene();
        var (_, taken) = await other.Mint(elsewhere);
        var started = (await other.StartSignUpWith(taken[0], "e@example.org", new { language = "ko" })).Expect(HttpStatusCode.Accepted);
        (await elsewhere.Startup.Redeem(taken[0])).Expect(HttpStatusCode.Created);
        var body = new { code = await other.ReadCodeAsync("e@example.org") };
        var made = (await other.CallAsync($"/v1/sign-ups/{started.Id}/confirm", body)).Expect(HttpStatusCode.Created);
        Assert.Equal("이미 사용된 코드입니다. 새 코드를 요청해 주십시오.", made["redemption"]["message"]!.GetValue<string>());
        var (_, korean) = await other.Organization(kind: "student", name: "Ravi");
        var refused = await korean.Redeem(taken[0], ("Accept-Language", "ko"));
        refused.ExpectProblem(HttpStatusCode.Conflict, "code-used", "code");
        Assert.Matches(Hangul, refused.Text_("detail"));

        async Task<string> MessageAsync(string email, string code, string language, params (string, string)[] headers)
        {
            var begun = (await world.StartSignUpWith(code, email, new { language })).Expect(HttpStatusCode.Accepted);
            var typed = new { code = await world.ReadCodeAsync(email) };
            var confirmed = (await world.CallAsync($"/v1/sign-ups/{begun.Id}/confirm", typed, headers)).Expect(HttpStatusCode.Created);
            Assert.Equal("denied", confirmed["redemption"]["status"]!.GetValue<string>());
            return confirmed["redemption"]["message"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task A_minor_needs_the_confirmation_that_the_programme_asks_for()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var careful = await world.Programme(parentId: scene.Programme, terms: new { ownBudget = false, minorsNeed = "confirmation" });
        var (batch, codes) = await world.Mint(scene with { Programme = careful }, 2);
        var minor = await world.SignUpWith(codes[0], "minor@example.org", new { birthYear = world.Now.Year - 12 });
        Assert.Equal("denied", minor["redemption"]["status"]!.GetValue<string>());
        Assert.Equal("minor-not-confirmed", minor["redemption"]["code"]!.GetValue<string>());
        Assert.Equal(10, await world.Balance(batch.Id, "codes"));
        var grown = await world.SignUpWith(codes[0], "grown@example.org", new { ofAge = true });
        Assert.Equal("approved", grown["redemption"]["status"]!.GetValue<string>());
        Assert.Equal(5, await world.Balance(batch.Id, "codes"));
    }

    private static async Task<string> GrantOf(Person person) =>
        (await person.Get("/v1/grants")).Expect(HttpStatusCode.OK)["data"][0]!["id"]!.GetValue<string>();
}
