namespace GpuGrants.Api.Rows;

/// <summary>Where an offer stands. <see cref="Ended"/> and <see cref="Rejected"/> are final.</summary>
public static class OfferStatus
{
    /// <summary>The programme has accepted nothing of it yet.</summary>
    public const string Proposed = "proposed";

    /// <summary>It serves requests.</summary>
    public const string Open = "open";

    /// <summary>The provider has stopped it for a while.</summary>
    public const string Paused = "paused";

    /// <summary>The provider has stopped it for good.</summary>
    public const string Ended = "ended";

    /// <summary>The programme turned it down, or took its consent back.</summary>
    public const string Rejected = "rejected";

    public static IReadOnlyList<string> All { get; } = [Proposed, Open, Paused, Ended, Rejected];
}
