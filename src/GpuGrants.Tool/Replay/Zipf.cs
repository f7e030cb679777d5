namespace GpuGrants.Tool.Replay;

/// <summary>
/// Draws numbers from 0. The n-th number comes about 1/n as often as the first, so a few organizations ask much and many ask little.
/// </summary>
public sealed class Zipf
{
    private readonly Random _random;
    private readonly double[] _cumulated;

    /// <param name="count">How many different numbers.</param>
    /// <param name="seed">The same seed draws the same numbers.</param>
    public Zipf(int count, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _random = new Random(seed);
        _cumulated = new double[count];
        var sum = 0.0;
        for (var i = 0; i < count; i++)
            _cumulated[i] = sum += 1.0 / (i + 1);
    }

    public int Next()
    {
        var place = Array.BinarySearch(_cumulated, _random.NextDouble() * _cumulated[^1]);
        return Math.Min(place < 0 ? ~place : place, _cumulated.Length - 1);
    }
}
