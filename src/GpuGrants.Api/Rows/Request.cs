using GpuGrants.Offers;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Rows;

/// <summary>A row of <c>requests</c>: the ask, its status, and what is held for it while a person decides.</summary>
public sealed class Request : IPromisesGpus, IVersioned
{
    public Guid RootProgrammeId { get; set; }

    public Guid Id { get; set; }

    public Guid ProgrammeId { get; set; }

    public Guid OrganizationId { get; set; }

    public Guid? ProjectId { get; set; }

    public Guid? PartnerId { get; set; }

    /// <summary>One of <see cref="RequestStatus"/>.</summary>
    public string Status { get; set; } = RequestStatus.InReview;

    public long GpuSeconds { get; set; }

    public int Gpus { get; set; }

    /// <summary>One of <see cref="GrantMode"/>; null where nothing is reserved.</summary>
    public string? Mode { get; set; }

    public string[] GpuModels { get; set; } = [];

    public int? MinGpuMemoryGib { get; set; }

    public string? Region { get; set; }

    public string Purpose { get; set; } = "";

    public string[] Tags { get; set; } = [];

    /// <summary>The caller's own name for it.</summary>
    public string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    public string? Metadata { get; set; }

    /// <summary>One of <see cref="AskedChange"/>; null for a new grant.</summary>
    public string? Change { get; set; }

    /// <summary>The grant that it changes or continues.</summary>
    public Guid? ChangesGrantId { get; set; }

    public DateTimeOffset StartsAt { get; set; }

    public long DurationSeconds { get; set; }

    /// <summary>
    /// The offer that serves it, once it was approved or referred. Its rate was fixed then, in millicredits per GPU-hour.
    /// </summary>
    public Guid? OfferId { get; set; }

    public Guid? ProviderId { get; set; }

    /// <summary>The offer's GPU model and region; the ask's own are <see cref="GpuModels"/> and <see cref="Region"/>.</summary>
    public string? GpuModelId { get; set; }

    public string? OfferRegion { get; set; }

    public Guid? BudgetProgrammeId { get; set; }

    public long? MillicreditsPerGpuHour { get; set; }

    /// <summary>Credits held or awarded, in 1/3,600,000 credit.</summary>
    public long? Credits { get; set; }

    public Guid? TimeHoldId { get; set; }

    /// <summary>Null for an offer that charges nothing.</summary>
    public Guid? CreditHoldId { get; set; }

    public DateTimeOffset? HoldExpiresAt { get; set; }

    public int ApprovalsNeeded { get; set; }

    public int ApprovalsGiven { get; set; }

    /// <summary>Which roles may approve; empty for any reviewer of the programme.</summary>
    public string[] ApproverRoles { get; set; } = [];

    /// <summary>Who has approved so far.</summary>
    public Guid[] ApprovedBy { get; set; } = [];

    /// <summary>The least that any of them endorsed; null while nobody has.</summary>
    public long? EndorsedGpuSeconds { get; set; }

    /// <summary>One of <see cref="Rows.ProviderApproval"/>; null where the offer's provider approves nothing itself.</summary>
    public string? ProviderApproval { get; set; }

    public Guid? GrantId { get; set; }

    /// <summary>The latest decision.</summary>
    public Guid DecisionId { get; set; }

    /// <summary>The decision whose snapshot pins the quota context. Its column is <c>context_id</c>.</summary>
    public Guid PinnedBy { get; set; }

    /// <summary>The moment whose quota windows count it.</summary>
    public DateTimeOffset CountsAt { get; set; }

    /// <summary>Of a denied request: the request that took its counter-offer.</summary>
    public Guid? AcceptedAs { get; set; }

    /// <summary>How often it was amended.</summary>
    public int Amends { get; set; }

    public Guid RequestedBy { get; set; }

    public string ClientId { get; set; } = "";

    public bool Livemode { get; set; }

    public long Version { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset UpdatedAt { get; set; }

    Guid? IPromisesGpus.PromisedOfferId => Status == RequestStatus.InReview ? OfferId : null;

    /// <summary>More time is promised with what its grant has. A later end of pooled hours is promised nothing while it waits.</summary>
    /// <returns>Null when it promises nothing.</returns>
    public GpuPromise? ToPromise() =>
        Status == RequestStatus.InReview && AddsTime
            ? new GpuPromise(
                Id,
                Gpus,
                StartsAt,
                StartsAt.AddSeconds(DurationSeconds),
                GpuTime.FromSeconds(GpuSeconds),
                Mode == GrantMode.Reserved
            )
            {
                Joins = Change == AskedChange.TopUp ? ChangesGrantId : null,
            }
            : null;

    /// <summary>Whether an approval changes a grant that exists. Otherwise it makes one.</summary>
    public bool ChangesInPlace => Change is AskedChange.TopUp or AskedChange.Extend;

    /// <summary>Whether it asks for GPU time. A later end does so for reserved GPUs alone: it asks for them from the old end on.</summary>
    public bool AddsTime => Change != AskedChange.Extend || Mode == GrantMode.Reserved;

    /// <summary>Approvals by people of the programme that are still missing.</summary>
    public int ProgrammeApprovalsLeft() => ApprovalsNeeded - ApprovalsGiven - (ProviderApproval == Rows.ProviderApproval.Waiting ? 1 : 0);

    /// <summary>What GPU time costs at the rate that was fixed when it was held.</summary>
    public Credits CostOf(GpuTime time) => Rate.FromMillicredits(MillicreditsPerGpuHour!.Value).CostOf(time);

    /// <summary>When its grant could be used if it were awarded at once.</summary>
    public GrantLife Life() => new(StartsAt, StartsAt.AddSeconds(DurationSeconds), Gpus);
}

/// <summary>What a request asks of a grant that exists.</summary>
public static class AskedChange
{
    /// <summary>More time at the grant's rate.</summary>
    public const string TopUp = "top-up";

    /// <summary>A later end.</summary>
    public const string Extend = "extend";

    /// <summary>A new grant that continues it.</summary>
    public const string Renew = "renew";

    public static IReadOnlyList<string> All { get; } = [TopUp, Extend, Renew];
}

internal sealed class RequestTable : IEntityTypeConfiguration<Request>
{
    public void Configure(EntityTypeBuilder<Request> table)
    {
        table.ToTable("requests").HasKey(row => new { row.RootProgrammeId, row.Id });
        table.Property(row => row.Metadata).HasColumnType("jsonb");
        table.Property(row => row.PinnedBy).HasColumnName("context_id");
    }
}

/// <summary>Whether the provider has approved a grant on its offer, where it asks for that.</summary>
public static class ProviderApproval
{
    public const string Waiting = "waiting";
    public const string Given = "given";
}

/// <summary>Where a request stands. All but <see cref="InReview"/> are final.</summary>
public static class RequestStatus
{
    public const string Approved = "approved";
    public const string InReview = "in-review";
    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";

    /// <summary>Nobody decided before the hold ran out.</summary>
    public const string Expired = "expired";

    /// <summary>The status in a Korean sentence.</summary>
    public static string Korean(string status) =>
        status switch
        {
            Approved => "승인됨",
            InReview => "심사 중",
            Denied => "거절됨",
            Withdrawn => "철회됨",
            _ => "만료됨",
        };
}
