namespace GpuGrants.Webhooks;

/// <summary>What an endpoint's failures mean for the endpoint.</summary>
public static class EndpointHealth
{
    private static readonly TimeSpan NoticeAfter = TimeSpan.FromDays(3);
    private static readonly TimeSpan DisableAfter = TimeSpan.FromDays(5);
    private static readonly TimeSpan NoticeBefore = TimeSpan.FromDays(2);

    /// <summary>Judges an endpoint after a failure.</summary>
    /// <param name="failingSince">The first failure after the last success.</param>
    /// <param name="now">The moment of the failure.</param>
    /// <param name="noticedAt">When its owner was told; null when nobody was.</param>
    /// <returns>What to do. The notice comes two days before the end at the latest.</returns>
    public static EndpointFate Judge(DateTimeOffset failingSince, DateTimeOffset now, DateTimeOffset? noticedAt) =>
        now - failingSince < NoticeAfter ? EndpointFate.GoOn
        : noticedAt is not { } noticed ? EndpointFate.Notice
        : now - failingSince < DisableAfter || now - noticed < NoticeBefore ? EndpointFate.GoOn
        : EndpointFate.Disable;
}

/// <summary>What to do with an endpoint that fails.</summary>
public enum EndpointFate
{
    /// <summary>Nothing but trying again.</summary>
    GoOn,

    /// <summary>Tell its owner.</summary>
    Notice,

    /// <summary>Send it nothing more.</summary>
    Disable,
}
