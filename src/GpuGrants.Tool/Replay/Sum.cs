namespace GpuGrants.Tool.Replay;

/// <summary>A number of requests or grants and their GPU-seconds.</summary>
public readonly record struct Sum(long Count, long GpuSeconds)
{
    public decimal GpuHours => GpuSeconds / 3_600m;

    public Sum Add(long gpuSeconds) => new(Count + 1, GpuSeconds + gpuSeconds);

    public static Sum operator +(Sum left, Sum right) => new(left.Count + right.Count, left.GpuSeconds + right.GpuSeconds);
}
