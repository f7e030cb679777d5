using System.Net;
using System.Net.Sockets;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Tests.World;
using Microsoft.Extensions.DependencyInjection;

namespace GpuGrants.Api.Tests.People;

public sealed class SignUpTests
{
    [Fact]
    public async Task A_stranger_asks_for_GPU_time_in_three_calls()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var scene = await world.Scene();
        var started = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        var made = (await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code })).Expect(HttpStatusCode.Created);
        var mina = world.Holder(made["token"]["accessToken"]!.GetValue<string>());
        var asked = (await mina.Ask(scene.Programme, 5)).Expect(HttpStatusCode.Created);
        Assert.Equal("approved", asked.Text_("status"));
        Assert.Equal(made["organization"]["id"]!.GetValue<string>(), asked.Text_("organizationId"));

        var me = (await world.PersonOf(made).Get("/v1/me")).Expect(HttpStatusCode.OK);
        Assert.Equal("mina@example.org", me["person"]["email"]!.GetValue<string>());
        Assert.Equal("Kim Minji", me["person"]["name"]!.GetValue<string>());
        var members = (await mina.Get($"/v1/organizations/{asked.Text_("organizationId")}/members")).Expect(HttpStatusCode.OK);
        Assert.Equal("Kim Minji", members["data"][0]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Names_and_addresses_lie_in_one_table_and_codes_in_none()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var started = (await world.StartSignUpAsync("mina@example.org", "Mina's lab")).Expect(HttpStatusCode.Accepted);
        Assert.Equal(0, await world.CountRowsWithAsync("mina@example.org"));
        Assert.Equal(0, await world.CountRowsWithAsync("Kim Minji"));
        var code = await world.ReadCodeAsync("mina@example.org");
        Assert.Equal(0, await world.CountRowsWithAsync(code));
        (await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code })).Expect(HttpStatusCode.Created);
        Assert.Equal(1, await world.CountRowsWithAsync("mina@example.org"));
        Assert.Equal(1, await world.CountRowsWithAsync("Kim Minji"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from mails where payload is not null"));
        Assert.Equal(0, await world.ScalarAsync<long>("select count(*) from address_proofs where details is not null"));
    }

    [Fact]
    public async Task The_answers_do_not_tell_who_has_signed_up()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await world.SignUpAsync("mina@example.org");
        foreach (var start in (Func<string, Task<Reply>>[])[email => world.StartSignUpAsync(email), email => RecoverAsync(world, email)])
        {
            var (known, unknown) = (await start("mina@example.org"), await start("ravi@example.org"));
            Assert.Equal(Shape(unknown.Expect(HttpStatusCode.Accepted)), Shape(known.Expect(HttpStatusCode.Accepted)));
        }

        await world.ReadMailAsync("ravi@example.org");

        static string Shape(Reply reply) =>
            reply.Text.Replace(reply.Id.ToString(), "id", StringComparison.Ordinal)
            + string.Join(',', reply.Message.Headers.Select(one => one.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_code_has_five_tries_over_all_replicas_and_works_once()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        await using var second = await world.StartSecondAsync(Mailbox.Settings);
        var first = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        var wrong = code == "00000000" ? "00000001" : "00000000";
        for (var left = 4; left >= 0; left--)
        {
            var refused = await (left % 2 == 0 ? world : second).CallAsync($"/v1/sign-ups/{first.Id}/confirm", new { code = wrong });
            refused.ExpectProblem(HttpStatusCode.BadRequest, "code-wrong", "code");
            Assert.Contains(left == 0 ? "No try" : $"{left} tr", refused.Text_("detail"), StringComparison.Ordinal);
        }

        (await second.CallAsync($"/v1/sign-ups/{first.Id}/confirm", new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-locked");

        var again = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        code = await world.ReadCodeAsync("mina@example.org");
        var spaced = $"{code[..4]} {code[4..]}";
        (await world.CallAsync($"/v1/sign-ups/{again.Id}/confirm", new { code = spaced })).Expect(HttpStatusCode.Created);
        (await world.CallAsync($"/v1/sign-ups/{again.Id}/confirm", new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-used");
        (await world.CallAsync($"/v1/recoveries/{again.Id}/confirm", new { code })).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_code_works_for_15_minutes()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var started = (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var code = await world.ReadCodeAsync("mina@example.org");
        await world.PassAsync(TimeSpan.FromMinutes(15));
        (await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code })).ExpectProblem(HttpStatusCode.Conflict, "code-expired");
        await world.PassAsync(TimeSpan.FromHours(2));
        (await world.CallAsync($"/v1/sign-ups/{started.Id}/confirm", new { code })).ExpectProblem(HttpStatusCode.NotFound, "not-found");
    }

    [Fact]
    public async Task A_repeated_key_mails_one_code_and_shows_the_secret_once()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var key = ("Idempotency-Key", "one");
        var started = (await world.StartSignUpAsync("mina@example.org", headers: [key])).Expect(HttpStatusCode.Accepted);
        var repeated = (await world.StartSignUpAsync("mina@example.org", headers: [key])).Expect(HttpStatusCode.Accepted);
        Assert.Equal((started.Id, true), (repeated.Id, repeated.IsReplay));
        var other = (await world.StartSignUpAsync("ravi@example.org", headers: [key])).Expect(HttpStatusCode.Accepted);
        Assert.NotEqual(started.Id, other.Id);
        (await world.StartSignUpAsync("mina@example.org", "Another", headers: [key])).ExpectProblem(
            HttpStatusCode.UnprocessableEntity,
            "idempotency-key-reused"
        );

        var code = await world.ReadCodeAsync("mina@example.org");
        var path = $"/v1/sign-ups/{started.Id}/confirm";
        var made = (await world.CallAsync(path, new { code }, key)).Expect(HttpStatusCode.Created);
        var again = (await world.CallAsync(path, new { code }, key)).Expect(HttpStatusCode.Created);
        Assert.True(again.IsReplay);
        Assert.Equal(made["person"]["id"]!.GetValue<string>(), again["person"]["id"]!.GetValue<string>());
        Assert.Null(again["client"].AsObject()["clientSecret"]);
        Assert.False(again.Body!.AsObject().ContainsKey("token"));
    }

    [Fact]
    public async Task One_address_is_one_person_who_owns_three_organizations_at_most()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (first, mina) = await world.SignUpAsync("mina@example.org");
        var second = (await world.ConfirmSignUpAsync("Mina+gpu@EXAMPLE.org", "Second")).Expect(HttpStatusCode.Created);
        Assert.Equal(mina.PrincipalId.ToString(), second["person"]["id"]!.GetValue<string>());
        var third = (await mina.NewOrganization("Third")).Expect(HttpStatusCode.Created);
        (await mina.NewOrganization("Fourth")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");
        (await world.ConfirmSignUpAsync("mina+4@example.org", "Fourth")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");

        // A principal that a person makes is the same person.
        var helper = await world.Member($"/v1/organizations/{first}/members", "organization-member", by: mina);
        (await helper.NewOrganization("Fourth")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");

        (await mina.Post($"/v1/organizations/{third.Id}/close")).Expect(HttpStatusCode.OK);
        (await helper.NewOrganization("Fourth")).Expect(HttpStatusCode.Created);
        (await mina.NewOrganization("Fifth")).ExpectProblem(HttpStatusCode.Conflict, "too-many-organizations");
    }

    [Fact]
    public async Task Callers_at_once_make_no_more_organizations_than_one_person_may_own()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => mina.NewOrganization($"Lab {i}")));
        Assert.Equal(2, made.Count(one => one.Status == HttpStatusCode.Created));
    }

    [Fact]
    public async Task A_principal_has_twenty_clients_at_most()
    {
        await using var world = await TestWorld.StartAsync([.. Mailbox.Settings, "--People:ClientsPerPrincipal=2"]);
        var (_, mina) = await world.SignUpAsync("mina@example.org");
        var second = (await mina.Post("/v1/clients", new { name = "Second" })).Expect(HttpStatusCode.Created);
        (await mina.Post("/v1/clients", new { name = "Third" })).ExpectProblem(HttpStatusCode.Conflict, "too-many-clients");
        (await mina.Post($"/v1/clients/{second.Text_("clientId")}/revoke")).Expect(HttpStatusCode.OK);
        (await mina.Post("/v1/clients", new { name = "Third" })).Expect(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Nobody_signs_up_where_it_is_closed_or_no_mail_can_be_sent()
    {
        using var logs = new CapturedLogs();
        await using var mute = await TestWorld.StartLoggedAsync(logs);
        Assert.Contains(logs.Lines, line => line.Contains("Sign-up is closed, because no mail can be sent", StringComparison.Ordinal));
        (await mute.StartSignUpAsync("mina@example.org")).ExpectProblem(HttpStatusCode.Forbidden, "sign-up-closed");
        (await RecoverAsync(mute, "mina@example.org")).ExpectProblem(HttpStatusCode.Forbidden, "sign-up-closed");
        await using var closed = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:Mode=closed"]);
        (await closed.StartSignUpAsync("mina@example.org")).ExpectProblem(HttpStatusCode.Forbidden, "sign-up-closed");
        await using var invited = await TestWorld.StartAsync([.. Mailbox.Settings, "--SignUp:Mode=invitation"]);
        (await invited.StartSignUpAsync("mina@example.org")).ExpectProblem(HttpStatusCode.Forbidden, "sign-up-by-invitation");
    }

    [Fact]
    public async Task Callers_addresses_and_domains_have_limits()
    {
        string[] settings = [.. Mailbox.Settings, "--SignUp:CallsPerAddress=6", "--SignUp:CodesPerEmail=2", "--SignUp:CodesPerDomain=3"];
        await using var world = await TestWorld.StartAsync(settings);
        await using var second = await world.StartSecondAsync(settings);
        (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        (await world.StartSignUpAsync("mina+2@example.org")).Expect(HttpStatusCode.Accepted);
        (await world.StartSignUpAsync("MINA@example.org")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        // Another replica mails no more codes.
        (await second.StartSignUpAsync("mina@example.org")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await world.StartSignUpAsync("ravi@example.org")).Expect(HttpStatusCode.Accepted);
        (await world.StartSignUpAsync("nils@example.org")).ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        (await world.StartSignUpAsync("nils@example.net")).Expect(HttpStatusCode.Accepted);
        var refused = await world.StartSignUpAsync("olga@example.com");
        refused.ExpectProblem(HttpStatusCode.TooManyRequests, "rate-limited");
        Assert.True(refused.Message.Headers.RetryAfter!.Delta > TimeSpan.FromMinutes(1));
        await world.PassAsync(TimeSpan.FromHours(1));
        (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Bad_input_is_told_its_field()
    {
        await using var world = await TestWorld.StartAsync(Mailbox.Settings);
        var before = await world.FingerprintAsync();
        (await world.StartSignUpAsync("no address")).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "email");
        (await world.StartSignUpAsync("mina@example.org", organization: " ")).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "organizationName"
        );
        (await world.StartSignUpAsync("mina@example.org", kind: "club")).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "kind");
        (await world.CallAsync("/v1/sign-ups", new { email = "mina@example.org", acceptsTerms = false })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "acceptsTerms"
        );
        // A year that has not begun is no year of birth, here as in PATCH /v1/me.
        var unborn = new
        {
            email = "mina@example.org",
            name = "Mina",
            organizationName = "Mina",
            kind = "student",
            country = "KR",
            birthYear = world.Now.Year + 1,
            acceptsTerms = true,
        };
        (await world.CallAsync("/v1/sign-ups", unborn)).ExpectProblem(HttpStatusCode.BadRequest, "invalid", "birthYear");
        (await world.CallAsync($"/v1/sign-ups/{Guid.NewGuid()}/confirm", new { code = "123" })).ExpectProblem(
            HttpStatusCode.BadRequest,
            "invalid",
            "code"
        );
        (await world.CallAsync($"/v1/sign-ups/{Guid.NewGuid()}/confirm", new { code = "12345678" })).ExpectProblem(
            HttpStatusCode.NotFound,
            "not-found"
        );
        Assert.Equal(before, await world.FingerprintAsync());
    }

    [Fact]
    public async Task A_mail_that_could_not_be_sent_is_tried_again()
    {
        var file = Path.GetTempFileName();
        await using var world = await TestWorld.StartAsync($"--Mail:Folder={file}");
        (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        await TryAsync();
        Assert.Equal("pending", await world.ScalarAsync<string>("select status from mails"));
        File.Delete(file);
        await TryAsync();
        Assert.Equal("pending", await world.ScalarAsync<string>("select status from mails"));
        await world.PassAsync(TimeSpan.FromMinutes(5));
        Assert.Matches(@"^\d{8}$", await world.ReadCodeAsync("mina@example.org"));
        Assert.Equal("sent", await world.ScalarAsync<string>("select status from mails"));

        Task TryAsync() => world.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
    }

    [Fact]
    public async Task While_a_mail_server_keeps_silent_no_transaction_waits_and_nobody_else_sends_its_mail()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        string[] mail = ["--Mail:Host=127.0.0.1", $"--Mail:Port={((IPEndPoint)server.LocalEndpoint).Port}", "--Mail:Tls=false"];
        await using var world = await TestWorld.StartAsync(mail);
        await using var other = await world.StartSecondAsync(mail);
        (await world.StartSignUpAsync("mina@example.org")).Expect(HttpStatusCode.Accepted);
        var sending = Record.ExceptionAsync(() => SendAsync(world));
        using var silent = await server.AcceptTcpClientAsync();
        Assert.Equal(
            0,
            await world.ScalarAsync<long>(
                "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'"
            )
        );
        await SendAsync(other);
        Assert.False(server.Pending());
        silent.Close();
        await sending;
        Assert.Equal("pending 1", await world.ScalarAsync<string>("select status || ' ' || attempts from mails"));

        static Task SendAsync(TestWorld world) => world.Services.GetRequiredService<MailSender>().SendDueAsync(CancellationToken.None);
    }

    private static Task<Reply> RecoverAsync(TestWorld world, string email) => world.CallAsync("/v1/recoveries", new { email });
}
