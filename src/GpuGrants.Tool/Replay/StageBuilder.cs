using System.Globalization;
using System.Net;
using GpuGrants.Client;

namespace GpuGrants.Tool.Replay;

/// <summary>
/// Sets the stage over the API: models, a programme with a budget and rules, providers with offers, a reviewer, organizations.
/// </summary>
/// <param name="administrator">A platform administrator.</param>
/// <param name="connect">Makes a client of credentials.</param>
public sealed class StageBuilder(GpuGrantsClient administrator, Func<ClientCredentials, GpuGrantsClient> connect)
{
    /// <summary>A request for more waits for a reviewer.</summary>
    public const int ReviewAboveGpuHours = 20;

    /// <summary>What an organization may be granted in a calendar month.</summary>
    public const int MonthlyGpuHours = 5_000;

    /// <summary>Grants that an organization may hold at once.</summary>
    public const int ActiveGrants = 50;

    /// <summary>The trace names no regions, so there is one.</summary>
    public const string Region = "cluster";

    /// <summary>How long a tranche of the nodes is.</summary>
    public const int TrancheDays = 30;

    private const int SpareDays = 2;
    private const int MaxGrantDays = 730;
    private const int ReviewHoldHours = 2_160;
    private const int ConcurrentOrganizations = 16;
    private const int DefaultMemoryGib = 16;

    /// <summary>The memory of the models that traces name in public; requests of a trace never ask for memory.</summary>
    private static readonly Dictionary<string, int> KnownMemoryGib = new()
    {
        ["t4"] = 16,
        ["p100"] = 16,
        ["v100m16"] = 16,
        ["v100m32"] = 32,
        ["a10"] = 24,
    };

    /// <summary>The rules in words, for the result.</summary>
    public static string Rules { get; } =
        string.Create(
            CultureInfo.InvariantCulture,
            $"a reviewer decides above {ReviewAboveGpuHours} GPU-hours; "
                + $"an organization gets at most {MonthlyGpuHours:N0} GPU-hours per month and at most {ActiveGrants} active grants at once"
        );

    /// <summary>Builds the stage for a trace.</summary>
    /// <param name="trace">Says what there is to offer and to ask for.</param>
    /// <param name="organizations">How many organizations there are.</param>
    /// <param name="start">When the trace starts by the service's clock.</param>
    public async Task<Stage> BuildAsync(Trace trace, int organizations, DateTimeOffset start, CancellationToken cancellation)
    {
        var programme = await ProgrammeAsync(trace, cancellation);
        var offers = new List<StageOffer>();
        foreach (
            var (index, model) in trace
                .Nodes.GroupBy(node => node.Model)
                .OrderByDescending(group => group.Sum(node => node.Gpus))
                .ThenBy(group => group.Key, StringComparer.Ordinal)
                .Index()
        )
            offers.Add(await OfferAsync(programme, trace, model.Key, model.Sum(node => node.Gpus), RateOf(index), start, cancellation));
        var reviewer = await administrator.PostAsync<Joined>(
            $"/v1/programmes/{programme}/members",
            new { name = "Reviewer", role = "programme-reviewer" },
            cancellation: cancellation
        );
        await PolicyAsync(programme, cancellation);
        var owners = new GpuGrantsClient[organizations];
        await Parallel.ForAsync(
            0,
            organizations,
            new ParallelOptions { MaxDegreeOfParallelism = ConcurrentOrganizations, CancellationToken = cancellation },
            async (index, token) => owners[index] = await OwnerAsync(index, token)
        );
        return new Stage
        {
            ProgrammeId = programme,
            Offers = offers,
            Owners = owners,
            Administrator = administrator,
            Reviewer = connect(reviewer.Client.Credentials),
        };
    }

    /// <summary>Credits per GPU-hour: the commonest model costs 1, each rarer one a tenth more.</summary>
    private static decimal RateOf(int rank) => 1 + (rank * 0.1m);

    private async Task<Guid> ProgrammeAsync(Trace trace, CancellationToken cancellation)
    {
        var made = await administrator.PostAsync<Made>(
            "/v1/programmes",
            new
            {
                name = "Trace replay",
                timeZone = "UTC",
                maxGrantDays = MaxGrantDays,
                reviewHoldHours = ReviewHoldHours,
            },
            cancellation: cancellation
        );
        var models = trace.Nodes.Select(node => node.Model).Distinct().Count();
        var asked = trace.Tasks.Sum(task => task.AskedGpuSeconds) / 3_600m;
        // Pays for all tasks at the highest rate, so that quotas decide and not an empty budget.
        await administrator.PostAsync<Made>(
            $"/v1/programmes/{made.Id}/fund",
            new { credits = decimal.Ceiling(asked * RateOf(models)), reason = "The budget of a replay" },
            cancellation: cancellation
        );
        return made.Id;
    }

