namespace GpuGrants.Quotas.Measures;

/// <summary>
/// What a rule counts. The hierarchy is closed: each case says in one file how facts change it, what a request asks of it, and what people
/// call it.
/// </summary>
public abstract class QuotaMeasure
{
    // Stands before the measures, which add themselves in their order.
    private static readonly List<QuotaMeasure> Every = [];

    private protected QuotaMeasure(string word, QuotaUnit unit)
    {
        Word = word;
        Unit = unit;
    }

    /// <summary>GPU time awarded, with what is held for a review.</summary>
    public static QuotaMeasure GpuHoursGranted { get; } = Listed(new GpuHoursGranted());

    /// <summary>Credits awarded, with what is held for a review.</summary>
    public static QuotaMeasure CreditsGranted { get; } = Listed(new CreditsGranted());

    /// <summary>GPU time that providers reported as used, with what grants and requests in review may still use.</summary>
    public static QuotaMeasure GpuHoursUsed { get; } = Listed(new GpuHoursUsed());

    /// <summary>Grants that have not ended, with requests that hold one for a review.</summary>
    public static QuotaMeasure ActiveGrants { get; } = Listed(new ActiveGrants());

    /// <summary>Grants awarded, ended or not.</summary>
    public static QuotaMeasure GrantsAwarded { get; } = Listed(new GrantsAwarded());

    /// <summary>GPUs that active grants may run at one time.</summary>
    public static QuotaMeasure ConcurrentGpus { get; } = Listed(new ConcurrentGpus());

    /// <summary>Requests that wait for a person.</summary>
    public static QuotaMeasure OpenRequests { get; } = Listed(new OpenRequests());

    /// <summary>Requests made, whatever became of them.</summary>
    public static QuotaMeasure RequestsMade { get; } = Listed(new RequestsMade());

    /// <summary>Every measure, in the order in which documents list them.</summary>
    public static IReadOnlyList<QuotaMeasure> All => Every;

    /// <summary>Its name in documents and answers, such as <c>gpu-hours-granted</c>.</summary>
    public string Word { get; }

    /// <summary>What its whole numbers mean.</summary>
    public QuotaUnit Unit { get; }

    /// <summary>True when it tells what exists at a moment, false when it sums up what happened.</summary>
    internal abstract bool IsOfTheMoment { get; }

    /// <summary>Whether one request by itself can be too large.</summary>
    internal abstract bool LimitsOneRequest { get; }

    /// <summary>Whether asking for less adds less, so that a smaller request may pass.</summary>
    internal abstract bool GrowsWithTheAsk { get; }

    /// <summary>Whether what grants may still use counts in each window in which they may use it, as if it were held.</summary>
    internal virtual bool CountsOutstanding => false;

    /// <summary>One of it in English, such as <c>GPU-hour</c>; an s makes it plural.</summary>
    internal abstract string EnglishNoun { get; }

    /// <summary>How much of the measure the request would add.</summary>
    /// <returns>An amount in the unit's whole numbers, 0 or more.</returns>
    public abstract long Requested(in QuotaAsk ask);

    /// <summary>How a fact changes what is used and held.</summary>
    /// <param name="fact">What happened.</param>
    /// <param name="refunds">Whether unused amounts come back to the window they were awarded in.</param>
    /// <returns>Changes in the unit's whole numbers; both are 0 when the measure does not count such facts.</returns>
    public abstract (long Used, long Held) Change(QuotaFact fact, bool refunds);

    /// <summary>
    /// Whether what was counted as used may later count no more in the same window: unused amounts by refund, running things by their end.
    /// </summary>
    public abstract bool GivesBack(bool refunds);

    /// <summary>The amount in Korean, such as <c>20 GPU시간</c>.</summary>
    internal abstract string Korean(string number);

    /// <summary>What a subject may do with it, in English: get, use, run, have or make.</summary>
    internal virtual string EnglishVerb => "get";

    /// <summary>How an English sentence about the request begins, before the amount.</summary>
    internal virtual string EnglishAsked => "You asked for";

    /// <summary>What a subject may do with it, in Korean, before <c>수 있습니다</c>.</summary>
    internal virtual string KoreanVerb => "받을";

    /// <summary>The most to ask for, in English.</summary>
    internal virtual string EnglishAtMost(string amount) => $"{amount} or less";

    /// <summary>The most to ask for, in Korean.</summary>
    internal virtual string KoreanAtMost(string amount) => $"{amount} 이하로";

    /// <summary>The amount with its noun, such as <c>1 GPU-hour</c>.</summary>
    internal string EnglishAmount(long amount) => $"{Number(amount)} {EnglishNoun}{(IsOne(amount) ? "" : "s")}";

    /// <summary>
    /// The amount with its noun in Korean. Every one ends in a consonant, so that the particles after it are always the same.
    /// </summary>
    internal string KoreanAmount(long amount) => Korean(Number(amount));

    /// <summary>The amount without its noun.</summary>
    internal string Number(long amount) => AmountText.Write(amount, Unit);

    /// <summary>Whether the amount is written as 1.</summary>
    internal bool IsOne(long amount) => Number(amount) == "1";

    /// <summary>The word.</summary>
    public override string ToString() => Word;

    /// <summary>A change by amounts: holds and releases in part, and comes back by refund.</summary>
    private protected static (long Used, long Held) Awarded(QuotaFact fact, long amount, bool refunds) =>
        fact.Kind switch
        {
            QuotaFactKind.Held or QuotaFactKind.HeldMore => (0, amount),
            QuotaFactKind.HoldReleased => (0, -amount),
            QuotaFactKind.Granted or QuotaFactKind.ToppedUp or QuotaFactKind.MovedIn => (amount, 0),
            QuotaFactKind.Returned when refunds => (-amount, 0),
            QuotaFactKind.MovedOut => (-amount, 0),
            _ => default,
        };

    /// <summary>A change by whole grants: a hold gives it up only as a whole, and it ends with the grant.</summary>
    private protected static (long Used, long Held) Running(QuotaFact fact, long amount) =>
        fact.Kind switch
        {
            QuotaFactKind.Held => (0, amount),
            QuotaFactKind.HoldReleased when fact.IsWhole => (0, -amount),
            QuotaFactKind.Granted => (amount, 0),
            QuotaFactKind.GrantEnded => (-amount, 0),
            QuotaFactKind.MovedIn when fact.IsWhole => (amount, 0),
            QuotaFactKind.MovedOut when fact.IsWhole => (-amount, 0),
            _ => default,
        };

    private static QuotaMeasure Listed(QuotaMeasure measure)
    {
        Every.Add(measure);
        return measure;
    }

    private protected static long One(QuotaFact fact, QuotaFactKind kind) => fact.Kind == kind ? 1 : 0;
}
