namespace GpuGrants.Api.Tests.Lives;

/// <summary>
/// A grant on paper: what was reported of it, minute by minute. It knows neither spans nor counters nor ledgers, and counts anew for every
/// question.
/// </summary>
internal sealed class PaperGrant(Guid id, int gpus, int fromMinute, int toMinute)
{
    private readonly Dictionary<Guid, PaperRecord> _records = [];

    public Guid Id { get; } = id;

    public int Gpus { get; } = gpus;

    /// <summary>Minutes since the world began. The grant may be used from here on.</summary>
    public int FromMinute { get; } = fromMinute;

    /// <summary>Until here, not included.</summary>
    public int ToMinute { get; private set; } = toMinute;

    public IReadOnlyDictionary<Guid, PaperRecord> Records => _records;

    public void EndsAt(int minute) => ToMinute = Math.Min(ToMinute, minute);

    public void Take(Guid record, PaperRecord stated) => _records[record] = stated;

    public void Drop(Guid record) => _records.Remove(record);

    /// <summary>Whether the GPUs are free for a record at each of its minutes, when another is left aside.</summary>
    public bool IsFree(PaperRecord record, Guid? instead = null) =>
        Enumerable.Range(record.From, record.To - record.From).All(minute => UsedAt(minute, instead) + record.MilliGpus <= Gpus * 1_000);

    /// <summary>Whether a record lies in the grant's life and in the past.</summary>
    public bool Covers(PaperRecord record, int nowMinute) =>
        record.From >= FromMinute && record.To <= Math.Min(ToMinute, nowMinute) && record.From < record.To;

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
