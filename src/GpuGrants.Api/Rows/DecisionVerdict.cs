namespace GpuGrants.Api.Rows;

/// <summary>What a decision said.</summary>
public static class DecisionVerdict
{
    public const string Approved = "approved";

    /// <summary>The rules refer the request to a person.</summary>
    public const string Review = "review";

    /// <summary>A person approves, and more approvals are needed.</summary>
    public const string Endorsed = "endorsed";

    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";
    public const string Expired = "expired";
}
