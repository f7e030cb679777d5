using System.Net;
using GpuGrants.Api.Sweeps;
using GpuGrants.Api.Tests.Webhooks;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace GpuGrants.Api.Tests.Notices;

/// <summary>People are told by mail what happened to what is theirs.</summary>
public sealed class NoticeTests
{
    private const string Mina = "mina@example.org";
    private const string Boss = "boss@example.org";
    private const string Jisoo = "jisoo@example.org";
    private const string Ops = "ops@example.org";

    [Fact]
    public async Task Whoever_asked_hears_of_verdicts_by_people_once_and_of_what_a_rule_decides_at_once_nothing()
    {
        var settings = Mailbox.Settings;
        await using var world = await TestWorld.StartAsync(settings);
        var scene = await world.Scene();
        var programme = await world.Programme(1_000, terms: new { name = "R&D <Lab>" });
        await scene.Operator.Offer(programme, scene.Provider);
        await world.Policy(programme, Scenes.PerRequest("10"), Scenes.Lifetime("500"));
        var (_, mina) = await world.SignUpAsync(Mina);
        (await mina.Ask(programme, 5)).Expect(HttpStatusCode.Created);
        (await mina.Ask(programme, 600)).Expect(HttpStatusCode.Created);
        Assert.Empty(await world.TakeNoticesAsync(Mina));

        var asked = (await mina.Ask(programme, 20)).Expect(HttpStatusCode.Created);
        var waits = await world.TakeNoticeAsync(Mina);
        Assert.Contains("20 GPU-hours in the programme \"R&D <Lab>\"", waits.Text, StringComparison.Ordinal);
        Assert.Contains("R&amp;D &lt;Lab&gt;", waits.Html, StringComparison.Ordinal);
        Assert.Contains("Expect the decision by", waits.Text, StringComparison.Ordinal);
        (await world.Admin.Post($"/v1/requests/{asked.Id}/approve", new { gpuHours = 15 }, ("If-Match", asked.ETag))).Expect(
            HttpStatusCode.OK
        );
        var approved = await world.TakeNoticeAsync(Mina);
        Assert.Equal("GpuGrants: a request was approved", approved.Subject);
        Assert.Contains("approved 15 GPU-hours", approved.Text, StringComparison.Ordinal);
        Assert.Contains($"/v1/requests/{asked.Id}", approved.Html, StringComparison.Ordinal);
        foreach (var text in (string[])["Mina", "Lab", "Hangang", "mina"])
            Assert.DoesNotContain(text, waits.Subject + approved.Subject, StringComparison.Ordinal);

        // A crash forgets how far it was read at most together with the mail. And a person gets one mail of an event in any case.
        await world.ScalarAsync<long>("with back as (delete from notice_positions returning 1) select count(*) from back");
        Assert.Empty(await world.TakeNoticesAsync(Mina));

        (await mina.Patch("/v1/me", new { language = "ko" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        var second = (await mina.Ask(programme, 30)).Expect(HttpStatusCode.Created);
        (await world.Admin.Post($"/v1/requests/{second.Id}/deny", new { reason = "Too much" }, ("If-Match", second.ETag))).Expect(
            HttpStatusCode.OK
        );
        await using (var replica = await world.StartSecondAsync(settings))
            await Task.WhenAll(((TestWorld[])[world, replica]).Select(Mailbox.FollowNoticesAsync));
        var told = await world.TakeNoticesAsync(Mina);
        Assert.Equal(
            ["GpuGrants: 신청이 거절되었습니다", "GpuGrants: 신청이 심사를 기다리고 있습니다"],
            told.Select(one => one.Subject).Order(StringComparer.Ordinal)
        );
        Assert.Contains("lang=\"ko\"", told[0].Html, StringComparison.Ordinal);

        // Somebody whom an administrator only named has no proved address, and gets no mail.
        (await scene.Startup.Ask(programme, 20)).Expect(HttpStatusCode.Created);
        await world.FollowNoticesAsync();
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from mails where status = 'pending'"));
    }

    [Fact]
    public async Task While_one_replica_does_a_round_another_tells_nothing_and_waits_for_nobody()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await world.FollowNoticesAsync();
        var before = await world.ScalarAsync<long>("select count(*) from mails");
        (await mina.Ask(scene.Programme, 30)).Expect(HttpStatusCode.Created);
        await using (var other = new NpgsqlConnection(world.Database))
        {
            await other.OpenAsync();
            await using var round = await other.BeginTransactionAsync();
            await using var claim = new NpgsqlCommand("select true from notice_state where id = 1 for update", other, round);
            await claim.ExecuteScalarAsync();
            await world.FollowNoticesAsync().WaitAsync(TimeSpan.FromSeconds(60));
            Assert.Equal(before, await world.ScalarAsync<long>("select count(*) from mails"));
        }

        await world.FollowNoticesAsync();
        Assert.Equal(before + 1, await world.ScalarAsync<long>("select count(*) from mails"));
    }

    [Fact]
    public async Task Reviewers_get_one_digest_a_day_and_administrators_hear_when_the_expected_time_has_passed()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Mail:TimeZone=Asia/Seoul"]);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        (await world.JoinAsync(world.Admin, Boss, "programme-administrator", scene.Programme)).Expect(HttpStatusCode.Created);
        (await world.JoinAsync(world.Admin, Jisoo, "programme-reviewer", scene.Programme)).Expect(HttpStatusCode.Created);
        // A provider that approves grants itself has people who are told as reviewers are.
        (await world.JoinAsync(world.Admin, Ops, "provider-operator", scene.Provider)).Expect(HttpStatusCode.Created);
        await scene.Operator.ApprovingOffer(scene.Programme, scene.Provider, "us-west");
        (await scene.Startup.Ask(scene.Programme, 5, new { region = "us-west" })).Expect(HttpStatusCode.Created);
        (await scene.Startup.Ask(scene.Programme, 20, new { region = "kr-central" })).Expect(HttpStatusCode.Created);
        var late = (await scene.Startup.Ask(scene.Programme, 30, new { region = "kr-central" })).Expect(HttpStatusCode.Created);
        Assert.Empty(await world.TakeNoticesAsync(Jisoo));
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup);
        var digest = await world.TakeNoticeAsync(Jisoo);
        Assert.Contains("Requests that wait for you: 3", digest.Text, StringComparison.Ordinal);
        Assert.Contains("- Starter: 3", digest.Text, StringComparison.Ordinal);
        Assert.Equal("GpuGrants: requests wait for review", Assert.Single(await world.TakeNoticesAsync(Boss)).Subject);
        var forProvider = await world.TakeNoticeAsync(Ops);
        Assert.Contains("Requests that wait for you: 1", forProvider.Text, StringComparison.Ordinal);
        Assert.NotNull(forProvider.Unsubscribe);
        world.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(await world.TakeNoticesAsync(Jisoo));

        // Whoever belongs to the organization that asks decides nothing on it, and is not asked to.
        (await world.JoinAsync(scene.Startup, Jisoo, "organization-member", scene.Organization)).Expect(HttpStatusCode.Created);
        (await world.JoinAsync(scene.Startup, Ops, "organization-member", scene.Organization)).Expect(HttpStatusCode.Created);
        await world.PassAsync(TimeSpan.FromDays(1), scene.Startup);
        Assert.Empty(await world.TakeNoticesAsync(Jisoo));
        Assert.Empty(await world.TakeNoticesAsync(Ops));
        Assert.Single(await world.TakeNoticesAsync(Boss));

        // The hold lasts seven days, so a decision is expected after three and a half.
        await world.PassAsync(TimeSpan.FromHours(36), scene.Startup);
        var told = await world.TakeNoticesAsync(Boss);
        var escalated = Assert.Single(told, one => one.Subject == "GpuGrants: reviews are late");
        Assert.Contains("has passed: 3", escalated.Text, StringComparison.Ordinal);
        Assert.Contains($"/v1/requests/{late.Id}", escalated.Text, StringComparison.Ordinal);
        await world.PassAsync(TimeSpan.FromMinutes(1), scene.Startup);
        Assert.DoesNotContain(await world.TakeNoticesAsync(Boss), one => one.Subject == escalated.Subject);
    }

