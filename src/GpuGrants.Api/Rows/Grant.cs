using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>grants</c>: GPU time awarded to an organization on one offer at a fixed rate.</summary>
public sealed class Grant : IPromisesGpus, IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid RequestId { get; set; }

    public Guid ProgrammeId { get; set; }

    /// <summary>The programme whose budget paid. Unused credits return to it.</summary>
    public Guid BudgetProgrammeId { get; set; }

    public Guid OrganizationId { get; set; }

    public Guid? ProjectId { get; set; }

    public Guid ProviderId { get; set; }

    public Guid OfferId { get; set; }

    public string GpuModelId { get; set; } = "";

    public string Region { get; set; } = "";

    public int Gpus { get; set; }

    /// <summary>One of <see cref="GrantMode"/>; null on GPU-hours without dates.</summary>
    public string? Mode { get; set; }

    /// <summary>Of reserved GPUs: until when their time was charged; null before the first time.</summary>
    public DateTimeOffset? ChargedUntil { get; set; }

    /// <summary>The GPUs that it had before it gave some back while it ran; null while it has all.</summary>
    public int? MostGpus { get; set; }

    public long MillicreditsPerGpuHour { get; set; }

    public long GpuSeconds { get; set; }

    public long UsedGpuSeconds { get; set; }

    /// <summary>The exact sum of all usage. <see cref="UsedGpuSeconds"/> is this, rounded down.</summary>
    public long UsedGpuMicroseconds { get; set; }

    public long ReturnedGpuSeconds { get; set; }

    /// <summary>What was used beyond it or while it was suspended. Nobody pays for it.</summary>
    public long UnchargedGpuMicroseconds { get; set; }

    /// <summary>What was added for use beyond it; part of <see cref="GpuSeconds"/>.</summary>
    public long GraceGpuSeconds { get; set; }

    /// <summary>What was asked for and added after the award; part of <see cref="GpuSeconds"/>.</summary>
    public long AddedGpuSeconds { get; set; }

    public Guid TimeAccountId { get; set; }

    public Guid CreditAccountId { get; set; }

    /// <summary>One of <see cref="GrantStatus"/>.</summary>
    public string Status { get; set; } = GrantStatus.Active;

    public string? EndReason { get; set; }

    /// <summary>How often it was suspended so far: the number of the last <see cref="GrantSuspension"/>.</summary>
    public int Suspensions { get; set; }

    /// <summary>Since when it is suspended; null while it is not.</summary>
    public DateTimeOffset? SuspendedAt { get; set; }

    /// <summary>How long after its end usage is still charged, as the offer said at the award.</summary>
    public long SettlementSeconds { get; set; }

    public DateTimeOffset StartsAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>The end of its use. Usage from before is charged until <see cref="SettlesAt"/>.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>One of <see cref="GrantEnd"/>; null while it is active.</summary>
    public string? EndedAs { get; set; }

    /// <summary>When what is left returns, or has returned.</summary>
    public DateTimeOffset? SettlesAt { get; set; }

    /// <summary>When its people were told that it expires soon.</summary>
    public DateTimeOffset? ExpiryWarnedAt { get; set; }

    /// <summary>The member to whom it was handed; null while it is with whoever asked.</summary>
    public Guid? HolderId { get; set; }

    /// <summary>How often it was handed on: the number of the last <see cref="GrantHandover"/>; null while it never was.</summary>
    public int? Handovers { get; set; }

    /// <summary>The grant that it continues.</summary>
    public Guid? ContinuesGrantId { get; set; }

    /// <summary>The decision whose snapshot pins the quota context. Its column is <c>context_id</c>.</summary>
    public Guid PinnedBy { get; set; }

    /// <summary>The moment whose quota windows count it.</summary>
    public DateTimeOffset CountsAt { get; set; }

    public bool Livemode { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid? IPromisesGpus.PromisedOfferId => Mode is null ? null : OfferId;

    /// <inheritdoc/>
    public GpuPromise? ToPromise() =>
        Mode is null || !IsOpen
            ? null
            : new GpuPromise(Id, Gpus, StartsAt, ExpiresAt, Outstanding(), Mode == GrantMode.Reserved)
            {
                Used = GpuTime.FromSeconds(UsedGpuSeconds),
                MostGpus = MostGpus ?? 0,
            };

    /// <summary>Whether its use goes on, or may go on once it is resumed.</summary>
    public bool IsOpen => Status is GrantStatus.Scheduled or GrantStatus.Active or GrantStatus.Suspended;

    /// <summary>
    /// Where it stands at a moment. It becomes active at its start by the clock. The row follows when somebody looks, or at the next sweep.
    /// </summary>
    public string StatusAt(DateTimeOffset at) =>
        Status is not (GrantStatus.Scheduled or GrantStatus.Active) ? Status
        : StartsAt > at ? GrantStatus.Scheduled
        : GrantStatus.Active;

    /// <summary>Whether it is active at a moment, so that its GPUs may be used.</summary>
    public bool IsActiveAt(DateTimeOffset at) => StatusAt(at) == GrantStatus.Active && at < ExpiresAt;

    /// <summary>Its status in words for a refusal: as <see cref="StatusAt"/>, or expired.</summary>
    public string StandingAt(DateTimeOffset at) => IsOpen && ExpiresAt <= at ? "expired" : StatusAt(at);

    /// <summary>Whether its end or its return has parts that counted at other moments than the award.</summary>
    public bool HasAdditions => GraceGpuSeconds + AddedGpuSeconds > 0;

    /// <summary>GPUs that it gave back while it ran. What ran on them before may still be reported.</summary>
    public int GpusGivenBack => (MostGpus ?? Gpus) - Gpus;

    /// <summary>When it may be used, and on how many GPUs at most.</summary>
    public GrantLife Life() => new(StartsAt, EndedAt ?? ExpiresAt, MostGpus ?? Gpus);

    /// <summary>Whether what it earned its provider is payable: nobody may dispute or correct its usage any more.</summary>
    /// <param name="at">The moment.</param>
    /// <param name="window">How long after settlement usage may be disputed.</param>
    public bool IsPayableAt(DateTimeOffset at, TimeSpan window) => Status == GrantStatus.Ended && at >= SettlesAt + window;

    /// <summary>What GPU time costs at the grant's rate.</summary>
    public Credits CostOf(GpuTime time) => Rate.FromMillicredits(MillicreditsPerGpuHour).CostOf(time);

    /// <summary>GPU time that is neither used nor returned.</summary>
    public GpuTime Outstanding() => GpuTime.FromSeconds(GpuSeconds - UsedGpuSeconds - ReturnedGpuSeconds);
}

