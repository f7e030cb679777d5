using CsCheck;
using GpuGrants.Offers;
using GpuGrants.Units;

namespace GpuGrants.Tests.Offers;

/// <summary>Random tranches and promises within a few hours, so few that every schedule of them can be tried.</summary>
internal static class PromiseGen
{
    public const int Hours = 6;

    /// <summary>Two hours before midnight, so that daily buckets are cut.</summary>
    public static readonly DateTimeOffset Start = new(2027, 3, 1, 22, 0, 0, TimeSpan.Zero);

    public static readonly Schedules Brute = new(Start, Hours);

    public static readonly Gen<(int From, int Until)> Spans = Gen.Select(Gen.Int[0, Hours - 1], Gen.Int[1, Hours])
        .Select((from, length) => (from, Math.Min(Hours, from + length)));

    public static readonly Gen<Tranche[]> Supplies = Gen.Select(Spans, Gen.Int[1, 3])
        .Select((span, gpus) => new Tranche(1, gpus, Start.AddHours(span.From), Start.AddHours(span.Until)))
        .Array[1, 3]
        .Select(all => all.Select((one, i) => one with { Number = i + 1 }).ToArray());

    /// <summary>Promises of no hours, enough of them that no flow is tried and daily buckets alone decide.</summary>
    public static readonly GpuPromise[] Many =
    [
        .. Enumerable.Range(0, 120).Select(_ => new GpuPromise(Guid.NewGuid(), 1, Start, Start.AddHours(1), GpuTime.Zero)),
    ];

    /// <summary>The same with all its time reserved on the stated GPUs.</summary>
    public static GpuPromise Reserved(GpuPromise ask, int gpus) =>
        ask with
        {
            Gpus = gpus,
            IsReserved = true,
            Time = GpuTime.FromSeconds(gpus * (long)(ask.EndsAt - ask.StartsAt).TotalSeconds),
        };

    public static GpuTime Time(int hours) => GpuTime.FromSeconds(hours * 3_600L);
}
