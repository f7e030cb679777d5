using GpuGrants.Api.Store;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.People;

/// <summary>A row of <c>address_proofs</c>: a code that was mailed to an address, and what it is for.</summary>
public sealed class AddressProof : ITriedCode
{
    public const string SignUp = "sign-up";
    public const string Recovery = "recovery";
    public const string EmailChange = "email-change";
    public const string Invitation = "invitation";
    public const string Guardian = "guardian";
    public const string PartnerSignUp = "partner-sign-up";

    /// <summary>How long a code works.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    public Guid Id { get; set; }

    /// <summary>sign-up, recovery, email-change, invitation, guardian or partner-sign-up.</summary>
    public string Purpose { get; set; } = "";

    /// <summary>The address's identity; of a change, the new address's.</summary>
    public string Identity { get; set; } = "";

    /// <summary>Who changes the address, or is a minor; null for a stranger.</summary>
    public Guid? PersonId { get; set; }

    public byte[] CodeHash { get; set; } = [];

    /// <summary>Of a change: the code that went to the present address.</summary>
    public byte[]? OldCodeHash { get; set; }

    public int Tries { get; set; }

    /// <summary>What was asked for, encrypted; null once it was used.</summary>
    public byte[]? Details { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ExpiresAt { get; set; }

    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>Of an invitation: the role that comes with a yes.</summary>
    public string? Role { get; set; }

    /// <summary>Of an invitation: the organization, programme, provider or partner; null for the platform.</summary>
    public Guid? ResourceId { get; set; }

    /// <summary>Of an invitation: the principal who invites.</summary>
    public Guid? InvitedBy { get; set; }

    /// <summary>Of an invitation: when somebody took it back; its details are gone then.</summary>
    public DateTimeOffset? WithdrawnAt { get; set; }

    public Guid? WithdrawnBy { get; set; }

    /// <summary>Of an invitation: when it ended without a yes; its details are gone then.</summary>
    public DateTimeOffset? LapsedAt { get; set; }
}

internal sealed class AddressProofTable : IEntityTypeConfiguration<AddressProof>
{
    public void Configure(EntityTypeBuilder<AddressProof> table)
    {
        table.ToTable("address_proofs").HasKey(row => row.Id);
        table.UpdatesOnly(row => new
        {
            row.Tries,
            row.Details,
            row.UsedAt,
            row.WithdrawnAt,
            row.WithdrawnBy,
            row.LapsedAt,
        });
    }
}
