namespace GpuGrants.Quotas.Increases;

/// <summary>The answer to a request for a higher limit of one rule and subject. Amounts are in the measure's unit.</summary>
/// <param name="Verdict">By rule, by a person, or not at all.</param>
/// <param name="Code">Stable name of the reason: <c>within-ceiling</c>, <c>above-ceiling</c>, <c>no-ceiling</c>, <c>lowered</c>,
/// <c>not-higher</c>, <c>too-large</c> or <c>shared-limit</c>.</param>
/// <param name="Message">The reason, with what to do next, in English.</param>
/// <param name="KoreanMessage">The same in Korean.</param>
/// <param name="Present">The limit that stands without overrides that raise it by a factor or a sum: what an increase raises.</param>
/// <param name="Wanted">The limit asked for.</param>
/// <param name="Ends">
/// An increase is granted as an override of <see cref="OverrideEffect.Replace"/> with <paramref name="Wanted"/>. These are to end first:
/// the one that replaced the limit before, and those that lower it.
/// </param>
public sealed record IncreaseDecision(
    IncreaseVerdict Verdict,
    string Code,
    string Message,
    string KoreanMessage,
    long Present,
    long Wanted,
    IReadOnlyList<QuotaOverride> Ends
);

/// <summary>What rules say to a request for a higher limit.</summary>
public enum IncreaseVerdict
{
    /// <summary>Raised at once.</summary>
    Approve,

    /// <summary>A person decides.</summary>
    Review,

    /// <summary>Nobody can grant it as asked.</summary>
    Refuse,
}
