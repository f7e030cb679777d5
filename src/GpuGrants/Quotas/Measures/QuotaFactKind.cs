namespace GpuGrants.Quotas.Measures;

/// <summary>The things that happen to a request and its grant and that counters count.</summary>
public enum QuotaFactKind
{
    Requested,
    Held,
    HoldReleased,
    Granted,
    Returned,
    Used,
    GrantEnded,
    RequestClosed,
}
