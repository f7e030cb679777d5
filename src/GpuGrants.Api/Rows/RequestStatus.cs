namespace GpuGrants.Api.Rows;

/// <summary>Where a request stands. All but <see cref="InReview"/> are final.</summary>
public static class RequestStatus
{
    public const string Approved = "approved";
    public const string InReview = "in-review";
    public const string Denied = "denied";
    public const string Withdrawn = "withdrawn";

    /// <summary>Nobody decided before the hold ran out.</summary>
    public const string Expired = "expired";
}
