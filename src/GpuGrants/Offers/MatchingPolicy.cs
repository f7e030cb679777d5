namespace GpuGrants.Offers;

/// <summary>How a programme chooses among offers that suit.</summary>
public enum MatchingPolicy
{
    /// <summary>The lowest rate first.</summary>
    Cheapest,

    /// <summary>The provider first of whose GPU time the smallest part is promised.</summary>
    Fair,
}
