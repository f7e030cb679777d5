namespace GpuGrants.Api.Rows;

/// <summary>Where a grant stands.</summary>
public static class GrantStatus
{
    public const string Active = "active";

    /// <summary>Nothing may be used until it is resumed. Its dates run on.</summary>
    public const string Suspended = "suspended";

    /// <summary>Nothing more may be used. Usage from before the end is still charged.</summary>
    public const string Ending = "ending";

    /// <summary>Final: what was left has returned.</summary>
    public const string Ended = "ended";

    public static IReadOnlyList<string> All { get; } = [Active, Suspended, Ending, Ended];
}

/// <summary>How a grant ended.</summary>
public static class GrantEnd
{
    /// <summary>Its organization gave the rest back.</summary>
    public const string Closed = "closed";

    public const string Expired = "expired";

    /// <summary>An administrator took the rest back.</summary>
    public const string Revoked = "revoked";

    public static IReadOnlyList<string> All { get; } = [Closed, Expired, Revoked];
}
