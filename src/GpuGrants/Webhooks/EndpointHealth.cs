namespace GpuGrants.Webhooks;

/// <summary>What an endpoint's failures mean for the endpoint.</summary>
public static class EndpointHealth
{
    private static readonly TimeSpan NoticeAfter = TimeSpan.FromDays(3);
    private static readonly TimeSpan DisableAfter = TimeSpan.FromDays(5);

    /// <summary>Judges an endpoint after a failure.</summary>
    /// <param name="failingSince">The first failure after the last success.</param>
    /// <param name="now">The moment of the failure.</param>
    /// <param name="isNoticed">Whether its owner was told already.</param>
    /// <returns>What to do. The notice always comes before the end, if only in the failure before it.</returns>
    public static EndpointFate Judge(DateTimeOffset failingSince, DateTimeOffset now, bool isNoticed) =>
        now - failingSince < NoticeAfter ? EndpointFate.GoOn
        : !isNoticed ? EndpointFate.Notice
        : now - failingSince < DisableAfter ? EndpointFate.GoOn
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
