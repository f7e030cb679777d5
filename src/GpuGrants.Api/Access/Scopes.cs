namespace GpuGrants.Api.Access;

/// <summary>Which kinds of calls an access token may make. Roles then say on what.</summary>
public static class Scopes
{
    /// <summary>To read what the caller's roles let it see.</summary>
    public const string Read = "read";

    /// <summary>To manage an own organization and ask for GPU time.</summary>
    public const string Request = "request";

    /// <summary>To approve and deny.</summary>
    public const string Review = "review";

    /// <summary>To put up offers and report usage.</summary>
    public const string Provide = "provide";

    /// <summary>To administer programmes, quotas, the ledger and the platform.</summary>
    public const string Administer = "administer";

    /// <summary>To make, rotate and revoke API clients.</summary>
    public const string Clients = "clients";

    public static IReadOnlyDictionary<string, string> Descriptions { get; } =
        new Dictionary<string, string>
        {
            [Read] = "Read what your roles let you see",
            [Request] = "Manage your organization and ask for GPU time",
            [Review] = "Approve and deny requests",
            [Provide] = "Put up offers and report usage",
            [Administer] = "Administer programmes, quotas, the ledger and the platform",
            [Clients] = "Make, rotate and revoke API clients",
        };
}
