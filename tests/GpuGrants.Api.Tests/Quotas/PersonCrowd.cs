using System.Net;
using CsCheck;
using GpuGrants.Api.Tests.World;

namespace GpuGrants.Api.Tests.Quotas;

/// <summary>Three people with organizations in common, and what each of them was granted in all.</summary>
internal sealed class PersonCrowd
{
    private static readonly string[] Names = ["mina", "ravi", "nils"];

    private readonly TestWorld[] _replicas;
    private readonly Scene _scene;
    private readonly Person[] _people;
    private readonly Person _reviewer;
    private readonly Dictionary<Guid, HashSet<Guid>> _owners = [];
    private readonly List<(Guid Id, HashSet<Guid> Counted)> _inReview = [];

    /// <summary>Where a provider approves each grant itself.</summary>
    private const string Elsewhere = "us-west";

    private PersonCrowd(TestWorld[] replicas, Scene scene, Person[] people, Person reviewer) =>
        (_replicas, _scene, _people, _reviewer) = (replicas, scene, people, reviewer);

    /// <summary>GPU-hours by person: of the organizations that the person owned when they asked, and of what the person asked
    /// for.</summary>
    public Dictionary<Guid, decimal> Granted { get; } = [];

    /// <summary>How often somebody was forgotten and returned.</summary>
    public int Returns { get; private set; }

    public static Gen<(int Kind, int Who, int Where, int Size)> Steps { get; } =
        from kind in Gen.Frequency(
            (6, Gen.Const(0)),
            (1, Gen.Const(1)),
            (1, Gen.Const(2)),
            (1, Gen.Const(3)),
            (2, Gen.Const(4)),
            (1, Gen.Const(5)),
            (1, Gen.Const(6))
        )
        from who in Gen.Int[0, 2]
        from place in Gen.Int[0, 20]
        from size in Gen.Int[1, 12]
        select (kind, who, place, size);

    public static async Task<PersonCrowd> GatherAsync(TestWorld world, TestWorld second, Scene scene)
    {
        var people = new List<Person>();
        var owned = new List<(Guid Organization, Guid Owner)>();
        foreach (var name in Names)
        {
            var (organization, person) = await world.SignUpAsync($"{name}@example.org", $"{name}'s lab");
            people.Add(person);
            owned.Add((organization, person.PrincipalId));
        }

        var crowd = new PersonCrowd([world, second], scene, [.. people], await world.Reviewer(scene.Programme));
        await scene.Operator.ApprovingOffer(scene.Programme, scene.Provider, Elsewhere);
        foreach (var (organization, owner) in owned)
            crowd._owners[organization] = [owner];
        return crowd;
    }

    public async Task TakeAsync((int Kind, int Who, int Where, int Size) step)
    {
        await DoAsync(step);
        // The other replica remembers roles for five seconds.
        _replicas[0].Clock.Advance(TimeSpan.FromSeconds(6));
    }

    private Task DoAsync((int Kind, int Who, int Where, int Size) step) =>
        step.Kind switch
        {
            0 => AskAsync(step.Who, step.Where, step.Size),
            1 => FoundAsync(step.Who),
            2 => ShareAsync(step.Who, step.Where),
            3 => LeaveAsync(step.Who, step.Where),
            4 => ReviewAsync(step.Where),
            5 => PassAsync(step.Size),
            _ => ReturnAsync(step.Who),
        };

    /// <summary>Twice at once, on both replicas.</summary>
    private async Task AskAsync(int who, int where, int size)
    {
        if (Mine(who) is not { Count: > 0 } mine)
            return;
        var organization = mine[where % mine.Count];
        var counted = _owners[organization].Append(_people[who].PrincipalId).ToHashSet();
        var region = where % 3 == 0 ? Elsewhere : "kr-central";
        var replies = await Task.WhenAll(
            _replicas.Select(replica => _people[who].On(replica).Ask(_scene.Programme, size, new { organizationId = organization, region }))
        );
        foreach (var reply in replies)
        {
            reply.Expect(HttpStatusCode.Created);
            Assert.False(region == Elsewhere && reply.Text_("status") == "approved", "Its provider was not asked.");
            if (reply.Text_("status") == "in-review")
                _inReview.Add((reply.Id, counted));
            else if (reply.Text_("status") == "approved")
                Count(counted, size);
        }
    }