internal sealed class GrantTable : IEntityTypeConfiguration<Grant>
{
    public void Configure(EntityTypeBuilder<Grant> table)
    {
        table.ToTable("grants").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.PinnedBy).HasColumnName("context_id");
    }
}

/// <summary>What a grant gets of dated tranches.</summary>
public static class GrantMode
{
    /// <summary>Hours within its dates, charged by use.</summary>
    public const string Pooled = "pooled";

    /// <summary>GPUs of its own from start to end, charged by time.</summary>
    public const string Reserved = "reserved";

    /// <summary>What a grant on the offer gets; null without dates.</summary>
    public static string? Of(Offer offer, bool isReserved) =>
        isReserved ? Reserved
        : offer.IsDated ? Pooled
        : null;
}

/// <summary>Where a grant stands.</summary>
public static class GrantStatus
{
    /// <summary>Its start lies ahead.</summary>
    public const string Scheduled = "scheduled";

    public const string Active = "active";

    /// <summary>Nothing may be used until it is resumed. Its dates run on.</summary>
    public const string Suspended = "suspended";

    /// <summary>Nothing more may be used. Usage from before the end is still charged.</summary>
    public const string Ending = "ending";

    /// <summary>Final: what was left has returned.</summary>
    public const string Ended = "ended";

    public static IReadOnlyList<string> All { get; } = [Scheduled, Active, Suspended, Ending, Ended];

    /// <summary>Where a grant stands, as a Korean sentence.</summary>
    /// <param name="standing">A status, or expired.</param>
    public static string SentenceKo(string standing)
    {
        var word = standing switch
        {
            Scheduled => "시작 예정",
            Active => "진행 중",
            Suspended => "중지됨",
            Ending => "종료 중",
            Ended => "종료됨",
            _ => "만료됨",
        };
        return $"지원의 상태는 '{word}'입니다.";
    }
}

/// <summary>How a grant ended.</summary>
public static class GrantEnd
{
    /// <summary>Its organization gave the rest back.</summary>
    public const string Closed = "closed";

    public const string Expired = "expired";

    /// <summary>An administrator took the rest back.</summary>
    public const string Revoked = "revoked";

    /// <summary>It goes on as another grant, on another offer.</summary>
    public const string Moved = "moved";

    public static IReadOnlyList<string> All { get; } = [Closed, Expired, Revoked, Moved];
}
