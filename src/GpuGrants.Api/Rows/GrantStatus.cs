namespace GpuGrants.Api.Rows;

/// <summary>Where a grant stands. All but <see cref="Active"/> are final.</summary>
public static class GrantStatus
{
    public const string Active = "active";

    /// <summary>Its organization gave the rest back.</summary>
    public const string Closed = "closed";

    public const string Expired = "expired";

    /// <summary>An administrator took the rest back.</summary>
    public const string Revoked = "revoked";
}
