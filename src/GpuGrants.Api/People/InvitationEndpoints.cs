using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Access.Principals;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
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
                "For owners of the organization, administrators of the programme, operators of the provider, and platform administrators. Mails a "
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
                "For whoever has the mailed code. Gives the role, and an API client for it, whose secret is shown once. Whoever invited has to be "
                    + "allowed to give the role still. Where a rule asks for several approvals, a reviewer's role waits for as many people. Five tries "
                    + "within seven days."
            )
            .Answers<JoinedView>(201)
            .Refuses(404, 409);

    private static async Task<IResult> InviteAsync(HttpContext http, GpuGrantsContext db)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new InvitationValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        var caller = http.Caller();
        if (!await InvitationRules.MayInviteAsync(db, caller.PrincipalId, body.Role!, body.ResourceId, http.RequestAborted))
            throw Problem.Forbidden("Only those who may give the role on this resource invite to it.");
        var email = EmailAddress.Parse(body.Email)!;
        var identity = services.GetRequiredService<IdentityKey>().Of(email);
        if (await http.EarlierAnswerAsync() is { } earlier)
            return new AnswerResult(earlier);
        services.GetRequiredService<CodeLimits>().TakeCode(http, email);
        var outbox = services.GetRequiredService<Outbox>();
        await outbox.CheckRoomAsync(db, http.RequestAborted);
        var code = MailedCode.Make();
        var id = Guid.CreateVersion7(services.GetRequiredService<TimeProvider>().GetUtcNow());
        var language = body.Language ?? "en";
        var letter = outbox.Seal(Letters.Invitation(email.Text, language, code, id, body.Role!));
        var result = await http.RunAsync(
            new Change<CodeSentView>
            {
                Tree = TreeId.Platform,
                Actor = http.Actor(),
                Deciding = batch =>
                {
                    var at = batch.Tree(TreeId.Platform).At;
                    var proof = services
                        .GetRequiredService<Proofs>()
                        .Make(id, AddressProof.Invitation, identity, code, new InvitationDetails(email.Text, language), at);
                    (proof.ExpiresAt, proof.Role, proof.ResourceId, proof.InvitedBy) = (
                        at + Lifetime,
                        body.Role,
                        body.ResourceId,
                        caller.PrincipalId
                    );
                    batch.Rows<AddressProof>().Insert(proof);
                    Outbox.Put(batch, letter, at);
                    return new CodeSentView
                    {
                        Id = proof.Id,
                        ExpiresAt = proof.ExpiresAt,
                        Next = $"The invited accepts with the mailed code: POST /v1/invitations/{proof.Id}/accept.",
                    };
                },
            },
            sent => Http.Answers.Accepted(null, sent)
        );
        services.GetRequiredService<MailSender>().Wake();
        return result;
    }

    private static async Task<IResult> AcceptAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new AcceptInvitationValidator());
        var seen =
            await db.Set<AddressProof>()
                .FirstOrDefaultAsync(row => row.Id == id && row.Purpose == AddressProof.Invitation, http.RequestAborted)
            ?? throw Problem.NotFound();
        http.SetKeyScope(seen.Identity);
        var firstTokens = services.GetRequiredService<FirstTokens>();
        var result = await Newcomer.OnceAsync(async () =>
            await http.RunAsync(
                new AcceptInvitation
                {
                    Tree = TreeId.Platform,
                    Actor = Actor.Service,
                    ProofId = id,
                    Code = body.Code!,
                    PersonName = body.Name,
                    MayInvite = await InvitationRules.MayInviteAsync(
                        db,
                        seen.InvitedBy!.Value,
                        seen.Role!,
                        seen.ResourceId,
                        http.RequestAborted
                    ),
                    TermsIds = await db.Set<TermsRow>()
                        .Where(row => row.ProgrammeId == null && row.EndedAt == null)
                        .Select(row => row.Id)
                        .ToListAsync(http.RequestAborted),
                    Inviter = http.Decider(new Actor(seen.InvitedBy!.Value, "invitation")),
                    Proofs = services.GetRequiredService<Proofs>(),
                    Limits = services.GetRequiredService<IOptions<HoldingOptions>>().Value,
                },
                Proofs.Answering<JoinedView>(
                    made => Http.Answers.Created(null, made with { Token = firstTokens.Of(made.Client) }),
                    made => Http.Answers.Created(null, made.WithoutSecret())
                )
            )
        );
        services.GetRequiredService<CallerDirectory>().Forget();
        return result;
    }
}
