using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Organizations;

/// <summary>The present verification of an organization, as commands change it together with the organization.</summary>
/// <param name="CurrentId">The record that had not ended when the endpoint looked; null for none.</param>
internal sealed record VerificationBook(Guid? CurrentId)
{
    public static async Task<VerificationBook> ReadAsync(GpuGrantsContext db, Guid organization, CancellationToken cancellation) =>
        new(
            await db.Set<Verification>()
                .Where(row => row.OrganizationId == organization && row.EndedAt == null)
                .Select(row => (Guid?)row.Id)
                .FirstOrDefaultAsync(cancellation)
        );

    public void Plan(BatchState batch)
    {
        if (CurrentId is { } id)
            batch.Rows<Verification>().Want(new RowKey(id));
    }

    /// <summary>Refuses a change of an organization that is closed, or that was verified or changed since the endpoint looked.</summary>
    public Refusal? Refuse(Organization row) =>
        OrganizationChange.Refuse(row)
        // A row with a verification has a record of it. Where one of both is missing, the endpoint looked at another moment.
        ?? (
            CurrentId is null != row.VerifiedAt is null
                ? Refusal.Conflict("changed-meanwhile", "The organization was verified or changed at this moment. Try again.")
                : null
        );

    /// <summary>The record; null when there is none, or it has ended meanwhile.</summary>
    public Verification? Current(BatchState batch) =>
        CurrentId is { } id && batch.Rows<Verification>().Find(new RowKey(id)) is { EndedAt: null } row ? row : null;

    /// <summary>The record that counts at a moment; null when there is none, or its time is over.</summary>
    public Verification? InForce(BatchState batch, DateTimeOffset at) => Current(batch) is { } row && !(row.EndsAt <= at) ? row : null;

    /// <summary>Ends the verification when it shows who somebody is that owns the organization no more.</summary>
    /// <returns>Whether it ended.</returns>
    public bool FallWithOwner(BatchState batch, Actor actor, Organization row, Guid person)
    {
        if (Current(batch)?.PersonId != person)
            return false;
        End(batch, actor, row, Verification.Fell);
        return true;
    }

    /// <summary>Ends the verification when a field that it verified has changed.</summary>
    public void FallWith(BatchState batch, Actor actor, Organization row, params ReadOnlySpan<string> changed)
    {
        if (Current(batch) is not { } current)
            return;
        foreach (var field in changed)
        {
            if (!current.Fields.Contains(field))
                continue;
            End(batch, actor, row, Verification.Fell);
            return;
        }
    }

    /// <summary>Ends the present verification, and with it what decisions read of it.</summary>
    public void End(BatchState batch, Actor actor, Organization row, string reason)
    {
        if (Current(batch) is { } current)
        {
            (current.EndedAt, current.EndReason, current.EndedBy) = (batch.Tree(TreeId.Platform).At, reason, actor.PrincipalId);
            batch.Rows<Verification>().Update(current);
        }

        (row.VerifiedAt, row.VerifiedLevel, row.VerifiedUntil, row.VerifiedEmailDomains) = (null, null, null, []);
    }

    /// <summary>Puts a new verification in the place of the present one.</summary>
    public void Begin(BatchState batch, Actor actor, Organization row, Verification verification)
    {
        End(batch, actor, row, Verification.Replaced);
        batch.Rows<Verification>().Insert(verification);
        row.VerifiedAt = verification.CreatedAt;
        row.VerifiedLevel = verification.Level;
        row.VerifiedUntil = verification.EndsAt;
        row.VerifiedEmailDomains = verification.EmailDomains;
    }
}
