using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People.Domains;

/// <summary>A row of <c>domain_proofs</c>: an organization says that a domain is its own, and has to show it.</summary>
public sealed class DomainProof : ITriedCode
{
    public const string Dns = "dns";
    public const string Email = "email";

    /// <summary>What its mailed codes are for, where codes are counted.</summary>
    public const string Purpose = "domain-proof";

    /// <summary>How long a DNS record may take.</summary>
    public static readonly TimeSpan DnsLifetime = TimeSpan.FromDays(7);

    public Guid Id { get; set; }

    public Guid OrganizationId { get; set; }

    /// <summary>In lower-case ASCII.</summary>
    public string Domain { get; set; } = "";

    /// <summary><see cref="Dns"/> or <see cref="Email"/>.</summary>
    public string Method { get; set; } = "";

    /// <summary>Of a mailed code.</summary>
    public byte[]? CodeHash { get; set; }

    public int Tries { get; set; }

    public Guid CreatedBy { get; set; }

    public string ClientId { get; set; } = "";

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? ProvedAt { get; set; }

    /// <summary>The verification that it made.</summary>
    public Guid? VerificationId { get; set; }

    /// <summary>The name of the record that shows it.</summary>
    public string RecordName => $"_gpugrants-challenge.{Domain}";

    /// <summary>Where it stands at a moment.</summary>
    /// <returns>One of <see cref="DomainProofStatus"/>.</returns>
    public string StatusAt(DateTimeOffset at) =>
        ProvedAt is not null ? DomainProofStatus.Proved
        : at >= ExpiresAt ? DomainProofStatus.Expired
        : Tries >= ITriedCode.MaxTries ? DomainProofStatus.Locked
        : DomainProofStatus.Open;
}

/// <summary>Where a domain proof stands.</summary>
public static class DomainProofStatus
{
    public const string Open = "open";
    public const string Proved = "proved";
    public const string Expired = "expired";

    /// <summary>Too many codes were wrong.</summary>
    public const string Locked = "locked";

    public static IReadOnlyList<string> All { get; } = [Open, Proved, Expired, Locked];
}

internal sealed class DomainProofTable : IEntityTypeConfiguration<DomainProof>
{
    public void Configure(EntityTypeBuilder<DomainProof> table)
    {
        table.ToTable("domain_proofs").HasKey(row => row.Id);
        table.Ignore(row => row.RecordName);
        table.UpdatesOnly(row => new
        {
            row.Tries,
            row.ProvedAt,
            row.VerificationId,
        });
    }
}
