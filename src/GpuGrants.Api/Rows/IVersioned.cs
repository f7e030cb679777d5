namespace GpuGrants.Api.Rows;

/// <summary>A row that callers change by version: the version is its ETag.</summary>
public interface IVersioned
{
    long Version { get; set; }

    DateTimeOffset UpdatedAt { get; set; }
}
