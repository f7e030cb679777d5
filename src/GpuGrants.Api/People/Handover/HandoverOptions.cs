using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.People.Handover;

/// <summary>How handovers go. Configuration section <c>People</c>.</summary>
public sealed class HandoverOptions
{
    /// <summary>Days for which the rescue of an organization waits, so that its old owner may stop it.</summary>
    [Range(1, 365)]
    public int RescueDays { get; set; } = 7;
}
