using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Mail;

/// <summary>A row of <c>mails</c>: something to be sent, or that was sent or given up.</summary>
public sealed class MailRow
{
    public const string Pending = "pending";
    public const string Sent = "sent";
    public const string Failed = "failed";

    public Guid Id { get; set; }

    /// <summary>Recipient, subject and text, encrypted; null when it no longer waits.</summary>
    public byte[]? Payload { get; set; }

    /// <summary>pending, sent or failed.</summary>
    public string Status { get; set; } = Pending;

    public int Attempts { get; set; }

    public DateTimeOffset? NextAttemptAt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }
}

internal sealed class MailTable : IEntityTypeConfiguration<MailRow>
{
    public void Configure(EntityTypeBuilder<MailRow> table)
    {
        table.ToTable("mails").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.Payload,
            row.Status,
            row.Attempts,
            row.NextAttemptAt,
            row.EndedAt,
        });
    }
}
