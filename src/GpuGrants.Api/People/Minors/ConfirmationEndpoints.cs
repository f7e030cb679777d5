using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Mail;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Store;
using GpuGrants.People;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.People.Minors;

/// <summary>Confirmations for minors: those of guardians here, those of schools in <see cref="SchoolConfirmationEndpoints"/>.</summary>
public static class ConfirmationEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/me/confirmations", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listMyConfirmations", "List your confirmations", "Those of guardians and schools, the newest first.")
            .Lists<MinorConfirmationView>();
        v1.MapPost("/me/confirmations", StartAsync)
            .RequireScope(Scopes.Request)
            .Takes<GuardianBody>()
            .Idempotent()
            .Says(
                "askGuardian",
                "Ask a guardian to confirm",
                "For minors. Mails a consent text and a code to the guardian, who confirms with it within 15 "
                    + "minutes. A programme may need this."
            )
            .Answers<CodeSentView>(202)
            .Refuses(409);
        SchoolConfirmationEndpoints.Map(v1);
    }

    public static void MapOpen(RouteGroupBuilder open)
    {
        open.MapPost("/confirmations/{id:guid}/confirm", ConfirmAsync)
            .Takes<GuardianConsentBody>()
            .Idempotent()
            .Says(
                "confirmMinor",
                "Confirm for a minor",
                "For the guardian who has the mailed code, without a token. The answer shows once the key that withdraws the confirmation."
            )
            .Answers<MinorConfirmationView>()
            .Refuses(404, 409);
        open.MapPost("/confirmations/{id:guid}/withdraw", WithdrawAsync)
            .Takes<GuardianWithdrawalBody>()
            .Idempotent()
            .Says(
                "withdrawConfirmation",
                "Withdraw a guardian's confirmation",
                "For the guardian, with the key of the confirmation. The minor asks for nothing more where a programme needs it."
            )
            .Answers<MinorConfirmationView>()
            .Refuses(404, 409);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db)
    {
        var person = http.Caller().OwnPerson;
        return TypedResults.Json(
            await http.PageAsync(db.Set<MinorConfirmation>().Where(row => row.PersonId == person), MinorConfirmationView.Of),
            ApiJson.Options
        );
    }

    private static async Task<IResult> StartAsync(HttpContext http, GpuGrantsContext db, IdentityKey key)
    {
        var services = http.RequestServices;
        var person = await MeEndpoints.PersonAsync(http, db);
        var body = await http.BodyAsync(new GuardianValidator());
        services.GetRequiredService<SignUpGate>().DemandMail();
        if (Confirmations.Refuse(person, http.Now()) is { } refused)
            throw Problem.Thrown(refused);
        var guardian = EmailAddress.Parse(body.GuardianEmail)!;
        var identity = key.Of(guardian);
        if (await CodeMail.AdmitAsync(http, db, guardian, AddressProof.Guardian) is { } earlier)
            return earlier;
        // One answer for both, and each counts as a code: guesses find no minors.
        if (await CannotGuardAsync(http, db, identity, person.Id))
            throw Problem.Invalid("guardianEmail", "State another address: nobody confirms for you by this one.");
        var (code, id) = (MailedCode.Make(), Guid.CreateVersion7(http.Now()));
        var details = new GuardianDetails(guardian.Text, body.Language ?? person.Language!);
        var letter = services.GetRequiredService<Outbox>().Seal(Letters.Guardian(guardian.Text, details.Language, code, id, person.Name!));
        return await CodeMail.SendAsync(
            http,
            CodeMail.Mailing(
                http.Actor(),
                at =>
                {
                    var proof = services.GetRequiredService<Proofs>().Make(id, AddressProof.Guardian, identity, code, details, at);
                    proof.PersonId = person.Id;
                    return proof;
                },
                proof => $"The guardian reads the mail and confirms: POST /v1/confirmations/{proof}/confirm.",
                [letter]
            )
        );
    }

    private static async Task<IResult> ConfirmAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, Guid id)
    {
        var services = http.RequestServices;
        var body = await http.BodyAsync(new GuardianConsentValidator());
        await CodeMail.ProofAsync(http, db, id, AddressProof.Guardian);
        return await http.RunAsync(
            new ConfirmGuardian
            {
                Tree = TreeId.Platform,
                Actor = Actor.Service,
                ProofId = id,
                Code = body.Code!,
                Proofs = services.GetRequiredService<Proofs>(),
                Outbox = services.GetRequiredService<Outbox>(),
                Key = key,
            },
            Proofs.Answering<MinorConfirmationView>(made => Answer.Ok(made), made => Answer.Ok(made with { WithdrawalKey = null }))
        );
    }

    /// <summary>Whether the address is the minor's own, or that of somebody who is known to be a minor.</summary>
    private static async Task<bool> CannotGuardAsync(HttpContext http, GpuGrantsContext db, string identity, Guid minor)
    {
        var owner = await db.Set<Identity>()
            .Where(row => row.Hash == identity)
            .Join(db.Set<PersonRow>().AsNoTracking(), row => row.PersonId, person => person.Id, (_, person) => person)
            .FirstOrDefaultAsync(http.RequestAborted);
        var at = http.Now();
        return ConfirmGuardian.CannotGuard(owner, minor, at);
    }

    private static async Task<IResult> WithdrawAsync(HttpContext http, GpuGrantsContext db, IdentityKey key, Guid id)
    {
        var body = await http.BodyAsync(new GuardianWithdrawalValidator());
        var row = await db.Set<MinorConfirmation>()
            .FirstOrDefaultAsync(one => one.Id == id && one.Kind == MinorConfirmation.Guardian, http.RequestAborted);
        // A wrong key and a wrong id answer alike.
        if (row is null || !MailedCode.Matches(Bytes(body.WithdrawalKey!), Bytes(ConfirmGuardian.KeyOf(key, id))))
            throw Problem.NotFound();
        http.SetKeyScope(row.GuardianHash!);
        return await EndAsync(http, row, Actor.Service);
    }

    /// <summary>Withdraws a confirmation that the caller may withdraw.</summary>
    internal static async Task<IResult> EndAsync(HttpContext http, MinorConfirmation row, Actor actor)
    {
        return await http.RunAsync(
            new EndConfirmation
            {
                Tree = TreeId.Platform,
                Actor = actor,
                ConfirmationId = row.Id,
                PersonId = row.PersonId,
            },
            view => Answer.Ok(view)
        );
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
