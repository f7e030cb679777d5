using System.Net;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.Notices;

/// <summary>What becomes of mail at a server that refuses, hangs up, or offers no encryption.</summary>
public sealed class MailServerTests
{
    private const string Mina = "mina@example.org";
    private const string Busy = "450 4.2.1 Busy";

    [Fact]
    public async Task A_server_that_refuses_the_message_or_the_sender_does_not_mark_the_address()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);

        server.MessageAnswer = "550 5.7.26 Unauthenticated mail is not accepted";
        await AskAsync(1);
        (server.MessageAnswer, server.Answer) = (null, "550 5.7.1 Relaying denied");
        await AskAsync(2);

        server.Answer = null;
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Single(server.Taken);

        async Task AskAsync(int failed)
        {
            (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
            await wire.SendNoticesAsync();
            Assert.Null((await mina.Get("/v1/me"))["person"]["mailRefusedAt"]);
            // No later try of this mail can succeed.
            Assert.Equal(failed, (await world.Admin.Get("/v1/mails?status=failed")).Expect(HttpStatusCode.OK)["data"].AsArray().Count);
        }
    }

    [Fact]
    public async Task A_mail_goes_out_as_soon_as_it_was_written_however_long_the_period_is()
    {
        await using var server = SmtpReceiver.Start();
        await using var world = await TestWorld.StartAsync([.. server.Settings, "--Mail:PeriodSeconds=3600"]);
        (await world.StartSignUpAsync(Mina)).Expect(HttpStatusCode.Accepted);
        await server.Entered.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_mail_that_one_replica_sends_is_not_taken_by_another()
    {
        await using var server = SmtpReceiver.Start();
        await using var world = await TestWorld.StartAsync(server.Settings);
        await using var second = await world.StartSecondAsync(server.Settings);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        server.Waits = held.Task;
        (await world.StartSignUpAsync(Mina)).Expect(HttpStatusCode.Accepted);
        var sending = SendAsync(world);
        await server.Entered.Task.WaitAsync(TimeSpan.FromSeconds(60));
        await SendAsync(second).WaitAsync(TimeSpan.FromSeconds(20));
        held.SetResult();
        await sending;
        Assert.Single(server.Taken);
    }

    [Fact]
    public async Task A_server_without_encryption_gets_no_mail_unless_the_operator_says_so()
    {
        await using var server = SmtpReceiver.Start();
        await using var world = await TestWorld.StartAsync("--Mail:Host=127.0.0.1", $"--Mail:Port={server.Port}");
        (await world.StartSignUpAsync(Mina)).Expect(HttpStatusCode.Accepted);
        await Record.ExceptionAsync(() => SendAsync(world));
        Assert.Empty(server.Taken);
        Assert.Equal("pending", await world.ScalarAsync<string>("select status from mails"));

        await using var other = await world.StartSecondAsync(server.Settings);
        await world.PassAsync(TimeSpan.FromMinutes(5));
        await SendAsync(other);
        Assert.Single(server.Taken);
    }

    [Fact]
    public async Task A_code_goes_before_the_notices_that_wait()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        await world.SignUpAsync(Mina);
        server.Answer = Busy;
        (await wire.StartSignUpAsync("ravi@example.org")).Expect(HttpStatusCode.Accepted);
        await SendAsync(wire);
        var code = await world.ScalarAsync<Guid>("select id from mails where status = 'pending'");
        await world.ScalarAsync<long>(
            """
            with made as (
                insert into mails (id, payload, status, attempts, next_attempt_at, kind, person_id, source, created_at)
                select gen_random_uuid(), m.payload, 'pending', 0, m.created_at, 'verdicts', p.id, 'notice ' || n, m.created_at
                from mails m, people p, generate_series(1, 60) n where m.status = 'pending' returning 1)
            select count(*) from made
            """
        );
        server.Answer = null;
        await wire.PassAsync(TimeSpan.FromMinutes(5));
        await SendAsync(wire);
        Assert.Equal(61, server.Taken.Count);
        Assert.StartsWith($"{code:N}@", server.Taken[0].MessageId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_letter_at_which_the_server_hangs_up_costs_no_other_letter_a_try(bool leaves)
    {
        await using var server = SmtpReceiver.Start();
        await using var world = await TestWorld.StartAsync(server.Settings);
        await WaitingAsync(world, server, "a@example.org", "bad@example.org", "c@example.org");
        (server.HangsUpAt, server.LeavesThen) = ("bad@", leaves);
        await Record.ExceptionAsync(() => SendAsync(world));
        Assert.Equal(leaves ? 1 : 2, server.Taken.Count);
        var tries = await world.ScalarAsync<string>("select string_agg(status || ' ' || attempts, ', ' order by id) from mails");
        Assert.Equal(leaves ? "sent 2, pending 2, pending 1" : "sent 2, pending 2, sent 2", tries);
    }

    [Fact]
    public async Task A_letter_that_the_server_answers_with_nonsense_or_that_cannot_be_read_keeps_no_other_from_going_out()
    {
        await using var server = SmtpReceiver.Start();
        await using var world = await TestWorld.StartAsync(server.Settings);
        await WaitingAsync(world, server, "broken@example.org", "odd@example.org", "c@example.org");
        server.NonsenseAt = "odd@";
        await world.ScalarAsync<long>(
            """
            with broken as (update mails set payload = '\x00' where id = (select min(id::text)::uuid from mails) returning 1)
            select count(*) from broken
            """
        );
        await Record.ExceptionAsync(() => SendAsync(world));
        Assert.Equal("c@example.org", Assert.Single(server.Taken).To.Mailboxes.Single().Address);
        var next = await world.ScalarAsync<DateTime>("select max(next_attempt_at) from mails where status = 'pending'");
        // Nobody holds it for the time of a round.
        Assert.True(next < world.Now.UtcDateTime.AddMinutes(10), $"The next try is at {next:O}.");
    }

    [Fact]
    public async Task Mail_to_an_address_that_its_person_has_left_marks_nothing_when_it_is_refused()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        var mina = await NoticeWaitsAsync(world, wire, server);
        var (confirm, codes) = await MovingAsync(world, mina);
        (await mina.Post(confirm, codes)).Expect(HttpStatusCode.OK);
        server.Answer = "550 5.1.1 No such mailbox";
        await wire.PassAsync(TimeSpan.FromMinutes(1), mina);
        await SendAsync(wire);
        Assert.Equal("failed", await world.ScalarAsync<string>("select status from mails where kind = 'verdicts'"));
        Assert.Null((await mina.Get("/v1/me/mail")).Expect(HttpStatusCode.OK).Body!["refusedAt"]);
    }

    [Fact]
    public async Task A_bounce_that_is_reported_while_its_person_moves_marks_nothing()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync();
        var (_, mina) = await world.SignUpAsync(Mina);
        var (confirm, codes) = await MovingAsync(world, mina);
        (await world.Admin.Get("/v1/me")).Expect(HttpStatusCode.OK);
        Task<Reply> moving;
        Task<Reply> reporting;
        await using (await world.Locked(Guid.Empty))
        {
            moving = mina.Post(confirm, codes);
            await world.UntilBlocked();
            reporting = world.Admin.On(second).Post("/v1/mails/bounces", new { email = Mina });
            await world.UntilBlocked(2);
        }

        (await moving).Expect(HttpStatusCode.OK);
        (await reporting).Expect(HttpStatusCode.NoContent);
        Assert.Null((await mina.Get("/v1/me/mail")).Expect(HttpStatusCode.OK).Body!["refusedAt"]);
    }

    [Fact]
    public async Task Of_an_address_that_was_refused_no_notice_that_waits_already_goes_out()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        var mina = await NoticeWaitsAsync(world, wire, server);
        (await world.Admin.Post("/v1/mails/bounces", new { email = Mina })).Expect(HttpStatusCode.NoContent);
        server.Answer = null;
        await wire.PassAsync(TimeSpan.FromMinutes(1), mina);
        await SendAsync(wire);
        Assert.Empty(server.Taken);
    }

    [Fact]
    public async Task A_full_queue_takes_no_more_mail_and_notices_take_half_of_it_at_the_most()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--Mail:MaxWaiting=4"]);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync([.. server.Settings, "--Mail:MaxWaiting=4"]);
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);
        server.Answer = Busy;
        foreach (var email in (string[])["a@example.org", "b@example.org"])
            (await wire.StartSignUpAsync(email)).Expect(HttpStatusCode.Accepted);
        await SendAsync(wire);
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from mails where kind = 'verdicts'"));
        foreach (var email in (string[])["c@example.org", "d@example.org"])
            (await wire.StartSignUpAsync(email)).Expect(HttpStatusCode.Accepted);
        await SendAsync(wire);
        (await wire.StartSignUpAsync("e@example.org")).ExpectProblem(HttpStatusCode.ServiceUnavailable, "mail-queue-full");
    }

    [Fact]
    public async Task A_notice_that_was_queued_in_the_moment_in_which_its_person_left_never_goes_out()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var server = SmtpReceiver.Start();
        await using var wire = await world.StartSecondAsync(server.Settings);
        var (_, mina) = await world.SignUpAsync(Mina);
        server.Answer = Busy;
        (await wire.StartSignUpAsync("ravi@example.org")).Expect(HttpStatusCode.Accepted);
        await SendAsync(wire);
        server.Answer = null;
        (await mina.Delete("/v1/me")).Expect(HttpStatusCode.NoContent);
        // A round that read its readers before she left.
        Assert.Equal(
            1,
            await world.ScalarAsync<long>(
                """
                with late as (
                    insert into mails (id, payload, status, attempts, next_attempt_at, kind, person_id, source, created_at)
                    select gen_random_uuid(), payload, 'pending', 0, created_at, 'verdicts', $1, 'late', created_at
                    from mails where status = 'pending' returning 1)
                select count(*) from late
                """,
                mina.PrincipalId
            )
        );
        await SendAsync(wire);
        Assert.Empty(server.Taken);
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from mails where kind = 'verdicts'"));
    }

    /// <summary>Somebody begins to move to another address.</summary>
    private static async Task<(string Confirm, object Codes)> MovingAsync(TestWorld world, Person mina)
    {
        var started = (await mina.Post("/v1/me/email-changes", new { email = "mina@example.net" })).Expect(HttpStatusCode.Accepted);
        var (oldCode, newCode) = (await world.ReadCodeAsync(Mina), await world.ReadCodeAsync("mina@example.net"));
        return ($"/v1/me/email-changes/{started.Id}/confirm", new { oldCode, newCode });
    }

    /// <summary>Has a notice wait for somebody, because the mail server is busy.</summary>
    private static async Task<Person> NoticeWaitsAsync(TestWorld world, TestWorld wire, SmtpReceiver server)
    {
        var scene = await world.Scene(rules: Scenes.PerRequest("10"));
        var (_, mina) = await world.SignUpAsync(Mina);
        server.Answer = Busy;
        (await mina.Ask(scene.Programme, 20)).Expect(HttpStatusCode.Created);
        await wire.SendNoticesAsync();
        return mina;
    }

    /// <summary>Has codes wait for addresses, each after one try, all due for the next.</summary>
    private static async Task WaitingAsync(TestWorld world, SmtpReceiver server, params string[] addresses)
    {
        server.Answer = Busy;
        foreach (var address in addresses)
        {
            (await world.StartSignUpAsync(address)).Expect(HttpStatusCode.Accepted);
            world.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        await Record.ExceptionAsync(() => SendAsync(world));
        Assert.Equal(
            addresses.Length,
            await world.ScalarAsync<long>("select count(*) from mails where status = 'pending' and attempts = 1")
        );
        server.Answer = null;
        await world.PassAsync(TimeSpan.FromMinutes(5));
    }

    private static Task SendAsync(TestWorld world) => world.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
}
