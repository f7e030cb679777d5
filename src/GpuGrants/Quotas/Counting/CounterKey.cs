namespace GpuGrants.Quotas.Counting;

/// <summary>Which counter: what it counts and for whom.</summary>
public readonly record struct CounterKey(Guid SignatureId, SubjectId Subject)
{
    /// <inheritdoc/>
    public override int GetHashCode() => SignatureId.GetHashCode() ^ Subject.GetHashCode();
}
