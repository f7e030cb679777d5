using System.Text.Json.Serialization;
using GpuGrants.Api.Json;
using GpuGrants.Api.Offers;
using GpuGrants.Api.Organizations;
using GpuGrants.Api.Programmes;

namespace GpuGrants.Api.Grants;

/// <summary>GPU time awarded to an organization on one offer at a fixed rate.</summary>
public sealed record GrantView
{
    public required Guid Id { get; init; }

    /// <summary>
    /// scheduled (its start lies ahead), active, suspended (nothing may be used), ending (usage from before its end may still be reported)
    /// or ended.
    /// </summary>
    public required string Status { get; init; }

    public required Guid RequestId { get; init; }

    public required Guid ProgrammeId { get; init; }

    public required Guid OrganizationId { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ProjectId { get; init; }

    /// <summary>The member to whom it was handed; left out while it is with whoever asked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? HolderId { get; init; }

    /// <summary>The grant that it continues: by a renewal, or because it was moved to another offer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ContinuesGrantId { get; init; }

    public required Guid ProviderId { get; init; }

    public required Guid OfferId { get; init; }

    public required string GpuModel { get; init; }

    public required string Region { get; init; }

    /// <summary>The most GPUs at once.</summary>
    public required int Gpus { get; init; }

    /// <summary>reserved for GPUs of your own, charged by time; left out for pooled hours.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mode { get; init; }

    /// <summary>Credits per GPU-hour, fixed at the award.</summary>
    public required decimal Rate { get; init; }

    public required decimal GpuHours { get; init; }

    public required decimal UsedGpuHours { get; init; }

    public required decimal ReturnedGpuHours { get; init; }

    public required decimal RemainingGpuHours { get; init; }

    /// <summary>The granted time exactly, in GPU-seconds.</summary>
    public required long GpuSeconds { get; init; }

    public required long UsedGpuSeconds { get; init; }

    public required long ReturnedGpuSeconds { get; init; }

    public required long RemainingGpuSeconds { get; init; }

    /// <summary>GPU-seconds used beyond the grant or while it was suspended, exact to the microsecond. Nobody pays for them.</summary>
    public required decimal UnchargedGpuSeconds { get; init; }

    /// <summary>What the programme added for use beyond the grant; part of gpuSeconds.</summary>
    public required long GraceGpuSeconds { get; init; }

    /// <summary>What was asked for and added after the award; part of gpuSeconds.</summary>
    public required long AddedGpuSeconds { get; init; }

    /// <summary>Since when it is suspended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>Its suspensions, oldest first. Only in the answer about a single grant that was suspended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<GrantSuspensionView>? Suspensions { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When its use ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>How it ended: closed, expired, revoked or moved (it goes on as another grant).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndedAs { get; init; }

    /// <summary>Until then usage from before the end may be reported, and what is left stays reserved. Then it returns.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? SettlesAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndReason { get; init; }

    /// <summary>How to connect, in the answer about a single grant: the offer's text with the grant's own values.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Connection { get; init; }

    /// <summary>The organization, where expand asks for it and you may read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OrganizationView? Organization { get; init; }

    /// <summary>The programme, where expand asks for it and you may read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ProgrammeView? Programme { get; init; }

    /// <summary>The offer, where expand asks for it and you may read it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public OfferView? Offer { get; init; }

    /// <summary>True when nothing was written: what the grant would be.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool DryRun { get; init; }

    public required long Version { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>The ids of what it may show whole.</summary>
    internal static ExpandableIds IdsOf(Grant row) => new(row.OrganizationId, row.ProgrammeId, row.OfferId);

    /// <summary>The same with what <c>expand</c> asks for.</summary>
    internal GrantView With(Expansion expansion, ExpandableIds ids) =>
        expansion.IsEmpty
            ? this
            : this with
            {
                Organization = expansion.OrganizationOf(ids),
                Programme = expansion.ProgrammeOf(ids),
                Offer = expansion.OfferOf(ids),
            };

    /// <summary>The grant as a command has just left it.</summary>
    public static GrantView Of(Grant row) => Of(row, row.UpdatedAt);

    /// <param name="row">The grant.</param>
    /// <param name="at">The moment of the question: a scheduled grant is active from its start.</param>
    public static GrantView Of(Grant row, DateTimeOffset at)
    {
        var remaining = row.GpuSeconds - row.UsedGpuSeconds - row.ReturnedGpuSeconds;
        return new GrantView
        {
            Id = row.Id,
            Status = row.StatusAt(at),
            RequestId = row.RequestId,
            ProgrammeId = row.ProgrammeId,
            OrganizationId = row.OrganizationId,
            ProjectId = row.ProjectId,
            HolderId = row.HolderId,
            ContinuesGrantId = row.ContinuesGrantId,
            ProviderId = row.ProviderId,
            OfferId = row.OfferId,
            GpuModel = row.GpuModelId,
            Region = row.Region,
            Gpus = row.Gpus,
            Mode = row.Mode == GrantMode.Reserved ? row.Mode : null,
            Rate = Wire.Rate(row.MillicreditsPerGpuHour),
            GpuHours = Wire.Hours(row.GpuSeconds),
            UsedGpuHours = Wire.Hours(row.UsedGpuSeconds),
            ReturnedGpuHours = Wire.Hours(row.ReturnedGpuSeconds),
            RemainingGpuHours = Wire.Hours(remaining),
            GpuSeconds = row.GpuSeconds,
            UsedGpuSeconds = row.UsedGpuSeconds,
            ReturnedGpuSeconds = row.ReturnedGpuSeconds,
            RemainingGpuSeconds = remaining,
            UnchargedGpuSeconds = Wire.ExactSeconds(row.UnchargedGpuMicroseconds),
            GraceGpuSeconds = row.GraceGpuSeconds,
            AddedGpuSeconds = row.AddedGpuSeconds,
            SuspendedAt = row.SuspendedAt,
            StartsAt = row.StartsAt,
            ExpiresAt = row.ExpiresAt,
            EndedAt = row.EndedAt,
            EndedAs = row.EndedAs,
            SettlesAt = row.SettlesAt,
            EndReason = row.EndReason,
            Version = row.Version,
            CreatedAt = row.CreatedAt,
            UpdatedAt = row.UpdatedAt,
        };
    }
}

/// <summary>A time in which nothing of a grant might be used.</summary>
public sealed record GrantSuspensionView
{
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it was resumed, or its use ended; left out while it is suspended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Why; left out when the service suspended it by the programme's policy on use beyond grants.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>Why it was resumed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? EndReason { get; init; }

    /// <summary>The freeze that suspended it; left out for all others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? FreezeId { get; init; }

    public static GrantSuspensionView Of(GrantSuspension row) =>
        new()
        {
            StartedAt = row.StartedAt,
            EndedAt = row.EndedAt,
            Reason = row.Reason,
            EndReason = row.EndReason,
            FreezeId = row.FreezeId,
        };
}