    private async Task<StageOffer> OfferAsync(
        Guid programme,
        Trace trace,
        string model,
        int gpus,
        decimal rate,
        DateTimeOffset start,
        CancellationToken cancellation
    )
    {
        await ModelAsync(model, cancellation);
        var provider = await administrator.PostAsync<Made>(
            "/v1/providers",
            new { name = $"Owner of the {model} nodes", country = "CN" },
            cancellation: cancellation
        );
        var joined = await administrator.PostAsync<Joined>(
            $"/v1/providers/{provider.Id}/operators",
            new { name = $"Operator of the {model} nodes" },
            cancellation: cancellation
        );
        var @operator = connect(joined.Client.Credentials);
        var maxGpus = Math.Max(8, trace.Tasks.Max(task => task.Gpus));
        var offer = await @operator.PostAsync<Made>(
            "/v1/offers",
            new
            {
                programmeId = programme,
                providerId = provider.Id,
                gpuModel = model,
                region = Region,
                capacityGpuHours = 0,
                rate,
                maxGpus,
            },
            cancellation: cancellation
        );
        foreach (var (from, until) in Tranches(trace, start))
            offer = await @operator.PostAsync<Made>(
                $"/v1/offers/{offer.Id}/tranches",
                new
                {
                    gpus,
                    startsAt = from,
                    endsAt = until,
                },
                cancellation: cancellation
            );
        await administrator.PostAsync<Made>($"/v1/offers/{offer.Id}/accept", new { }, version: offer.Version, cancellation: cancellation);
        var open = await @operator.GetAsync<Available>($"/v1/offers/{offer.Id}", cancellation);
        var capacity = (long)(open.AvailableGpuHours * 3_600);
        return new StageOffer(model, provider.Id, offer.Id, capacity, gpus * trace.DurationSeconds, rate, @operator);
    }

    /// <summary>
    /// The nodes are there in periods of 30 days, one after the other, from the trace's first hour until two days after its end. A task
    /// that comes at the very end still finds its hours then.
    /// </summary>
    private static IEnumerable<(DateTimeOffset From, DateTimeOffset Until)> Tranches(Trace trace, DateTimeOffset start)
    {
        var from = new DateTimeOffset(start.UtcTicks - (start.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
        var end = from.AddDays(Math.Ceiling(trace.DurationSeconds / 86_400d) + SpareDays);
        for (; from < end; from = from.AddDays(TrancheDays))
            yield return (from, from.AddDays(TrancheDays) < end ? from.AddDays(TrancheDays) : end);
    }

    private async Task ModelAsync(string model, CancellationToken cancellation)
    {
        var isKnown = KnownMemoryGib.TryGetValue(model, out var memory);
        try
        {
            await administrator.PostAsync<NamedModel>(
                "/v1/gpu-models",
                new
                {
                    id = model,
                    name = model.ToUpperInvariant(),
                    gpuClass = "datacenter",
                    memoryGib = isKnown ? memory : DefaultMemoryGib,
                    vendor = isKnown ? "NVIDIA" : "Not named",
                },
                cancellation: cancellation
            );
        }
        catch (GpuGrantsException refusal) when (refusal.Status == HttpStatusCode.Conflict)
        {
            // A running service may know the model already.
        }
    }

    private async Task PolicyAsync(Guid programme, CancellationToken cancellation)
    {
        object subject = new { level = "organization" };
        object[] rules =
        [
            new
            {
                id = "per-request",
                measure = "gpu-hours-granted",
                subject,
                window = new { kind = "per-request" },
                limit = new { gpuHours = Text(ReviewAboveGpuHours) },
                outcome = "review",
            },
            new
            {
                id = "per-month",
                measure = "gpu-hours-granted",
                subject,
                window = new { kind = "calendar", unit = "month" },
                limit = new { gpuHours = Text(MonthlyGpuHours) },
                outcome = "deny",
            },
            new
            {
                id = "active-grants",
                measure = "active-grants",
                subject,
                window = new { kind = "concurrent" },
                limit = new { count = ActiveGrants },
                outcome = "deny",
            },
        ];
        var policy = await administrator.PostAsync<Made>(
            "/v1/quota-policies",
            new
            {
                programmeId = programme,
                name = "Replay rules",
                document = new { rules },
            },
            cancellation: cancellation
        );
        await administrator.PostAsync<Made>(
            $"/v1/quota-policies/{policy.Id}/publish",
            new { },
            version: policy.Version,
            cancellation: cancellation
        );
    }

    private async Task<GpuGrantsClient> OwnerAsync(int index, CancellationToken cancellation)
    {
        var kinds = OrganizationKinds.All;
        var name = string.Create(CultureInfo.InvariantCulture, $"Organization {index + 1}");
        var made = await administrator.PostAsync<Organization>(
            "/v1/organizations",
            new
            {
                kind = kinds[index % kinds.Count],
                name,
                country = "KR",
                ownerName = $"{name}'s owner",
            },
            cancellation: cancellation
        );
        return connect(made.OwnerClient.Credentials);
    }

    private static string Text(int hours) => hours.ToString(CultureInfo.InvariantCulture);

    private sealed record Made(Guid Id, long Version);

    private sealed record Available(decimal AvailableGpuHours);

    private sealed record NamedModel(string Id);

    private sealed record Joined(NewClient Client);

    private sealed record Organization(Guid Id, NewClient OwnerClient);

    private sealed record NewClient(string ClientId, string ClientSecret)
    {
        public ClientCredentials Credentials => new(ClientId, ClientSecret);
    }
}
