namespace GpuGrants.Tool.Replay;

/// <summary>Sums of all answers, by GPU model. Safe to add to from many tasks at once.</summary>
public sealed class Tally
{
    private const int MaxFailures = 20;

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, ModelTally> _models = new(StringComparer.Ordinal);
    private readonly SortedDictionary<int, OrganizationTally> _organizations = [];
    private readonly List<string> _failures = [];

    /// <param name="models">Models that are shown even when nobody asks for them.</param>
    public Tally(IEnumerable<string> models)
    {
        foreach (var model in models)
            _models[model] = new ModelTally(model);
    }

    public IReadOnlyCollection<ModelTally> Models => _models.Values;

    /// <summary>Calls that the service refused, and answers that contradict what was asked; the first twenty.</summary>
    public IReadOnlyList<string> Failures => _failures;

    public int FailureCount { get; private set; }

    /// <summary>Tasks that asked for a quote first.</summary>
    public int QuotesAsked { get; private set; }

    /// <summary>Of them, those whose request named the quote.</summary>
    public int QuotesUsed { get; private set; }

    /// <summary>What each organization asked for and received, by its number.</summary>
    public IReadOnlyCollection<OrganizationTally> Organizations => _organizations.Values;

    /// <summary>An organization asked for GPU time, and received all of it or nothing.</summary>
    public void Add(int organization, long askedGpuSeconds, bool isGranted)
    {
        lock (_gate)
        {
            var sum = _organizations.GetValueOrDefault(organization);
            _organizations[organization] = new OrganizationTally(
                sum.AskedGpuSeconds + askedGpuSeconds,
                sum.ReceivedGpuSeconds + (isGranted ? askedGpuSeconds : 0)
            );
        }
    }

    public void Add(string model, Action<ModelTally> change)
    {
        lock (_gate)
        {
            if (!_models.TryGetValue(model, out var tally))
                _models[model] = tally = new ModelTally(model);
            change(tally);
        }
    }

    /// <summary>A task asked for a quote first, and got one or none.</summary>
    public void AddQuote(bool isUsed)
    {
        lock (_gate)
        {
            QuotesAsked++;
            QuotesUsed += isUsed ? 1 : 0;
        }
    }

    public void Fail(string what)
    {
        lock (_gate)
        {
            FailureCount++;
            if (_failures.Count < MaxFailures)
                _failures.Add(what);
        }
    }
}

/// <summary>What one organization asked for and received, in GPU-seconds.</summary>
public readonly record struct OrganizationTally(long AskedGpuSeconds, long ReceivedGpuSeconds);