    [Fact]
    public async Task Owners_hear_of_use_and_expiry_and_administrators_of_low_budgets_and_managers_of_disabled_endpoints()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, WebhookScenes.Loopback]);
        await using var receiver = await Receiver.StartAsync();
        var scene = await world.Scene(credits: 100);
        (await world.JoinAsync(world.Admin, Boss, "programme-administrator", scene.Programme)).Expect(HttpStatusCode.Created);
        var (organization, mina) = await world.SignUpAsync(Mina);
        var member = world.PersonOf(
            (await world.JoinAsync(mina, Jisoo, "organization-member", organization)).Expect(HttpStatusCode.Created)
        );
        await world.FollowNoticesAsync();
        var grant = (await member.Ask(scene.Programme, 79)).Expect(HttpStatusCode.Created).Text_("grantId");
        Assert.Empty(await world.TakeNoticesAsync(Boss));
        (await mina.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        var low = await world.TakeNoticeAsync(Boss);
        Assert.Equal("GpuGrants: a budget is low", low.Subject);
        Assert.Contains("has 20 credits left", low.Text, StringComparison.Ordinal);
        (await mina.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        Assert.Empty(await world.TakeNoticesAsync(Boss));
        (await mina.Ask(scene.Programme, 14)).Expect(HttpStatusCode.Created);
        Assert.Contains("has 5 credits left", (await world.TakeNoticeAsync(Boss)).Text, StringComparison.Ordinal);
        await world.Fund(scene.Programme, 200);
        await world.FollowNoticesAsync();
        (await mina.Ask(scene.Programme, 170)).Expect(HttpStatusCode.Created);
        Assert.Contains("has 35 credits left", (await world.TakeNoticeAsync(Boss)).Text, StringComparison.Ordinal);

        await world.PassAsync(TimeSpan.FromHours(60), mina, member, scene.Operator);
        await scene.ReportAsync(world, Guid.Parse(grant), (-50, -10));
        foreach (var address in (string[])[Mina, Jisoo])
        {
            var used = await world.TakeNoticeAsync(address);
            Assert.Equal("GpuGrants: 50 percent of a grant are used", used.Subject);
            Assert.Contains("40 of 79 GPU-hours", used.Text, StringComparison.Ordinal);
        }

        // A freeze of the programme stops what runs, and lifting it lets it go on.
        var freeze = (
            await world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope = "programme",
                    resourceId = scene.Programme,
                    reason = "An audit",
                    suspendGrants = true,
                }
            )
        ).Expect(HttpStatusCode.Created);
        await world.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        var stopped = await world.TakeNoticesAsync(Jisoo);
        Assert.Equal("GpuGrants: a grant was suspended", Assert.Single(stopped).Subject);
        (await world.Admin.Post($"/v1/freezes/{freeze.Id}/lift")).Expect(HttpStatusCode.OK);
        await world.Services.GetRequiredService<Sweeper>().SweepAsync(CancellationToken.None);
        Assert.Equal("GpuGrants: a grant may be used again", Assert.Single(await world.TakeNoticesAsync(Jisoo)).Subject);
        await world.TakeNoticesAsync(Mina);

        receiver.Answer = (_, _) => 410;
        await mina.Endpoint("organization", organization, receiver.Url);
        (await mina.Ask(scene.Programme, 1)).Expect(HttpStatusCode.Created);
        await world.DispatchAsync();
        Assert.Equal("GpuGrants: a webhook endpoint was disabled", (await world.TakeNoticeAsync(Mina)).Subject);
        Assert.Empty(await world.TakeNoticesAsync(Jisoo));

        await world.PassAsync(TimeSpan.FromDays(25), mina, member, scene.Operator);
        var expiring = await world.TakeNoticesAsync(Jisoo);
        Assert.Contains("39 GPU-hours are left", Assert.Single(expiring).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_kind_is_turned_off_by_its_owner_or_by_the_signed_link()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);
        var all = (await mina.Get("/v1/me/mail")).Expect(HttpStatusCode.OK);
        foreach (var kind in (string[])["verdicts", "reviewDigest", "escalations", "expiries", "usageWarnings", "lowBudget", "webhooks"])
            Assert.True(all[kind].GetValue<bool>());
        (await mina.Patch("/v1/me/mail", new { verdicts = false })).ExpectProblem((HttpStatusCode)428, "precondition-required", "If-Match");
        (await mina.Patch("/v1/me/mail", new { code = false }, ("If-Match", all.ETag))).ExpectProblem(
            HttpStatusCode.BadRequest,
            "malformed"
        );
        (await world.Admin.Get("/v1/me/mail")).ExpectProblem(HttpStatusCode.Conflict, "no-person");

        var off = (await mina.Patch("/v1/me/mail", new { verdicts = false }, ("If-Match", all.ETag))).Expect(HttpStatusCode.OK);
        Assert.False(off["verdicts"].GetValue<bool>());
        Assert.True(off["expiries"].GetValue<bool>());
        (await mina.Patch("/v1/me/mail", new { verdicts = true }, ("If-Match", all.ETag))).ExpectProblem(
            HttpStatusCode.PreconditionFailed,
            "stale"
        );
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        Assert.Empty(await world.TakeNoticesAsync(Mina));
        (await mina.Patch("/v1/me/mail", new { verdicts = true }, ("If-Match", off.ETag))).Expect(HttpStatusCode.OK);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        var mail = await world.TakeNoticeAsync(Mina);

        var link = new Uri(mail.Unsubscribe!).PathAndQuery;
        Assert.StartsWith("http://gpugrants.test/mail/unsubscribe/", mail.Unsubscribe, StringComparison.Ordinal);
        Assert.Contains(mail.Unsubscribe!, mail.Text, StringComparison.Ordinal);
        using (var page = await world.Http.GetAsync(link))
        {
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);
            Assert.Contains("<form method=\"post\">", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.True((await mina.Get("/v1/me/mail"))["verdicts"].GetValue<bool>());
        foreach (
            var forged in (string[])
                [link[..^1] + (link[^1] == '0' ? '1' : '0'), link.Replace("verdicts", "expiries", StringComparison.Ordinal)]
        )
            Assert.Equal(HttpStatusCode.NotFound, await OneClickAsync(world, forged));
        Assert.Equal(HttpStatusCode.OK, await OneClickAsync(world, link));
        Assert.Equal(HttpStatusCode.OK, await OneClickAsync(world, link));
        var choices = (await mina.Get("/v1/me/mail")).Expect(HttpStatusCode.OK);
        Assert.Equal((false, true), (choices["verdicts"].GetValue<bool>(), choices["expiries"].GetValue<bool>()));
    }

    [Fact]
    public async Task An_address_that_refuses_mail_for_good_is_shown_and_gets_no_notices_until_it_is_confirmed_again()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);

        // Not now is no refusal: the mail is tried again.
        server.Answer = "450 4.2.1 Busy";
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Null((await mina.Get("/v1/me"))["person"]["mailRefusedAt"]);
        Assert.Equal("pending", (await world.Admin.Get("/v1/mails?kind=verdicts"))["data"][0]!["status"]!.GetValue<string>());

        // Mail that waits already obeys when its kind is turned off.
        (await mina.Patch("/v1/me/mail", new { verdicts = false }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        server.Answer = null;
        await wire.PassAsync(TimeSpan.FromMinutes(1), mina);
        await wire.SendNoticesAsync();
        Assert.Equal((0, 0), (server.Taken.Count, await world.ScalarAsync<long>("select count(*) from mails where kind = 'verdicts'")));
        (await mina.Patch("/v1/me/mail", new { verdicts = true }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        server.Answer = "550 5.1.1 No such mailbox";
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.NotNull((await mina.Get("/v1/me"))["person"]["mailRefusedAt"]);
        Assert.NotNull((await mina.Get("/v1/me/mail"))["refusedAt"]);
        var failed = (await world.Admin.Get("/v1/mails?status=failed")).Expect(HttpStatusCode.OK)["data"].AsArray();
        var shown = Assert.Single(failed)!;
        Assert.Equal(("550", mina.PrincipalId.ToString()), (shown["refusal"]!.GetValue<string>(), shown["personId"]!.GetValue<string>()));

        server.Answer = null;
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Empty(server.Taken);

        // Codes are always sent, and a code that comes back shows that the address takes mail.
        var recovery = (await world.CallAsync("/v1/recoveries", new { email = Mina })).Expect(HttpStatusCode.Accepted);
        var renewed = (
            await world.CallAsync($"/v1/recoveries/{recovery.Id}/confirm", new { code = await world.ReadCodeAsync(Mina) })
        ).Expect(HttpStatusCode.OK);
        mina = world.Holder(renewed["token"]["accessToken"]!.GetValue<string>());
        Assert.Null((await mina.Get("/v1/me"))["person"]["mailRefusedAt"]);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        var taken = Assert.Single(server.Taken);
        Assert.Equal("List-Unsubscribe=One-Click", taken.Headers["List-Unsubscribe-Post"]);

        // A server may return later what it took. Whoever hears of it says so, and the answer tells nothing of who has the address.
        foreach (var email in (string[])["nobody@example.org", "Mina+tag@example.org"])
            Assert.Equal("", (await world.Admin.Post("/v1/mails/bounces", new { email })).Expect(HttpStatusCode.NoContent).Text);
        Assert.NotNull((await mina.Get("/v1/me"))["person"]["mailRefusedAt"]);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Single(server.Taken);
        (await world.Admin.Post("/v1/mails/bounces", new { email = "mina" })).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "email");
        await world.ScalarAsync<long>("with ok as (update people set mail_refused_at = null returning 1) select count(*) from ok");

        // Of who leaves no choice and no waiting mail is left.
        server.Answer = "450 4.2.1 Busy";
        (await mina.Patch("/v1/me/mail", new { expiries = false }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from mails where status = 'pending'"));
        foreach (var waiting in (await mina.Get("/v1/requests?status=in-review"))["data"].AsArray())
            (await mina.Post($"/v1/requests/{waiting!["id"]}/withdraw")).Expect(HttpStatusCode.OK);
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from mails where status = 'pending'"));
        Assert.Equal(1, await world.ScalarAsync<long>("select count(*) from people where status = 'erased' and muted_mail = '{}'"));
    }

    private static async Task<HttpStatusCode> OneClickAsync(TestWorld world, string link)
    {
        using var form = new FormUrlEncodedContent([KeyValuePair.Create("List-Unsubscribe", "One-Click")]);
        using var answer = await world.Http.PostAsync(link, form);
        return answer.StatusCode;
    }
}
