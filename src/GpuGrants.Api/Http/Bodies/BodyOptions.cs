using System.ComponentModel.DataAnnotations;

namespace GpuGrants.Api.Http.Bodies;

/// <summary>How long a body may take. Configuration section <c>Bodies</c>.</summary>
public sealed class BodyOptions
{
    /// <summary>Seconds from the head of a call to the last byte of its body, however steadily it trickles.</summary>
    [Range(1, 3_600)]
    public int TotalSeconds { get; set; } = 30;
}
