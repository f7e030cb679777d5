namespace GpuGrants.Quotas.Deciding;

/// <summary>A counter as a decision read it.</summary>
public sealed record PinnedCounter(
    Guid SignatureId,
    string SubjectId,
    IReadOnlyList<long> Starts,
    IReadOnlyList<long> Used,
    IReadOnlyList<long> Held
)
{
    /// <summary>A counter to read from.</summary>
    public QuotaCounter Counter => new(Starts, Used, Held);

    /// <summary>Pins a counter as it is now.</summary>
    public static PinnedCounter Of(CounterKey key, QuotaCounter counter) =>
        new(key.SignatureId, key.Subject.ToString(), counter.Starts, counter.Used, counter.Held);
}
