using System.Text.Json;
using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Requests.Lifecycle;

/// <summary>A row of <c>request_revisions</c>: a request as it was before an amendment replaced what it asks for. Never changed.</summary>
public sealed class RequestRevision
{
    public Guid RootProgrammeId { get; set; }

    public Guid RequestId { get; set; }

    /// <summary>The last version of the request with this ask.</summary>
    public long Version { get; set; }

    /// <summary>The <see cref="Rows.Request"/> as JSON.</summary>
    public string Request { get; set; } = "{}";

    public static RequestRevision Of(Request row) =>
        new()
        {
            RootProgrammeId = row.RootProgrammeId,
            RequestId = row.Id,
            Version = row.Version,
            Request = JsonSerializer.Serialize(row),
        };

    public Request Read() => JsonSerializer.Deserialize<Request>(Request)!;
}

internal sealed class RequestRevisionTable : IEntityTypeConfiguration<RequestRevision>
{
    public void Configure(EntityTypeBuilder<RequestRevision> table)
    {
        table
            .ToTable("request_revisions")
            .HasKey(row => new
            {
                row.RootProgrammeId,
                row.RequestId,
                row.Version,
            });
        table.Property(row => row.Request).HasColumnType("jsonb");
        table.NeverUpdates();
    }
}
