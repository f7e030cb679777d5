using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Administrators who come and go in organizations and among providers' operators, and decide at random.</summary>
/// <remarks>The model is a list of who belonged where from when to when. It knows nothing of roles, requests or rules.</remarks>
internal sealed class DecidingCrowd
{
    private const string Elsewhere = "us-west";

    private static readonly TimeSpan Window = TimeSpan.FromDays(90);

    private readonly TestWorld _world;
    private readonly Random _random;
    private readonly List<(Person Who, Guid Party, DateTimeOffset? Until)> _history = [];
    private readonly List<Thing> _open = [];
    private Person[] _deciders = [];
    private Place[] _places = [];
    private Person[] _callers = [];
    private Guid _programme;
    private Guid _policy;
    private Guid _several;
    private Guid _approver;
    private int _overrides;
    private int _names;

    private DecidingCrowd(TestWorld world, Random random) => (_world, _random) = (world, random);

    /// <summary>Decisions that stood, and those that somebody tried for their own people.</summary>
    public (int Stood, int Own) Tried { get; private set; }

    public static async Task<DecidingCrowd> GatherAsync(TestWorld world, Random random)
    {
        var crowd = new DecidingCrowd(world, random);
        var scene = await world.Scene();
        (crowd._programme, crowd._policy) = (scene.Programme, await world.Policy(scene.Programme, Scenes.PerRequest("10")));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 2_160 }, Person.AnyVersion)).Expect(
            HttpStatusCode.OK
        );
        var (organization, owner) = await world.Organization(name: "Another");
        var (provider, @operator) = await world.Provider("Another Cloud");
        crowd._places =
        [
            new(scene.Organization, "organizations", "members", "organization-member", scene.Startup),
            new(organization, "organizations", "members", "organization-member", owner),
            new(scene.Provider, "providers", "operators", "provider-operator", scene.Operator),
            new(provider, "providers", "operators", "provider-operator", @operator),
        ];
        crowd._deciders = [await world.Member("/v1/administrators", null), await world.Member("/v1/administrators", null)];
        // One provider approves what is granted on its GPUs in another region.
        crowd._approver = provider;
        await @operator.ApprovingOffer(scene.Programme, provider, Elsewhere);
        // From here on nobody new is let in to decide by one person alone.
        crowd._several = await world.Policy(scene.Programme, Scenes.SeveralApprove("500", 2));
        crowd._callers = [.. crowd._deciders, .. crowd._places.Select(place => place.Owner)];
        return crowd;
    }

    public Task StepAsync() =>
        _random.Next(15) switch
        {
            0 or 1 => MoveAsync(),
            2 or 3 => AskAsync(),
            4 => ProposeAsync(),
            5 or 6 or 7 => DecideAsync(),
            8 => OverrideAsync(),
            9 => StopAsync(),
            10 => VerifyAsync(),
            11 or 12 => ChangeAsync(),
            13 => RenameAsync(),
            _ => _world.PassAsync(TimeSpan.FromHours(_random.Next(1, 900)), _callers),
        };

    /// <summary>Somebody joins a place, or leaves it.</summary>
    private async Task MoveAsync()
    {
        var (who, place) = (Any(_deciders), Any(_places));
        if (_history.FindIndex(one => one.Who == who && one.Party == place.Id && one.Until is null) is var there and >= 0)
        {
            (await _world.Admin.Delete($"{place.People}/{who.PrincipalId}")).Expect(HttpStatusCode.NoContent);
            _history[there] = (who, place.Id, _world.Now);
            return;
        }

        (await _world.Admin.Post(place.People, new { principalId = who.PrincipalId, role = place.Role })).Expect(HttpStatusCode.Created);
        _history.Add((who, place.Id, null));
    }

    /// <summary>An organization asks, sometimes through somebody who decides elsewhere.</summary>
    private async Task AskAsync()
    {
        var place = _places[_random.Next(2)];
        var member = _deciders.FirstOrDefault(one => Belongs(one, place.Id));
        var asks = member is not null && _random.Next(2) == 0 ? member : place.Owner;
        var region = _random.Next(2) == 0 ? "kr-central" : Elsewhere;
        var asked = (await asks.Ask(_programme, 20, new { organizationId = place.Id, region })).Expect(HttpStatusCode.Created);
        if (asked.Text_("status") != "in-review")
            return;
        var earns = await _world.ScalarAsync<Guid>("select provider_id from requests where id = $1", asked.Id);
        _open.Add(
            new Thing($"/v1/requests/{asked.Id}", ["approve", "deny"], [place.Id, earns, asks.PrincipalId])
            {
                Approver = earns == _approver ? earns : null,
            }
        );
    }

    private async Task ProposeAsync()
    {
        var place = _places[_random.Next(2, 4)];
        var offer = (await place.Owner.Propose(_programme, place.Id, capacity: 10)).Expect(HttpStatusCode.Created);
        _open.Add(new Thing($"/v1/offers/{offer.Id}", ["accept", "reject"], [place.Id]));
    }

    private async Task DecideAsync()
    {
        if (_open.Count == 0)
            return;
        var thing = Any(_open);
        var verdict = Any(thing.Verdicts);
        object body = verdict is "deny" or "reject" ? new { reason = "Not now" } : new { };
        if (await TryAsync(who => PartiesOf(thing, who), who => GiveAsync(who, thing, verdict, body)) && !thing.IsOpen)
            _open.Remove(thing);
    }

    /// <summary>A provider that approves grants itself is no party to its own yes.</summary>
    private Guid[] PartiesOf(Thing thing, Person who) =>
        thing.Approver is { } provider && Belongs(who, provider) ? [.. thing.Parties.Where(one => one != provider)] : thing.Parties;

    private async Task<Reply> GiveAsync(Person who, Thing thing, string verdict, object body)
    {
        var reply = await who.Post($"{thing.Path}/{verdict}", body, Person.AnyVersion);
        var stood = (int)reply.Status < 300;
        thing.IsOpen = stood
            ? reply.Text_("status") is "in-review" or "proposed"
            : reply.Code is "approved-before" or "provider-has-to-approve";
        if (!stood)
            return reply;
        thing.ProviderAgreed |= thing.Approver is { } provider && Belongs(who, provider);
        Assert.False(thing.Agreed.Contains(who.PrincipalId) && verdict == "approve", $"Somebody counted twice: {reply.Text}");
        thing.Agreed.Add(who.PrincipalId);
        if (reply.Text_("status") == "approved" && thing.Approver is not null)
            Assert.True(thing.ProviderAgreed, $"Its provider did not agree: {reply.Text}");
        return reply;
    }

    /// <summary>Somebody proposes what two people have to agree to.</summary>
    private async Task ChangeAsync()
    {
        var (who, place, from) = (Any(_deciders), _places[_random.Next(2)], _world.Now.AddYears(++_overrides));
        var proposed = await who.Post(
            "/v1/quota-overrides",
            PolicyScenes.Override(_several, "several", place.Id, "add", 1, from, from.AddDays(1))
        );
        Assert.Equal(Counts(who, place.Id) ? HttpStatusCode.Conflict : HttpStatusCode.Accepted, proposed.Status);
        if (proposed.Status == HttpStatusCode.Accepted)
            _open.Add(new Thing($"/v1/change-proposals/{proposed.Id}", ["approve", "reject"], [place.Id, who.PrincipalId]));
    }

    private Task RenameAsync()
    {
        var place = _places[_random.Next(2, 4)];
        var name = $"Cloud {++_names}";
        return TryAsync(_ => [place.Id], who => who.Patch($"/v1/providers/{place.Id}", new { name }, Person.AnyVersion));
    }

    private Task OverrideAsync()
    {
        var place = _places[_random.Next(2)];
        var from = _world.Now.AddYears(++_overrides);
        return TryAsync(
            _ => [place.Id],
            who => who.Post("/v1/quota-overrides", PolicyScenes.Override(_policy, "per-request", place.Id, "add", 1, from, from.AddDays(1)))
        );
    }

    /// <summary>Somebody else stops a place, which then goes on by a decision.</summary>
    private async Task StopAsync()
    {
        var place = Any(_places);
        var isProvider = place.Role == "provider-operator";
        var stopped = isProvider
            ? await _world.Admin.Post(
                "/v1/freezes",
                new
                {
                    scope = "provider",
                    resourceId = place.Id,
                    reason = "We look at it",
                }
            )
            : await _world.Admin.Post($"/v1/organizations/{place.Id}/suspend", new { reason = "We look at it" });
        Assert.True((int)stopped.Status < 300, stopped.Text);
        var lift = isProvider ? $"/v1/freezes/{stopped.Id}/lift" : $"/v1/organizations/{place.Id}/lift-suspension";
        if (!await TryAsync(_ => [place.Id], who => who.Post(lift)))
            (await _world.Admin.Post(lift)).Expect(HttpStatusCode.OK);
        place.Owner.ForgetToken();
    }

    private Task VerifyAsync()
    {
        var place = _places[_random.Next(2)];
        return TryAsync(
            _ => [place.Id],
            who => who.Post($"/v1/organizations/{place.Id}/verifications", new { level = "identity", evidence = "The register" })
        );
    }

    /// <summary>Somebody decides. It may stand only if the model knows them as independent of all whom it benefits.</summary>
    /// <returns>Whether it is settled, or can no longer be.</returns>
    private async Task<bool> TryAsync(Func<Person, Guid[]> benefits, Func<Person, Task<Reply>> decide)
    {
        var who = Any(_deciders);
        var parties = benefits(who);
        var isOwn = parties.Contains(who.PrincipalId) || parties.Any(party => Counts(who, party));
        var reply = await decide(who);
        var stood = (int)reply.Status < 300;
        var said = stood ? "" : reply.Text_("code");
        Assert.False(isOwn && stood, $"{reply.Message.RequestMessage!.RequestUri} stood for the decider's own people: {reply.Text}");
        Assert.False(!isOwn && said.StartsWith("own-", StringComparison.Ordinal), $"Somebody independent was refused: {reply.Text}");
        Tried = (Tried.Stood + (stood ? 1 : 0), Tried.Own + (said.StartsWith("own-", StringComparison.Ordinal) ? 1 : 0));
        return stood || !isOwn;
    }

    private bool Belongs(Person who, Guid party) => _history.Exists(one => one.Who == who && one.Party == party && one.Until is null);

    private bool Counts(Person who, Guid party) =>
        _history.Exists(one => one.Who == who && one.Party == party && (one.Until is not { } until || _world.Now - until < Window));

    private T Any<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];

    /// <summary>An organization or a provider, and where its people are listed.</summary>
    private sealed record Place(Guid Id, string Kind, string List, string Role, Person Owner)
    {
        public string People => $"/v1/{Kind}/{Id}/{List}";
    }

    /// <summary>What waits for a decision, and whom any verdict on it concerns.</summary>
    private sealed record Thing(string Path, string[] Verdicts, Guid[] Parties)
    {
        /// <summary>The provider that approves it too; null for none.</summary>
        public Guid? Approver { get; init; }

        public bool ProviderAgreed { get; set; }

        public HashSet<Guid> Agreed { get; } = [];

        public bool IsOpen { get; set; } = true;
    }
}
