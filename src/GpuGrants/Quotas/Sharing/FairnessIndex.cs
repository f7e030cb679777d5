namespace GpuGrants.Quotas.Sharing;

/// <summary>How evenly something was handed out.</summary>
public static class FairnessIndex
{
    /// <summary>Jain's index: 1 when all have the same, 1/n when one of n has everything; 1 when nobody has anything.</summary>
    public static double Jain(IEnumerable<long> amounts)
    {
        double sum = 0,
            squares = 0;
        var count = 0;
        foreach (var amount in amounts)
        {
            sum += amount;
            squares += (double)amount * amount;
            count++;
        }

        return squares == 0 ? 1 : sum * sum / (count * squares);
    }
}
