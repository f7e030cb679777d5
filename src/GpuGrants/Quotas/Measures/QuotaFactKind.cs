namespace GpuGrants.Quotas.Measures;

/// <summary>The things that happen to a request and its grant and that counters count.</summary>
public enum QuotaFactKind
{
    /// <summary>A request was made.</summary>
    Requested,

    /// <summary>Its amounts are kept until a person decides.</summary>
    Held,

    /// <summary>Some or all of them are given up.</summary>
    HoldReleased,

    /// <summary>An award.</summary>
    Granted,

    /// <summary>Unused amounts of a grant come back.</summary>
    Returned,

    /// <summary>GPU time was used.</summary>
    Used,

    /// <summary>A grant ended.</summary>
    GrantEnded,

    /// <summary>A request no longer waits.</summary>
    RequestClosed,

    /// <summary>Usage that counted was corrected: less was used.</summary>
    Unused,

    /// <summary>A request takes a counter-offer: it is open, and its asking was counted when it was denied.</summary>
    Reasked,

    /// <summary>A grant got more time. It is neither another grant nor another award.</summary>
    ToppedUp,

    /// <summary>More time for a grant is kept until a person decides.</summary>
    HeldMore,

    /// <summary>A part of what a grant has left counts here no more.</summary>
    MovedOut,

    /// <summary>A part of what a grant has left counts here from now on.</summary>
    MovedIn,

    /// <summary>A running grant has fewer GPUs.</summary>
    GpusGivenBack,

    /// <summary>A grant that gave GPUs back is about to stop counting with all of them.</summary>
    GpusTakenAgain,
}
