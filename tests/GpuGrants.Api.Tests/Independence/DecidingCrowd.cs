using System.Net;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Independence;

/// <summary>Administrators who come and go in organizations and among providers' operators, and decide at random.</summary>
/// <remarks>The model is a list of who belonged where from when to when. It knows nothing of roles, requests or rules.</remarks>
internal sealed class DecidingCrowd
{
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
    private int _overrides;

    private DecidingCrowd(TestWorld world, Random random) => (_world, _random) = (world, random);

    /// <summary>Decisions that stood, and those that somebody tried for their own people.</summary>
    public (int Stood, int Own) Tried { get; private set; }

    public static async Task<DecidingCrowd> GatherAsync(TestWorld world, Random random)
    {
        var crowd = new DecidingCrowd(world, random);
        var scene = await world.Scene();
        (crowd._programme, crowd._policy) = (scene.Programme, await world.Policy(scene.Programme, Scenes.PerRequest("10")));
        (await world.Admin.Patch($"/v1/programmes/{scene.Programme}", new { reviewHoldHours = 2_160 }, ("If-Match", "*"))).Expect(
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
        crowd._callers = [.. crowd._deciders, .. crowd._places.Select(place => place.Owner)];
        return crowd;
    }

    public Task StepAsync() =>
        _random.Next(12) switch
        {
            0 or 1 => MoveAsync(),
            2 or 3 => AskAsync(),
            4 => ProposeAsync(),
            5 or 6 or 7 => DecideAsync(),
            8 => OverrideAsync(),
            9 => StopAsync(),
            10 => VerifyAsync(),
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
        var asked = (await asks.Ask(_programme, 20, new { organizationId = place.Id })).Expect(HttpStatusCode.Created);
        if (asked.Text_("status") != "in-review")
            return;
        var earns = await _world.ScalarAsync<Guid>("select provider_id from requests where id = $1", asked.Id);
        _open.Add(new Thing($"/v1/requests/{asked.Id}", ["approve", "deny"], [place.Id, earns, asks.PrincipalId]));
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
        if (await TryAsync(thing.Parties, who => who.Post($"{thing.Path}/{verdict}", body, ("If-Match", "*"))))
            _open.Remove(thing);
    }

    private Task OverrideAsync()
    {
        var place = _places[_random.Next(2)];
        var from = _world.Now.AddYears(++_overrides);
        return TryAsync(
            [place.Id],
            who =>
                who.Post(
                    "/v1/quota-overrides",
                    new
                    {
                        policyId = _policy,
                        ruleId = "per-request",
                        subject = place.Id,
                        effect = "add",
                        amount = 1,
                        startsAt = from,
                        expiresAt = from.AddDays(1),
                        reason = "For a deadline",
                    }
                )
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
        if (!await TryAsync([place.Id], who => who.Post(lift)))
            (await _world.Admin.Post(lift)).Expect(HttpStatusCode.OK);
        place.Owner.ForgetToken();
    }

    private Task VerifyAsync()
    {
        var place = _places[_random.Next(2)];
        return TryAsync(
            [place.Id],
            who => who.Post($"/v1/organizations/{place.Id}/verifications", new { level = "identity", evidence = "The register" })
        );
    }

    /// <summary>Somebody decides. It may stand only if the model knows them as independent of all whom it benefits.</summary>
    /// <returns>Whether it is settled, or can no longer be.</returns>
    private async Task<bool> TryAsync(Guid[] parties, Func<Person, Task<Reply>> decide)
    {
        var who = Any(_deciders);
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
    private sealed record Thing(string Path, string[] Verdicts, Guid[] Parties);
}
