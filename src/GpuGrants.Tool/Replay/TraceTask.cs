using GpuGrants.Units;

namespace GpuGrants.Tool.Replay;

/// <summary>A task of the trace that has GPUs.</summary>
/// <param name="Name">Its name in the trace.</param>
/// <param name="Gpus">How many GPUs it has.</param>
/// <param name="GpuMilli">Thousandths of each that are its own.</param>
/// <param name="Models">The models that suit it, lower-case; empty for any.</param>
/// <param name="CreatedSecond">When it came, in seconds from the trace's start.</param>
/// <param name="DeletedSecond">When it went; never before it came.</param>
public sealed record TraceTask(string Name, int Gpus, int GpuMilli, IReadOnlyList<string> Models, long CreatedSecond, long DeletedSecond)
{
    private const long MilliPerGpu = 1_000;

    public long DurationSeconds => DeletedSecond - CreatedSecond;

    /// <summary>The GPUs that it used all the time.</summary>
    public decimal UsedGpus => Gpus * GpuMilli / (decimal)MilliPerGpu;

    /// <summary>What it used. The ledger counts whole GPU-seconds, rounded down.</summary>
    public long UsedGpuSeconds => Gpus * GpuMilli * DurationSeconds / MilliPerGpu;

    /// <summary>What it asks for: what it used, up to the next step of 0.01 GPU-hours, and at least one step.</summary>
    public long AskedGpuSeconds =>
        Math.Max(1, DivideUp(Gpus * GpuMilli * DurationSeconds, MilliPerGpu * GpuTime.StepSeconds)) * GpuTime.StepSeconds;

    private static long DivideUp(long amount, long by) => (amount + by - 1) / by;
}
