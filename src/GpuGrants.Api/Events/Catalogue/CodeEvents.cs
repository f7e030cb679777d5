namespace GpuGrants.Api.Events.Catalogue;

/// <summary>What happens to batches of codes. No event has a code.</summary>
public static class CodeEvents
{
    public static readonly EventType<CodeBatchData> Minted = new(
        "code-batch.minted",
        "code-batch",
        "A programme minted codes; what they need is reserved."
    );

    public static readonly EventType<CodeBatchData> Ended = new(
        "code-batch.ended",
        "code-batch",
        "A batch of codes ended; what nobody redeemed returned."
    );

    public static readonly EventType<CodeRedeemedData> Redeemed = new(
        "code-batch.redeemed",
        "code-batch",
        "Somebody redeemed a code; the decision is an event of its request."
    );
}

/// <param name="ProgrammeId">The programme that minted it.</param>
/// <param name="OfferId">The offer on which the grants are.</param>
/// <param name="Status">active or ended.</param>
/// <param name="Count">How many codes it has.</param>
/// <param name="Redeemed">How many of them were redeemed.</param>
/// <param name="Version">The batch's version.</param>
public sealed record CodeBatchData(Guid CodeBatchId, Guid ProgrammeId, Guid OfferId, string Status, int Count, int Redeemed, long Version)
    : IEventData
{
    string IEventData.ResourceId => CodeBatchId.ToString();
}

/// <param name="ProgrammeId">The programme that minted it.</param>
/// <param name="Number">The code's number in the batch.</param>
/// <param name="RequestId">The request that redeemed it.</param>
public sealed record CodeRedeemedData(Guid CodeBatchId, Guid ProgrammeId, int Number, Guid RequestId) : IEventData
{
    string IEventData.ResourceId => CodeBatchId.ToString();
}
