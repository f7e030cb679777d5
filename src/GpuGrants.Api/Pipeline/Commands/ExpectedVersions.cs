namespace GpuGrants.Api.Pipeline.Commands;

/// <summary>The versions of a resource of which a caller read one: a change is made when the resource still is one of them.</summary>
/// <param name="versions">At least one.</param>
public sealed class ExpectedVersions(IReadOnlyList<long> versions)
{
    /// <summary>Whether the resource is one of them.</summary>
    public bool Has(long version) => versions.Contains(version);

    /// <summary>The first of them, where only one counts.</summary>
    public long? ToNullable() => versions[0];

    public static implicit operator long?(ExpectedVersions? expected) => expected?.ToNullable();
}
