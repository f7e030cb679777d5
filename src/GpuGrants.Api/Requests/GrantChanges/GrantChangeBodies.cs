using GpuGrants.Api.Json;
using GpuGrants.Api.Requests.Rulings;
using GpuGrants.Units;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>To whom a grant goes, within its organization. State at least one.</summary>
public sealed record TransferGrantBody
{
    /// <summary>An active project of the organization.</summary>
    public Guid? ProjectId { get; init; }

    /// <summary>A member of the organization, by the principal's id.</summary>
    public Guid? MemberId { get; init; }

    public string? Reason { get; init; }
}

/// <summary>More time for a grant.</summary>
public sealed record TopUpBody
{
    /// <summary>GPU-hours to add, in steps of 0.01.</summary>
    public decimal? GpuHours { get; init; }

    /// <summary>What it is for; as the grant when left out.</summary>
    public string? Purpose { get; init; }
}

/// <summary>A later end of a grant.</summary>
public sealed record ExtendBody
{
    /// <summary>The new end.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What it is for; as the grant when left out.</summary>
    public string? Purpose { get; init; }
}

/// <summary>A grant that continues another. What is left out is as before.</summary>
public sealed record RenewBody
{
    /// <summary>GPU-hours in steps of 0.01; as much as was awarded when left out.</summary>
    public decimal? GpuHours { get; init; }

    public int? Gpus { get; init; }

    /// <summary>Days until it expires.</summary>
    public int? DurationDays { get; init; }

    public string? Purpose { get; init; }

    /// <summary>How the grant before it went, in a few words. Reviewers read it. Some programmes ask for it.</summary>
    public string? Report { get; init; }

    /// <summary>The checked body as a draft: on the grant's offer, from its end on.</summary>
    internal RequestDraft ToDraft(Grant grant, Request first, DateTimeOffset now) =>
        new RequestDraft
        {
            OfferId = grant.OfferId,
            IsReserved = grant.Mode == GrantMode.Reserved,
            Time =
                Wire.Time(GpuHours) is { } time ? time
                : GpuTime.FromSeconds(grant.GpuSeconds - grant.GraceGpuSeconds).FloorToStep() is { IsZero: false } before ? before
                : GpuTime.FromSeconds(GpuTime.StepSeconds),
            Gpus = Gpus ?? grant.Gpus,
            GpuModels = [grant.GpuModelId],
            Region = grant.Region,
            Purpose = Purpose ?? first.Purpose,
            Tags = first.Tags,
            StartsAt = grant.IsOpen && grant.ExpiresAt > now ? grant.ExpiresAt : null,
            Duration = DurationDays is { } days ? TimeSpan.FromDays(days) : TimeSpan.FromSeconds(first.DurationSeconds),
        }.Whole(isStated: GpuHours is not null);
}

/// <summary>To which offer a grant goes.</summary>
public sealed record MoveGrantBody
{
    /// <summary>An open offer of the programme, or of one above it, at the grant's rate or a lower one.</summary>
    public Guid? OfferId { get; init; }

    public string? Reason { get; init; }
}
