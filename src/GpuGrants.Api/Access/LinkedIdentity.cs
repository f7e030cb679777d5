using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace GpuGrants.Api.Access;

/// <summary>A row of <c>linked_identities</c>: a subject of a trusted issuer is a person.</summary>
public sealed class LinkedIdentity
{
    /// <summary>A keyed hash of issuer and subject.</summary>
    public string Hash { get; set; } = "";

    public Guid Id { get; set; }

    public string Issuer { get; set; } = "";

    public Guid PersonId { get; set; }

    public DateTimeOffset Since { get; set; }

    /// <summary>When the person unlinked it; the subject is still nobody else's. Null while it is linked.</summary>
    public DateTimeOffset? Until { get; set; }

    /// <summary>The scopes of the token that linked it: its tokens never have more. Null for those linked before this was kept.</summary>
    public string[]? Scopes { get; set; }

    /// <summary>The client that linked it; null where none is known.</summary>
    public string? LinkedBy { get; set; }

    /// <summary>The clients through which that client came at that time, as far as they may be forgotten since.</summary>
    public string[] LinkedThrough { get; set; } = [];

    /// <summary>By what a subject is found.</summary>
    /// <returns>The hash.</returns>
    public static string HashOf(IdentityKey key, string issuer, string subject) => key.Of("subject", $"{issuer}\n{subject}");

    /// <summary>Unlinks the subject in the batch. Whatever its tokens still ask for is judged again, and refused.</summary>
    /// <param name="batch">Has read the row and the person's principal.</param>
    /// <param name="actor">Who unlinks it.</param>
    internal void Unlink(BatchState batch, Actor actor)
    {
        Until = batch.Tree(TreeId.Platform).At;
        batch.Rows<LinkedIdentity>().Update(this);
        if (batch.Rows<Principal>().Find(new RowKey(PersonId)) is { } principal)
        {
            principal.Version++;
            batch.Rows<Principal>().Update(principal);
        }

        batch.RecordEvent(TreeId.Platform, actor, PersonEvents.IdentityUnlinked, new PersonData(PersonId));
    }
}

internal sealed class LinkedIdentityTable : IEntityTypeConfiguration<LinkedIdentity>
{
    public void Configure(EntityTypeBuilder<LinkedIdentity> table)
    {
        table.ToTable("linked_identities").HasKey(row => row.Hash);
        table.Property(row => row.Hash).HasColumnName("identity");
        table.UpdatesOnly(row => new
        {
            row.Since,
            row.Until,
            row.Scopes,
            row.LinkedBy,
            row.LinkedThrough,
        });
    }
}
