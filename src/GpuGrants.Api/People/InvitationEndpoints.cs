using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.People;

/// <summary>Inviting people to roles by e-mail. A role comes with their yes.</summary>
public static class InvitationEndpoints
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(7);

    private static readonly string[] Any = [Scopes.Request, Scopes.Review, Scopes.Provide, Scopes.Administer];

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/invitations", InviteAsync)
            .RequireScope(Any)
            .Takes<InvitationBody>()
            .Idempotent()
            .Says(
                "invite",
                "Invite somebody",
                "For owners of the organization, administrators of the programme, operators of the provider, "
                    + "and platform administrators. Mails a "
                    + "code that works for seven days. The answer is the same whether the address is known or not."
            )
            .Answers<CodeSentView>(202);
        InvitationLists.Map(v1, Any);
    }

    public static void MapOpen(RouteGroupBuilder open) =>
        open.MapPost("/invitations/{id:guid}/accept", AcceptAsync)
            .Takes<AcceptInvitationBody>()
            .Idempotent()
            .Says(
                "acceptInvitation",
                "Accept an invitation",
                "For whoever has the mailed code. Gives the role, and an API client for it, whose secret is "
                    + "shown once. Whoever invited has to be "
                    + "allowed to give the role still. Where a rule asks for several approvals, a reviewer's role "
                    + "waits for as many people. Five tries "
                    + "within seven days."
            )
            .Answers<JoinedView>(201)
            .Refuses(404, 409);

    private static async Task<IResult> InviteAsync(HttpContext http, GpuGrantsContext db, IdentityKey key)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new InvitationValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        var caller = http.Caller();
        if (await InvitationRules.AllowingAsync(db, caller.PrincipalId, body.Role!, body.ResourceId, http.RequestAborted) is [])
            throw Problem.Forbidden(
                caller.IsPlatformAdministrator && body.Role == Roles.OrganizationOwner
                    ? Memberships.OnlyOwnersNameOwners
                    : "Only those who may give the role on this resource invite to it."
            );
        var email = EmailAddress.Parse(body.Email)!;
        var identity = key.Of(email);
        if (await CodeMail.AdmitAsync(http, db, email, AddressProof.Invitation) is { } earlier)
            return earlier;
        var outbox = services.GetRequiredService<Outbox>();
        var code = MailedCode.Make();
        var id = Guid.CreateVersion7(http.Now());
        var language = body.Language ?? "en";
        var letter = outbox.Seal(Letters.Invitation(email.Text, language, code, id, body.Role!));
        var proofs = services.GetRequiredService<Proofs>();
        return await CodeMail.SendAsync(
            http,
            CodeMail.Mailing(
                http.Actor(),
                Prove,
                proof => $"The invited accepts with the mailed code: POST /v1/invitations/{proof}/accept.",
                [letter],
                (batch, made) => LapseInvitation.RecordEvent(batch, http.Actor(), InvitationEvents.Created, made)
            )
        );

        AddressProof Prove(DateTimeOffset at)
        {
            var proof = proofs.Make(id, AddressProof.Invitation, identity, code, new InvitationDetails(email.Text, language), at);
            (proof.ExpiresAt, proof.Role, proof.ResourceId, proof.InvitedBy) = (
                at + Lifetime,
                body.Role,
                body.ResourceId,
                caller.PrincipalId
            );
            return proof;
        }
    }

    /// <summary>Assignments by which whoever has the invited address holds the role that it is for.</summary>
    private static Task<List<Guid>> HeldAsync(GpuGrantsContext db, AddressProof seen, CancellationToken cancellation) =>
        (
            from known in db.Set<Identity>()
            where known.Hash == seen.Identity
            join role in db.Set<RoleAssignment>() on known.PersonId equals role.PrincipalId
            where role.Role == seen.Role && role.ResourceId == seen.ResourceId
            select role.Id
        ).ToListAsync(cancellation);

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new AcceptInvitationValidator());
        var seen = await CodeMail.ProofAsync(http, db, id, AddressProof.Invitation);
        var firstTokens = services.GetRequiredService<FirstTokens>();
        return await Newcomer.OnceAsync(async () =>
            await http.RunAsync(
                new AcceptInvitation
                {
                    Tree = TreeId.Platform,
                    Actor = Actor.Service,
                    ProofId = id,
                    Code = body.Code!,
                    PersonName = body.Name,
                    InviterRoles = await InvitationRules.AllowingAsync(
                        db,
                        seen.InvitedBy!.Value,
                        seen.Role!,
                        seen.ResourceId,
                        http.RequestAborted
                    ),
                    HeldRoles = await HeldAsync(db, seen, http.RequestAborted),
                    TermsIds = await PlatformTerms.IdsAsync(db, http.RequestAborted),
                    Inviter = http.Decider(new Actor(seen.InvitedBy!.Value, "invitation")),
                    Proofs = services.GetRequiredService<Proofs>(),
                    Limits = services.GetRequiredService<IOptions<HoldingOptions>>().Value,
                },
                Proofs.Answering<JoinedView>(
                    made => Answer.Created(null, made with { Token = firstTokens.Of(made.Client) }),
                    made => Answer.Created(null, made.WithoutSecret())
                )
            )
        );
    }
}
