namespace GpuGrants.Api.Quotas;

/// <summary>A row of <c>quota_signatures</c>: something that is counted.</summary>
public sealed class QuotaSignatureRow
{
    public Guid RootProgrammeId { get; set; }

    public Guid SignatureId { get; set; }

    public string Canonical { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }
}
