namespace GpuGrants.Ledger.Audit;

/// <summary>The stable codes of <see cref="Finding"/>.</summary>
public static class FindingCodes
{
    public const string TransferMissing = "transfer_missing";
    public const string TransferInserted = "transfer_inserted";
    public const string TransferChanged = "transfer_changed";
    public const string CountersWrong = "counters_wrong";
    public const string FloorBroken = "floor_broken";
    public const string UnitWrong = "unit_wrong";
    public const string TimeRanBackwards = "time_ran_backwards";
    public const string HoldWrong = "hold_wrong";
    public const string CorrectionWrong = "correction_wrong";
    public const string AccountWrong = "account_wrong";
    public const string AccountMissing = "account_missing";
    public const string SumNotZero = "sum_not_zero";
    public const string BlockBroken = "block_broken";
    public const string BlockMissing = "block_missing";
    public const string SequenceWrong = "sequence_wrong";
    public const string DecisionDiffers = "decision_differs";
    public const string FileChanged = "file_changed";
    public const string LineUnreadable = "line_unreadable";
}
