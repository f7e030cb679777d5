using GpuGrants.Units;
using GpuGrants.Usage;

namespace GpuGrants.Tests.Lives;

/// <summary>A grant as the service keeps it: what was granted, used and returned, and its records.</summary>
internal sealed class LivedGrant(int number, int gpus, DateTimeOffset from, DateTimeOffset to, long grantedSeconds)
{
    public int Number { get; } = number;

    public int Gpus { get; set; } = gpus;

    public DateTimeOffset From { get; set; } = from;

    /// <summary>When its use ends, or has ended.</summary>
    public DateTimeOffset To { get; set; } = to;

    public long GrantedSeconds { get; set; } = grantedSeconds;

    public long ReturnedSeconds { get; set; }

    public long GraceSeconds { get; set; }

    /// <summary>The exact sum of what its records charge.</summary>
    public MeteredTime Used { get; set; }

    public List<LivedRecord> Records { get; } = [];

    /// <summary>What voided records charge: a second that rounding took from one record and gave to another.</summary>
    public long VoidedSeconds { get; set; }

    /// <summary>The last one has no end while it is suspended.</summary>
    public List<UsageSpan> Suspensions { get; } = [];

    public bool HasEnded { get; set; }

    public bool IsSettled { get; set; }

    public DateTimeOffset SettlesAt { get; set; }

    /// <summary>The grant as which it goes on once it is settled; null where it did not move.</summary>
    public LivedGrant? GoesOnAs { get; set; }

    public bool IsSuspended => !HasEnded && Suspensions is [.., { ToMs: long.MaxValue }];

    public GrantLife Life => new(From, To, Gpus);

    public GpuTime Outstanding => GpuTime.FromSeconds(GrantedSeconds - Used.Charged.Seconds - ReturnedSeconds);

    /// <summary>Where the next report would be judged.</summary>
    public UsageProfile Profile()
    {
        var profile = new UsageProfile();
        foreach (var record in Records)
            profile.Add(record.Span, record.MilliGpus);
        return profile;
    }
}

/// <summary>A record of a grant as it was corrected last. A voided one is not kept.</summary>
internal sealed class LivedRecord
{
    public required int MilliGpus { get; set; }

    public required UsageSpan Span { get; set; }

    public required long ChargedSeconds { get; set; }

    public required MeteredTime Uncharged { get; set; }

    public required MeteredTime Excused { get; set; }

    public required DateTimeOffset RecordedAt { get; init; }

    public MeteredTime Free => Uncharged.Plus(Excused);

    public MeteredTime All => MeteredTime.FromMicroseconds(MilliGpus * Span.LengthMs);

    public MeteredTime Charged => All.Without(Free);
}
