namespace GpuGrants.Tool.Replay;

/// <summary>Two amounts that have to be equal to the GPU-second.</summary>
/// <param name="Model">The GPU model.</param>
/// <param name="Name">What is compared.</param>
/// <param name="Left">GPU-seconds on one side.</param>
/// <param name="Right">GPU-seconds on the other.</param>
public sealed record Check(string Model, string Name, long Left, long Right)
{
    public bool Holds => Left == Right;

    /// <summary>Compares the answers' sums with each other and with the ledger.</summary>
    public static IEnumerable<Check> Of(ModelTally tally, StageOffer? offer, LedgerReading? ledger)
    {
        var granted = tally.Granted.GpuSeconds;
        yield return new(
            tally.Model,
            "answers: asked = granted at once + referred + denied",
            tally.Asked.GpuSeconds,
            tally.GrantedAtOnce.GpuSeconds + tally.Referred.GpuSeconds + tally.AllDenied.GpuSeconds
        );
        yield return new(
            tally.Model,
            "answers: granted = used + returned + still held",
            granted,
            tally.Used.GpuSeconds + tally.Returned.GpuSeconds + tally.HeldGpuSeconds
        );
        if (offer is null || ledger is null)
            yield break;
        yield return new(
            tally.Model,
            "ledger: granted = used + returned + still held",
            ledger.Granted,
            ledger.Used + ledger.Returned + ledger.Held
        );
        yield return new(tally.Model, "granted: answers = ledger", granted, ledger.Granted);
        yield return new(tally.Model, "used: answers = ledger", tally.Used.GpuSeconds, ledger.Used);
        yield return new(tally.Model, "returned: answers = ledger", tally.Returned.GpuSeconds, ledger.Returned);
        yield return new(tally.Model, "still held: answers = ledger", tally.HeldGpuSeconds, ledger.Held);
        yield return new(
            tally.Model,
            "ledger: capacity left = put up - used - still held - passed",
            ledger.CapacityLeft,
            offer.CapacityGpuSeconds - ledger.Used - ledger.Held - ledger.Undelivered
        );
        yield return new(tally.Model, "ledger: nothing is kept by open holds", ledger.Pending, 0);
    }
}