    private async Task FoundAsync(int who)
    {
        var made = (await _people[who].NewOrganization("Another")).Expect(HttpStatusCode.Created);
        _owners[made.Id] = [_people[who].PrincipalId];
    }

    private async Task ShareAsync(int who, int where)
    {
        if (Mine(who) is not { Count: > 0 } mine)
            return;
        var (organization, other) = (mine[where % mine.Count], _people[(who + 1) % 3].PrincipalId);
        if (_owners[organization].Contains(other))
            return;
        var email = $"{Names[(who + 1) % 3]}@example.org";
        (await _replicas[0].JoinAsync(_people[who], email, "organization-owner", organization)).Expect(HttpStatusCode.Created);
        _owners[organization].Add(other);
    }

    private async Task LeaveAsync(int who, int where)
    {
        var mine = Mine(who).Where(one => _owners[one].Count > 1).ToList();
        if (mine.Count == 0)
            return;
        var organization = mine[where % mine.Count];
        (await _people[who].Delete($"/v1/organizations/{organization}/members/{_people[who].PrincipalId}")).Expect(
            HttpStatusCode.NoContent
        );
        _owners[organization].Remove(_people[who].PrincipalId);
    }

    /// <summary>Reviewer and operator both decide. A verdict meets the rules of its own moment, so it may be refused.</summary>
    private async Task ReviewAsync(int where)
    {
        if (_inReview.Count == 0)
            return;
        var (id, counted) = _inReview[where % _inReview.Count];
        foreach (var by in (Person[])[_reviewer, _scene.Operator])
        {
            // An operator does not find what only the programme decides.
            var reply = await by.Post($"/v1/requests/{id}/approve", new { }, Person.AnyVersion);
            if (reply.Status == HttpStatusCode.OK && reply.Text_("status") == "approved")
                Count(counted, reply["decision"]["gpuHours"]!.GetValue<decimal>());
        }

        _inReview.RemoveAt(where % _inReview.Count);
    }

    /// <summary>Somebody ends what runs, is forgotten and signs up again with the same address. It is the same person.</summary>
    private async Task ReturnAsync(int who)
    {
        var person = _people[who];
        var running = (await person.Get("/v1/grants?status=active&limit=100")).Expect(HttpStatusCode.OK)["data"].AsArray();
        foreach (var grant in running)
            await person.Post($"/v1/grants/{grant!["id"]}/close");
        var left = await person.Delete("/v1/me");
        // A request of theirs waits for a person.
        if (left.Status == HttpStatusCode.Conflict)
            return;
        left.Expect(HttpStatusCode.NoContent);
        foreach (var owners in _owners.Values)
            owners.Remove(person.PrincipalId);
        var (organization, back) = await _replicas[0].SignUpAsync($"{Names[who]}@example.org", $"{Names[who]} again");
        Assert.Equal(person.PrincipalId, back.PrincipalId);
        (_people[who], _owners[organization]) = (back, [back.PrincipalId]);
        Returns++;
    }

    private async Task PassAsync(int hours)
    {
        await _replicas[0].PassAsync(TimeSpan.FromHours(hours), [.. _people, _reviewer, _scene.Operator]);
    }

    private List<Guid> Mine(int who) =>
        [.. _owners.Where(one => one.Value.Contains(_people[who].PrincipalId)).Select(one => one.Key).Order()];

    private void Count(HashSet<Guid> people, decimal hours)
    {
        foreach (var person in people)
            Granted[person] = Granted.GetValueOrDefault(person) + hours;
    }
}
