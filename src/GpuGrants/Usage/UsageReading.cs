namespace GpuGrants.Usage;

/// <summary>GPUs that somebody used under a grant between two moments, as a provider metered it.</summary>
/// <param name="MilliGpus">Thousandths of a GPU; 1 or more.</param>
/// <param name="StartedAt">When the use began, by the provider's clock.</param>
/// <param name="EndedAt">When it ended, by the same clock.</param>
public readonly record struct UsageReading(int MilliGpus, DateTimeOffset StartedAt, DateTimeOffset EndedAt)
{
    /// <summary>Thousandths in one GPU.</summary>
    public const int MilliPerGpu = 1_000;

    /// <summary>The most that one record may state: 100,000 GPUs, as many as the largest grant has.</summary>
    public const int MaxMilliGpus = 100_000 * MilliPerGpu;

    /// <summary>The GPUs as people write them.</summary>
    public decimal Gpus => MilliGpus / (decimal)MilliPerGpu;

    /// <summary>Reads GPUs from the wire: steps of 0.001. False when finer, not above 0, or above <see cref="MaxMilliGpus"/>.</summary>
    public static bool TryFromGpus(decimal gpus, out int milliGpus)
    {
        milliGpus = 0;
        if (gpus <= 0 || gpus > MaxMilliGpus / (decimal)MilliPerGpu || gpus * MilliPerGpu != decimal.Truncate(gpus * MilliPerGpu))
            return false;
        milliGpus = (int)(gpus * MilliPerGpu);
        return true;
    }
}
