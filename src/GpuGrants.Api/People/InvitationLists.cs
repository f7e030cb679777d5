using System.Text.Json.Serialization;
using GpuGrants.Api.Access;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People;

/// <summary>An invitation as those see it who may give its role.</summary>
public sealed record InvitationView
{
    public required Guid Id { get; init; }

    public required string Role { get; init; }

    /// <summary>The organization, programme, provider or partner; left out for the platform.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Guid? ResourceId { get; init; }

    /// <summary>The invited address, while the invitation is open and the address can be read.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Email { get; init; }

    /// <summary>The principal who invites.</summary>
    public required Guid InvitedBy { get; init; }

    /// <summary>open, accepted, withdrawn, expired, or locked after five wrong codes.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    internal static InvitationView Of(AddressProof row, DateTimeOffset at, Proofs proofs)
    {
        var status = StatusOf(row, at);
        return new InvitationView
        {
            Id = row.Id,
            Role = row.Role!,
            ResourceId = row.ResourceId,
            Email = status == InvitationStatus.Open ? proofs.Read<InvitationDetails>(row)?.Email : null,
            InvitedBy = row.InvitedBy!.Value,
            Status = status,
            CreatedAt = row.CreatedAt,
            ExpiresAt = row.ExpiresAt,
        };
    }

    private static string StatusOf(AddressProof row, DateTimeOffset at) =>
        row.WithdrawnAt is not null ? InvitationStatus.Withdrawn
        : row.UsedAt is not null ? InvitationStatus.Accepted
        : row.LapsedAt is not null || at >= row.ExpiresAt ? InvitationStatus.Expired
        : row.Tries >= ITriedCode.MaxTries ? InvitationStatus.Locked
        : InvitationStatus.Open;
}

/// <summary>Where an invitation stands.</summary>
public static class InvitationStatus
{
    public const string Open = "open";
    public const string Accepted = "accepted";
    public const string Withdrawn = "withdrawn";
    public const string Expired = "expired";
    public const string Locked = "locked";

    public static IReadOnlyList<string> All { get; } = [Open, Accepted, Withdrawn, Expired, Locked];
}

/// <summary>Listing invitations, and withdrawing them while nobody has accepted.</summary>
internal static class InvitationLists
{
    public static void Map(RouteGroupBuilder v1, string[] scopes)
    {
        v1.MapGet("/invitations", ListAsync)
            .RequireScope(Scopes.Read)
            .Says(
                "listInvitations",
                "List invitations",
                "Invitations to roles that you may give, newest first, for a month after their end."
            )
            .Lists<InvitationView>("resourceId");
        v1.MapPost("/invitations/{id:guid}/withdraw", WithdrawAsync)
            .RequireScope(scopes)
            .Idempotent()
            .Says("withdrawInvitation", "Withdraw an invitation", "For those who may give its role. The mailed code works no more.")
            .Answers<InvitationView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Proofs proofs)
    {
        var now = http.Now();
        var rows = Visible(db, http.Caller()).OnlyIds(http, "resourceId", row => row.ResourceId);
        return TypedResults.Json(await http.PageAsync(rows, row => InvitationView.Of(row, now, proofs)), ApiJson.Options);
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, Proofs proofs, Guid id)
    {
        if (!await Visible(db, http.Caller()).AnyAsync(row => row.Id == id, http.RequestAborted))
            throw Problem.NotFound();
        return await http.RunAsync(
            new Change<InvitationView>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Planning = batch => batch.Rows<AddressProof>().Want(new RowKey(id)),
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    if (batch.Rows<AddressProof>().Find(new RowKey(id)) is not { } row)
                        return Refusal.NotFound;
                    if (row.UsedAt is not null)
                        return Refusal.Conflict("invitation-accepted", "The invitation was accepted. Take the role away instead.");
                    if (row.WithdrawnAt is null && row.LapsedAt is null)
                    {
                        (row.WithdrawnAt, row.WithdrawnBy, row.Details) = (at, http.Actor().PrincipalId, null);
                        batch.Rows<AddressProof>().Update(row);
                        LapseInvitation.RecordEvent(batch, http.Actor(), InvitationEvents.Withdrawn, row);
                    }

                    return InvitationView.Of(row, at, proofs);
                },
            },
            view => Answer.Ok(view)
        );
    }

    /// <summary>Those to roles that the caller may give.</summary>
    private static IQueryable<AddressProof> Visible(GpuGrantsContext db, Caller caller)
    {
        var all = db.Set<AddressProof>().Where(row => row.Purpose == AddressProof.Invitation);
        if (caller.IsPlatformAdministrator)
            return all;
        var (owned, operated) = (caller.With(Roles.OrganizationOwner), caller.Providers);
        var administered = caller.With(Roles.ProgrammeAdministrator);
        return all.Where(row =>
            ((row.Role == Roles.OrganizationOwner || row.Role == Roles.OrganizationMember) && owned.Contains(row.ResourceId!.Value))
            || (row.Role == Roles.ProviderOperator && operated.Contains(row.ResourceId!.Value))
            || (
                (row.Role == Roles.ProgrammeAdministrator || row.Role == Roles.ProgrammeReviewer)
                && db.Set<Programme>().Any(one => one.Id == row.ResourceId && one.Path.Any(id => administered.Contains(id)))
            )
        );
    }
}
