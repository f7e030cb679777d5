namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// A grant on paper: what was reported of it, minute by minute. It knows neither spans nor counters nor ledgers, and counts anew for every
/// question.
/// </summary>
internal sealed class PaperGrant(Guid id, int gpus, int fromMinute, int toMinute)
{
    /// <summary>Minutes by which a clock may be off: what a record states beyond the bounds is cut off.</summary>
    private const int Tolerance = 5;

    private readonly Dictionary<Guid, PaperRecord> _records = [];

    /// <summary>In the order of their minutes.</summary>
    private readonly List<(int From, bool Suspended)> _standings = [];

    public Guid Id { get; } = id;

    public int Gpus { get; } = gpus;

    /// <summary>Minutes since the world began. The grant may be used from here on.</summary>
    public int FromMinute { get; } = fromMinute;

    /// <summary>Until here, not included.</summary>
    public int ToMinute { get; private set; } = toMinute;

    public IReadOnlyDictionary<Guid, PaperRecord> Records => _records;

    public void EndsAt(int minute) => ToMinute = Math.Min(ToMinute, minute);

    /// <summary>From a minute on it is suspended, or no longer.</summary>
    public void IsSuspended(bool suspended, int minute) => _standings.Add((minute, suspended));

    /// <summary>Whether nothing of it could be used in a minute that has passed.</summary>
    public bool IsSuspendedAt(int minute) => _standings.LastOrDefault(one => one.From <= minute).Suspended;

    public void Take(Guid record, PaperRecord stated) => _records[record] = stated;

    public void Drop(Guid record) => _records.Remove(record);

    /// <summary>Whether the GPUs are free for a record at each of its minutes, when another is left aside.</summary>
    public bool IsFree(PaperRecord record, Guid? instead = null) =>
        Enumerable.Range(record.From, record.To - record.From).All(minute => UsedAt(minute, instead) + record.MilliGpus <= Gpus * 1_000);

    /// <summary>What counts of a record: its time in the grant's life and in the past.</summary>
    /// <returns>Null when it is refused: nothing counts, or it states a time further outside than clocks differ.</returns>
    public PaperRecord? Within(PaperRecord stated, int nowMinute)
    {
        var until = Math.Min(ToMinute, nowMinute);
        if (stated.To <= stated.From || FromMinute - stated.From > Tolerance || stated.To - until > Tolerance)
            return null;
        var counts = stated with { From = Math.Max(stated.From, FromMinute), To = Math.Min(stated.To, until) };
        return counts.From < counts.To ? counts : null;
    }

    /// <summary>Thousandths of a GPU in a minute.</summary>
    public int UsedAt(int minute, Guid? instead = null) =>
        _records.Where(one => one.Key != instead && one.Value.From <= minute && minute < one.Value.To).Sum(one => one.Value.MilliGpus);

    /// <summary>What all records together used between two minutes, in thousandths of a GPU × milliseconds.</summary>
    public long MicrosecondsIn(int fromMinute, int toMinute) =>
        Enumerable.Range(fromMinute, Math.Max(0, toMinute - fromMinute)).Sum(minute => UsedAt(minute) * 60_000L);

    /// <summary>GPU-seconds that the GPUs have between two minutes of the grant's life.</summary>
    public long RoomIn(int fromMinute, int toMinute) =>
        Math.Max(0, Math.Min(toMinute, ToMinute) - Math.Max(fromMinute, FromMinute)) * 60L * Gpus;
}

/// <summary>A record on paper, in whole minutes since the world began.</summary>
internal sealed record PaperRecord(int MilliGpus, int From, int To);
