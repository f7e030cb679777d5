using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>A row of <c>renewal_reports</c>: how a grant went, in the words of whoever asks to renew it.</summary>
public sealed class RenewalReport
{
    public Guid RootProgrammeId { get; set; }

    public Guid RequestId { get; set; }

    /// <summary>The grant that the report is about.</summary>
    public Guid GrantId { get; set; }

    public string Report { get; set; } = "";

    public Guid AuthorId { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>A report that comes with a request.</summary>
    public static RenewalReport Of(Request request, Guid grantId, string report, Guid authorId, DateTimeOffset at) =>
        new()
        {
            RootProgrammeId = request.RootProgrammeId,
            RequestId = request.Id,
            GrantId = grantId,
            Report = report,
            AuthorId = authorId,
            CreatedAt = at,
        };
}

internal sealed class RenewalReportTable : IEntityTypeConfiguration<RenewalReport>
{
    public void Configure(EntityTypeBuilder<RenewalReport> table)
    {
        table.ToTable("renewal_reports").HasKey(row => new { row.RootProgrammeId, row.RequestId });
        table.NeverUpdates();
    }
}
