namespace GpuGrants.Api.Rows;

/// <summary>A row to which its callers give a name and notes of their own.</summary>
public interface IOwnNamed
{
    /// <summary>The caller's own name for it.</summary>
    string? ExternalId { get; set; }

    /// <summary>The caller's own notes on it, as JSON.</summary>
    string? Metadata { get; set; }
}
