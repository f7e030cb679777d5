namespace GpuGrants.Tool.Replay;

/// <summary>How fairly a supply was shared among those who asked for it.</summary>
public static class FairShares
{
    /// <summary>
    /// The max-min fair shares of a supply: nobody gets more than they asked for, and whoever gets less gets as much as anybody else.
    /// </summary>
    /// <param name="asked">What each asked for; none is negative.</param>
    /// <param name="supply">What there is.</param>
    /// <returns>The share of each, in the same order. Together they are the supply, or all that was asked for.</returns>
    /// <remarks>D. Bertsekas and R. Gallager, Data Networks, 1992, section 6.5.2.</remarks>
    public static double[] MaxMin(IReadOnlyList<long> asked, long supply)
    {
        var shares = new double[asked.Count];
        double left = supply;
        var order = Enumerable.Range(0, asked.Count).OrderBy(one => asked[one]).ToList();
        for (var i = 0; i < order.Count; i++)
        {
            shares[order[i]] = Math.Min(asked[order[i]], left / (order.Count - i));
            left -= shares[order[i]];
        }

        return shares;
    }

    /// <summary>Jain's index of fairness: 1 when all are equal, 1/n when one of n has everything.</summary>
    /// <param name="ratios">What each received, divided by their fair share.</param>
    /// <returns>1 for nobody, and where nobody received anything.</returns>
    /// <remarks>R. Jain, D. Chiu and W. Hawe, DEC-TR-301, 1984.</remarks>
    public static double Jain(IReadOnlyCollection<double> ratios)
    {
        var (sum, squares) = (ratios.Sum(), ratios.Sum(one => one * one));
        return squares == 0 ? 1 : sum * sum / (ratios.Count * squares);
    }
}
