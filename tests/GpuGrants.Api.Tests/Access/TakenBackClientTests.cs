using System.Net;
using GpuGrants.Api.Tests.Fire;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Access;

/// <summary>
/// A thief uses a leaked client to steal another one, and makes things through that. They go with the leaked client, also when the owner
/// took the stolen one back first.
/// </summary>
public sealed class TakenBackClientTests : IAsyncLifetime
{
    private const string Own = "https://hooks.example.org/events";
    private const string Thiefs = "https://thief.example.org/events";
    private TestIssuer _issuer = null!;
    private TestWorld _world = null!;
    private Guid _organization;
    private Person _mina = null!;
    private Person _leaked = null!;
    private Person _taken = null!;

    [Fact]
    public async Task All_that_came_through_a_stolen_client_goes_with_the_leaked_one_and_the_client_that_was_taken_back_stays()
    {
        var other = await MakeAsync(_mina);
        var (moved, known, untouched) = (await EndpointAsync(_mina), await EndpointAsync(_mina), await EndpointAsync(_mina));
        var stolen = await RenewAsync(_leaked, _taken);
        var made = await MakeAsync(stolen);
        var program = await ProgramAsync(stolen);
        (await LinkAsync(stolen, "thief")).Expect(HttpStatusCode.Created);
        await RenewAsync(stolen, other);
        var own = await EndpointAsync(stolen);
        (await stolen.Patch(moved, new { url = Thiefs }, Person.AnyVersion)).Expect(HttpStatusCode.OK);
        (await stolen.Post($"{known}/rotate-secret")).Expect(HttpStatusCode.OK);
        var back = await TakeBackAsync();
        // The thief still has the identity, and goes on with it.
        var late = await MakeAsync(Holder("thief"));
        var free = await MakeAsync(back);
        (await back.Patch(untouched, new { url = "https://hooks.example.org/all" }, Person.AnyVersion)).Expect(HttpStatusCode.OK);

        var revoked = await RevokeAsync();
        string[] gone = [made.ClientId, program.ClientId, other.ClientId, late.ClientId];
        Assert.Equal(gone.Order(StringComparer.Ordinal), Names(revoked, "revokedWithIt"));
        Assert.Equal(
            new[] { own, moved, known }.Order(StringComparer.Ordinal),
            Names(revoked, "disabledWithIt").Select(id => $"/v1/webhook-endpoints/{id}").Order(StringComparer.Ordinal)
        );
        (await Holder("thief").Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
        foreach (var one in (Person[])[back, free, _mina])
            (await one.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_client_of_the_thief_that_the_owner_renews_twice_stays_and_what_it_made_before_goes()
    {
        var stolen = await RenewAsync(_leaked, _taken);
        var made = await MakeAsync(stolen);
        var grandchild = await MakeAsync(made);
        await TakeBackAsync();
        await RenewAsync(_mina, made);
        var kept = await RenewAsync(_mina, made);
        Assert.Equal([grandchild.ClientId], Names(await RevokeAsync(), "revokedWithIt"));
        (await kept.AskTokenAsync()).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_identity_of_the_thief_that_renews_the_client_which_was_taken_back_leads_it_into_the_lineage_again()
    {
        var stolen = await RenewAsync(_leaked, _taken);
        (await LinkAsync(stolen, "thief")).Expect(HttpStatusCode.Created);
        await TakeBackAsync();
        (await Holder("thief").Post($"/v1/clients/{_taken.ClientId}/rotate")).Expect(HttpStatusCode.OK);
        Assert.Equal([_taken.ClientId], Names(await RevokeAsync(), "revokedWithIt"));
    }

    [Theory]
    [InlineData("client")]
    [InlineData("identity")]
    [InlineData("endpoint")]
    public async Task What_an_identity_of_the_thief_makes_in_the_moment_of_the_revocation_goes_too(string what)
    {
        var stolen = await RenewAsync(_leaked, _taken);
        (await LinkAsync(stolen, "thief")).Expect(HttpStatusCode.Created);
        await TakeBackAsync();
        var thief = Holder("thief");
        var (making, revoking) = await _world.InOneBatchAsync(
            () =>
                what switch
                {
                    "client" => thief.Post("/v1/clients", new { name = "Batch jobs" }),
                    "identity" => LinkAsync(thief, "another"),
                    _ => thief.Post("/v1/webhook-endpoints", Endpoint(Thiefs)),
                },
            () => _mina.Post($"/v1/clients/{_leaked.ClientId}/revoke?descendants=true")
        );
        var made = making.Expect(HttpStatusCode.Created);
        var revoked = revoking.Expect(HttpStatusCode.OK);
        switch (what)
        {
            case "client":
                Assert.Equal([made.Text_("clientId")], Names(revoked, "revokedWithIt"));
                break;
            case "identity":
                (await Holder("another").Get("/v1/me")).ExpectProblem(HttpStatusCode.Unauthorized, "unauthenticated");
                break;
            default:
                Assert.Equal([made.Id.ToString()], Names(revoked, "disabledWithIt"));
                break;
        }
    }

    public async Task DisposeAsync()
    {
        await _world.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    public async Task InitializeAsync()
    {
        _issuer = await TestIssuer.StartAsync();
        _world = await TestWorld.StartAsync([.. Mailbox.Settings, $"--Access:TrustedIssuers:0:Address={_issuer.Address}"]);
        (_organization, _mina) = await _world.SignUpAsync("mina@example.org");
        (_leaked, _taken) = (await MakeAsync(_mina), await MakeAsync(_mina));
    }

    /// <summary>The owner renews the stolen client until neither of its secrets is the thief's.</summary>
    private async Task<Person> TakeBackAsync()
    {
        await RenewAsync(_mina, _taken);
        return await RenewAsync(_mina, _taken);
    }

    private async Task<Reply> RevokeAsync() =>
        (await _mina.Post($"/v1/clients/{_leaked.ClientId}/revoke?descendants=true")).Expect(HttpStatusCode.OK);

    private async Task<Person> MakeAsync(Person maker)
    {
        var made = (await maker.Post("/v1/clients", new { name = "Batch jobs" })).Expect(HttpStatusCode.Created);
        return _world.PersonOf(made.Body!);
    }

    private async Task<Person> RenewAsync(Person by, Person client)
    {
        var renewed = (await by.Post($"/v1/clients/{client.ClientId}/rotate")).Expect(HttpStatusCode.OK);
        return new Person(_world.Http, client.ClientId, renewed.Text_("clientSecret"), Guid.Empty);
    }

    private Task<Person> ProgramAsync(Person by) => _world.Named($"/v1/organizations/{_organization}/members", "organization-member", by);

    private object Endpoint(string url) =>
        new
        {
            ownerKind = "organization",
            ownerId = _organization,
            url,
        };

    private async Task<string> EndpointAsync(Person by) =>
        $"/v1/webhook-endpoints/{(await by.Post("/v1/webhook-endpoints", Endpoint(Own))).Expect(HttpStatusCode.Created).Id}";

    private Task<Reply> LinkAsync(Person by, string subject) => by.Post("/v1/me/identities", new { token = Token(subject) });

    private Person Holder(string subject) => _world.Holder(Token(subject));

    private string Token(string subject) => _issuer.Token(subject, _world.Now.AddHours(1), scope: "read request clients");

    private static IEnumerable<string> Names(Reply revoked, string field) =>
        revoked[field].AsArray().Select(one => one!.GetValue<string>()).Order(StringComparer.Ordinal);
}
