namespace GpuGrants.Ledger.Audit;

/// <summary>The stable codes of <see cref="Finding"/>.</summary>
public static class FindingCodes
{
    /// <summary>A number of the tree has no transfer.</summary>
    public const string TransferMissing = "transfer-missing";

    /// <summary>A transfer stands where the seal knows another, or none.</summary>
    public const string TransferInserted = "transfer-inserted";

    /// <summary>A transfer differs from its sealed digest.</summary>
    public const string TransferChanged = "transfer-changed";

    /// <summary>A transfer does not follow from the counters before it.</summary>
    public const string CountersWrong = "counters-wrong";

    /// <summary>A floored account gave more than it had.</summary>
    public const string FloorBroken = "floor-broken";

    /// <summary>A transfer and its accounts differ in unit.</summary>
    public const string UnitWrong = "unit-wrong";

    /// <summary>A transfer is older than the one before it.</summary>
    public const string TimeRanBackwards = "time-ran-backwards";

    /// <summary>A hold's end does not fit the hold.</summary>
    public const string HoldWrong = "hold-wrong";

    /// <summary>Corrections do not fit the transfer that they correct.</summary>
    public const string CorrectionWrong = "correction-wrong";

    /// <summary>A stored account differs from what its transfers give.</summary>
    public const string AccountWrong = "account-wrong";

    /// <summary>A grant is not the one that its request names.</summary>
    public const string GrantWrong = "grant-wrong";

    /// <summary>An offer promised more than its dated tranches have.</summary>
    public const string OverPromised = "over-promised";

    /// <summary>A transfer names an account that does not exist.</summary>
    public const string AccountMissing = "account-missing";

    /// <summary>The balances of one unit do not add up to zero.</summary>
    public const string SumNotZero = "sum-not-zero";

    /// <summary>A block's hash is not that of its rows.</summary>
    public const string BlockBroken = "block-broken";

    /// <summary>A block that should exist does not.</summary>
    public const string BlockMissing = "block-missing";

    /// <summary>A tree's counter of transfers is not the last number.</summary>
    public const string SequenceWrong = "sequence-wrong";

    /// <summary>A decision, taken again from its snapshot, has another result.</summary>
    public const string DecisionDiffers = "decision-differs";

    /// <summary>A subject's stored counters cannot be unpacked.</summary>
    public const string CountersUnreadable = "counters-unreadable";

    /// <summary>A stored counter is not the fold of the facts.</summary>
    public const string CounterDiffers = "counter-differs";

    /// <summary>A file of an export differs from its manifest.</summary>
    public const string FileChanged = "file-changed";

    /// <summary>A line of an export cannot be read.</summary>
    public const string LineUnreadable = "line-unreadable";
}
