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

    /// <summary>The word for what the rules said.</summary>
    public static string Of(QuotaVerdict verdict) =>
        verdict switch
        {
            QuotaVerdict.Approve => Approved,
            QuotaVerdict.Review => Review,
            _ => Denied,
        };

    /// <summary>What the rules said, of a decision that they took.</summary>
    public static QuotaVerdict ToRules(string word) =>
        word switch
        {
            Approved => QuotaVerdict.Approve,
            Review => QuotaVerdict.Review,
            _ => QuotaVerdict.Deny,
        };
}
