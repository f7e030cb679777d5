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

    /// <summary>One of <see cref="MailKinds"/>.</summary>
    public string Kind { get; set; } = MailKinds.Code;

    /// <summary>Whom it is for; null for an address that is of no person, or not known to be.</summary>
    public Guid? PersonId { get; set; }

    /// <summary>What a notice tells of: a person gets one mail of it. Null for codes.</summary>
    public string? Source { get; set; }

    /// <summary>The answer of a mail server that will not take it, such as 550.</summary>
    public string? Refusal { get; set; }

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
            row.Refusal,
        });
    }
}
