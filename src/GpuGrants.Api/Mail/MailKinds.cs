namespace GpuGrants.Api.Mail;

/// <summary>The kinds of mail. All but codes are notices, which people turn on and off.</summary>
public static class MailKinds
{
    /// <summary>A code, or what else an account needs. It is always sent.</summary>
    public const string Code = "code";

    /// <summary>What became of a request, to whoever asked.</summary>
    public const string Verdicts = "verdicts";

    /// <summary>What waits for review, once a day.</summary>
    public const string ReviewDigest = "review-digest";

    /// <summary>Reviews whose expected time has passed, to administrators of the programme.</summary>
    public const string Escalations = "escalations";

    /// <summary>Grants that expire soon.</summary>
    public const string Expiries = "expiries";

    /// <summary>Grants that are nearly used up, used beyond their bounds, suspended or revoked.</summary>
    public const string UsageWarnings = "usage-warnings";

    /// <summary>Budgets that are nearly used up, to administrators of the programme.</summary>
    public const string LowBudget = "low-budget";

    /// <summary>Webhook endpoints that fail or were disabled, to who manages them.</summary>
    public const string Webhooks = "webhooks";

    /// <summary>All kinds that people turn on and off.</summary>
    public static IReadOnlyList<string> Notices { get; } =
    [Verdicts, ReviewDigest, Escalations, Expiries, UsageWarnings, LowBudget, Webhooks];

    public static IReadOnlyList<string> All { get; } = [Code, .. Notices];
}
